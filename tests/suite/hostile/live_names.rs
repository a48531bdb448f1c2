//! Names and texts of the account that mean to be more than names.

use super::{is_hidden, run_bounded};
use crate::support::{Program, Run};
use serde_json::{Value, json};

/// Texts that would write to a terminal, hide, reorder, or look like our own lines.
fn hostile_texts() -> Vec<String> {
    vec![
        "esc \u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7} \u{9b}2J".to_owned(),
        "line\n  + role/forged: create, cosmetic\nPlan: 0 to create".to_owned(),
        "return\r  + role/forged: create\rNo changes.".to_owned(),
        "bidi \u{202E}evil\u{202C} \u{2066}x\u{2069} \u{200F}".to_owned(),
        "zero\u{200B}width\u{200D}\u{FEFF}\u{2060}\u{AD}".to_owned(),
        "nul\u{1}\u{8}\u{7f}\u{85}\u{2028}\u{2029}".to_owned(),
        "tag \u{E0041}\u{E0042}".to_owned(),
        "| a | `b` |<script>alert(1)</script>[x](javascript:y) --> subgraph; %%{init}%%".to_owned(),
        "${contacts_url} $${x} %s %n {0} *star* null ~".to_owned(),
        "+ role/forged: create, cosmetic".to_owned(),
        "long ".to_owned() + &"x".repeat(5000),
        "tab\tand trailing".to_owned(),
    ]
}

fn seed() -> Value {
    let texts = hostile_texts();
    let numbered = || texts.iter().enumerate();
    let scope = |(index, text): (usize, &String)| json!({ "value": format!("s{index}:{}", text.replace([' ', '\n', '\r', '\t'], "_")), "description": text });
    let claim = |(index, text): (usize, &String)| json!({ "name": format!("c{index} {text}"), "user_attribute_mappings": "email" });
    let app = |(index, text): (usize, &String)| {
        json!({ "id": 5000 + index, "name": text, "description": text, "connector_id": 108_419,
        "configuration": { "redirect_uri": "https://localhost/x", "login_url": "", "oidc_application_type": 0, "token_endpoint_auth_method": 1 } })
    };
    json!({
        "roles": numbered().map(|(index, text)| json!({ "id": 7000 + index, "name": text })).collect::<Vec<_>>(),
        "apps": numbered().map(app).collect::<Vec<_>>(),
        "authorization_servers": [{
            "id": 1000, "name": "Contacts", "description": texts[1],
            "configuration": { "resource_identifier": "https://contacts.example.com", "audiences": ["https://contacts.example.com", format!("urn:{}", texts[0])] },
            "scopes": numbered().map(scope).collect::<Vec<_>>(),
            "claims": numbered().map(claim).collect::<Vec<_>>(),
            "clients": numbered().map(|(index, _)| json!({ "app_id": 5000 + index, "scopes": [] })).collect::<Vec<_>>(),
        }],
    })
}

const CONFIG: &str = r#"
version: 1
tenant: { subdomain: acme }
roles:
  near: { name: "ESC \u001b" }
authorization_servers:
  contacts:
    name: Contacts
    description: New words
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: {}
    claims: {}
    clients: {}
"#;

/// Nothing moves, hides or reorders what a terminal shows, and no line is there that we did not write.
#[track_caller]
fn check(run: &Run) {
    for stream in [&run.stdout, &run.stderr] {
        let plain = anstream::adapter::strip_str(stream).to_string();
        let raw: String = plain.chars().filter(|character| is_hidden(*character)).collect();
        assert!(raw.is_empty(), "{raw:?} reaches the terminal\n{}", run.block());
        // A line of ours begins at the left, a change two blanks from it; lines that go on stand further in.
        let ours = ["  + role/forged", "+ role/forged", "Plan: 0 to create", "No changes."];
        let forged = |line: &str| ours.iter().any(|start| line.starts_with(start));
        assert!(!plain.lines().any(forged), "a line is forged\n{}", run.block());
    }
}

#[test]
fn live_texts_are_shown_and_never_obeyed() {
    let program = Program::new();
    program.write("seed.json", &seed().to_string());
    program.write("gatewright.yaml", &CONFIG.replace("\"ESC \\u001b\"", "Testers"));
    let start = "--emulator=s.json --emulator-seed seed.json --allow-destroy --max-deletes 100";
    let plan = run_bounded(&program, &format!("plan {start}"));
    assert_eq!(plan.code, 0, "{}", plan.block());
    check(&plan);
    // Shown, not dropped: one mark of each kind of text.
    for mark in
        ["\\u{001B}[31m", "\\u{202E}", "\\u{200B}", "\\u{E0041}", "\\u{0085}", "\\u{000D}", "<script>", "xxxxxxxxxx"]
    {
        assert!(plan.stdout.contains(mark), "{mark} is dropped\n{}", plan.block());
    }
    let json = run_bounded(&program, &format!("plan {start} --format json --out plan.json"));
    check(&json);
    let read: Value = serde_json::from_str(&json.stdout).unwrap();
    let texts = serde_json::to_string(&read).unwrap();
    assert!(texts.contains("esc \\u001b[31mred") && read["changes"].as_array().unwrap().len() > 30, "{texts}");
    check(&run_bounded(&program, &format!("plan {start} --color always -vvv")));
    check(&run_bounded(&program, "plan --emulator=s.json --format json"));
    let apply = run_bounded(&program, &format!("apply --auto-approve {start} -vvv"));
    assert_eq!(apply.code, 0, "{}", apply.block());
    check(&apply);
    for line in records(&program).lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    assert_eq!(run_bounded(&program, "plan --emulator=s.json --detailed-exitcode").code, 0);
}

/// Returns the lines of all records of runs.
fn records(program: &Program) -> String {
    let mut text = String::new();
    let folders =
        std::fs::read_dir(program.folder()).unwrap().map(|entry| entry.unwrap().path().join("runs/acme.onelogin.com"));
    for folder in folders.filter(|folder| folder.is_dir()) {
        for file in std::fs::read_dir(folder).unwrap() {
            text.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    assert!(!text.is_empty());
    text
}

/// Whatever the account says, it is written down as a file that says the same.
#[test]
fn hostile_names_are_exported_and_plan_empty() {
    let program = Program::new();
    program.write("seed.json", &seed().to_string());
    let export = run_bounded(
        &program,
        "export --subdomain acme --emulator=s.json --emulator-seed seed.json --out gatewright.yaml",
    );
    assert_eq!(export.code, 0, "{}", export.block());
    let text = program.read("gatewright.yaml");
    assert!(!text.chars().any(is_hidden), "{text}");
    let plan = run_bounded(&program, "plan --emulator=s.json --detailed-exitcode");
    assert_eq!(plan.code, 0, "{text}\n{}", plan.block());
    assert!(plan.stdout.contains("No changes."), "{}", plan.block());
}

/// What stands on the command line is foreign as well: in CI it comes from branches and titles.
#[test]
fn arguments_are_shown_and_never_obeyed() {
    let program = Program::new();
    program.write("gatewright.yaml", &CONFIG.replace("\"ESC \\u001b\"", "Testers"));
    let evil = "x\u{1b}[31m\u{202E}\n+ role/forged: create";
    for args in [
        vec!["plan", "--env", evil],
        vec!["plan", evil],
        vec![evil],
        vec!["plan", "--max-in-flight", evil],
        vec!["validate", "-f", evil],
        vec!["validate", "--var", &format!("{evil}=y")],
        vec!["validate", "--var", evil],
        vec!["apply", evil, "--emulator=s.json"],
        vec!["export", "--subdomain", evil],
        vec!["plan", "--emulator=s.json", "--out", evil, "--files-base", evil],
    ] {
        let run = program.run_args(&args);
        check(&run);
        assert!(matches!(run.code, 0 | 1 | 64), "{args:?}\n{}", run.block());
    }
}

/// A backtick in a name ends neither the code nor the sentence it stands in, and no address becomes a link.
#[test]
fn a_name_with_backticks_stays_one_name() {
    let program = Program::new();
    let name = "a`@octocat https://evil.example.com #1";
    let seed = json!({
        "apps": [{ "id": 5000, "name": name, "connector_id": 108_419 }],
        "authorization_servers": [{
            "id": 1000, "name": "Contacts",
            "configuration": { "resource_identifier": "https://contacts.example.com", "audiences": ["https://contacts.example.com"] },
            "claims": [{ "name": "x`y", "user_attribute_mappings": "email" }],
            "clients": [{ "app_id": 5000, "scopes": [] }],
        }],
    });
    program.write("seed.json", &seed.to_string());
    program.write("gatewright.yaml", &CONFIG.replace("\\u001b", ""));
    let run = run_bounded(&program, "plan --emulator=s.json --emulator-seed seed.json --format markdown");
    assert_eq!(run.code, 0, "{}", run.block());
    for expected in [
        "- `a'@octocat https://evil.example.com #1 (id 5000)` gets no more tokens for `contacts`\n",
        "- tokens of `contacts` no longer carry the claim `x'y`\n",
    ] {
        assert!(run.stdout.contains(expected), "{expected}\n{}", run.stdout);
    }
}
