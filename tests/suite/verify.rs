//! Proofs against the emulator: its tokens, and the gateways that enforce rendered files.

use crate::support::{Program, root};
use gatewright::api::{ClientConfig, Credentials, Forge, OidcClient, Prober, Reader, Reroute};
use gatewright::config::{LoadOptions, load};
use gatewright::emulator::{Emulator, FileFormat, GatewayFile, Options};
use gatewright::live::collect;
use gatewright::model::{DesiredState, Gateway};
use gatewright::render::render;
use gatewright::verify::{Check, CheckKind, Outcome, SecretQuery, VerifyInput, VerifyReport, unread_apps, verify};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

const FILE: &str = r#"
version: 1
tenant: { subdomain: acme }
oidc_apps:
  batch: { name: Batch }
  portal: { name: Portal }
authorization_servers:
  contacts:
    name: Contacts API
    resource_identifier: https://contacts.example.com
    audiences: ["https://contacts.example.com"]
    access_token_expiration_minutes: 10
    scopes: { "contacts:read": Read, "contacts:write": Write, "tier:gold": Gold }
    claims:
      mail: { user_attribute: email }
    clients:
      batch: ["contacts:read", "contacts:write", "tier:gold"]
      portal: ["contacts:read"]
gateway_policies:
  mule:
    gateway: mulesoft
    authorization_server: contacts
    require_scopes: ["contacts:read", "contacts:write"]
    require_any_scope: ["tier:gold"]
    output: mule.json
    probe: { url: "https://contacts.example.com/contacts", client: batch }
  flex:
    gateway: flex
    authorization_server: contacts
    api_instance: contacts
    require_scopes: ["contacts:read"]
    require_claims: { mail: tester@example.com }
    output: flex.yaml
    probe:
      url: https://contacts.example.com/contacts
      client: portal
      user: { name: tester@example.com, password_env: TESTER_PASSWORD }
"#;

/// A file, its rendered policies on disk, and an emulator that holds what the file says and enforces them.
struct Stage {
    desired: DesiredState,
    emulator: Emulator,
    folder: TempDir,
}

impl Stage {
    async fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gatewright.yaml");
        std::fs::write(&path, text).unwrap();
        let options = LoadOptions { environment: None, variables: &BTreeMap::new(), process_env: &|_| None };
        let loaded = load(&path, &options);
        let desired = loaded.desired.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics));
        let mut gateways = Vec::new();
        for file in render(&desired).unwrap() {
            let path = folder.path().join(&file.path);
            std::fs::write(&path, file.contents).unwrap();
            let format = match desired.policies[&file.policy].gateway {
                Gateway::Mulesoft(_) => FileFormat::MuleConfiguration,
                Gateway::Flex(_) => FileFormat::FlexYaml,
            };
            gateways.push(GatewayFile { key: file.policy.to_string(), path, format, contracts: None });
        }
        let seed = serde_json::json!({
            "apps": [
                {"name": "Batch", "client_secret": "batch-secret", "configuration": {"redirect_uri": "https://localhost/unused"}},
                {"name": "Portal", "client_secret": "portal-secret", "roles": ["Testers"],
                 "configuration": {"redirect_uri": "https://localhost/unused"}},
            ],
            "roles": [{"name": "Testers", "users": ["tester@example.com"]}],
            "authorization_servers": [{
                "name": "Contacts API",
                "configuration": {
                    "resource_identifier": "https://contacts.example.com",
                    "audiences": ["https://contacts.example.com"],
                    "access_token_expiration_minutes": 10,
                },
                "scopes": [{"value": "contacts:read"}, {"value": "contacts:write"}, {"value": "tier:gold"}],
                "claims": [{"name": "mail", "user_attribute_mappings": "email"}],
                "clients": [
                    {"app_id": "Batch", "scopes": ["contacts:read", "contacts:write", "tier:gold"]},
                    {"app_id": "Portal", "scopes": ["contacts:read"]},
                ],
            }],
        });
        let emulator = Emulator::start(Options {
            issuer: Some("https://acme.onelogin.com/oidc/2".to_owned()),
            seed: Some(seed),
            gateways,
            ..Options::in_memory()
        });
        Self { desired, emulator: emulator.await.unwrap(), folder }
    }

    fn config(&self) -> ClientConfig {
        let tenant: Url = "https://acme.onelogin.com".parse().unwrap();
        ClientConfig {
            admin_base: tenant.clone(),
            oidc_base: tenant,
            reroute: Reroute::Emulator {
                tenant_origin: "https://acme.onelogin.com".to_owned(),
                to: self.emulator.base_url().parse().unwrap(),
            },
            credentials: Credentials {
                client_id: "emulator".to_owned(),
                client_secret: "emulator-secret".to_owned().into(),
            },
            expected_account_id: None,
            max_in_flight: 8,
            timeout: Duration::from_secs(10),
            max_wait: Duration::from_secs(1),
            user_agent: "gatewright-tests".to_owned(),
            clock: Timestamp::now,
        }
    }

    async fn verify(
        &self,
        is_real: bool,
        secrets: &(dyn Fn(&SecretQuery<'_>) -> Option<SecretString> + Sync + Send),
    ) -> VerifyReport {
        let config = self.config();
        let reader = Reader::new(config.clone()).unwrap();
        let mut live = collect(&reader, &self.desired).await.unwrap();
        for id in unread_apps(&self.desired, &live) {
            live.apps.insert(id, reader.app(id).await.unwrap().unwrap());
        }
        let oidc = OidcClient::new(&config).unwrap();
        let prober = Prober::new(&config).unwrap();
        let forge = Forge::new(&config).unwrap().filter(|_| !is_real);
        let emulator: Url = self.emulator.base_url().parse().unwrap();
        let files = render(&self.desired).unwrap().into_iter();
        let unwritten = files.filter(|file| !self.folder.path().join(&file.path).exists());
        verify(&VerifyInput {
            unwritten: &unwritten.map(|file| (file.policy, file.path)).collect(),
            desired: &self.desired,
            live: &live,
            oidc: &oidc,
            prober: &prober,
            forge: forge.as_ref(),
            emulator: Some(&emulator),
            secrets,
            allowed_hosts: &BTreeSet::new(),
            ready_within: Duration::ZERO,
            now: Timestamp::now(),
        })
        .await
    }

    fn break_file(&self, name: &str, from: &str, to: &str) {
        let path = self.folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let broken = text.replace(from, to);
        assert_ne!(broken, text, "`{from}` is not in {text}");
        std::fs::write(path, broken).unwrap();
    }
}

fn all_secrets(query: &SecretQuery<'_>) -> Option<SecretString> {
    match query {
        SecretQuery::ClientSink { app, id: _ } => Some(format!("{app}-secret").into()),
        SecretQuery::ClientVariable { name: _ } => None,
        SecretQuery::Password { variable: "TESTER_PASSWORD", user: "tester@example.com" } => {
            Some("tester-password".to_owned().into())
        }
        SecretQuery::Password { .. } => None,
    }
}

fn lines(report: &VerifyReport) -> String {
    let line = |check: &Check| {
        let Check { probe, kind, expected, seen, outcome, is_isolated, body_digest: _ } = check;
        let probe = probe.as_ref().map_or_else(|| "tenant".to_owned(), ToString::to_string);
        let seen = if *kind == CheckKind::Signature || *kind == CheckKind::SigningKeys { "(a key)" } else { seen };
        let isolated = if *is_isolated { "" } else { " (not isolated)" };
        format!("{probe}: {kind}: {expected} | {seen} | {outcome:?}{isolated}\n")
    };
    report.checks.iter().map(line).collect()
}

/// Returns the checks of one policy that failed.
fn failed<'a>(report: &'a VerifyReport, policy: &str) -> Vec<&'a CheckKind> {
    let is_policy = |check: &&Check| check.probe.as_ref().is_some_and(|probe| probe.policy.as_str() == policy);
    let failed = report.checks.iter().filter(is_policy).filter(|check| check.outcome == Outcome::Failed);
    failed.map(|check| &check.kind).collect()
}

#[tokio::test]
async fn a_rendered_policy_is_proven() {
    let stage = Stage::new(FILE).await;
    let report = stage.verify(false, &all_secrets).await;
    insta::assert_snapshot!(lines(&report));
    assert!(!report.has_failed(false));
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn on_a_real_tenant_only_honest_tokens_are_shown() {
    let stage = Stage::new(FILE).await;
    let report = stage.verify(true, &all_secrets).await;
    insta::assert_snapshot!(lines(&report));
    assert!(!report.has_failed(false));
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn a_weaker_file_on_disk_is_found_by_the_token_it_lets_in() {
    let cases = [
        (r#""validateAudClaim": true"#, r#""validateAudClaim": false"#, CheckKind::WrongAudience),
        (r#""key": "iss""#, r#""key": "azp""#, CheckKind::RightToken),
        (
            "contains 'contacts:read') and",
            "contains 'contacts:write') and",
            CheckKind::MissingScope(gatewright::model::ScopeValue::new("contacts:read")),
        ),
        ("contains 'tier:gold'", "contains 'contacts:read'", CheckKind::MissingAnyScope),
        ("contains 'tier:gold'", "contains 'tier:none'", CheckKind::RightToken),
        ("https://acme.onelogin.com/oidc/2\"", "#[vars.claimSet.iss != '']\"", CheckKind::WrongIssuer),
    ];
    for (from, to, expected) in cases {
        let stage = Stage::new(FILE).await;
        stage.break_file("mule.json", from, to);
        let report = stage.verify(false, &all_secrets).await;
        assert_eq!(failed(&report, "mule"), [&expected], "{}", lines(&report));
        assert_eq!(failed(&report, "flex"), Vec::<&CheckKind>::new());
        assert!(report.has_failed(true));
        stage.emulator.shutdown().await;
    }
}

#[tokio::test]
async fn a_lost_secret_is_not_run_and_fails_unless_allowed() {
    let stage = Stage::new(FILE).await;
    let report = stage.verify(false, &|_| None).await;
    let not_run: Vec<&Check> =
        report.checks.iter().filter(|check| matches!(check.outcome, Outcome::NotRun(_))).collect();
    assert_eq!(not_run.len(), 2, "{}", lines(&report));
    assert!(not_run.iter().all(|check| check.kind == CheckKind::Token));
    let Outcome::NotRun(reason) = &not_run[1].outcome else { unreachable!() };
    assert!(reason.contains("make the app anew with `--replace oidc_app/"), "{reason}");
    assert!(report.has_failed(false) && !report.has_failed(true));
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn a_token_that_differs_from_the_file_is_found() {
    let longer = FILE.replace("access_token_expiration_minutes: 10", "access_token_expiration_minutes: 20");
    let stage = Stage::new(&longer).await;
    let report = stage.verify(false, &all_secrets).await;
    assert_eq!(failed(&report, "mule"), [&CheckKind::Lifetime], "{}", lines(&report));
    assert_eq!(failed(&report, "flex"), [&CheckKind::Lifetime]);
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn expectations_override_the_documented_statuses() {
    let odd = FILE.replace("client: batch }", "client: batch, expect: { no_token: 401, accepted: 204 } }");
    let stage = Stage::new(&odd).await;
    let report = stage.verify(false, &all_secrets).await;
    assert_eq!(failed(&report, "mule"), [&CheckKind::NoToken, &CheckKind::RightToken], "{}", lines(&report));
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn a_gateway_with_a_broken_file_is_not_ready() {
    let stage = Stage::new(FILE).await;
    std::fs::write(stage.folder.path().join("mule.json"), "{").unwrap();
    let report = stage.verify(false, &all_secrets).await;
    let refusals = ["call", "call with the right token"];
    let calls = report.checks.iter().filter(|check| {
        check.probe.as_ref().is_some_and(|probe| probe.policy.as_str() == "mule")
            && refusals.iter().any(|start| check.kind.to_string().starts_with(start))
    });
    let seen: Vec<&str> = calls.map(|check| check.seen.as_str()).collect();
    assert_eq!(seen, ["503, not ready"; 10], "{}", lines(&report));
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn the_client_of_a_probe_may_be_somebody_elses() {
    let stage = Stage::new(&FILE.replace("portal: { name: Portal }", "portal: { external: { name: Portal } }")).await;
    let report = stage.verify(false, &all_secrets).await;
    assert!(!report.has_failed(false), "{}", lines(&report));
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn a_gateway_whose_file_does_not_exist_is_not_called_broken() {
    let stage = Stage::new(FILE).await;
    std::fs::remove_file(stage.folder.path().join("mule.json")).unwrap();
    let report = stage.verify(false, &all_secrets).await;
    assert_eq!(failed(&report, "mule"), Vec::<&CheckKind>::new(), "{}", lines(&report));
    let reason = "503, for `mule.json` does not exist yet: run `gatewright apply`";
    let not_run = report.checks.iter().filter(|check| check.outcome == Outcome::NotRun(reason.to_owned())).count();
    assert_eq!(not_run, 10, "{}", lines(&report));
    assert!(report.has_failed(false));
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn probes_of_what_is_not_applied_yet_are_not_run() {
    let later = FILE.replace("batch: { name: Batch }", "batch: { name: Later }");
    let stage = Stage::new(&later).await;
    let report = stage.verify(false, &all_secrets).await;
    let of_mule = |check: &&Check| check.probe.as_ref().is_some_and(|probe| probe.policy.as_str() == "mule");
    let checks: Vec<&Check> = report.checks.iter().filter(of_mule).collect();
    let reason = "not applied yet, oidc_app/batch is not live: run `gatewright apply`".to_owned();
    assert_eq!(checks.len(), 1, "{}", lines(&report));
    assert_eq!((&checks[0].kind, &checks[0].outcome), (&CheckKind::Probe, &Outcome::NotRun(reason)));
    assert_eq!(failed(&report, "flex"), Vec::<&CheckKind>::new());
    assert!(report.has_failed(false) && !report.has_failed(true));
    stage.emulator.shutdown().await;
}

#[test]
fn a_proof_is_written_for_programs_and_for_ci() {
    let program = Program::new();
    let example = root().join("examples/01-mulesoft-contacts/gatewright.yaml");
    program.write("gatewright.yaml", &std::fs::read_to_string(example).unwrap());
    let schema: Value = serde_json::from_str(&program.run("schema verify").stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let prove = |format: &str, code: i32| {
        let run = program.run(&format!("verify --emulator --format {format}"));
        assert_eq!(run.code, code, "{}", run.block());
        let again = program.run(&format!("verify --emulator --format {format}"));
        assert_eq!(run.stdout, again.stdout, "the same proof gives the same bytes");
        run.stdout
    };
    let check = |code: i32| {
        let json: Value = serde_json::from_str(&prove("json", code)).unwrap();
        assert!(validator.is_valid(&json), "{json:#}");
        assert_eq!(json["passed"], code == 0, "{json:#}");
        let number = |key: &str| json["summary"][key].as_u64().unwrap();
        let junit = prove("junit", code);
        let count = |sign: &str| u64::try_from(junit.matches(sign).count()).unwrap();
        assert_eq!(count("<testcase "), u64::try_from(json["checks"].as_array().unwrap().len()).unwrap());
        assert_eq!((count("<failure "), count("<error ")), (number("failed"), number("not_run")), "{junit}");
        (number("ok"), number("failed"), number("not_run"))
    };
    let (_, failed, not_run) = check(5);
    assert!(failed == 0 && not_run > 0, "nothing is applied yet");
    assert_eq!(program.run("apply --emulator --auto-approve").code, 0);
    let (ok, failed, not_run) = check(0);
    assert!(ok > 10 && failed == 0 && not_run == 0);
    let policy = program.read("policies/contacts-jwt-validation.json");
    program.write(
        "policies/contacts-jwt-validation.json",
        &policy.replace("https://contacts.example.com", "https://other.example.com"),
    );
    assert!(check(5).1 > 0, "a policy that is another one is found out");
}

/// What failed says where to look: at the file on disk, at the account; and a proof that holds says nothing.
#[test]
fn a_failed_proof_says_where_to_look() {
    let program = Program::new();
    let example = root().join("examples/01-mulesoft-contacts/gatewright.yaml");
    let file = std::fs::read_to_string(example).unwrap();
    program.write("gatewright.yaml", &file);
    assert_eq!(program.run("apply --emulator --auto-approve --verify").code, 0);
    let hints = |code: i32| {
        let run = program.run("verify --emulator");
        assert_eq!(run.code, code, "{}", run.block());
        (run.sentences(), run.stdout)
    };
    assert!(!hints(0).0.contains("hint"));
    let path = "policies/contacts-jwt-validation.json";
    let policy = program.read(path);
    program.write(path, &policy.replace("\"validateAudClaim\": true", "\"validateAudClaim\": false"));
    let (said, _) = hints(5);
    assert!(said.contains(&format!("{path} is not what the configuration renders to")), "{said}");
    assert!(said.contains("gatewright render --emulator --check") && !said.contains("gatewright plan"), "{said}");
    program.write(path, &policy);
    let sooner = file.replace("access_token_expiration_minutes: 10", "access_token_expiration_minutes: 7");
    assert_ne!(file, sooner);
    program.write("gatewright.yaml", &sooner);
    let (said, table) = hints(5);
    assert!(table.contains("expected 7 minutes; seen 10 minutes"), "{table}");
    assert!(said.contains("The account is not as the file says") && !said.contains("render"), "{said}");
    assert!(said.contains("gatewright plan --emulator"), "{said}");
    let json = program.run("verify --emulator --format json").stdout;
    assert!(json.contains(r#""expected": "420 s""#), "{json}");
}
