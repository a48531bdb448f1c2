//! The state file: what was answered is kept, whatever happens to the process.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatewright::emulator::{Emulator, EmulatorError, Options, StateLocation, state_holder};
use serde_json::json;

use super::stand::Stand;

fn options(path: &Path) -> Options {
    Options { state: StateLocation::File(path.to_owned()), ..Options::in_memory() }
}

fn journal(path: &Path) -> PathBuf {
    path.with_extension("json.journal")
}

/// Copies a state file as a killed process would leave it.
fn as_killed(path: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("killed").join("state.json");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(path, &copy).unwrap();
    fs::copy(journal(path), journal(&copy)).unwrap();
    copy
}

#[tokio::test]
async fn what_was_answered_survives_a_kill_and_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("state.json");
    let stand = Stand::with(options(&path)).await;
    let server = stand.server("Contacts", "https://c").await;
    let scope =
        stand.post(&format!("/api/2/api_authorizations/{server}/scopes"), json!({"value": "a"})).await.made(200);
    let app = stand.app("Web").await;
    let bind = json!({"app_id": app["id"], "scopes": [scope]});
    stand.post(&format!("/api/2/api_authorizations/{server}/clients"), bind).await;
    let kid = stand.http.get(stand.url("/oidc/2/certs")).send().await.unwrap().text().await.unwrap();
    stand.delete(&format!("/api/2/api_authorizations/{}", stand.server("Gone", "https://g").await)).await;
    let state = stand.get("/_emulator/state").await.json();
    for file in [path.clone(), journal(&path)] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
        let secret = app["sso"]["client_secret"].as_str().unwrap();
        assert!(!fs::read_to_string(&file).unwrap().contains(secret), "the secret is kept as a hash only");
    }

    let killed = as_killed(&path, folder.path());
    // A crash may cut the last line off before its request was answered.
    let mut file = fs::OpenOptions::new().append(true).open(journal(&killed)).unwrap();
    file.write_all(b"{\"revision\":99,\"chan").unwrap();
    drop(file);
    let Stand { emulator, .. } = stand;
    emulator.shutdown().await;
    for path in [path, killed] {
        let again = Stand::with(options(&path)).await;
        assert_eq!(again.get("/_emulator/state").await.json(), state);
        let kept = again.http.get(again.url("/oidc/2/certs")).send().await.unwrap().text().await.unwrap();
        assert_eq!(kept, kid, "the signing key is kept");
        let basic = (app["sso"]["client_id"].as_str().unwrap(), app["sso"]["client_secret"].as_str().unwrap());
        let grant = [("grant_type", "client_credentials")];
        assert_eq!(again.form("/oidc/2/token", Some(basic), &grant).await.status, 200);
        again.emulator.shutdown().await;
    }
}

#[tokio::test]
async fn resets_and_whole_states_are_kept_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let stand = Stand::with(Options { seed: Some(json!({"roles": [{"name": "seeded"}]})), ..options(&path) }).await;
    stand.server("Contacts", "https://c").await;
    stand.post("/_emulator/reset?state=true", json!({})).await;
    let killed = as_killed(&path, folder.path());
    let other = Stand::with(options(&killed)).await;
    let state = other.get("/_emulator/state").await.json();
    assert_eq!(state["roles"][0]["name"], "seeded");
    assert_eq!(state["instance_id"], stand.emulator.instance_id());
    assert_eq!(state["authorization_servers"].as_array().unwrap().len(), 1, "only the built-in one");
}

#[tokio::test]
async fn a_seed_fills_a_fresh_state_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let first = Stand::with(options(&path)).await;
    first.emulator.shutdown().await;
    let again = Stand::with(Options { seed: Some(json!({"roles": [{"name": "seeded"}]})), ..options(&path) }).await;
    assert_eq!(again.get("/api/2/roles").await.json(), json!([]));
}

#[tokio::test]
async fn a_second_opener_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let first = Emulator::start(options(&path)).await.unwrap();
    assert_eq!(state_holder(&path), Some(std::process::id()));
    let second = tokio::time::timeout(Duration::from_millis(120), Emulator::start(options(&path))).await;
    assert!(second.is_err(), "two have one state");
    first.shutdown().await;
    let second = tokio::time::timeout(Duration::from_secs(5), Emulator::start(options(&path))).await.unwrap().unwrap();
    second.shutdown().await;
}

#[tokio::test]
async fn files_that_are_no_state_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let check = async |name: &str, state: &str, lines: &str| {
        let path = folder.path().join(name);
        fs::write(&path, state).unwrap();
        fs::write(journal(&path), lines).unwrap();
        let refused = Emulator::start(options(&path)).await;
        assert!(matches!(refused, Err(EmulatorError::State(_))), "{name}");
        assert_eq!(fs::read_to_string(&path).unwrap(), state);
    };
    check("a.json", "{\"unheard_of\": 1}", "").await;
    check("b.json", "not json", "").await;
    check("c.json", "{}", "broken\n{\"revision\":1}\n").await;
}
