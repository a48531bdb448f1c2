//! Records of runs, and what is made of them.

use crate::support::{Emulator, Program, root};
use serde_json::{Value, json};
use std::path::PathBuf;

const BEFORE: &str = "tests/scenarios/21-undo/desired.yaml";
const AFTER: &str = "tests/scenarios/21-undo/changed.yaml";

/// A program against an emulated account of its own.
struct Stand {
    program: Program,
    emulator: Emulator,
}

impl Stand {
    fn new() -> Self {
        let mut program = Program::new();
        let emulator = Emulator::start(program.folder(), None);
        program.set("ONELOGIN_API_URL", emulator.url());
        program.set("ONELOGIN_CLIENT_ID", "emulator");
        program.set("ONELOGIN_CLIENT_SECRET", "emulator-secret");
        Self { program, emulator }
    }

    fn use_file(&self, path: &str) {
        self.program.write("gatewright.yaml", &std::fs::read_to_string(root().join(path)).unwrap());
    }

    /// Runs a command that is allowed everything, and expects an exit code. Returns what it said.
    fn run(&self, line: &str, code: i32) -> String {
        let run = self.program.run(&format!("{line} --settle 1 --max-in-flight 1"));
        assert_eq!(run.code, code, "{line}: {}", run.block());
        run.block()
    }

    fn apply(&self, path: &str, code: i32) -> String {
        self.use_file(path);
        self.run("apply --auto-approve --allow-destroy --max-deletes 50", code)
    }

    fn undo(&self, run: &str, code: i32) -> String {
        self.run(&format!("undo {run} --auto-approve --allow-destroy --max-deletes 50"), code)
    }

    /// Applies one file and then another, and returns the name of the second run.
    fn applied_twice(&self) -> String {
        self.apply(BEFORE, 0);
        self.apply(AFTER, 0);
        name(&self.program.runs()[1])
    }

    /// Expects that nothing differs from a file.
    fn must_be(&self, path: &str) {
        self.use_file(path);
        self.run("plan --detailed-exitcode", 0);
    }
}

fn name(run: &std::path::Path) -> String {
    run.file_stem().unwrap().to_string_lossy().into_owned()
}

fn lines(path: &PathBuf) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rewrite(path: &PathBuf, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(path, text).unwrap();
}

/// Expects every line of every record to be of the published shape, and none to hold a secret.
fn check_records(stand: &Stand) {
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("schemas/run.v1.json")).unwrap()).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    assert!(!validator.is_valid(&json!({ "type": "intent" })), "the schema asks for something");
    for path in stand.program.runs() {
        for line in lines(&path) {
            let errors: Vec<String> = validator.iter_errors(&line).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{}: {line}: {errors:?}", path.display());
        }
    }
}

#[test]
fn records_are_of_the_published_shape_and_hold_what_was() {
    let stand = Stand::new();
    let run = stand.applied_twice();
    stand.undo(&run, 0);
    check_records(&stand);
    let intents = lines(&stand.program.runs()[1]);
    for intent in intents.iter().filter(|line| line["type"] == "intent") {
        assert_eq!(intent["before"].is_null(), intent["action"] == "create" || is_members(intent), "{intent}");
        assert_eq!(intent["sent"].is_null(), intent["action"] == "delete", "{intent}");
    }
    let deleted = |address: &str| {
        let is_it = |line: &&Value| line["address"] == address && line["action"] == "delete";
        intents.iter().find(is_it).unwrap_or_else(|| panic!("{address} is not deleted"))["before"].clone()
    };
    let server = deleted("authorization_server/orders");
    assert_eq!(server["children"]["scopes"][0]["value"], "o:read");
    assert_eq!(server["children"]["claims"][0]["source"]["user_attribute"], "email");
    assert_eq!(server["children"]["clients"].as_array().unwrap().len(), 2);
    assert_eq!(deleted("role/old")["members"].as_array().unwrap().len(), 1);
    assert_eq!(deleted("oidc_app/batch")["token_endpoint_auth_method"], "post");
}

/// Says whether an intent adds members, which is the second request of a new role.
fn is_members(intent: &Value) -> bool {
    intent["sent"]["kind"] == "role" && intent["sent"]["name"].is_null()
}

#[test]
fn records_of_what_failed_are_of_the_published_shape_too() {
    let stand = Stand::new();
    stand.apply(BEFORE, 0);
    let rule =
        |method: &str, path: &str, fault: Value| json!({ "match": { "method": method, "path": path }, "fault": fault });
    stand.emulator.set_faults(json!([
        rule("PUT", "/api/2/api_authorizations/*", json!({ "status": 422, "body": { "message": "no" } })),
        rule("POST", "/api/2/roles", json!({ "status": 502, "drop": "before" })),
    ]));
    stand.apply(AFTER, 3);
    stand.emulator.set_faults(json!([]));
    check_records(&stand);
    let results: Vec<Value> =
        lines(&stand.program.runs()[1]).into_iter().filter(|line| line["type"] == "result").collect();
    for kind in ["done", "failed", "unknown"] {
        assert!(results.iter().any(|line| line["result"] == kind), "nothing is {kind}");
    }
    // What was not done is not undone.
    stand.undo(&name(&stand.program.runs()[1]), 0);
    check_records(&stand);
    stand.must_be(BEFORE);
}

#[test]
fn what_has_no_result_is_judged_by_what_is_live() {
    let stand = Stand::new();
    let run = stand.applied_twice();
    let path = &stand.program.runs()[1];
    // As if the process had died before it could say what became of anything.
    let kept: Vec<Value> =
        lines(path).into_iter().filter(|line| line["type"] == "run" || line["type"] == "intent").collect();
    rewrite(path, &kept);
    check_records(&stand);
    stand.undo(&run, 0);
    stand.must_be(BEFORE);
    assert!(stand.undo(&run, 0).contains("\nNo changes.\n"));
}

#[test]
fn an_undo_that_is_broken_off_goes_on_where_it_was() {
    let undisturbed = Stand::new();
    let run = undisturbed.applied_twice();
    let posts = || undisturbed.emulator.journal().iter().filter(|entry| entry["method"] == "POST").count();
    let before = posts();
    undisturbed.undo(&run, 0);
    let all = posts() - before;
    assert!(all > 8, "{all}: the token, and all that is made again");
    for nth in 1..=all {
        let stand = Stand::new();
        let run = stand.applied_twice();
        let posts = json!({ "method": "POST", "nth": nth });
        stand.emulator.set_faults(json!([{ "match": posts, "fault": { "status": 422, "body": { "message": "no" } } }]));
        let said = stand
            .program
            .run(&format!("undo {run} --auto-approve --allow-destroy --max-deletes 50 --settle 1 --max-in-flight 1"));
        stand.emulator.set_faults(json!([]));
        assert!([1, 3].contains(&said.code), "{nth}: {}", said.block());
        stand.undo(&run, 0);
        stand.must_be(BEFORE);
    }
}

#[test]
fn an_undo_takes_what_it_was_making_when_its_answer_was_lost() {
    let there = "version: 1
tenant: { subdomain: acme }
roles: { r: { name: R } }
oidc_apps:
  a: { name: A, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://a/\"], roles: [r] }
authorization_servers:
  s: { name: S, description: s, resource_identifier: \"https://s\", audiences: [\"https://s\"], scopes: { x: X }, clients: { a: [x] } }
";
    let gone = "version: 1
tenant: { subdomain: acme }
roles: { r: { name: R, state: absent } }
oidc_apps: { a: { name: A, state: absent } }
authorization_servers: { s: { resource_identifier: \"https://s\", state: absent } }
";
    for (kind, path, made) in
        [("roles", "roles", "R"), ("apps", "apps", "A"), ("authorization_servers", "api_authorizations", "S")]
    {
        let stand = Stand::new();
        for file in [there, gone] {
            stand.program.write("gatewright.yaml", file);
            stand.run("apply --auto-approve --allow-destroy --max-deletes 50", 0);
        }
        let run = name(&stand.program.runs()[1]);
        let when = json!({ "method": "POST", "path": format!("/api/2/{path}"), "nth": 1 });
        let late = json!({ "status": 502, "effect_delay_ms": 300 });
        stand.emulator.set_faults(json!([{ "match": when, "fault": late }]));
        let said = stand.program.run(&format!("undo {run} --auto-approve --allow-destroy --max-deletes 50 --settle 0"));
        assert_eq!(said.code, 3, "{}", said.block());
        stand.emulator.set_faults(json!([]));
        while stand.emulator.ids_named(kind, made).is_empty() {}
        stand.undo(&run, 0);
        stand.program.write("gatewright.yaml", there);
        let plan = stand.program.run("plan --detailed-exitcode");
        assert_eq!(plan.code, 0, "{path}: {}\n{}", said.block(), plan.block());
    }
}

#[test]
fn records_of_before_there_was_an_undo_can_be_read() {
    let stand = Stand::new();
    let run = stand.applied_twice();
    let path = &stand.program.runs()[1];
    let mut old = lines(path);
    for line in &mut old {
        for key in ["before", "sent", "server", "undoes"] {
            line.as_object_mut().unwrap().shift_remove(key);
        }
    }
    rewrite(path, &old);
    check_records(&stand);
    let said = stand.undo(&run, 0);
    assert!(said.contains("left alone: oidc_app/web: the record does not say what it was"), "{said}");
    assert!(said.contains("\nNo changes.\n"), "{said}");
    stand.must_be(AFTER);
}

#[test]
fn only_a_run_of_this_account_is_undone() {
    let stand = Stand::new();
    let run = stand.applied_twice();
    let path = &stand.program.runs()[1];
    let mut other = lines(path);
    other[0]["account_id"] = json!(7);
    let elsewhere = path.parent().unwrap().parent().unwrap().join("other.example.com");
    std::fs::create_dir(&elsewhere).unwrap();
    rewrite(&elsewhere.join("20200101T000000.000Z-1.jsonl"), &other);
    rewrite(&path.with_file_name("20200102T000000.000Z-1.jsonl"), &other);
    let before = stand.emulator.writes();
    for name in ["20200101T000000.000Z-1", "20200102"] {
        let said = stand.undo(name, 4);
        assert!(said.contains("account 7"), "{said}");
    }
    let said = stand.undo("1999", 1);
    assert!(said.contains("no run of this account is named `1999`") && said.contains("$RUN"), "{said}");
    let said = stand.undo("20", 1);
    assert!(said.contains("several runs begin with `20`"), "{said}");
    let said = stand.run("undo", 0);
    assert_eq!(said.matches("$RUN").count(), 3, "{said}");
    assert_eq!(
        (said.matches(", of account 555555\n").count(), said.matches(", of account 7\n").count()),
        (2, 1),
        "{said}"
    );
    assert_eq!(stand.emulator.writes(), before);
    stand.undo(&run, 0);
}

#[test]
fn runs_are_listed_without_asking_anybody() {
    let mut stand = Stand::new();
    stand.applied_twice();
    let path = stand.program.runs()[1].clone();
    let whole = lines(&path);
    let open = &whole.iter().find(|line| line["type"] == "intent" && line["action"] == "create").unwrap()["address"];
    let is_kept = |line: &&Value| line["type"] != "result" || line["address"] != *open;
    let kept: Vec<Value> = whole.iter().filter(is_kept).cloned().collect();
    rewrite(&path, &kept);
    stand.emulator.forget();
    for name in ["ONELOGIN_CLIENT_ID", "ONELOGIN_CLIENT_SECRET"] {
        stand.program.unset(name);
    }
    insta::assert_snapshot!("runs", stand.program.run("undo -f ./gatewright.yaml --color never").block());
    assert_eq!(stand.emulator.journal().len(), 0);
    let empty = Program::new();
    empty.write("gatewright.yaml", &std::fs::read_to_string(root().join(BEFORE)).unwrap());
    for line in ["undo", "undo --emulator", "undo --emulator=state.json"] {
        let run = empty.run(line);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{line}: {}", run.block());
        assert!(run.stderr.starts_with("No run of "), "{line}: {}", run.block());
    }
    assert!(!empty.folder().join(".gatewright").exists() && !empty.folder().join("state.json").exists());
    for state in ["", "=state.json"] {
        assert_eq!(empty.run(&format!("apply --emulator{state} --auto-approve")).code, 0);
        let run = empty.run(&format!("undo --emulator{state}"));
        assert!(run.stdout.contains(" created"), "{}", run.block());
        assert!(run.stderr.contains(&format!("`gatewright undo --emulator{state} RUN`")), "{}", run.block());
    }
}

const NAMED: &str = "version: 1
tenant: { subdomain: acme }
oidc_apps:
  one: { name: A, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://one/\"] }
authorization_servers:
  one: { name: S, description: s, resource_identifier: \"https://a\", audiences: [\"https://one\"] }
";

/// What somebody has changed since is left alone and keeps its name, so nothing else gets that name back.
#[test]
fn no_twin_is_made_of_what_was_changed_since() {
    let stand = Stand::new();
    let apply = |[one, two]: [&str; 2], ids: [[String; 2]; 2], words: &str| {
        let app = |key: &str, name: &str, id: &str, words: &str| {
            format!(
                "  {key}: {{ {id}name: App {name}, {words}application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://{key}/\"] }}\n"
            )
        };
        let server = |key: &str, at: &str, id: &str, words: &str| {
            format!(
                "  {key}: {{ {id}name: Server {key}, {words}resource_identifier: \"https://{at}\", audiences: [\"https://{key}\"] }}\n"
            )
        };
        let [apps, servers] = ids;
        let file = [
            "version: 1\ntenant: { subdomain: acme }\noidc_apps:\n".to_owned(),
            app("one", one, &apps[0], ""),
            app("two", two, &apps[1], words),
            "authorization_servers:\n".to_owned(),
            server("one", one, &servers[0], ""),
            server("two", two, &servers[1], words),
        ];
        stand.program.write("gatewright.yaml", &file.concat());
        stand.run("apply --auto-approve", 0)
    };
    let id = |kind: &str, name: &str| stand.emulator.ids_named(kind, name)[0];
    apply(["a", "b"], Default::default(), "");
    let apps = [id("apps", "App a"), id("apps", "App b")];
    let servers = [id("authorization_servers", "Server one"), id("authorization_servers", "Server two")];
    let pinned = || [apps, servers].map(|ids| ids.map(|id| format!("id: {id}, ")));
    // The names change hands, and then somebody changes the object that has the first one's.
    apply(["c", "a"], pinned(), "description: Ours, ");
    apply(["c", "a"], pinned(), "description: Theirs, ");
    let said = stand.undo(&name(&stand.program.runs()[1]), 0);
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for left in [
        "oidc_app/two: it was changed since".to_owned(),
        "authorization_server/two: it was changed since".to_owned(),
        format!("oidc_app/one: app {} has its old name by now", apps[1]),
        format!("authorization_server/one: server {} has its old identifier by now", servers[1]),
    ] {
        assert!(words.contains(&format!("left alone: {left}")), "{left}: {said}");
    }
    assert!(words.contains("No changes."), "{said}");
}

#[test]
fn what_is_left_alone_is_called_by_its_key() {
    let stand = Stand::new();
    stand.apply(BEFORE, 0);
    let run = name(&stand.program.runs()[0]);
    let file = std::fs::read_to_string(root().join(BEFORE)).unwrap();
    let later = file.replace("expiration_minutes: 10", "expiration_minutes: 20");
    assert_ne!(file, later);
    stand.program.write("gatewright.yaml", &later);
    stand.run("apply --auto-approve", 0);
    let block = stand.run(&format!("undo {run} --allow-destroy --max-deletes 50"), 2);
    assert!(block.contains("left alone: authorization_server/"), "{block}");
    assert!(!block.contains("does not list") && !block.contains("(id "), "{block}");
}

/// A binding whose app is not in the list of OIDC apps cannot be named, and is no business of an undo that did not make it.
#[test]
fn the_binding_of_an_app_that_cannot_be_named_stays() {
    let stand = Stand::new();
    let bound = format!("{}    clients: {{ one: [] }}\n", NAMED.replace("  one: { name: S, description: s, resource_identifier: \"https://a\", audiences: [\"https://one\"] }", "  one:\n    name: S\n    description: s\n    resource_identifier: https://a\n    audiences: [\"https://one\"]"));
    for file in [&bound, &bound.replace("description: s", "description: ours")] {
        stand.program.write("gatewright.yaml", file);
        stand.run("apply --auto-approve", 0);
    }
    stand.emulator.edit("/apps/0/auth_method", Some(json!(2)));
    let said = stand.undo(&name(&stand.program.runs()[1]), 0);
    assert!(
        said.split_whitespace().collect::<Vec<_>>().join(" ").contains("which is not in the list of OIDC apps"),
        "{said}"
    );
    assert!(said.contains("1 updated, 0 deleted"), "{said}");
    let unbinds = stand.emulator.writes().into_iter().filter(|line| line.starts_with("DELETE ")).count();
    assert_eq!(unbinds, 0, "{said}");
}
