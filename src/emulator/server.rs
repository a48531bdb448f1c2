//! The running emulator: socket, router, start and stop.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State as Extracted};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::answer::Answer;
use super::clock::Clock;
use super::control;
use super::dispatch::{self, Decision};
use super::errors;
use super::faults::Faults;
use super::gateway::{GatewayFile, GatewayRequest, Registry};
use super::keys::SigningKey;
use super::listener::{CountingListener, Peer};
use super::options::{DEFAULT_ACCOUNT_ID, EmulatorError, Options, StateLocation};
use super::quota::Quota;
use super::random;
use super::request::Request;
use super::routes;
use super::state;
use super::switches::Switches;
use super::tokens::Tokens;
use super::world::{Durable, Keys, Site, World, fresh_state};

/// Longest body taken; the vendor's own limit is not known.
const BODY_LIMIT_BYTES: usize = 16 * 1024 * 1024;
/// How long requests in flight may take to end once the emulator is stopped.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// How long a look at the journal waits for what it is to hold.
const JOURNAL_PATIENCE: Duration = Duration::from_secs(10);

/// A running emulator.
pub struct Emulator {
    address: SocketAddr,
    instance_id: String,
    shared: Arc<Shared>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// What all requests share.
pub(crate) struct Shared {
    world: Mutex<World>,
    /// Told whenever a request is noted in the journal.
    noted: Notify,
    latency: Duration,
    gateways: Registry,
}

impl Shared {
    /// Locks the account.
    ///
    /// A panic while it was held is a defect of one request; the others are served on.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the journal holds so many requests, or for as long as whoever asks may be kept waiting.
    async fn journal_reaches(&self, count: usize) {
        let reaches = async {
            loop {
                let mut noted = pin!(self.noted.notified());
                // A request that is noted between the look and the wait counts too.
                noted.as_mut().enable();
                if self.world().journal.entries().len() >= count {
                    return;
                }
                noted.await;
            }
        };
        // Whoever asks sees from the journal how far it has come.
        let _reached = tokio::time::timeout(JOURNAL_PATIENCE, reaches).await;
    }
}

impl Emulator {
    /// Starts an emulator; with a state file that another process has, waits until it is free.
    ///
    /// # Errors
    /// `Listen`, `Seed`, `State`, `Faults` or `Switches`, by what is unusable.
    pub async fn start(options: Options) -> Result<Emulator, EmulatorError> {
        let Options { listen, issuer, state, seed, account_id, latency, quota, .. } = options;
        let Options { clock_rate, faults, switches, gateways, .. } = options;
        let switches = match switches {
            Some(named) => Switches::default().with(&named).map_err(EmulatorError::Switches)?,
            None => Switches::default(),
        };
        let faults = match faults {
            Some(rules) => Faults::from_json(&rules).map_err(EmulatorError::Faults)?,
            None => Faults::default(),
        };
        let fresh = fresh_state(seed.clone(), account_id).map_err(EmulatorError::Seed)?;
        let (mut account, log) = match state {
            StateLocation::Memory => (fresh, None),
            StateLocation::File(path) => {
                let opened = state::open(&path, || Ok(fresh), account_id).await;
                let (account, log) = opened.map_err(EmulatorError::State)?;
                (account, Some(log))
            }
        };
        let seeded = seed.as_ref().and_then(|seed| seed.get("account_id")?.as_u64());
        account.account_id = match seeded {
            Some(own) if account_id == DEFAULT_ACCOUNT_ID => own,
            _ => account_id,
        };
        let listening = |source| EmulatorError::Listen { address: listen, source };
        let inner = TcpListener::bind(listen).await.map_err(listening)?;
        let address = inner.local_addr().map_err(listening)?;
        let issuer = issuer.unwrap_or_else(|| format!("http://{address}/oidc/2"));
        let instance_id = account.instance_id.clone();
        let started = Timestamp::now().as_millisecond();
        let world = World {
            state: account,
            switches,
            tokens: Tokens::default(),
            quota: Quota::new(quota, started),
            quota_limit: quota,
            journal: Default::default(),
            faults,
            keys: Keys::default(),
            site: Site { issuer: issuer.trim_end_matches('/').to_owned() },
            last_undo: Vec::new(),
            last_write_at: 0,
            log,
            clock: Clock::new(started, clock_rate),
            seed,
        };
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            noted: Notify::new(),
            latency,
            gateways: Registry::new(gateways),
        });
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve(inner, Arc::clone(&shared), stopped));
        Ok(Emulator { address, instance_id, shared, stop, served })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of its root, without a trailing slash.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the random name of its account.
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }

    /// Returns the public half of the key that signs its tokens, as its key set shows it.
    pub fn public_jwk(&self) -> Option<serde_json::Value> {
        self.shared.world().signing_key().0.map(SigningKey::jwk)
    }

    /// Serves these policy files from now on.
    pub fn set_gateways(&self, gateways: Vec<GatewayFile>) {
        self.shared.gateways.replace(gateways);
    }

    /// Stops it, letting requests in flight end, and folds the state file together.
    pub async fn shutdown(self) {
        let Emulator { stop, served, shared, .. } = self;
        // The server may have gone by itself.
        let _gone = stop.send(());
        let abort = served.abort_handle();
        if tokio::time::timeout(STOP_PATIENCE, served).await.is_err() {
            abort.abort();
        }
        let mut world = shared.world();
        if let Some(log) = world.log.take() {
            // Where the snapshot cannot be written, the journal still holds everything.
            let _best_effort = log.close(&world.state);
        }
    }
}

async fn serve(inner: TcpListener, shared: Arc<Shared>, stopped: oneshot::Receiver<()>) {
    let listener = CountingListener { inner, shared: Arc::clone(&shared) };
    let app = Router::new().fallback(answer).with_state(shared);
    let service = app.into_make_service_with_connect_info::<Peer>();
    let stopped = async {
        // A dropped emulator stops as well.
        let _stopped = stopped.await;
    };
    // Serving ends when it is stopped; connections that break are no failure of the server.
    let _ended = axum::serve(listener, service).with_graceful_shutdown(stopped).await;
}

/// Counts a request as in flight for as long as it lives.
struct InFlight(Arc<Shared>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.world().journal.end();
    }
}

async fn answer(
    Extracted(shared): Extracted<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: axum::extract::Request,
) -> Response {
    let path = request.uri().path().to_owned();
    let is_control = path == "/_emulator" || path.starts_with("/_emulator/");
    peer.note_use(&mut shared.world().journal, is_control);
    let in_flight = (!is_control).then(|| {
        let found = routes::find(request.method(), &dispatch::segments(&path));
        shared.world().journal.begin(&found.label);
        InFlight(Arc::clone(&shared))
    });
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT_BYTES).await else {
        return response(errors::gateway_page(413, "Payload Too Large"));
    };
    let query = parts.uri.query().map(str::to_owned);
    let request = Request { method: parts.method, path, query, headers: parts.headers, body: body.to_vec() };
    if is_control {
        if let Some(count) = control::awaited_requests(&request) {
            shared.journal_reaches(count).await;
        }
        let (answer, durable) = control::answer(&mut shared.world(), &request, peer.address.ip());
        return response(if kept(durable).await { answer } else { not_kept() });
    }
    let answer = decided(&shared, &request, &peer).await;
    drop(in_flight);
    response(answer)
}

async fn decided(shared: &Arc<Shared>, request: &Request, peer: &Peer) -> Answer {
    let request_id = random::uuid().unwrap_or_default();
    let answered = behind_gateway(shared, request);
    let decision = dispatch::decide(&mut shared.world(), request, &request_id, answered);
    shared.noted.notify_waiters();
    let Decision { answer, durable, delay, is_cut, late } = decision;
    if let Some(late) = late {
        let shared = Arc::clone(shared);
        // The effect comes even if the client goes away.
        tokio::spawn(async move {
            tokio::time::sleep(late.after).await;
            let durable = dispatch::take_effect(&mut shared.world(), late);
            kept(durable).await;
        });
    }
    let is_kept = kept(durable).await;
    let wait = shared.latency + delay;
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    if is_cut {
        peer.cut();
    }
    if is_kept { answer } else { not_kept() }
}

/// Answers for a protected API, if the request is for one.
fn behind_gateway(shared: &Shared, request: &Request) -> Option<Answer> {
    let rest = request.path.strip_prefix("/gateway/")?;
    let (key, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let (certs_url, jwk, now) = {
        let mut world = shared.world();
        let jwk = world.signing_key().0.map(SigningKey::jwk);
        (format!("{}/certs", world.site.issuer), jwk, world.now())
    };
    let keys = |url: &str| jwk.as_ref().filter(|_| url == certs_url).map(|jwk| json!({ "keys": [jwk] }));
    let asked = GatewayRequest {
        method: request.method.as_str(),
        path,
        query: request.query.as_deref().unwrap_or_default(),
        headers: &headers,
    };
    let given = shared.gateways.answer(key, &asked, &keys, now.div_euclid(1000));
    let mut answer = Answer::json(given.status, &given.body);
    for (name, value) in given.headers {
        answer.set(name, value);
    }
    Some(answer)
}

/// Waits until something is on disk; returns whether it is.
async fn kept(durable: Durable) -> bool {
    match durable {
        None => true,
        Some(answer) => matches!(answer.await, Ok(Ok(()))),
    }
}

fn not_kept() -> Answer {
    errors::v2(500, "InternalServerError", "the emulator could not write its state file")
}

fn response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    // A fault may ask for what HTTP cannot say; such an answer goes out as far as it can.
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
