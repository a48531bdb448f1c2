//! `gatewright emulator`.

use crate::cli::Exit;
use crate::cli::args::GlobalArgs;
use crate::cli::connect;
use crate::cli::failure::{Failure, emulator_failure};
use crate::cli::gateways;
use crate::cli::inputs::{self, ProcessEnv};
use crate::cli::state_file;
use crate::cli::stop;
use crate::cli::terminal::Terminal;
use crate::emulator::{DEFAULT_ACCOUNT_ID, Emulator, GatewayFile, Options, StateLocation};
use anyhow::Context;
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// Serve an emulated OneLogin, and the protected APIs of a configuration
///
/// Other programs may use it as they use OneLogin. It listens on loopback unless told otherwise; its control API, below
/// /_emulator/, answers loopback only.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright emulator --port 8787
  gatewright emulator --port 8787 --state account.json -f gatewright.yaml
  ONELOGIN_API_URL=http://127.0.0.1:8787 ONELOGIN_CLIENT_ID=emulator \\
    ONELOGIN_CLIENT_SECRET=emulator-secret gatewright plan

A seed, which fills a fresh account and is left unread once the account is there:
  {\"users\": [{\"email\": \"ann@example.com\", \"password\": \"p\", \"roles\": [\"Testers\"]}],
   \"roles\": [{\"name\": \"Testers\"}],
   \"apps\": [{\"name\": \"Web\", \"roles\": [\"Testers\"], \"client_secret\": \"s\",
     \"configuration\": {\"redirect_uri\": \"https://localhost/unused\"}}],
   \"authorization_servers\": [{\"name\": \"Contacts\",
     \"configuration\": {\"resource_identifier\": \"https://c\", \"audiences\": [\"https://c\"]},
     \"scopes\": [{\"value\": \"read\", \"description\": \"Read\"}],
     \"claims\": [{\"name\": \"mail\", \"user_attribute_mappings\": \"email\"}],
     \"clients\": [{\"app_id\": \"Web\", \"scopes\": [\"read\"]}]}]}
Users, roles, apps and scopes are named by id, name, email address or value. Any of the
lists may be left out, and any object may have an \"id\"; \"credentials\" and
\"connectors\" are further lists.

Fault rules, of which the first that fits a request is meant:
  {\"rules\": [
    {\"match\": {\"method\": \"POST\", \"path\": \"/api/2/apps\", \"nth\": 2},
     \"fault\": {\"status\": 503}},
    {\"match\": {\"path\": \"/api/2/api_authorizations/**\", \"every\": 5},
     \"fault\": {\"drop\": \"after\"}}]}
A match may leave out any of these; in a path * is one segment, ** any number. Further
faults: \"drop\": \"before\", \"delay_ms\", \"effect_delay_ms\", \"stale\": true, and the
\"body\" and \"headers\" of the answer.

The control API, below /_emulator/, JSON in and out:
  GET journal, counters               what was asked so far
  GET, PUT state, faults, switches    the account; what goes wrong; what OneLogin leaves open
  POST reset                          forgets journal and counters, with ?state=true the account
  POST token                          signs any header and claims
  POST clock                          {\"seconds\": 600, \"rate\": 60}, either or both: moves its
                                      clock forward, lets it run so many times as fast")]
pub(in crate::cli) struct EmulatorArgs {
    /// The port to listen on; 0 takes any
    #[arg(long, value_name = "N", default_value_t = 8787)]
    port: u16,

    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,

    /// The file that keeps the account [default: in memory]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Fill a fresh account from this file
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// The issuer of its tokens [default: its own address]
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,

    /// Add this to every answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,

    /// Calls an hour
    #[arg(long, value_name = "N", default_value_t = 5000)]
    quota: u32,

    /// Let its clock run N times as fast; waits for quota are told in real seconds
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::MIN)]
    clock_rate: NonZeroU32,

    /// Fault rules, as PUT /_emulator/faults takes them
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

/// Serves until it is told to stop.
pub(in crate::cli) async fn run(
    args: &EmulatorArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let EmulatorArgs { port, listen, state, seed, issuer, latency, quota, clock_rate, faults } = args;
    // The default file is not taken by itself: whoever serves an account may have no configuration.
    let (gateways, account_id) = match global.file {
        Some(_) => {
            let inputs = inputs::load(global, env, terminal)?;
            (gateways::of(&inputs.desired, &inputs.root), inputs.desired.tenant.account_id)
        }
        None => (Vec::new(), None),
    };
    if let Some(state) = state {
        connect::tell_unread_seed(seed.as_deref(), state, terminal)?;
    }
    let options = Options {
        listen: SocketAddr::from((*listen, *port)),
        issuer: issuer.clone(),
        state: state.clone().map_or(StateLocation::Memory, StateLocation::File),
        seed: seed.as_deref().map(state_file::read_json).transpose()?,
        account_id: account_id.unwrap_or(DEFAULT_ACCOUNT_ID),
        latency: Duration::from_millis(*latency),
        quota: *quota,
        clock_rate: *clock_rate,
        faults: faults.as_deref().map(state_file::read_json).transpose()?,
        switches: None,
        gateways: gateways.clone(),
    };
    let stopped = stop::requested().context("cannot listen for signals")?;
    let emulator = Emulator::start(options).await.map_err(|error| emulator_failure(error, seed.as_deref()))?;
    announce(&emulator, &gateways, terminal)?;
    stopped.await;
    emulator.shutdown().await;
    Ok(Exit::Done)
}

fn announce(emulator: &Emulator, gateways: &[GatewayFile], terminal: &Terminal) -> Result<(), Failure> {
    let url = emulator.base_url();
    terminal.print(|out| {
        writeln!(out, "listening on {url}")?;
        writeln!(out, "credentials: emulator / emulator-secret")?;
        for gateway in gateways {
            writeln!(out, "gateway policy {}: {url}/gateway/{}/", gateway.key, gateway.key)?;
        }
        writeln!(out, "Ctrl-C stops it")
    })?;
    Ok(())
}
