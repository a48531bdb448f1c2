//! The way to the account: which hosts may be called, with which credentials.
//!
//! Credentials come from the environment and go only to the tenant's own OneLogin host or to the host that the environment
//! names, never to one that only the file names. Under `--emulator` none of these variables plays a part.

use super::args::{GlobalArgs, LogFormat};
use super::embedded::Embedded;
use super::failure::Failure;
use super::inputs::ProcessEnv;
use super::state_file;
use super::terminal::Terminal;
use crate::api::{ClientConfig, Credentials, Listener, Reader, Reroute};
use crate::emulator::{DEFAULT_ACCOUNT_ID, GatewayFile, Options, StateLocation};
use crate::model::Tenant;
use crate::report;
use anyhow::Context;
use jiff::Timestamp;
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use url::{Host, Url};

const CLIENT_ID: &str = "ONELOGIN_CLIENT_ID";
const CLIENT_SECRET: &str = "ONELOGIN_CLIENT_SECRET";
const API_URL: &str = "ONELOGIN_API_URL";

/// An account that can be read, and the emulator behind it if there is one.
pub(super) struct Connection {
    /// Reads the account.
    pub(super) reader: Reader,
    /// How it is reached.
    pub(super) config: ClientConfig,
    emulator: Option<Embedded>,
}

impl Connection {
    /// Ends the connection; an emulator folds its state together.
    pub(super) async fn close(self) {
        let Self { reader, config: _, emulator } = self;
        // Its open connections would keep the emulator waiting.
        drop(reader);
        if let Some(emulator) = emulator {
            emulator.close().await;
        }
    }

    /// Returns the address of the emulator that answers, if one does.
    pub(super) fn emulator_url(&self) -> Option<&Url> {
        self.emulator.as_ref().map(Embedded::url)
    }

    /// Returns the folder of the emulated account's secrets and records.
    pub(super) fn emulator_home(&self) -> Option<PathBuf> {
        self.emulator.as_ref().map(Embedded::home)
    }
}

/// Prepares the way to a tenant's account; nothing is asked of it yet.
pub(super) async fn connect(
    tenant: &Tenant,
    gateways: Vec<GatewayFile>,
    root: &Path,
    global: &GlobalArgs,
    (env, terminal): (ProcessEnv<'_>, &Terminal),
) -> Result<Connection, Failure> {
    let (emulator, config) = match &global.emulator {
        Some(state) => {
            let state = match state {
                Some(state) => state.clone(),
                None => state_file::default_place(root, &tenant.host())?,
            };
            tell_unread_seed(global.emulator_seed.as_deref(), &state, terminal)?;
            let options = Options {
                issuer: Some(tenant.issuer()),
                state: StateLocation::File(state.clone()),
                seed: global.emulator_seed.as_deref().map(state_file::read_json).transpose()?,
                account_id: tenant.account_id.unwrap_or(DEFAULT_ACCOUNT_ID),
                gateways,
                ..Options::in_memory()
            };
            let seed = global.emulator_seed.as_deref();
            let emulator = Embedded::start(options, (state, seed), global.max_wait(), terminal).await?;
            let config = emulated_config(tenant, emulator.url(), global)?;
            (Some(emulator), config)
        }
        None => (None, remote(tenant, global, env)?),
    };
    let reader = Reader::heard_by(config.clone(), listener(global, *terminal)).context("cannot prepare requests")?;
    Ok(Connection { reader, config, emulator })
}

/// Says that a seed is left unread, where the account that it would fill is there already.
pub(super) fn tell_unread_seed(seed: Option<&Path>, state: &Path, terminal: &Terminal) -> Result<(), Failure> {
    if let Some(seed) = seed.filter(|_| state.exists()) {
        let (seed, state) = (seed.display(), state.display());
        let text = format!("{seed} is not read: {state} holds an account already");
        terminal.tell(|err| report::write_note(err, &text))?;
    }
    Ok(())
}

/// Says on stderr what is waited for: one line among the others, or a log line where those are for programs.
fn listener(global: &GlobalArgs, terminal: Terminal) -> Listener {
    match global.log_format {
        LogFormat::Json => Listener::log(),
        LogFormat::Text => Listener::new(move |notice| {
            let now = Timestamp::now();
            report::notice_label(notice, now).into_iter().for_each(Terminal::label);
            terminal.progress(&report::notice_words(notice, now));
        }),
    }
}

fn emulated_config(tenant: &Tenant, url: &Url, global: &GlobalArgs) -> Result<ClientConfig, Failure> {
    let origin = parse(&tenant.origin())?;
    // The pair every emulator knows; it opens nothing else.
    let credentials = Credentials { client_id: "emulator".into(), client_secret: "emulator-secret".into() };
    let reroute = Reroute::Emulator { tenant_origin: tenant.origin(), to: url.clone() };
    Ok(client_config(global, tenant, (origin.clone(), origin), reroute, credentials))
}

fn remote(tenant: &Tenant, global: &GlobalArgs, env: ProcessEnv<'_>) -> Result<ClientConfig, Failure> {
    let bases = bases(tenant, env(API_URL).as_deref())?;
    let (Some(client_id), Some(client_secret)) = (env(CLIENT_ID), env(CLIENT_SECRET).map(SecretString::from)) else {
        return Err(Failure::hinted(
            anyhow::anyhow!("{CLIENT_ID} and {CLIENT_SECRET} are not both set"),
            format!("Set them to a credential pair of {}, or try it out with `--emulator`.", tenant.host()),
        ));
    };
    Ok(client_config(global, tenant, bases, Reroute::None, Credentials { client_id, client_secret }))
}

fn client_config(
    global: &GlobalArgs,
    tenant: &Tenant,
    (admin_base, oidc_base): (Url, Url),
    reroute: Reroute,
    credentials: Credentials,
) -> ClientConfig {
    ClientConfig {
        admin_base,
        oidc_base,
        reroute,
        credentials,
        expected_account_id: tenant.account_id,
        max_in_flight: usize::from(global.max_in_flight),
        timeout: global.timeout(),
        max_wait: global.max_wait(),
        user_agent: concat!("gatewright/", env!("CARGO_PKG_VERSION")).to_owned(),
        clock: Timestamp::now,
    }
}

/// Returns the host of `/auth` and `/api`, for whoever looks for what was recorded about it and sends nothing there.
pub(super) fn api_base(tenant: &Tenant, env: ProcessEnv<'_>) -> Result<Url, Failure> {
    match env(API_URL).filter(|text| !text.is_empty()) {
        Some(text) => Ok(Url::parse(&text).with_context(|| format!("{API_URL} is not a URL"))?),
        None => parse(&tenant.origin()),
    }
}

/// Decides which hosts are called: that of `/auth` and `/api`, and that of `/oidc/2`.
fn bases(tenant: &Tenant, api_url: Option<&str>) -> Result<(Url, Url), Failure> {
    let own = parse(&tenant.origin())?;
    let Some(text) = api_url.filter(|text| !text.is_empty()) else {
        if tenant.base_url.is_some() {
            return Err(Failure::hinted(
                anyhow::anyhow!("credentials are not sent to {}, which only the file names", tenant.origin()),
                format!("Set {API_URL}={} to say that it is yours.", tenant.origin()),
            ));
        }
        return Ok((own.clone(), own));
    };
    let api = Url::parse(text).with_context(|| format!("{API_URL} is not a URL"))?;
    let is_loopback = is_loopback(&api);
    if api.scheme() != "https" && !(api.scheme() == "http" && is_loopback) {
        return Err(Failure::hinted(
            anyhow::anyhow!("{API_URL} would send credentials in the clear"),
            "Use https; plain http is for loopback only.",
        ));
    }
    if let Some(base) = &tenant.base_url
        && base.host() != api.host()
        && !is_loopback
    {
        return Err(Failure::hinted(
            anyhow::anyhow!("`tenant.base_url` and {API_URL} name different hosts"),
            format!("Set {API_URL}={} to say that it is yours, or remove `base_url`.", tenant.origin()),
        ));
    }
    let oidc = if is_loopback { api.clone() } else { own };
    Ok((api, oidc))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn parse(text: &str) -> Result<Url, Failure> {
    Ok(Url::parse(text).with_context(|| format!("{text} is not a URL"))?)
}

#[cfg(test)]
mod tests {
    use super::bases;
    use crate::model::Tenant;

    fn tenant(base_url: Option<&str>) -> Tenant {
        Tenant { subdomain: "acme".into(), account_id: None, base_url: base_url.map(|url| url.parse().unwrap()) }
    }

    #[test]
    fn hosts_are_the_tenants_or_the_environments() {
        let check = |base_url, api_url, admin: &str, oidc: &str| {
            let (one, other) = bases(&tenant(base_url), api_url).unwrap();
            assert_eq!((one.as_str(), other.as_str()), (admin, oidc));
        };
        let own = "https://acme.onelogin.com/";
        check(None, None, own, own);
        check(None, Some(""), own, own);
        check(None, Some("https://api.us.onelogin.com"), "https://api.us.onelogin.com/", own);
        check(None, Some("http://127.0.0.1:8787"), "http://127.0.0.1:8787/", "http://127.0.0.1:8787/");
        let custom = Some("https://sso.example.com");
        check(custom, custom, "https://sso.example.com/", "https://sso.example.com/");
    }

    #[test]
    fn hosts_that_only_the_file_names_get_no_credentials() {
        let check = |base_url, api_url| assert!(bases(&tenant(base_url), api_url).is_err(), "{base_url:?} {api_url:?}");
        check(Some("https://evil.example.com"), None);
        check(Some("https://evil.example.com"), Some("https://acme.onelogin.com"));
        check(None, Some("http://acme.onelogin.com"));
        check(None, Some("ftp://127.0.0.1"));
        check(None, Some("not a url"));
    }
}
