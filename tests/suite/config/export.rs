//! An account written as a file, and the file read back.

use gatewright::config::{ExportedFile, LoadOptions, export, export_split, load};
use gatewright::diagnostic::Diagnostic;
use gatewright::diff::diff;
use gatewright::model::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn tenant() -> Tenant {
    Tenant { subdomain: "acme".to_owned(), account_id: None, base_url: None }
}

/// Writes the account, loads what was written and returns it with the text.
fn there_and_back(live: &LiveState) -> (String, DesiredState) {
    let text = export(live, &tenant());
    let file = ExportedFile { path: "gatewright.yaml".to_owned(), contents: text.clone() };
    (text, read_back(&[file]))
}

/// Writes the account over several files, loads what was written and returns it with the texts.
fn split_and_back(live: &LiveState) -> (String, DesiredState) {
    let files = export_split(live, &tenant());
    let text: Vec<String> = files.iter().map(|file| format!("=== {}\n{}", file.path, file.contents)).collect();
    (text.join("\n"), read_back(&files))
}

fn read_back(files: &[ExportedFile]) -> DesiredState {
    let folder = tempfile::tempdir().unwrap();
    for ExportedFile { path, contents } in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }
    let path = folder.path().join("gatewright.yaml");
    let variables = BTreeMap::new();
    let loaded = load(&path, &LoadOptions { environment: None, variables: &variables, process_env: &|_| None });
    // What is odd in the account may be warned of; it has to load all the same.
    let is_sound = !loaded.diagnostics.iter().any(Diagnostic::is_error);
    assert!(is_sound, "{}\n{files:#?}", super::all_plain(&loaded.diagnostics));
    loaded.desired.unwrap()
}

/// Texts of an account: mostly plain, some that YAML, variables or reviewers stumble over.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z][A-Za-z0-9 _.:/-]{0,12}",
        1 => "\\PC{0,8}",
        1 => "[ -~]{0,10}",
        1 => "[a-z \n#:|>$\\{\\}]{0,14}",
        1 => prop::sample::select(vec![
            "", " ", "yes", "No", "null", "~", "12", "1.4", "2024-01-01", "12:30", "true", "R&amp;D", "R&D", "&amp;lt;", "a: b",
            "- a", "# a", "* a", "*", "${x}", "$${x}", "${environment}", "a\u{202E}b", "a\u{200B}b", "a\u{7}b", "one\r\ntwo",
            "one\n  two\n", "one\n\n\ntwo\n\n", "\tone\ntwo", "é", "😀", "❤\u{FE0F}", "\u{FFFE}", "\u{E000}", "\u{85}", "[a]",
            "{a: b}", "'a'", "\"a\"", "a\\b", "<<", "...", "---", "a,b", "a %20", "@a", "`a",
        ])
        .prop_map(str::to_owned),
    ]
}

fn ids(from: u64) -> impl Strategy<Value = BTreeSet<u64>> {
    prop::collection::btree_set(from..from + 4, 0..4)
}

fn minutes() -> impl Strategy<Value = Option<u64>> {
    prop::sample::select(vec![None, Some(0), Some(1), Some(10), Some(u64::MAX)])
}

fn app() -> impl Strategy<Value = LiveApp> {
    let texts = (text(), prop::option::of(text()), prop::option::of(text()), prop::option::of(text()));
    let uris = (prop::collection::vec(text(), 0..3), prop::collection::vec(text(), 0..2));
    let kinds = (any::<bool>(), any::<bool>(), 0..3usize);
    (texts, uris, kinds, minutes(), minutes(), ids(100)).prop_map(
        |((name, description, notes, login_url), uris, (visible, is_web, method), access, refresh, roles)| LiveApp {
            id: RemoteId(0),
            name,
            description,
            notes,
            visible,
            application_type: if is_web { ApplicationType::Web } else { ApplicationType::Native },
            token_endpoint_auth_method: [
                TokenEndpointAuthMethod::Basic,
                TokenEndpointAuthMethod::Post,
                TokenEndpointAuthMethod::None,
            ][method],
            redirect_uris: uris.0,
            post_logout_redirect_uris: uris.1,
            login_url,
            access_token_expiration_minutes: access,
            refresh_token_expiration_minutes: refresh,
            role_ids: roles.into_iter().map(RemoteId).collect(),
            connector_id: Some(RemoteId(108_419)),
            client_id: None,
        },
    )
}

fn scopes() -> impl Strategy<Value = Vec<LiveScope>> {
    let one = (prop::option::of(text()), any::<bool>());
    prop::collection::btree_map(text(), one, 0..4).prop_map(|scopes| {
        let scopes = scopes.into_iter().zip(1..);
        scopes
            .map(|((value, (description, inherited)), id)| LiveScope {
                id: RemoteId(id),
                value: ScopeValue::new(value),
                description,
                inherited,
                raw: RawObject::default(),
            })
            .collect()
    })
}

fn claims() -> impl Strategy<Value = Vec<LiveClaim>> {
    let source = prop_oneof![
        Just(None),
        text().prop_map(|text| Some(ClaimSource::UserAttribute(text))),
        text().prop_map(|text| Some(ClaimSource::CustomAttribute(text))),
        text().prop_map(|text| Some(ClaimSource::Macro(text))),
    ];
    let one = (source, prop::option::of(text()), any::<bool>());
    prop::collection::btree_map(text(), one, 0..3).prop_map(|claims| {
        let claims = claims.into_iter().zip(1..);
        claims
            .map(|((name, (source, transformation, inherited)), id)| LiveClaim {
                id: RemoteId(id),
                name: ClaimName::new(name),
                source,
                transformation,
                inherited,
                raw: RawObject::default(),
            })
            .collect()
    })
}

fn server() -> impl Strategy<Value = LiveServer> {
    let texts = (text(), prop::option::of(text()), text());
    let audiences = prop::collection::vec(prop_oneof![Just("https://shared".to_owned()), text()], 0..3);
    let bindings = prop::collection::btree_map(1u64..8, prop::collection::btree_set(0..4usize, 0..3), 0..3);
    (texts, audiences, minutes(), minutes(), prop::bool::weighted(0.1), (scopes(), claims(), bindings)).prop_map(
        |((name, description, resource_identifier), audiences, access, refresh, built_in, children)| {
            let (scopes, claims, bindings) = children;
            let granted =
                |index: usize| scopes.get(index).map(|s| LiveClientScope { value: s.value.clone(), id: s.id });
            let clients = bindings.into_iter().map(|(app, held)| LiveClient {
                app_id: RemoteId(app),
                app_name: format!("App {app}"),
                scopes: held.into_iter().filter_map(granted).collect(),
            });
            LiveServer {
                id: RemoteId(0),
                name,
                description,
                resource_identifier,
                audiences,
                access_token_expiration_minutes: access,
                refresh_token_expiration_minutes: refresh,
                built_in,
                raw: RawObject::default(),
                clients: Some(clients.collect()),
                scopes: Some(scopes),
                claims: Some(claims),
            }
        },
    )
}

fn account() -> impl Strategy<Value = LiveState> {
    let roles = prop::collection::vec(text(), 3);
    (roles, prop::collection::vec(app(), 0..4), prop::collection::vec(server(), 0..4)).prop_map(
        |(roles, apps, servers)| {
            let mut live = LiveState { account_id: Some(555_555), ..LiveState::default() };
            live.lists.roles =
                roles.into_iter().zip(100..).map(|(name, id)| LiveRole { id: RemoteId(id), name }).collect();
            for (app, id) in apps.into_iter().zip(1..) {
                let app = LiveApp { id: RemoteId(id), ..app };
                live.lists.apps.push(AppSummary { id: app.id, name: app.name.clone(), auth_method: 8 });
                live.apps.insert(app.id, app);
            }
            for (server, id) in servers.into_iter().zip(1000..) {
                let server = LiveServer { id: RemoteId(id), ..server };
                live.lists.servers.push(ServerSummary {
                    id: server.id,
                    name: server.name.clone(),
                    resource_identifier: server.resource_identifier.clone(),
                    audiences: server.audiences.clone(),
                    built_in: server.built_in,
                });
                live.servers.insert(server.id, server);
            }
            live
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_loads_and_plans_nothing(live in account()) {
        for (text, desired) in [there_and_back(&live), split_and_back(&live)] {
            let found = diff(&desired, &live);
            prop_assert_eq!(&found.problems, &vec![], "{}", text);
            prop_assert_eq!(&found.refusals, &vec![], "{}", text);
            prop_assert_eq!(&found.changes, &vec![], "{}", text);
        }
    }

    #[test]
    fn several_files_hold_what_one_holds(live in account()) {
        let lines = |text: &str| -> Vec<String> {
            let is_frame = |line: &str| line.starts_with('#') || line.starts_with("===") || line.starts_with("include:")
                || line.starts_with("authorization_servers:") || line.is_empty();
            let mut lines: Vec<String> =
                text.lines().map(|line| line.trim_start().to_owned()).filter(|line| !is_frame(line)).collect();
            lines.sort();
            lines
        };
        prop_assert_eq!(lines(&split_and_back(&live).0), lines(&there_and_back(&live).0));
    }

    #[test]
    fn nothing_that_can_be_said_is_left_out(live in account()) {
        let (text, desired) = there_and_back(&live);
        let own = live.servers.values().filter(|server| !server.built_in);
        prop_assert_eq!(desired.apps.len(), live.apps.len());
        prop_assert_eq!(desired.servers.len(), own.clone().count());
        let desired_servers = desired.servers.values().filter_map(Entry::present);
        let kept = desired_servers.clone().filter(|server| server.unmanaged == Unmanaged::Keep).count();
        if kept == 0 {
            let scopes = |scopes: Option<usize>| scopes.unwrap_or_default();
            let said: usize = desired_servers.map(|s| scopes(s.scopes.as_ref().map(|all| all.value.len()))).sum();
            let there: usize = own.map(|s| s.scopes.iter().flatten().filter(|scope| !scope.inherited).count()).sum();
            prop_assert_eq!(said, there, "{}", text);
        }
        prop_assert_eq!(export(&live, &tenant()), text);
    }
}

fn sample() -> LiveState {
    let role = |id, name: &str| LiveRole { id: RemoteId(id), name: name.to_owned() };
    let app = |id, name: &str, notes: &str| LiveApp {
        id: RemoteId(id),
        name: name.to_owned(),
        description: None,
        notes: Some(notes.to_owned()),
        visible: true,
        application_type: ApplicationType::Web,
        token_endpoint_auth_method: TokenEndpointAuthMethod::Post,
        redirect_uris: vec!["https://contacts.example.com/callback".to_owned()],
        post_logout_redirect_uris: vec![],
        login_url: Some(String::new()),
        access_token_expiration_minutes: Some(0),
        refresh_token_expiration_minutes: None,
        role_ids: BTreeSet::from([RemoteId(10)]),
        connector_id: None,
        client_id: None,
    };
    let scope = |id, value: &str, inherited| LiveScope {
        id: RemoteId(id),
        value: ScopeValue::new(value),
        description: Some(format!("May {value}")),
        inherited,
        raw: RawObject::default(),
    };
    let client = |app_id, name: &str, id, value: &str| LiveClient {
        app_id: RemoteId(app_id),
        app_name: name.to_owned(),
        scopes: vec![LiveClientScope { value: ScopeValue::new(value), id: RemoteId(id) }],
    };
    let claim = |id, name: &str, source| LiveClaim {
        id: RemoteId(id),
        name: ClaimName::new(name),
        source,
        transformation: None,
        inherited: false,
        raw: RawObject::default(),
    };
    let server = |id, name: &str, built_in| LiveServer {
        id: RemoteId(id),
        name: name.to_owned(),
        description: Some("Uses ${variables}".to_owned()),
        resource_identifier: format!("https://{id}.example.com"),
        audiences: vec!["https://api.example.com".to_owned()],
        access_token_expiration_minutes: Some(10),
        refresh_token_expiration_minutes: None,
        built_in,
        raw: RawObject::default(),
        scopes: Some(vec![scope(1, "contacts:read", false), scope(2, "openid", true), scope(3, "no blanks", false)]),
        claims: Some(vec![
            claim(1, "email", Some(ClaimSource::UserAttribute("email".to_owned()))),
            claim(2, "display", Some(ClaimSource::Macro("{firstname} {lastname}".to_owned()))),
            claim(3, "odd", None),
        ]),
        clients: Some(vec![client(1, "Web", 1, "contacts:read"), client(77, "SAML portal", 2, "openid")]),
    };
    let mut live = LiveState { account_id: Some(555_555), ..LiveState::default() };
    live.lists.roles = vec![role(10, "API Testers"), role(11, "Unused")];
    for app in [app(1, "R&amp;D Web", "one\ntwo\n"), app(2, "Twin", "yes"), app(3, "Twin", "a: b")] {
        live.lists.apps.push(AppSummary { id: app.id, name: app.name.clone(), auth_method: 8 });
        live.apps.insert(app.id, app);
    }
    for server in [server(100, "Contacts API", false), server(101, "Orders API", false), server(102, "OneLogin", true)]
    {
        live.lists.servers.push(ServerSummary {
            id: server.id,
            name: server.name.clone(),
            resource_identifier: server.resource_identifier.clone(),
            audiences: server.audiences.clone(),
            built_in: server.built_in,
        });
        live.servers.insert(server.id, server);
    }
    live
}

#[test]
fn an_account_reads_well() {
    let (text, desired) = there_and_back(&sample());
    assert!(diff(&desired, &sample()).changes.is_empty());
    insta::assert_snapshot!("export", text);
}

#[test]
fn an_account_reads_well_over_several_files() {
    let (text, desired) = split_and_back(&sample());
    assert!(diff(&desired, &sample()).changes.is_empty());
    insta::assert_snapshot!("export_split", text);
}

#[test]
fn an_empty_account_is_a_file_too() {
    let (text, desired) = there_and_back(&LiveState::default());
    assert!(desired.apps.is_empty() && desired.servers.is_empty());
    assert!(text.ends_with("subdomain: acme\n"), "{text}");
    let [file] = &export_split(&LiveState::default(), &tenant())[..] else { panic!("one file is enough") };
    assert_eq!(file.contents, text);
}
