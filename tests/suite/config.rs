//! The configuration reader from files on disk: samples, messages, environments.

mod export;

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

/// Writes files into a fresh folder and loads `gatewright.yaml` in every environment.
fn problems_of(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    all_plain(&load_every(&folder.path().join("gatewright.yaml")).diagnostics)
}

/// Lists the samples of a folder by name.
fn samples(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(fixtures(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder} has no samples");
    paths
}

/// Reads a sample the way an editor does: YAML 1.2, then the published schema.
fn schema_accepts(validator: &jsonschema::Validator, path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).unwrap();
    let options = serde_yaml::options! { strict_booleans: true, leading_zero_numbers_as_strings: true };
    let value: serde_json::Value =
        serde_yaml::from_str_with_options(&text, options).map_err(|error| error.to_string())?;
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

#[test]
fn valid_samples_pass_the_reader_and_the_schema() {
    let validator = jsonschema::draft7::new(&gatewright::config::schema()).unwrap();
    for path in samples("valid") {
        let loaded = load_every(&path);
        assert_eq!(all_plain(&loaded.diagnostics), "", "{}", path.display());
        assert!(!loaded.environments.is_empty(), "{}", path.display());
        assert_eq!(schema_accepts(&validator, &path), Ok(()), "{}", path.display());
    }
}

#[test]
fn samples_that_are_probably_not_meant_load_with_these_warnings() {
    let mut messages = String::new();
    for path in samples("doubtful") {
        let loaded = load_every(&path);
        assert!(!loaded.environments.is_empty(), "{}", path.display());
        for diagnostic in &loaded.diagnostics {
            assert!(diagnostic.hint.is_some(), "{} has a problem without a hint: {diagnostic:?}", path.display());
        }
        messages.push_str(&all_plain(&loaded.diagnostics));
    }
    insta::assert_snapshot!("messages_doubtful", messages);
}

#[test]
fn invalid_samples_fail_the_reader_with_these_messages() {
    for folder in ["schema", "meaning", "syntax"] {
        let mut messages = String::new();
        for path in samples(&format!("invalid/{folder}")) {
            let loaded = load_every(&path);
            assert!(loaded.diagnostics.iter().any(Diagnostic::is_error), "{} is accepted", path.display());
            for diagnostic in &loaded.diagnostics {
                assert!(diagnostic.hint.is_some(), "{} has a problem without a hint: {diagnostic:?}", path.display());
            }
            messages.push_str(&all_plain(&loaded.diagnostics));
            messages.push('\n');
        }
        insta::assert_snapshot!(format!("messages_{folder}"), messages);
    }
}

#[test]
fn invalid_samples_of_form_fail_the_schema_too() {
    let validator = jsonschema::draft7::new(&gatewright::config::schema()).unwrap();
    for path in samples("invalid/schema") {
        assert!(schema_accepts(&validator, &path).is_err(), "{} passes the schema", path.display());
    }
    for path in samples("invalid/meaning") {
        assert_eq!(schema_accepts(&validator, &path), Ok(()), "{} belongs to invalid/schema", path.display());
    }
}

#[test]
fn the_published_schemas_are_fresh() {
    let check = |format: &str, schema: &serde_json::Value, name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
        let mut fresh = serde_json::to_string_pretty(schema).unwrap();
        fresh.push('\n');
        if std::env::var_os("GATEWRIGHT_WRITE_SCHEMAS").is_some() {
            std::fs::write(&path, &fresh).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == fresh, "schemas/{name} is stale: run `gatewright schema {format} > schemas/{name}`");
    };
    check("config", &gatewright::config::schema(), "gatewright.v1.json");
    check("include", &gatewright::config::include_schema(), "include.v1.json");
}

#[test]
fn included_files_have_a_schema_of_their_own() {
    let validator = jsonschema::draft7::new(&gatewright::config::include_schema()).unwrap();
    let apis = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/03-environments/apis");
    for name in ["orders.yaml", "stock.yaml"] {
        assert_eq!(schema_accepts(&validator, &apis.join(name)), Ok(()), "{name}");
    }
    assert!(schema_accepts(&validator, &fixtures("valid").join("minimal.yaml")).is_err(), "a root file is none");
}

#[test]
fn problems_in_two_files_name_both() {
    let root = "version: 1\ntenant: { subdomain: acme }\ninclude: [apis/*.yaml]\n";
    let contacts = "authorization_servers:\n  contacts:\n    resource_identifier: https://api.example.com\n";
    let orders = "authorization_servers:\n  orders:\n    resource_identifier: https://api.example.com\n";
    let files = [("gatewright.yaml", root), ("apis/contacts.yaml", contacts), ("apis/orders.yaml", orders)];
    insta::assert_snapshot!("duplicate_identifier_in_two_files", problems_of(&files));
    let again = "authorization_servers:\n  contacts: { name: Contacts }\ntenant: { subdomain: other }\n";
    let files = [("gatewright.yaml", root), ("apis/contacts.yaml", contacts), ("apis/again.yaml", again)];
    insta::assert_snapshot!("duplicate_key_in_two_files", problems_of(&files));
}

/// Loads one environment of the documentation's example with command line values.
fn load_example(environment: Option<&str>, variables: &[(&str, &str)]) -> Loaded {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let options = LoadOptions { environment, variables: &variables, process_env: &|_| None };
    load(&fixtures("valid").join("contacts.yaml"), &options)
}

#[test]
fn the_command_line_has_to_fit_the_file() {
    let check = |environment: Option<&str>, variables: &[(&str, &str)], expected: &str| {
        let loaded = load_example(environment, variables);
        assert_eq!(all_plain(&loaded.diagnostics), expected);
        assert!(loaded.desired.is_none());
    };
    check(
        None,
        &[],
        "contacts.yaml:7:1: environment: the file has environments, and none is chosen\n  \
         hint: Add `--env dev` or `--env prod`.\n",
    );
    check(
        Some("prd"),
        &[],
        "contacts.yaml:7:1: environment: the file has no environment `prd`\n  hint: Did you mean `prod`?\n",
    );
    check(
        Some("dev"),
        &[("contact_url", "https://x.example.com")],
        "variable: `--var contact_url=…` names a variable that the file does not declare\n  \
         hint: Did you mean `contacts_url`?\n",
    );
    let minimal = load_in(&fixtures("valid").join("minimal.yaml"), Some("dev"));
    assert_eq!(
        all_plain(&minimal.diagnostics),
        "environment: `--env dev` names an environment, and the file has none\n  \
         hint: Leave `--env` out, or add `environments: { dev: {} }` to the file.\n"
    );
}

#[test]
fn variables_come_from_the_command_line_before_the_environment_before_the_file() {
    let identifier = |environment, variables: &[(&str, &str)]| {
        let desired = load_example(environment, variables).desired.unwrap();
        let server = desired.servers.values().next().and_then(|entry| entry.present().cloned()).unwrap();
        server.resource_identifier.unwrap().value
    };
    assert_eq!(identifier(Some("dev"), &[]), "https://contacts.dev.example.com");
    assert_eq!(identifier(Some("prod"), &[]), "https://contacts.example.com");
    assert_eq!(identifier(Some("prod"), &[("contacts_url", "https://here.example.com")]), "https://here.example.com");
}

#[test]
fn what_only_leaves_out_is_missing_with_a_note() {
    let desired = load_example(Some("prod"), &[]).desired.unwrap();
    assert!(desired.roles.is_empty());
    let web = desired.apps.iter().find(|(key, _)| key.as_str() == "contacts-web").and_then(|(_, app)| app.present());
    assert_eq!(web.unwrap().roles.as_ref().unwrap().value, []);
    let notes: Vec<&str> = desired.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(
        notes,
        [
            "role `api-testers` is left alone: `only` does not name this environment",
            "oidc_app/contacts-web lacks role `api-testers`, which `only` leaves out of this environment",
        ]
    );
}

#[test]
fn environments_differ_in_their_digests() {
    let digest = |environment| load_example(Some(environment), &[]).desired.unwrap().config_digest;
    assert_eq!(digest("dev").len(), 64);
    assert_eq!(digest("dev"), digest("dev"));
    assert_ne!(digest("dev"), digest("prod"));
}

#[test]
fn includes_stay_inside_the_folder() {
    let root = |include: &str| format!("version: 1\ntenant: {{ subdomain: acme }}\ninclude: [{include}]\n");
    let check = |include: &str, expected: &str| {
        let text = root(include);
        let files = [("gatewright.yaml", text.as_str()), ("apis/a.yaml", "roles: {}\n"), ("apis/b.txt", "roles: {}\n")];
        let found = problems_of(&files);
        assert!(found.contains(expected) && !expected.is_empty() || found == expected, "{include}: {found}");
    };
    check("apis/*.yaml", "");
    check("\"*.yaml\", apis/a.yaml, apis/*.yaml", "");
    check("apis/*.yml", "`apis/*.yml` names no file");
    check("apis/missing.yaml", "`apis/missing.yaml` names no file");
    check("apis/*", "apis/b.txt is not a .yaml or .yml file");
    check("apis", "apis is not a .yaml or .yml file");
    check("../x.yaml", "`../x.yaml` leaves the root file's folder");
    check("/etc/x.yaml", "`/etc/x.yaml` is not a relative path");
    check("\"**/*.yaml\"", "`**/*.yaml` holds `**`");
    check("\"${x}.yaml\"", "variables are not replaced in `include`");
    check("5, null", "an item of `include` is nothing, not a path");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("real")).unwrap();
    std::fs::write(at("real/a.yaml"), "roles: {}\n").unwrap();
    std::os::unix::fs::symlink(at("real"), at("linked")).unwrap();
    std::os::unix::fs::symlink(at("real/a.yaml"), at("a.yaml")).unwrap();
    let check = |rest: &str, expected: &str| {
        let text = format!("version: 1\ntenant: {{ subdomain: acme }}\n{rest}");
        std::fs::write(at("gatewright.yaml"), text).unwrap();
        let found = all_plain(&load_every(&at("gatewright.yaml")).diagnostics);
        assert!(found.contains(expected), "{rest}: {found}");
    };
    check("include: [a.yaml]\n", "a.yaml is a symbolic link");
    check("include: [linked/a.yaml]\n", "linked is a symbolic link");
    check(
        "authorization_servers: { s: { name: s, audiences: [a] } }\n\
         gateway_policies: { p: { gateway: flex, authorization_server: s, output: linked/p.yaml } }\n",
        "linked is a symbolic link",
    );
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gatewright.yaml");
    let loaded = load_every(&path);
    assert_eq!(loaded.diagnostics.len(), 1);
    assert_eq!(loaded.diagnostics[0].code.as_str(), "file-unreadable");
    std::fs::write(&path, b"version: 1\nroles: \xff\n").unwrap();
    assert_eq!(
        all_plain(&load_every(&path).diagnostics),
        "gatewright.yaml:2:8: syntax: the file is not UTF-8\n  hint: Save it as UTF-8.\n"
    );
}
