//! What a plan says of its changes.

use super::style::{FAINT, HEADING};
use super::words::wrap;
use crate::diff::Impact;
use std::io::{self, Write};

/// Writes what a word of a plan means.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_impact(out: &mut dyn Write, impact: Impact) -> io::Result<()> {
    writeln!(out, "{HEADING}{}{HEADING:#} {FAINT}(a change in a plan){FAINT:#}", impact.as_str())?;
    let (meaning, such_as) = match impact {
        Impact::Breaks => (
            "Somebody who gets in today may be kept out, or may not find what they rely on.",
            "a client, an audience, a claim or a role of an app that goes, a scope that is renamed, a gateway policy that begins to require \
             what a client does not have",
        ),
        Impact::Widens => (
            "Somebody gets in, or stays in longer, who does not today.",
            "a client or an audience more, one more scope of a client, a longer lifetime of tokens",
        ),
        Impact::Narrows => {
            ("Somebody may do less than today.", "one scope less of a client, a shorter lifetime of tokens")
        }
        Impact::Cosmetic => ("Nothing about access changes.", "a name, a description"),
    };
    let words = Impact::ALL.map(Impact::as_str).join(", ");
    let all = format!("A plan says one of these words of each change, here with the worst first: {words}.");
    for text in [meaning, &format!("Such as {such_as}."), &all] {
        writeln!(out, "  {}", wrap(text, 2, "  "))?;
    }
    Ok(())
}
