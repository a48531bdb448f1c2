//! Policy files that no policy is written to any more.

use crate::support::Program;

const FILE: &str = "\
version: 1
tenant: { subdomain: acme }
authorization_servers:
  contacts:
    name: Contacts
    resource_identifier: https://contacts.example.com
    audiences: [\"https://contacts.example.com\"]
    access_token_expiration_minutes: 10
    refresh_token_expiration_minutes: 60
    description: \"\"
    scopes: { read: Read }
gateway_policies:
  mule: { gateway: mulesoft, authorization_server: contacts, require_scopes: [read], output: out/mule.json }
";

const FLEX: &str = "  flex: { gateway: flex, authorization_server: contacts, require_scopes: [read], api_instance: i, output: out/f.yaml }
";

fn applied(file: &str) -> Program {
    let program = Program::new();
    program.write("gatewright.yaml", file);
    let run = program.run("apply --emulator --auto-approve");
    assert_eq!(run.code, 0, "{}", run.block());
    program
}

/// Runs a command that finds nothing to do, and returns what it notes.
fn notes(program: &Program, line: &str) -> String {
    let run = program.run(line);
    assert_eq!(run.code, 0, "{}", run.block());
    assert!(run.stdout.ends_with("No changes.\n"), "{}", run.block());
    let said = format!("{}{}", run.stdout, run.stderr);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

const PLANS: [&str; 4] =
    ["plan --emulator --detailed-exitcode", "apply --emulator --auto-approve", "render", "render --check"];

#[test]
fn a_file_whose_policy_is_gone_is_named() {
    let program = applied(&format!("{FILE}{FLEX}"));
    program.write("gatewright.yaml", FILE);
    let text = "out/f.yaml stays on disk: it was written for gateway_policy/flex, which the file does not list";
    for line in PLANS {
        let said = notes(&program, line);
        assert!(said.contains(text), "{line}: {said}");
    }
    for format in ["markdown", "html", "json"] {
        let plan = program.run(&format!("plan --emulator --format {format}")).stdout;
        assert!(plan.contains("out/f.yaml stays on disk"), "{plan}");
    }
    std::fs::remove_file(program.folder().join("out/f.yaml")).unwrap();
    assert!(!notes(&program, "plan --emulator").contains("stays on disk"));
}

#[test]
fn a_file_whose_policy_is_written_elsewhere_is_named() {
    let program = applied(&format!("{FILE}{FLEX}"));
    let moved = format!("{FILE}{FLEX}").replace("out/mule.json", "out/m.json").replace("out/f.yaml", "out/g.yaml");
    program.write("gatewright.yaml", &moved);
    assert_eq!(program.run("apply --emulator --auto-approve").code, 0);
    for line in PLANS {
        let said = notes(&program, line);
        for text in [
            "out/f.yaml stays on disk: it was written for gateway_policy/flex, which is written to out/g.yaml",
            "out/mule.json stays on disk: it holds what gateway_policy/mule is, which is written to out/m.json",
        ] {
            assert!(said.contains(text), "{line}: {said}");
        }
    }
}

#[test]
fn what_is_not_surely_ours_is_not_named() {
    let program = applied(FILE);
    program.write("out/other.json", "{}\n");
    program.write("out/other.yaml", "# gatewright: something else\n");
    program.write("out/odd.yaml", "# gatewright: gateway_policies.A\u{1b}[31m of gatewright.yaml\n");
    program.write("out/deeper/f.yaml", "# gatewright: gateway_policies.flex of gatewright.yaml\n");
    program.write("out/.f.yaml", "# gatewright: gateway_policies.flex of gatewright.yaml\n");
    program.write("elsewhere/f.yaml", "# gatewright: gateway_policies.flex of gatewright.yaml\n");
    std::fs::create_dir(program.folder().join("out/folder.yaml")).unwrap();
    std::fs::write(program.folder().join("out/bytes.yaml"), [0xff, 0xfe]).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(program.folder().join("elsewhere/f.yaml"), program.folder().join("out/l.yaml")).unwrap();
    for line in PLANS {
        let said = notes(&program, line);
        assert!(!said.contains("stays on disk"), "{line}: {said}");
    }
}

/// The file of another environment is none of the leftovers, and neither is anything while that one cannot be loaded.
#[test]
fn environments_share_a_folder() {
    let rest = FILE.replace("out/mule.json", "\"out/${environment}.json\"");
    let flex = FLEX.replace("out/f.yaml", "\"out/${environment}.yaml\"");
    let head = "environments: { dev: {}, prod: {} }\n";
    let program = Program::new();
    program.write("gatewright.yaml", &format!("{rest}{flex}{head}"));
    for env in ["dev", "prod"] {
        let run = program.run(&format!("render --env {env}"));
        assert_eq!(run.code, 0, "{}", run.block());
    }
    assert!(!notes(&program, "render --env dev").contains("stays"));
    let only = flex.replace("api_instance", "only: [dev], api_instance");
    program.write("gatewright.yaml", &format!("{rest}{only}{head}"));
    for env in ["dev", "prod"] {
        let said = notes(&program, &format!("render --env {env}"));
        assert!(said.contains("out/prod.yaml stays on disk: it was written for gateway_policy/flex"), "{said}");
        assert_eq!(said.matches("stays on disk").count(), 1, "{said}");
    }
    let unset = "environments:\n  dev: {}\n  prod: { variables: { x: \"${env:NOT_SET}\" } }\nvariables: { x: y }\n";
    program.write("gatewright.yaml", &format!("{rest}{only}{unset}").replace("name: Contacts", "name: \"${x}\""));
    assert!(!notes(&program, "render --env dev").contains("stays"));
}
