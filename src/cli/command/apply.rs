//! `gatewright apply`.

use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::connect::{self, Connection};
use crate::cli::execution;
use crate::cli::failure::Failure;
use crate::cli::gateways;
use crate::cli::home::{self, Home};
use crate::cli::inputs::{self, Inputs, ProcessEnv};
use crate::cli::permission;
use crate::cli::planning::{self, Planned, SafetyArgs};
use crate::cli::proof::{self, ProofArgs};
use crate::cli::stop;
use crate::cli::terminal::Terminal;
use crate::report::{self, SavedPlan};
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;

/// Bring the account and the policy files to what the configuration says
///
/// Without PLAN it plans, asks, and does it. With PLAN it does what the saved plan lists, if that is still what has to be
/// done, and does not ask; environment and variables are those of the plan.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright apply --env dev
  gatewright apply --env prod --auto-approve --verify
  gatewright plan --env prod --out plan.json && gatewright apply plan.json")]
pub(in crate::cli) struct ApplyArgs {
    /// A plan saved by `gatewright plan --out`
    plan: Option<PathBuf>,

    /// Do not ask
    #[arg(long)]
    auto_approve: bool,

    /// Verify afterwards, as `gatewright verify` does
    #[arg(long)]
    verify: bool,

    #[command(flatten)]
    safety: SafetyArgs,

    #[command(flatten)]
    proof: ProofArgs,
}

/// Plans, asks and executes.
pub(in crate::cli) async fn run(
    args: &ApplyArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let saved = args.plan.as_deref().map(|path| permission::read(path, global)).transpose()?;
    if saved.is_none() && !args.auto_approve && !Terminal::can_ask() {
        return Err(Failure::usage(
            "nobody is there to be asked",
            "Give `--auto-approve`, or a saved plan: `gatewright plan --out plan.json`, `gatewright apply plan.json`.",
        ));
    }
    let inputs = match &saved {
        Some(saved) => inputs::load_with(global, saved.environment.as_deref(), &saved.variables, env, terminal)?,
        None => inputs::load(global, env, terminal)?,
    };
    if let Some(saved) = &saved {
        permission::check_origin(saved, &inputs)?;
    }
    let gateways = gateways::of(&inputs.desired, &inputs.root);
    let connection = connect::connect(&inputs.desired.tenant, gateways, &inputs.root, global, env).await?;
    let exit = apply(args, saved.as_ref(), &inputs, &connection, global, terminal).await;
    let exit = match exit {
        Ok(Exit::Done) if args.verify => proof::prove(&args.proof, &inputs, &connection, global, env, terminal).await,
        exit => exit,
    };
    connection.close().await;
    exit
}

async fn apply(
    args: &ApplyArgs,
    saved: Option<&SavedPlan>,
    inputs: &Inputs,
    connection: &Connection,
    global: &GlobalArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let home = home::open(&inputs.root, &inputs.desired.tenant, connection)?;
    let tell_wait = |pid: Option<u32>| {
        let words = report::lock_wait_words(pid, global.max_wait());
        // Somebody who cannot hear it waits all the same.
        let _unheard = terminal.tell(|err| writeln!(err, "{words}"));
    };
    let lock = home.workspace.lock(global.max_wait(), &tell_wait).await.map_err(home::lock_failure)?;
    let reading = terminal.busy("reading the account…");
    let planned = planning::make(inputs, connection, &inputs.root, &args.safety.limits(), terminal).await?;
    drop(reading);
    planning::tell_cost(connection, global, terminal)?;
    let variables = saved.map_or_else(|| inputs::variables(global), |saved| saved.variables.clone());
    terminal.print(|out| report::write_plan_text(out, &planned.view(&variables)))?;
    permission::check(saved, &planned, terminal)?;
    if planned.view(&variables).is_empty() {
        return Ok(Exit::Done);
    }
    if saved.is_none() && !args.auto_approve && !asked(terminal).await? {
        return Err(Failure::Refused { message: "declined; nothing was written".to_owned(), hint: None });
    }
    let exit = perform(&planned, inputs, connection, &home, global, terminal).await;
    drop(lock);
    exit
}

/// Asks whether to go on; to break off is to decline.
async fn asked(terminal: &Terminal) -> Result<bool, Failure> {
    let stopped = stop::requested().context("cannot listen for signals")?;
    let terminal = *terminal;
    let answer = tokio::task::spawn_blocking(move || terminal.ask("Do this?"));
    tokio::select! {
        answer = answer => Ok(answer.context("the question broke off")??),
        () = stopped => {
            // The line of the question is still open.
            terminal.tell(|err| writeln!(err))?;
            Ok(false)
        }
    }
}

async fn perform(
    planned: &Planned,
    inputs: &Inputs,
    connection: &Connection,
    home: &Home,
    global: &GlobalArgs,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let history = home::history(home, planned.plan.context.account_id)?;
    home::tell_lost_secrets(home, &history, &planned.apps, terminal)?;
    execution::perform(planned, inputs, connection, home, &history, global, terminal).await
}
