//! `gatewright undo`.

use crate::access;
use crate::cli::Exit;
use crate::cli::again::Invocation;
use crate::cli::args::GlobalArgs;
use crate::cli::connect::{self, Connection};
use crate::cli::consent;
use crate::cli::execution::Execution;
use crate::cli::failure::Failure;
use crate::cli::gateways;
use crate::cli::home::{self, Home};
use crate::cli::inputs::{self, Inputs, ProcessEnv};
use crate::cli::permission::HeldBack;
use crate::cli::planning::{self, Planned, SafetyArgs};
use crate::cli::runs;
use crate::cli::sink;
use crate::cli::stop::Stop;
use crate::cli::terminal::Terminal;
use crate::live;
use crate::model::{LiveState, Note, Targets, identify};
use crate::plan::{self, Context};
use crate::report;
use crate::undo::{self, Recorded};
use crate::workspace::{History, RecordedRun, SecretsCommand};
use anyhow::Context as _;
use clap::Args;
use std::collections::BTreeMap;
use std::time::Instant;

/// Take back what a recorded run did to the account
///
/// RUN is the name of a record below `.gatewright/runs`, or the beginning of one; without it the runs of the account are
/// listed. What the run made is deleted, what it changed is set back, what it deleted is made again. What somebody has
/// changed since is left alone, and what cannot come back is said: ids, client ids and secrets of what is made again, among
/// others. Policy files are not touched, and neither is the configuration: change it too, or the next apply does again what
/// was undone. An undo is a run of its own, and can be undone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright undo                                       lists the runs
  gatewright undo 20260801T0915                         shows what it would do, and asks
  gatewright undo 20260801T0915 --auto-approve --allow-destroy

Without a terminal and without --auto-approve it only shows the plan, and exits with 2.")]
pub(in crate::cli) struct UndoArgs {
    /// The run: its name or an unambiguous beginning of it
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    run: Option<String>,

    /// Do not ask
    #[arg(long)]
    auto_approve: bool,

    /// Hand the secrets of apps that are made again to this command, as `gatewright apply` does
    /// [variable: GATEWRIGHT_SECRETS_COMMAND]
    #[arg(long, value_name = "CMD")]
    secrets_command: Option<String>,

    #[command(flatten)]
    safety: SafetyArgs,
}

/// Lists the runs, or plans, asks and undoes one.
pub(in crate::cli) async fn run(
    args: &UndoArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let Some(name) = &args.run else {
        return runs::list(&inputs::load(global, env, terminal)?, global, env, terminal);
    };
    let secrets = sink::command(args.secrets_command.as_deref(), global, env)?;
    let stop = Stop::listen().context("cannot listen for signals")?;
    let inputs = inputs::load(global, env, terminal)?;
    let gateways = gateways::of(&inputs.desired, &inputs.root);
    let connect = connect::connect(&inputs.desired.tenant, gateways, &inputs.root, global, (env, terminal));
    let connection = stop.unless(connect).await?;
    let undo =
        Undo { args, name, secrets, inputs: &inputs, connection: &connection, stop: &stop, global, env, terminal };
    let exit = undo.run().await;
    connection.close().await;
    exit
}

/// One undo, from the lock to the last word.
struct Undo<'a> {
    args: &'a UndoArgs,
    name: &'a str,
    secrets: Option<SecretsCommand>,
    inputs: &'a Inputs,
    connection: &'a Connection,
    stop: &'a Stop,
    global: &'a GlobalArgs,
    env: ProcessEnv<'a>,
    terminal: &'a Terminal,
}

impl Undo<'_> {
    async fn run(&self) -> Result<Exit, Failure> {
        let Self { args, name, inputs, connection, stop, global, terminal, .. } = self;
        let home = home::open(&inputs.root, &inputs.desired.tenant, connection)?;
        let lock = stop.unless(home::lock(&home, global, terminal)).await?;
        let account = async { Ok(connection.reader.account_id().await.context("cannot undo")?) };
        let account = stop.unless(account).await?;
        let history = home::history(&home, account)?;
        let variables = inputs::variables(global);
        let invocation = self.invocation(&variables);
        let recorded = runs::find(&home, &history, name, &invocation, terminal)?;
        let planned = stop.unless(self.plan(&history, recorded)).await?;
        let no_variables = BTreeMap::new();
        let heading = format!("Undo of run {}, begun {}", recorded.name, runs::time(recorded));
        terminal.print(|out| {
            writeln!(out, "{heading}\n")?;
            report::write_plan_text(out, &planned.view(&no_variables))
        })?;
        consent::check_refusals(&planned.plan)?;
        if !planned.plan.has_changes() {
            return Ok(Exit::Done);
        }
        if !args.auto_approve {
            if !Terminal::can_ask() {
                let safety = args.safety.words();
                let rest = safety.iter().map(String::as_str);
                let undo = invocation.line("undo", [recorded.name.as_str(), "--auto-approve"].into_iter().chain(rest));
                let hint = format!("Nobody is there to be asked, so nothing was written. Do it with:\n{undo}");
                terminal.tell(|err| report::write_hint(err, &hint))?;
                return Ok(Exit::Pending);
            }
            consent::ask(stop, terminal).await?;
        }
        let exit = self.perform((&home, &history), recorded, &planned).await;
        drop(lock);
        exit
    }

    /// What this run was given.
    fn invocation<'a>(&'a self, variables: &'a BTreeMap<String, String>) -> Invocation<'a> {
        Invocation { global: self.global, environment: self.inputs.desired.environment.as_deref(), variables }
    }

    async fn plan(&self, history: &History, run: &RecordedRun) -> Result<Planned, Failure> {
        let Self { args, inputs, connection, env, terminal, .. } = self;
        let began = Instant::now();
        let reading = terminal.busy("reading the account…");
        let recorded = Recorded { run, undos: history.undos_of(&run.name) };
        let read = live::collect_chosen(&connection.reader, |lists| undo::needs(&recorded, lists)).await;
        let live = read.context("cannot undo")?;
        let inverse = undo::inverse(&recorded, &live, &inputs.desired);
        let live = live::with_consequences(&connection.reader, &inverse.desired, live).await.context("cannot undo")?;
        let live = LiveState { users: inverse.users.clone(), ..live };
        drop(reading);
        let context = Context {
            tenant: inputs.desired.tenant.host(),
            account_id: live.account_id,
            environment: run.header.environment.clone(),
            config_digest: inputs.desired.config_digest.clone(),
            replaces: inverse.desired.replaces.clone(),
            targets: Targets::default(),
            destroy: false,
        };
        let mut plan = plan::plan(undo::compare(&inverse, &live), context, &args.safety.limits());
        let undone = recorded.undos.iter().rev().find(|undo| undo.is_complete);
        let undone =
            undone.map(|undo| Note { origin: None, text: format!("it is undone already, by run {}", undo.name) });
        plan.add_notes(undone);
        sink::note_short_lived(&mut plan, args.secrets_command.as_deref(), *env);
        let changes: Vec<_> = plan.changes().collect();
        let access = access::of_plan(access::Planned {
            desired: &inverse.desired,
            live: &live,
            changes: &changes,
            rewritten: &[],
        });
        let apps = identify(&inputs.desired, &live.lists).apps;
        let planned =
            Planned { plan, access, files: Vec::new(), has_files_base: false, live, apps, took: began.elapsed() };
        planning::tell_cost(connection, planned.took, Some(&planned.plan), terminal)?;
        Ok(planned)
    }

    async fn perform(
        &self,
        (home, history): (&Home, &History),
        run: &RecordedRun,
        planned: &Planned,
    ) -> Result<Exit, Failure> {
        let Self { secrets, inputs, connection, stop, global, terminal, .. } = self;
        let (secrets, undoes) = (secrets.as_ref(), Some(run.name.as_str()));
        let variables = inputs::variables(global);
        let invocation = self.invocation(&variables);
        let execution = Execution { inputs, connection, home, history, secrets, undoes, stop, invocation, terminal };
        let began = Instant::now();
        let permitted = planned.plan.permitted(|_| true);
        let exit = execution.perform(planned, &permitted, &HeldBack::default()).await?;
        // What was written is written; a line that cannot be said changes nothing about the exit code.
        let _unheard = planning::tell_cost(connection, planned.took + began.elapsed(), None, terminal);
        if matches!(exit, Exit::Done | Exit::Partial) {
            let file = global.file().display().to_string();
            let hint = format!(
                "If {} still asks for what was undone, change it too, or the next apply does it again.",
                report::visible(&file)
            );
            let _unheard = terminal.tell(|err| report::write_hint(err, &hint));
        }
        Ok(exit)
    }
}
