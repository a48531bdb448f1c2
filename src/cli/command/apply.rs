//! `gatewright apply`.

use crate::cli::Exit;
use crate::cli::again::{self, Invocation};
use crate::cli::args::GlobalArgs;
use crate::cli::connect::{self, Connection};
use crate::cli::consent;
use crate::cli::execution::Execution;
use crate::cli::failure::Failure;
use crate::cli::gateways;
use crate::cli::home;
use crate::cli::inputs::{self, Inputs, ProcessEnv};
use crate::cli::leftovers;
use crate::cli::permission;
use crate::cli::planning::{self, Asked, Planned, SafetyArgs};
use crate::cli::proof::{self, Format, ProofArgs};
use crate::cli::replacing::{self, ReplaceArgs};
use crate::cli::sink;
use crate::cli::stop::Stop;
use crate::cli::targeting::{self, TargetArgs};
use crate::cli::terminal::Terminal;
use crate::model::EntryKey;
use crate::report::{self, SavedPlan};
use crate::workspace::SecretsCommand;
use anyhow::Context;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Bring the account and the policy files to what the configuration says
///
/// Without PLAN it plans, asks, and does it. With PLAN it does what the saved plan lists, if that is still what has to be
/// done, and does not ask; environment, variables, targets, replacements and `--destroy` are those of the plan.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright apply --env dev
  gatewright apply --env prod --auto-approve --verify
  gatewright plan --env prod --out plan.json && gatewright apply plan.json
  gatewright apply --replace oidc_app/contacts-web --allow-destroy")]
pub(in crate::cli) struct ApplyArgs {
    /// A plan saved by `gatewright plan --out`
    plan: Option<PathBuf>,

    /// Do not ask
    #[arg(long)]
    auto_approve: bool,

    /// Verify afterwards, as `gatewright verify` does
    #[arg(long)]
    verify: bool,

    /// Hand the secrets of new apps to this command instead of keeping them in files
    /// [variable: GATEWRIGHT_SECRETS_COMMAND]
    ///
    /// A program and its arguments, run without a shell once an app; it reads the secret as JSON on its standard input and
    /// has taken it when it exits with 0. What it says is masked. If it fails, the secret is kept in a file and the run
    /// stops.
    #[arg(long, value_name = "CMD")]
    secrets_command: Option<String>,

    #[command(flatten)]
    parts: TargetArgs,

    #[command(flatten)]
    replaces: ReplaceArgs,

    #[command(flatten)]
    safety: SafetyArgs,

    #[command(flatten)]
    proof: ProofArgs,
}

impl ApplyArgs {
    /// Says whether anything is given that decides what is planned, which a saved plan brings along.
    fn decides_what(&self) -> bool {
        self.parts.is_given() || !self.replaces.addresses().is_empty()
    }
}

/// Plans, asks and executes.
pub(in crate::cli) async fn run(
    args: &ApplyArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let saved = args.plan.as_deref().map(|path| permission::read(path, global, args.decides_what())).transpose()?;
    if saved.is_none() && !args.auto_approve && !Terminal::can_ask() {
        return Err(Failure::usage("nobody is there to be asked", plan_first(args, global)));
    }
    let secrets = sink::command(args.secrets_command.as_deref(), global, env)?;
    let stop = Stop::listen().context("cannot listen for signals")?;
    let mut inputs = match &saved {
        Some(saved) => inputs::load_with(global, saved.environment.as_deref(), &saved.variables, env, terminal)?,
        None => inputs::load(global, env, terminal)?,
    };
    if let Some(saved) = &saved {
        permission::check_origin(saved, &inputs)?;
    }
    let replaces = saved.as_ref().map_or_else(|| args.replaces.addresses(), |saved| &saved.replaces);
    replacing::ask(&mut inputs.desired, replaces)?;
    let targets = saved.as_ref().map_or_else(|| args.parts.addresses(), |saved| &saved.targets);
    let destroy = saved.as_ref().map_or_else(|| args.parts.destroys(), |saved| saved.destroy);
    if destroy && args.verify {
        return Err(Failure::usage("what is destroyed cannot be verified", "Leave `--verify` out."));
    }
    let targets = targeting::ask(&mut inputs.desired, targets, destroy)?;
    let asked = Asked { targets, must_find_targets: saved.is_none(), destroy, limits: args.safety.limits() };
    let gateways = gateways::of(&inputs.desired, &inputs.root);
    let connect = connect::connect(&inputs.desired.tenant, gateways, &inputs.root, global, (env, terminal));
    let connection = stop.unless(connect).await?;
    let apply = Apply {
        args,
        saved,
        asked,
        secrets,
        inputs: &inputs,
        connection: &connection,
        stop: &stop,
        global,
        env,
        terminal,
    };
    let exit = apply.run().await;
    let exit = match exit {
        Ok(Exit::Done) if args.verify => {
            let proof = proof::prove((&args.proof, Format::Text), &inputs, &connection, global, env, terminal);
            tokio::select! {
                exit = proof => exit.or_else(|failure| unproven(&failure, env, terminal)),
                // Written is what was to be written, and nothing is proven.
                () = stop.first() => Ok(Exit::Unproven),
            }
        }
        exit => exit,
    };
    connection.close().await;
    exit
}

/// Says how to do without being asked.
fn plan_first(args: &ApplyArgs, global: &GlobalArgs) -> String {
    let safety = args.safety.words();
    let replaces = args.replaces.addresses().iter().flat_map(|address| ["--replace", address.as_str()]);
    let targets = args.parts.words().into_iter();
    let rest: Vec<&str> =
        targets.chain(replaces).chain(safety.iter().map(String::as_str)).chain(["--out", "plan.json"]).collect();
    let plan = again::again(global, "plan", rest);
    let apply = again::apply_plan(Path::new("plan.json"), global, &args.safety);
    format!("Give `--auto-approve`, or save a plan, look at it and apply it:\n{plan}\n{apply}")
}

/// Says why nothing could be proven: what was applied is applied all the same.
fn unproven(failure: &Failure, env: ProcessEnv<'_>, terminal: &Terminal) -> Result<Exit, Failure> {
    let _unheard = failure.tell(env, terminal);
    Ok(Exit::Unproven)
}

/// One apply, from the lock to the last file.
struct Apply<'a> {
    args: &'a ApplyArgs,
    saved: Option<SavedPlan>,
    asked: Asked,
    secrets: Option<SecretsCommand>,
    inputs: &'a Inputs,
    connection: &'a Connection,
    stop: &'a Stop,
    global: &'a GlobalArgs,
    env: ProcessEnv<'a>,
    terminal: &'a Terminal,
}

impl Apply<'_> {
    async fn run(&self) -> Result<Exit, Failure> {
        let Self { args, saved, asked: _, secrets, inputs, connection, stop, global, env: _, terminal } = self;
        let home = home::open(&inputs.root, &inputs.desired.tenant, connection)?;
        let lock = stop.unless(home::lock(&home, global, terminal)).await?;
        let planned = stop.unless(self.plan()).await?;
        let saved = saved.as_ref();
        if let Some(saved) = saved {
            permission::check_account(saved, &planned.plan)?;
        }
        let variables = self.variables();
        terminal.print(|out| report::write_plan_text(out, &planned.view(&variables)))?;
        consent::check_refusals(&planned.plan)?;
        let history = home::history(&home, planned.plan.context.account_id)?;
        let invocation =
            Invocation { global, environment: inputs.desired.environment.as_deref(), variables: &variables };
        // What is made anew now, or deleted, needs no way out.
        let live = |app: &EntryKey| match planned.plan.ends(app) {
            true => None,
            false => planned.apps.get(app).and_then(|found| found.id()),
        };
        // Said where nothing is left to do, too: the run that lost it may have done everything else.
        home::tell_lost_secrets(&home, &history, &live, &invocation, terminal)?;
        if planned.view(&variables).is_empty() {
            return Ok(Exit::Done);
        }
        if saved.is_none() && !args.auto_approve {
            consent::ask(stop, terminal).await?;
        }
        let secrets = secrets.as_ref();
        let (home, history, undoes) = (&home, &history, None);
        let execution = Execution { inputs, connection, home, history, secrets, undoes, stop, invocation, terminal };
        let began = Instant::now();
        let permitted = permission::filter(saved, &planned.plan);
        let held_back = permission::held_back(saved, &planned, &permitted);
        permission::check_access(saved, (&planned, &permitted), &held_back, inputs)?;
        let exit = execution.perform(&planned, &permitted, &held_back).await;
        // What was written is written; a line that cannot be said changes nothing about the exit code.
        let _unheard = permission::tell_held_back(&held_back, terminal);
        if permitted.plan.has_changes() {
            let _unheard = planning::tell_cost(connection, planned.took + began.elapsed(), None, terminal);
        }
        drop(lock);
        exit
    }

    fn variables(&self) -> BTreeMap<String, String> {
        self.saved.as_ref().map_or_else(|| inputs::variables(self.global), |saved| saved.variables.clone())
    }

    async fn plan(&self) -> Result<Planned, Failure> {
        let Self { args, asked, global, inputs, connection, env, terminal, .. } = self;
        let reading = terminal.busy("reading the account…");
        let planned = planning::make(inputs, connection, &inputs.root, asked, terminal).await;
        drop(reading);
        let mut planned = planned?;
        sink::note_short_lived(&mut planned.plan, args.secrets_command.as_deref(), *env);
        if asked.targets.is_empty() && !asked.destroy {
            planned.plan.add_notes(leftovers::find(inputs, &inputs.root, &self.variables(), global, *env));
        }
        planning::tell_cost(connection, planned.took, Some(&planned.plan), terminal)?;
        Ok(planned)
    }
}
