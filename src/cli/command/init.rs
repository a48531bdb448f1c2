//! `gatewright init`.

use super::export::{self, parse_subdomain};
use crate::cli::Exit;
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
    export::must_be_new(file, "-f")?;
    let subdomain = answer(subdomain.clone(), "The tenant's subdomain", SUBDOMAIN, parse_subdomain, terminal)?;
    if *from_live {
        let tenant = Tenant { subdomain, account_id: None, base_url: None };
        let text = export::read_account(&tenant, Path::new("."), global, (env, terminal)).await?;
        export::deliver(&text, Some(file), terminal)?;
        return Ok(Exit::Done);
    }
    let api = answer(api.clone(), "The URL of the API", API, parse_api, terminal)?;
    let named = gateway
        .map(|gateway| gateway.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned()));
    let gateway = answer(
        named,
        "The gateway: mulesoft, flex or none",
        "mulesoft",
        |text| Gateway::from_str(text, true).map(|_| text.to_owned()),
        terminal,
    )?;
    let gateway = match Gateway::from_str(&gateway, true) {
        Ok(Gateway::Mulesoft) => Some(StarterGateway::Mulesoft),
        Ok(Gateway::Flex) => Some(StarterGateway::Flex),
        Ok(Gateway::None) | Err(_) => None,
    };
    export::deliver(&config::starter(&Starter { subdomain, api, gateway }), Some(file), terminal)?;
    let file = global.file.as_deref().map_or_else(String::new, |file| format!(" -f {}", file.display()));
    let next = format!("Next: gatewright plan{file} --emulator");
    terminal.tell(|err| writeln!(err, "{}", report::visible(&next)))?;
    Ok(Exit::Done)
}

/// Returns what an option says, else what somebody on the terminal answers, else what is usual.
fn answer(
    given: Option<String>,
    question: &str,
    usual: &str,
    parse: impl Fn(&str) -> Result<String, String>,
    terminal: &Terminal,
) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !Terminal::can_ask() {
        return Ok(usual.to_owned());
    }
    loop {
        let said = terminal.ask_line(&format!("{question} [{usual}]: "))?;
        let Some(said) = said else {
            return Err(Failure::Refused { message: "broken off; nothing was written".to_owned(), hint: None });
        };
        match said.trim() {
            "" => return Ok(usual.to_owned()),
            said => match parse(said) {
                Ok(said) => return Ok(said),
                Err(why) => terminal.tell(|err| writeln!(err, "{why}"))?,
            },
        }
    }
}
