//! What `validate` warns of, from the file to the exit code.

use crate::support::{Program, root};
use gatewright::config::{LoadOptions, load};
use gatewright::diagnostic::{Code, Severity};
use std::collections::BTreeMap;

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

/// Returns the file of one strict policy, with what is put at the end of lines or above them.
fn annotated(lines: &[(&str, &str)]) -> String {
    let text = contacts(
        "  gate:\n    gateway: mulesoft\n    authorization_server: contacts\n    require_scopes: [contacts:write]\n",
    );
    let annotate = |line: &str| match lines.iter().find(|(begin, _)| line.trim_start().starts_with(begin)) {
        Some((_, comment)) if comment.starts_with('^') => {
            let indent = &line[..line.len() - line.trim_start().len()];
            format!("{indent}# gatewright: {}\n{line}\n", &comment[1..])
        }
        Some((_, comment)) => format!("{line} # gatewright: {comment}\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(annotate).collect()
}

#[test]
fn warnings_are_allowed_where_they_are_or_where_their_rule_is() {
    let allow = "allow lint-refused-client it only reads";
    let above = format!("^{allow}");
    let check = |lines: &[(&str, &str)], expected: &str| {
        let program = Program::new();
        program.write("gatewright.yaml", &annotated(lines));
        let run = program.run("validate");
        assert_eq!(run.code, 0, "{}", run.block());
        assert_eq!(run.stderr.lines().last().unwrap_or_default(), expected, "{lines:?}: {}", run.block());
        assert_eq!(run.stderr.contains("[lint-refused-client]"), !expected.ends_with("allowed"), "{}", run.block());
    };
    check(&[], "1 warning");
    check(&[("batch: [", allow)], "1 warning allowed");
    check(&[("batch: [", &above)], "1 warning allowed");
    check(&[("require_scopes:", allow)], "1 warning allowed");
    // Above the key of an entry: all of the server, all of the policy.
    check(&[("contacts:", &above)], "1 warning allowed");
    check(&[("gate:", &above)], "1 warning allowed");
    check(&[("gate:", allow)], "2 warnings");
    check(&[("web: [", allow)], "2 warnings");
    check(&[("batch: [", "allow lint-any-client it only reads")], "2 warnings");
    // At the end of the entry above, it is not about the one below.
    let program = Program::new();
    let text = annotated(&[]);
    let above = "    # gatewright: allow lint-refused-client about the entry above\n";
    program.write("gatewright.yaml", &text.replacen("  gate:\n", &format!("{above}  gate:\n"), 1));
    let run = program.run("validate");
    assert!(run.stderr.ends_with("2 warnings\n"), "{}", run.block());
}

#[test]
fn allowances_that_say_nothing_are_reported() {
    let program = Program::new();
    let lines = [("batch: [", "allow lint-refused-client"), ("web: [", "allow lint-any-client everybody may")];
    program.write("gatewright.yaml", &annotated(&lines));
    insta::assert_snapshot!(program.run("validate").block(), @r"
    gatewright.yaml is valid: 1 authorization server, 2 OIDC apps, 1 gateway policy.
    --- stderr
    warning[unused-allowance]: nothing here is `lint-any-client`
      --> gatewright.yaml:14:44
       |
    14 | ...ts:write] # gatewright: allow lint-any-client everybody may
       |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: Remove the comment.

    warning[lint-refused-client]: breaks: the gateway policy `gate` refuses `batch`,
                                  which lacks `contacts:write`
      --> gatewright.yaml:15:7
       |
    15 |       batch: [contacts:read] # gatewright: allow lint-refused-client
       |       ^^^^^
    ...
    20 |     require_scopes: [contacts:write]
       |                      -------------- `gate` requires it here
       |
       = help: Grant what is missing here, or require less there. To keep it out on
               purpose: `# gatewright: allow lint-refused-client REASON`.

    warning[invalid-allowance]: the comment does not say why `lint-refused-client`
                                is allowed
      --> gatewright.yaml:15:30
       |
    15 |       batch: [contacts:read] # gatewright: allow lint-refused-client
       |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: Add the reason after the code, for whoever reads it next.

    3 warnings
    --- exit 0
    ");
    // Another environment may need it, and a command that runs no lints cannot tell.
    let lines =
        [("batch: [", "allow lint-refused-client it only reads"), ("web: [", "allow lint-any-client everybody may")];
    let text = annotated(&lines).replace("oidc_apps:\n", "environments: { dev: {}, prod: {} }\noidc_apps:\n");
    program.write("gatewright.yaml", &text);
    assert!(program.run("validate").stderr.contains("warning[unused-allowance]"));
    assert_eq!(program.run("validate --env dev").stderr, "1 warning allowed\n");
    let only = text.replace("    gateway: mulesoft\n", "    only: [dev]\n    gateway: mulesoft\n");
    program.write("gatewright.yaml", &only.replace(" # gatewright: allow lint-any-client everybody may", ""));
    assert_eq!(program.run("validate").stderr, "1 warning allowed\n");
}

#[test]
fn plans_honour_allowances_and_judge_nothing_unused() {
    let program = Program::new();
    let sub = |comment: &str| {
        contacts(&policy("gate", "require_scopes: [contacts:read]"))
        .replace("claims: { email:", &format!("claims:\n      # {comment}\n      sub: {{ user_attribute: email }}\n      email:"))
        .replace("{ user_attribute: email } }\n", "{ user_attribute: email }\n")
        .replace("external: { name: Web }", "name: Web, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://localhost/\"]")
        .replace("external: { name: Batch }", "name: Batch, application_type: web, token_endpoint_auth_method: post, redirect_uris: [\"https://localhost/\"]")
    };
    program.write("gatewright.yaml", &sub("the user"));
    let run = program.run("plan --emulator");
    assert!(run.code == 0 && run.stderr.contains("warning[lint-standard-claim]"), "{}", run.block());
    program.write("gatewright.yaml", &sub("gatewright: allow lint-standard-claim agreed with the API team"));
    let run = program.run("plan --emulator");
    assert!(run.code == 0 && run.stderr.starts_with("1 warning allowed\n"), "{}", run.block());
    program.write("gatewright.yaml", &sub("gatewright: allow lint-refused-client none"));
    let run = program.run("plan --emulator");
    assert!(run.code == 0 && !run.stderr.contains("unused-allowance"), "{}", run.block());
}

#[test]
fn denied_warnings_are_errors() {
    let program = Program::new();
    let check = |text: &str, options: &str, code: i32, last: &str| {
        program.write("gatewright.yaml", text);
        let run = program.run(&format!("validate {options}"));
        assert_eq!((run.code, run.stderr.lines().last()), (code, Some(last)), "{options}: {}", run.block());
        assert_eq!(run.stdout.is_empty(), code == 1);
    };
    let plain = annotated(&[]);
    check(&plain, "", 0, "1 warning");
    check(&plain, "--deny lint-macro", 0, "1 warning");
    check(&plain, "--deny lint-macro --deny lint-refused-client", 1, "1 error");
    check(&plain, "--deny warnings", 1, "1 error");
    check(
        &annotated(&[("batch: [", "allow lint-refused-client it only reads")]),
        "--deny warnings",
        0,
        "1 warning allowed",
    );
    check(
        &annotated(&[("batch: [", "allow lint-refused-client")]),
        "--deny invalid-allowance",
        1,
        "1 error, 1 warning",
    );
    check(
        &annotated(&[("web: [", "allow lint-refused-client why")]),
        "--deny unused-allowance",
        1,
        "1 error, 1 warning",
    );
    let wrong = |option: &str, expected: &str| {
        let run = program.run(&format!("validate --deny {option}"));
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{}", run.block());
        assert!(run.stderr.contains(expected), "{}", run.block());
    };
    wrong("lint-refused-clint", "did you mean `lint-refused-client`?");
    wrong("warning", "did you mean `warnings`?");
    wrong("everything", "`gatewright explain --codes` lists them");
}

#[test]
fn comments_do_not_change_the_digest() {
    let digest = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gatewright.yaml");
        std::fs::write(&path, text).unwrap();
        let options = LoadOptions { environment: None, variables: &BTreeMap::new(), process_env: &|_| None };
        load(&path, &options).desired.unwrap().config_digest
    };
    let allow = "allow lint-refused-client it only reads";
    let above = format!("^{allow}");
    let lines =
        [("batch: [", allow), ("gate:", above.as_str()), ("require_scopes:", above.as_str()), ("scopes:", allow)];
    assert_eq!(digest(&annotated(&lines)), digest(&annotated(&[])));
    assert_ne!(digest(&annotated(&[])), digest(&annotated(&[]).replace("[contacts:write]", "[contacts:read]")));
}
