//! A picture of who may call what, with what changes.

use crate::access::AccessChange;
use crate::diff::Impact;
use crate::report::visible;
use std::collections::BTreeMap;

/// The most arrows of a picture: more are not read, and take the renderers long.
const MOST_ARROWS: usize = 40;

/// The longest label, in characters.
const LONGEST: usize = 60;

/// The most bytes of a picture.
const MOST_BYTES: usize = 7_500;

/// A picture, and how many arrows it has no room for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) text: String,
    pub(super) left_out: usize,
}

/// Draws clients, servers and gateway policies with an arrow for each change; `None` where no client is concerned.
///
/// An arrow says in words what happens, so that nothing depends on colour.
pub(super) fn picture(access: &[AccessChange]) -> Option<Picture> {
    let arrows: Vec<Arrow> = access.iter().filter_map(Arrow::of).collect();
    let mut nodes = Nodes::default();
    let mut lines = String::new();
    let mut drawn = 0;
    for Arrow { client, to, label, impact } in arrows.iter().take(MOST_ARROWS) {
        let (from, to) = (nodes.name(&Node::Client(client)), nodes.name(to));
        let line = format!("  {from} -->|\"{}\"| {to}\n  linkStyle {drawn} {}\n", escaped(label), stroke(*impact));
        if nodes.lines.len() + lines.len() + line.len() > MOST_BYTES {
            break;
        }
        lines.push_str(&line);
        drawn += 1;
    }
    let text = format!("flowchart LR\n{}{lines}", nodes.lines);
    (drawn > 0).then(|| Picture { text, left_out: arrows.len() - drawn })
}

/// One change of a client's access.
struct Arrow<'a> {
    client: &'a str,
    to: Node<'a>,
    label: String,
    impact: Impact,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Node<'a> {
    Client(&'a str),
    Server(&'a str),
    Policy(&'a str),
}

impl<'a> Arrow<'a> {
    fn of(change: &'a AccessChange) -> Option<Self> {
        let AccessChange { impact, server, client, policy, scopes, sentence: _ } = change;
        let to = policy.as_ref().map_or(Node::Server(server), |policy| Node::Policy(policy.as_str()));
        let verb = match (impact, &to) {
            (Impact::Breaks, Node::Policy(_)) => "refused, lacks",
            (Impact::Breaks, _) => "breaks",
            (Impact::Widens, _) => "gains",
            (Impact::Narrows, _) => "loses",
            (Impact::Cosmetic, _) => "cosmetic",
        };
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        Some(Self { client: client.as_deref()?, to, label: format!("{verb} {}", scopes.join(" ")), impact: *impact })
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
            Node::Client(label) => format!("  {name}([\"{}\"])\n", escaped(label)),
            Node::Server(label) => format!("  {name}[\"{}\"]\n", escaped(label)),
            Node::Policy(label) => format!("  {name}{{{{\"{}\"}}}}\n", escaped(label)),
        };
        self.lines.push_str(&line);
        self.known.insert(node.clone(), name.clone());
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
fn escaped(text: &str) -> String {
    let mut label = String::new();
    for (count, character) in visible(text.trim()).chars().enumerate() {
        if count == LONGEST {
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
    use crate::access::AccessChange;
    use crate::diff::Impact;
    use crate::model::ScopeValue;

    #[test]
    fn names_are_labels_and_nothing_else() {
        let change = AccessChange {
            impact: Impact::Widens,
            server: "s\"] --> x".to_owned(),
            client: Some("```end".to_owned()),
            policy: None,
            scopes: vec![ScopeValue::new("a:b")],
            sentence: String::new(),
        };
        let many = vec![change.clone(); 50];
        assert_eq!(picture(&many).unwrap().left_out, 10);
        let drawn = picture(&[change]).unwrap().text;
        let expected = "flowchart LR\n  n0([\"#96;#96;#96;end\"])\n  n1[\"s#34;#93; --#62; x\"]\n  \
                        n0 -->|\"gains a:b\"| n1\n  linkStyle 0 stroke:#b26a00,stroke-width:2px\n";
        assert_eq!(drawn, expected);
        assert_eq!(picture(&[]), None);
    }
}
