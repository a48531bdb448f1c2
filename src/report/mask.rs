//! Takes out of quoted source lines what looks like a secret.

use std::ops::Range;

/// Key names whose values are secrets; compared with the end of the key, in lower case.
const SECRET_KEYS: [&str; 8] =
    ["secret", "password", "passwd", "passphrase", "token", "api_key", "private_key", "credentials"];

/// How long an unbroken run of letters and digits is before it looks like a key.
///
/// OneLogin's client secrets are 64 hex digits; no word, key or id that belongs in a file is longer than this.
const KEY_LENGTH: usize = 32;

/// Replaces what looks like a secret by `*`, byte for byte, so that offsets into the text stay right.
///
/// Masked are the values of keys that are named like a secret, user names and passwords in URLs, PEM blocks, and long
/// runs that mix letters and digits.
pub(super) fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut start = 0;
    let mut in_pem = false;
    for line in text.split_inclusive('\n') {
        in_pem |= line.contains("-----BEGIN ");
        let ranges = if in_pem { std::iter::once(0..line.len()).collect() } else { secrets(line) };
        for range in ranges {
            for byte in bytes.iter_mut().skip(start + range.start).take(range.len()) {
                if !matches!(byte, b'\n' | b'\r') {
                    *byte = b'*';
                }
            }
        }
        in_pem &= !line.contains("-----END ");
        start += line.len();
    }
    // Whole characters are replaced by as many `*` as they have bytes, so the text stays UTF-8.
    String::from_utf8_lossy(&bytes).into_owned()
}

fn secrets(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if let Some((key, value)) = line.split_once(": ")
        && is_secret_key(key)
    {
        found.push(line.len() - value.len()..line.trim_end().len().max(line.len() - value.len()));
    }
    if let Some(scheme) = line.find("://") {
        let rest = line.get(scheme + 3..).unwrap_or_default();
        let authority = rest.split(['/', '"', '\'', ' ']).next().unwrap_or_default();
        if let Some((user, _)) = authority.rsplit_once('@') {
            found.push(scheme + 3..scheme + 3 + user.len());
        }
    }
    let mut offset = 0;
    for run in line.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '+' | '=')) {
        let word = run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if looks_random(word) {
            found.push(offset..offset + word.len());
        }
        offset += run.len();
    }
    found
}

fn is_secret_key(key: &str) -> bool {
    let key = key.trim().trim_start_matches("- ").trim_matches(['"', '\'', '{', ' ']).to_ascii_lowercase();
    SECRET_KEYS.iter().any(|secret| key.ends_with(secret))
}

fn looks_random(word: &str) -> bool {
    word.len() >= KEY_LENGTH
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().any(|b| b.is_ascii_alphabetic())
        && word.bytes().filter(|b| matches!(b, b'-' | b'_')).count() <= word.len() / 12
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn secrets_are_masked_byte_for_byte() {
        let check = |input: &str, expected: &str| {
            assert_eq!(masked(input), expected);
            assert_eq!(expected.len(), input.len());
        };
        check("name: Contacts API\n", "name: Contacts API\n");
        check("    client_secret: abc def\nx: 1\n", "    client_secret: *******\nx: 1\n");
        check("password: é\n", "password: **\n");
        check("client_secret_env: CONTACTS_SECRET\n", "client_secret_env: CONTACTS_SECRET\n");
        check("token_endpoint_auth_method: basic\n", "token_endpoint_auth_method: basic\n");
        check("url: https://me:pw@host/x\n", "url: https://*****@host/x\n");
        let key = "0123456789abcdef0123456789abcdef";
        check(&format!("notes: {key} x"), &format!("notes: {} x", "*".repeat(32)));
        check(
            "a: |\n  -----BEGIN KEY-----\n  xx\n  -----END KEY-----\nb: 1\n",
            "a: |\n*********************\n****\n*******************\nb: 1\n",
        );
        check("custom-attribute-with-a-rather-long-name-2: x", "custom-attribute-with-a-rather-long-name-2: x");
    }
}
