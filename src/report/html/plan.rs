//! The page, from the first screen to the last line.

use super::access::{access_section, counts, refusals_section};
use super::changes::{changes_section, files_section, notes_section};
use super::graph::graph_section;
use super::markup::{Attr, Html};
use crate::plan::Context;
use crate::report::PlanView;
use crate::report::text::{DESTROYS, limited_to, summary_line};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{self, Write};

/// The looks of the page: light and dark, wide and narrow, on a screen and on paper.
const STYLE: &str = include_str!("style.css");

/// Writes a plan as one HTML file: who gains, who loses and what breaks on the first screen, the worst on top; then what is
/// refused, who may call what, and the changes, files and notes folded away.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_plan_html(out: &mut dyn Write, view: &PlanView<'_>) -> io::Result<()> {
    let context = &view.plan.context;
    // Nothing may be loaded and nothing may run; the one style is known by its digest.
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
    )?;
    let mut html = Html::new(out);
    html.leaf("title", &[], &title(context))?;
    html.fixed("<style>")?;
    html.fixed(STYLE)?;
    html.fixed("</style>\n</head>\n<body>\n")?;
    html.leaf("a", &[Attr::Class("skip"), Attr::To("access")], "Skip to what changes")?;
    header(&mut html, view)?;
    html.element("main", &[], |html| main(html, view))?;
    footer(&mut html, view)?;
    html.fixed("</body>\n</html>\n")
}

fn title(context: &Context) -> String {
    let environment = context.environment.as_ref().map_or_else(String::new, |name| format!(", {name}"));
    format!("Plan for {}{environment}", context.tenant)
}

fn header(html: &mut Html<'_>, view: &PlanView<'_>) -> io::Result<()> {
    let PlanView { plan, access, graph: _, files, has_files_base: _, variables } = view;
    let Context { tenant, account_id, environment, config_digest: _, replaces: _, targets, destroy } = &plan.context;
    html.element("header", &[], |html| {
        html.element("h1", &[], |html| {
            html.text("Plan for ")?;
            html.code(tenant)
        })?;
        html.element("dl", &[Attr::Class("facts")], |html| {
            if let Some(id) = account_id {
                fact(html, "Account", &id.to_string())?;
            }
            if let Some(environment) = environment {
                fact(html, "Environment", environment)?;
            }
            for (name, value) in *variables {
                fact(html, "Variable", &format!("{name}={value}"))?;
            }
            Ok(())
        })?;
        if *destroy {
            html.leaf("p", &[Attr::Class("limited")], DESTROYS)?;
        }
        if let Some(limited) = limited_to(targets) {
            html.leaf("p", &[Attr::Class("limited")], &limited)?;
        }
        html.leaf("p", &[Attr::Class("summary")], &summary_line(plan, files))?;
        counts(html, access, plan.refusals.len())
    })
}

fn fact(html: &mut Html<'_>, name: &'static str, value: &str) -> io::Result<()> {
    html.element("div", &[], |html| {
        html.leaf("dt", &[], name)?;
        html.leaf("dd", &[], value)
    })
}

fn main(html: &mut Html<'_>, view: &PlanView<'_>) -> io::Result<()> {
    let PlanView { plan, access, graph, files, has_files_base: _, variables: _ } = view;
    refusals_section(html, plan)?;
    access_section(html, access)?;
    graph_section(html, graph)?;
    changes_section(html, plan)?;
    files_section(html, files)?;
    notes_section(html, &plan.notes)
}

fn footer(html: &mut Html<'_>, view: &PlanView<'_>) -> io::Result<()> {
    html.element("footer", &[], |html| {
        html.leaf("p", &[Attr::Class("summary")], &summary_line(view.plan, view.files))?;
        let version =
            concat!("Written by gatewright ", env!("CARGO_PKG_VERSION"), " from the configuration with the digest ");
        html.element("p", &[], |html| {
            html.text(version)?;
            html.code(&view.plan.context.config_digest)?;
            html.text(".")
        })
    })
}
