//! The configuration reader from files on disk: samples, messages, environments.

use gatewright::config::{LoadOptions, Loaded, LoadedAll, load, load_all};
use gatewright::diagnostic::Diagnostic;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(folder)
}

fn load_in(path: &Path, environment: Option<&str>) -> Loaded {
    let variables = BTreeMap::new();
    load(path, &LoadOptions { environment, variables: &variables, process_env: &|_| None })
}

fn load_every(path: &Path) -> LoadedAll {
    let variables = BTreeMap::new();
    load_all(path, &LoadOptions { environment: None, variables: &variables, process_env: &|_| None })
}

/// Writes a problem the plain way: place, code, message, other places, hint.
fn plain(diagnostic: &Diagnostic) -> String {
    let mut text = match &diagnostic.primary {
        Some(label) => format!("{}:{}:{}: ", label.origin.file, label.origin.line, label.origin.column),
        None => String::new(),
    };
    text.push_str(&format!("{}: {}\n", diagnostic.code.as_str(), diagnostic.message));
    for label in &diagnostic.related {
        let origin = &label.origin;
        text.push_str(&format!("  {}:{}:{}: {}\n", origin.file, origin.line, origin.column, label.text));
    }
    if let Some(hint) = &diagnostic.hint {
        text.push_str(&format!("  hint: {hint}\n"));
    }
    text
}

fn all_plain(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(plain).collect()
}

#[test]
fn the_example_of_the_documentation_loads() {
    let path = fixtures("valid").join("contacts.yaml");
    let loaded = load_in(&path, Some("dev"));
    assert_eq!(all_plain(&loaded.diagnostics), "");
    let desired = loaded.desired.unwrap();
    assert_eq!(desired.tenant.issuer(), "https://acme-dev.onelogin.com/oidc/2");
    assert_eq!(desired.servers.len(), 1);
    assert_eq!(desired.apps.len(), 3);
    let all = load_every(&path);
    assert_eq!(all_plain(&all.diagnostics), "");
    let names: Vec<Option<&str>> = all.environments.iter().map(|(name, _)| name.as_deref()).collect();
    assert_eq!(names, [Some("dev"), Some("prod")]);
}
