//! What holds of the Markdown of any plan.

use super::page::LIMIT;
use super::write_plan_markdown;
use crate::access::AccessChange;
use crate::diff::{Change, FieldChange, Impact};
use crate::model::{Note, ScopeValue};
use crate::plan::{FileAction, FileChange, Plan, Step};
use crate::report::PlanView;
use crate::report::sample::{changes, plan, written};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

const IMPACTS: [Impact; 4] = [Impact::Breaks, Impact::Widens, Impact::Narrows, Impact::Cosmetic];

/// Text that wants to be markup.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = [
        "`",
        "```",
        "|",
        "<details>",
        "</details>",
        "\n",
        "# ",
        "![x](y)",
        "@team",
        "\u{202E}",
        "a",
        "é",
        "\"]",
        "<!--",
    ];
    vec(prop::sample::select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
}

fn changed(number: usize, text: &str, length: usize) -> Change {
    let all = changes();
    let mut change = all[number % all.len()].clone();
    change.impact = IMPACTS[number % IMPACTS.len()];
    let (before, after) = (json!(text.repeat(length)), json!([text, format!("{text}{number}")]));
    change.fields = vec![FieldChange { path: "description", before, after }];
    change
}

fn access(number: usize, text: &str) -> AccessChange {
    AccessChange {
        impact: IMPACTS[number % IMPACTS.len()],
        server: text.to_owned(),
        client: Some(format!("{text}{number}")),
        policy: None,
        scopes: vec![ScopeValue::new(text)],
        sentence: format!("`{text}{number}` may get `{text}` on `{text}`"),
    }
}

/// Writes a plan of so many changes, access changes, files and notes, all about one text.
fn markdown(text: &str, length: usize, counts: [usize; 4]) -> String {
    let [changes, accesses, files, notes] = counts;
    let steps = (0..changes).map(|number| Step { change: changed(number, text, length), after: Vec::new() }).collect();
    let notes = (0..notes).map(|_| Note { origin: None, text: text.repeat(length) }).collect();
    let plan = Plan { steps, notes, ..plan() };
    let file = |number: usize| FileChange {
        policy: crate::model::EntryKey::new("p"),
        path: format!("{text}{number}"),
        action: FileAction::Create,
        after: text.repeat(length),
    };
    let files: Vec<FileChange> = (0..files).map(file).collect();
    let mut access: Vec<AccessChange> = (0..accesses).map(|number| access(number, text)).collect();
    access.sort();
    let variables = BTreeMap::new();
    written(&PlanView { plan: &plan, access: &access, files: &files, variables: &variables }, write_plan_markdown)
}

/// Counts what stands in the text and what it says was left out.
fn told(markdown: &str, shown: usize, noun: &str) -> usize {
    let left_out = markdown.lines().find(|line| line.starts_with("Left out")).unwrap_or_default();
    let number =
        left_out.split([':', ',']).find(|part| part.trim_end_matches('.').trim_end_matches('s').ends_with(noun));
    shown + number.and_then(|part| part.trim().split(' ').next()?.parse::<usize>().ok()).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_plan_fits_into_a_comment(
        text in nasty(),
        length in 0_usize..400,
        counts in [0_usize..300, 0_usize..300, 0_usize..20, 0_usize..100],
    ) {
        let markdown = markdown(&text, length, counts);
        prop_assert!(markdown.len() <= LIMIT, "{} bytes", markdown.len());
        prop_assert_eq!(markdown.matches("<details><summary>").count(), markdown.matches("\n\n</details>\n").count());
        let hidden = |c: char| c == '\u{202E}' || (c.is_control() && c != '\n');
        prop_assert!(!markdown.contains(hidden));
    }
}

#[test]
fn five_thousand_changes_are_cut_and_counted_the_worst_first() {
    let markdown = markdown("text ", 30, [5000, 900, 0, 0]);
    assert!(markdown.len() <= LIMIT, "{} bytes", markdown.len());
    assert!(markdown.len() > LIMIT / 2, "{} bytes: there was room", markdown.len());
    let of = |part: &str| markdown.lines().filter(|line| line.contains(part)).count();
    assert_eq!(
        told(&markdown, of("**breaks**") + of("**widens**") + of("**narrows**") + of("**cosmetic**"), "change"),
        5000
    );
    let first = markdown.lines().find(|line| line.starts_with("**")).unwrap();
    assert_eq!(first, "**Refused**");
    let order: Vec<usize> =
        ["**Breaks", "**Widens", "<details>"].iter().map(|head| markdown.find(head).unwrap()).collect();
    assert!(order.is_sorted(), "{order:?}");
    let details = &markdown[markdown.find("<details>").unwrap()..];
    assert!(
        !details.contains("**widens**"),
        "of 1,250 changes that break, not all fit, so none that is less bad is shown"
    );
}
