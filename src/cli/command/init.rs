//! `gatewright init`.

use super::export::{self, parse_subdomain};
use crate::cli::Exit;
use crate::cli::again;
use crate::cli::args::GlobalArgs;
use crate::cli::failure::Failure;
use crate::cli::inputs::ProcessEnv;
use crate::cli::terminal::Terminal;
use crate::config::{self, Starter, StarterGateway};
use crate::model::Tenant;
use crate::report;
use clap::{Args, ValueEnum};
use std::path::Path;
use url::Url;

/// What is taken where nobody says.
const SUBDOMAIN: &str = "acme";
const API: &str = "https://contacts.example.com";

/// Write a configuration file to start from
///
/// On a terminal it asks for what no option says; Enter takes what stands in brackets. A file that exists is left alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gatewright init
  gatewright init --subdomain acme --api https://orders.example.com --gateway flex
  gatewright init --subdomain acme --from-live")]
pub(in crate::cli) struct InitArgs {
    /// The tenant's subdomain: acme for https://acme.onelogin.com
    #[arg(long, value_name = "NAME", value_parser = parse_subdomain)]
    subdomain: Option<String>,

    /// The URL of the API
    #[arg(long, value_name = "URL", value_parser = parse_api, conflicts_with = "from_live")]
    api: Option<String>,

    /// The gateway in front of the API
    #[arg(long, value_name = "GATEWAY", conflicts_with = "from_live")]
    gateway: Option<Gateway>,

    /// Start from what the account holds
    #[arg(long)]
    from_live: bool,
}

/// The gateways a file can start with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Gateway {
    /// MuleSoft API Manager and Mule 4
    Mulesoft,
    /// MuleSoft Flex Gateway
    Flex,
    /// No gateway policy
    None,
}

fn parse_api(text: &str) -> Result<String, String> {
    let is_plain = |url: &Url| url.host_str().is_some() && url.query().is_none() && url.fragment().is_none();
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && is_plain(&url) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err("expected a URL such as https://contacts.example.com".to_owned()),
    }
}

/// Writes the file.
pub(in crate::cli) async fn run(
    args: &InitArgs,
    global: &GlobalArgs,
    env: ProcessEnv<'_>,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let InitArgs { subdomain, api, gateway, from_live } = args;
    let file = global.file();
    export::must_be_new(file, "Name another file with `-f`, or move this one away.")?;
    // Credentials go to the tenant that is read, so that one is never guessed.
    let is_guessable = !from_live || global.emulator.is_some();
    let usual = is_guessable.then_some(SUBDOMAIN);
    let subdomain = answer(subdomain.clone(), "The tenant's subdomain", usual, parse_subdomain, terminal)?;
    if *from_live {
        let tenant = Tenant { subdomain, account_id: None, base_url: None };
        let live = export::read_account(&tenant, Path::new("."), global, (env, terminal)).await?;
        export::deliver(&config::export(&live, &tenant), Some(file), terminal)?;
        return Ok(Exit::Done);
    }
    let api = answer(api.clone(), "The URL of the API", Some(API), parse_api, terminal)?;
    let named = gateway
        .map(|gateway| gateway.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned()));
    let gateway = answer(
        named,
        "The gateway: mulesoft, flex or none",
        Some("mulesoft"),
        |text| match Gateway::from_str(text, true) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err("expected mulesoft, flex or none".to_owned()),
        },
        terminal,
    )?;
    let gateway = match Gateway::from_str(&gateway, true) {
        Ok(Gateway::Mulesoft) => Some(StarterGateway::Mulesoft),
        Ok(Gateway::Flex) => Some(StarterGateway::Flex),
        Ok(Gateway::None) | Err(_) => None,
    };
    export::deliver(&config::starter(&Starter { subdomain, api, gateway }), Some(file), terminal)?;
    let next = again::again(global, "plan", global.emulator.is_none().then_some("--emulator"));
    terminal.tell(|err| writeln!(err, "Next: {}", report::visible(&next)))?;
    Ok(Exit::Done)
}

/// Returns what an option says, else what somebody on the terminal answers, else what is usual, if anything is.
fn answer(
    given: Option<String>,
    question: &str,
    usual: Option<&str>,
    parse: impl Fn(&str) -> Result<String, String>,
    terminal: &Terminal,
) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !Terminal::can_ask() {
        let Some(usual) = usual else {
            return Err(Failure::usage("nobody is there to ask for the tenant", "Name it with `--subdomain`."));
        };
        terminal.tell(|err| writeln!(err, "{question}: {usual} (the default; nobody is there to ask)"))?;
        return Ok(usual.to_owned());
    }
    let brackets = usual.map(|usual| format!(" [{usual}]")).unwrap_or_default();
    loop {
        let said = terminal.ask_line(&format!("{question}{brackets}: "))?;
        let Some(said) = said else {
            return Err(Failure::Refused { message: "broken off; nothing was written".to_owned(), hint: None });
        };
        match (said.trim(), usual) {
            ("", Some(usual)) => return Ok(usual.to_owned()),
            (said, _) => match parse(said) {
                Ok(said) => return Ok(said),
                Err(why) => terminal.tell(|err| writeln!(err, "{why}"))?,
            },
        }
    }
}
