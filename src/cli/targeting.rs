//! What of the file the command line asks for: all of it or parts, to be there or to be gone.

use super::failure::Failure;
use crate::config;
use crate::model::{Address, DesiredState, LiveState, NotTargetable, Targets, targetable};
use clap::Args;

/// What of the file is planned.
#[derive(Debug, Clone, Args)]
pub(super) struct TargetArgs {
    /// Plan only this address and what it depends on (can be repeated)
    ///
    /// Written as in a plan: `oidc_app/KEY`, `authorization_server/KEY/scope/VALUE`. A server stands for its scopes, claims
    /// and clients too. What it depends on is taken along, with a note; what is left out is counted. A policy file is only
    /// written where its `gateway_policy/KEY` is given, and that takes along all changes of its server.
    #[arg(long, value_name = "ADDRESS")]
    target: Vec<String>,

    /// Plan the deletion of all servers, apps and roles that the file lists
    ///
    /// What is external, left out by `only:` or not listed stays; policy files stay on disk. Needs `--allow-destroy`. With
    /// `--target` only those are deleted, and what has to let go of them.
    #[arg(long, conflicts_with = "replace")]
    destroy: bool,
}

impl TargetArgs {
    /// Returns the addresses as they were given.
    pub(super) fn addresses(&self) -> &[String] {
        &self.target
    }

    /// Says whether all is to be gone.
    pub(super) const fn destroys(&self) -> bool {
        self.destroy
    }

    /// Says whether anything is asked for but the whole file.
    pub(super) fn is_given(&self) -> bool {
        self.destroy || !self.target.is_empty()
    }

    /// Returns the words that ask for the same.
    pub(super) fn words(&self) -> Vec<&str> {
        let targets = self.target.iter().flat_map(|address| ["--target", address.as_str()]);
        targets.chain(self.destroy.then_some("--destroy")).collect()
    }
}

/// Limits a plan to addresses, as far as the file alone can tell what they are, and turns the file round where all is to be
/// gone. Whatever is not ours is wrong usage.
pub(super) fn ask(desired: &mut DesiredState, addresses: &[String], destroys: bool) -> Result<Targets, Failure> {
    let mut targets = Targets::default();
    for text in addresses {
        let added = match Address::parse(text) {
            Ok(address) if destroys && !is_destroyed(&address) => Err(NotTargetable::NotDestroyed.to_string()),
            Ok(address) => targets.add(address, desired).map_err(|why| why.to_string()),
            Err(_) => Err("it is no address".to_owned()),
        };
        added.map_err(|why| {
            let known = targetable(desired, None).into_iter().filter(|address| !destroys || is_destroyed(address));
            refused(known, text, &why)
        })?;
    }
    if destroys {
        desired.destroy(&targets);
    }
    let is_left_out = |address: &Address| !targets.is_empty() && !targets.cover(address);
    if let Some(address) = desired.replaces.addresses().find(is_left_out) {
        return Err(Failure::usage(
            format!("`--replace {address}` is not among the targets"),
            format!("Add `--target {address}`, or leave `--replace` out."),
        ));
    }
    Ok(targets)
}

const fn is_destroyed(address: &Address) -> bool {
    matches!(address, Address::Role(_) | Address::OidcApp(_) | Address::Server(_))
}

/// Refuses targets that neither the file nor the account has.
pub(super) fn find(targets: &Targets, desired: &DesiredState, live: &LiveState) -> Result<(), Failure> {
    let nowhere = |address: Address| {
        refused(targetable(desired, Some(live)), &address.to_string(), &NotTargetable::Nowhere.to_string())
    };
    targets.find(desired, live).map_err(nowhere)
}

fn refused(known: impl IntoIterator<Item = Address>, text: &str, why: &str) -> Failure {
    let known: Vec<String> = known.into_iter().map(|address| address.to_string()).collect();
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
        let refused = |address: &str, destroys, expected: &str| {
            let Err(Failure::Usage { message, hint }) = ask(&mut desired.clone(), &[address.to_owned()], destroys)
            else {
                panic!("{address} is targeted");
            };
            assert_eq!(format!("{message}; {hint}"), expected);
        };
        let check = |address: &str, expected: &str| refused(address, false, expected);
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
        refused(
            "authorization_server/contacts/scope/contacts:read",
            true,
            "cannot target `authorization_server/contacts/scope/contacts:read`: only whole servers, apps and roles are \
             destroyed; Choose from `oidc_app/web`, `authorization_server/contacts`.",
        );
        // Whether it is live only the account knows.
        let unlisted = "authorization_server/contacts/scope/contacts:old".to_owned();
        assert_eq!(
            ask(&mut desired.clone(), &[unlisted, "oidc_app/web".to_owned()], false).unwrap().addresses().count(),
            2
        );
    }
}
