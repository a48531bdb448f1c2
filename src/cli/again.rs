//! Command lines that hints tell the user to run next, with whatever this one was given: file, environment, variables and
//! account, quoted for a shell.

use super::args::GlobalArgs;
use super::inputs;
use super::planning::SafetyArgs;
use crate::model::{Address, EntryKey};
use std::collections::BTreeMap;
use std::path::Path;

/// What a command line has to say again so that it means the same file, environment and account.
#[derive(Clone, Copy)]
pub(super) struct Invocation<'a> {
    pub(super) global: &'a GlobalArgs,
    /// The environment and the variables; a saved plan brings its own.
    pub(super) environment: Option<&'a str>,
    pub(super) variables: &'a BTreeMap<String, String>,
}

impl Invocation<'_> {
    /// Words a command; `rest` stands behind what this run was given, and is quoted word by word.
    pub(super) fn line<W: AsRef<str>>(&self, command: &str, rest: impl IntoIterator<Item = W>) -> String {
        let mut words = words_of(command, self.global);
        words.extend(self.environment.map(|name| format!("--env {}", quoted(name))));
        let variables = self.variables.iter();
        words.extend(variables.map(|(name, value)| format!("--var {}", quoted(&format!("{name}={value}")))));
        words.extend(rest.into_iter().map(|word| quoted(word.as_ref())));
        words.join(" ")
    }

    /// Words the command that makes an app anew.
    pub(super) fn replace(&self, app: &EntryKey) -> String {
        self.line("apply", ["--replace", &Address::OidcApp(app.clone()).to_string(), "--allow-destroy"])
    }

    /// Says how an app whose secret nobody has gets a new one.
    pub(super) fn way_out(&self, app: &EntryKey) -> String {
        format!(
            "Make the app anew with a new client id and secret, or make a new secret for it in OneLogin.\n{}",
            self.replace(app)
        )
    }
}

/// Words a command as this run was started, for when nothing has been asked of the account yet: a fresh emulated one still
/// needs its seed.
pub(super) fn again<W: AsRef<str>>(global: &GlobalArgs, command: &str, rest: impl IntoIterator<Item = W>) -> String {
    let variables = inputs::variables(global);
    let invocation = Invocation { global, environment: global.env.as_deref(), variables: &variables };
    let seed = global.emulator_seed.as_deref().map(|seed| ["--emulator-seed".to_owned(), seed.display().to_string()]);
    let rest = rest.into_iter().map(|word| word.as_ref().to_owned());
    invocation.line(command, seed.into_iter().flatten().chain(rest))
}

/// Words the command that applies a saved plan, with the options that the plan does not bring along.
pub(super) fn apply_plan(plan: &Path, global: &GlobalArgs, safety: &SafetyArgs) -> String {
    let invocation = Invocation { global, environment: None, variables: &BTreeMap::new() };
    let (plan, safety) = (plan.display().to_string(), safety.words());
    invocation.line("apply", safety.iter().chain([&plan]))
}

fn words_of(command: &str, global: &GlobalArgs) -> Vec<String> {
    let mut words = vec![format!("gatewright {command}")];
    let path = |path: &Path| quoted(&path.display().to_string());
    words.extend(global.file.as_deref().map(|file| format!("-f {}", path(file))));
    match &global.emulator {
        Some(Some(state)) => words.push(format!("--emulator={}", path(state))),
        Some(None) => words.push("--emulator".to_owned()),
        None => {}
    }
    words
}

/// Says whether a character means nothing to a shell.
pub(super) fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "-_./+,:@%=".contains(c)
}

/// Quotes a word for a shell where it needs it.
fn quoted(word: &str) -> String {
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Invocation, again};
    use crate::cli::args::Cli;
    use crate::model::sample::key;
    use clap::Parser;
    use std::collections::BTreeMap;

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

    #[test]
    fn what_was_typed_is_said_again() {
        let given = "gatewright apply --env dev --var a= --var a=b --emulator --emulator-seed s.json -v --color never";
        let global = Cli::parse_from(given.split(' ')).global;
        assert_eq!(
            again(&global, "plan", ["--out", "", "p q"]),
            "gatewright plan --emulator --env dev --var a=b --emulator-seed s.json --out '' 'p q'"
        );
    }
}
