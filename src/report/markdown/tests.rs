//! What holds of the Markdown of any plan.

use super::page::LIMIT;
use super::write_plan_markdown;
use crate::access::{AccessChange, GraphApi, GraphClient, GraphScope, Presence};
use crate::diff::{Change, FieldChange, Impact};
use crate::model::{Address, Note, ScopeValue};
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

/// Draws as many clients of one API, each with a scope that comes, goes, stays or is renamed.
fn graph(text: &str, clients: usize) -> Vec<GraphApi> {
    let scope = || ScopeValue::new(text);
    let fate = |number: usize| match number % 4 {
        0 => GraphScope::Kept(scope()),
        1 => GraphScope::Gained(scope()),
        2 => GraphScope::Lost(scope()),
        _ => GraphScope::Renamed { from: scope(), to: ScopeValue::new("new") },
    };
    let client = |number: usize| GraphClient {
        client: format!("{text}{number}"),
        presence: Presence::Stays,
        is_replaced: false,
        impact: None,
        scopes: vec![fate(number); number % 9],
        gates: Vec::new(),
    };
    let clients = (0..clients).map(client).collect();
    vec![GraphApi { server: text.to_owned(), presence: Presence::Comes, impact: Some(Impact::Breaks), clients }]
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
    let view = PlanView {
        plan: &plan,
        access: &access,
        graph: &graph(text, accesses),
        files: &files,
        has_files_base: false,
        variables: &variables,
    };
    written(&view, write_plan_markdown)
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

/// Five thousand changes and 2,400 access changes, each with a name of its own, and all four impacts mixed.
#[test]
fn five_thousand_changes_are_cut_and_counted_the_worst_first() {
    let name = |number: usize| format!("authorization_server/s/scope/scope-{number}-of-many");
    let step = |number: usize| {
        let address = Address::parse(&name(number)).unwrap();
        Step { change: Change { address, ..changed(number, "text ", 30) }, after: Vec::new() }
    };
    let plan = Plan { steps: (0..5000).map(step).collect(), notes: Vec::new(), ..plan() };
    let sentence = |number: usize| format!("`client-{number}-of-many` may get `read`");
    let access = |number| AccessChange { sentence: sentence(number), ..access(number, "text") };
    let mut access: Vec<AccessChange> = (0..2400).map(access).collect();
    access.sort();
    let (graph, variables) = (graph("text", 1200), BTreeMap::new());
    let view = PlanView {
        plan: &plan,
        access: &access,
        graph: &graph,
        files: &[],
        has_files_base: false,
        variables: &variables,
    };
    let markdown = written(&view, write_plan_markdown);
    assert!(markdown.len() <= LIMIT, "{} bytes", markdown.len());
    assert!(markdown.len() > LIMIT - 2048, "{} bytes: there was room", markdown.len());

    // What is there is looked for name by name; what is said to be left out has to be the rest, by number.
    let shown: Vec<&Change> =
        plan.changes().filter(|change| markdown.contains(&format!(": `{}`\n", change.address))).collect();
    let told: Vec<&AccessChange> =
        access.iter().filter(|change| markdown.contains(&format!("- {}\n", change.sentence))).collect();
    let arrows = markdown.matches("==>").count();
    assert!(!shown.is_empty() && !told.is_empty() && told.len() < access.len() && arrows == 40);
    let is_changed = |client: &&GraphClient| client.scopes.iter().any(|scope| !matches!(scope, GraphScope::Kept(_)));
    let changed_clients = graph[0].clients.iter().filter(is_changed).count();
    let left_out = [
        format!("{} access changes", access.len() - told.len()),
        format!("{} changed arrows of the picture", changed_clients - arrows),
        format!("{} plain arrows of the picture", graph[0].clients.len() - changed_clients),
        format!("{} changes", 5000 - shown.len()),
    ];
    let expected = format!("\nLeft out, because a comment holds no more: {}.\n", left_out.join(", "));
    assert!(markdown.ends_with(&expected), "{expected}{}", &markdown[markdown.len() - 300..]);
    assert!(markdown.contains("<summary>5000 changes</summary>"));
    for (impact, number) in [("Breaks: ", 600), ("Widens: ", 600), ("Narrows: ", 600)] {
        let heading = markdown.lines().find(|line| line.starts_with(&format!("**{impact}"))).unwrap();
        assert!(heading.ends_with(&format!(" ({number})")), "{heading}");
    }

    let worst = |impacts: Vec<Impact>| impacts.iter().all(|impact| *impact == Impact::Breaks);
    assert!(
        worst(shown.iter().map(|change| change.impact).collect()),
        "not all that break fit, so nothing else is shown"
    );
    assert!(told.iter().map(|change| change.impact).is_sorted());
    let order = ["**Refused**", "**Breaks", "**Widens", "```mermaid", "<details>", "\nLeft out"];
    let order: Vec<usize> = order.iter().map(|head| markdown.find(head).unwrap()).collect();
    assert!(order.is_sorted(), "{order:?}");
}
