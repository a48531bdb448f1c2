//! Completions as shells ask for them, and man pages.

use crate::support::Program;

/// What a bash makes of a line of which Tab is pressed at the end; the words are split as readline does it.
const ASK: &str = r#"
source <(gatewright completions bash)
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=() word= open=
for ((at = 0; at < ${#1}; at++)); do
    sign=${1:at:1}
    case $sign in
        ' ') [[ -z $open ]] || COMP_WORDS+=("$word"); word= open= ;;
        [=:]) [[ -z $open ]] || COMP_WORDS+=("$word"); COMP_WORDS+=("$sign"); word= open= ;;
        *) word+=$sign open=1 ;;
    esac
done
if [[ -n $open || $1 == *' ' ]]; then COMP_WORDS+=("$word"); fi
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_gatewright 2>stderr
for found in "${COMPREPLY[@]}"; do printf '%s\n' "$found"; done
"#;

const FILE: &str = r#"
version: 1
tenant: { subdomain: "acme-${environment}" }
variables: { region: eu }
environments: { dev: {}, prod: {} }
oidc_apps:
  web: { name: Web }
  batch: { name: Batch }
authorization_servers:
  contacts:
    scopes: { "contacts:read": Read, "contacts:write": Write, "$(touch evil)": Evil }
    clients: { web: ["contacts:read"] }
"#;

/// Asks a real bash; `None` where there is none.
fn ask(program: &Program, line: &str) -> Option<Vec<String>> {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_gatewright")).parent().unwrap();
    let asked = std::process::Command::new("bash")
        .args(["--norc", "-c", ASK, "ask", line])
        .current_dir(program.folder())
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .output();
    let asked = asked.ok()?;
    assert_eq!(String::from_utf8(asked.stderr).unwrap(), "", "{line}");
    assert_eq!(program.read("stderr"), "", "{line}");
    Some(String::from_utf8(asked.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn bash_is_told_what_the_file_names() {
    let program = Program::new();
    program.write("gatewright.yaml", FILE);
    program.write("other.yaml", &FILE.replace("prod", "live"));
    let check = |line: &str, expected: &[&str]| {
        if let Some(found) = ask(&program, line) {
            assert_eq!(found, expected, "{line}");
        }
    };
    check("gatewright plan --env ", &["dev", "prod"]);
    check("gatewright --env=p", &["prod"]);
    check("gatewright plan -f other.yaml --env ", &["dev", "live"]);
    check("gatewright plan --file=other.yaml --env l", &["live"]);
    check("gatewright plan --file=missing.yaml --env ", &[]);
    check("gatewright apply --replace ", &["oidc_app/batch", "oidc_app/web"]);
    check("gatewright explain tok", &["token_endpoint_auth_method"]);
    check("gatewright access --client w", &["web"]);
    check("gatewright access --api ", &["contacts"]);
    check("gatewright plan --var r", &["region="]);
    check("gatewright val", &["validate"]);
    check("gatewright plan --format m", &["markdown"]);
    check("gatewright plan -f o", &["other.yaml"]);
    assert!(!program.folder().join(".gatewright").exists(), "a completion writes nothing");
}

#[test]
fn every_run_can_be_named() {
    let program = Program::new();
    program.write("gatewright.yaml", "version: 1\ntenant: { subdomain: acme }\nroles: { r: { name: R } }\n");
    for state in ["", "=state.json"] {
        assert_eq!(program.run(&format!("apply --emulator{state} --auto-approve")).code, 0);
        let Some(found) = ask(&program, &format!("gatewright undo --emulator{state} 2")) else { return };
        assert_eq!(found.len(), 1, "{found:?}");
        let listed = program.run(&format!("undo --emulator{state} {}", found[0]));
        assert_eq!(listed.code, 4, "{}", listed.block());
    }
    assert_eq!(ask(&program, "gatewright undo 2"), Some(Vec::new()));
}

#[test]
fn a_file_that_cannot_be_read_gives_nothing_and_says_nothing() {
    let program = Program::new();
    for broken in ["a: [", "\u{0}", "- x\n", "environments: 3\noidc_apps: [a]\n"] {
        program.write("gatewright.yaml", broken);
        for line in ["gatewright plan --env ", "gatewright plan --replace ", "gatewright access --api "] {
            assert!(ask(&program, line).is_none_or(|found| found.is_empty()), "{line} of {broken}");
        }
    }
}

#[test]
fn every_shell_has_a_script_that_asks_the_program() {
    let program = Program::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = program.run(&format!("completions {shell}"));
        assert_eq!(run.code, 0, "{}", run.block());
        assert!(run.stdout.contains("GATEWRIGHT_COMPLETE"), "{}", run.block());
        let out_dir = program.run(&format!("completions {shell} --out-dir man"));
        assert_eq!((out_dir.code, program.folder().join("man").exists()), (64, false), "{}", out_dir.block());
    }
}

#[test]
fn man_pages_cover_every_command() {
    let program = Program::new();
    let page = program.run("completions man");
    assert_eq!(page.code, 0);
    for expected in ["EXIT STATUS", "ENVIRONMENT", "FILES", "ONELOGIN_CLIENT_ID", "GATEWRIGHT_PROBE_HOSTS", "NO_COLOR"]
    {
        assert!(page.stdout.contains(expected), "{expected} is missing");
    }
    assert_eq!(program.run("completions man --out-dir man").code, 0);
    assert_eq!(program.read("man/gatewright.1"), page.stdout);
    let help = program.run("--help").stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut pages = 1;
    for command in commands.map(|line| line.split_whitespace().next().unwrap()).filter(|name| *name != "help") {
        let page = program.read(&format!("man/gatewright-{command}.1"));
        assert!(page.contains(&format!(".TH gatewright-{command} 1")), "{page}");
        assert!(page.contains("GLOBAL OPTIONS") && !page.contains("max\\-in\\-flight"), "{page}");
        pages += 1;
    }
    assert_eq!(std::fs::read_dir(program.folder().join("man")).unwrap().count(), pages);
}
