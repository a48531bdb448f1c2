//! Compares authorization servers, and through them their children.

use super::apps::lifetime_impact;
use super::fields::{Fields, given, missing};
use super::sides::{Findings, Sides, Subject};
use super::{
    Along, Edit, FieldChange, Impact, ObjectRef, Operation, Reason, Refusal, RefusalKind, claims, clients, scopes,
};
use crate::model::{
    Address, Candidate, Entry, EntryKey, IdentityProblemKind, Kind, LiveServer, Match, NewServer, RemoteId, Server,
    ServerPatch, Unmanaged, text,
};
use std::collections::{BTreeMap, BTreeSet};

/// One listed server with its live side, as its children see it.
pub(super) struct Parent<'a> {
    pub(super) key: &'a EntryKey,
    pub(super) server: &'a Server,
    /// `None` where the server is yet to be made.
    pub(super) live: Option<&'a LiveServer>,
}

impl Parent<'_> {
    pub(super) fn object(&self) -> ObjectRef {
        match self.live {
            Some(live) => ObjectRef::Live(live.id),
            None => ObjectRef::Planned(Address::Server(self.key.clone())),
        }
    }

    pub(super) fn address(&self) -> Address {
        Address::Server(self.key.clone())
    }

    pub(super) fn deletes_unlisted(&self) -> bool {
        self.server.unmanaged == Unmanaged::Delete
    }
}

/// Compares every server the file manages.
pub(super) fn compare(sides: &Sides<'_>, findings: &mut Findings) {
    let audiences = UnlistedAudiences::new(sides);
    for (key, entry) in &sides.desired.servers {
        let Some(found) = sides.identities.servers.get(key) else { continue };
        let live = found.id().and_then(|id| sides.live.servers.get(&id));
        if let Some(server) = entry.managed()
            && let Some(refusal) = refuse_unsafe(&subject(key, server), *found, live)
        {
            findings.refuse(refusal);
            continue;
        }
        match (entry, live) {
            (Entry::External(_), _) | (Entry::Absent(_), None) => {}
            (Entry::Present(server), live) => {
                let parent = Parent { key, server, live };
                match live {
                    Some(live) => update(&parent, (live, *found), &audiences, findings),
                    None => create(&parent, &audiences, findings),
                }
                compare_children(&parent, sides, findings);
            }
            (Entry::Absent(server), Some(live)) => delete(key, server, live, sides, findings),
        }
    }
}

/// A server that is there and was not read must not be made again; one that is OneLogin's own is never touched, whatever
/// the list said of it.
fn refuse_unsafe(subject: &Subject<'_>, found: Match, live: Option<&LiveServer>) -> Option<Refusal> {
    match live {
        None => found.id().map(|_| subject.refusal(RefusalKind::NotRead { part: "fields" })),
        Some(live) if live.built_in => {
            let (name, resource_identifier) = (live.name.clone(), Some(live.resource_identifier.clone()));
            let candidate = Candidate { id: live.id, name, resource_identifier };
            Some(subject.refusal(RefusalKind::Identity(IdentityProblemKind::BuiltIn { candidate })))
        }
        Some(_) => None,
    }
}

/// Refuses to compare a block of the file with children that were not read.
pub(super) fn is_read<T>(
    parent: &Parent<'_>,
    part: &'static str,
    children: impl Fn(&LiveServer) -> &Option<T>,
    findings: &mut Findings,
) -> bool {
    let is_read = parent.live.is_none_or(|live| children(live).is_some());
    if !is_read {
        findings.refuse(subject(parent.key, parent.server).refusal(RefusalKind::NotRead { part }));
    }
    is_read
}

fn compare_children(parent: &Parent<'_>, sides: &Sides<'_>, findings: &mut Findings) {
    let scopes = scopes::compare(parent, findings);
    claims::compare(parent, findings);
    clients::compare(parent, &scopes, sides, findings);
    if parent.live.is_some() {
        note_undeclared(parent, findings);
    }
}

/// A reader who sees a server listed may think all of it is; what is not gets said.
fn note_undeclared(parent: &Parent<'_>, findings: &mut Findings) {
    let Server { scopes, claims, clients, origin, .. } = parent.server;
    let blocks = [
        ("scopes", scopes.is_none(), "scopes"),
        ("claims", claims.is_none(), "claims"),
        ("clients", clients.is_none(), "bindings"),
    ];
    for (key, is_absent, what) in blocks {
        if is_absent {
            let address = parent.address();
            findings.note(Some(origin), format!("{address} has no `{key}:`: live {what} stay in force"));
        }
    }
}

fn subject<'a>(key: &EntryKey, server: &'a Server) -> Subject<'a> {
    Subject { address: Address::Server(key.clone()), origin: &server.origin }
}

fn create(parent: &Parent<'_>, audiences: &UnlistedAudiences<'_>, findings: &mut Findings) {
    let Parent { key, server, live: _ } = parent;
    let subject = subject(key, server);
    let (Some(name), Some(resource_identifier), Some(listed)) =
        (given(&server.name), given(&server.resource_identifier), given(&server.audiences))
    else {
        let missing = missing(&[
            ("name", server.name.is_some()),
            ("resource_identifier", server.resource_identifier.is_some()),
            ("audiences", server.audiences.is_some()),
        ]);
        return findings.refuse(subject.refusal(RefusalKind::IncompleteCreate { missing }));
    };
    let new = NewServer {
        name,
        description: given(&server.description).unwrap_or_default(),
        resource_identifier,
        audiences: listed.into_iter().map(|audience| audience.value).collect(),
        access_token_expiration_minutes: given(&server.access_token_expiration_minutes),
        refresh_token_expiration_minutes: given(&server.refresh_token_expiration_minutes),
    };
    note_defaults(parent, findings);
    let is_shared = audiences.note_shared(parent, &new.audiences, None, findings);
    let fields = made_fields(&new);
    // Nobody gets tokens of a new server yet, but where its audience is another server's, that one's open its API at once.
    let impact = if is_shared { Impact::Widens } else { Impact::Cosmetic };
    findings.create(&subject, impact, fields, Edit::Server(Operation::Create(new)));
}

fn note_defaults(parent: &Parent<'_>, findings: &mut Findings) {
    let Server { description, access_token_expiration_minutes, refresh_token_expiration_minutes, .. } = parent.server;
    let subject = subject(parent.key, parent.server);
    let address = &subject.address;
    if description.is_none() {
        findings.remark(&subject, format!("{address} has no `description`: it is made with an empty one"));
    }
    for (key, field) in [
        ("access_token_expiration_minutes", access_token_expiration_minutes),
        ("refresh_token_expiration_minutes", refresh_token_expiration_minutes),
    ] {
        if field.is_none() {
            findings.remark(&subject, format!("{address} has no `{key}`: OneLogin chooses the lifetime"));
        }
    }
}

fn made_fields(new: &NewServer) -> Vec<FieldChange> {
    let NewServer {
        name,
        description,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = new;
    let mut fields = Fields::default();
    fields.made("name", name.clone());
    fields.made("description", description.clone());
    fields.made("resource_identifier", resource_identifier.clone());
    fields.made("audiences", audiences.clone());
    fields.made("access_token_expiration_minutes", *access_token_expiration_minutes);
    fields.made("refresh_token_expiration_minutes", *refresh_token_expiration_minutes);
    fields.into_vec()
}

fn update(
    parent: &Parent<'_>,
    (live, found): (&LiveServer, Match),
    audiences: &UnlistedAudiences<'_>,
    findings: &mut Findings,
) {
    findings.count_live(Kind::AuthorizationServer);
    let server = parent.server;
    let mut fields = Fields::default();
    let wanted_audiences = server.audiences.as_ref().map(|listed| &listed.value);
    let patch = ServerPatch {
        name: fields.text("name", &server.name, Some(&live.name)),
        description: fields.text("description", &server.description, live.description.as_deref()),
        resource_identifier: server.resource_identifier.as_ref().and_then(|wanted| {
            let differs = wanted.value != live.resource_identifier;
            differs.then(|| {
                fields.push(
                    "resource_identifier",
                    live.resource_identifier.clone().into(),
                    wanted.value.clone().into(),
                );
                wanted.value.clone()
            })
        }),
        audiences: wanted_audiences.and_then(|wanted| {
            let wanted = wanted.iter().map(|audience| audience.value.as_str());
            fields.set("audiences", wanted, &live.audiences)
        }),
        access_token_expiration_minutes: fields.minutes(
            "access_token_expiration_minutes",
            &server.access_token_expiration_minutes,
            live.access_token_expiration_minutes,
        ),
        refresh_token_expiration_minutes: fields.minutes(
            "refresh_token_expiration_minutes",
            &server.refresh_token_expiration_minutes,
            live.refresh_token_expiration_minutes,
        ),
    };
    if let Some(listed) = &patch.audiences {
        audiences.note_shared(parent, listed, Some(live), findings);
    }
    let impact = impact(&patch, live);
    let edit = Edit::Server(Operation::Update { id: live.id, patch });
    let is_renamed = matches!(found, Match::Renamed(_));
    let subject = subject(parent.key, server);
    findings.update(&subject, impact, is_renamed, live.fingerprint(), (fields.into_vec(), edit));
}

/// A new identifier breaks every client that sends the old one as `resource`; an audience taken out breaks every gateway
/// that asks for it, one added opens another API.
fn impact(patch: &ServerPatch, live: &LiveServer) -> Impact {
    let ServerPatch {
        name: _,
        description: _,
        resource_identifier,
        audiences,
        access_token_expiration_minutes,
        refresh_token_expiration_minutes,
    } = patch;
    let identifier = resource_identifier.as_ref().map(|_| Impact::Breaks);
    let audiences = audiences.as_ref().map(|after| match live.audiences.iter().all(|before| after.contains(before)) {
        true => Impact::Widens,
        false => Impact::Breaks,
    });
    let access = lifetime_impact(*access_token_expiration_minutes, live.access_token_expiration_minutes);
    let refresh = lifetime_impact(*refresh_token_expiration_minutes, live.refresh_token_expiration_minutes);
    [identifier, audiences, access, refresh].into_iter().flatten().min().unwrap_or(Impact::Cosmetic)
}

fn delete(key: &EntryKey, server: &Server, live: &LiveServer, sides: &Sides<'_>, findings: &mut Findings) {
    findings.count_live(Kind::AuthorizationServer);
    let mut fields = Fields::default();
    fields.gone("name", live.name.clone());
    fields.gone("resource_identifier", live.resource_identifier.clone());
    fields.gone_set("audiences", live.audiences.iter().map(String::as_str));
    let subject = subject(key, server);
    let lengths = [
        (live.scopes.as_ref().map(Vec::len), "scope"),
        (live.claims.as_ref().map(Vec::len), "claim"),
        (live.clients.as_ref().map(Vec::len), "client binding"),
    ];
    let some = lengths.into_iter().filter_map(|(length, noun)| Some((length.filter(|length| *length > 0)?, noun)));
    let children: Vec<String> = some.map(|(length, noun)| text::count(length, noun)).collect();
    if !children.is_empty() {
        findings.remark(&subject, format!("{} goes with {}", subject.address, children.join(", ")));
    }
    let edit = Edit::Server(Operation::Delete { id: live.id });
    let LiveServer { scopes, claims, clients, .. } = live;
    let children = (scopes.as_deref(), claims.as_deref(), clients.as_deref());
    let (scopes, claims, clients) =
        (children.0.unwrap_or_default(), children.1.unwrap_or_default(), children.2.unwrap_or_default());
    let along = Along::of_server(scopes, claims, clients, sides.leaving_apps());
    let why = (Impact::Breaks, Reason::StateAbsent);
    findings.delete(&subject, why, (live.fingerprint(), along), fields.into_vec(), edit);
}

/// The audiences of live servers that the file does not list: one issuer signs for all, so a shared audience is shared access.
struct UnlistedAudiences<'a> {
    servers: BTreeMap<&'a str, Vec<(RemoteId, &'a str)>>,
}

impl<'a> UnlistedAudiences<'a> {
    fn new(sides: &Sides<'a>) -> Self {
        let listed: BTreeSet<RemoteId> = sides.identities.servers.values().filter_map(|found| found.id()).collect();
        let mut servers: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for server in sides.live.lists.servers.iter().filter(|server| !listed.contains(&server.id)) {
            for audience in &server.audiences {
                servers.entry(audience).or_default().push((server.id, server.name.as_str()));
            }
        }
        Self { servers }
    }

    /// Says which audiences that become accepted are also those of servers outside the file. Returns whether any is.
    fn note_shared(
        &self,
        parent: &Parent<'_>,
        after: &[String],
        live: Option<&LiveServer>,
        findings: &mut Findings,
    ) -> bool {
        let mut is_shared = false;
        let is_new = |audience: &&String| live.is_none_or(|live| !live.audiences.contains(audience));
        for audience in after.iter().filter(is_new) {
            for (id, name) in self.servers.get(audience.as_str()).into_iter().flatten() {
                is_shared = true;
                findings.remark(
                    &subject(parent.key, parent.server),
                    format!(
                        "widens: audience `{audience}` of {} is also that of `{name}` (id {id}), which the file does \
                         not list: tokens of either open both",
                        parent.address()
                    ),
                );
            }
        }
        is_shared
    }
}
