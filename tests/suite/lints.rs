//! What `validate` warns of, from the file to the exit code.

use crate::support::{Program, root};
use gatewright::diagnostic::{Code, Severity};

/// A server with two clients, one of which may only read, behind the given policies.
fn contacts(policies: &str) -> String {
    format!(
        r#"version: 1
tenant: {{ subdomain: acme }}
oidc_apps:
  web: {{ external: {{ name: Web }} }}
  batch: {{ external: {{ name: Batch }} }}
authorization_servers:
  contacts:
    name: Contacts
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: {{ "contacts:read": Read, "contacts:write": Write, "contacts:admin": Administer }}
    claims: {{ email: {{ user_attribute: email }} }}
    clients:
      web: [contacts:read, contacts:write]
      batch: [contacts:read]
gateway_policies:
{policies}"#
    )
}

/// One policy with these rules.
fn policy(key: &str, rules: &str) -> String {
    format!("  {key}: {{ gateway: mulesoft, authorization_server: contacts, {rules} }}\n")
}

/// Returns code and line of what is said about a file.
fn said(text: &str) -> Vec<String> {
    let program = Program::new();
    program.write("gatewright.yaml", text);
    let run = program.run("validate");
    assert_eq!(run.code, 0, "{}", run.block());
    let mut said = Vec::new();
    let mut lines = run.stderr.lines();
    while let Some(line) = lines.next() {
        if let Some(code) = line.strip_prefix("warning[").and_then(|rest| rest.split(']').next()) {
            let place = lines.find(|line| line.contains("--> gatewright.yaml:")).unwrap();
            let number = place.split(':').nth(1).unwrap();
            said.push(format!("{code} {number}"));
        }
    }
    said
}

#[test]
fn a_policy_stricter_than_a_grant_breaks_its_client() {
    let program = Program::new();
    program.write("gatewright.yaml", &contacts(&policy("gate", "require_scopes: [contacts:read, contacts:write]")));
    insta::assert_snapshot!(program.run("validate").block(), @r"
    gatewright.yaml is valid: 1 authorization server, 2 OIDC apps, 1 gateway policy.
    --- stderr
    warning[lint-refused-client]: breaks: the gateway policy `gate` refuses `batch`,
                                  which lacks `contacts:write`
      --> gatewright.yaml:15:7
       |
    15 |       batch: [contacts:read]
       |       ^^^^^
    16 | gateway_policies:
    17 |   gate: { gateway: mulesoft, authorization_server: contacts, require_scopes: [contacts:read, contacts:write] }
       |                                                                                              -------------- `gate` requires it here
       |
       = help: Grant what is missing here, or require less there. To keep it out on
               purpose: `# gatewright: allow lint-refused-client REASON`.

    1 warning
    --- exit 0
    ");
}

#[test]
fn clients_are_judged_by_what_the_file_says() {
    let check = |policies: &str, expected: &[&str]| assert_eq!(said(&contacts(policies)), expected, "{policies}");
    let gate = |rules: &str| policy("gate", rules);
    check(&gate("require_scopes: [contacts:read]"), &[]);
    check(&gate("require_any_scope: [contacts:read, contacts:admin]"), &[]);
    check(&gate("require_any_scope: [contacts:write, contacts:admin]"), &["lint-refused-client 15"]);
    check(
        &gate("require_scopes: [contacts:admin]"),
        &["lint-refused-client 14", "lint-refused-client 15", "lint-unreachable-policy 17"],
    );
    // A claim that nobody's tokens carry is said once, at the claim.
    check(
        &gate("require_scopes: [contacts:read], require_claims: { tier: gold }"),
        &["lint-unreachable-policy 17", "lint-unknown-claim 17"],
    );
    check(&gate("require_scopes: [contacts:read], require_claims: { email: a@example.com }"), &[]);
}

#[test]
fn policies_for_some_routes_tell_clients_apart() {
    let routes = |key: &str, scope: &str, method: &str| {
        let request = "format: request, asset_version: \"1.4.0\"";
        let rules =
            format!("{request}, require_scopes: [{scope}], routes: [{{ methods: [{method}], path: /.* }}], open: true");
        policy(key, &rules)
    };
    let read = routes("read", "contacts:read", "GET");
    let check = |policies: &str, expected: &[&str]| {
        let said: Vec<String> =
            said(&contacts(policies)).into_iter().filter(|code| !code.starts_with("lint-open-routes")).collect();
        assert_eq!(said, expected, "{policies}");
    };
    check(&format!("{read}{}", routes("write", "contacts:write", "POST")), &[]);
    check(&routes("write", "contacts:write", "POST"), &["lint-refused-client 15"]);
    // A policy for all routes is no such division.
    check(&format!("{read}{}", policy("write", "require_scopes: [contacts:write]")), &["lint-refused-client 15"]);
}

#[test]
fn what_only_the_account_knows_is_not_judged() {
    let check = |change: (&str, &str), expected: &[&str]| {
        let text = contacts(&policy("gate", "require_scopes: [contacts:admin]"));
        let text = text.replace("      web: [contacts:read, contacts:write]\n      batch: [contacts:read]\n", "");
        assert_eq!(said(&text.replace(change.0, change.1)), expected, "{change:?}");
    };
    check(("    clients:\n", "    clients: {}\n"), &["lint-unreachable-policy 15"]);
    check(("    clients:\n", "    clients: {}\n    unmanaged: keep\n"), &[]);
    check(("    clients:\n", ""), &[]);
}

#[test]
fn findings_of_one_environment_say_so() {
    let text = contacts(&policy("gate", "require_scopes: [contacts:write], only: [dev]"))
        .replace("oidc_apps:\n", "environments: { dev: {}, prod: {} }\noidc_apps:\n");
    let program = Program::new();
    program.write("gatewright.yaml", &text);
    let run = program.run("validate");
    assert!(run.stderr.contains("which lacks `contacts:write` (in `dev`)"), "{}", run.block());
    assert!(run.stderr.ends_with("\n1 warning\n"), "{}", run.block());
}

#[test]
fn every_code_is_explained() {
    let program = Program::new();
    for code in Code::ALL {
        let run = program.run(&format!("explain {}", code.as_str()));
        let word = if code.severity() == Severity::Error { "error" } else { "warning" };
        assert_eq!(run.code, 0, "{}", run.block());
        assert!(run.stdout.contains(&format!("{} ({word})\n", code.as_str())), "{}", run.block());
    }
    insta::assert_snapshot!(program.run("explain lint-refused-client").block(), @r"
    lint-refused-client (warning)
      A gateway policy refuses a client that is bound to its server.
      The client gets its token and is turned away at the gateway: what works today
      breaks.
      Grant the client what the policy requires, or require less. If it is meant to
      be kept out, allow this at the client's line or at the policy's rule.
      `validate --deny lint-refused-client` makes an error of it; `# gatewright:
      allow lint-refused-client REASON` above the line, or at its end, allows it
      there.
    --- exit 0
    ");
    // A word that is a key as well is explained as both.
    let run = program.run("explain probe");
    assert!(
        run.stdout.starts_with("gateway_policies.<policy>.probe\n") && run.stdout.contains("\n\nprobe (error)\n"),
        "{}",
        run.block()
    );
    let run = program.run("explain lint-refused-clint");
    assert_eq!(run.code, 64, "{}", run.block());
    assert!(run.stderr.contains("Did you mean `lint-refused-client`?"), "{}", run.block());
    insta::assert_snapshot!("codes", program.run("explain --codes").block());
}

#[test]
fn the_readme_lists_every_lint() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let listed: Vec<&str> =
        readme.lines().filter(|line| line.starts_with("| `lint-") || line.contains("-allowance` |")).collect();
    let warnings = Code::ALL.iter().filter(|code| code.severity() == Severity::Warning);
    let expected: Vec<String> =
        warnings.map(|code| format!("| `{}` | {} |", code.as_str(), code.meaning().trim_end_matches('.'))).collect();
    assert_eq!(listed, expected);
}
