//! One rich plan for the tests of this room.

use super::{PlanView, write_plan_json, write_plan_markdown, write_plan_text};
use crate::access::{AccessChange, Gate, GraphApi, GraphClient, GraphScope, Obstacle, Presence};
use crate::diagnostic::Origin;
use crate::diff::{
    Along, AppCreate, AppOperation, Change, ClientOperation, Edit, FieldChange, Impact, ObjectRef, Operation, Reason,
    Refusal, RefusalKind,
};
use crate::model::sample;
use crate::model::{
    Address, ApplicationType, DesiredState, Entry, EntryKey, Fingerprint, NewApp, Note, RemoteId, ScopeValue,
    ServerPatch, Targets, TokenEndpointAuthMethod,
};
use crate::plan::{Context, Drift, FileAction, FileChange, NotTargeted, Plan, Step, Summary};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn at(line: u32) -> Origin {
    Origin { file: "gatewright.yaml".into(), line, column: 3, start: 0, end: 0 }
}

fn field(path: &'static str, before: Value, after: Value) -> FieldChange {
    FieldChange { path, before, after }
}

fn change(address: &str, impact: Impact, reason: Reason, fields: Vec<FieldChange>, edit: Edit) -> Change {
    let fingerprint = edit.id().map(|id| Fingerprint::of(&id.0));
    let address = Address::parse(address).unwrap();
    Change { address, origin: Some(at(12)), impact, reason, fingerprint, along: Along::default(), fields, edit }
}

pub(super) fn changes() -> Vec<Change> {
    let app = NewApp {
        name: "Contacts Batch".into(),
        description: None,
        notes: None,
        visible: None,
        application_type: ApplicationType::Web,
        token_endpoint_auth_method: TokenEndpointAuthMethod::Post,
        redirect_uris: vec!["https://localhost/unused".into()],
        post_logout_redirect_uris: None,
        login_url: None,
        access_token_expiration_minutes: None,
        refresh_token_expiration_minutes: None,
        connector_id: None,
    };
    vec![
        change(
            "oidc_app/contacts-batch",
            Impact::Widens,
            Reason::MissingLive,
            vec![
                field("name", Value::Null, json!("Contacts Batch")),
                field("application_type", Value::Null, json!("web")),
                field("redirect_uris", Value::Null, json!(["https://localhost/unused"])),
            ],
            Edit::App(AppOperation::Create(AppCreate { app: app.clone(), roles: None })),
        ),
        change(
            "oidc_app/contacts-web",
            Impact::Breaks,
            Reason::Replaced,
            vec![
                field("name", json!("Contacts Web"), json!("Contacts Web")),
                field("notes", json!("Ask Ann"), json!("Ask Bob")),
                field("redirect_uris", json!(["https://contacts/cb"]), json!(["https://contacts/cb"])),
            ],
            Edit::App(AppOperation::Replace { id: RemoteId(78), new: AppCreate { app, roles: None } }),
        ),
        change(
            "authorization_server/contacts",
            Impact::Widens,
            Reason::Differs,
            vec![
                field("name", json!("Contacts\u{202E} API"), json!("Contacts API")),
                field(
                    "description",
                    json!("Contacts API behind MuleSoft, for the partners of the house and nobody else at all"),
                    json!("Contacts API behind Flex Gateway, for the partners of the house and nobody else"),
                ),
                field(
                    "audiences",
                    json!(["https://old.example.com", "https://contacts.example.com"]),
                    json!(["https://contacts.example.com", "https://new.example.com"]),
                ),
                field("access_token_expiration_minutes", json!(10), json!(60)),
            ],
            Edit::Server(Operation::Update { id: RemoteId(77), patch: ServerPatch::default() }),
        ),
        change(
            "authorization_server/contacts/scope/contacts:old",
            Impact::Breaks,
            Reason::OnlyLive,
            vec![field("description", json!("Old"), Value::Null)],
            Edit::Scope { server: ObjectRef::Live(RemoteId(77)), operation: Operation::Delete { id: RemoteId(7) } },
        ),
        change(
            "authorization_server/contacts/client/contacts-batch",
            Impact::Widens,
            Reason::MissingLive,
            vec![field("scopes", Value::Null, json!(["contacts:read"]))],
            Edit::Client {
                server: ObjectRef::Live(RemoteId(77)),
                app: ObjectRef::Planned(Address::parse("oidc_app/contacts-batch").unwrap()),
                operation: ClientOperation::Bind(std::collections::BTreeSet::new()),
            },
        ),
    ]
}
/// A view of a plan that means nothing for access and writes no file.
pub(super) fn of_plan(plan: &Plan) -> PlanView<'_> {
    static NO_VARIABLES: BTreeMap<String, String> = BTreeMap::new();
    PlanView { plan, access: &[], graph: &[], files: &[], has_files_base: false, variables: &NO_VARIABLES }
}

pub(super) fn plan() -> Plan {
    let mut desired = DesiredState {
        apps: [(EntryKey::new("contacts-web"), Entry::Present(sample::app("Contacts Web")))].into(),
        ..sample::file()
    };
    desired.replace(&Address::parse("oidc_app/contacts-web").unwrap()).unwrap();
    Plan {
        context: Context {
            tenant: "acme-dev.onelogin.com".into(),
            account_id: Some(555_555),
            environment: Some("dev".into()),
            config_digest: "c0ffee".into(),
            replaces: desired.replaces,
            targets: Targets::default(),
            destroy: false,
        },
        steps: changes().into_iter().map(|change| Step { change, after: Vec::new() }).collect(),
        notes: vec![Note { origin: Some(at(30)), text: "`clients` is absent: live bindings stay in force".into() }],
        refusals: vec![Refusal {
            address: Address::parse("role/old").unwrap(),
            origin: Some(at(40)),
            kind: RefusalKind::DestroyNotAllowed,
        }],
        drift: Drift { missing_live: 2, differs: 1, only_live: 1 },
        summary: Summary { create: 2, update: 1, delete: 1, replace: 1, keep: 9 },
        not_targeted: NotTargeted::default(),
        apply_requests: 11,
    }
}

fn files() -> Vec<FileChange> {
    let policy = |key: &str| EntryKey::new(key);
    vec![
        FileChange {
            policy: policy("contacts-flex"),
            path: "policies/dev/contacts-flex.yaml".into(),
            action: FileAction::Create,
            after: "kind: PolicyBinding\n".into(),
        },
        FileChange {
            policy: policy("contacts-mule"),
            path: "policies/dev/contacts-mule.json".into(),
            action: FileAction::Update { before: "{\n  \"audience\": \"old\"\n}\n".into() },
            after: "{\n  \"audience\": \"new\"\n}\n".into(),
        },
    ]
}

fn graph() -> Vec<GraphApi> {
    let client = |name: &str, presence, impact, scopes: Vec<GraphScope>| GraphClient {
        client: name.to_owned(),
        presence,
        is_replaced: false,
        impact,
        scopes,
        gates: Vec::new(),
    };
    let scope = |value: &str| ScopeValue::new(value);
    let gate = Gate {
        policy: EntryKey::new("contacts-mule"),
        obstacles: vec![Obstacle::Scopes(vec![scope("contacts:read")])],
        is_news: true,
    };
    let kept = vec![GraphScope::Kept(scope("contacts:write")), GraphScope::Lost(scope("contacts:read"))];
    let web = client("contacts-web", Presence::Stays, Some(Impact::Breaks), kept);
    let gained = vec![GraphScope::Gained(scope("contacts:read"))];
    let clients = vec![
        client("Legacy <Portal> (id 3)", Presence::Stays, None, vec![GraphScope::Kept(scope("contacts:read"))]),
        client("contacts-batch", Presence::Comes, Some(Impact::Widens), gained),
        GraphClient { gates: vec![gate], ..web },
    ];
    vec![GraphApi { server: "contacts".into(), presence: Presence::Stays, impact: Some(Impact::Widens), clients }]
}

pub(super) fn written(
    view: &PlanView<'_>,
    write: fn(&mut dyn std::io::Write, &PlanView<'_>) -> std::io::Result<()>,
) -> String {
    let mut out = anstream::StripStream::new(Vec::new());
    write(&mut out, view).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

pub(super) fn with_rich_plan(check: impl FnOnce(&PlanView<'_>)) {
    let access = [AccessChange {
        impact: Impact::Breaks,
        server: "contacts".into(),
        client: Some("contacts-web".into()),
        policy: Some(EntryKey::new("contacts-mule")),
        scopes: vec![ScopeValue::new("contacts:read")],
        sentence: "gateway policy `contacts-mule` refuses `contacts-web`: on `contacts` it lacks `contacts:read`"
            .into(),
    }];
    let variables = BTreeMap::from([("region".to_owned(), "eu".to_owned())]);
    let graph = graph();
    check(&PlanView {
        plan: &plan(),
        access: &access,
        graph: &graph,
        files: &files(),
        has_files_base: false,
        variables: &variables,
    });
}

#[test]
fn a_rich_plan_reads_well() {
    with_rich_plan(|view| {
        let text = written(view, write_plan_text);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "too wide: {line}");
        }
        insta::assert_snapshot!(text);
    });
}

#[test]
fn a_rich_plan_reads_well_in_a_pull_request() {
    with_rich_plan(|view| insta::assert_snapshot!(written(view, write_plan_markdown)));
}

#[test]
fn a_rich_plan_is_json_of_the_published_schema() {
    with_rich_plan(|view| {
        let text = written(view, write_plan_json);
        let schema = super::plan_schema();
        let errors: Vec<String> = jsonschema::validator_for(&schema)
            .unwrap()
            .iter_errors(&serde_json::from_str(&text).unwrap())
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        insta::assert_snapshot!(text);
    });
}

#[test]
fn a_saved_plan_permits_what_was_planned() {
    with_rich_plan(|view| {
        let saved = super::read_plan(written(view, write_plan_json).as_bytes()).unwrap();
        let now: Vec<super::SavedChange> = view.plan.changes().map(super::SavedChange::from).collect();
        assert_eq!(saved.changes, now);
        assert_eq!(saved.variables, *view.variables);
        assert_eq!(saved.replaces, ["oidc_app/contacts-web"]);
    });
}

#[test]
fn files_that_are_no_saved_plans_are_refused() {
    let check =
        |text: &str, expected: &str| assert_eq!(super::read_plan(text.as_bytes()).unwrap_err().to_string(), expected);
    check("", "the file is not a saved plan");
    check("{}", "the file is not a saved plan");
    check("{\"format_version\": 9}", "the saved plan is of format version 9, and this program reads version 1");
}

/// Every place of a saved plan, taken out or replaced: it is read, or refused with the place where it stops being a plan.
#[test]
fn a_damaged_plan_is_refused_with_its_place() {
    with_rich_plan(|view| {
        let text = written(view, write_plan_json);
        let lines: Vec<&str> = text.lines().collect();
        let check = |text: &str| match super::read_plan(text.as_bytes()) {
            Ok(_) | Err(super::SavedPlanError::Version { .. }) => {}
            Err(super::SavedPlanError::Shape(source)) => assert!(source.line() > 0, "{source}\n{text}"),
        };
        for number in 0..lines.len() {
            let mut damaged = lines.clone();
            damaged.remove(number);
            check(&damaged.join("\n"));
            let Some((key, value)) = lines[number].split_once(": ") else { continue };
            for intruder in
                ["null", "-1", "1e400", "1.5", "18446744073709551616", "\"x\"", "[]", "{}", "true", "\"\\ud800\""]
            {
                let line = format!("{key}: {intruder}{}", if value.ends_with(',') { "," } else { "" });
                damaged = lines.clone();
                damaged[number] = &line;
                check(&damaged.join("\n"));
            }
        }
    });
}

#[test]
fn nothing_to_do_is_one_line() {
    let plan = Plan { steps: Vec::new(), refusals: Vec::new(), notes: Vec::new(), ..plan() };
    let view = of_plan(&plan);
    assert_eq!(written(&view, write_plan_text), "No changes.\n");
}
