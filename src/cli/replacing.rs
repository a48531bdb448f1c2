//! Apps that the command line asks to be made anew.

use super::failure::Failure;
use crate::config;
use crate::model::{Address, DesiredState, Entry, NotReplaceable};
use clap::Args;

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

#[cfg(test)]
mod tests {
    use super::ask;
    use crate::cli::failure::Failure;
    use crate::model::sample::{app, file, key};
    use crate::model::{DesiredState, Entry};

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
}
