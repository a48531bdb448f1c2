//! What `validate` writes for programs: JSON, SARIF, annotations.

use crate::support::Program;
use gatewright::diagnostic::{Code, Severity};
use serde_json::Value;

/// A folder whose files have a warning, one that is allowed, and what else is put in.
fn program(more: &str) -> Program {
    let program = Program::new();
    program.write(
        "apis/gatewright.yaml",
        &format!(
            r#"version: 1
tenant: {{ subdomain: acme }}
include: ["ä b,c/*.yaml"]
oidc_apps:
  batch: {{ external: {{ name: Batch }} }}
  web: {{ external: {{ name: Web }} }}
gateway_policies:
  gate: {{ gateway: mulesoft, authorization_server: contacts, require_scopes: [contacts:write] }}
{more}"#
        ),
    );
    program.write(
        "apis/ä b,c/contacts.yaml",
        r#"authorization_servers:
  contacts:
    name: Contacts
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: { "contacts:read": Read, "contacts:write": Write }
    clients:
      batch: [contacts:read]
      # gatewright: allow lint-refused-client its « only » reading 😀
      web: [contacts:read]
"#,
    );
    program
}

const OPTIONS: &str = "validate -f apis/gatewright.yaml --format";

fn parsed(program: &Program, format: &str) -> Value {
    let run = program.run(&format!("{OPTIONS} {format}"));
    assert_eq!(run.stderr, "", "{}", run.block());
    assert_eq!(run.stdout, program.run(&format!("{OPTIONS} {format}")).stdout, "the same bytes each time");
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn json_says_what_is_wrong_where() {
    let program = program("roles: { a: { naem: x } }\n");
    let run = program.run(&format!("{OPTIONS} json"));
    assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{}", run.block());
    insta::assert_snapshot!("problems_json_error", run.stdout.replace(env!("CARGO_PKG_VERSION"), "@VERSION@"));
    let program = self::program("");
    let run = program.run(&format!("{OPTIONS} json"));
    assert_eq!(run.code, 0, "{}", run.block());
    insta::assert_snapshot!("problems_json", run.stdout.replace(env!("CARGO_PKG_VERSION"), "@VERSION@"));
    let schema: Value = serde_json::from_str(&program.run("schema problems").stdout).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    for more in ["", "roles: { a: { naem: x } }\n", "roles: [\n"] {
        let problems = parsed(&self::program(more), "json");
        assert!(validator.is_valid(&problems), "{problems:#}");
        assert_eq!(problems["valid"], more.is_empty(), "{problems:#}");
    }
}

#[test]
fn denied_warnings_are_errors_in_every_format() {
    let program = program("");
    for (format, expected) in [
        ("json", "\"severity\": \"error\""),
        ("sarif", "\"level\": \"error\",\n          \"message\""),
        ("github", "::error "),
    ] {
        let run = program.run(&format!("{OPTIONS} {format}"));
        assert!(run.code == 0 && !run.stdout.contains(expected), "{}", run.block());
        let run = program.run(&format!("{OPTIONS} {format} --deny lint-refused-client"));
        assert!(run.code == 1 && run.stdout.contains(expected), "{}", run.block());
    }
}

/// What GitHub and other readers of SARIF 2.1.0 ask for; the schema itself is too large to keep here, and `.ci/sarif` runs a
/// validator that has it.
fn check_sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["$schema"], "https://json.schemastore.org/sarif-2.1.0.json");
    let [run] = log["runs"].as_array().unwrap().as_slice() else { panic!("{log:#}") };
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "gatewright");
    assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
    let rules = driver["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Code::ALL.len());
    for (rule, code) in rules.iter().zip(Code::ALL) {
        assert_eq!(rule["id"], code.as_str());
        let level = if code.severity() == Severity::Error { "error" } else { "warning" };
        assert_eq!(rule["defaultConfiguration"]["level"], level);
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].as_str().unwrap().ends_with('.'), "{rule:#}");
        }
    }
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let locations = result["locations"].as_array().into_iter().flatten();
        let related = result["relatedLocations"].as_array().into_iter().flatten();
        for location in locations.chain(related) {
            let artifact = &location["physicalLocation"]["artifactLocation"];
            assert_eq!(artifact["uriBaseId"], "%SRCROOT%");
            let uri = artifact["uri"].as_str().unwrap();
            assert!(uri.is_ascii() && !uri.contains([' ', ',', ':']) && !uri.starts_with('/'), "{uri}");
            let region = &location["physicalLocation"]["region"];
            let at = |key: &str| region[key].as_u64().unwrap();
            assert!((at("startLine"), at("startColumn")) <= (at("endLine"), at("endColumn")) && at("startColumn") > 0);
        }
        for suppression in result["suppressions"].as_array().into_iter().flatten() {
            assert_eq!(suppression["kind"], "inSource");
            assert!(!suppression["justification"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn sarif_has_what_readers_of_it_ask_for() {
    for more in ["roles: { a: { naem: x } }\n", "roles: [\n", "include2: 1\n"] {
        check_sarif(&parsed(&program(more), "sarif"));
    }
    let log = parsed(&program(""), "sarif");
    check_sarif(&log);
    insta::assert_snapshot!("problems_sarif", format!("{:#}", log["runs"][0]["results"]));
    // A file that is not there has no place.
    let run = Program::new().run("validate --format sarif");
    let log: Value = serde_json::from_str(&run.stdout).unwrap();
    check_sarif(&log);
    assert_eq!((run.code, log["runs"][0]["results"].as_array().unwrap().len()), (1, 1));
}

#[test]
fn annotations_escape_what_would_end_them() {
    let run = program("").run(&format!("{OPTIONS} github"));
    insta::assert_snapshot!(run.block(), @r"
    ::warning file=apis/gatewright.yaml,line=8,endLine=8,col=3,endColumn=6,title=lint-unreachable-policy::nobody can get past `gate`: it refuses all 2 clients of `contacts`%0ABind a client that holds what the policy requires, or require less.
    ::warning file=apis/ä b%2Cc/contacts.yaml,line=8,endLine=8,col=7,endColumn=11,title=lint-refused-client::breaks: the gateway policy `gate` refuses `batch`, which lacks `contacts:write`%0AGrant what is missing here, or require less there. To keep it out on purpose: `# gatewright: allow lint-refused-client REASON`.
    --- exit 0
    ");
    let run = program("roles: { \"a%:,\\n::error::x\": { name: x } }\n").run(&format!("{OPTIONS} github"));
    let error = run.stdout.lines().find(|line| line.starts_with("::error")).unwrap();
    insta::assert_snapshot!(error, @r"::error file=apis/gatewright.yaml,line=9,endLine=9,col=10,endColumn=27,title=invalid-key::`a%25:,\u{000A}::error::x` is not allowed as a key%0AWrite `a------error--x`. Keys begin with `a-z` or `0-9` and hold up to 63 of `a-z`, `0-9`, `_` and `-`.");
    assert_eq!(run.code, 1);
    assert!(run.stdout.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")));
}

#[test]
fn paths_are_those_of_the_repository() {
    let mut program = program("");
    let folder = program.folder().canonicalize().unwrap();
    let file = folder.join("apis/gatewright.yaml").display().to_string();
    let place = |program: &Program, file: &str| {
        let run = program.run_args(&["validate", "-f", file, "--format", "github"]);
        run.stdout.split("file=").last().unwrap().split(",line").next().unwrap().to_owned()
    };
    for file in ["apis/gatewright.yaml", "./apis/gatewright.yaml", file.as_str()] {
        assert_eq!(place(&program, file), "apis/ä b%2Cc/contacts.yaml", "{file}");
    }
    // A job that works in a folder of the repository.
    program.set("GITHUB_WORKSPACE", &folder.parent().unwrap().display().to_string());
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(place(&program, "apis/gatewright.yaml"), format!("{name}/apis/ä b%2Cc/contacts.yaml"));
}

#[test]
fn thousands_of_annotations_are_counted() {
    let roles: String = (0..1002).map(|n| format!("  r{n}: {{ naem: x{n} }}\n")).collect();
    let run = program(&format!("roles:\n{roles}")).run(&format!("{OPTIONS} github"));
    assert_eq!((run.code, run.stdout.lines().count()), (1, 1001), "{}", run.stderr);
    assert!(
        run.stdout.ends_with("\n::notice::2 further problems not shown\n"),
        "{}",
        run.stdout.lines().last().unwrap()
    );
}
