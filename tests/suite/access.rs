//! Who may call what, as users see it.

use crate::support::Program;
use serde_json::Value;

const FILE: &str = r#"
version: 1
tenant: { subdomain: acme }
oidc_apps:
  web:
    name: Web
    application_type: web
    token_endpoint_auth_method: basic
    redirect_uris: ["https://web.example.com/callback"]
  batch:
    name: Batch
    application_type: web
    token_endpoint_auth_method: post
    redirect_uris: ["https://localhost/unused"]
authorization_servers:
  contacts:
    name: Contacts
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com", "urn:contacts"]
    access_token_expiration_minutes: 10
    scopes: { read: Read, write: Write }
    clients: { web: [read, write], batch: [write] }
  orders:
    name: Orders
    resource_identifier: https://orders.example.com
    audiences: ["https://orders.example.com"]
    scopes: { read: Read }
    clients: { web: [] }
gateway_policies:
  contacts-mule: { gateway: mulesoft, authorization_server: contacts, require_scopes: [read] }
"#;

fn program() -> Program {
    let program = Program::new();
    program.write("gatewright.yaml", FILE);
    program
}

#[test]
fn the_account_the_file_and_the_difference_are_shown() {
    let program = program();
    insta::assert_snapshot!("desired", program.run("access --desired").block());
    assert_eq!(program.run("access --emulator").stdout, "No access.\n");
    assert_eq!(program.run("apply --emulator --auto-approve").code, 0);
    assert_eq!(
        program.run("access --emulator").stdout.replace(", refresh tokens live 30 minutes", ""),
        program.run("access --desired").stdout
    );
    assert_eq!(program.run("access --emulator --diff").stdout, "No changes.\n");
    program.write(
        "gatewright.yaml",
        &FILE.replace("batch: [write]", "batch: [read]").replace("minutes: 10", "minutes: 60"),
    );
    insta::assert_snapshot!("diff", program.run("access --emulator --diff").block());
    let of_batch = program.run("access --emulator --diff --client batch").stdout;
    // What changes for all clients of an API changes for each.
    assert!(of_batch.contains("`batch`") && of_batch.contains("live 60"), "{of_batch}");
    let of_web = program.run("access --emulator --diff --client web").stdout;
    assert!(!of_web.contains("`batch`") && of_web.contains("live 60"), "{of_web}");
    let of = |api: &str| program.run(&format!("access --emulator --diff --api {api}")).stdout;
    assert_eq!(of("https://contacts.example.com"), program.run("access --emulator --diff").stdout);
    assert_eq!(of("orders"), "No changes.\n");
}

#[test]
fn a_client_or_an_api_can_be_asked_for() {
    let program = program();
    let show = |words: &str| program.run(&format!("access --desired {words}")).stdout;
    let orders = show("--api orders");
    assert!(orders.starts_with("orders") && !orders.contains("contacts"), "{orders}");
    assert_eq!(show("--api https://orders.example.com"), orders);
    assert_eq!(show("--api urn:contacts"), show("--api contacts"));
    let batch = show("--client batch");
    assert!(batch.contains("batch: write") && !batch.contains("web") && !batch.contains("orders"), "{batch}");
    // A slip of the pen is no answer to who may do what.
    for words in ["--desired --client bach", "--emulator --diff --client bach", "--emulator --client bach"] {
        let run = program.run(&format!("access {words}"));
        assert!(run.code == 64 && run.stderr.contains("Did you mean `batch`?"), "{}", run.block());
    }
    assert_eq!(program.run("access --desired --api nothing").code, 64);
}

#[test]
fn json_is_of_the_published_schema() {
    let program = program();
    let schema: Value = serde_json::from_str(&program.run("schema access").stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for words in ["--desired", "--emulator", "--emulator --diff"] {
        let json: Value = serde_json::from_str(&program.run(&format!("access {words} --format json")).stdout).unwrap();
        assert!(validator.is_valid(&json), "{words}: {json:#}");
        assert_eq!(json["format_version"], 1);
    }
    let json: Value = serde_json::from_str(&program.run("access --desired --format json").stdout).unwrap();
    let batch = json.pointer("/apis/0/clients/0").unwrap();
    assert_eq!(batch["client"], "batch");
    assert_eq!(batch["policies"][0]["passes"], false);
}

/// What a policy asks of a token that the grants do not tell is a condition, not a pass.
#[test]
fn a_claim_that_a_policy_asks_for_is_a_condition() {
    let program = program();
    let asks =
        FILE.replace("require_scopes:", "require_claims: { email: [a@example.com, b@example.com] }, require_scopes:");
    assert_ne!(asks, FILE);
    program.write("gatewright.yaml", &asks);
    let text = program.run("access --desired").stdout;
    assert!(text.contains("with a token whose `email` is one of"), "{text}");
    let json: Value = serde_json::from_str(&program.run("access --desired --format json").stdout).unwrap();
    let policies = json["apis"].as_array().unwrap().iter().flat_map(|api| api["clients"].as_array().unwrap());
    let policy =
        policies.flat_map(|client| client["policies"].as_array().unwrap()).find(|p| p["passes"] == true).unwrap();
    assert_eq!(policy["conditions"][0], "`email` is one of `a@example.com`, `b@example.com`");
}

/// A change is called what it does, also where a policy that stays as it is does it: the client is refused from then on.
#[test]
fn a_binding_that_a_policy_will_refuse_breaks() {
    let program = program();
    assert_eq!(program.run("apply --emulator --auto-approve").code, 0);
    program.write("gatewright.yaml", &FILE.replace("web: [read, write]", "web: [write]"));
    let plan = program.run("plan --emulator --format json").stdout;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let [change] = plan["changes"].as_array().unwrap().as_slice() else { panic!("{plan}") };
    assert_eq!(
        (&change["address"], &change["impact"]),
        (&"authorization_server/contacts/client/web".into(), &"breaks".into())
    );
}
