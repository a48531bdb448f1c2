//! From request to answer: faults, the handler, the journal, and effects that come late.

use std::time::Duration;

use serde_json::Value;

use super::answer::{Answer, JSON};
use super::call::Call;
use super::errors::{self, Refusal};
use super::faults::{Cut, Fault};
use super::journal::{Entry, EntryId};
use super::random::Draws;
use super::request::Request;
use super::routes::{self, Found};
use super::state::{Change, Txn};
use super::world::{Durable, World, is_effect};

/// What becomes of a request.
pub(crate) struct Decision {
    pub(crate) answer: Answer,
    /// Comes when what the request changed is on disk.
    pub(crate) durable: Durable,
    /// How long a fault holds the answer back.
    pub(crate) delay: Duration,
    /// Whether the connection is closed instead.
    pub(crate) is_cut: bool,
    pub(crate) late: Option<Late>,
}

/// An effect that is still to come.
pub(crate) struct Late {
    pub(crate) after: Duration,
    request: Request,
    draws: Draws,
    entry: EntryId,
}

/// Returns the segments of a path, without decoding and without a slash at the end, as Rails takes it.
pub(crate) fn segments(path: &str) -> Vec<&str> {
    path.strip_suffix('/').unwrap_or(path).split('/').skip(1).collect()
}

/// Decides about a request, carrying it out unless a fault is in the way.
///
/// A request that another part of the emulator has answered already is not carried out; faults meet it all the same.
pub(crate) fn decide(world: &mut World, request: &Request, request_id: &str, answered: Option<Answer>) -> Decision {
    let parts = segments(&request.path);
    let found = routes::find(&request.method, &parts);
    let fault = world.faults.meet(request.method.as_str(), &request.path).unwrap_or_default();
    let mut carried = Carried { answer: Answer::empty(0), durable: None, has_effect: false, draws: Draws::default() };
    let late_after = fault.effect_delay_ms.filter(|&delay| delay > 0).map(Duration::from_millis);
    if let Some(answer) = answered {
        carried.answer = answer;
    } else if fault.lets_through() {
        carried = match late_after {
            Some(_) => work_out(world, request, &found),
            None if is_stale(world, request, &fault) => stale(world, request, &found),
            None => carry_out(world, request, &found, Draws::default()),
        };
    }
    let comes_late = fault.lets_through() && carried.answer.status < 400;
    let mut answer = apply_fault(world, &fault, carried.answer);
    // Source: reference section 1.1: every answer of the admin side has one.
    if request.path.starts_with("/api/") || request.path.starts_with("/auth/") {
        answer.set("x-request-id", request_id.to_owned());
    }
    let is_cut = fault.cut.is_some();
    let entry = Entry {
        n: 0,
        method: request.method.to_string(),
        path: request.path.clone(),
        query: request.query.clone(),
        status: if is_cut { 0 } else { answer.status },
        write: is_write(request),
        effect: carried.has_effect,
        request_id: request_id.to_owned(),
    };
    let entry = world.journal.add(entry, routes::is_token_post(&request.method, &request.path));
    let late = late_after.filter(|_| comes_late).map(|after| Late {
        after,
        request: request.clone(),
        draws: carried.draws.repeat(),
        entry,
    });
    Decision { answer, durable: carried.durable, delay: fault.delay(), is_cut, late }
}

/// Returns whether a request is a mutating one that does not merely ask for a token.
fn is_write(request: &Request) -> bool {
    let method = &request.method;
    !method.is_safe() && !routes::is_token_post(method, &request.path)
}

struct Carried {
    answer: Answer,
    durable: Durable,
    has_effect: bool,
    draws: Draws,
}

struct Ran {
    answer: Answer,
    redo: Vec<Change>,
    undo: Vec<Change>,
    draws: Draws,
}

/// Runs the handler. A refused request changes nothing.
fn run(world: &mut World, request: &Request, found: &Found, draws: Draws) -> Ran {
    let now = world.now();
    let World { state, switches, tokens, quota, clock, keys, site, .. } = world;
    let mut call = Call {
        request,
        segments: segments(&request.path),
        state: Txn::new(state),
        switches,
        tokens,
        quota,
        clock,
        keys,
        site,
        now,
        draws,
        level: None,
    };
    let answer = routes::answer(&mut call, found).unwrap_or_else(Refusal::into_answer);
    let Call { state: txn, draws, .. } = call;
    if answer.status >= 400 {
        txn.roll_back();
        return Ran { answer, redo: Vec::new(), undo: Vec::new(), draws };
    }
    let (redo, undo) = txn.finish();
    Ran { answer, redo, undo, draws }
}

fn carry_out(world: &mut World, request: &Request, found: &Found, draws: Draws) -> Carried {
    let Ran { answer, redo, undo, draws } = run(world, request, found, draws);
    let has_effect = redo.iter().any(is_effect);
    let durable = world.keep(&redo, undo);
    Carried { answer, durable, has_effect, draws }
}

/// Works out the answer and takes the effect back; what was drawn stays drawn.
fn work_out(world: &mut World, request: &Request, found: &Found) -> Carried {
    let Ran { answer, redo, undo, draws } = run(world, request, found, Draws::default());
    world.state.take_back(undo.into_iter().filter(is_effect).collect());
    let kept: Vec<Change> = redo.into_iter().filter(|change| !is_effect(change)).collect();
    let durable = world.keep(&kept, Vec::new());
    Carried { answer, durable, has_effect: false, draws }
}

fn is_stale(world: &World, request: &Request, fault: &Fault) -> bool {
    let lag = i64::from(world.switches.stale_reads_ms);
    let is_lagging = lag > 0 && world.now() < world.last_write_at.saturating_add(lag);
    request.method == axum::http::Method::GET && (fault.stale || is_lagging)
}

/// Answers from the account as it was before the last write.
fn stale(world: &mut World, request: &Request, found: &Found) -> Carried {
    let undo = world.last_undo.clone();
    let redo = world.state.take_back(undo);
    let carried = carry_out(world, request, found, Draws::default());
    world.state.take_back(redo);
    carried
}

/// Carries a late effect out; the request is judged by the account as it is by now.
pub(crate) fn take_effect(world: &mut World, late: Late) -> Durable {
    let Late { after: _, request, draws, entry } = late;
    let parts = segments(&request.path);
    let found = routes::find(&request.method, &parts).late();
    let carried = carry_out(world, &request, &found, draws);
    if carried.has_effect {
        world.journal.took_effect(entry);
    }
    carried.durable
}

fn apply_fault(world: &mut World, fault: &Fault, answer: Answer) -> Answer {
    let mut answer = match (fault.status, fault.cut) {
        (Some(status), _) => default_answer(world, status),
        // Nobody will read it.
        (None, Some(Cut::Before)) => Answer::empty(0),
        (None, _) => answer,
    };
    if let Some(body) = &fault.body {
        answer.body = match body {
            Value::String(text) => text.clone().into_bytes(),
            other => {
                answer.set("content-type", JSON.to_owned());
                other.to_string().into_bytes()
            }
        };
    }
    for (name, value) in &fault.headers {
        answer.set(name, value.clone());
    }
    answer
}

/// Returns what the vendor answers with a status, where a fault says no more than that.
fn default_answer(world: &mut World, status: u16) -> Answer {
    match status {
        401 => Refusal::Unauthorized.into_answer(),
        404 => Refusal::NotFound.into_answer(),
        429 => {
            let now = world.now();
            let reset = world.quota.left(now, &world.clock).reset;
            let mut answer = routes::too_many(world.switches.rate_limit_body, world.switches.retry_after, reset);
            if world.switches.rate_limit_headers {
                answer.set("x-ratelimit-remaining", "0".to_owned());
                answer.set("x-ratelimit-reset", reset.to_string());
            }
            answer
        }
        500 => errors::v2(500, "InternalServerError", "Internal Server Error"),
        502 => errors::gateway_page(502, "Bad Gateway"),
        503 => errors::gateway_page(503, "Service Temporarily Unavailable"),
        504 => errors::gateway_page(504, "Gateway Time-out"),
        400..500 => errors::v2(status, "BadRequestError", "Bad Request"),
        other => Answer::empty(other),
    }
}
