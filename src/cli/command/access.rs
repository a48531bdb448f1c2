//! `gatewright access`.

use crate::access::{self, Access, AccessChange, Api, Wanted};
use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::connect;
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, Inputs, ProcessEnv};
use crate::cli::offline::{self, SnapshotArgs};
use crate::cli::planning::{self, Asked};
use crate::cli::terminal::Terminal;
use crate::config;
use crate::live;
use crate::model::{DesiredState, EntryKey, LiveState, identify};
use crate::report::{self, AccessShown};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;

/// Show who may call what: clients, APIs and scopes, and what the gateways make of them
///
/// Shows the account as it is, for the servers that the file lists.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright access --env prod
  gatewright access --desired --client contacts-batch
  gatewright access --diff --format json")]
pub(in crate::cli) struct AccessArgs {
    /// Show what the file asks for instead, without a network
    #[arg(long, conflicts_with_all = ["diff", "snapshot"])]
    desired: bool,

    /// Show what an apply would change
    #[arg(long)]
    diff: bool,

    #[command(flatten)]
    snapshot: SnapshotArgs,

    /// Only this client: its key, or its name where the file does not list it
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,

    /// Only this API: the key of its server, its identifier or an audience
    #[arg(long, value_name = "API")]
    api: Option<String>,

    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// How access is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Shows access.
pub(in crate::cli) async fn run(
    args: &AccessArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let AccessArgs { desired, diff, snapshot, client, api, format } = args;
    let wanted = Wanted { client: client.as_deref(), api: api.as_deref() };
    snapshot.check(global)?;
    let inputs = inputs::load(global, env, terminal)?;
    if *desired {
        let state = access::desired_access(&inputs.desired);
        must_be_known(&inputs.desired, &[&state], wanted)?;
        let apis = access::matrix(&inputs.desired, &state, wanted);
        return show(AccessShown::Desired(&apis), *format, terminal);
    }
    let live = match snapshot.path() {
        Some(path) => offline::read(path, &inputs, terminal)?,
        None => read(&inputs, global, (env, terminal)).await?,
    };
    let identities = identify(&inputs.desired, &live.lists);
    let state = access::live_access(&live, &identities);
    must_be_known(&inputs.desired, &[&state, &access::desired_access(&inputs.desired)], wanted)?;
    if *diff {
        return show(AccessShown::Diff(&changes(&inputs, live, (&state, wanted), terminal)?), *format, terminal);
    }
    let apis = access::matrix(&inputs.desired, &state, wanted);
    show(AccessShown::Live(&apis), *format, terminal)
}

/// Refuses names that nothing has: "no access" would be a wrong answer to a question about somebody else.
fn must_be_known(desired: &DesiredState, states: &[&Access], wanted: Wanted<'_>) -> Result<(), Failure> {
    let servers = || states.iter().flat_map(|state| &state.servers);
    if let Some(client) = wanted.client {
        let bound = servers().flat_map(|(_, server)| server.clients.iter().flat_map(|clients| clients.keys()));
        let known: BTreeSet<&str> =
            bound.map(String::as_str).chain(desired.apps.keys().map(EntryKey::as_str)).collect();
        must_be_among("--client", client, &known)?;
    }
    if let Some(api) = wanted.api {
        let names = servers().flat_map(|(name, server)| {
            let audiences = server.audiences.iter().flatten().map(String::as_str);
            server.resource_identifier.as_deref().into_iter().chain(audiences).chain([name.as_str()])
        });
        let known: BTreeSet<&str> = names.chain(desired.servers.keys().map(EntryKey::as_str)).collect();
        must_be_among("--api", api, &known)?;
    }
    Ok(())
}

fn must_be_among(option: &str, name: &str, known: &BTreeSet<&str>) -> Result<(), Failure> {
    if known.contains(name) {
        return Ok(());
    }
    let hint = config::nearest_hint(name, known.iter().copied(), "There is none.");
    Err(Failure::usage(format!("`{option} {name}` names nothing in the file or the account"), hint))
}

/// Asks the account.
async fn read(
    inputs: &Inputs,
    global: &GlobalArgs,
    (env, terminal): (ProcessEnv<'_>, &Terminal),
) -> Result<LiveState, Failure> {
    let connection =
        connect::connect(&inputs.desired.tenant, Vec::new(), &inputs.root, global, (env, terminal)).await?;
    let reading = terminal.busy("reading the account…");
    let live = live::collect(&connection.reader, &inputs.desired).await;
    drop(reading);
    connection.close().await;
    Ok(live.context("cannot read the account")?)
}

/// Returns what a plan would change about access; what changes for all clients of an API concerns each of them.
fn changes(
    inputs: &Inputs,
    live: LiveState,
    (today, wanted): (&Access, Wanted<'_>),
    terminal: &Terminal,
) -> Result<Vec<AccessChange>, Failure> {
    let planned = planning::of(inputs, live, &inputs.root, &Asked::default(), terminal)?;
    let desired = access::desired_access(&inputs.desired);
    let servers = wanted.api.map(|api| access::servers_of(&desired, api));
    let is_bound = |client: &str, server: &str| {
        let servers = [today, &desired].into_iter().filter_map(|state| state.servers.get(server));
        servers.flat_map(|server| server.clients.iter()).any(|clients| clients.contains_key(client))
    };
    let concerns = |change: &AccessChange, client: &str| match &change.client {
        Some(concerned) => concerned == client,
        None => is_bound(client, &change.server),
    };
    let is_wanted = |change: &AccessChange| {
        wanted.client.is_none_or(|client| concerns(change, client))
            && servers.as_ref().is_none_or(|servers| servers.contains(&change.server.as_str()))
    };
    Ok(planned.access.changes.into_iter().filter(is_wanted).collect())
}

fn show(shown: AccessShown<'_>, format: Format, terminal: &Terminal) -> Result<Exit, Failure> {
    let has_policies =
        |apis: &[Api]| apis.iter().flat_map(|api| api.clients.iter().flatten()).any(|it| !it.policies.is_empty());
    if let (Format::Text, AccessShown::Live(apis) | AccessShown::Desired(apis)) = (format, shown)
        && has_policies(apis)
    {
        let note = "gateway policies are taken as the file describes them, not as they lie on disk or are deployed";
        terminal.tell(|err| report::write_note(err, note))?;
    }
    terminal.print(|out| match (format, shown) {
        (Format::Json, shown) => report::write_access_json(out, shown),
        (Format::Text, AccessShown::Live(apis) | AccessShown::Desired(apis)) => report::write_access(out, apis),
        (Format::Text, AccessShown::Diff(changes)) => report::write_access_changes(out, changes),
    })?;
    Ok(Exit::Done)
}
