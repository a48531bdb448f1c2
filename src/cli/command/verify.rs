//! `gatewright verify`.

use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::connect;
use crate::cli::failure::Failure;
use crate::cli::gateways;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::proof::{self, ProofArgs};
use crate::cli::terminal::Terminal;
use clap::Args;

/// Prove tokens and gateway behavior end to end
///
/// Mints a token for each probe, reads it, and calls the probe's URL without a token, with the right one, and with tokens
/// that are wrong in one way each.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright verify --emulator
  gatewright verify --env prod --allow-probe-host gateway.internal.example.com")]
pub(in crate::cli) struct VerifyArgs {
    #[command(flatten)]
    proof: ProofArgs,
}

/// Proves the policies of a file.
pub(in crate::cli) async fn run(
    args: &VerifyArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let VerifyArgs { proof } = args;
    let inputs = inputs::load(global, env, terminal)?;
    let gateways = gateways::of(&inputs.desired, &inputs.root);
    let connection = connect::connect(&inputs.desired.tenant, gateways, &inputs.root, global, (env, terminal)).await?;
    let exit = proof::prove(proof, &inputs, &connection, global, env, terminal).await;
    connection.close().await;
    exit
}
