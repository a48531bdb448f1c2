//! What the program says, byte for byte.

use crate::support::{Program, root};

/// The commands, in the order of the help.
const COMMANDS: &[&str] =
    &["validate", "plan", "apply", "render", "export", "verify", "emulator", "schema", "completions"];

#[test]
fn help_of_every_command() {
    let program = Program::new();
    let overview = program.run("--help");
    assert_eq!(overview.code, 0);
    for command in COMMANDS {
        assert!(overview.stdout.contains(&format!("\n  {command} ")), "{command} is missing from the overview");
    }
    insta::assert_snapshot!("help", overview.block());
    for command in COMMANDS {
        insta::assert_snapshot!(format!("help-{command}"), program.run(&format!("{command} --help")).block());
    }
}

#[test]
fn wrong_usage_exits_64() {
    let program = Program::new();
    let check = |line: &str, expected: &str| {
        let run = program.run(line);
        assert_eq!(run.code, 64, "{line}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{line}");
        assert!(run.stderr.contains(expected), "{line}: {}", run.stderr);
    };
    check("", "Usage:");
    check("plam", "unrecognized subcommand");
    check("schema --no-such-flag", "unexpected argument");
    check("schema plan --max-in-flight 0", "invalid value");
    check("schema plan --var x", "expected NAME=VALUE");
}

#[test]
fn version_is_printed() {
    let run = Program::new().run("--version");
    assert_eq!(run.block(), format!("gatewright {}\n--- exit 0\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn published_schemas_are_fresh() {
    let check = |format: &str, path: &str| {
        let run = Program::new().run(&format!("schema {format}"));
        assert_eq!(run.code, 0);
        let published = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(run.stdout == published, "{path} is not what `gatewright schema {format}` prints");
    };
    check("plan", "schemas/plan.v1.json");
}
