//! Who may call what once the plan is done, and what of it is new: one table an API.

use super::access::{SHOWN, badge};
use super::markup::{Attr, Html};
use crate::access::{Gate, GraphApi, GraphClient, GraphScope, Presence};
use crate::diff::Impact;
use crate::report::count;
use std::io;

/// Writes what is touched and the grants around it; tables are unfolded while all of them can be read.
pub(super) fn graph_section(html: &mut Html<'_>, graph: &[GraphApi]) -> io::Result<()> {
    let rows: usize = graph.iter().map(|api| api.clients.len()).sum();
    if rows == 0 {
        return Ok(());
    }
    html.element("section", &[Attr::Id("graph"), Attr::LabelledBy("graph-title")], |html| {
        html.leaf("h2", &[Attr::Id("graph-title")], "Who may call what")?;
        html.leaf(
            "p",
            &[],
            "Every client of the APIs that change, and where else the clients that change get tokens. \
             A scope marked + is gained, − is lost; one without a mark stays.",
        )?;
        graph.iter().filter(|api| !api.clients.is_empty()).try_for_each(|api| api_table(html, api, rows <= SHOWN))
    })
}

fn api_table(html: &mut Html<'_>, api: &GraphApi, is_open: bool) -> io::Result<()> {
    let GraphApi { server, presence, impact, clients } = api;
    let attributes: &[Attr<'_>] = if is_open { &[Attr::Open] } else { &[] };
    html.element("details", attributes, |html| {
        html.element("summary", &[], |html| {
            html.code(server)?;
            html.text(match presence {
                Presence::Stays => "",
                Presence::Comes => " is new",
                Presence::Goes => " is deleted",
            })?;
            let changed = clients.iter().filter(|client| client.impact.is_some()).count();
            let clients = count(clients.len(), "client", None);
            let changed = match (changed, impact) {
                (0, None) => ", nothing changes here".to_owned(),
                (0, Some(_)) => String::new(),
                (changed, _) => format!(", {changed} touched"),
            };
            html.leaf("span", &[Attr::Class("quiet")], &format!(": {clients}{changed}"))?;
            mark_for_all(html, *impact)
        })?;
        html.element("table", &[], |html| {
            html.element("caption", &[Attr::Class("unseen")], |html| {
                html.text("Clients of ")?;
                html.code(server)
            })?;
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    let heads = ["Client", "Scopes", "Gateway policies"];
                    heads.iter().try_for_each(|head| html.leaf("th", &[Attr::Scope("col")], head))
                })
            })?;
            html.element("tbody", &[], |html| clients.iter().try_for_each(|client| row(html, client)))
        })
    })
}

fn mark_for_all(html: &mut Html<'_>, impact: Option<Impact>) -> io::Result<()> {
    let Some(impact) = impact else { return Ok(()) };
    html.text(" ")?;
    badge(html, impact)?;
    html.leaf("span", &[Attr::Class("quiet")], " for all clients")
}

fn row(html: &mut Html<'_>, client: &GraphClient) -> io::Result<()> {
    let GraphClient { client, presence, is_replaced, impact, scopes, gates } = client;
    html.element("tr", &[], |html| {
        html.element("th", &[Attr::Scope("row")], |html| {
            html.code(client)?;
            if let Some(impact) = impact {
                html.text(" ")?;
                badge(html, *impact)?;
            }
            let fate = match (presence, is_replaced) {
                (Presence::Comes, _) => "gets tokens from now on",
                (Presence::Goes, _) => "gets no more tokens",
                (Presence::Stays, true) => "needs its new client id and secret",
                (Presence::Stays, false) => return Ok(()),
            };
            html.leaf("p", &[Attr::Class("fate")], fate)
        })?;
        html.element("td", &[], |html| match scopes.as_slice() {
            [] => html.leaf("span", &[Attr::Class("quiet")], "tokens without scopes"),
            scopes => html.element("ul", &[Attr::Class("chips")], |html| {
                scopes.iter().try_for_each(|scope| html.element("li", &[], |html| scope_chip(html, scope)))
            }),
        })?;
        html.element("td", &[], |html| match gates.as_slice() {
            [] => html.leaf("span", &[Attr::Class("quiet")], "none"),
            gates => html.element("ul", &[Attr::Class("gates")], |html| {
                gates.iter().try_for_each(|gate| html.element("li", &[], |html| gate_line(html, gate)))
            }),
        })
    })
}

fn scope_chip(html: &mut Html<'_>, scope: &GraphScope) -> io::Result<()> {
    match scope {
        GraphScope::Kept(scope) => html.code(scope.as_str()),
        GraphScope::Gained(scope) => added(html, "gained", scope.as_str()),
        GraphScope::Lost(scope) => removed(html, "lost", scope.as_str()),
        GraphScope::Renamed { from, to } => {
            removed(html, "renamed from", from.as_str())?;
            html.text(" ")?;
            added(html, "to", to.as_str())
        }
    }
}

/// Writes something that comes: by sign, by word for those who hear it, and by colour.
pub(super) fn added(html: &mut Html<'_>, word: &'static str, text: &str) -> io::Result<()> {
    html.element("ins", &[], |html| {
        html.leaf("span", &[Attr::Class("unseen")], &format!("{word}: "))?;
        html.name(text)
    })
}

/// Writes something that goes, likewise.
pub(super) fn removed(html: &mut Html<'_>, word: &'static str, text: &str) -> io::Result<()> {
    html.element("del", &[], |html| {
        html.leaf("span", &[Attr::Class("unseen")], &format!("{word}: "))?;
        html.name(text)
    })
}

fn gate_line(html: &mut Html<'_>, gate: &Gate) -> io::Result<()> {
    let Gate { policy, obstacles, is_news } = gate;
    let (class, verb) = match (obstacles.is_empty(), is_news) {
        (true, false) => ("quiet", "passes "),
        (true, true) => ("impact widens", "will pass "),
        (false, false) => ("quiet", "refused by "),
        (false, true) => ("impact breaks", "will be refused by "),
    };
    html.leaf("span", &[Attr::Class(class)], verb.trim_end())?;
    html.text(" ")?;
    html.code(policy.as_str())?;
    if obstacles.is_empty() {
        return Ok(());
    }
    let reasons: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
    html.text(": it ")?;
    html.sentence(&reasons.join(" and "))
}
