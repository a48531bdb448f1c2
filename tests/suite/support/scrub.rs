//! Takes out of output what differs from run to run; every placeholder is as wide as what it stands for, so that tables
//! stay aligned, except for the temporary folder.

use std::path::Path;

/// Shows the temporary folder as `$TEMP`, ports as `$PORT` and the line about requests, quota and time as `$COST`.
pub(super) fn scrub(text: &str, temp: &Path) -> String {
    let mut text = text.replace(&*temp.to_string_lossy(), "$TEMP");
    if let Ok(real) = temp.canonicalize() {
        text = text.replace(&*real.to_string_lossy(), "$TEMP");
    }
    for host in ["127.0.0.1:", "127.0.0.1_", "localhost:"] {
        text = scrub_ports(&text, host);
    }
    scrub_times(&scrub_cost(&scrub_random(&scrub_runs(&text))))
}

/// Shows the line that tells requests made, quota left and time, which depend on the moment, as `$COST`.
fn scrub_cost(text: &str) -> String {
    let is_cost = |line: &str| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < line.len() && (rest.starts_with(" request made in ") || rest.starts_with(" requests made in "))
    };
    text.split_inclusive('\n').map(|line| if is_cost(line) { "$COST\n" } else { line }).collect()
}

/// Shows the moment until which a wait lasts as `$TIME...`.
fn scrub_times(text: &str) -> String {
    let mut parts = text.split(", until ");
    let mut scrubbed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        scrubbed.push_str(", until ");
        let is_time = part.get(8..).is_some_and(|rest| rest.starts_with(" UTC: "));
        scrubbed.push_str(if is_time { "$TIME..." } else { "" });
        scrubbed.push_str(if is_time { &part[8..] } else { part });
    }
    scrubbed
}

/// Shows names of runs as `$RUN` and the times they began at as `$TIME`.
fn scrub_runs(text: &str) -> String {
    let name = regex::Regex::new(r"\d{8}T\d{6}\.\d{3}Z-\d+(-\d{4})?").unwrap();
    let time = regex::Regex::new(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} UTC").unwrap();
    time.replace_all(&name.replace_all(text, "$$RUN"), "$$TIME").into_owned()
}

/// How long the name of a signing key is: a SHA-256, base64url.
const KEY_ID: usize = 43;
/// How long the random name of an emulated account is: eight bytes, hex.
const INSTANCE: usize = 16;

/// How long the id of a request is: a UUID.
const REQUEST: usize = 36;

/// Shows names of signing keys and of emulated accounts, and ids of requests, as `$KEY...`, `$INSTANCE...`, `$REQUEST...`.
fn scrub_random(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut scrubbed = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !is_word(c)) {
        let word = part.trim_end_matches(|c: char| !is_word(c));
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        let has_upper = word.bytes().any(|byte| byte.is_ascii_uppercase());
        let is_hex = word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match word.len() {
            KEY_ID if has_upper && has_digit => scrubbed.push_str(&format!("{:.<KEY_ID$}", "$KEY")),
            REQUEST if word.bytes().filter(|byte| *byte == b'-').count() == 4 && has_digit => {
                scrubbed.push_str(&format!("{:.<REQUEST$}", "$REQUEST"));
            }
            INSTANCE if is_hex && has_digit => scrubbed.push_str(&format!("{:.<INSTANCE$}", "$INSTANCE")),
            _ => scrubbed.push_str(word),
        }
        scrubbed.push_str(&part[word.len()..]);
    }
    scrubbed
}

fn scrub_ports(text: &str, host: &str) -> String {
    let mut scrubbed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(host) {
        let (before, from) = rest.split_at(at + host.len());
        scrubbed.push_str(before);
        let digits = from.len() - from.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        // Ports that the system picks have five digits; others are written in the test and stay.
        scrubbed.push_str(if digits == 5 { "$PORT" } else { &from[..digits] });
        rest = &from[digits..];
    }
    scrubbed + rest
}
