//! Random texts: secrets, tokens, client ids, and their repetition where a request is carried out late.

use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Returns `N` random bytes, or nothing where the system has none.
pub(crate) fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// Returns bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Returns a token id: 21 characters, as in the vendor's samples.
pub(crate) fn token_id() -> Option<String> {
    let mut text = URL_SAFE_NO_PAD.encode(bytes::<16>()?);
    text.truncate(21);
    Some(text)
}

/// Returns an OIDC client id: a UUID followed by digits.
///
/// Source: reference section 5.4, sample `78d1d040-20c9-0136-5146-067351775fae92920`.
pub(crate) fn client_id(app: u64) -> Option<String> {
    Some(format!("{}{}", uuid()?, app % 100_000))
}

/// Returns a random UUID.
pub(crate) fn uuid() -> Option<String> {
    let text = hex(&bytes::<16>()?);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    Some(format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)))
}

/// The ids and texts one request drew, or shall draw again.
///
/// A request with a late effect is worked out at once for its answer and carried out later; both times it must draw
/// the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draws {
    drawn: VecDeque<Draw>,
    again: VecDeque<Draw>,
}

#[derive(Clone, Debug)]
enum Draw {
    Id(u64),
    Text(String),
}

impl Draws {
    /// Returns draws that repeat these.
    pub(crate) fn repeat(self) -> Draws {
        Draws { drawn: VecDeque::new(), again: self.drawn }
    }

    /// Returns the next id to repeat, if any.
    pub(crate) fn repeated_id(&mut self) -> Option<u64> {
        match self.again.pop_front()? {
            Draw::Id(id) => {
                self.drawn.push_back(Draw::Id(id));
                Some(id)
            }
            Draw::Text(_) => None,
        }
    }

    /// Notes an id that was drawn.
    pub(crate) fn note_id(&mut self, id: u64) {
        self.drawn.push_back(Draw::Id(id));
    }

    /// Returns the next text to repeat, else a new one.
    pub(crate) fn text(&mut self, make: impl FnOnce() -> Option<String>) -> Option<String> {
        let text = match self.again.pop_front() {
            Some(Draw::Text(text)) => text,
            _ => make()?,
        };
        self.drawn.push_back(Draw::Text(text.clone()));
        Some(text)
    }
}
