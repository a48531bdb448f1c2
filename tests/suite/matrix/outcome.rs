//! An account without what differs from run to run: ids, times, secrets, the order of lists.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the account itself chooses, or what a clock does.
const CHOSEN: &[&str] = &[
    "id",
    "instance_id",
    "next_id",
    "signing_key",
    "created_at",
    "updated_at",
    "added_at",
    "client_id",
    "client_secret_sha256",
];

/// Returns the account with names for ids and all lists sorted, so that two that mean the same are equal.
///
/// Shape: lists stay lists, so that something that is there twice shows.
pub(super) fn normalized(state: &Value) -> Value {
    let mut names = BTreeMap::new();
    collect_names(state, &mut names);
    normalize(state, &names)
}

fn collect_names(value: &Value, names: &mut BTreeMap<u64, String>) {
    match value {
        Value::Object(fields) => {
            let name = ["name", "value", "email"].iter().find_map(|key| fields.get(*key)?.as_str());
            if let (Some(id), Some(name)) = (fields.get("id").and_then(Value::as_u64), name) {
                names.insert(id, name.to_owned());
            }
            fields.values().for_each(|field| collect_names(field, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        _ => {}
    }
}

fn normalize(value: &Value, names: &BTreeMap<u64, String>) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !CHOSEN.contains(&key.as_str()));
            let mut kept: Vec<_> = kept.map(|(key, field)| (key.clone(), normalize(field, names))).collect();
            kept.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(Map::from_iter(kept))
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| normalize(item, names)).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Number(number) => match number.as_u64().and_then(|id| names.get(&id)) {
            Some(name) => Value::String(format!("the id of {name}")),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

#[test]
fn only_what_means_something_counts() {
    use serde_json::json;
    let state = |id: u64, twice: bool| {
        let app = json!({ "id": id, "name": "App", "created_at": format!("day {id}") });
        let apps = if twice { vec![app.clone(), app] } else { vec![app] };
        json!({ "apps": apps, "roles": [{ "id": id + 1, "name": "Role", "apps": [id] }] })
    };
    assert_eq!(normalized(&state(1_000_001, false)), normalized(&state(1_000_005, false)));
    assert_ne!(normalized(&state(1_000_001, false)), normalized(&state(1_000_001, true)));
    let bare =
        json!({ "apps": [{ "id": 1_000_001, "name": "App" }], "roles": [{ "id": 7, "name": "Role", "apps": [] }] });
    assert_ne!(normalized(&state(1_000_001, false)), normalized(&bare));
}
