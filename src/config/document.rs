//! YAML text into a spanned tree: one document, bounded, duplicate keys reported, nothing guessed.

use super::allow::{self, Comment};
use super::decode::entry_fields;
use super::shifted::{self, Lifted};
use super::syntax;
use super::tree::{CoreType, Node, Pair, Scalar, Style, Value};
use crate::diagnostic::{Allowance, Code, Diagnostic, Origin, Sourced};
use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, Span, StructureStyle};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// The deepest nesting that is read; the grammar needs seven levels.
const MAX_DEPTH: usize = 64;
/// The most nodes that aliases may add to one file: enough for honest reuse, too few for a billion laughs.
const MAX_ALIASED_NODES: usize = 100_000;
/// The most memory that anchors and aliases may take for what they repeat.
const MAX_REPEATED_BYTES: usize = 64 * 1024 * 1024;

/// What one file says.
pub(crate) struct Parsed {
    pub(crate) tree: Node,
    /// What its comments allow, in written order.
    pub(crate) allowances: Vec<Allowance>,
}

/// Parses one file; `None` where there is no tree to speak of.
pub(crate) fn parse(file: &Arc<str>, text: &str, problems: &mut Vec<Diagnostic>) -> Option<Parsed> {
    let places = Places { file, text };
    let mut options = Options::default();
    options.emit_comments = text.contains(allow::MARK);
    // They are kept anyway, and the file is bounded.
    options.max_buffered_comment_events = usize::MAX;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut builder = Builder::new(places, problems);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let diagnostic = syntax::explain(&error, &places);
                builder.problems.push(diagnostic);
                return None;
            }
        };
        if !builder.event(event, span) {
            return None;
        }
    }
    let comments = std::mem::take(&mut builder.comments);
    let tree = builder.finish()?;
    let allowances = allow::allowances(&comments, text, &tree, problems);
    Some(Parsed { tree, allowances })
}

/// Turns marks into origins.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) file: &'a Arc<str>,
    pub(crate) text: &'a str,
}

impl Places<'_> {
    /// Returns the origin between two marks: on character boundaries, inside the file.
    pub(crate) fn between(&self, start: &Marker, end: &Marker) -> Origin {
        let from = self.floor(start.byte_offset().unwrap_or_default());
        let to = self.ceil(end.byte_offset().unwrap_or_default().max(from));
        Origin {
            file: self.file.clone(),
            line: to_u32(start.line()),
            column: to_u32(start.col() + 1),
            start: from,
            end: to,
        }
    }

    /// Returns the origin of the character at a mark; empty at the end of the file.
    pub(crate) fn at(&self, mark: &Marker) -> Origin {
        let mut origin = self.between(mark, mark);
        let width = self.text.get(origin.start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        origin.end = origin.start + width;
        origin
    }

    /// Returns the origin of the sign at an offset.
    pub(crate) fn sign(&self, start: usize) -> Option<Origin> {
        let before = self.text.get(..start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let width = self.text.get(start..)?.chars().next().map_or(0, char::len_utf8);
        Some(Origin {
            file: self.file.clone(),
            line: to_u32(before.matches('\n').count() + 1),
            column: to_u32(before.get(line_start..)?.chars().count() + 1),
            start,
            end: start + width,
        })
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    fn ceil(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset += 1;
        }
        offset
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A collection whose end has not been seen.
struct Open {
    value: OpenValue,
    origin: Origin,
    is_flow: bool,
    anchor: usize,
}

impl Open {
    /// Returns the key whose value is being read.
    fn key(&self) -> Option<&Sourced<String>> {
        match &self.value {
            OpenValue::Map(_, Key::Text(key)) => Some(key),
            OpenValue::Map(..) | OpenValue::List(_) => None,
        }
    }

    /// Returns the pairs that were read; none of a list.
    fn pairs(&self) -> &[Pair] {
        match &self.value {
            OpenValue::Map(pairs, _) => pairs,
            OpenValue::List(_) => &[],
        }
    }
}

enum OpenValue {
    List(Vec<Node>),
    Map(Vec<Pair>, Key),
}

/// The key that waits for its value.
enum Key {
    None,
    Text(Sourced<String>),
    /// Refused already; its value is dropped.
    Refused,
}

/// What an anchor stands for.
struct Anchored {
    node: Node,
    size: Size,
}

/// How much a node is, with all that is in it.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    depth: usize,
    bytes: usize,
}

struct Builder<'a> {
    places: Places<'a>,
    problems: &'a mut Vec<Diagnostic>,
    /// Keys that stand too far right or left. Where the parser stops it says so of a line, and these are not certain.
    shifts: Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    aliased_nodes: usize,
    repeated_bytes: usize,
    root: Option<Node>,
    documents: usize,
    comments: Vec<Comment>,
}

impl<'a> Builder<'a> {
    fn new(places: Places<'a>, problems: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            places,
            problems,
            shifts: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            aliased_nodes: 0,
            repeated_bytes: 0,
            root: None,
            documents: 0,
            comments: Vec::new(),
        }
    }

    /// Takes one event; `false` where reading on makes no sense.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        if let (Some(tag), Some(at)) = (event.tag(), span.tag_start()) {
            let message = format!("the tag `{}` is not part of the grammar", tag.original());
            self.error(Code::Syntax, self.places.at(&at), message, "Remove the tag; quotes make a text of a number.");
        }
        match event {
            Event::DocumentStart(..) => return self.document(&span),
            Event::Scalar(text, style, anchor, _) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                let origin = self.places.between(&span.start, &span.end);
                let node = Node { value: Value::Scalar(Scalar { text: text.into_owned(), style }), origin };
                return self.complete(anchor, node);
            }
            Event::SequenceStart(style, anchor, _) => self.start(OpenValue::List(Vec::new()), style, anchor, &span),
            Event::MappingStart(style, anchor, _) => {
                self.start(OpenValue::Map(Vec::new(), Key::None), style, anchor, &span);
            }
            Event::SequenceEnd | Event::MappingEnd => return self.end(&span),
            Event::Alias(anchor) => return self.alias(anchor, &span),
            Event::Comment(text, _) => {
                let origin = self.places.between(&span.start, &span.end);
                self.comments.push(Comment { text: text.into_owned(), origin });
            }
            _ => {}
        }
        true
    }

    fn document(&mut self, span: &Span) -> bool {
        self.documents += 1;
        if self.documents == 1 {
            return true;
        }
        let origin = self.places.between(&span.start, &span.end);
        let hint = "Keep one document a file; `include` reads several files.";
        self.error(Code::Syntax, origin, "a second document begins here".to_owned(), hint);
        false
    }

    fn start(&mut self, value: OpenValue, style: StructureStyle, anchor: usize, span: &Span) {
        let origin = self.places.between(&span.start, &span.end);
        self.open.push(Open { value, origin, is_flow: style == StructureStyle::Flow, anchor });
    }

    fn end(&mut self, span: &Span) -> bool {
        let Some(Open { value, mut origin, is_flow, anchor }) = self.open.pop() else { return true };
        let mut lifted = Vec::new();
        let value = match value {
            OpenValue::List(items) => Value::List(items),
            OpenValue::Map(mut pairs, _) => {
                // Brackets say what belongs to what, whatever the indentation.
                if !is_flow {
                    lifted = self.lift_shifted(&mut pairs);
                }
                self.refuse_duplicates(&mut pairs);
                Value::Map(pairs)
            }
        };
        if is_flow {
            origin.end = self.places.between(&span.start, &span.end).end;
        } else {
            let first = match &value {
                // A file that is a list is wrong as a whole, from its first dash on.
                Value::List(_) if self.open.is_empty() => None,
                Value::List(items) => items.first().map(|item| &item.origin),
                Value::Map(pairs) => pairs.first().map(|pair| &pair.key.origin),
                Value::Scalar(_) => None,
            };
            if let Some(first) = first {
                origin = first.clone();
            }
        }
        let goes_on = self.complete(anchor, Node { value, origin });
        if let Some(OpenValue::Map(pairs, _)) = self.open.last_mut().map(|open| &mut open.value) {
            pairs.append(&mut lifted);
        }
        goes_on
    }

    /// Takes out of a mapping that ends what was meant to stand in the one around it, and puts what was meant to stand
    /// in one of its entries there.
    fn lift_shifted(&mut self, pairs: &mut Vec<Pair>) -> Vec<Pair> {
        let keys: Vec<Option<&Sourced<String>>> = self.open.iter().map(Open::key).collect();
        let fields = keys.first().copied().flatten().map(|section| entry_fields(&section.value)).unwrap_or_default();
        let beside = self.open.last().map(Open::pairs).unwrap_or_default();
        let Lifted { pairs: mut lifted, problems } = match keys.as_slice() {
            [Some(block)] => {
                let mut lifted = shifted::blocks(block, beside, pairs);
                lifted.problems.extend(shifted::into_entries(fields, pairs));
                lifted
            }
            [Some(_), Some(entry)] => shifted::entries(fields, entry, pairs),
            [Some(_), Some(_), Some(block)] => shifted::fields(fields, block, beside, pairs),
            _ => Lifted::default(),
        };
        self.shifts.extend(problems);
        for pair in &mut lifted {
            if let Value::Map(below) = &mut pair.value.value {
                self.refuse_duplicates(below);
            }
        }
        lifted
    }

    /// Puts a whole node where it belongs, and remembers it if it has an anchor.
    fn complete(&mut self, anchor: usize, node: Node) -> bool {
        if anchor > 0 {
            let size = measure(&node);
            if !self.repeat(size.bytes, &node.origin) {
                return false;
            }
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        self.add(node);
        true
    }

    /// Counts what is about to be repeated; `false` where it is too much.
    fn repeat(&mut self, bytes: usize, origin: &Origin) -> bool {
        self.repeated_bytes = self.repeated_bytes.saturating_add(bytes);
        let fits = self.repeated_bytes <= MAX_REPEATED_BYTES;
        if !fits {
            let message =
                format!("what the anchors and aliases of this file repeat takes more than {MAX_REPEATED_BYTES} bytes");
            self.error(Code::Syntax, origin.clone(), message, "Write the values out, or repeat smaller ones.");
        }
        fits
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> bool {
        let origin = self.places.between(&span.start, &span.end);
        let Some(size) = self.anchors.get(&anchor).map(|anchored| anchored.size) else {
            let hint = "Write the value out; an alias can only repeat what is complete.";
            self.error(Code::Syntax, origin, "an alias stands inside what it repeats".to_owned(), hint);
            return false;
        };
        self.aliased_nodes += size.nodes;
        if self.aliased_nodes > MAX_ALIASED_NODES || self.open.len() + size.depth > MAX_DEPTH {
            let message = format!("the aliases of this file stand for more than {MAX_ALIASED_NODES} values");
            self.error(Code::Syntax, origin, message, "Write the values out, or repeat smaller ones.");
            return false;
        }
        if !self.repeat(size.bytes, &origin) {
            return false;
        }
        let node = self.anchors.get(&anchor).map(|anchored| anchored.node.clone());
        node.into_iter().for_each(|node| self.add(node));
        true
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.value) {
            None => self.root = Some(node),
            Some(OpenValue::List(items)) => items.push(node),
            Some(OpenValue::Map(pairs, key)) => match std::mem::replace(key, Key::None) {
                Key::Text(key) => pairs.push(Pair { key, value: node }),
                Key::Refused => {}
                Key::None => {
                    let read = read_key(node);
                    let (read, problem) = match read {
                        Ok(read) => (Key::Text(read), None),
                        Err(problem) => (Key::Refused, Some(problem)),
                    };
                    *key = read;
                    self.problems.extend(problem);
                }
            },
        }
    }

    /// Keeps the first of equal keys, with what the others add to it, and reports the others with both places.
    fn refuse_duplicates(&mut self, pairs: &mut Vec<Pair>) {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by_key(|&index| pairs.get(index).map(|pair| pair.key.value.as_str()));
        // By index, the index of the first of its equals.
        let mut repeated: BTreeMap<usize, usize> = BTreeMap::new();
        let mut first: Option<(usize, &Pair)> = None;
        for index in order {
            let Some(pair) = pairs.get(index) else { continue };
            match first {
                Some((at, first)) if first.key.value == pair.key.value => {
                    let message = format!("the key `{}` stands twice in one mapping", pair.key.value);
                    self.problems.push(
                        Diagnostic::error(Code::DuplicateKey, pair.key.origin.clone(), message)
                            .with_related(first.key.origin.clone(), "first set here")
                            .with_hint("Keep one of the two, or merge what they say."),
                    );
                    repeated.insert(index, at);
                }
                _ => first = Some((index, pair)),
            }
        }
        if !repeated.is_empty() {
            *pairs = absorb(std::mem::take(pairs), &repeated);
        }
    }

    fn error(&mut self, code: Code, origin: Origin, message: String, hint: &str) {
        self.problems.push(Diagnostic::error(code, origin, message).with_hint(hint));
    }

    fn finish(self) -> Option<Node> {
        if self.root.as_ref().is_none_or(Node::is_null) {
            let origin = Origin { file: self.places.file.clone(), line: 1, column: 1, start: 0, end: 0 };
            self.problems.push(
                Diagnostic::error(Code::Syntax, origin, "the file says nothing")
                    .with_hint("Begin with `version: 1`; an included file begins with a block, such as `roles:`."),
            );
            return None;
        }
        self.problems.extend(self.shifts);
        self.root
    }
}

/// Puts what repeated mappings say into the first of them, so that nothing they say seems to be missing.
fn absorb(pairs: Vec<Pair>, repeated: &BTreeMap<usize, usize>) -> Vec<Pair> {
    let mut kept = BTreeMap::new();
    let mut more: BTreeMap<usize, Vec<Pair>> = BTreeMap::new();
    for (index, pair) in pairs.into_iter().enumerate() {
        match (repeated.get(&index), pair.value.value) {
            (Some(first), Value::Map(inner)) => more.entry(*first).or_default().extend(inner),
            (Some(_), Value::List(_) | Value::Scalar(_)) => {}
            (None, value) => {
                kept.insert(index, Pair { key: pair.key, value: Node { value, origin: pair.value.origin } });
            }
        }
    }
    for (index, inner) in more {
        let Some(Value::Map(own)) = kept.get_mut(&index).map(|pair| &mut pair.value.value) else { continue };
        let mut known: HashSet<String> = own.iter().map(|pair| pair.key.value.clone()).collect();
        own.extend(inner.into_iter().filter(|pair| known.insert(pair.key.value.clone())));
    }
    kept.into_values().collect()
}

/// Measures a node.
fn measure(node: &Node) -> Size {
    let depth = usize::from(!matches!(node.value, Value::Scalar(_)));
    let mut size = Size { nodes: 1, depth, bytes: size_of::<Node>() };
    let mut add = |child: &Node, bytes: usize| {
        let child = measure(child);
        size.nodes += child.nodes;
        size.depth = size.depth.max(child.depth + 1);
        size.bytes += child.bytes + bytes;
    };
    match &node.value {
        Value::Scalar(scalar) => size.bytes += scalar.text.len(),
        Value::List(items) => items.iter().for_each(|item| add(item, 0)),
        Value::Map(pairs) => pairs.iter().for_each(|pair| add(&pair.value, size_of::<Pair>() + pair.key.value.len())),
    }
    size
}

fn read_key(node: Node) -> Result<Sourced<String>, Diagnostic> {
    let Node { value, origin } = node;
    let Value::Scalar(scalar) = value else {
        return Err(Diagnostic::error(Code::Syntax, origin, "a list or mapping cannot be a key")
            .with_hint("Keys are texts; a value that begins with `{` or `[` and is meant as text needs quotes."));
    };
    if scalar.style == Style::Plain && scalar.text == "<<" {
        return Err(Diagnostic::error(Code::Syntax, origin, "merge keys (`<<`) are not part of YAML 1.2")
            .with_hint("Repeat a whole value with an alias (`key: *name`), or write the keys out."));
    }
    if scalar.style == Style::Plain && CoreType::of(&scalar.text) == CoreType::Null {
        return Err(Diagnostic::error(Code::NullValue, origin, "a key is empty")
            .with_hint("Write a name before the colon, or put quotes around a name such as `null`."));
    }
    if let Some(start) = scalar.text.find("${") {
        let end = scalar.text.get(start..).and_then(|rest| rest.find('}')).map_or(scalar.text.len(), |n| start + n + 1);
        return Err(Diagnostic::error(
            Code::Variable,
            scalar.part(&origin, start, end),
            "variables are not replaced in keys",
        )
        .with_hint("Write the key out; variables belong in values."));
    }
    Ok(Sourced::new(scalar.text, origin))
}
