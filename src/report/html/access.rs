//! Who gains, who loses and what breaks.

use super::markup::{Attr, Html};
use crate::access::AccessChange;
use crate::diff::{Impact, Refusal};
use crate::plan::Plan;
use crate::report::likewise::told;
use crate::report::refusal::refusal_advice;
use crate::report::text::place;
use std::io;

/// How many lines of a kind are shown before the rest is folded away.
pub(super) const SHOWN: usize = 50;

/// An impact as the page tells it.
pub(super) struct Telling {
    pub(super) impact: Impact,
    /// The id of its list.
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
}

/// The impacts, the worst first.
pub(super) const TELLINGS: [Telling; 4] = [
    Telling {
        impact: Impact::Breaks,
        id: "breaks",
        title: "Breaks",
        meaning: "somebody who gets in today may be kept out, or may not find what they rely on",
    },
    Telling {
        impact: Impact::Widens,
        id: "widens",
        title: "Widens",
        meaning: "somebody gets in, or stays in longer, who does not today",
    },
    Telling { impact: Impact::Narrows, id: "narrows", title: "Narrows", meaning: "somebody may do less than today" },
    Telling { impact: Impact::Cosmetic, id: "cosmetic", title: "Cosmetic", meaning: "nothing changes about access" },
];

/// Writes how much there is of each impact, each a link to where it is told.
pub(super) fn counts(html: &mut Html<'_>, access: &[AccessChange], refusals: usize) -> io::Result<()> {
    html.element("nav", &[Attr::Label("Access changes by impact")], |html| {
        html.element("ul", &[Attr::Class("counts")], |html| {
            if refusals > 0 {
                count(html, "count refused", refusals, ("refused", "Refused"), "to resolve before it can be applied")?;
            }
            for Telling { impact, id, title, meaning } in &TELLINGS {
                let number = access.iter().filter(|change| change.impact == *impact).count();
                // What does not occur is said where it would matter.
                if number > 0 || *impact != Impact::Cosmetic {
                    count(html, class_of(*impact), number, (id, title), meaning)?;
                }
            }
            Ok(())
        })
    })
}

fn count(
    html: &mut Html<'_>,
    class: &'static str,
    number: usize,
    (id, title): (&'static str, &'static str),
    meaning: &'static str,
) -> io::Result<()> {
    html.element("li", &[Attr::Class(if number == 0 { "count none" } else { class })], |html| {
        let label = |html: &mut Html<'_>| {
            html.leaf("strong", &[], &number.to_string())?;
            html.text(" ")?;
            html.leaf("span", &[], &title.to_lowercase())
        };
        match number {
            0 => html.element("span", &[Attr::Class("label")], label)?,
            _ => html.element("a", &[Attr::Class("label"), Attr::To(id)], label)?,
        }
        html.leaf("p", &[], meaning)
    })
}

const fn class_of(impact: Impact) -> &'static str {
    match impact {
        Impact::Breaks => "count breaks",
        Impact::Widens => "count widens",
        Impact::Narrows => "count narrows",
        Impact::Cosmetic => "count cosmetic",
    }
}

const fn lines_of(impact: Impact) -> &'static str {
    match impact {
        Impact::Breaks => "lines breaks",
        Impact::Widens => "lines widens",
        Impact::Narrows => "lines narrows",
        Impact::Cosmetic => "lines",
    }
}

/// Writes the word for an impact.
pub(super) fn badge(html: &mut Html<'_>, impact: Impact) -> io::Result<()> {
    let class = match impact {
        Impact::Breaks => "impact breaks",
        Impact::Widens => "impact widens",
        Impact::Narrows => "impact narrows",
        Impact::Cosmetic => "impact cosmetic",
    };
    html.leaf("span", &[Attr::Class(class)], impact.as_str())
}

/// Writes what must not be executed, and the way out.
pub(super) fn refusals_section(html: &mut Html<'_>, plan: &Plan) -> io::Result<()> {
    if plan.refusals.is_empty() {
        return Ok(());
    }
    html.element("section", &[Attr::Id("refused"), Attr::LabelledBy("refused-title")], |html| {
        html.leaf("h2", &[Attr::Id("refused-title")], &format!("Refused ({})", plan.refusals.len()))?;
        list(html, "lines breaks", &plan.refusals, |html, refusal| refusal_item(html, refusal, plan.summary.delete))
    })
}

fn refusal_item(html: &mut Html<'_>, refusal: &Refusal, deletes: usize) -> io::Result<()> {
    let advice = refusal_advice(refusal, deletes);
    html.code(&refusal.address.to_string())?;
    html.text(": ")?;
    html.sentence(&advice.message)?;
    if let Some(origin) = &refusal.origin {
        html.text(" (")?;
        html.code(&place(origin))?;
        html.text(")")?;
    }
    match &advice.hint {
        Some(hint) => html.element("p", &[Attr::Class("hint")], |html| html.sentence(hint)),
        None => Ok(()),
    }
}

/// Writes what changes about access, the worst first.
pub(super) fn access_section(html: &mut Html<'_>, access: &[AccessChange]) -> io::Result<()> {
    html.element("section", &[Attr::Id("access"), Attr::LabelledBy("access-title")], |html| {
        html.leaf("h2", &[Attr::Id("access-title")], "Access changes")?;
        if access.is_empty() {
            return html.leaf("p", &[], "Nobody gains or loses anything.");
        }
        for Telling { impact, id, title, meaning } in &TELLINGS {
            let changes: Vec<&AccessChange> = access.iter().filter(|change| change.impact == *impact).collect();
            if changes.is_empty() {
                continue;
            }
            html.element("h3", &[Attr::Id(id), Attr::Class(impact.as_str())], |html| {
                html.leaf("strong", &[], &format!("{title} ({})", changes.len()))?;
                html.text(" ")?;
                html.leaf("span", &[Attr::Class("meaning")], meaning)
            })?;
            let lines = told(changes.iter().copied());
            list(html, lines_of(*impact), &lines, |html, line| html.sentence(&line.sentence()))?;
        }
        Ok(())
    })
}

/// Writes a list; what would make it too long to read is folded away.
pub(super) fn list<T>(
    html: &mut Html<'_>,
    class: &'static str,
    items: &[T],
    mut item: impl FnMut(&mut Html<'_>, &T) -> io::Result<()>,
) -> io::Result<()> {
    let mut part = |html: &mut Html<'_>, items: &[T]| {
        html.element("ul", &[Attr::Class(class)], |html| {
            items.iter().try_for_each(|each| html.element("li", &[], |html| item(html, each)))
        })
    };
    let (shown, rest) = items.split_at(items.len().min(SHOWN));
    part(html, shown)?;
    if rest.is_empty() {
        return Ok(());
    }
    html.element("details", &[], |html| {
        html.leaf("summary", &[], &format!("{} more", rest.len()))?;
        part(html, rest)
    })
}
