//! What the command line limits a plan to.

use super::failure::Failure;
use crate::config;
use crate::model::{Address, DesiredState, LiveState, NotTargetable, Targets, targetable};
use clap::Args;

/// What a plan is limited to.
#[derive(Debug, Clone, Args)]
pub(super) struct TargetArgs {
    /// Plan only this address and what it depends on (can be repeated)
    ///
    /// Written as in a plan: `oidc_app/KEY`, `authorization_server/KEY/scope/VALUE`. A server stands for its scopes, claims
    /// and clients too. What it depends on is taken along, with a note; what is left out is counted. A policy file is only
    /// written where its `gateway_policy/KEY` is given, and that takes along all changes of its server.
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<String>,
}

impl TargetArgs {
    /// Returns the addresses as they were given.
    pub(super) fn addresses(&self) -> &[String] {
        &self.target
    }
}

/// Limits a plan to addresses, as far as the file alone can tell what they are; whatever is not ours is wrong usage.
pub(super) fn ask(desired: &DesiredState, addresses: &[String]) -> Result<Targets, Failure> {
    let mut targets = Targets::default();
    for text in addresses {
        let added = match Address::parse(text) {
            Ok(address) => targets.add(address, desired).map_err(|why| why.to_string()),
            Err(_) => Err("it is no address".to_owned()),
        };
        added.map_err(|why| refused(desired, None, text, &why))?;
    }
    Ok(targets)
}

/// Refuses targets that neither the file nor the account has.
pub(super) fn find(targets: &Targets, desired: &DesiredState, live: &LiveState) -> Result<(), Failure> {
    let nowhere =
        |address: Address| refused(desired, Some(live), &address.to_string(), &NotTargetable::Nowhere.to_string());
    targets.find(desired, live).map_err(nowhere)
}

fn refused(desired: &DesiredState, live: Option<&LiveState>, text: &str, why: &str) -> Failure {
    let known: Vec<String> = targetable(desired, live).iter().map(ToString::to_string).collect();
    let none = "The file lists nothing that could be targeted.";
    let hint = config::nearest_hint(text, known.iter().map(String::as_str), none);
    Failure::usage(format!("cannot target `{text}`: {why}"), hint)
}

#[cfg(test)]
mod tests {
    use super::ask;
    use crate::cli::failure::Failure;
    use crate::model::sample::{app, file, key, scopes, server};
    use crate::model::{DesiredState, Entry, External, ExternalBy, Server};

    #[test]
    fn what_the_file_rules_out_is_wrong_usage_with_the_nearest_address() {
        let external = External { origin: app("x").origin, by: ExternalBy::Name("Legacy".into()), declared: () };
        let contacts = Server { scopes: scopes(&["contacts:read"]), ..server("Contacts", "https://a") };
        let desired = DesiredState {
            apps: [(key("web"), Entry::Present(app("Web"))), (key("legacy"), Entry::External(external))].into(),
            servers: [(key("contacts"), Entry::Present(contacts))].into(),
            ..file()
        };
        let check = |address: &str, expected: &str| {
            let Err(Failure::Usage { message, hint }) = ask(&desired, &[address.to_owned()]) else {
                panic!("{address} is targeted");
            };
            assert_eq!(format!("{message}; {hint}"), expected);
        };
        check(
            "oidc_app/wep",
            "cannot target `oidc_app/wep`: the file lists no such thing; Did you mean `oidc_app/web`?",
        );
        check(
            "oidc_app/legacy",
            "cannot target `oidc_app/legacy`: it is external, and that is never changed; Did you mean `oidc_app/web`?",
        );
        check(
            "authorization_server/contact/scope/contacts:read",
            "cannot target `authorization_server/contact/scope/contacts:read`: the file lists no such thing; \
             Did you mean `authorization_server/contacts/scope/contacts:read`?",
        );
        check(
            "web",
            "cannot target `web`: it is no address; Choose from `oidc_app/web`, `authorization_server/contacts`, \
             `authorization_server/contacts/scope/contacts:read`.",
        );
        // Whether it is live only the account knows.
        let unlisted = "authorization_server/contacts/scope/contacts:old".to_owned();
        assert_eq!(ask(&desired, &[unlisted, "oidc_app/web".to_owned()]).unwrap().addresses().count(), 2);
    }
}
