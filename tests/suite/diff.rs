//! Two environments side by side, as users see them.

use crate::support::{Program, root};
use serde_json::Value;

fn program() -> Program {
    let program = Program::new();
    let example = root().join("examples/03-environments");
    for file in ["gatewright.yaml", "apis/orders.yaml", "apis/stock.yaml"] {
        program.write(file, &std::fs::read_to_string(example.join(file)).unwrap());
    }
    program
}

#[test]
fn an_environment_is_compared_with_another_or_with_itself() {
    let program = program();
    let run = program.run("diff --env dev --env prod");
    assert_eq!(run.code, 0, "{}", run.block());
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{}", run.block());
    assert_eq!(program.run("diff --env dev --env dev").block(), "No differences.\n--- exit 0\n");
    // A variable of the command line is the same in both.
    let given = program.run("diff --env dev --env prod --var domain=example.org --var token_minutes=5").stdout;
    assert!(!given.contains("${domain}") && !given.contains("token_minutes"), "{given}");
    assert!(given.contains("by ${environment}"), "{given}");
}

#[test]
fn json_is_of_the_published_schema() {
    let program = program();
    let schema: Value = serde_json::from_str(&program.run("schema diff").stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let run = program.run("diff --env prod --env dev --format json");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(validator.is_valid(&json), "{json:#}");
    assert_eq!(json["format_version"], 1);
    assert_eq!(json["environments"], serde_json::json!(["prod", "dev"]));
    assert_eq!(json["only"], serde_json::json!([{ "address": "role/api-testers", "environment": "dev" }]));
    let field = |path: &str| {
        let mut fields = json["fields"].as_array().unwrap().iter();
        fields.find(|field| field["address"] == "oidc_app/storefront" && field["path"] == path).unwrap().clone()
    };
    assert_eq!(field("redirect_uris")["variables"], serde_json::json!(["domain"]));
    assert_eq!(field("roles")["variables"], serde_json::json!([]), "`only` is no variable");
    assert_eq!(field("roles")["values"], serde_json::json!([[], ["api-testers"]]));
    let same: Value = serde_json::from_str(&program.run("diff --env dev --env dev --format json").stdout).unwrap();
    assert!(validator.is_valid(&same), "{same:#}");
}

#[test]
fn exactly_two_environments_are_named() {
    let program = program();
    for (line, expected) in [
        ("diff", "none is named"),
        ("diff --env dev", "one is named"),
        ("diff --env dev --env prod --env dev", "3 are named"),
        ("plan --emulator --env dev --env prod", "cannot be used multiple times"),
        ("render --env dev --env prod", "cannot be used multiple times"),
    ] {
        let run = program.run(line);
        assert_eq!(run.code, 64, "{line}: {}", run.block());
        assert!(run.stderr.contains(expected), "{line}: {}", run.block());
    }
    insta::assert_snapshot!(program.run("diff --env dev --env staging").block());
}

#[test]
fn what_differs_in_access_comes_first() {
    let program = Program::new();
    program.write(
        "gatewright.yaml",
        r#"
version: 1
tenant: { subdomain: acme }
variables: { needed: read }
environments:
  dev: {}
  prod: { variables: { needed: write } }
oidc_apps:
  web: { name: Web, application_type: web, token_endpoint_auth_method: basic, redirect_uris: ["https://web.example.com/"] }
  tool:
    only: [dev]
    name: Tool
    application_type: native
    token_endpoint_auth_method: none
    redirect_uris: ["http://127.0.0.1/"]
authorization_servers:
  contacts:
    name: Contacts
    description: Contacts of ${environment}
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: { read: Read, write: Write }
    clients: { web: [read], tool: [read, write] }
gateway_policies:
  mule:
    gateway: mulesoft
    authorization_server: contacts
    require_scopes: ["${needed}"]
    output: policies/${environment}.json
"#,
    );
    insta::assert_snapshot!(program.run("diff --env dev --env prod").block());
}
