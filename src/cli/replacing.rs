//! Apps that the command line asks to be made anew, and how to ask for it.

use super::args::GlobalArgs;
use super::failure::Failure;
use crate::config;
use crate::model::{Address, DesiredState, Entry, EntryKey, NotReplaceable};
use clap::Args;
use std::collections::BTreeMap;
use std::path::Path;

/// What is made anew.
#[derive(Debug, Clone, Args)]
pub(super) struct ReplaceArgs {
    /// Delete this app and make it anew (can be repeated)
    ///
    /// The way out for a lost client secret, written as in a plan: `oidc_app/KEY`. The app gets a new client id and secret
    /// and the bindings it had on the servers of the file; everybody who uses it needs the new ones. Needs
    /// `--allow-destroy`.
    #[arg(long, value_name = "ADDRESS")]
    replace: Vec<String>,
}

impl ReplaceArgs {
    /// Returns the addresses as they were given.
    pub(super) fn addresses(&self) -> &[String] {
        &self.replace
    }
}

/// Asks for apps to be made anew; whatever is no app of ours is wrong usage.
pub(super) fn ask(desired: &mut DesiredState, addresses: &[String]) -> Result<(), Failure> {
    for text in addresses {
        let asked = match Address::parse(text) {
            Ok(address) => desired.replace(&address),
            Err(_) => Err(NotReplaceable::Unknown),
        };
        asked.map_err(|why| refused(desired, text, why))?;
    }
    Ok(())
}

fn refused(desired: &DesiredState, text: &str, why: NotReplaceable) -> Failure {
    let apps = desired.apps.iter().filter(|(_, entry)| matches!(entry, Entry::Present(_)));
    let apps: Vec<String> = apps.map(|(key, _)| Address::OidcApp(key.clone()).to_string()).collect();
    let none = "The file lists no app that could be replaced.";
    let hint = match why {
        NotReplaceable::Pinned => "Remove `id:` from the entry first, so that its name finds the app.".to_owned(),
        NotReplaceable::NotAnApp | NotReplaceable::Unknown | NotReplaceable::External | NotReplaceable::Absent => {
            config::nearest_hint(text, apps.iter().map(String::as_str), none)
        }
    };
    Failure::usage(format!("cannot replace `{text}`: {why}"), hint)
}

/// What a command line has to say again so that it means the same file, environment and account.
#[derive(Clone, Copy)]
pub(super) struct Invocation<'a> {
    pub(super) global: &'a GlobalArgs,
    /// The environment and the variables; a saved plan brings its own.
    pub(super) environment: Option<&'a str>,
    pub(super) variables: &'a BTreeMap<String, String>,
}

impl Invocation<'_> {
    /// Words the command that makes an app anew.
    pub(super) fn replace(&self, app: &EntryKey) -> String {
        let mut words = apply_words(self.global);
        words.extend(self.environment.map(|name| format!("--env {}", quoted(name))));
        let variables = self.variables.iter();
        words.extend(variables.map(|(name, value)| format!("--var {}", quoted(&format!("{name}={value}")))));
        words.push(format!("--replace {} --allow-destroy", quoted(&Address::OidcApp(app.clone()).to_string())));
        words.join(" ")
    }

    /// Says how an app whose secret nobody has gets a new one.
    pub(super) fn way_out(&self, app: &EntryKey) -> String {
        format!(
            "Make the app anew with a new client id and secret, or make a new secret for it in OneLogin.\n{}",
            self.replace(app)
        )
    }
}

/// Words the command that applies a saved plan, with the options that the plan does not bring along.
pub(super) fn apply_plan(plan: &Path, global: &GlobalArgs) -> String {
    let mut words = apply_words(global);
    words.push(quoted(&plan.display().to_string()));
    words.join(" ")
}

fn apply_words(global: &GlobalArgs) -> Vec<String> {
    let mut words = vec!["gatewright apply".to_owned()];
    let path = |path: &Path| quoted(&path.display().to_string());
    words.extend(global.file.as_deref().map(|file| format!("-f {}", path(file))));
    match &global.emulator {
        Some(Some(state)) => words.push(format!("--emulator={}", path(state))),
        Some(None) => words.push("--emulator".to_owned()),
        None => {}
    }
    words
}

/// Quotes a word for a shell where it needs it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./+,:@%=".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::{Invocation, ask};
    use crate::cli::args::Cli;
    use crate::cli::failure::Failure;
    use crate::model::sample::{app, file, key};
    use crate::model::{DesiredState, Entry};
    use clap::Parser;
    use std::collections::BTreeMap;

    #[test]
    fn what_cannot_be_replaced_is_wrong_usage_with_the_nearest_app() {
        let check = |address: &str, expected: &str| {
            let apps = [(key("contacts-web"), Entry::Present(app("Web"))), (key("old"), Entry::Absent(app("Old")))];
            let mut desired = DesiredState { apps: apps.into(), ..file() };
            let Err(Failure::Usage { message, hint }) = ask(&mut desired, &[address.to_owned()]) else {
                panic!("{address} is replaced");
            };
            assert_eq!(format!("{message}; {hint}"), expected);
        };
        check(
            "oidc_app/contacts-wep",
            "cannot replace `oidc_app/contacts-wep`: the file lists no such app; Did you mean `oidc_app/contacts-web`?",
        );
        check(
            "contacts",
            "cannot replace `contacts`: the file lists no such app; Choose from `oidc_app/contacts-web`.",
        );
        check(
            "oidc_app/old",
            "cannot replace `oidc_app/old`: the file says `state: absent` of it; Choose from `oidc_app/contacts-web`.",
        );
        check("role/a", "cannot replace `role/a`: only apps can be replaced; Choose from `oidc_app/contacts-web`.");
    }

    #[test]
    fn the_way_out_can_be_pasted() {
        let given = ["gatewright", "-f", "my file.yaml", "--emulator=state.json", "plan"];
        let global = Cli::parse_from(given).global;
        let variables = BTreeMap::from([("region".to_owned(), "it's".to_owned())]);
        let invocation = Invocation { global: &global, environment: Some("dev"), variables: &variables };
        assert_eq!(
            invocation.replace(&key("web")),
            "gatewright apply -f 'my file.yaml' --emulator=state.json --env dev --var 'region=it'\\''s' \
             --replace oidc_app/web --allow-destroy"
        );
        let plain = Cli::parse_from(["gatewright", "plan"]).global;
        let invocation = Invocation { global: &plain, environment: None, variables: &BTreeMap::new() };
        assert_eq!(invocation.replace(&key("web")), "gatewright apply --replace oidc_app/web --allow-destroy");
    }
}
