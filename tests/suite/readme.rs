//! What the README shows is what the program says.

use crate::support::{Program, root};

/// Returns the fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    let bodies = text.split(open.as_str()).skip(1);
    bodies.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_first_plan_is_what_the_first_file_plans() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let program = Program::new();
    program.write("gatewright.yaml", &blocks(&readme, "yaml")[0]);
    let run = program.run("plan --emulator");
    assert_eq!(run.code, 0, "{}", run.block());
    let expected = format!("$ gatewright plan --emulator\n{}", run.stdout);
    assert_eq!(blocks(&readme, "console")[0], expected);
}

#[test]
fn every_command_is_listed() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let help = Program::new().run("--help").stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = commands.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    for name in names {
        assert!(readme.contains(&format!("`{name}")), "README does not mention `{name}`");
    }
}
