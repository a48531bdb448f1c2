//! A scripted host: answers over a real socket, and remembers what it was asked.

use gatewright::api::{ClientConfig, Credentials, Reroute};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use url::Url;

/// The secret of the admin credential pair.
pub(crate) const ADMIN_SECRET: &str = "admin-s3cret";

/// The bearer token that [`Script`] hands out first.
pub(crate) const TOKEN: &str = "t0ken";

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) target: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

impl Seen {
    /// Returns method and target.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// What to do about a request.
pub(crate) enum Reply {
    /// Answers.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// Closes the connection without an answer.
    Drop,
    /// Never answers.
    Hang,
    /// Begins a body, and goes on with a byte now and then.
    Trickle,
    /// Promises a body, and closes the connection in the middle of it.
    Break,
    /// Sends a body without end.
    Endless,
}

impl Reply {
    /// Answers with a JSON body.
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, headers: vec![("content-type", "application/json".into())], body: body.into() }
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// The host.
pub(crate) struct Responder {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<Mutex<usize>>,
}

impl Responder {
    /// Starts a host that answers by a script: the request, and how many of the same method and path came before it.
    ///
    /// The token endpoint is answered by the host itself, unless the script does.
    pub(crate) fn start(script: impl Fn(&Seen, usize) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let host = Self { url, seen: Arc::default(), connections: Arc::default() };
        let (seen, connections, script) = (Arc::clone(&host.seen), Arc::clone(&host.connections), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming() {
                *connections.lock().unwrap() += 1;
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                thread::spawn(move || serve(&stream.unwrap(), &seen, script.as_ref()));
            }
        });
        host
    }

    /// Starts a host that hands out a token and is gone before anything else can be asked.
    pub(crate) fn gone_after_token() -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let request = read_request(&mut BufReader::new(&stream)).unwrap();
            drop(listener);
            write(&stream, by_default(&request).with("connection", "close"));
        });
        url
    }

    /// Returns everything that was asked.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Returns methods and targets in order of arrival.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }

    /// Returns methods and targets without repeats and order.
    pub(crate) fn line_set(&self) -> BTreeSet<String> {
        self.lines().into_iter().collect()
    }

    /// Returns how many requests of this method and path arrived.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|seen| *seen == line).count()
    }

    /// Returns how many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// Returns settings for a client of this host.
    pub(crate) fn config(&self) -> ClientConfig {
        ClientConfig {
            admin_base: self.url.clone(),
            oidc_base: self.url.clone(),
            reroute: Reroute::None,
            credentials: Credentials { client_id: "admin".into(), client_secret: ADMIN_SECRET.into() },
            expected_account_id: None,
            max_in_flight: 4,
            timeout: Duration::from_secs(20),
            max_wait: Duration::from_secs(100),
            user_agent: "gatewright-test".into(),
            clock: jiff::Timestamp::now,
        }
    }
}

fn serve(stream: &TcpStream, seen: &Mutex<Vec<Seen>>, script: &dyn Fn(&Seen, usize) -> Option<Reply>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let earlier = {
            let mut seen = seen.lock().unwrap();
            let earlier = seen.iter().filter(|one| one.line() == request.line()).count();
            seen.push(request.clone());
            earlier
        };
        let reply = script(&request, earlier).unwrap_or_else(|| by_default(&request));
        match reply {
            answer @ Reply::Answer { .. } => {
                if !write(stream, answer) {
                    return;
                }
            }
            Reply::Break => {
                let mut stream = stream;
                let _ = stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{\"id\":");
                return;
            }
            Reply::Trickle => return pour(stream, b" ", Duration::from_millis(50)),
            Reply::Endless => return pour(stream, &[b' '; 1 << 16], Duration::ZERO),
            Reply::Drop => return,
            Reply::Hang => {
                // Ends when the client gives up and closes.
                let _ = reader.read(&mut [0]);
                return;
            }
        }
    }
}

/// Sends an answer; returns whether the client took it.
fn write(mut stream: &TcpStream, reply: Reply) -> bool {
    let Reply::Answer { status, headers, body } = reply else { return false };
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let answer = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n");
    stream.write_all(&[answer.as_bytes(), body.as_bytes()].concat()).is_ok()
}

/// Sends a body piece by piece until the client has had enough.
fn pour(mut stream: &TcpStream, piece: &[u8], pause: Duration) {
    let mut sent = stream.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n");
    while sent.is_ok() {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        sent = stream.write_all(&chunk);
        thread::sleep(pause);
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Seen> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let mut parts = first.split_whitespace();
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = value.trim().to_owned(),
            "content-length" => length = value.trim().parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, target, authorization, body: String::from_utf8(body).unwrap() })
}

fn by_default(request: &Seen) -> Reply {
    if request.target == "/auth/oauth2/v2/token" {
        let token = format!(r#"{{"access_token":"{TOKEN}","expires_in":36000,"account_id":555555}}"#);
        return Reply::json(200, token);
    }
    Reply::json(
        404,
        r#"{"message":"The resource with the given id could not be found","statusCode":404,"name":"NotFoundError"}"#,
    )
}
