//! Problems as SARIF, which code scanning services read.
//!
//! Source: OASIS, Static Analysis Results Interchange Format 2.1.0. Keys that are not needed are left out.

use super::ProblemsView;
use super::place::Region;
use crate::diagnostic::{Allowed, Code, Diagnostic, Label, Origin, Severity};
use crate::report::visible::visible_json;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes problems as a SARIF log of one run, with a line feed at the end; what the file allows is in it as suppressed.
///
/// # Errors
/// Whatever the writer answers.
pub fn write_problems_sarif(out: &mut dyn Write, view: &ProblemsView<'_>) -> io::Result<()> {
    let problems = view.judged.problems.iter().map(|problem| result(problem, None, view));
    let allowed = view.judged.allowed.iter().map(|allowed| result(&allowed.problem, Some(allowed), view));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "gatewright",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": Code::ALL.iter().copied().map(rule).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": problems.chain(allowed).collect::<Vec<_>>(),
        }],
    });
    writeln!(out, "{}", visible_json(&serde_json::to_string_pretty(&log)?))
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.meaning() },
        "fullDescription": { "text": format!("{} {}", code.meaning(), code.reason()) },
        "help": { "text": code.way_out() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn result(problem: &Diagnostic, allowed: Option<&Allowed>, view: &ProblemsView<'_>) -> Value {
    let Diagnostic { code, severity, message, primary, related, hint } = problem;
    let text = match hint {
        Some(hint) => format!("{message}\n{hint}"),
        None => message.clone(),
    };
    let mut result = Map::new();
    let mut set = |key: &str, value: Value| result.insert(key.to_owned(), value);
    set("ruleId", json!(code.as_str()));
    set("ruleIndex", json!(Code::ALL.iter().position(|other| other == code)));
    set("level", json!(level(*severity)));
    set("message", json!({ "text": text }));
    if let Some(label) = primary {
        set("locations", json!([{ "physicalLocation": physical(&label.origin, view) }]));
    }
    if !related.is_empty() {
        set("relatedLocations", related.iter().enumerate().map(|(at, label)| related_to(at, label, view)).collect());
    }
    if let Some(Allowed { problem: _, reason, comment }) = allowed {
        set(
            "suppressions",
            json!([{
                "kind": "inSource",
                "justification": reason,
                "location": { "physicalLocation": physical(comment, view) },
            }]),
        );
    }
    Value::Object(result)
}

fn related_to(at: usize, label: &Label, view: &ProblemsView<'_>) -> Value {
    let mut location = json!({ "id": at, "physicalLocation": physical(&label.origin, view) });
    if let (Some(fields), false) = (location.as_object_mut(), label.text.is_empty()) {
        fields.insert("message".to_owned(), json!({ "text": label.text }));
    }
    location
}

fn physical(origin: &Origin, view: &ProblemsView<'_>) -> Value {
    let Region { line, column, end_line, end_column } = Region::of(origin, view.sources);
    json!({
        "artifactLocation": { "uri": uri(&view.path(&origin.file)), "uriBaseId": "%SRCROOT%" },
        "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
    })
}

/// Writes a relative path as a URI reference: everything but unreserved characters and `/` is percent-encoded.
///
/// Source: RFC 3986, sections 2.3 and 4.2; a `:` in a first segment would be read as a scheme.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_uri_references() {
        assert_eq!(uri("apis/a b:c%.yaml"), "apis/a%20b%3Ac%25.yaml");
        assert_eq!(uri("../é/x~1.yaml"), "../%C3%A9/x~1.yaml");
    }
}
