//! Why something is refused, and the way out.

use super::{count, visible};
use crate::diff::{Refusal, RefusalKind};
use crate::model::{Address, Candidate, IdentityProblemKind, Kind, RemoteId};

/// What is wrong and what to do about it.
///
/// Shape: `message` is a lowercase fragment without a full stop; `hint` is a sentence, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

fn advice(message: impl Into<String>, hint: impl Into<String>) -> Advice {
    Advice { message: message.into(), hint: Some(hint.into()) }
}

/// Says why a change is refused, and the way out.
///
/// Shape: `deletes` is how many objects the whole run would delete, which is what `--max-deletes` counts.
pub fn refusal_advice(refusal: &Refusal, deletes: usize) -> Advice {
    let Refusal { address, origin: _, kind } = refusal;
    let raise = || format!("If it is meant, give `--max-deletes {deletes}`: that is all the run would delete.");
    match kind {
        RefusalKind::Identity(kind) => identity_advice(kind),
        RefusalKind::IncompleteCreate { missing } => advice(
            format!("it has to be made, and the file does not say {}", list(missing)),
            format!("Add {} to the entry; or, if it exists already, pin it with `id:`.", list(missing)),
        ),
        RefusalKind::Inherited => advice(
            "OneLogin supplies it, so it is never changed",
            match address.kind() {
                Kind::Scope => "Take it out of `scopes:` and list its value in `inherited_scopes:` to grant it.",
                _ => "Take it out of the file.",
            },
        ),
        RefusalKind::NotRead { part } => advice(
            format!("its {part} could not be read, so nothing can be said about it"),
            "Plan against the account, or take a new snapshot.",
        ),
        RefusalKind::ScopeNotLive { value, nearest } => advice(
            format!("the scope `{}` is granted and its server does not have it", visible(value)),
            match nearest {
                Some(nearest) => {
                    format!("Did you mean `{}`? Otherwise add it to the server's `scopes:`.", visible(nearest))
                }
                None => "Add it to the server's `scopes:`.".to_owned(),
            },
        ),
        RefusalKind::UserNotFound { user } => advice(
            format!("no user `{}` is in the account", visible(user)),
            "Correct it: with an `@` it is looked up as an email address, otherwise as a username.",
        ),
        RefusalKind::UserAmbiguous { user, ids } => advice(
            format!("several users are `{}`: {}", visible(user), ids_list(ids)),
            "Name the user by the other of email address and username.",
        ),
        RefusalKind::Immutable { field } => advice(
            format!("`{field}` cannot be changed in place"),
            "Set it back; or make a new entry beside this one, move to it, and delete this one with `state: absent`.",
        ),
        RefusalKind::Cycle { addresses } => {
            let names: Vec<String> = addresses.iter().map(Address::to_string).collect();
            advice(
                format!("changes take each other's names: {}", names.join(" -> ")),
                "Do it in two applies: give one of them a name nobody has, apply, then give it the name it is to have.",
            )
        }
        RefusalKind::DestroyNotAllowed => advice(
            format!("this deletes the {} and all that hangs on it", address.kind().noun()),
            "If it is meant, give `--allow-destroy`.",
        ),
        RefusalKind::ReplaceNotAllowed => advice(
            "this deletes the app and makes it anew: its client id and secret end",
            "If it is meant, give `--allow-destroy`.",
        ),
        RefusalKind::ManyChildren { deletes: children } => advice(
            format!("{} of one server would be deleted", count(*children, "child object", None)),
            format!("{} `unmanaged: keep` on the server leaves alone what the file does not list.", raise()),
        ),
        RefusalKind::Emptied { children } => {
            advice(format!("the server would lose all its {}", plural(*children)), raise())
        }
        RefusalKind::LargeShare { kind, deletes: gone, live } => {
            advice(format!("{gone} of {live} {} would be deleted", plural(*kind)), raise())
        }
        RefusalKind::TooManyDeletes { deletes, limit } => advice(
            format!("the run would delete {}, and `--max-deletes` allows {limit}", count(*deletes, "object", None)),
            format!("If it is meant, give `--max-deletes {deletes}`."),
        ),
    }
}

/// Says why an entry cannot be matched with the account, and the way out.
pub(super) fn identity_advice(kind: &IdentityProblemKind) -> Advice {
    match kind {
        IdentityProblemKind::Ambiguous { wanted, candidates } => advice(
            format!(
                "{} are `{}`: {}",
                count(candidates.len(), "live object", None),
                visible(wanted),
                named(candidates)
            ),
            pin(candidates, "Say which one is meant by adding"),
        ),
        IdentityProblemKind::NearMiss { wanted, candidates } => advice(
            format!("`{}` is not live, and {} differs only by case or blanks", visible(wanted), named(candidates)),
            format!(
                "{}; or write the name exactly as it is.",
                pin(candidates, "To take it over add").trim_end_matches('.')
            ),
        ),
        IdentityProblemKind::PinnedMissing { id } => {
            advice(format!("the pinned id {id} is not live"), "Correct `id:`, or remove it to find the object by name.")
        }
        IdentityProblemKind::PinnedOtherKind { id, is } => advice(
            format!("the pinned id {id} is {}", visible(is)),
            "Correct `id:`, or remove it to find the object by name.",
        ),
        IdentityProblemKind::SameObject { id, other, other_origin } => advice(
            format!(
                "it is the same live object ({id}) as {other} (line {} of {})",
                other_origin.line, other_origin.file
            ),
            "Remove one of the two entries, or give each its own `id:`.",
        ),
        IdentityProblemKind::BothLive { old, new } => advice(
            format!("`renamed_from` names {}, and {} has the new name already", one(old), one(new)),
            format!(
                "Remove `renamed_from` to manage {new}; or rename or delete one of the two in OneLogin.",
                new = new.id
            ),
        ),
        IdentityProblemKind::NameTaken { wanted, candidate } => advice(
            format!("no server has the identifier `{}`, and the name belongs to {}", visible(wanted), one(candidate)),
            format!(
                "To take that server over add `id: {}`{}; otherwise give this entry another name.",
                candidate.id,
                match &candidate.resource_identifier {
                    Some(old) => format!(" or `renamed_from: {{ resource_identifier: \"{}\" }}`", visible(old)),
                    None => String::new(),
                }
            ),
        ),
        IdentityProblemKind::BuiltIn { candidate } => advice(
            format!("{} is OneLogin's own and is never changed", one(candidate)),
            format!("Refer to it with `external: {{ id: {} }}`.", candidate.id),
        ),
        IdentityProblemKind::ListTruncated => advice(
            "it is not in the list of servers, which is as long as OneLogin's answers get, so it may exist all the same",
            "Pin it with `id:` if it exists.",
        ),
        IdentityProblemKind::ExternalMissing { wanted } => {
            advice(format!("`{}` is not live", visible(wanted)), "Correct `external:`; what it names is never made.")
        }
    }
}

/// Names the line to add: `id: 1026152`.
fn pin(candidates: &[Candidate], lead: &str) -> String {
    let lines: Vec<String> = candidates.iter().map(|candidate| format!("`id: {}`", candidate.id)).collect();
    format!("{lead} {}.", lines.join(" or "))
}

fn named(candidates: &[Candidate]) -> String {
    candidates.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn one(candidate: &Candidate) -> String {
    let Candidate { id, name, resource_identifier } = candidate;
    match resource_identifier {
        Some(identifier) => format!("`{}` ({id}, {})", visible(name), visible(identifier)),
        None => format!("`{}` ({id})", visible(name)),
    }
}

fn list(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn ids_list(ids: &[RemoteId]) -> String {
    ids.iter().map(RemoteId::to_string).collect::<Vec<_>>().join(", ")
}

fn plural(kind: Kind) -> String {
    match kind {
        Kind::GatewayPolicy => "gateway policies".to_owned(),
        kind => format!("{}s", kind.noun()),
    }
}

#[cfg(test)]
mod tests {
    use super::refusal_advice;
    use crate::diff::{Refusal, RefusalKind};
    use crate::model::{Address, Candidate, IdentityProblemKind, Kind, RemoteId};

    #[test]
    fn every_refusal_has_a_way_out() {
        let candidate = |id| Candidate { id: RemoteId(id), name: "API".into(), resource_identifier: None };
        let kinds = [
            RefusalKind::Identity(IdentityProblemKind::Ambiguous {
                wanted: "API".into(),
                candidates: vec![candidate(1), candidate(2)],
            }),
            RefusalKind::Identity(IdentityProblemKind::NameTaken { wanted: "x".into(), candidate: candidate(3) }),
            RefusalKind::IncompleteCreate { missing: vec!["name", "audiences"] },
            RefusalKind::Inherited,
            RefusalKind::ScopeNotLive { value: "a:reed".into(), nearest: Some("a:read".into()) },
            RefusalKind::UserNotFound { user: "x@y".into() },
            RefusalKind::UserAmbiguous { user: "x@y".into(), ids: vec![RemoteId(1), RemoteId(2)] },
            RefusalKind::Immutable { field: "application_type" },
            RefusalKind::Cycle {
                addresses: vec![Address::parse("role/a").unwrap(), Address::parse("role/b").unwrap()],
            },
            RefusalKind::DestroyNotAllowed,
            RefusalKind::ReplaceNotAllowed,
            RefusalKind::ManyChildren { deletes: 4 },
            RefusalKind::Emptied { children: Kind::Scope },
            RefusalKind::LargeShare { kind: Kind::Client, deletes: 5, live: 10 },
            RefusalKind::TooManyDeletes { deletes: 5, limit: 1 },
        ];
        let lines: Vec<String> = kinds
            .into_iter()
            .map(|kind| {
                let address = Address::parse("authorization_server/contacts").unwrap();
                let advice = refusal_advice(&Refusal { address, origin: None, kind }, 5);
                format!("{}\n  {}", advice.message, advice.hint.expect("a way out"))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
