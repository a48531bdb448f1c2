//! `gatewright plan`.

use crate::cli::Exit;
use crate::cli::again;
use crate::cli::args::GlobalArgs;
use crate::cli::connect;
use crate::cli::failure::Failure;
use crate::cli::gateways;
use crate::cli::inputs::{self, Inputs, ProcessEnv};
use crate::cli::leftovers;
use crate::cli::offline::{self, SnapshotArgs};
use crate::cli::planning::{self, Asked, Planned, SafetyArgs};
use crate::cli::policy_files;
use crate::cli::replacing::{self, ReplaceArgs};
use crate::cli::sink;
use crate::cli::targeting::{self, TargetArgs};
use crate::cli::terminal::Terminal;
use crate::report::{self, PlanView};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Show what apply would do; nothing is written to the account
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright plan --env prod
  gatewright plan --env prod --out plan.json    then: gatewright apply plan.json
  gatewright plan --env prod --format html > plan.html
  gatewright plan --emulator --detailed-exitcode
  gatewright plan --target authorization_server/contacts
  gatewright plan --replace oidc_app/contacts-web --allow-destroy
  gatewright plan --env prod --snapshot prod.json    a saved account: gatewright snapshot

Impact, the last word of each change of the account and the first of each access change:
  breaks    somebody who gets in today may be kept out, or may not find what they rely on
  widens    somebody gets in, or stays in longer, who does not today
  narrows   somebody may do less than today
  cosmetic  nothing changes about access
What a policy file means is said among the access changes, with the name of its policy.")]
pub(in crate::cli) struct PlanArgs {
    /// Save the plan; `gatewright apply FILE` does what it lists and nothing else
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// How to write the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Exit with 2 if changes are pending, with 4 if one is refused
    #[arg(long)]
    detailed_exitcode: bool,

    /// The folder that policy files are compared with [default: that of the configuration file]
    #[arg(long, value_name = "DIR")]
    files_base: Option<PathBuf>,

    #[command(flatten)]
    snapshot: SnapshotArgs,

    #[command(flatten)]
    parts: TargetArgs,

    #[command(flatten)]
    replaces: ReplaceArgs,

    #[command(flatten)]
    safety: SafetyArgs,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For the comment on a pull request
    Markdown,
    /// One file for a browser, which loads nothing else
    Html,
    /// For programs; also what --out saves
    Json,
}

/// Plans and shows it.
pub(in crate::cli) async fn run(
    args: &PlanArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let PlanArgs { out, format, detailed_exitcode, files_base, snapshot, parts, replaces, safety } = args;
    if let Some(path) = out {
        policy_files::must_be_writable(path)?;
    }
    snapshot.check(global)?;
    let mut inputs = inputs::load(global, env, terminal)?;
    replacing::ask(&mut inputs.desired, replaces.addresses())?;
    let targets = targeting::ask(&mut inputs.desired, parts.addresses(), parts.destroys())?;
    let asked = Asked { targets, must_find_targets: true, destroy: parts.destroys(), limits: safety.limits() };
    let files_base = files_base.as_deref().unwrap_or(&inputs.root);
    let mut planned = match snapshot.path() {
        Some(path) => {
            let live = offline::read(path, &inputs, terminal)?;
            planning::of(&inputs, live, files_base, &asked, terminal)?
        }
        None => of_account(&inputs, files_base, &asked, global, (env, terminal)).await?,
    };
    sink::note_short_lived(&mut planned.plan, None, env);
    let variables = inputs::variables(global);
    if !parts.is_given() {
        planned.plan.add_notes(leftovers::find(&inputs, files_base, &variables, global, env));
    }
    let view = planned.view(&variables);
    if let Some(path) = out {
        save(path, &view)?;
    }
    terminal.print(|out| match format {
        Format::Text => report::write_plan_text(out, &view),
        Format::Markdown => report::write_plan_markdown(out, &view),
        Format::Html => report::write_plan_html(out, &view),
        Format::Json => report::write_plan_json(out, &view),
    })?;
    if let Some(path) = out
        && !view.is_empty()
    {
        let said = match planned.plan.is_refused() {
            true => "Saved; it is refused as it stands.".to_owned(),
            false => format!("Saved; do it with: {}", again::apply_plan(path, global, safety)),
        };
        terminal.tell(|err| writeln!(err, "{}", report::visible(&said)))?;
    }
    Ok(match detailed_exitcode {
        true if planned.plan.is_refused() => Exit::Refused,
        true if !view.is_empty() => Exit::Pending,
        _ => Exit::Done,
    })
}

/// Asks the account and plans.
async fn of_account(
    inputs: &Inputs,
    files_base: &Path,
    asked: &Asked,
    global: &GlobalArgs,
    (env, terminal): (ProcessEnv<'_>, &Terminal),
) -> Result<Planned, Failure> {
    let gateways = gateways::of(&inputs.desired, &inputs.root);
    let connection = connect::connect(&inputs.desired.tenant, gateways, &inputs.root, global, (env, terminal)).await?;
    let reading = terminal.busy("reading the account…");
    let planned = planning::make(inputs, &connection, files_base, asked, terminal).await;
    drop(reading);
    let told = planned
        .as_ref()
        .map_or(Ok(()), |planned| planning::tell_cost(&connection, planned.took, Some(&planned.plan), terminal));
    connection.close().await;
    let planned = planned?;
    told?;
    Ok(planned)
}

fn save(path: &Path, view: &PlanView<'_>) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    report::write_plan_json(&mut bytes, view)?;
    policy_files::replace(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}
