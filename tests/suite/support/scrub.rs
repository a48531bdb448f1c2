//! Takes out of output what differs from run to run; every placeholder is as wide as what it stands for, so that tables
//! stay aligned, except for the temporary folder.

use std::path::Path;

/// Shows the temporary folder as `$TEMP` and ports as `$PORT`.
pub(super) fn scrub(text: &str, temp: &Path) -> String {
    let mut text = text.replace(&*temp.to_string_lossy(), "$TEMP");
    if let Ok(real) = temp.canonicalize() {
        text = text.replace(&*real.to_string_lossy(), "$TEMP");
    }
    for host in ["127.0.0.1:", "localhost:"] {
        text = scrub_ports(&text, host);
    }
    text
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
