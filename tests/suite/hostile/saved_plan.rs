//! Saved plans that somebody edited: refused, or a part of what today's plan says is done, and nothing else ever.

use super::run_bounded;
use crate::support::Program;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CONFIG: &str = r#"
version: 1
tenant: { subdomain: acme }
variables: { words: New words }
roles:
  testers: { name: Testers }
authorization_servers:
  contacts:
    name: Contacts
    description: ${words}
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: { read: Read, more: More }
"#;

struct Stage {
    program: Program,
    plan: Value,
}

impl Stage {
    fn new() -> Self {
        let program = Program::new();
        program.write("gatewright.yaml", CONFIG);
        let server = |id: u64, name: &str, url: &str| {
            json!({
                "id": id, "name": name, "description": "Old words",
                "configuration": { "resource_identifier": url, "audiences": [url] },
                "scopes": [{ "value": "read", "description": "Old" }, { "value": "gone", "description": "Gone" }],
            })
        };
        let seed = json!({
            "roles": [{ "id": 7, "name": "Bystander" }],
            "authorization_servers": [
                server(1000, "Contacts", "https://contacts.example.com"),
                server(2000, "Bystander", "https://bystander.example.com"),
            ],
        });
        program.write("seed.json", &seed.to_string());
        let run =
            run_bounded(&program, "plan --emulator=s.json --emulator-seed seed.json --var words=Given --out plan.json");
        assert_eq!(run.code, 0, "{}", run.block());
        std::fs::copy(program.folder().join("s.json"), program.folder().join("start.json")).unwrap();
        let plan = serde_json::from_str(&program.read("plan.json")).unwrap();
        Self { program, plan }
    }

    /// Applies a plan to the account as it was at the start; returns the exit code, what was said and what was done of what
    /// was planned, after it is made sure that nothing else was.
    fn apply(&self, plan: &str) -> (i32, String, BTreeSet<String>) {
        let folder = self.program.folder();
        std::fs::copy(folder.join("start.json"), folder.join("s.json")).unwrap();
        self.program.write("edited.json", plan);
        let run = run_bounded(&self.program, "apply edited.json --emulator=s.json --settle 2");
        let said = run.block();
        let left = run_bounded(&self.program, "plan --emulator=s.json --var words=Given --format json");
        assert_eq!(left.code, 0, "{}", left.block());
        let left: Value = serde_json::from_str(&left.stdout).unwrap();
        let planned = self.plan["changes"].as_array().unwrap();
        let left = left["changes"].as_array().unwrap();
        for change in left {
            // Whatever is still to do was to be done before, exactly like this.
            let same =
                |planned: &&Value| planned["address"] == change["address"] && planned["fields"] == change["fields"];
            assert!(planned.iter().any(|planned| same(&planned)), "{change}\n{said}");
        }
        let state: Value = serde_json::from_str(&self.program.read("s.json")).unwrap();
        let start: Value = serde_json::from_str(&self.program.read("start.json")).unwrap();
        let bystanders = |state: &Value| {
            let named = |list: &str| {
                let rows = state[list].as_array().unwrap();
                rows.iter().filter(|row| row["name"] == "Bystander").cloned().collect::<Vec<_>>()
            };
            [named("roles"), named("authorization_servers")]
        };
        assert_eq!(bystanders(&state), bystanders(&start), "{said}");
        let address = |change: &Value| change["address"].as_str().unwrap().to_owned();
        let still: BTreeSet<String> = left.iter().map(address).collect();
        let done = planned.iter().map(address).filter(|address| !still.contains(address)).collect();
        (run.code, said, done)
    }

    fn all(&self) -> BTreeSet<String> {
        self.plan["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| change["address"].as_str().unwrap().to_owned())
            .collect()
    }

    fn edited(&self, edit: impl FnOnce(&mut Value)) -> (i32, String, BTreeSet<String>) {
        let mut plan = self.plan.clone();
        edit(&mut plan);
        self.apply(&plan.to_string())
    }
}

const SERVER: &str = "authorization_server/contacts";

/// Finds a change by its address.
fn change<'a>(plan: &'a mut Value, address: &str) -> &'a mut Value {
    plan["changes"].as_array_mut().unwrap().iter_mut().find(|change| change["address"] == address).unwrap()
}

#[test]
fn a_plan_as_it_was_saved_is_done() {
    let stage = Stage::new();
    let (code, said, done) = stage.apply(&stage.plan.to_string());
    assert_eq!((code, &done), (0, &stage.all()), "{said}");
    assert_eq!(done.len(), 5, "{done:?}");
}

/// What a plan was made for is compared before anything is written.
#[test]
fn a_plan_for_something_else_is_refused() {
    let stage = Stage::new();
    let edits: [(&str, Value, i32, &str); 11] = [
        ("/tenant", json!("other.onelogin.com"), 4, "was made for other.onelogin.com"),
        ("/tenant", json!("x\u{1b}[31m"), 4, "x\\u{001B}[31m"),
        ("/account_id", json!(1), 4, "was made for account 1"),
        ("/account_id", Value::Null, 4, "was made for an unnamed account"),
        ("/environment", json!("prod"), 1, "the file has none"),
        ("/options/vars", json!({}), 4, "not the one the plan was made from"),
        ("/options/vars", json!({ "words": "Other" }), 4, "not the one the plan was made from"),
        ("/options/vars", json!({ "words": "Given", "more": "x" }), 1, "a variable that the file does not declare"),
        ("/config_digest", json!("0".repeat(64)), 4, "not the one the plan was made from"),
        ("/program_version", json!("99.0.0"), 4, "was made by gatewright 99.0.0"),
        ("/format_version", json!(2), 4, "format version 2"),
    ];
    for (pointer, value, code, expected) in edits {
        let (found, said, done) = stage.edited(|plan| *plan.pointer_mut(pointer).unwrap() = value.clone());
        assert_eq!((found, &done), (code, &BTreeSet::new()), "{pointer} {value}\n{said}");
        assert!(said.contains(expected), "{pointer} {value}: should say {expected}\n{said}");
    }
}

/// A change that is not listed as it stands today is left alone, with what depends on it, and the others are made.
#[test]
fn a_change_that_was_edited_is_not_made() {
    let stage = Stage::new();
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit); 9] = [
        ("id", |change| change["id"] = json!(2000)),
        ("no id", |change| change["id"] = Value::Null),
        ("action", |change| change["action"] = json!("delete")),
        ("unknown action", |change| change["action"] = json!("explode")),
        ("address", |change| change["address"] = json!("authorization_server/bystander")),
        ("fingerprint", |change| change["fingerprint"] = json!("0".repeat(64))),
        ("after", |change| change["fields"][0]["after"] = json!("Evil words")),
        ("before", |change| change["fields"][0]["before"] = json!("Evil words")),
        ("no fields", |change| change["fields"] = json!([])),
    ];
    for (name, edit) in edits {
        let (code, said, done) = stage.edited(|plan| edit(change(plan, SERVER)));
        assert!(!done.contains(SERVER) && matches!(code, 3 | 4), "{name}\n{said}");
        assert!(done.contains("role/testers"), "{name}: what does not depend on it is done\n{said}");
    }
}

/// What is only added, doubled or put in another order permits nothing more.
#[test]
fn what_is_added_to_a_plan_permits_nothing() {
    let stage = Stage::new();
    let (code, said, done) = stage.edited(|plan| {
        let mut foreign = change(plan, SERVER).clone();
        foreign["address"] = json!("authorization_server/bystander");
        foreign["action"] = json!("delete");
        foreign["id"] = json!(2000);
        plan["changes"].as_array_mut().unwrap().insert(0, foreign);
        plan["refusals"] = json!([]);
    });
    assert_eq!((code, &done), (0, &stage.all()), "{said}");
    let (code, said, done) = stage.edited(|plan| {
        let changes = plan["changes"].as_array_mut().unwrap();
        changes.reverse();
        changes.extend(changes.clone());
    });
    assert_eq!((code, &done), (0, &stage.all()), "{said}");
    let (_, said, done) = stage.edited(|plan| {
        let mut twin = change(plan, SERVER).clone();
        twin["fields"][0]["after"] = json!("Evil words");
        plan["changes"].as_array_mut().unwrap().insert(0, twin);
    });
    assert!(!done.contains(SERVER), "{said}");
    let (_, said, done) = stage
        .edited(|plan| plan["changes"].as_array_mut().unwrap().retain(|change| change["address"] == "role/testers"));
    assert_eq!(done, BTreeSet::from(["role/testers".to_owned()]), "{said}");
    let (_, said, done) = stage.edited(|plan| plan["changes"] = json!([]));
    assert_eq!(done, BTreeSet::new(), "{said}");
}

/// What is no plan is refused with the place where it stops being one.
#[test]
fn what_is_no_plan_is_refused_with_its_place() {
    let stage = Stage::new();
    let text = serde_json::to_string_pretty(&stage.plan).unwrap();
    let check = |plan: &str, expected: &str| {
        let (code, said, done) = stage.apply(plan);
        assert_eq!((code, &done), (1, &BTreeSet::new()), "{said}");
        assert!(said.contains("is not a saved plan") && said.contains(expected), "should say {expected}\n{said}");
    };
    check(&text[..text.len() / 2], "line ");
    check(&text.replacen("\"tenant\"", "\"tenant\": \"x\",\n  \"tenant\"", 1), "duplicate field `tenant` at line 6");
    check(&text.replacen("\"id\": 1000", "\"id\": -1", 1), "line ");
    check(&text.replacen("\"id\": 1000", "\"id\": 1e300", 1), "line ");
    check(&format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), "line 1 column ");
    check(&text.replacen("\"Given\"", "\"\\ud800\"", 1), "line ");
}

/// What was attached between the review and the apply goes along with nothing that was reviewed without it.
#[test]
fn what_was_attached_since_the_plan_does_not_go_along() {
    const APPS: &str = "
version: 1
tenant: { subdomain: acme }
roles: { testers: { name: Testers } }
oidc_apps:
  web: { name: Web, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://a\"] }
  other: { name: Other, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://b\"], roles: [] }
authorization_servers:
  api: { name: API, resource_identifier: \"https://api\", audiences: [\"https://api\"], scopes: {}, clients: {} }
";
    let app = "version: 1\ntenant: { subdomain: acme }\noidc_apps: { web: { name: Web, state: absent } }\n";
    let server = "version: 1\ntenant: { subdomain: acme }\nauthorization_servers: { api: { resource_identifier: \"https://api\", state: absent } }\n";
    let role = "version: 1\ntenant: { subdomain: acme }\nroles: { testers: { name: Testers, state: absent } }\n";
    let scoped = APPS.replace("scopes: {}", "scopes: { late: Late }");
    let (bound, given) =
        (APPS.replace("clients: {}", "clients: { web: [] }"), APPS.replace("roles: []", "roles: [testers]"));
    for (gone, attached, part) in [(app, &bound, "clients:"), (server, &scoped, "scopes:"), (role, &given, "apps:")] {
        let program = Program::new();
        program.write("all.yaml", APPS);
        program.write("attached.yaml", attached);
        program.write("gone.yaml", gone);
        let settle = |file: &str| run_bounded(&program, &format!("apply -f {file} --emulator=s.json --auto-approve"));
        assert_eq!(settle("all.yaml").code, 0);
        let plan = || run_bounded(&program, "plan -f gone.yaml --emulator=s.json --allow-destroy --out plan.json");
        let apply = || run_bounded(&program, "apply plan.json -f gone.yaml --emulator=s.json --allow-destroy");
        assert_eq!(plan().code, 0);
        assert_eq!(settle("attached.yaml").code, 0);
        let run = apply();
        assert_eq!(run.code, 4, "{}", run.block());
        assert!(run.block().contains(part), "{part}: {}", run.block());
        assert_eq!(plan().code, 0);
        assert_eq!(apply().code, 0, "the plan that was made with it does it");
    }
}

const POLICY: &str = "policies/contacts-jwt-validation.json";
const EXAMPLE: &str = include_str!("../../../examples/01-mulesoft-contacts/gatewright.yaml");

/// The example, applied.
fn applied() -> Program {
    let program = Program::new();
    program.write("gatewright.yaml", EXAMPLE);
    assert_eq!(run_bounded(&program, "apply --emulator=s.json --auto-approve").code, 0);
    program
}

/// Applies the saved plan, which leaves the policy file as somebody wrote it meanwhile, and says why.
#[track_caller]
fn must_leave_policy(program: &Program, (code, why): (i32, &str)) {
    let held = program.read(POLICY);
    let run = run_bounded(program, "apply plan.json --emulator=s.json");
    assert_eq!(run.code, code, "{}", run.block());
    let said: Vec<&str> = run.stdout.split_whitespace().collect();
    let says = format!("not written {POLICY}: {why}");
    assert!(said.join(" ").contains(&says) && run.stderr.contains("Plan again"), "{}", run.block());
    assert_eq!(program.read(POLICY), held);
}

/// A policy file that the plan does not list as it would be changed now is not written, whatever is on the disk.
#[test]
fn a_policy_file_that_is_not_listed_as_it_is_is_not_written() {
    let program = applied();
    let plan = || assert_eq!(run_bounded(&program, "plan --emulator=s.json --out plan.json").code, 0);
    let apply = || run_bounded(&program, "apply plan.json --emulator=s.json").code;
    plan();
    program.write(POLICY, "{}");
    must_leave_policy(&program, (4, "the saved plan does not list it"));
    plan();
    program.write(POLICY, "{ }");
    must_leave_policy(&program, (4, "it is not what it was when planned"));
    program.write(POLICY, "{}");
    assert_eq!((apply(), program.read(POLICY) == "{}"), (0, false), "what is listed is written");
    // Beside something that is listed.
    program.write("gatewright.yaml", &EXAMPLE.replace("Read contacts", "Read all contacts"));
    plan();
    program.write(POLICY, "{}");
    must_leave_policy(&program, (3, "the saved plan does not list it"));
}

/// A plan that compared policy files with those of another folder permits to write them over what lies here.
#[test]
fn a_plan_against_another_folder_permits_paths() {
    let program = applied();
    program.write("base/other.txt", "");
    let run = run_bounded(&program, "plan --emulator=s.json --files-base base --out plan.json");
    assert!(run.code == 0 && run.stdout.contains(POLICY), "{}", run.block());
    program.write(POLICY, "{}");
    let run = run_bounded(&program, "apply plan.json --emulator=s.json");
    assert_eq!((run.code, program.read(POLICY) == "{}"), (0, false), "{}", run.block());
}

/// What nobody could read in the plan is not done: here a client that came meanwhile would be broken by what is listed.
#[test]
fn what_it_means_for_somebody_else_by_now_is_not_done() {
    let renamed = EXAMPLE
        .replace("      contacts:write: Create", "      contacts:edit:\n        description: x\n        renamed_from: contacts:write\n      contacts:more: Create")
        .replace("contacts-web: [contacts:read, contacts:write]", "contacts-web: [contacts:read, contacts:edit]")
        .replace("    clients:", "    unmanaged: keep\n    clients:");
    let stricter = EXAMPLE
        .replace("require_scopes: [contacts:read]", "require_scopes: [contacts:write]")
        .replace("client: contacts-batch }", "client: contacts-web }");
    let late = "  late:\n    name: Late\n    application_type: web\n    token_endpoint_auth_method: post\n    redirect_uris: [\"https://late\"]\n";
    let with_late = |scope: &str| {
        let bound = EXAMPLE.replace(
            "      contacts-batch: [contacts:read]",
            &format!("      contacts-batch: [contacts:read]\n      late: [{scope}]"),
        );
        bound.replace("authorization_servers:", &format!("{late}\nauthorization_servers:"))
    };
    let stricter = stricter.replace("    clients:", "    unmanaged: keep\n    clients:");
    for (planned, scope, expected) in [
        (renamed, "contacts:write", "`Late (id"),
        (stricter, "contacts:read", "gateway policy `contacts-mule` refuses `Late (id"),
    ] {
        let program = applied();
        program.write("late.yaml", &with_late(scope));
        program.write("gatewright.yaml", &planned);
        let run = run_bounded(&program, "plan --emulator=s.json --out plan.json");
        assert_eq!(run.code, 0, "{}", run.block());
        let run = run_bounded(&program, "apply -f late.yaml --emulator=s.json --auto-approve");
        assert_eq!(run.code, 0, "{}", run.block());
        let before = (program.read("s.json"), program.read(POLICY));
        let run = run_bounded(&program, "apply plan.json --emulator=s.json");
        assert_eq!(run.code, 4, "{}", run.block());
        let said: Vec<&str> = run.stderr.split_whitespace().collect();
        assert!(said.join(" ").contains(expected) && run.stderr.contains("Plan again"), "{}", run.block());
        assert_eq!((program.read("s.json"), program.read(POLICY)), before, "nothing is written");
    }
}

/// What a run that was broken off leaves is no news: it follows from what the plan lists.
#[test]
fn the_rest_of_a_plan_is_done() {
    let bare = EXAMPLE.lines().filter(|line| !line.contains("probe:")).collect::<Vec<_>>().join("\n");
    let more_audiences =
        bare.replace("audiences: [\"${contacts_url}\"]", "audiences: [\"${contacts_url}\", \"https://c2\"]");
    let late = "  late:\n    name: Late\n    application_type: web\n    token_endpoint_auth_method: post\n    redirect_uris: [\"https://late\"]\n";
    let refused_client = bare
        .replace("require_scopes: [contacts:read]", "require_scopes: [contacts:write]")
        .replace("authorization_servers:", &format!("{late}\nauthorization_servers:"))
        .replace("contacts-batch: [contacts:read]", "contacts-batch: [contacts:read]\n      late: [contacts:read]");
    for (file, done) in [
        (more_audiences, "authorization_server/contacts"),
        (refused_client, "authorization_server/contacts/client/late"),
    ] {
        let program = applied();
        assert_ne!(file, bare, "{done}");
        program.write("gatewright.yaml", &file);
        assert_eq!(run_bounded(&program, "plan --emulator=s.json --out plan.json").code, 0);
        let run = run_bounded(&program, &format!("apply --emulator=s.json --auto-approve --target {done}"));
        assert_eq!(run.code, 0, "{}", run.block());
        let run = run_bounded(&program, "apply plan.json --emulator=s.json");
        assert_eq!(run.code, 0, "{}", run.block());
        assert!(run.stdout.contains(&format!("wrote {POLICY}")), "{}", run.block());
    }
}
