//! Every verb meets every fault: what is sent again and how often, what the error says, and whether it may have run.

use super::responder::{Reply, Responder, Seen};
use futures_util::future::join_all;
use gatewright::api::{ApiError, ClientConfig, Reader, Writer};
use gatewright::model::RemoteId;
use std::time::Duration;

/// How often a request is sent that may be sent again.
const TRIES: usize = 7;

/// The ways to send something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    Post,
    Put,
    Delete,
    Token,
}

impl Verb {
    const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Delete, Self::Token];

    const fn line(self) -> &'static str {
        match self {
            Self::Get => "GET /api/2/roles/1",
            Self::Post => "POST /api/2/roles",
            Self::Put => "PUT /api/2/roles/1",
            Self::Delete => "DELETE /api/2/roles/1",
            Self::Token => "POST /auth/oauth2/v2/token",
        }
    }

    fn is_line_of(self, request: &Seen) -> bool {
        request.line() == self.line()
    }

    /// Returns the answer to a request that went well.
    fn success(self) -> Reply {
        match self {
            Self::Get | Self::Put => Reply::json(200, r#"{"id":1,"name":"r","admins":[],"unheard_of":{"a":[null]}}"#),
            Self::Post => Reply::json(201, r#"[{"id":9,"unheard_of":1}]"#),
            Self::Delete => Reply::json(204, ""),
            Self::Token => {
                Reply::json(200, r#"{"access_token":"t","expires_in":36000,"account_id":5,"unheard_of":null}"#)
            }
        }
    }

    async fn send(self, config: ClientConfig) -> Result<(), ApiError> {
        let writer = Writer::new(Reader::new(config).unwrap());
        match self {
            Self::Get => writer.reader().role(RemoteId(1)).await.map(|role| assert!(role.is_some())),
            Self::Post => writer.create_role("r").await.map(drop),
            Self::Put => writer.rename_role(RemoteId(1), "r").await,
            Self::Delete => writer.delete_role(RemoteId(1)).await,
            Self::Token => writer.reader().account_id().await.map(drop),
        }
    }
}

/// What a fault comes to.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Nobody knows whether it ran: all but a POST is sent again, as often as it goes.
    Unwell(&'static str),
    /// As `Unwell`, with an answer that asks for more patience than there is: not sent again.
    OutOfPatience(&'static str),
    /// It never ran: everything is sent again, a POST too.
    NeverSent(&'static str),
    /// It never ran, and goes well the so-manieth time.
    WellAfter(usize),
    /// It never ran, and is refused after so many tries.
    Refused { status: u16, message: &'static str, tries: usize },
    /// It ran, and its answer says nothing: sent once. PUT and DELETE need no answer, so there the success is enough.
    Unreadable,
    /// Its answer is no success and no word of the API's: sent once.
    NotTheApi(&'static str),
    /// Its answer has no end: sent once, and cut.
    Cut,
}

/// What a request comes to: how often it is sent, the error if there is one, and whether it may have run.
struct Expected {
    sent: usize,
    error: Option<String>,
    may_have_run: bool,
}

fn expected(verb: Verb, fate: Fate, has_id: bool) -> Expected {
    let line = verb.line();
    let changes = matches!(verb, Verb::Post | Verb::Put | Verb::Delete);
    let trace = |sent: usize| match (sent, has_id) {
        (1, false) => String::new(),
        (1, true) => " (request id abc)".to_owned(),
        (sent, false) => format!(" ({sent} attempts)"),
        (sent, true) => format!(" ({sent} attempts, request id abc)"),
    };
    let failed = |sent, what: &str, may_have_run| {
        let error = Some(format!("{line} {what}{}", trace(sent)));
        Expected { sent, error, may_have_run }
    };
    match fate {
        Fate::Unwell(reason) => {
            // The error of a GET says that it may have arrived, which changes nothing.
            failed(if verb == Verb::Post { 1 } else { TRIES }, &format!("failed: {reason}"), verb != Verb::Token)
        }
        Fate::OutOfPatience(reason) => {
            let patience = if verb == Verb::Post { "" } else { "; it asks to wait 101 s, more than the 100 s allowed" };
            failed(1, &format!("failed: {reason}{patience}"), verb != Verb::Token)
        }
        Fate::NeverSent(reason) => failed(TRIES, &format!("failed: {reason}"), false),
        Fate::WellAfter(sent) => Expected { sent, error: None, may_have_run: false },
        Fate::Refused { status, message, tries: _ } if verb == Verb::Token => {
            let error = format!("the credentials were not accepted with {status}: {message}{}", trace(1));
            Expected { sent: 1, error: Some(error), may_have_run: false }
        }
        Fate::Refused { status, message, tries } => {
            failed(tries, &format!("was rejected with {status}: {message}"), false)
        }
        Fate::Unreadable if matches!(verb, Verb::Put | Verb::Delete) => {
            Expected { sent: 1, error: None, may_have_run: false }
        }
        Fate::Unreadable => failed(1, "was answered unreadably: ", changes),
        Fate::NotTheApi(what) => failed(1, &format!("was answered unreadably: {what}"), changes),
        Fate::Cut => failed(1, "was answered unreadably: it is longer than 64 MiB", changes),
    }
}

/// A fault: how a host answers, however often it is asked.
struct Fault {
    name: &'static str,
    reply: fn(Verb, usize) -> Reply,
    fate: Fate,
    /// Whether there is an answer with a request id.
    has_id: bool,
}

const UNAUTHORIZED: &str = r#"{"statusCode":401,"name":"UnauthorizedError","message":"Unauthorized"}"#;
const INTERNAL: &str = r#"{"statusCode":500,"name":"InternalServerError","message":"Oh no"}"#;
const INVALID: &str = r#"{"statusCode":422,"name":"UnprocessableEntityError","message":"No"}"#;

fn answer(status: u16, body: &str) -> Reply {
    Reply::json(status, body).with("x-request-id", "abc")
}

fn faults() -> Vec<Fault> {
    let silent = |name, reply, fate| Fault { name, reply, fate, has_id: false };
    let told = |name, reply, fate| Fault { name, reply, fate, has_id: true };
    let unreadable = |name, reply| told(name, reply, Fate::Unreadable);
    vec![
        silent("dropped", |_, _| Reply::Drop, Fate::Unwell("the connection was lost")),
        silent("broken in the body", |_, _| Reply::Break, Fate::Unwell("the connection was lost")),
        silent("no answer", |_, _| Reply::Hang, Fate::Unwell("no answer within 0.5 s")),
        silent("a trickle", |_, _| Reply::Trickle, Fate::Unwell("no answer within 0.5 s")),
        told("408", |_, _| answer(408, ""), Fate::Unwell("408: no explanation (408 Request Timeout)")),
        told("500", |_, _| answer(500, INTERNAL), Fate::Unwell("500: Oh no")),
        told("502 HTML", |_, _| answer(502, "<h1>Bad Gateway</h1>"), Fate::Unwell("502: Bad Gateway")),
        told("503", |_, _| answer(503, ""), Fate::Unwell("503: no explanation (503 Service Unavailable)")),
        told("503 with Retry-After", |_, _| answer(503, "Later").with("retry-after", "1"), Fate::Unwell("503: Later")),
        told(
            "503 with a long Retry-After",
            |_, _| answer(503, "Later").with("retry-after", "101"),
            Fate::OutOfPatience("503: Later"),
        ),
        told("504", |_, _| answer(504, "<title>Time-out</title>"), Fate::Unwell("504: Time-out")),
        silent(
            "unwell twice",
            |verb, earlier| match (verb, earlier) {
                (Verb::Post, _) | (_, 2..) => verb.success(),
                (_, 0) => Reply::Drop,
                (_, _) => answer(502, ""),
            },
            // A POST would not be sent again, so it is spared.
            Fate::WellAfter(3),
        ),
        silent(
            "429 twice",
            |verb, earlier| match earlier {
                0 => answer(429, "{}").with("x-ratelimit-reset", "1"),
                1 => answer(429, "").with("retry-after", "1"),
                _ => verb.success(),
            },
            Fate::WellAfter(3),
        ),
        silent(
            "401 once",
            |verb, earlier| {
                if earlier == 0 && verb != Verb::Token { answer(401, UNAUTHORIZED) } else { verb.success() }
            },
            Fate::WellAfter(2),
        ),
        told(
            "401 for ever",
            |_, _| answer(401, UNAUTHORIZED),
            Fate::Refused { status: 401, message: "Unauthorized", tries: 2 },
        ),
        told("403", |_, _| answer(403, "<p>no</p>"), Fate::Refused { status: 403, message: "no", tries: 1 }),
        told("422", |_, _| answer(422, INVALID), Fate::Refused { status: 422, message: "No", tries: 1 }),
        told("404 HTML", |_, _| answer(404, "<p>nope</p>"), Fate::NotTheApi("404 with nope")),
        told(
            "301",
            |_, _| answer(301, "").with("location", "/elsewhere"),
            Fate::NotTheApi("301 with a redirect, which is not followed"),
        ),
        unreadable("truncated JSON", |_, _| answer(200, r#"{"id":1,"na"#)),
        unreadable("empty", |_, _| answer(200, "")),
        unreadable("HTML with 200", |_, _| answer(200, "<html>login</html>")),
        unreadable("wrong types", |_, _| answer(200, r#"{"id":"1","name":7,"access_token":1}"#)),
        unreadable("null", |_, _| answer(200, "null")),
        silent("extra keys", |verb, _| verb.success(), Fate::WellAfter(1)),
    ]
}

/// Sends a request to a host that answers it by the fault, and everything else well.
async fn meet(verb: Verb, fault: &Fault) {
    let Fault { name, reply, fate, has_id } = fault;
    let reply = *reply;
    let host = Responder::start(move |request, earlier| verb.is_line_of(request).then(|| reply(verb, earlier)));
    let mut config = host.config();
    if matches!(fate, Fate::Unwell(reason) if reason.starts_with("no answer")) {
        config.timeout = Duration::from_millis(500);
    }
    let outcome = verb.send(config).await;
    let mut expected = expected(verb, *fate, *has_id);
    match (*name, verb) {
        ("unwell twice", Verb::Post) => expected.sent = 1,
        ("401 once", Verb::Token) => expected.sent = 1,
        _ => {}
    }
    check(&format!("{name} on {verb:?}"), outcome, &expected);
    assert_eq!(host.count(verb.line()), expected.sent, "{name} on {verb:?}");
    // One token serves all tries, and a refused one is renewed once.
    let tokens = host.count(Verb::Token.line());
    let renewals = usize::from(name.starts_with("401"));
    assert!(verb == Verb::Token || tokens == 1 + renewals, "{name} on {verb:?}: {tokens} tokens");
}

fn check(told: &str, outcome: Result<(), ApiError>, expected: &Expected) {
    let Expected { sent: _, error, may_have_run } = expected;
    let found = outcome.as_ref().err().map(ToString::to_string);
    match (&found, error) {
        // The words are the parser's own.
        (Some(found), Some(error)) if error.contains("unreadably:  (") => {
            let (before, after) = error.split_once("unreadably: ").unwrap();
            assert!(found.starts_with(before) && found.ends_with(after), "{told}: {found}");
            assert!(found.len() > error.len(), "{told}: {found}");
        }
        _ => assert_eq!(&found, error, "{told}"),
    }
    assert_eq!(outcome.is_err_and(|error| error.may_have_run()), *may_have_run, "{told}");
}

#[tokio::test]
async fn every_verb_meets_every_fault() {
    let faults = faults();
    let meetings = faults.iter().flat_map(|fault| Verb::ALL.map(|verb| meet(verb, fault)));
    // What it takes is the pauses of the longest one: all wait side by side.
    tokio::join!(join_all(meetings), join_all(Verb::ALL.map(meet_nobody)));
}

/// Sends a request to a host that is gone by then.
async fn meet_nobody(verb: Verb) {
    let config = ClientConfig { admin_base: Responder::gone_after_token(), ..Responder::start(|_, _| None).config() };
    if verb == Verb::Token {
        return;
    }
    let outcome = verb.send(config).await;
    let fate = Fate::NeverSent("no connection could be made: Connection refused");
    let mut expected = expected(verb, fate, false);
    // The number of the system's error differs from one to the next.
    let error = outcome.as_ref().unwrap_err().to_string();
    let (before, after) = error.split_once(" (os error ").unwrap();
    let words = format!("{before}{}", after.split_once(')').unwrap().1);
    assert_eq!(Some(words), expected.error.take(), "{verb:?}");
    assert!(!outcome.unwrap_err().may_have_run(), "{verb:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    for verb in Verb::ALL {
        meet(verb, &Fault { name: "endless", reply: |_, _| Reply::Endless, fate: Fate::Cut, has_id: false }).await;
    }
}

#[tokio::test]
async fn a_put_that_may_have_run_says_so_whatever_its_last_try_came_to() {
    let check = async |last: fn() -> Reply, status: Option<u16>| {
        let host = Responder::start(move |request, earlier| match (request.method.as_str(), earlier) {
            ("PUT", 0) => Some(Reply::Drop),
            ("PUT", _) => Some(last()),
            _ => None,
        });
        let error = Verb::Put.send(host.config()).await.unwrap_err();
        assert_eq!((error.status(), error.may_have_run(), host.count(Verb::Put.line())), (status, true, 2), "{error}");
    };
    check(|| answer(422, INVALID), Some(422)).await;
    check(|| answer(403, ""), Some(403)).await;
    check(|| answer(429, "").with("retry-after", "101"), None).await;
}
