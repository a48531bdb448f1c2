//! Snapshots that somebody edited, cut off or made up: an error with a word about it, and no plan.

use super::{make_pipe, run_bounded};
use crate::support::Program;
use serde_json::{Value, json};

const FILE: &str = "version: 1\ntenant: { subdomain: acme }\nroles:\n  r: { name: Testers }\noidc_apps:\n  web: { name: Web }\nauthorization_servers:\n  s: { name: S, resource_identifier: \"https://s.example.com\" }\n";

/// The most memory a run may map, in KiB: far less than what a file of a hundred thousand brackets could ask for.
const MOST_KIB: u64 = 2_000_000;

fn whole() -> Value {
    let scope = |id: u64, value: &str| json!({ "id": id, "value": value, "description": null, "inherited": false });
    let server = |id: u64| {
        json!({
            "id": id, "listed": true, "name": "S", "description": null, "resource_identifier": format!("https://s{id}.example.com"),
            "audiences": [], "access_token_expiration_minutes": null, "refresh_token_expiration_minutes": 5, "built_in": false,
            "scopes": [scope(1, "a"), scope(2, "b")],
            "claims": [{ "id": 3, "name": "c", "source": { "macro": "{x}" }, "transformation": null, "inherited": false }],
            "clients": [{ "app_id": 7, "app_name": "Web", "scopes": [{ "id": 1, "value": "a" }] }],
        })
    };
    let oidc = json!({
        "description": null, "notes": null, "visible": true, "application_type": "web", "token_endpoint_auth_method": "basic",
        "redirect_uris": [], "post_logout_redirect_uris": [], "login_url": null, "access_token_expiration_minutes": null,
        "refresh_token_expiration_minutes": null, "role_ids": [9],
    });
    json!({
        "format_version": 1, "program_version": "0.1.0", "tenant": "acme.onelogin.com", "account_id": 555555,
        "servers_truncated": false, "authorization_servers": [server(10), server(11)],
        "apps": [{ "id": 7, "name": "Web", "auth_method": 8, "oidc": oidc }, { "id": 8, "name": "X", "auth_method": 2, "oidc": null }],
        "roles": [{ "id": 9, "name": "Testers", "members": [1], "apps": [7] }],
        "users": [{ "named": "ann", "found": [{ "id": 1, "email": "a@b.c", "username": "ann" }] }],
    })
}

fn program() -> Program {
    let program = Program::new();
    program.write("gatewright.yaml", FILE);
    program
}

fn check(program: &Program, text: &str, expected: &str) {
    program.write("s.json", text);
    let run = run_bounded(program, "plan --snapshot s.json");
    let start: String = text.chars().take(200).collect();
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{start}: {}", run.block());
    assert!(run.stderr.contains(expected) && run.stderr.contains("hint: "), "{start}: {}", run.block());
}

#[test]
fn the_sample_is_read_and_nothing_cut_off_is() {
    let program = program();
    let text = whole().to_string();
    program.write("s.json", &text);
    let run = run_bounded(&program, "plan --snapshot s.json");
    assert_eq!(run.code, 0, "{}", run.block());
    for length in (0..text.len()).step_by(97) {
        check(&program, &text[..length], "is not a snapshot");
    }
}

#[test]
fn values_of_other_types_are_refused() {
    let program = program();
    let mut pointers = Vec::new();
    collect("", &whole(), &mut pointers);
    let odd = ["{}", "[]", "-1", "1e999", "1.5", "18446744073709551616", "\"x\"", "true", "[[]]", "{\"a\": 1}"];
    for (number, pointer) in pointers.iter().enumerate() {
        // One or two of each for every place, so that the runs stay few.
        for odd in odd.iter().cycle().skip(number).step_by(odd.len() / 2).take(2) {
            let mut edited = whole();
            *edited.pointer_mut(pointer).unwrap() = json!("@@HERE@@");
            let text = edited.to_string().replace("\"@@HERE@@\"", odd);
            program.write("s.json", &text);
            let run = run_bounded(&program, "plan --snapshot s.json");
            assert!(matches!(run.code, 0 | 1), "{pointer} {odd}: {}", run.block());
            assert!(run.code == 0 || run.stderr.contains("error"), "{pointer} {odd}: {}", run.block());
        }
    }
    for (pointer, text) in
        [("/account_id", "-1"), ("/authorization_servers/0/id", "1e999"), ("/roles/0/members", "[-1]")]
    {
        let mut edited = whole();
        *edited.pointer_mut(pointer).unwrap() = json!("@@HERE@@");
        check(&program, &edited.to_string().replace("\"@@HERE@@\"", text), "is not a snapshot");
    }
    check(&program, &format!("{},\"more\":1}}", whole().to_string().trim_end_matches('}')), "is not a snapshot");
}

fn collect(at: &str, value: &Value, pointers: &mut Vec<String>) {
    if !at.is_empty() {
        pointers.push(at.to_owned());
    }
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(&format!("{at}/{index}"), item, pointers));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| collect(&format!("{at}/{key}"), value, pointers));
        }
        _ => {}
    }
}

#[test]
fn what_stands_twice_is_refused() {
    let program = program();
    let twice = |pointer: &str, expected: &str| {
        let mut edited = whole();
        let list = edited.pointer_mut(pointer).unwrap().as_array_mut().unwrap();
        list.push(list[0].clone());
        check(&program, &edited.to_string(), expected);
    };
    twice("/authorization_servers", "authorization server 10 stands twice");
    twice("/authorization_servers/1/scopes", "scope 1 stands twice");
    twice("/authorization_servers/0/claims", "claim 3 stands twice");
    twice("/authorization_servers/0/clients", "the binding of app 7 stands twice");
    twice("/apps", "app 7 stands twice");
    twice("/roles", "role 9 stands twice");
    twice("/users", "user ann stands twice");
    let mut edited = whole();
    edited["apps"][0]["oidc"] = Value::Null;
    check(&program, &edited.to_string(), "the app 7 does not say");
    let mut edited = whole();
    edited["apps"][1]["oidc"] = edited["apps"][0]["oidc"].clone();
    check(&program, &edited.to_string(), "the app 8 does not say");
}

#[test]
fn deep_and_large_files_take_bounded_room() {
    let program = program();
    let bounded = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        program.output(program.command_after(&format!("ulimit -v {MOST_KIB}"), &words))
    };
    let deep = format!("{{\"roles\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let many = format!("{{\"format_version\":1,\"roles\":[{}null]}}", "{},".repeat(1_000_000));
    let long = format!("\"{}\"", "x".repeat(30_000_000));
    for text in [deep, many, long, "[".repeat(1_000_000), "\u{0}".repeat(1000), "null".to_owned()] {
        program.write("s.json", &text);
        let run = bounded("plan --snapshot s.json");
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        assert!(run.stderr.contains("is not a snapshot") && run.stderr.len() < 2000, "{}", run.stderr);
    }
    std::fs::File::create(program.folder().join("s.json")).unwrap().set_len(1 << 40).unwrap();
    let run = bounded("plan --snapshot s.json");
    assert!(run.code == 1 && run.stderr.contains("larger than"), "{}", run.block());
    for (path, why) in
        [("pipe", "not a regular file"), (".", "not a regular file"), ("none.json", "cannot read none.json")]
    {
        if path == "pipe" {
            make_pipe(&program, path);
        }
        let run = run_bounded(&program, &format!("plan --snapshot {path}"));
        assert!(run.code == 1 && run.stderr.contains(why), "{path}: {}", run.block());
    }
}

#[test]
fn hidden_characters_of_a_snapshot_are_shown() {
    let program = program();
    for pointer in
        ["/tenant", "/roles/0/name", "/apps/0/name", "/authorization_servers/0/name", "/apps/0/oidc/description"]
    {
        let mut edited = whole();
        *edited.pointer_mut(pointer).unwrap() = json!("x\u{202E}\u{1B}[31m\u{7}y");
        program.write("s.json", &edited.to_string());
        for line in ["plan --snapshot s.json", "access --snapshot s.json", "plan --format markdown --snapshot s.json"] {
            let run = run_bounded(&program, line);
            assert!(!run.block().contains(super::is_hidden), "{pointer} {line}: {:?}", run.block());
        }
    }
}
