//! The examples, run against the embedded emulator and compared with what their `expected/` folders hold.

use crate::support::{Emulator, Program, compare, root};
use std::path::Path;

/// What no copy of an example begins with: what is expected of it, and what running it where it stands leaves behind.
const NOT_COPIED: &[&str] = &["expected", ".gatewright", "policies"];

fn copy(from: &Path, program: &Program, prefix: &str) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        match path.is_dir() {
            true if NOT_COPIED.contains(&&*name) => {}
            true => copy(&path, program, &format!("{name}/")),
            false => drop(program.write(&name, &std::fs::read_to_string(&path).unwrap())),
        }
    }
}

/// Runs the command lines in one copy of an example; each is compared with the file of its name.
fn check(example: &str, commands: &[(&str, &str, i32)], files: &[&str]) -> Program {
    let folder = root().join("examples").join(example);
    let program = Program::new();
    copy(&folder, &program, "");
    for (name, line, code) in commands {
        // One request at a time, so that ids and lines come in one order.
        let run = program.run(&format!("{line} --max-in-flight 1"));
        let transcript = format!("$ gatewright {line}\n{}", run.block());
        assert_eq!(run.code, *code, "{transcript}");
        compare(&folder.join("expected").join(format!("{name}.txt")), &transcript);
    }
    for file in files {
        compare(&folder.join("expected").join(file), &program.read(file));
    }
    program
}

#[test]
fn mulesoft_contacts() {
    let program = check(
        "01-mulesoft-contacts",
        &[
            ("1-validate", "validate", 0),
            ("2-plan", "plan --emulator --detailed-exitcode", 2),
            ("3-apply", "apply --emulator --auto-approve", 0),
            ("4-plan-again", "plan --emulator --detailed-exitcode", 0),
            ("5-verify", "verify --emulator", 0),
        ],
        &["policies/contacts-jwt-validation.json"],
    );
    // Whoever edits one field has something to apply.
    let edited = program.read("gatewright.yaml").replace("Read contacts", "Read all contacts");
    program.write("gatewright.yaml", &edited);
    assert_eq!(program.run("plan --emulator --detailed-exitcode").code, 2);
    // Whoever edits the policy file by hand does not get away with it.
    let policy = "policies/contacts-jwt-validation.json";
    let edited = program.read(policy).replace("https://contacts.example.com", "https://other.example.com");
    program.write(policy, &edited);
    let run = program.run("verify --emulator");
    assert_eq!(run.code, 5, "{}", run.block());
}

#[test]
fn adopt_existing() {
    check(
        "02-adopt-existing",
        &[
            ("1-plan", "plan --emulator --emulator-seed seed.json --detailed-exitcode", 2),
            ("2-apply", "apply --emulator --auto-approve", 0),
            ("3-plan-again", "plan --emulator --detailed-exitcode", 0),
        ],
        &[],
    );
}

#[test]
fn environments() {
    check(
        "03-environments",
        &[
            ("1-validate", "validate", 0),
            ("2-plan-dev", "plan --emulator --env dev --detailed-exitcode", 2),
            ("3-apply-dev", "apply --emulator --env dev --auto-approve", 0),
            ("4-plan-prod", "plan --emulator --env prod --detailed-exitcode", 2),
            ("5-diff", "diff --env dev --env prod", 0),
        ],
        &["policies/dev/orders.json", "policies/dev/stock.yaml"],
    );
}

#[test]
fn what_the_readmes_show_of_a_plan_is_what_it_prints() {
    for (example, name) in [("01-mulesoft-contacts", "4-plan-again"), ("02-adopt-existing", "3-plan-again")] {
        let folder = root().join("examples").join(example);
        let expected = std::fs::read_to_string(folder.join("expected").join(format!("{name}.txt"))).unwrap();
        let (_, shown) = expected.split_once('\n').unwrap();
        let stdout = shown.split("--- stderr\n").next().unwrap();
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.contains(&format!("$ gatewright plan --emulator\n{stdout}")), "{example}:\n{stdout}");
    }
}

#[test]
fn every_placeholder_is_explained() {
    for example in ["01-mulesoft-contacts", "02-adopt-existing", "03-environments"] {
        let folder = root().join("examples").join(example);
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        for entry in std::fs::read_dir(folder.join("expected")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "txt") {
                continue;
            }
            for words in std::fs::read_to_string(&path).unwrap().split('$').skip(1) {
                let name: String = words.chars().take_while(char::is_ascii_uppercase).collect();
                assert!(readme.contains(&format!("`${name}`")) || name.is_empty(), "{example}: `${name}`");
            }
        }
    }
}

#[test]
fn every_example_is_run() {
    let mut names: Vec<String> = std::fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    // The workflows have tests of their own, in `ci.rs`.
    names.retain(|name| name != "ci");
    assert_eq!(names, ["01-mulesoft-contacts", "02-adopt-existing", "03-environments"]);
    for name in names {
        for file in ["README.md", "gatewright.yaml", "expected"] {
            assert!(root().join("examples").join(&name).join(file).exists(), "{name} has no {file}");
        }
    }
}

#[test]
fn the_commands_for_a_real_account_fit_the_first_example() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let block = readme.split("Against a real account:").nth(1).unwrap().split("```").nth(1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(folder.path(), None);
    let mut program = Program::on(&emulator);
    copy(&root().join("examples/01-mulesoft-contacts"), &program, "");
    program.set("CI", "true");
    let lines: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("$ gatewright ")).collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        let run = program.run(line);
        assert_eq!(run.code, 0, "{line}\n{}", run.block());
    }
}

#[test]
fn an_exported_account_plans_empty() {
    let program = Program::new();
    copy(&root().join("examples/02-adopt-existing"), &program, "");
    assert_eq!(program.run("apply --emulator=state.json --emulator-seed seed.json --auto-approve").code, 0);
    let run = program.run("export --emulator=state.json --subdomain acme --out fresh/gatewright.yaml");
    assert_eq!(run.code, 0, "{}", run.block());
    let run = program.run("plan --emulator=state.json -f fresh/gatewright.yaml --detailed-exitcode");
    assert_eq!(run.code, 0, "{}\n{}", run.block(), program.read("fresh/gatewright.yaml"));
    assert!(run.stdout.ends_with("No changes.\n"), "{}", run.block());
}
