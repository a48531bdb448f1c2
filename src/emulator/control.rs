//! The control API at `/_emulator`: for tests and the curious, from this machine only.
//!
//! It needs no token and leaves no trace in journal, counters and quota.
//!
//! `POST /_emulator/clock` takes `{seconds, rate}`, either or both: the clock is moved forward by so many seconds, and from
//! now on `rate` of its seconds pass in one of the caller's. Everything that lasts by that clock then lasts as much shorter:
//! quota windows, tokens, lags. Waits for quota (`x-ratelimit-reset`, `retry-after`, the body of `/auth/rate_limit`) are told
//! in the caller's seconds, rounded up, so whoever sleeps as told wakes up in a new window.

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::faults::Faults;
use super::keys;
use super::quota::Quota;
use super::request::Request;
use super::state::Document;
use super::world::{Durable, World};

/// Answers a call to the control API.
pub(crate) fn answer(world: &mut World, request: &Request, peer: IpAddr) -> (Answer, Durable) {
    if !is_loopback(peer) {
        return (refused(403, "the control API answers loopback peers only"), None);
    }
    let path = request.path.strip_prefix("/_emulator/").unwrap_or_default();
    let outcome = match (&request.method, path) {
        (&Method::GET, "journal") => Ok((Answer::json(200, &world.journal.entries()), None)),
        (&Method::GET, "counters") => Ok((Answer::json(200, &world.journal.counters()), None)),
        (&Method::POST, "reset") => reset(world, request),
        (&Method::GET, "state") => Ok((Answer::json(200, &Document::of(&world.state)), None)),
        (&Method::PUT, "state") => put_state(world, request),
        (&Method::GET, "faults") => Ok((Answer::json(200, &world.faults.to_json()), None)),
        (&Method::PUT, "faults") => put_faults(world, request),
        (&Method::GET, "switches") => Ok((Answer::json(200, &world.switches), None)),
        (&Method::PUT, "switches") => put_switches(world, request),
        (&Method::POST, "token") => sign(world, request),
        (&Method::POST, "clock") => set_clock(world, request),
        _ => Ok((refused(404, "no such call; see the emulator's documentation"), None)),
    };
    outcome.unwrap_or_else(|text| (refused(400, &text), None))
}

/// Returns how many requests the journal is to hold before it is shown: `GET /_emulator/journal?wait=N`.
pub(crate) fn awaited_requests(request: &Request) -> Option<usize> {
    let is_journal = request.method == Method::GET && request.path == "/_emulator/journal";
    request.parameter("wait").filter(|_| is_journal)?.parse().ok()
}

type Outcome = Result<(Answer, Durable), String>;

/// Returns whether a peer is on this machine; an IPv4 address may come dressed as IPv6.
fn is_loopback(peer: IpAddr) -> bool {
    peer.to_canonical().is_loopback()
}

fn refused(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "error": text }))
}

fn body(request: &Request) -> Result<Value, String> {
    serde_json::from_slice(&request.body).map_err(|error| format!("the body is not JSON: {error}"))
}

fn with_sources(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", with_sources(source)),
        None => error.to_string(),
    }
}

fn reset(world: &mut World, request: &Request) -> Outcome {
    world.journal.reset();
    let mut durable = None;
    if request.is_set("state") {
        durable = world.start_over().map_err(|error| with_sources(&error))?;
        world.quota = Quota::new(world.quota_limit, world.now());
    }
    Ok((Answer::empty(204), durable))
}

fn put_state(world: &mut World, request: &Request) -> Outcome {
    let durable = world.replace(body(request)?).map_err(|error| with_sources(&error))?;
    Ok((Answer::empty(204), durable))
}

fn put_faults(world: &mut World, request: &Request) -> Outcome {
    world.faults = Faults::from_json(&body(request)?)?;
    Ok((Answer::json(200, &world.faults.to_json()), None))
}

fn put_switches(world: &mut World, request: &Request) -> Outcome {
    world.switches = world.switches.with(&body(request)?)?;
    Ok((Answer::json(200, &world.switches), None))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignRequest {
    /// Laid over the usual header; null takes a member out.
    #[serde(default)]
    header: Map<String, Value>,
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    key: KeyChoice,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeyChoice {
    #[default]
    Own,
    Foreign,
    None,
}

fn sign(world: &mut World, request: &Request) -> Outcome {
    let asked: SignRequest = serde_json::from_value(body(request)?).map_err(|error| error.to_string())?;
    let (own, durable) = world.signing_key();
    let kid = own.map(|key| key.kid().to_owned()).ok_or("no signing key could be made")?;
    // A foreign key carries the own key's id: the signature is then all that differs.
    let mut header = match asked.key {
        KeyChoice::None => Map::from_iter([("alg".to_owned(), json!("none")), ("typ".to_owned(), json!("JWT"))]),
        KeyChoice::Own | KeyChoice::Foreign => Map::from_iter([
            ("alg".to_owned(), json!("RS256")),
            ("typ".to_owned(), json!("JWT")),
            ("kid".to_owned(), json!(kid)),
        ]),
    };
    header.extend(asked.header);
    header.retain(|_, value| !value.is_null());
    let (header, claims) = (Value::Object(header), Value::Object(asked.claims));
    let token = match asked.key {
        KeyChoice::Own => world.signing_key().0.and_then(|key| key.sign(&header, &claims)),
        KeyChoice::Foreign => world.keys.foreign().and_then(|key| key.sign(&header, &claims)),
        KeyChoice::None => Some(format!("{}.{}", keys::unsigned(&header, &claims), URL_SAFE_NO_PAD.encode(""))),
    };
    let token = token.ok_or("the token could not be signed")?;
    Ok((Answer::json(200, &json!({ "token": token })), durable))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRequest {
    /// How far to move it; it never goes back.
    seconds: Option<u32>,
    /// How many of its seconds pass in one of the caller's, from now on.
    rate: Option<NonZeroU32>,
}

fn set_clock(world: &mut World, request: &Request) -> Outcome {
    let asked: ClockRequest = serde_json::from_value(body(request)?).map_err(|error| error.to_string())?;
    let machine = Timestamp::now().as_millisecond();
    match asked {
        ClockRequest { seconds: None, rate: None } => return Err("seconds or rate has to be given".to_owned()),
        ClockRequest { seconds, rate } => {
            seconds.inspect(|seconds| world.clock.advance(machine, *seconds));
            rate.inspect(|rate| world.clock.run_at(machine, *rate));
        }
    }
    let now = Timestamp::from_millisecond(world.clock.at(machine)).map(|now| now.to_string()).unwrap_or_default();
    Ok((Answer::json(200, &json!({ "now": now, "rate": world.clock.rate() })), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_answered() {
        let check = |peer: &str, expected: bool| assert_eq!(is_loopback(peer.parse().unwrap()), expected, "{peer}");
        check("127.0.0.1", true);
        check("127.8.8.8", true);
        check("::1", true);
        check("::ffff:127.0.0.1", true);
        check("192.168.0.4", false);
        check("::ffff:10.0.0.1", false);
    }
}
