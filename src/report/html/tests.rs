//! What holds of the HTML of any plan.

use super::write_plan_html;
use crate::access::{AccessChange, Gate, GraphApi, GraphClient, GraphScope, Obstacle, Presence};
use crate::diff::{Change, FieldChange, Impact};
use crate::model::{Address, EntryKey, Note, ScopeValue};
use crate::plan::{FileAction, FileChange, Plan, Step};
use crate::report::PlanView;
use crate::report::sample::{changes, of_plan, plan, with_rich_plan, written};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const IMPACTS: [Impact; 4] = [Impact::Breaks, Impact::Widens, Impact::Narrows, Impact::Cosmetic];

/// Elements without an end.
const VOID: [&str; 2] = ["meta", "wbr"];

/// Attributes that a page may have; none of them loads or runs anything but `href`, which stays within the page.
const ATTRIBUTES: [&str; 12] = [
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "href",
    "http-equiv",
    "id",
    "lang",
    "name",
    "open",
    "scope",
];

/// Reads a page as a browser would and returns its text; panics where elements do not nest or anything is not expected.
fn text_of(html: &str) -> String {
    let style = html.find("<style>").unwrap()..html.find("</style>").unwrap() + "</style>".len();
    let page = format!("{}{}", &html[..style.start], &html[style.end..]);
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    while let Some((before, tag)) = rest.split_once('<') {
        assert!(!before.contains('>'), "{before}");
        text.push_str(before);
        let (tag, after) = tag.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "in {open:?}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "<{tag}>");
        let mut left = attributes;
        while let Some((attribute, value)) = left.split_once("=\"") {
            assert!(ATTRIBUTES.contains(&attribute.trim()), "<{tag}>");
            let (value, next) = value.split_once('"').unwrap();
            assert!(attribute.trim() != "href" || value.starts_with('#'), "<{tag}>");
            left = next;
        }
        assert_eq!(left, "", "<{tag}>");
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert_eq!(open, Vec::<String>::new());
    text.push_str(rest);
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    plain.iter().fold(text, |text, (entity, character)| text.replace(entity, character))
}

/// Text that wants to be markup.
fn nasty() -> impl Strategy<Value = String> {
    let pieces = [
        "<script>",
        "</details>",
        "\"",
        "'",
        "&lt;",
        "&",
        "`",
        "-->",
        "\n",
        "\u{202E}",
        "\u{0}",
        "a",
        "é",
        " onclick=x",
        "</style>",
    ];
    vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|pieces| pieces.concat())
}

fn changed(number: usize, text: &str) -> Change {
    let all = changes();
    let mut change = all[number % all.len()].clone();
    change.impact = IMPACTS[number % IMPACTS.len()];
    let long = format!("{} {text} of old", "word ".repeat(9));
    change.fields = vec![
        FieldChange { path: "description", before: json!(long), after: json!(format!("{text} {long}")) },
        FieldChange { path: "audiences", before: json!([text, "kept"]), after: json!(["kept", format!("{text}2")]) },
        FieldChange { path: "name", before: json!(text), after: json!({ text: text }) },
    ];
    change
}

/// Everything that can hold foreign text holds this one.
fn page(text: &str, times: usize) -> String {
    let scope = || ScopeValue::new(text);
    let renamed = GraphScope::Renamed { from: scope(), to: scope() };
    let client = |number: usize| GraphClient {
        client: format!("{text}{number}"),
        presence: [Presence::Stays, Presence::Comes, Presence::Goes][number % 3],
        is_replaced: number.is_multiple_of(2),
        impact: Some(IMPACTS[number % IMPACTS.len()]),
        scopes: vec![
            GraphScope::Kept(scope()),
            GraphScope::Gained(scope()),
            GraphScope::Lost(scope()),
            renamed.clone(),
        ],
        gates: vec![Gate {
            policy: EntryKey::new("p"),
            obstacles: vec![Obstacle::Scopes(vec![scope()])],
            is_news: number % 2 == 1,
        }],
    };
    let graph = [GraphApi {
        server: text.to_owned(),
        presence: Presence::Comes,
        impact: Some(Impact::Widens),
        clients: (0..times).map(client).collect(),
    }];
    let access = |number: usize| AccessChange {
        impact: IMPACTS[number % IMPACTS.len()],
        server: text.to_owned(),
        client: None,
        policy: None,
        scopes: Vec::new(),
        sentence: format!("`{text}` may get `{text}`"),
    };
    let mut access: Vec<AccessChange> = (0..times).map(access).collect();
    access.sort();
    let file = FileChange {
        policy: EntryKey::new("p"),
        path: text.to_owned(),
        action: FileAction::Update { before: format!("{text}\nold\n") },
        after: format!("{text}\nnew\n"),
    };
    let plan = Plan {
        steps: (0..times).map(|number| Step { change: changed(number, text), after: Vec::new() }).collect(),
        notes: vec![Note { origin: None, text: text.to_owned() }; times],
        ..plan()
    };
    let variables = BTreeMap::from([(text.to_owned(), text.to_owned())]);
    let view = PlanView {
        plan: &plan,
        access: &access,
        graph: &graph,
        files: &[file],
        has_files_base: false,
        variables: &variables,
    };
    written(&view, write_plan_html)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_stays_text(text in nasty(), times in prop::sample::select(vec![0_usize, 1, 2, 3, 7, 60])) {
        let html = page(&text, times);
        let read = text_of(&html);
        let hidden = |c: char| c == '\u{202E}' || (c.is_control() && c != '\n');
        prop_assert!(!html.contains(hidden));
        let shown = crate::report::visible(&text);
        prop_assert!(read.contains(&format!("{shown}={shown}")), "{text:?} is not shown as it is");
        prop_assert_eq!(html, page(&text, times));
    }
}

#[test]
fn a_rich_plan_is_one_page() {
    with_rich_plan(|view| {
        let html = written(view, write_plan_html);
        let (head, rest) = html.split_once("<style>").unwrap();
        let (_, body) = rest.split_once("</style>").unwrap();
        let (policy, after) = head.split_once("'sha256-").unwrap();
        let (digest, after) = after.split_once('\'').unwrap();
        assert_eq!(digest.len(), 44);
        insta::assert_snapshot!(format!("{policy}'sha256-…'{after}<style>…</style>{body}"));
    });
}

#[test]
fn five_thousand_changes_are_all_there_and_folded() {
    let name = |number: usize| format!("authorization_server/s/scope/scope-{number}-of-many");
    let step = |number: usize| {
        let address = Address::parse(&name(number)).unwrap();
        Step { change: Change { address, ..changed(number, "text") }, after: Vec::new() }
    };
    let plan = Plan { steps: (0..5000).map(step).collect(), ..plan() };
    let view = of_plan(&plan);
    let html = written(&view, write_plan_html);
    let text = text_of(&html);
    let told: Vec<usize> = text
        .split("authorization_server/s/scope/scope-")
        .skip(1)
        .map(|rest| rest.split_once("-of-many: ").unwrap().0.parse().unwrap())
        .collect();
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 5000);
    assert_eq!(told.len(), 5000);
    assert!(told.iter().map(|number| IMPACTS[number % 4]).is_sorted(), "the worst comes first");
    assert!(!html.contains("<details open"));
    // Four groups beyond the first fifty of each impact are folded as a whole.
    assert_eq!(text.matches("1200 more: ").count(), 4);
}

#[test]
fn nothing_to_do_is_said() {
    let plan = Plan { steps: Vec::new(), refusals: Vec::new(), notes: Vec::new(), ..plan() };
    let view = of_plan(&plan);
    let text = text_of(&written(&view, write_plan_html));
    assert!(text.contains("No changes.") && text.contains("Nobody gains or loses anything."), "{text}");
}

/// A page that destroys says so before anything else, and what it is limited to.
#[test]
fn the_head_of_a_page_says_what_it_destroys() {
    let head = |destroy: bool| {
        let mut plan = plan();
        plan.context.destroy = destroy;
        let view = of_plan(&plan);
        let page = written(&view, write_plan_html);
        page.split_once("<header>").unwrap().1.split_once("</header>").unwrap().0.to_owned()
    };
    let words = "<p class=\"limited\">Destroys the servers, apps and roles that the file lists</p>";
    let (destroys, changes) = (head(true), head(false));
    assert!(destroys.contains(words), "{destroys}");
    assert_eq!(destroys.replace(&format!("{words}\n"), ""), changes);
}
