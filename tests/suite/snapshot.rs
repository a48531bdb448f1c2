//! Plans from a saved account: what they say, and what they refuse to guess.

use crate::support::{Emulator, Program, Run, root};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const FILE: &str = r#"
version: 1
tenant: { subdomain: acme, account_id: 555555 }
roles:
  testers: { name: Testers, ensure_users: [tester@example.com] }
oidc_apps:
  web:
    name: Web
    application_type: web
    token_endpoint_auth_method: basic
    redirect_uris: ["https://a.example.com/cb"]
    roles: [testers]
authorization_servers:
  contacts:
    name: Contacts
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    access_token_expiration_minutes: 10
    scopes: { read: Read, more: More }
    claims: { mail: { user_attribute: email } }
    clients: { web: [read] }
"#;

/// An account with one of everything, and neighbours.
fn seed() -> Value {
    let server = |id: u64, name: &str, url: &str| {
        json!({
            "id": id, "name": name, "description": "Words",
            "configuration": { "resource_identifier": url, "audiences": [url] },
            "scopes": [{ "id": id + 1, "value": "read", "description": "Read" }],
            "claims": [{ "id": id + 2, "name": "who", "user_attribute_mappings": "_macro_", "user_attribute_macros": "{firstname}" }],
            "clients": [{ "app_id": 700, "scopes": [id + 1] }],
        })
    };
    json!({
        "roles": [{ "id": 70, "name": "Testers" }, { "id": 71, "name": "Staff" }],
        "apps": [
            { "id": 700, "name": "Web", "role_ids": [70], "configuration": { "redirect_uri": "https://a.example.com/old" } },
            { "id": 701, "name": "Portal", "role_ids": [70, 71], "configuration": { "redirect_uri": "https://b.example.com/cb" } },
        ],
        "authorization_servers": [
            server(1000, "Contacts", "https://contacts.example.com"),
            server(2000, "Neighbour", "https://neighbour.example.com"),
        ],
    })
}

/// A living account, and a program that has its credentials.
fn stage(file: &str) -> (Emulator, Program) {
    let seed_file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(seed_file.path(), seed().to_string()).unwrap();
    let emulator = Emulator::start(root(), Some(seed_file.path()));
    let program = Program::on(&emulator);
    program.write("gatewright.yaml", file);
    (emulator, program)
}

fn take(program: &Program, path: &str) {
    let run = program.run(&format!("snapshot --out {path}"));
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.block());
}

/// Runs a command line on a saved account with no variable set at all.
fn offline(program: &Program, line: &str) -> Run {
    let mut command = program.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env_clear();
    program.output(command)
}

/// Plans in every way, from the account and from the snapshot; returns whether the snapshot could answer.
fn check_same(program: &Program, snapshot: &str) -> bool {
    let mut is_answered = true;
    for flags in ["", " --format json", " --format markdown", " --detailed-exitcode --allow-destroy"] {
        is_answered &= check_same_with(program, snapshot, flags);
    }
    is_answered
}

/// Plans with some flags from the account and from the snapshot; returns whether the snapshot could answer.
fn check_same_with(program: &Program, snapshot: &str, flags: &str) -> bool {
    let live = program.run(&format!("plan{flags}"));
    let saved = offline(program, &format!("plan{flags} --snapshot {snapshot}"));
    if saved.stderr.contains("error[snapshot]") {
        assert_eq!((saved.code, saved.stdout.as_str()), (1, ""), "{}", saved.block());
        return false;
    }
    assert_eq!((&live.stdout, live.code), (&saved.stdout, saved.code), "plan{flags}: {} {}", live.stderr, saved.stderr);
    true
}

fn configurations(story: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(story).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    files
}

#[test]
fn a_plan_from_a_snapshot_is_the_plan_of_the_account() {
    let mut stories: Vec<PathBuf> =
        std::fs::read_dir(root().join("tests/scenarios")).unwrap().map(|entry| entry.unwrap().path()).collect();
    stories.sort();
    let mut changed_files = 0;
    for story in stories {
        let seed = story.join("seed.json");
        let emulator = Emulator::start(root(), seed.exists().then_some(seed.as_path()));
        let program = Program::on(&emulator);
        let first = std::fs::read_to_string(story.join("desired.yaml")).unwrap();
        program.write("gatewright.yaml", &first);
        take(&program, "before.json");
        assert!(check_same(&program, "before.json"), "{}: not answered", story.display());
        // What the account is like after the first file was applied, seen by the other files of the story.
        let applied = program.run("apply --auto-approve --allow-destroy --max-deletes 99");
        assert!(matches!(applied.code, 0 | 4), "{}: {}", story.display(), applied.block());
        take(&program, "after.json");
        for file in configurations(&story) {
            program.write("gatewright.yaml", &std::fs::read_to_string(&file).unwrap());
            changed_files += usize::from(check_same(&program, "after.json") && !file.ends_with("desired.yaml"));
        }
    }
    assert!(changed_files > 3, "snapshots answer for changed files: {changed_files}");
}

#[test]
fn deletes_take_along_what_the_snapshot_holds() {
    let (_emulator, program) = stage(FILE);
    take(&program, "account.json");
    let check = |file: &str, expected: &str| {
        program.write("gatewright.yaml", file);
        assert!(check_same(&program, "account.json"), "{file}");
        let plan = offline(&program, "plan --snapshot account.json --allow-destroy");
        assert!(plan.stdout.contains(expected), "{}", plan.block());
    };
    let gone = FILE.replace("clients: { web: [read] }", "clients: {}");
    let gone = gone.replace("    name: Web\n", "    name: Web\n    state: absent\n");
    // Bindings on servers that no file lists, and apps that a role gives.
    check(&gone, "Neighbour");
    let gone = FILE.replace("    roles: [testers]\n", "    roles: []\n");
    check(
        &gone.replace("{ name: Testers, ensure_users: [tester@example.com] }", "{ name: Testers, state: absent }"),
        "Portal",
    );
    // A server that the file did not list before.
    check(&FILE.replace("https://contacts.", "https://neighbour.").replace("name: Contacts", "name: Neighbour"), "who");
}

/// A part of the file, and all of it gone: nothing of that is another plan than the account's, in any format.
#[test]
fn targets_and_destruction_are_those_of_the_account() {
    let (_emulator, program) = stage(FILE);
    take(&program, "account.json");
    let check = |flags: &str, expected: &[&str]| {
        for format in ["text", "markdown", "html", "json"] {
            let flags = format!(" {flags} --format {format} --detailed-exitcode");
            assert!(check_same_with(&program, "account.json", &flags), "plan{flags} is not answered");
        }
        let plan = offline(&program, &format!("plan {flags} --snapshot account.json"));
        for words in expected {
            assert!(plan.stdout.contains(words), "{words}: {}", plan.block());
        }
    };
    let scope = "authorization_server/contacts/scope/more";
    check(&format!("--target {scope}"), &["Limited to authorization_server/contacts/scope/more", "not targeted"]);
    check("--target oidc_app/web --target role/testers", &["~ oidc_app/web", "not targeted"]);
    check("--destroy", &["Destroys the servers, apps and roles that the file lists", "Neighbour", "Refused"]);
    check("--destroy --allow-destroy --max-deletes 9", &["- role/testers", "Portal"]);
    check("--destroy --target oidc_app/web --allow-destroy", &["- oidc_app/web", "Limited to oidc_app/web"]);
    // What is not there is wrong usage with both.
    for source in ["", " --snapshot account.json"] {
        let run = program.run(&format!("plan --target role/nobody{source}"));
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{}", run.block());
    }
}

#[test]
fn another_connector_is_refused_as_the_account_would() {
    let (_emulator, program) = stage(FILE);
    take(&program, "account.json");
    program.write("gatewright.yaml", &FILE.replace("    name: Web\n", "    name: Web\n    connector_id: 4\n"));
    assert!(check_same(&program, "account.json"));
    let plan = offline(&program, "plan --snapshot account.json --detailed-exitcode");
    assert!(plan.code == 4 && plan.block().contains("connector_id"), "{}", plan.block());
}

#[test]
fn what_the_snapshot_does_not_hold_is_said() {
    let (_emulator, program) = stage(FILE);
    take(&program, "account.json");
    let file = FILE.replace(
        "roles:\n  testers",
        "roles:\n  staff: { name: Staff, ensure_users: [tester@example.com] }\n  testers",
    );
    program.write("gatewright.yaml", &file.replacen("ensure_users: [tester@", "ensure_users: [ann@", 1));
    insta::assert_snapshot!(offline(&program, "plan --snapshot account.json").block());
    let gone = FILE.replace("Testers, ensure_users: [tester@example.com]", "Staff, state: absent");
    program.write(
        "gatewright.yaml",
        &gone.replace(
            "    roles: [testers]
",
            "",
        ),
    );
    let run = offline(&program, "plan --snapshot account.json");
    assert!(run.code == 1 && run.stderr.contains("which apps the role `Staff` gives"), "{}", run.block());
}

#[test]
fn another_account_is_refused_where_the_file_names_its_own() {
    let (_emulator, program) = stage(FILE);
    take(&program, "account.json");
    program.write("gatewright.yaml", &FILE.replace("acme", "other"));
    insta::assert_snapshot!(offline(&program, "plan --snapshot account.json").block());
    program.write("gatewright.yaml", &FILE.replace("555555", "555556"));
    insta::assert_snapshot!(offline(&program, "access --snapshot account.json").block());
    let run = offline(&program, "export --subdomain other --snapshot account.json");
    assert!(run.code == 1 && run.stderr.contains("is a snapshot of acme.onelogin.com"), "{}", run.block());
    let newer = program.read("account.json").replace("\"format_version\": 1", "\"format_version\": 2, \"new\": 1");
    program.write("newer.json", &newer);
    insta::assert_snapshot!(offline(&program, "plan --snapshot newer.json").block());
}

#[test]
fn other_commands_read_it_too() {
    let (_emulator, program) = stage(FILE);
    take(&program, "account.json");
    for line in ["access", "access --diff", "access --format json", "export"] {
        let live = program.run(line);
        let saved = offline(&program, &format!("{line} --snapshot account.json"));
        assert_eq!((live.code, saved.code), (0, 0), "{} {}", live.block(), saved.block());
        assert_eq!(live.stdout, saved.stdout, "{line}");
        let note = "note: account.json was read, not the account, which may have changed since";
        assert!(saved.stderr.contains(note), "{line}: {}", saved.block());
    }
    // A plan of it is saved and applied like any other: the account is read again.
    let run = offline(&program, "plan --snapshot account.json --out plan.json");
    assert_eq!(run.code, 0, "{}", run.block());
    let run = program.run("apply plan.json --settle 2");
    assert_eq!(run.code, 0, "{}", run.block());
    for line in ["plan --snapshot account.json --emulator", "access --desired --snapshot account.json"] {
        assert_eq!(program.run(line).code, 64, "{line}");
    }
}

#[test]
fn the_same_account_gives_the_same_bytes_of_the_published_shape() {
    let (_emulator, program) = stage(FILE);
    take(&program, "one.json");
    take(&program, "other.json");
    assert_eq!(program.read("one.json"), program.read("other.json"));
    assert_eq!(program.read("one.json"), program.run("snapshot").stdout);
    let schema: Value = serde_json::from_str(&program.run("schema snapshot").stdout).unwrap();
    let snapshot: Value = serde_json::from_str(&program.read("one.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&snapshot).unwrap();
}

#[test]
fn no_secret_of_an_answer_is_kept() {
    let (emulator, program) = stage(FILE);
    program.guard("client secret", "a-secret-that-an-answer-holds");
    let app = json!({
        "id": 700, "name": "Web", "visible": true, "auth_method": 8, "role_ids": [70],
        "configuration": { "redirect_uri": "https://a.example.com/old", "client_secret": "a-secret-that-an-answer-holds" },
        "sso": { "client_id": "x", "client_secret": "a-secret-that-an-answer-holds" },
    });
    let server = json!({
        "id": 1000, "name": "Contacts", "signing_key": "a-secret-that-an-answer-holds",
        "configuration": { "resource_identifier": "https://contacts.example.com", "audiences": [], "secret": "a-secret-that-an-answer-holds" },
    });
    let rule =
        |path: &str, body: Value| json!({ "match": { "method": "GET", "path": path }, "fault": { "body": body } });
    emulator.set_faults(json!([rule("/api/2/apps/700", app), rule("/api/2/api_authorizations/1000", server)]));
    take(&program, "account.json");
    let run = program.run("snapshot -vvv");
    assert_eq!(run.code, 0, "{}", run.block());
    assert!(run.stdout.contains("https://a.example.com/old"), "{}", run.block());
    // And of a real walk: what the sink holds by now is looked for in every file and line.
    emulator.set_faults(json!([]));
    let made = FILE.replace("name: Web", "name: New Web");
    program.write("gatewright.yaml", &made);
    assert_eq!(program.run("apply --auto-approve --settle 2").code, 0);
    take(&program, "later.json");
}

#[test]
fn an_account_that_moves_meanwhile_is_read_again() {
    let (emulator, program) = stage(FILE);
    let gone = json!({ "status": 404, "body": { "statusCode": 404, "name": "NotFound", "message": "not found" } });
    emulator.set_faults(json!([{ "match": { "method": "GET", "path": "/api/2/apps/701" }, "fault": gone }]));
    let run = program.run("snapshot --out account.json");
    assert_eq!(run.code, 1, "{}", run.block());
    let words: Vec<&str> = run.stderr.split_whitespace().collect();
    assert!(words.join(" ").contains("gone when it was read; run again"), "{}", run.block());
    assert!(!program.folder().join("account.json").exists());
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_emulator, program) = stage(FILE);
    program.write("account.json", "old");
    take(&program, "account.json");
    let metadata = std::fs::metadata(program.folder().join("account.json")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    std::os::unix::fs::symlink("elsewhere.json", program.folder().join("link.json")).unwrap();
    for (path, why) in [("link.json", "symbolic link"), ("no/such.json", "does not exist"), (".", "not a regular file")]
    {
        let run = program.run(&format!("snapshot --out {path}"));
        assert!(run.code == 1 && run.stderr.contains(why), "{path}: {}", run.block());
    }
    assert!(!program.folder().join("elsewhere.json").exists());
}
