//! The file that a project starts from.

use crate::support::Program;

#[test]
fn a_starter_file_carries_the_whole_walk() {
    for options in ["", "--subdomain acme --api https://api.example.com/v1/orders --gateway flex", "--gateway none"] {
        let program = Program::new();
        let run = program.run(&format!("init {options}"));
        assert_eq!(run.code, 0, "{}", run.block());
        assert!(run.stderr.contains("gatewright plan --emulator"), "{}", run.block());
        let validated = program.run("validate");
        assert_eq!((validated.code, validated.stderr.as_str()), (0, ""), "{}", validated.block());
        let applied = program.run("apply --emulator --auto-approve --verify");
        assert_eq!(applied.code, 0, "{options}: {}", applied.block());
        assert_eq!(program.run("plan --emulator").stdout, "No changes.\n");
        let again = program.run("init");
        assert_eq!(again.code, 1, "{}", again.block());
        assert!(again.stderr.contains("exists already"), "{}", again.block());
    }
}

#[test]
fn what_nobody_was_asked_about_is_told() {
    let program = Program::new();
    insta::assert_snapshot!(program.run_args(&["init", "-f", "my file.yaml", "--subdomain", "acme"]).block(), @r"
    --- stderr
    The URL of the API: https://contacts.example.com (the default; nobody is there to ask)
    The gateway: mulesoft, flex or none: mulesoft (the default; nobody is there to ask)
    wrote my file.yaml
    Next: gatewright plan -f 'my file.yaml' --emulator
    --- exit 0
    ");
    assert_eq!(program.run_args(&["plan", "-f", "my file.yaml", "--emulator"]).code, 0);
}

#[test]
fn entries_are_called_like_the_api_and_not_like_its_version() {
    let program = Program::new();
    program.run("init --subdomain acme --api https://api.example.com/contacts/v1 --gateway none");
    assert!(program.read("gatewright.yaml").contains("\n  contacts-web:\n"), "{}", program.read("gatewright.yaml"));
}

#[test]
fn no_account_is_guessed_to_start_from() {
    let mut program = Program::new();
    program.set("ONELOGIN_CLIENT_ID", "id");
    program.set("ONELOGIN_CLIENT_SECRET", "a-secret-for-nobody");
    insta::assert_snapshot!(program.run("init --from-live").block(), @r"
    --- stderr
    error: nobody is there to ask for the tenant

    hint: Name it with `--subdomain`.
    --- exit 64
    ");
}

#[test]
fn a_file_can_start_from_the_account() {
    let program = Program::new();
    program.write(
        "seed.json",
        r#"{"apps": [{"name": "Live App", "configuration": {"redirect_uri": "https://a.example.com/cb"}}]}"#,
    );
    let run = program.run("init --from-live --subdomain acme --emulator=state.json --emulator-seed seed.json");
    assert_eq!(run.code, 0, "{}", run.block());
    assert!(program.read("gatewright.yaml").contains("Live App"));
    assert_eq!(program.run("plan --emulator=state.json").stdout, "No changes.\n");
}

#[test]
fn what_cannot_be_is_wrong_usage() {
    let program = Program::new();
    for words in [
        "--subdomain ACME",
        "--api contacts",
        "--api https://a.example.com?x",
        "--gateway kong",
        "--from-live --api https://a",
    ] {
        assert_eq!(program.run(&format!("init {words}")).code, 64, "{words}");
        assert!(!program.folder().join("gatewright.yaml").exists());
    }
}
