//! The program killed outright while it serves: nothing that was answered is lost.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use gatewright::emulator::{Options, StateLocation};
use serde_json::json;

use super::stand::{Stand, send, server_body};

struct Program {
    child: Child,
    url: String,
    /// Kept open, for what else the program says.
    _out: Lines<BufReader<ChildStdout>>,
}

fn program(state: &Path) -> Program {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(["emulator", "--port", "0", "--state"])
        .arg(state)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = |line: String| line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
    let url = lines.by_ref().map_while(Result::ok).find_map(address).expect("the program names its address");
    Program { child, url, _out: lines }
}

#[tokio::test]
async fn every_answered_write_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let Program { mut child, url, _out } = program(&path);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(format!("{url}/auth/oauth2/v2/token")).basic_auth("emulator", Some("emulator-secret"));
    let token = send(request.json(&json!({"grant_type": "client_credentials"}))).await.json();
    let token = token["access_token"].as_str().unwrap().to_owned();
    let writers = (0..4).map(|writer| {
        let (http, url, token) = (http.clone(), url.clone(), token.clone());
        tokio::spawn(async move {
            let mut answered = Vec::new();
            for number in 0.. {
                let body = server_body("n", &format!("https://{writer}/{number}"));
                let request = http.post(format!("{url}/api/2/api_authorizations")).bearer_auth(&token).json(&body);
                let Ok(answer) = request.send().await else {
                    break;
                };
                match answer.json::<serde_json::Value>().await {
                    Ok(body) => answered.push(body["id"].as_u64().unwrap()),
                    Err(_) => break,
                }
                if answered.len() == 40 {
                    // Enough is written; the others are in the middle of it.
                    break;
                }
            }
            answered
        })
    });
    let mut writers: Vec<_> = writers.collect();
    let mut answered = writers.remove(0).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    for writer in writers {
        answered.extend(writer.await.unwrap());
    }
    let stand = Stand::with(Options { state: StateLocation::File(path), ..Options::in_memory() }).await;
    let state = stand.get("/_emulator/state").await.json();
    let kept: Vec<u64> = state["authorization_servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|server| server["id"].as_u64().unwrap())
        .collect();
    assert!(answered.len() >= 40);
    for id in answered {
        assert!(kept.contains(&id), "{id} was answered and is lost");
    }
}
