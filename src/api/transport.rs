//! Sends one request to one host: bounded in number, time and size, never redirected.

use super::answer::Answer;
use super::config::{ClientConfig, Reroute};
use super::error::ApiError;
use super::gate::{Gate, Held, Passage};
use super::notice::Listener;
use super::quota::Ticket;
use super::reader::RateLimit;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use url::{Host, Url};

/// The longest answer that is read, after decompression: a thousand times the largest page we ask for.
pub(super) const LIMIT_BYTES: usize = 64 << 20;

/// The longest time to make a connection; shorter than a request may take, so that the two can be told apart.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A request, all but its host.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'static str, String)],
    pub(super) authorization: Option<HeaderValue>,
    pub(super) body: Option<(&'static str, Vec<u8>)>,
}

/// A request that got no answer that can be used.
pub(super) enum SendFailure {
    /// It had to wait, and was never sent.
    Held(Held),
    /// No connection could be made, so it was never sent.
    NotSent(reqwest::Error),
    /// It was sent, and what became of it is not known.
    Lost(reqwest::Error),
    /// Its answer is too long.
    TooLarge,
}

/// The way to one host.
pub(super) struct Transport {
    client: Client,
    base: Url,
    pub(super) gate: Gate,
    slots: Semaphore,
    requests: AtomicU64,
}

impl Transport {
    /// Prepares the way to the host of `base`, or to the emulator that stands in for it.
    pub(super) fn new(config: &ClientConfig, base: &Url, listener: Listener) -> Result<Self, ApiError> {
        let base = destination(&config.reroute, base)?;
        let slots = config.max_in_flight.max(1);
        Ok(Self {
            client: client(config, Reach::of(&base), slots)?,
            base,
            gate: Gate::new(config.max_wait, listener),
            slots: Semaphore::new(slots),
            requests: AtomicU64::new(0),
        })
    }

    /// Returns how many requests were sent.
    pub(super) fn requests_made(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Sends a request once, when the gate is open and a slot is free. Nothing is asked about the quota before.
    pub(super) async fn send(&self, outgoing: Outgoing<'_>) -> Result<Answer, SendFailure> {
        match self.enter(None).await {
            Ok((slot, Passage::Open(ticket))) => self.send_counted((slot, ticket), outgoing, |_| None).await,
            Ok((slot, Passage::AskFirst)) => self.send_in(slot, outgoing).await,
            Err(held) => Err(SendFailure::Held(held)),
        }
    }

    /// Sends a request as [`Self::send`] does, and learns from its answer what is left of the quota; `None` where that has to be
    /// asked for first. Where the gate held it longer than `stale_after` it is not sent.
    pub(super) async fn send_or_ask(
        &self,
        outgoing: Outgoing<'_>,
        stale_after: Option<Duration>,
        told: impl Fn(&Answer) -> Option<RateLimit>,
    ) -> Option<Result<Answer, SendFailure>> {
        match self.enter(stale_after).await {
            Ok((slot, Passage::Open(ticket))) => Some(self.send_counted((slot, ticket), outgoing, told).await),
            Ok((_, Passage::AskFirst)) => None,
            Err(held) => Some(Err(SendFailure::Held(held))),
        }
    }

    async fn enter(&self, stale_after: Option<Duration>) -> Result<(SemaphorePermit<'_>, Passage), Held> {
        let mut held = Duration::ZERO;
        loop {
            let began = Instant::now();
            self.gate.pass().await?;
            held += began.elapsed();
            // A wait for a free slot does not count: who is slow is not read more often for it.
            if stale_after.is_some_and(|longest| held > longest) {
                return Err(Held::Stale);
            }
            let slot = self.slot().await;
            if let Some(passage) = self.gate.enter() {
                return Ok((slot, passage));
            }
        }
    }

    async fn send_counted(
        &self,
        (slot, ticket): (SemaphorePermit<'_>, Ticket),
        outgoing: Outgoing<'_>,
        told: impl Fn(&Answer) -> Option<RateLimit>,
    ) -> Result<Answer, SendFailure> {
        // A request that is dropped on its way is over too.
        let mut counted = Counted { gate: &self.gate, ticket, told: None };
        let answer = self.send_in(slot, outgoing).await;
        counted.told = answer.as_ref().ok().and_then(told);
        answer
    }

    async fn send_in(&self, slot: SemaphorePermit<'_>, outgoing: Outgoing<'_>) -> Result<Answer, SendFailure> {
        let answer = self.send_now(outgoing).await;
        // The connection goes back to the pool in two tasks of its own. Giving up the slot before that would let the next
        // request open a connection more than there are slots.
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        drop(slot);
        answer
    }

    async fn slot(&self) -> SemaphorePermit<'_> {
        #[expect(clippy::expect_used, reason = "the semaphore is never closed")]
        self.slots.acquire().await.expect("the slots stay open as long as the transport lives")
    }

    /// Sends a request past the gate, which the question how long it stays shut has to do.
    pub(super) async fn send_past_gate(&self, outgoing: Outgoing<'_>) -> Result<Answer, SendFailure> {
        let _slot = self.slot().await;
        self.send_now(outgoing).await
    }

    async fn send_now(&self, outgoing: Outgoing<'_>) -> Result<Answer, SendFailure> {
        let Outgoing { method, path, query, authorization, body } = outgoing;
        let mut url = self.base.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method.clone(), url).header(ACCEPT, "application/json");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some((content_type, body)) = body {
            request = request.header(CONTENT_TYPE, content_type).body(body);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = request.send().await.map_err(failure)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = bounded_body(response).await?;
        let answer = Answer { status, headers, body };
        tracing::debug!(%method, path, status = status.as_u16(), request_id = answer.request_id(), "answered");
        Ok(answer)
    }
}

/// A request that counts as on its way for as long as this lives.
struct Counted<'a> {
    gate: &'a Gate,
    ticket: Ticket,
    told: Option<RateLimit>,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.gate.end(self.ticket, self.told);
    }
}

/// Tells what was never sent from what may have arrived.
pub(super) fn failure(error: reqwest::Error) -> SendFailure {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() { SendFailure::NotSent(error) } else { SendFailure::Lost(error) }
}

async fn bounded_body(mut response: Response) -> Result<Vec<u8>, SendFailure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| SendFailure::Lost(error.without_url()))? {
        if body.len() + chunk.len() > LIMIT_BYTES {
            return Err(SendFailure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Returns where requests for a base really go, with neither path nor query.
fn destination(reroute: &Reroute, base: &Url) -> Result<Url, ApiError> {
    let origin = base.origin().ascii_serialization();
    let to = match reroute {
        Reroute::None => base,
        Reroute::Emulator { tenant_origin, to } if *tenant_origin == origin && is_loopback(to) => to,
        Reroute::Emulator { .. } => return Err(ApiError::RefusedOrigin { origin }),
    };
    if !is_allowed(to) {
        return Err(ApiError::RefusedOrigin { origin });
    }
    let mut to = to.clone();
    to.set_path("/");
    to.set_query(None);
    to.set_fragment(None);
    Ok(to)
}

/// Says whether a secret may travel to this URL: https, or plain http that does not leave the machine.
pub(super) fn is_allowed(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Says whether a URL's host is this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// How far a client's requests go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To other machines: over TLS, through the proxy of the environment.
    Remote,
    /// To this machine over TLS.
    Loopback,
    /// To this machine in plain http.
    PlainLoopback,
}

impl Reach {
    /// Returns how far requests for a URL go that [`is_allowed`].
    fn of(url: &Url) -> Self {
        match (is_loopback(url), url.scheme()) {
            (false, _) => Self::Remote,
            (true, "http") => Self::PlainLoopback,
            (true, _) => Self::Loopback,
        }
    }
}

/// Builds an HTTP client.
pub(super) fn client(config: &ClientConfig, reach: Reach, connections: usize) -> Result<Client, ApiError> {
    let builder = Client::builder()
        .user_agent(config.user_agent.as_str())
        .redirect(redirect::Policy::none())
        .timeout(config.timeout)
        .connect_timeout(CONNECT_TIMEOUT.min(config.timeout / 2))
        .pool_max_idle_per_host(connections);
    // A proxy would carry what must not leave the machine; and reading the system's roots costs milliseconds that plain
    // http has no use for.
    let builder = match reach {
        Reach::Remote => builder.https_only(true),
        Reach::Loopback => builder.https_only(true).no_proxy(),
        Reach::PlainLoopback => builder.no_proxy().tls_certs_only([]),
    };
    builder
        .build()
        .map_err(|source| ApiError::Setup { reason: "its settings were refused".into(), source: Some(source) })
}

/// Says whether a status means that the host is unwell, so that the request may be sent again.
pub(super) fn is_unwell(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT
}

#[cfg(test)]
mod tests {
    use super::{destination, is_allowed};
    use crate::api::config::Reroute;
    use url::Url;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn plain_http_stays_on_the_machine() {
        let check = |text: &str, expected: bool| assert_eq!(is_allowed(&url(text)), expected, "{text}");
        check("https://acme.onelogin.com", true);
        check("http://acme.onelogin.com", false);
        check("http://127.0.0.1:8080", true);
        check("http://127.9.9.9", true);
        check("http://[::1]:80", true);
        check("http://localhost:1", true);
        check("http://localhost.example.com", false);
        check("http://10.0.0.1", false);
        check("ftp://localhost", false);
    }

    #[test]
    fn under_an_emulator_only_the_tenant_is_reached() {
        let check = |base: &str, to: &str, expected: Option<&str>| {
            let reroute = Reroute::Emulator { tenant_origin: "https://acme.onelogin.com".into(), to: url(to) };
            let found = destination(&reroute, &url(base)).ok();
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{base} {to}");
        };
        check("https://acme.onelogin.com/", "http://127.0.0.1:4000/", Some("http://127.0.0.1:4000/"));
        check("https://acme.onelogin.com/x?y", "http://127.0.0.1:4000/z", Some("http://127.0.0.1:4000/"));
        check("https://other.onelogin.com/", "http://127.0.0.1:4000/", None);
        check("https://acme.onelogin.com:444/", "http://127.0.0.1:4000/", None);
        check("https://acme.onelogin.com/", "http://192.0.2.1:4000/", None);
        check("https://acme.onelogin.com/", "https://evil.example/", None);
    }
}
