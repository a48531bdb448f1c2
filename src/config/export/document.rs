//! The document as a whole.

use super::{apps, keys, scalar, servers, words};
use crate::model::{EntryKey, LiveApp, LiveRole, LiveServer, LiveState, RemoteId, Tenant, text};
use std::collections::{BTreeMap, BTreeSet};

/// Writes the file that describes an account as it was read.
///
/// Shape: `live` holds every server and OIDC app whole, with children. Loading the text gives a desired state that plans
/// nothing; the same state gives the same bytes. Names are pinned by `id` where two objects share one or the file cannot
/// say it. Built-in servers are left out, and so are roles that no OIDC app has.
pub fn export(live: &LiveState, tenant: &Tenant) -> String {
    let names = Names::new(live);
    let mut page = Page::default();
    page.head(live, tenant, "a plan of this file is empty");
    page.roles(live, &names);
    apps::write(&mut page, live, &names);
    servers::write(&mut page, live, &names);
    page.into_text()
}

/// The keys of everything that is written.
pub(super) struct Names {
    pub(super) roles: BTreeMap<RemoteId, EntryKey>,
    pub(super) apps: BTreeMap<RemoteId, EntryKey>,
    pub(super) servers: BTreeMap<RemoteId, EntryKey>,
}

impl Names {
    pub(super) fn new(live: &LiveState) -> Self {
        let used: BTreeSet<RemoteId> = live.apps.values().flat_map(|app| app.role_ids.iter().copied()).collect();
        let roles = live.lists.roles.iter().filter(|role| used.contains(&role.id));
        Self {
            roles: keys::assign("role", roles.map(|LiveRole { id, name }| (*id, name.as_str()))),
            apps: keys::assign("app", live.apps.values().map(|app: &LiveApp| (app.id, app.name.as_str()))),
            servers: keys::assign("server", own_servers(live).map(|server| (server.id, server.name.as_str()))),
        }
    }
}

/// Returns the servers that are the account's own.
pub(super) fn own_servers(live: &LiveState) -> impl Iterator<Item = &LiveServer> {
    live.servers.values().filter(|server| !server.built_in)
}

/// Counts names as identity compares them.
pub(super) fn count_names<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(text::canonical(name).into_owned()).or_default() += 1;
    }
    counts
}

/// Says whether a name finds one object only.
pub(super) fn is_unique(name: &str, counts: &BTreeMap<String, usize>) -> bool {
    counts.get(text::canonical(name).as_ref()).is_none_or(|count| *count <= 1)
}

/// The text under construction.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Adds what a root file begins with; `promise` says what a plan of it shows.
    pub(super) fn head(&mut self, live: &LiveState, tenant: &Tenant, promise: &str) {
        self.line(0, &format!("# The account {} as it was read: {promise}.", tenant.origin()));
        self.line(0, "# A key or an entry that you take out is left alone; a list or mapping that stays is complete.");
        self.line(0, "version: 1");
        self.tenant(live, tenant);
    }

    /// Adds a line.
    pub(super) fn line(&mut self, indent: usize, line: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a section's key, after an empty line.
    pub(super) fn section(&mut self, key: &str) {
        self.text.push('\n');
        self.line(0, key);
    }

    /// Adds what the file cannot say.
    pub(super) fn comment(&mut self, indent: usize, text: &str) {
        self.line(indent, &format!("# {}", scalar::comment(text)));
    }

    /// Adds a text; several lines become a block.
    pub(super) fn text(&mut self, indent: usize, key: &str, text: &str) {
        self.line(indent, &format!("{key}: {}", scalar::text(text, indent)));
    }

    /// Adds a list, on one line where it fits.
    pub(super) fn list<'a>(&mut self, indent: usize, key: &str, items: impl Iterator<Item = &'a str>) {
        const WIDTH: usize = 100;
        let items: Vec<String> = items.map(scalar::value).collect();
        let line = format!("{key}: [{}]", items.join(", "));
        if indent + line.chars().count() <= WIDTH || items.is_empty() {
            return self.line(indent, &line);
        }
        self.line(indent, &format!("{key}:"));
        for item in items {
            self.line(indent + 2, &format!("- {item}"));
        }
    }

    /// Adds a lifetime, if the file can say it.
    pub(super) fn minutes(&mut self, indent: usize, key: &str, minutes: Option<u64>) {
        match minutes {
            None => {}
            Some(minutes @ 1..=0x7FFF_FFFF) => self.line(indent, &format!("{key}: {minutes}")),
            Some(minutes) => {
                self.comment(indent, &format!("{key} is {minutes}, which the file cannot say: left alone"))
            }
        }
    }

    /// Adds the name, and the id where the name is not enough.
    pub(super) fn name(&mut self, id: RemoteId, name: &str, is_unique: bool) {
        let is_said = words::is_name(&words::readable(name));
        if !is_unique || !is_said {
            self.line(4, &format!("id: {id}"));
        }
        if is_said {
            self.text(4, "name", &words::readable(name));
        } else {
            self.comment(4, &format!("the name is left alone, the file cannot say it: {name}"));
        }
    }

    fn tenant(&mut self, live: &LiveState, tenant: &Tenant) {
        let Tenant { subdomain, account_id, base_url } = tenant;
        self.line(0, "tenant:");
        self.text(2, "subdomain", subdomain);
        if let Some(id) = account_id.or(live.account_id) {
            self.line(2, &format!("account_id: {id}"));
        }
        if let Some(url) = base_url {
            self.text(2, "base_url", &url.origin().ascii_serialization());
        }
    }

    /// Adds the roles that an OIDC app has.
    pub(super) fn roles(&mut self, live: &LiveState, names: &Names) {
        let counts = count_names(live.lists.roles.iter().map(|role| role.name.as_str()));
        let left_out = live.lists.roles.iter().filter(|role| !names.roles.contains_key(&role.id)).count();
        if names.roles.is_empty() && left_out == 0 {
            return;
        }
        self.section(if names.roles.is_empty() { "roles: {}" } else { "roles:" });
        for LiveRole { id, name } in &live.lists.roles {
            let Some(key) = names.roles.get(id) else { continue };
            self.line(2, &format!("{}:", scalar::key(key.as_str())));
            self.name(*id, name, is_unique(name, &counts));
        }
        if left_out > 0 {
            self.comment(2, &format!("left out: {} that no OIDC app has", text::count(left_out, "role")));
        }
    }
}
