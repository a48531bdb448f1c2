//! What goes with an object that is deleted or made anew, without a change of its own.

use crate::model::{Fingerprint, LiveClaim, LiveClient, LiveScope, RemoteId, text};
use std::collections::{BTreeMap, BTreeSet};

/// What hangs on an object, by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Scopes of a server.
    Scopes,
    /// Claims of a server.
    Claims,
    /// Bindings of a server, or of an app on any server.
    Clients,
    /// Members of a role.
    Members,
    /// Apps that a role gives.
    Apps,
}

impl Part {
    /// Returns the word used where fields are named.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scopes => "scopes",
            Self::Claims => "claims",
            Self::Clients => "clients",
            Self::Members => "members",
            Self::Apps => "apps",
        }
    }
}

/// What goes with an object, as it was seen.
///
/// Shape: nothing that OneLogin supplies, and nothing that a change of its own takes away. Empty for what stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Along {
    attached: BTreeMap<(Part, RemoteId), Attached>,
    leaving: BTreeSet<RemoteId>,
}

/// One thing that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attached {
    label: String,
    fingerprint: Fingerprint,
}

/// What hangs on an object now and was not seen, or was seen otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// What it is.
    pub part: Part,
    /// All of the kind that was seen, sorted by id.
    pub seen: Vec<String>,
    /// All of the kind that is there now, sorted by id.
    pub now: Vec<String>,
}

impl Along {
    /// Returns what goes with a server; bindings of apps that leave themselves do not count.
    pub fn of_server(
        scopes: &[LiveScope],
        claims: &[LiveClaim],
        clients: &[LiveClient],
        leaving: BTreeSet<RemoteId>,
    ) -> Self {
        let scopes = scopes.iter().filter(|scope| !scope.inherited);
        let scopes = scopes.map(|it| (Part::Scopes, it.id, it.value.to_string(), it.fingerprint()));
        let claims = claims.iter().filter(|claim| !claim.inherited);
        let claims = claims.map(|it| (Part::Claims, it.id, it.name.to_string(), it.fingerprint()));
        let clients = clients.iter().filter(|client| !leaving.contains(&client.app_id));
        let clients = clients.map(|it| (Part::Clients, it.app_id, bound(it), it.fingerprint()));
        let attached = attached(scopes.chain(claims).chain(clients));
        Self { attached, leaving }
    }

    /// Returns what goes with an app: its bindings, each with the server it is on.
    pub fn of_app<'a>(bindings: impl IntoIterator<Item = (RemoteId, &'a LiveClient)>) -> Self {
        let bindings = bindings.into_iter();
        let bindings =
            bindings.map(|(server, client)| (Part::Clients, server, format!("on {server}"), client.fingerprint()));
        Self { attached: attached(bindings), leaving: BTreeSet::new() }
    }

    /// Returns what goes with a role.
    pub fn of_role<'a>(
        members: impl IntoIterator<Item = &'a RemoteId>,
        apps: impl IntoIterator<Item = &'a RemoteId>,
    ) -> Self {
        let of = |part| move |id: &RemoteId| (part, *id, format!("id {id}"), Fingerprint::of(&id.0));
        let things = members.into_iter().map(of(Part::Members)).chain(apps.into_iter().map(of(Part::Apps)));
        Self { attached: attached(things), leaving: BTreeSet::new() }
    }

    /// Returns the apps whose bindings do not count.
    pub const fn leaving(&self) -> &BTreeSet<RemoteId> {
        &self.leaving
    }

    /// Returns the digest of an object with what goes along with it: its own where that is nothing.
    pub fn digest(&self, own: &Fingerprint) -> Fingerprint {
        if self.attached.is_empty() {
            return own.clone();
        }
        let one = |((part, id), attached): (&(Part, RemoteId), &Attached)| {
            (part.as_str(), id.0, attached.fingerprint.to_string())
        };
        Fingerprint::of(&(own.to_string(), self.attached.iter().map(one).collect::<Vec<_>>()))
    }

    /// Returns what is there now and is not as it was seen, by kind. What is gone meanwhile is no loss.
    pub fn unseen(&self, now: &Self) -> Vec<Unseen> {
        let is_unseen = |(key, attached): &(&(Part, RemoteId), &Attached)| {
            self.attached.get(*key).is_none_or(|seen| seen.fingerprint != attached.fingerprint)
        };
        let parts: BTreeSet<Part> = now.attached.iter().filter(is_unseen).map(|((part, _), _)| *part).collect();
        let unseen = |part| Unseen { part, seen: self.labels(part, None), now: now.labels(part, Some(self)) };
        parts.into_iter().map(unseen).collect()
    }

    /// Names all that goes along, by kind.
    pub fn all(&self) -> BTreeMap<Part, Vec<String>> {
        let parts: BTreeSet<Part> = self.attached.keys().map(|(part, _)| *part).collect();
        parts.into_iter().map(|part| (part, self.labels(part, None))).collect()
    }

    /// Names all of one kind; those of which others know something else are marked.
    fn labels(&self, part: Part, earlier: Option<&Self>) -> Vec<String> {
        let label = |(key, Attached { label, fingerprint }): (&(Part, RemoteId), &Attached)| {
            let seen = earlier.and_then(|earlier| earlier.attached.get(key));
            let is_changed = seen.is_some_and(|seen| seen.fingerprint != *fingerprint && seen.label == *label);
            if is_changed { format!("{label} (changed)") } else { label.clone() }
        };
        self.attached.iter().filter(|((of, _), _)| *of == part).map(label).collect()
    }
}

fn attached(
    things: impl Iterator<Item = (Part, RemoteId, String, Fingerprint)>,
) -> BTreeMap<(Part, RemoteId), Attached> {
    things.map(|(part, id, label, fingerprint)| ((part, id), Attached { label, fingerprint })).collect()
}

/// Names a binding by its app and what it grants.
fn bound(client: &LiveClient) -> String {
    let scopes: Vec<&str> = client.scopes.iter().map(|scope| scope.value.as_str()).collect();
    format!("{} (id {}): {}", text::canonical(&client.app_name), client.app_id, scopes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Along, Part};
    use crate::model::sample::{live_claim, live_client, live_scope};
    use crate::model::{ClaimSource, Fingerprint, LiveClaim, LiveScope, RemoteId};
    use std::collections::BTreeSet;

    fn parts(seen: &Along, now: &Along) -> Vec<Part> {
        seen.unseen(now).into_iter().map(|unseen| unseen.part).collect()
    }

    #[test]
    fn what_was_added_or_changed_was_not_seen() {
        let (read, write) = (live_scope(11, "read"), live_scope(12, "write"));
        let (email, web) = (live_claim(21, "email"), live_client(5, "web", &[&read]));
        let of = |scopes: &[LiveScope], claims: &[LiveClaim], clients: &[_]| {
            Along::of_server(scopes, claims, clients, [RemoteId(9)].into())
        };
        let seen = of(std::slice::from_ref(&read), std::slice::from_ref(&email), std::slice::from_ref(&web));
        assert_eq!(parts(&seen, &seen), []);
        assert_eq!(parts(&seen, &of(&[], &[], &[])), [], "what is gone is no loss");
        assert_eq!(parts(&seen, &of(&[read.clone(), write.clone()], &[], &[])), [Part::Scopes]);
        let widened = live_client(5, "web", &[&read, &write]);
        assert_eq!(parts(&seen, &of(&[], &[], &[widened])), [Part::Clients]);
        let other = LiveClaim { source: Some(ClaimSource::Macro("x".to_owned())), ..email };
        let unseen = seen.unseen(&of(&[], &[other], &[live_client(6, "other", &[])]));
        assert_eq!(unseen.iter().map(|it| it.part).collect::<Vec<_>>(), [Part::Claims, Part::Clients]);
        assert_eq!((&unseen[0].seen[..], &unseen[0].now[..]), (&["email".into()][..], &["email (changed)".into()][..]));
        assert_eq!(unseen[1].now, ["other (id 6): "]);
        let supplied = LiveScope { inherited: true, ..write };
        assert_eq!(parts(&seen, &of(&[supplied], &[], &[live_client(9, "leaves", &[])])), []);
    }

    #[test]
    fn the_digest_tells_what_goes_along() {
        let own = Fingerprint::of(&1);
        let ids = |ids: &[u64]| ids.iter().map(|id| RemoteId(*id)).collect::<BTreeSet<_>>();
        let digest = |members: &[u64], apps: &[u64]| Along::of_role(&ids(members), &ids(apps)).digest(&own);
        assert_eq!(digest(&[], &[]), own);
        let all = [digest(&[], &[]), digest(&[1], &[]), digest(&[], &[1]), digest(&[1, 2], &[]), digest(&[2], &[1])];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let read = live_scope(11, "read");
        let bound = |scopes: &[&LiveScope]| Along::of_app([(RemoteId(1), &live_client(5, "web", scopes))]).digest(&own);
        assert_ne!(bound(&[]), bound(&[&read]));
    }
}
