//! A picture of who may call what, with what changes.

use crate::access::{Gate, GraphApi, GraphClient, GraphScope, Obstacle, Presence};
use crate::diff::Impact;
use crate::model::ScopeValue;
use crate::report::visible;
use std::collections::BTreeMap;

/// The most arrows of a picture: more are not read, and take the renderers long.
const MOST_ARROWS: usize = 40;

/// The longest name of a client, server or policy, in characters.
const LONGEST: usize = 60;

/// The longest scope on an arrow, in characters, and how many of one fate are named.
const LONGEST_SCOPE: usize = 40;
const MOST_SCOPES: usize = 4;

/// The most bytes of a picture.
const MOST_BYTES: usize = 7_500;

/// Says how the picture is read; it goes before it, as text.
pub(super) const LEGEND: &str = "Who gets tokens for what. A thick arrow says what changes; a thin one that only *keeps* \
                                 is there today and stays. Round: client. Square: API. Hexagon: gateway policy.";

/// A picture, and how many arrows it has no room for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) text: String,
    /// Arrows that would show a change.
    pub(super) changes_left_out: usize,
    /// Arrows that would show what stays.
    pub(super) kept_left_out: usize,
}

/// Draws clients, servers and gateway policies: an arrow for what changes, then for the grants around it; `None` where no
/// client is concerned.
///
/// An arrow says in words what happens, so that nothing depends on colour.
pub(super) fn picture(graph: &[GraphApi]) -> Option<Picture> {
    let mut arrows: Vec<Arrow> = graph.iter().flat_map(Arrow::of).collect();
    // What changes comes first, the worst on top; within one impact the order of the graph stays.
    arrows.sort_by_key(|arrow| (arrow.impact.is_none(), arrow.impact));
    let mut nodes = Nodes::default();
    let mut lines = String::new();
    let mut drawn = 0;
    for Arrow { client, to, label, impact } in arrows.iter().take(MOST_ARROWS) {
        let (from, to) = (nodes.name(&Node::Client(client)), nodes.name(to));
        let line = match impact {
            Some(impact) => format!("  {from} ==>|\"{label}\"| {to}\n  linkStyle {drawn} {}\n", stroke(*impact)),
            None => format!("  {from} -->|\"{label}\"| {to}\n"),
        };
        if nodes.lines.len() + lines.len() + line.len() > MOST_BYTES {
            break;
        }
        lines.push_str(&line);
        drawn += 1;
    }
    let text = format!("flowchart LR\n{}{lines}", nodes.lines);
    let left_out = arrows.iter().skip(drawn);
    let changes_left_out = left_out.clone().filter(|arrow| arrow.impact.is_some()).count();
    let kept_left_out = left_out.count() - changes_left_out;
    (drawn > 0).then_some(Picture { text, changes_left_out, kept_left_out })
}

/// What one client gets, or how one policy meets it.
struct Arrow<'a> {
    client: &'a str,
    to: Node<'a>,
    /// Escaped.
    label: String,
    /// What it means; `None`: nothing changes.
    impact: Option<Impact>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node<'a> {
    Client(&'a str),
    Server { name: &'a str, presence: &'static str, impact: Option<Impact> },
    Policy(&'a str),
}

impl<'a> Arrow<'a> {
    /// Returns the arrows to an API and to the policies in front of it.
    fn of(api: &'a GraphApi) -> Vec<Self> {
        let GraphApi { server, presence, impact, clients } = api;
        let presence = match presence {
            Presence::Stays => "",
            Presence::Comes => ", new",
            Presence::Goes => ", deleted",
        };
        let to = Node::Server { name: server, presence, impact: *impact };
        clients.iter().flat_map(|client| Self::of_client(client, to)).collect()
    }

    fn of_client(client: &'a GraphClient, to: Node<'a>) -> Vec<Self> {
        let GraphClient { client, presence, is_replaced, impact: _, scopes, gates } = client;
        let (label, impact) = grant(*presence, *is_replaced, scopes);
        let gates = gates.iter().filter(|gate| gate.is_news).map(|Gate { policy, obstacles, is_news: _ }| {
            let (label, impact) = match obstacles.is_empty() {
                true => ("passes from now on".to_owned(), Impact::Widens),
                false => (format!("refused: {}", reasons(obstacles)), Impact::Breaks),
            };
            Self { client, to: Node::Policy(policy.as_str()), label, impact: Some(impact) }
        });
        std::iter::once(Self { client, to, label, impact }).chain(gates).collect()
    }
}

/// Says what keeps a client out.
fn reasons(obstacles: &[Obstacle]) -> String {
    let reasons: Vec<String> = obstacles.iter().map(|obstacle| obstacle.to_string().replace('`', "")).collect();
    escaped(&reasons.join(" and "), 2 * LONGEST)
}

/// Says what becomes of a client's scopes, and what the worst of it means.
///
/// Shape: the words are escaped.
fn grant(presence: Presence, is_replaced: bool, scopes: &[GraphScope]) -> (String, Option<Impact>) {
    let [mut kept, mut gained, mut lost, mut renamed] = [const { Vec::new() }; 4];
    for scope in scopes {
        match scope {
            GraphScope::Kept(scope) => kept.push(name(scope)),
            GraphScope::Gained(scope) => gained.push(name(scope)),
            GraphScope::Lost(scope) => lost.push(name(scope)),
            GraphScope::Renamed { from, to } => renamed.push(format!("{} instead of {}", name(to), name(from))),
        }
    }
    let mut parts = Vec::new();
    if presence == Presence::Goes {
        parts.push((Some(Impact::Breaks), "gets no more tokens".to_owned()));
    }
    if is_replaced && presence == Presence::Stays {
        parts.push((Some(Impact::Breaks), "needs its new client id and secret".to_owned()));
    }
    if !renamed.is_empty() {
        parts.push((Some(Impact::Breaks), format!("asks for {}", some(&renamed))));
    }
    if !gained.is_empty() {
        parts.push((Some(Impact::Widens), format!("gains {}", some(&gained))));
    } else if presence == Presence::Comes {
        parts.push((Some(Impact::Widens), "gains tokens without scopes".to_owned()));
    }
    if !lost.is_empty() {
        parts.push((Some(Impact::Narrows), format!("loses {}", some(&lost))));
    }
    if !kept.is_empty() {
        parts.push((None, format!("keeps {}", some(&kept))));
    } else if parts.is_empty() {
        parts.push((None, "keeps tokens without scopes".to_owned()));
    }
    let impact = parts.iter().filter_map(|(impact, _)| *impact).min();
    let words: Vec<String> = parts.into_iter().map(|(_, words)| words).collect();
    (words.join(", "), impact)
}

fn name(scope: &ScopeValue) -> String {
    escaped(scope.as_str(), LONGEST_SCOPE)
}

/// Lists names, and counts those there is no room for.
fn some(names: &[String]) -> String {
    let shown = names.get(..MOST_SCOPES).unwrap_or(names);
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The nodes that were named so far.
#[derive(Default)]
struct Nodes<'a> {
    known: BTreeMap<Node<'a>, String>,
    lines: String,
}

impl<'a> Nodes<'a> {
    fn name(&mut self, node: &Node<'a>) -> String {
        if let Some(name) = self.known.get(node) {
            return name.clone();
        }
        let name = format!("n{}", self.known.len());
        let line = match node {
            Node::Client(label) => format!("  {name}([\"{}\"])\n", escaped(label, LONGEST)),
            Node::Server { name: label, presence, impact } => {
                let for_all = impact.map_or_else(String::new, |impact| format!(", {} for all", impact.as_str()));
                format!("  {name}[\"{}{presence}{for_all}\"]\n", escaped(label, LONGEST))
            }
            Node::Policy(label) => format!("  {name}{{{{\"{}\"}}}}\n", escaped(label, LONGEST)),
        };
        self.lines.push_str(&line);
        self.known.insert(*node, name.clone());
        name
    }
}

const fn stroke(impact: Impact) -> &'static str {
    match impact {
        Impact::Breaks => "stroke:#b00020,stroke-width:3px",
        Impact::Widens => "stroke:#b26a00,stroke-width:2px",
        Impact::Narrows => "stroke:#1565c0,stroke-dasharray:6",
        Impact::Cosmetic => "stroke:#777777",
    }
}

/// Returns text as Mermaid shows it: all but letters, digits and a few plain signs by number.
///
/// Source: Mermaid's entity codes, `#35;` for `#`.
fn escaped(text: &str, longest: usize) -> String {
    let mut label = String::new();
    for (count, character) in visible(text.trim()).chars().enumerate() {
        if count == longest {
            label.push('…');
            break;
        }
        match character {
            c if c.is_alphanumeric() || " .:/_,-".contains(c) => label.push(c),
            c => label.push_str(&format!("#{};", u32::from(c))),
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::picture;
    use crate::access::{Gate, GraphApi, GraphClient, GraphScope, Obstacle, Presence};
    use crate::diff::Impact;
    use crate::model::{EntryKey, ScopeValue};

    fn client(name: &str, scopes: Vec<GraphScope>) -> GraphClient {
        let (presence, gates) = (Presence::Stays, Vec::new());
        GraphClient { client: name.to_owned(), presence, is_replaced: false, impact: None, scopes, gates }
    }

    fn scope(value: &str) -> ScopeValue {
        ScopeValue::new(value)
    }

    fn api(clients: Vec<GraphClient>) -> GraphApi {
        GraphApi { server: "api".to_owned(), presence: Presence::Stays, impact: None, clients }
    }

    #[test]
    fn names_are_labels_and_nothing_else() {
        let api = GraphApi {
            server: "s\"] --> x".to_owned(),
            ..api(vec![client("```end", vec![GraphScope::Gained(scope("a:b"))])])
        };
        let expected = "flowchart LR\n  n0([\"#96;#96;#96;end\"])\n  n1[\"s#34;#93; --#62; x\"]\n  \
                        n0 ==>|\"gains a:b\"| n1\n  linkStyle 0 stroke:#b26a00,stroke-width:2px\n";
        assert_eq!(picture(&[api]).unwrap().text, expected);
        assert_eq!(picture(&[]), None);
    }

    #[test]
    fn what_changes_is_drawn_before_what_stays() {
        let kept = || GraphScope::Kept(scope("read"));
        let gate = Gate {
            policy: EntryKey::new("mule"),
            obstacles: vec![Obstacle::Scopes(vec![scope("read")])],
            is_news: true,
        };
        let gone = GraphClient { presence: Presence::Goes, ..client("gone", vec![GraphScope::Lost(scope("read"))]) };
        let api = GraphApi {
            impact: Some(Impact::Narrows),
            ..api(vec![
                client("same", vec![kept()]),
                GraphClient { gates: vec![gate], ..client("less", vec![GraphScope::Lost(scope("read"))]) },
                client("renamed", vec![GraphScope::Renamed { from: scope("edit"), to: scope("write") }, kept()]),
                gone,
                GraphClient { is_replaced: true, ..client("anew", vec![kept()]) },
                client("bare", Vec::new()),
            ])
        };
        let text = picture(&[api]).unwrap().text;
        let arrows: Vec<&str> = text.lines().filter(|line| line.contains("|\"")).collect();
        let expected = [
            "  n0 ==>|\"refused: lacks read\"| n1",
            "  n2 ==>|\"asks for write instead of edit, keeps read\"| n3",
            "  n4 ==>|\"gets no more tokens, loses read\"| n3",
            "  n5 ==>|\"needs its new client id and secret, keeps read\"| n3",
            "  n0 ==>|\"loses read\"| n3",
            "  n6 -->|\"keeps read\"| n3",
            "  n7 -->|\"keeps tokens without scopes\"| n3",
        ];
        assert_eq!(arrows, expected);
        assert!(text.contains("  n3[\"api, narrows for all\"]\n"), "{text}");
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let clients = |count: usize, fate: fn(ScopeValue) -> GraphScope| {
            (0..count).map(move |number| client(&format!("c{number}"), vec![fate(scope("a"))]))
        };
        let api = api(clients(9, GraphScope::Kept).chain(clients(50, GraphScope::Gained)).collect());
        let drawn = picture(&[api]).unwrap();
        assert_eq!((drawn.changes_left_out, drawn.kept_left_out), (10, 9));
        assert_eq!(drawn.text.matches("==>").count(), 40);
    }
}
