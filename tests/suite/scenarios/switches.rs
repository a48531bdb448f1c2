//! The stories under every setting of every guess that the emulator makes.
//!
//! What OneLogin's documents leave open is a switch of the emulator. Whichever way each of them turns out, plans write
//! nothing, an apply that succeeds leaves nothing to plan, one that fails can be run again, and no secret shows.

use super::{all, each};
use crate::support::{Emulator, Manner, play, root};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;

/// Set to `full` to play every story under every setting.
const MATRIX: &str = "GATEWRIGHT_MATRIX";

/// How many stories each setting is tried with otherwise.
const STORIES_A_SETTING: usize = 1;

/// What is said of a story under a setting that it cannot hold under: switch, value, story, and why.
const BY_NATURE: &[(&str, &str, &str, &str)] = &[
    (
        "region",
        "eu",
        "22-replace",
        "the seed's apps are of a connector that the account has not, so none is made anew of it",
    ),
    ("delete_bound_server", "422", "21-undo", "the file deletes a server with clients, which OneLogin then refuses"),
    (
        "put_omitted",
        "reject",
        "21-undo",
        "the server has no refresh lifetime and the file names none, so none can be sent",
    ),
    (
        "put_omitted",
        "reject",
        "23-target",
        "the seed's server has no lifetimes and the file names none, so none can be sent",
    ),
];

/// Every setting but the defaults.
fn settings() -> Vec<(&'static str, Value)> {
    let several: &[(&str, &[Value])] = &[
        ("region", &[json!("eu")]),
        ("duplicate_identifier", &[json!("allow")]),
        ("duplicate_server_name", &[json!("422")]),
        ("double_bind", &[json!("upsert")]),
        ("scope_in_use", &[json!("422")]),
        ("delete_bound_app", &[json!("422")]),
        ("delete_bound_server", &[json!("422")]),
        ("put_omitted", &[json!("null"), json!("reject")]),
        ("default_expirations", &[json!("null"), json!("filled")]),
        ("scope_claim_post_status", &[json!("201")]),
        ("audiences", &[json!("sorted"), json!("sorted_unique")]),
        ("audiences_string", &[json!("split")]),
        ("weak_credential", &[json!("403")]),
        ("rate_limit_headers", &[json!(false)]),
        ("rate_limit_body", &[json!("v2")]),
        ("retry_after", &[json!(true)]),
        ("quota_counts", &[json!("v1")]),
        ("rate_limit_call_counts", &[json!(true)]),
        ("servers_in_apps", &[json!(true)]),
        ("binding_delay_seconds", &[json!(2)]),
        ("app_put_body", &[json!("id")]),
        ("client_secret_on_get", &[json!("empty")]),
        ("server_name_filter", &[json!("case_sensitive"), json!("wildcard")]),
        ("empty_client_scopes", &[json!("422")]),
        ("scope_whitespace", &[json!("400")]),
        ("zero_values", &[json!("show")]),
        ("list_expirations", &[json!(true)]),
        ("role_inline_members", &[json!(true)]),
        ("role_put_empty", &[json!("clear"), json!("ignore")]),
        ("membership_lag_seconds", &[json!(1)]),
        ("stale_reads_ms", &[json!(200)]),
        ("unknown_resource", &[json!("resource_not_found")]),
        ("ungranted_scope", &[json!("invalid_scope")]),
        ("html_escape", &[json!(true)]),
        ("crlf_notes", &[json!(true)]),
        ("list_cap", &[json!(100)]),
    ];
    several.iter().flat_map(|(name, values)| values.iter().map(|value| (*name, value.clone()))).collect()
}

/// One story under one setting.
struct Cell {
    switch: &'static str,
    value: Value,
    story: String,
    number: usize,
}

impl Cell {
    fn play(&self) {
        let format = if self.number.is_multiple_of(2) { "text" } else { "json" };
        play(&self.story, Manner::Loud { switches: &json!({ self.switch: self.value }), format });
    }

    fn is_by_nature(&self) -> bool {
        let value = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
        BY_NATURE.iter().any(|(switch, at, story, _)| (self.switch, &*value, &*self.story) == (*switch, *at, *story))
    }
}

/// Returns the cells to play: all of them, or a part in which every setting has other stories than the one before.
fn cells(is_full: bool) -> Vec<Cell> {
    let stories = all();
    let mut cells = Vec::new();
    for (row, (switch, value)) in settings().into_iter().enumerate() {
        let count = if is_full { stories.len() } else { STORIES_A_SETTING };
        for story in (0..count).map(|column| &stories[(row * STORIES_A_SETTING + column) % stories.len()]) {
            cells.push(Cell { switch, value: value.clone(), story: story.clone(), number: cells.len() });
        }
    }
    cells
}

#[test]
fn stories_hold_under_every_guess() {
    let is_full = std::env::var(MATRIX).is_ok_and(|value| value == "full");
    let (by_nature, cells): (Vec<Cell>, Vec<Cell>) = cells(is_full).into_iter().partition(Cell::is_by_nature);
    let failures = each(&cells, Cell::play);
    let failed: Vec<String> = cells
        .iter()
        .zip(failures)
        .filter_map(|(Cell { switch, value, story, .. }, failure)| {
            Some(format!("{switch}={value} {story}: {}", failure?))
        })
        .collect();
    let (settings, stories) = (settings().len(), cells.iter().map(|cell| &cell.story).collect::<BTreeSet<_>>().len());
    let line = format!(
        "switches: {} cells of {stories} stories x {settings} settings, {} by nature left out, failures {}",
        cells.len(),
        by_nature.len(),
        failed.len()
    );
    writeln!(std::io::stderr().lock(), "{line}").unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn every_switch_is_tried() {
    let emulator = Emulator::start(root(), None);
    let defaults = emulator.switches();
    let defaults = defaults.as_object().unwrap();
    let tried: BTreeSet<&str> = settings().iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, defaults.keys().map(String::as_str).collect());
    for (name, value) in settings() {
        assert_ne!(defaults[name], value, "{name} is tried with its default");
        emulator.set_switches(&json!({ name: value }));
    }
}
