//! `gatewright verify`.

use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::connect;
use crate::cli::failure::Failure;
use crate::cli::gateways;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::proof::{self, Format, ProofArgs};
use crate::cli::terminal::Terminal;
use clap::Args;

/// Prove with real tokens what the gateways let in and keep out
///
/// For each `probe` of a gateway policy it mints a token as the probe's client, checks what the token says, and calls the
/// probe's URL without a token, with that one, and with tokens that are wrong in one way each. Clients that no probe names
/// are not tried; `gatewright access` says what a policy makes of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright verify --emulator
  gatewright verify --env dev --format junit > verify.xml
  gatewright verify --env prod --allow-probe-host gateway.internal.example.com")]
pub(in crate::cli) struct VerifyArgs {
    /// How to write it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

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
    let VerifyArgs { format, proof } = args;
    let inputs = inputs::load(global, env, terminal)?;
    let gateways = gateways::of(&inputs.desired, &inputs.root);
    let connection = connect::connect(&inputs.desired.tenant, gateways, &inputs.root, global, (env, terminal)).await?;
    let exit = proof::prove((proof, *format), &inputs, &connection, global, env, terminal).await;
    connection.close().await;
    exit
}
