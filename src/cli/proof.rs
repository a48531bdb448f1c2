//! Runs a proof: for `verify`, and for `apply --verify`.

use super::Exit;
use super::again::Invocation;
use super::args::GlobalArgs;
use super::connect::Connection;
use super::failure::Failure;
use super::home::{self, Home};
use super::inputs::{self, Inputs, ProcessEnv};
use super::policy_files;
use super::terminal::Terminal;
use crate::api::{Forge, OidcClient, Prober};
use crate::diff;
use crate::live;
use crate::model::{Entry, EntryKey, identify};
use crate::plan::{FileAction, FileChange};
use crate::report;
use crate::verify::{self, Check, CheckKind, Outcome, SecretQuery, VerifyInput, VerifyReport};
use anyhow::Context;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The password of the user that every fresh emulator knows.
const EMULATED_PASSWORD: &str = "tester-password";

/// What may be called, and what may be left out.
#[derive(Debug, Args)]
pub(super) struct ProofArgs {
    /// Allow probes to call this host (can be repeated)
    ///
    /// Otherwise only hosts of the servers' identifiers and audiences are called.
    #[arg(long, value_name = "HOST", env = "GATEWRIGHT_PROBE_HOSTS", value_delimiter = ',')]
    allow_probe_host: Vec<String>,

    /// Do not fail because of probes that could not be run
    #[arg(long)]
    allow_skips: bool,
}

/// How a proof is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For CI systems, which show it as tests
    Junit,
}

/// Proves every probe of the file, prints the table and judges it.
pub(super) async fn prove(
    (args, format): (&ProofArgs, Format),
    inputs: &Inputs,
    connection: &Connection,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let ProofArgs { allow_probe_host, allow_skips } = args;
    let reading = terminal.busy("reading the account…");
    let mut live = live::collect(&connection.reader, &inputs.desired).await.context("cannot verify")?;
    let is_as_planned = diff::diff(&inputs.desired, &live).changes.is_empty();
    // A plan has no use for somebody else's apps; a probe needs their client ids.
    for id in verify::unread_apps(&inputs.desired, &live) {
        live.apps.extend(connection.reader.app(id).await.context("cannot verify")?.map(|app| (id, app)));
    }
    drop(reading);
    let home = home::open(&inputs.root, &inputs.desired.tenant, connection)?;
    let apps = identify(&inputs.desired, &live.lists).apps;
    let live_app = |app: &EntryKey| apps.get(app).and_then(|found| found.id());
    let variables = inputs::variables(global);
    let invocation = Invocation { global, environment: inputs.desired.environment.as_deref(), variables: &variables };
    let history = home::history(&home, live.account_id)?;
    let lost = home::tell_lost_secrets(&home, &history, &live_app, &invocation, terminal)?;
    let oidc = OidcClient::new(&connection.config).context("cannot prepare token requests")?;
    let prober = Prober::new(&connection.config).context("cannot prepare probes")?;
    let forge = Forge::new(&connection.config).context("cannot prepare tokens")?;
    let (secrets, is_emulated) = (collect_secrets(inputs, env), connection.emulator_url().is_some());
    let missing = Mutex::new(BTreeSet::new());
    let lookup = |query: &SecretQuery<'_>| {
        let found = find_secret(query, &secrets, &home, is_emulated);
        if let (SecretQuery::ClientSink { app, .. }, None) = (query, &found) {
            missing.lock().unwrap_or_else(PoisonError::into_inner).insert((*app).clone());
        }
        found
    };
    let verifying = terminal.busy("calling the gateways…");
    let report = verify::verify(&VerifyInput {
        desired: &inputs.desired,
        live: &live,
        oidc: &oidc,
        prober: &prober,
        forge: forge.as_ref(),
        emulator: connection.emulator_url(),
        secrets: &lookup,
        allowed_hosts: &allow_probe_host.iter().cloned().collect::<BTreeSet<_>>(),
        unwritten: &unwritten(inputs),
        ready_within: global.settle(),
        now: Timestamp::now(),
    })
    .await;
    drop(verifying);
    terminal.print(|out| match format {
        Format::Text => report::write_verify(out, &report),
        Format::Json => report::write_verify_json(out, &report, *allow_skips),
        Format::Junit => report::write_verify_junit(out, &report, *allow_skips),
    })?;
    let missing = missing.into_inner().unwrap_or_else(PoisonError::into_inner);
    for app in missing.difference(&lost).filter(|app| is_ours(inputs, app)) {
        terminal.tell(|err| report::write_hint(err, &invocation.way_out(app)))?;
    }
    tell_where_to_look(&report, is_as_planned, inputs, &invocation, terminal)?;
    Ok(if report.has_failed(*allow_skips) { Exit::Unproven } else { Exit::Done })
}

/// Says what may be behind checks that failed: a policy file that is not what is rendered, an account that is not as the file
/// says. Nothing is said where neither is so.
fn tell_where_to_look(
    report: &VerifyReport,
    is_as_planned: bool,
    inputs: &Inputs,
    invocation: &Invocation<'_>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let failed: Vec<&Check> = report.checks.iter().filter(|check| check.outcome == Outcome::Failed).collect();
    let files = edited(&failed, inputs);
    if !files.is_empty() {
        let are = if files.len() == 1 { "is" } else { "are" };
        let render = invocation.line("render", ["--check"]);
        let files = files.join(", ");
        let hint = format!("{files} {are} not what the configuration renders to. See what differs:\n{render}");
        terminal.tell(|err| report::write_hint(err, &hint))?;
    }
    if !is_as_planned && failed.iter().any(|check| check.kind.is_token() || check.kind == CheckKind::RightToken) {
        let plan = invocation.line("plan", [""; 0]);
        let hint = format!("The account is not as the file says. See what differs:\n{plan}");
        terminal.tell(|err| report::write_hint(err, &hint))?;
    }
    Ok(())
}

/// Returns the policy files of failed calls that are on disk and are not what is rendered.
fn edited(failed: &[&Check], inputs: &Inputs) -> Vec<String> {
    let calls = failed.iter().filter(|check| check.kind.is_call());
    let policies: BTreeSet<&EntryKey> = calls.filter_map(|check| Some(&check.probe.as_ref()?.policy)).collect();
    let rendered = inputs.rendered.iter().filter(|file| policies.contains(&file.policy)).cloned().collect::<Vec<_>>();
    // A file that cannot be read is the gateway's to complain about.
    let changes = policy_files::compare(&inputs.root, &rendered).unwrap_or_default();
    let is_edited = |change: &FileChange| matches!(change.action, FileAction::Update { .. });
    changes.into_iter().filter(is_edited).map(|change| change.path).collect()
}

fn is_ours(inputs: &Inputs, app: &EntryKey) -> bool {
    matches!(inputs.desired.apps.get(app), Some(Entry::Present(_)))
}

/// Returns the policies whose files do not exist, each with its path.
fn unwritten(inputs: &Inputs) -> BTreeMap<EntryKey, String> {
    let missing = inputs.rendered.iter().filter(|file| !inputs.root.join(&file.path).exists());
    missing.map(|file| (file.policy.clone(), file.path.clone())).collect()
}

/// The values of the environment variables that probes name.
type Secrets = Vec<(String, SecretString)>;

fn collect_secrets(inputs: &Inputs, env: ProcessEnv<'_>) -> Secrets {
    let probes = inputs.desired.policies.values().flat_map(|policy| &policy.probes);
    let names = probes.flat_map(|probe| {
        let password = probe.user.as_ref().map(|user| &user.password_env.value);
        probe.client_secret_env.as_ref().map(|name| &name.value).into_iter().chain(password)
    });
    names.filter_map(|name| Some((name.clone(), SecretString::from(env(name)?)))).collect()
}

fn find_secret(query: &SecretQuery<'_>, secrets: &Secrets, home: &Home, is_emulated: bool) -> Option<SecretString> {
    let variable = |name: &str| secrets.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    match query {
        SecretQuery::ClientVariable { name } => variable(name),
        SecretQuery::ClientSink { app, id } => {
            // A file that cannot be read is as good as none: the probe is then not run, and says so.
            let stored = home.workspace.secrets(&home.host).secret_for(app, *id).ok().flatten();
            stored.map(|stored| stored.client_secret)
        }
        SecretQuery::Password { variable: name, user } => variable(name).or_else(|| {
            let is_tester = is_emulated && matches!(*user, "tester@example.com" | "tester");
            is_tester.then(|| SecretString::from(EMULATED_PASSWORD))
        }),
    }
}
