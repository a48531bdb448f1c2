//! `export` over several files.

use crate::support::Program;
use serde_json::json;

fn account(program: &Program) {
    let server = |id: u64, name: &str| {
        let url = format!("https://{id}.example.com");
        json!({
            "id": id, "name": name, "configuration": { "resource_identifier": url, "audiences": [url] },
            "scopes": [{ "value": "read", "description": "Read" }], "clients": [{ "app_id": 5000, "scopes": ["read"] }],
        })
    };
    let seed = json!({
        "apps": [{ "id": 5000, "name": "Web", "connector_id": 108_419 }],
        "authorization_servers": [server(1000, "Contacts API"), server(1001, "Orders API"), server(1002, "nul")],
    });
    program.write("seed.json", &seed.to_string());
}

const SPLIT: &str = "export --emulator=state.json --emulator-seed seed.json --subdomain acme --split out";

/// What is written plans empty, and an edit of one API's file changes that API.
#[test]
fn an_account_is_split_by_api() {
    let program = Program::new();
    account(&program);
    let run = program.run(SPLIT);
    insta::assert_snapshot!(run.block(), @r"
    --- stderr
    wrote out/gatewright.yaml and 3 files in out/apis
    --- exit 0
    ");
    let mut names: Vec<_> = std::fs::read_dir(program.folder().join("out/apis"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["contacts-api.yaml", "nul_.yaml", "orders-api.yaml"]);
    let plan = || program.run("plan --emulator=state.json -f out/gatewright.yaml --detailed-exitcode");
    assert_eq!(plan().code, 0, "{}", plan().block());
    let orders = program.read("out/apis/orders-api.yaml");
    program.write("out/apis/orders-api.yaml", &orders.replace("read: Read", "read: Read orders"));
    let edited = plan();
    assert_eq!(edited.code, 2, "{}", edited.block());
    assert!(edited.stdout.contains("authorization_server/orders-api"), "{}", edited.block());
    assert!(!edited.stdout.contains("authorization_server/contacts-api"), "{}", edited.block());
}

/// Nothing that is there is touched or taken in, and nothing is written beside it.
#[test]
fn what_is_there_is_left_alone() {
    for (path, says) in [
        ("out/gatewright.yaml", "out/gatewright.yaml exists already"),
        ("out/apis/stray.yaml", "out/apis is not an empty folder"),
        ("out/apis", "out/apis exists already"),
    ] {
        let program = Program::new();
        account(&program);
        program.write(path, "mine");
        let run = program.run(SPLIT);
        assert_eq!(run.code, 1, "{}", run.block());
        assert!(run.stderr.contains(says) && run.stderr.contains("--split"), "{}", run.block());
        assert_eq!(program.read(path), "mine");
        let entries: Vec<_> = std::fs::read_dir(program.folder().join("out")).unwrap().collect();
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert!(!program.folder().join("state.json").exists(), "the account is not read in vain");
    }
}

/// A link in the place of the folder leads nowhere.
#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let program = Program::new();
    account(&program);
    std::fs::create_dir_all(program.folder().join("out")).unwrap();
    std::fs::create_dir_all(program.folder().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(program.folder().join("elsewhere"), program.folder().join("out/apis")).unwrap();
    let run = program.run(SPLIT);
    assert_eq!(run.code, 1, "{}", run.block());
    assert_eq!(std::fs::read_dir(program.folder().join("elsewhere")).unwrap().count(), 0);
    assert!(!program.folder().join("out/gatewright.yaml").exists());
}
