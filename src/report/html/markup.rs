//! The one door into the page: elements by name, and text that is always text.

use crate::report::visible::{visible, visible_lines};
use std::io::{self, Write};

/// A page that is being written.
pub(super) struct Html<'a> {
    out: &'a mut dyn Write,
}

/// An attribute. What may come from the account or the file is a [`Attr::Label`]; all else is ours.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attr<'a> {
    Class(&'static str),
    Id(&'static str),
    /// A link within the page, to an id.
    To(&'static str),
    /// The name of a region or a list, for those who do not see it.
    Label(&'a str),
    /// The id of the heading that names a region.
    LabelledBy(&'static str),
    /// What a heading of a table heads: `col` or `row`.
    Scope(&'static str),
    /// Unfolded.
    Open,
}

/// The names of elements that stand within a line.
const INLINE: [&str; 7] = ["a", "code", "del", "ins", "span", "strong", "summary"];

impl<'a> Html<'a> {
    pub(super) const fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// Writes what stands there in every page.
    pub(super) fn fixed(&mut self, markup: &'static str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    /// Writes an element with what is in it.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: &[Attr<'_>],
        content: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        write!(self.out, "<{name}")?;
        for attribute in attributes {
            let (name, value) = match attribute {
                Attr::Class(class) => ("class", (*class).to_owned()),
                Attr::Id(id) => ("id", (*id).to_owned()),
                Attr::To(id) => ("href", format!("#{id}")),
                Attr::Label(label) => ("aria-label", escaped(&visible(label))),
                Attr::LabelledBy(id) => ("aria-labelledby", (*id).to_owned()),
                Attr::Scope(scope) => ("scope", (*scope).to_owned()),
                Attr::Open => ("open", String::new()),
            };
            write!(self.out, " {name}=\"{value}\"")?;
        }
        write!(self.out, ">")?;
        content(self)?;
        let end = if INLINE.contains(&name) { "" } else { "\n" };
        write!(self.out, "</{name}>{end}")
    }

    /// Writes an element that holds nothing but text.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: &[Attr<'_>], text: &str) -> io::Result<()> {
        self.element(name, attributes, |html| html.text(text))
    }

    /// Writes text; line breaks are shown as what they are.
    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(escaped(&visible(text)).as_bytes())
    }

    /// Writes a name as code, which may be broken after its separators.
    pub(super) fn code(&mut self, name: &str) -> io::Result<()> {
        self.element("code", &[], |html| html.name(name))
    }

    /// Writes a name, which may be broken after its separators.
    pub(super) fn name(&mut self, name: &str) -> io::Result<()> {
        for part in visible(name).split_inclusive(['/', ':', '_', '.', '?', '&', '=']) {
            self.out.write_all(escaped(part).as_bytes())?;
            self.fixed("<wbr>")?;
        }
        Ok(())
    }

    /// Writes text whose line breaks stay.
    pub(super) fn lines(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(escaped(&visible_lines(text)).as_bytes())
    }

    /// Writes a sentence of ours in which names stand between backticks.
    pub(super) fn sentence(&mut self, text: &str) -> io::Result<()> {
        for (place, part) in text.split('`').enumerate() {
            match place % 2 {
                1 => self.code(part)?,
                _ => self.text(part)?,
            }
        }
        Ok(())
    }
}

/// Returns text that has no meaning in HTML, neither between tags nor in a quoted attribute.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
