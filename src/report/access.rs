//! Who may call what, as text.

use super::style::{ERROR, FAINT, HEADING};
use super::words::wrap;
use super::{count, visible};
use crate::access::{Api, Client};
use std::io::{self, Write};

/// Writes the matrix: one block an API, one line a client, and what each gateway policy makes of it.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_access(out: &mut dyn Write, apis: &[Api]) -> io::Result<()> {
    if apis.is_empty() {
        return writeln!(out, "No access.");
    }
    for (place, api) in apis.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        write_api(out, api)?;
    }
    Ok(())
}

fn write_api(out: &mut dyn Write, api: &Api) -> io::Result<()> {
    let Api { server, resource_identifier, audiences, access_token_minutes, refresh_token_minutes, clients } = api;
    write!(out, "{HEADING}{}{HEADING:#}", visible(server))?;
    if let Some(identifier) = resource_identifier {
        write!(out, " ({})", visible(identifier))?;
    }
    writeln!(out)?;
    let others: Vec<&str> = audiences.iter().flatten().map(String::as_str).collect();
    if !others.is_empty() && others != [resource_identifier.as_deref().unwrap_or_default()] {
        writeln!(out, "  {FAINT}audiences: {}{FAINT:#}", wrap(&visible(&others.join(", ")), 13, "    "))?;
    }
    let lives = |which: &str, minutes: &Option<u64>| {
        let minutes = usize::try_from((*minutes)?).unwrap_or(usize::MAX);
        Some(format!("{which} tokens live {}", count(minutes, "minute", None)))
    };
    let lifetimes = [lives("access", access_token_minutes), lives("refresh", refresh_token_minutes)];
    let lifetimes: Vec<String> = lifetimes.into_iter().flatten().collect();
    if !lifetimes.is_empty() {
        writeln!(out, "  {FAINT}{}{FAINT:#}", lifetimes.join(", "))?;
    }
    match clients.as_deref() {
        None => writeln!(out, "  clients are not known: the file does not list them"),
        Some([]) => writeln!(out, "  no client"),
        Some(clients) => clients.iter().try_for_each(|client| write_client(out, client)),
    }
}

fn write_client(out: &mut dyn Write, client: &Client) -> io::Result<()> {
    let Client { client, scopes, policies } = client;
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    let scopes = if scopes.is_empty() { "tokens without scopes".to_owned() } else { scopes.join(", ") };
    let lead = 2 + client.chars().count() + 2;
    writeln!(out, "  {}: {}", visible(client), wrap(&visible(&scopes), lead, "      "))?;
    for passage in policies {
        let reasons: Vec<String> = passage.obstacles.iter().map(ToString::to_string).collect();
        let policy = visible(passage.policy.as_str());
        let conditions = passage.conditions();
        match reasons.is_empty() {
            true if conditions.is_empty() => writeln!(out, "      passes {policy}")?,
            true => {
                let words = format!("{policy} with a token whose {}", visible(&conditions.join(" and ")));
                writeln!(out, "      passes {}", wrap(&words, 13, "        "))?;
            }
            false => {
                let words = format!("{policy}: it {}", visible(&reasons.join(" and ")));
                writeln!(out, "      {ERROR}refused by{ERROR:#} {}", wrap(&words, 17, "        "))?;
            }
        }
    }
    Ok(())
}
