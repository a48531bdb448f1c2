//! The command that takes secrets instead of files.

use super::WorkspaceError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How much of what a command says is kept, in bytes.
const MOST_OUTPUT: u64 = 4096;

/// How often it is looked whether the command has ended.
const POLL: Duration = Duration::from_millis(10);

/// The command that takes secrets: a program and its arguments, run without a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsCommand {
    program: String,
    arguments: Vec<String>,
    timeout: Duration,
}

impl SecretsCommand {
    /// Reads a command line: words between blanks, with single or double quotes around what belongs together and a
    /// backslash before a character that stands for itself. No variable, pattern or substitution is looked at.
    ///
    /// # Errors
    /// [`WorkspaceError::CommandLine`] where there is no program or a quote stays open.
    pub fn parse(line: &str, timeout: Duration) -> Result<Self, WorkspaceError> {
        let mut words = words(line)?.into_iter();
        let program = words.next().ok_or(WorkspaceError::CommandLine { reason: "is empty" })?;
        Ok(Self { program, arguments: words.collect(), timeout })
    }

    /// Returns the program.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// Runs the command with a secret's JSON on its input, as long as `has_time` says that there is time.
    ///
    /// # Errors
    /// [`WorkspaceError::Command`] where it cannot be run, fails or takes too long; what it said is masked.
    pub(super) fn take(
        &self,
        json: &[u8],
        secret: &SecretString,
        has_time: &dyn Fn() -> bool,
    ) -> Result<(), WorkspaceError> {
        let fail = |reason: String| WorkspaceError::Command { program: self.program.clone(), reason };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| fail(format!("cannot be run: {error}")))?;
        let said = [listen(child.stdout.take()), listen(child.stderr.take())];
        let fed = child.stdin.take().map(|input| feed(input, json));
        let status = self.wait(&mut child, has_time).map_err(&fail)?;
        let said: Vec<String> =
            said.into_iter().flatten().filter_map(|said| said.recv_timeout(POLL * 10).ok()).collect();
        if !status.success() {
            let said = said.iter().map(|said| masked(said, secret)).filter(|said| !said.is_empty());
            let said: Vec<String> = said.collect();
            let words = if said.is_empty() { "nothing".to_owned() } else { said.join(" / ") };
            return Err(fail(format!("failed with {status} and said: {words}")));
        }
        match fed.map(|fed| fed.recv_timeout(POLL * 10)) {
            Some(Ok(Err(error))) => Err(fail(format!("did not read its input: {error}"))),
            // Something it started still holds the pipe and reads nothing.
            Some(Err(_)) => Err(fail("did not read its input".to_owned())),
            Some(Ok(Ok(()))) | None => Ok(()),
        }
    }

    fn wait(&self, child: &mut Child, has_time: &dyn Fn() -> bool) -> Result<std::process::ExitStatus, String> {
        let deadline = Instant::now() + self.timeout;
        let end = |child: &mut Child| {
            // It may have ended by itself just now; either way it has had its time.
            let _ = child.kill();
            let _ = child.wait();
        };
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if !has_time() => {
                    end(child);
                    return Err("was ended, since the run was broken off".to_owned());
                }
                Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
                Ok(None) => {
                    end(child);
                    return Err(format!("did not end within {} s", self.timeout.as_secs()));
                }
                Err(error) => return Err(format!("cannot be waited for: {error}")),
            }
        }
    }
}

/// Writes a command's input on a thread of its own: a command that reads nothing would hold us once the pipe is full.
fn feed(mut input: ChildStdin, json: &[u8]) -> mpsc::Receiver<std::io::Result<()>> {
    let json = Zeroizing::new(json.to_vec());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let fed = input.write_all(&json).and_then(|()| input.flush());
        drop(input);
        // Whoever has ended the command is not interested any more.
        let _ = sender.send(fed);
    });
    receiver
}

/// Reads what a command says on a thread of its own, so that it never waits for us.
fn listen(pipe: Option<impl Read + Send + 'static>) -> Option<mpsc::Receiver<String>> {
    let mut pipe = pipe?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut said = Vec::new();
        // What cannot be read is as good as not said; the exit status decides.
        let _ = pipe.by_ref().take(MOST_OUTPUT).read_to_end(&mut said);
        let _ = sender.send(String::from_utf8_lossy(&said).into_owned());
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    });
    Some(receiver)
}

/// What is shown in place of words that hold a secret in parts.
const WITHHELD: &str = "*** (not shown: it holds parts of the secret)";

/// How many characters of a secret in a row are a part of it: fewer may be there by chance.
const PART: usize = 6;

/// Takes the secret, and what a terminal must not see, out of what a command said.
fn masked(said: &str, secret: &SecretString) -> String {
    let secret = secret.expose_secret();
    let said = if secret.is_empty() { said.to_owned() } else { said.replace(secret, "***") };
    if holds_part(&said, secret) {
        return WITHHELD.to_owned();
    }
    let is_cut = said.len() as u64 >= MOST_OUTPUT;
    let mut shown = String::new();
    for character in said.trim().chars() {
        match character {
            '\n' | '\t' => shown.push(' '),
            character if character.is_control() || is_hidden(character) => shown.extend(character.escape_unicode()),
            character => shown.push(character),
        }
    }
    // The cut may have gone through the secret.
    if is_cut
        && let Some(end) =
            (1..secret.len()).rev().find(|end| secret.get(..*end).is_some_and(|part| shown.ends_with(part)))
    {
        shown.truncate(shown.len() - end);
        shown.push_str("***");
    }
    shown
}

/// Says whether a text holds a part of a secret, whatever stands between its characters, in either case, and also as hex or
/// base64, in which commands like to show what they were given.
fn holds_part(said: &str, secret: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
    };
    let said = letters(said);
    let holds = |form: &str, length: usize| {
        let form = letters(form);
        let parts: BTreeSet<&[char]> = form.windows(length).collect();
        said.windows(length).any(|window| parts.contains(window))
    };
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    holds(secret, PART) || holds(&hex, 2 * PART) || in_base64(secret).iter().any(|form| holds(form, ENCODED_PART))
}

/// How many characters of encoded secret in a row are a part of it.
const ENCODED_PART: usize = 9;

/// Returns what the secret is in base64 wherever it stands in the encoded text: three ways, by its place modulo three.
fn in_base64(secret: &str) -> [String; 3] {
    [0, 1, 2].map(|place| {
        let text = STANDARD.encode([&vec![0; place], secret.as_bytes()].concat());
        // The first and the last few characters depend on what stands around it.
        let end = text.len().saturating_sub(4);
        text.get(4.min(end)..end).unwrap_or_default().to_owned()
    })
}

/// Bidirectional and zero-width characters.
const fn is_hidden(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{061C}')
}

fn words(line: &str) -> Result<Vec<String>, WorkspaceError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            (character, Some(open)) if character == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => {
                let next = characters.next().ok_or(WorkspaceError::CommandLine { reason: "ends with a backslash" })?;
                word.get_or_insert_default().push(next);
            }
            (character, None) if character.is_whitespace() => words.extend(word.take()),
            (character, _) => word.get_or_insert_default().push(character),
        }
    }
    if quote.is_some() {
        return Err(WorkspaceError::CommandLine { reason: "has an open quote" });
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::{SecretsCommand, masked, words};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;
    use secrecy::SecretString;
    use std::time::Duration;

    #[test]
    fn command_lines_are_split_without_a_shell() {
        let check = |line: &str, expected: &[&str]| assert_eq!(words(line).unwrap(), expected, "{line}");
        check("vault kv put", &["vault", "kv", "put"]);
        check("  a  'b c' \"d 'e'\" f\\ g '' $HOME|x", &["a", "b c", "d 'e'", "f g", "", "$HOME|x"]);
        check("a\"b\"'c'", &["abc"]);
        assert!(words("a 'b").is_err());
        assert!(words("a \\").is_err());
        assert!(SecretsCommand::parse(" ", Duration::ZERO).is_err());
    }

    #[test]
    fn what_a_command_says_is_masked() {
        let secret = SecretString::from("s3cret");
        assert_eq!(masked(" got s3cret\n\u{1b}[1m\u{202e}", &secret), "got *** \\u{1b}[1m\\u{202e}");
        let cut = format!("{}s3c", "x".repeat(4093));
        assert!(masked(&cut, &secret).ends_with("x***"));
        let long = SecretString::from("0123-4567-89ab");
        assert_eq!(masked("id 1234", &long), "id 1234");
        assert_eq!(masked("aWQgMTIzNA== 6964", &long), "aWQgMTIzNA== 6964");
        for before in ["", "{", "{\""] {
            let json = format!("{before}0123-4567-89ab\"}}");
            assert_eq!(masked(&STANDARD.encode(&json), &long), super::WITHHELD, "{json}");
            let hex: String = json.bytes().map(|byte| format!("{byte:02X} ")).collect();
            assert_eq!(masked(&hex, &long), super::WITHHELD, "{json}");
        }
        assert_eq!(masked("0123-4567-89AB", &long), super::WITHHELD);
        for parts in ["0123-45", "1 2\n3 4 5 6", "5\\6-7\"89a"] {
            assert_eq!(masked(parts, &long), super::WITHHELD, "{parts}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_command_takes_a_secret_on_its_input() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("taken");
        let take = |line: &str| {
            let command = SecretsCommand::parse(line, Duration::from_secs(20)).unwrap();
            command.take(b"{\"client_secret\": \"s3cret\"}", &SecretString::from("s3cret"), &|| true)
        };
        take(&format!("tee '{}'", target.display())).unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "{\"client_secret\": \"s3cret\"}");
        let refused = take("sh -c 'cat >&2; exit 3'").unwrap_err().to_string();
        assert!(refused.contains("***") && !refused.contains("s3cret"), "{refused}");
        assert!(take("/nowhere/at-all").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_hangs_is_ended() {
        let command = SecretsCommand::parse("sleep 600", Duration::from_millis(50)).unwrap();
        let take = |has_time: bool| command.take(b"{}", &SecretString::from("s3cret"), &|| has_time);
        let error = take(true).unwrap_err();
        assert!(error.to_string().contains("did not end"), "{error}");
        let error = take(false).unwrap_err();
        assert!(error.to_string().contains("was ended"), "{error}");
    }

    proptest! {
        /// Words that are quoted come back as they were; any other line is split or refused.
        #[test]
        fn quoted_words_come_back(mut given in prop::collection::vec("\\PC{0,8}", 0..5), line in "[\\PC\n\t'\"\\\\]{0,30}") {
            let quoted: Vec<String> = given.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
            prop_assert_eq!(words(&quoted.join(" ")).unwrap(), std::mem::take(&mut given));
            let _split = words(&line);
        }
    }
}
