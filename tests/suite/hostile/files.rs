//! Paths that lead elsewhere, and files that are none.
#![cfg(unix)]

use super::{make_pipe, run_bounded};
use crate::support::{Program, Run};
use std::os::unix::fs::symlink;
use std::path::Path;

const CONFIG: &str = r#"
version: 1
tenant: { subdomain: acme }
roles:
  testers: { name: Testers }
oidc_apps:
  batch: { name: Batch, application_type: web, token_endpoint_auth_method: post, redirect_uris: ["https://localhost/x"] }
authorization_servers:
  contacts:
    name: Contacts
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    scopes: { read: Read }
    clients: { batch: [read] }
gateway_policies:
  mule:
    gateway: mulesoft
    authorization_server: contacts
    require_scopes: [read]
    output: out/deep/mule.json
"#;

const LINK: &str = "symbolic link";
const SPECIAL: &str = "regular file";

fn program() -> Program {
    let program = Program::new();
    program.write("gatewright.yaml", CONFIG);
    std::fs::create_dir(program.folder().join("elsewhere")).unwrap();
    program
}

#[track_caller]
fn must_refuse(run: &Run, expected: &str) {
    assert!(matches!(run.code, 1 | 4), "{}", run.block());
    assert!(run.sentences().contains(expected), "should say {expected}\n{}", run.block());
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

/// No part of the path of a policy file may be a link, and what is at its end has to be a file.
#[test]
fn policy_files_are_written_where_they_belong() {
    for place in ["out", "out/deep", "out/deep/mule.json"] {
        let program = program();
        let (folder, elsewhere) = (program.folder(), program.folder().join("elsewhere"));
        std::fs::create_dir_all(folder.join(place).parent().unwrap()).unwrap();
        symlink(&elsewhere, folder.join(place)).unwrap();
        for line in ["render", "render --check", "plan --emulator=s.json", "apply --auto-approve --emulator=s.json"] {
            must_refuse(&run_bounded(&program, line), LINK);
        }
        assert!(is_empty(&elsewhere), "{place}");
    }
    let program = program();
    make_pipe(&program, "out/deep/mule.json");
    for line in ["render", "render --check", "plan --emulator=s.json"] {
        must_refuse(&run_bounded(&program, line), SPECIAL);
    }
    std::fs::create_dir(program.folder().join("other")).unwrap();
    symlink("../elsewhere", program.folder().join("other/out")).unwrap();
    must_refuse(&run_bounded(&program, "render --out-dir other"), LINK);
    assert!(is_empty(&program.folder().join("elsewhere")));
}

/// A file that a command makes takes the place of a file, and of nothing else.
#[test]
fn results_replace_files_only() {
    let program = program();
    let folder = program.folder();
    program.write("precious", "precious");
    symlink("precious", folder.join("link")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    make_pipe(&program, "pipe");
    std::fs::create_dir(folder.join("folder")).unwrap();
    for (name, expected) in [("link", LINK), ("dangling", LINK), ("pipe", SPECIAL), ("folder", SPECIAL)] {
        must_refuse(&run_bounded(&program, &format!("plan --emulator=s.json --out {name}")), expected);
        must_refuse(&run_bounded(&program, &format!("export --emulator=s.json --out {name}")), "exists already");
    }
    assert_eq!(program.read("precious"), "precious");
    assert!(!folder.join("nowhere").exists());
}

#[test]
fn inputs_are_regular_files_of_bounded_size() {
    let program = program();
    make_pipe(&program, "pipe");
    std::fs::create_dir(program.folder().join("folder")).unwrap();
    std::fs::File::create(program.folder().join("sparse")).unwrap().set_len(1 << 40).unwrap();
    for (file, expected) in [("pipe", SPECIAL), ("folder", SPECIAL), ("/dev/zero", SPECIAL), ("sparse", "larger than")]
    {
        for line in [
            format!("apply {file} --emulator=s.json"),
            format!("plan --emulator=fresh.json --emulator-seed {file}"),
            format!("emulator --port 0 --seed {file}"),
            format!("emulator --port 0 --faults {file}"),
        ] {
            must_refuse(&run_bounded(&program, &line), expected);
        }
    }
}

/// An emulated account is kept in files of its own; what somebody put in their place is not written through.
#[test]
fn a_state_is_kept_in_its_own_files() {
    for suffix in ["", ".journal", ".lock"] {
        let program = program();
        program.write("precious", "precious");
        symlink("precious", program.folder().join(format!("s.json{suffix}"))).unwrap();
        must_refuse(&run_bounded(&program, "plan --emulator=s.json"), SPECIAL);
        std::fs::remove_file(program.folder().join(format!("s.json{suffix}"))).unwrap();
        make_pipe(&program, &format!("s.json{suffix}"));
        must_refuse(&run_bounded(&program, "plan --emulator=s.json"), SPECIAL);
        assert_eq!(program.read("precious"), "precious", "{suffix}");
    }
    let program = program();
    program.write("precious", "precious");
    symlink("precious", program.folder().join("s.json.new")).unwrap();
    assert_eq!(run_bounded(&program, "plan --emulator=s.json").code, 0);
    assert_eq!(program.read("precious"), "precious");
    std::fs::File::create(program.folder().join("huge.json")).unwrap().set_len(1 << 40).unwrap();
    must_refuse(&run_bounded(&program, "plan --emulator=huge.json"), "larger than");
}

/// The folder of secrets and records, and every folder in it.
#[test]
fn the_workspace_is_made_of_real_folders() {
    for place in [".gatewright", ".gatewright/emulator", ".gatewright/emulator/acme.onelogin.com"] {
        let program = program();
        std::fs::create_dir_all(program.folder().join(place).parent().unwrap()).unwrap();
        symlink(program.folder().join("elsewhere"), program.folder().join(place)).unwrap();
        must_refuse(&run_bounded(&program, "plan --emulator"), LINK);
        assert!(is_empty(&program.folder().join("elsewhere")), "{place}");
    }
    let program = program();
    assert_eq!(run_bounded(&program, "plan --emulator=state/s.json").code, 0);
    let state: serde_json::Value = serde_json::from_str(&program.read("state/s.json")).unwrap();
    let home = program.folder().join("state").join(state["instance_id"].as_str().unwrap());
    let start = program.folder().join("start.json");
    std::fs::copy(program.folder().join("state/s.json"), &start).unwrap();
    for place in ["", "runs", "runs/acme.onelogin.com", "secrets", "secrets/acme.onelogin.com", "lock"] {
        let _absent = std::fs::remove_dir_all(&home);
        std::fs::copy(&start, program.folder().join("state/s.json")).unwrap();
        let place = if place.is_empty() { home.clone() } else { home.join(place) };
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(program.folder().join("elsewhere"), &place).unwrap();
        let run = run_bounded(&program, "apply --auto-approve --emulator=state/s.json");
        assert_eq!(run.code, 1, "{}\n{}", place.display(), run.block());
        assert!(format!("{}{}", run.stdout, run.sentences()).contains(LINK), "{}\n{}", place.display(), run.block());
        assert!(is_empty(&program.folder().join("elsewhere")), "{}", place.display());
        std::fs::remove_file(&place).unwrap();
    }
}
