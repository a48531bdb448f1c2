//! Properties of the reader as a whole, without files.

use super::include::Input;
use super::load::LoadOptions;
use super::{document, frame, resolve};
use crate::diagnostic::{Diagnostic, Origin, SourceFiles};
use crate::model::DesiredState;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Reads a text as a root file and resolves its first environment.
fn read(text: &str, variables: &BTreeMap<String, String>) -> (Option<DesiredState>, Vec<Diagnostic>) {
    let file: Arc<str> = Arc::from("gatewright.yaml");
    let mut problems = Vec::new();
    let tree = document::parse(&file, text, &mut problems).map(|parsed| parsed.tree);
    let input = Input {
        root: PathBuf::from("no-such-folder"),
        is_whole: tree.is_some(),
        trees: tree.into_iter().collect(),
        sources: SourceFiles::default(),
        problems: Vec::new(),
        allowances: Vec::new(),
    };
    let frame = frame::frame(&input);
    problems.extend(frame.problems.iter().cloned());
    let environment = frame.environments.as_ref().and_then(|all| all.blocks.keys().next().copied());
    let options = LoadOptions { environment, variables, process_env: &|_| None };
    let outcome = resolve::resolve(&input, &frame, environment, &options);
    problems.extend(outcome.problems);
    let desired = outcome.desired.filter(|_| !problems.iter().any(Diagnostic::is_error));
    (desired, problems)
}

fn read_plain(text: &str) -> (Option<DesiredState>, Vec<Diagnostic>) {
    read(text, &BTreeMap::new())
}

fn check_origin(origin: &Origin, text: &str) {
    assert!(origin.start <= origin.end && origin.end <= text.len(), "{origin:?}");
    assert!(text.is_char_boundary(origin.start) && text.is_char_boundary(origin.end), "{origin:?}");
    assert!(origin.line >= 1 && origin.column >= 1, "{origin:?}");
}

fn check_reading(text: &str) {
    let (desired, problems) = read_plain(text);
    for problem in &problems {
        for label in problem.primary.iter().chain(&problem.related) {
            check_origin(&label.origin, text);
        }
    }
    assert!(desired.is_some() != problems.iter().any(Diagnostic::is_error));
}

const EXAMPLE: &str = include_str!("../../tests/fixtures/config/valid/contacts.yaml");
const EVERY_KEY: &str = include_str!("../../tests/fixtures/config/valid/every_key.yaml");

/// Pieces that YAML and the grammar care about.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\n]{0,6}",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "${",
            "}",
            "$${",
            "${env:",
            "[",
            "]",
            "{",
            "}",
            ": ",
            "- ",
            "\n",
            "\n  ",
            "\t",
            "'",
            "\"",
            "|\n",
            ">-\n",
            "#",
            " #",
            "&a ",
            "*a",
            "!!str ",
            "---\n",
            "...\n",
            "? ",
            "<<: ",
            "null",
            "~",
            "\u{feff}",
            "\u{202e}",
            "😀",
            "é",
            "\r\n",
            "%",
            "name",
            "roles:",
            "only: [dev]",
            "external:",
            "id: 5",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_with_valid_places(pieces in prop::collection::vec(piece(), 0..30)) {
        check_reading(&pieces.concat());
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(cut in 0usize..4000, length in 0usize..40, piece in piece(), every in any::<bool>()) {
        let text = if every { EVERY_KEY } else { EXAMPLE };
        let mut start = cut % text.len();
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (start + length).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let end = end.max(start);
        let damaged = format!("{}{piece}{}", &text[..start], &text[end..]);
        check_reading(&damaged);
    }

    #[test]
    fn the_digest_does_not_see_order_comments_or_layout(
        order in Just((0..6usize).collect::<Vec<_>>()).prop_shuffle(),
        is_flow in any::<bool>(),
        comment in "[a-z ]{0,10}",
    ) {
        let entries: Vec<String> = (0..6)
            .map(|n| match is_flow {
                true => format!("  r{n}: {{ ensure_users: [a, b], name: \"Role {n}\" }} # {comment}\n"),
                false => format!("  r{n}:\n    # {comment}\n    name: Role {n}\n    ensure_users:\n    - a\n    - b\n"),
            })
            .collect();
        let shuffled: String = order.iter().map(|index| entries[*index].as_str()).collect();
        let plain: String = (0..6).map(|n| format!("  r{n}: {{ name: Role {n}, ensure_users: [a, b] }}\n")).collect();
        let digest = |roles: &str| {
            let text = format!("roles:\n{roles}tenant: {{ subdomain: acme }}\nversion: 1\n");
            read_plain(&text).0.unwrap().config_digest
        };
        prop_assert_eq!(digest(&shuffled), digest(&plain));
    }

    #[test]
    fn the_digest_sees_every_value(name in "[a-z]{1,8}", other in "[a-z]{1,8}") {
        let digest = |name: &str| {
            let text = format!("version: 1\ntenant: {{ subdomain: acme }}\nroles: {{ r: {{ name: \"{name}\" }} }}\n");
            read_plain(&text).0.unwrap().config_digest
        };
        prop_assert_eq!(digest(&name) == digest(&other), name == other);
    }

    #[test]
    fn texts_survive_escaping(text in "[a-z${}:]{1,12}") {
        let escaped = text.replace("${", "$${");
        let file = format!("version: 1\ntenant: {{ subdomain: acme }}\noidc_apps: {{ a: {{ name: a, notes: '{escaped}' }} }}\n");
        let (desired, problems) = read_plain(&file);
        prop_assert!(problems.is_empty(), "{:?}", problems);
        let desired = desired.unwrap();
        let app = desired.apps.values().next().and_then(crate::model::Entry::present).unwrap();
        prop_assert_eq!(&app.notes.as_ref().unwrap().value, &text);
    }
}

#[test]
fn variables_from_outside_take_the_type_of_the_field() {
    let text = "version: 1\ntenant: { subdomain: acme }\nvariables: { v: 5 }\n\
                oidc_apps: { a: { name: a, FIELD } }\n";
    let check = |field: &str, value: &str, is_fine: bool| {
        let variables = BTreeMap::from([("v".to_owned(), value.to_owned())]);
        let (desired, problems) = read(&text.replace("FIELD", field), &variables);
        assert_eq!(desired.is_some(), is_fine, "{field} {value}: {problems:?}");
    };
    check("access_token_expiration_minutes: \"${v}\"", "10", true);
    check("access_token_expiration_minutes: \"${v}\"", "0", false);
    check("access_token_expiration_minutes: \"${v}\"", "ten", false);
    check("access_token_expiration_minutes: \"1${v}\"", "0", false);
    check("notes: \"${v}\"", "10", true);
    check("notes: \"${v}\"", "true", true);
    check("visible: \"${v}\"", "true", true);
    check("visible: \"${v}\"", "yes", false);
}
