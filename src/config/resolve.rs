//! One environment of the frame: variables, types, references.

use super::check::{self, Names, Unread};
use super::decode::{self, At, Decoder};
use super::digest::{self, Meaning};
use super::frame::{Frame, Section};
use super::include::Input;
use super::interpolate::{Definition, Variables};
use super::load::{LoadOptions, TenantPlace};
use super::nearest;
use super::tree::{Pair, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DesiredState, EntryKey, Note, Replaces, Tenant};
use std::collections::{BTreeMap, BTreeSet};

/// What one environment comes to.
pub(crate) struct Outcome {
    /// `None` where a problem is an error.
    pub(crate) desired: Option<DesiredState>,
    /// Where the tenant of the environment is named.
    pub(crate) tenant: Option<TenantPlace>,
    pub(crate) problems: Vec<Diagnostic>,
    pub(crate) variables: Variables,
}

/// Returns the folder of policies that name no output, relative to the root file's, with a `/` at the end.
pub fn policy_folder(environment: Option<&str>) -> String {
    environment.map_or_else(|| "policies/".to_owned(), |name| format!("policies/{name}/"))
}

/// Resolves one environment: variables, types, references.
pub(crate) fn resolve(
    input: &Input,
    frame: &Frame<'_>,
    environment: Option<&str>,
    options: &LoadOptions<'_>,
) -> Outcome {
    let mut problems = Vec::new();
    let definitions = definitions(frame, environment, options);
    let is_complete = !frame.unreadable.contains("variables");
    let variables = Variables::evaluate(environment, &definitions, is_complete, options.process_env, &mut problems);
    let mut decoder = Decoder::new(&variables, problems);
    let block = environment.zip(frame.environments.as_ref()).and_then(|(name, all)| all.blocks.get(name));
    let tenant = block.and_then(|block| block.tenant).or(frame.tenant);
    let tenant_place = tenant.map(tenant_place);
    let tenant = tenant.and_then(|pair| decode::tenant(&mut decoder, At::pair(pair)));
    let mut notes = Vec::new();
    let names = names(&mut decoder, frame, environment, &mut notes);
    let folder = policy_folder(environment);
    // A stand-in lets the rest be checked; a missing tenant was reported and stops the plan.
    let is_named = tenant.is_some();
    let tenant = tenant.unwrap_or(Tenant { subdomain: String::new(), account_id: None, base_url: None });
    let mut broken = BTreeSet::new();
    let mut desired = DesiredState {
        environment: environment.map(str::to_owned),
        config_digest: String::new(),
        roles: entries(&names.roles.here, |at| decode::role(&mut decoder, at)),
        apps: entries(&names.apps.here, |at| decode::app(&mut decoder, at)),
        servers: entries(&names.servers.here, |at| {
            let before = decoder.problems.len();
            let server = decode::server(&mut decoder, at);
            if decoder.problems.len() > before {
                broken.insert(EntryKey::new(at.name));
            }
            server
        }),
        policies: entries(&names.policies.here, |at| decode::policy(&mut decoder, at, &folder)),
        replaces: Replaces::default(),
        tenant,
        notes,
    };
    let unread = Unread { servers: broken, scopes: std::mem::take(&mut decoder.lacking_scopes) };
    let mut problems = decoder.finish();
    if input.is_whole {
        problems.extend(check::check(&mut desired, &names, unread, (&input.root, &input.sources)));
    }
    desired.notes.sort();
    let is_sound = is_named && input.is_whole && !problems.iter().any(Diagnostic::is_error);
    if is_sound {
        desired.config_digest = digest::digest(&Meaning {
            environment,
            tenant: &desired.tenant,
            variables: &variables,
            sections: [
                ("roles", &names.roles.here),
                ("oidc_apps", &names.apps.here),
                ("authorization_servers", &names.servers.here),
                ("gateway_policies", &names.policies.here),
            ],
        });
    }
    Outcome { desired: is_sound.then_some(desired), tenant: tenant_place, problems, variables }
}

/// Says where a tenant block names host and account.
fn tenant_place(block: &Pair) -> TenantPlace {
    let value = |key: &str| block.value.get(key).map(|pair| pair.value.origin.clone());
    TenantPlace {
        host: value("base_url").or_else(|| value("subdomain")).unwrap_or_else(|| block.key.origin.clone()),
        account_id: value("account_id"),
    }
}

/// Gathers where each declared variable gets its value: command line, environment block, `variables`.
fn definitions<'t>(
    frame: &Frame<'t>,
    environment: Option<&str>,
    options: &LoadOptions<'t>,
) -> BTreeMap<&'t str, Definition<'t>> {
    let block = environment.zip(frame.environments.as_ref()).and_then(|(name, all)| all.blocks.get(name));
    let mut definitions = BTreeMap::new();
    for (name, declared) in &frame.variables {
        let pair: &'t Pair = block.and_then(|block| block.variables.get(name).copied()).unwrap_or(declared);
        let definition = match options.variables.get(*name) {
            Some(given) => Definition::Given(given),
            None => Definition::File(&pair.key.origin, &pair.value),
        };
        definitions.insert(*name, definition);
    }
    definitions
}

fn entries<T>(section: &Section<'_>, mut read: impl FnMut(At<'_>) -> Option<T>) -> BTreeMap<EntryKey, T> {
    section.iter().filter_map(|(key, pair)| Some((EntryKey::new(*key), read(At::pair(pair))?))).collect()
}

/// Splits every section by `only`.
fn names<'t>(
    decoder: &mut Decoder<'_>,
    frame: &Frame<'t>,
    environment: Option<&str>,
    notes: &mut Vec<Note>,
) -> Names<'t> {
    let known: Option<BTreeSet<&str>> = frame.environments.as_ref().map(|all| all.blocks.keys().copied().collect());
    let mut split = |noun: &str, block: &str, section: &Section<'t>| {
        let is_complete = !frame.unreadable.contains(block);
        let mut kind = check::Kind { here: Section::new(), left_out: BTreeSet::new(), is_complete };
        for (key, pair) in section {
            if is_here(decoder, pair, environment, known.as_ref()) {
                kind.here.insert(key, pair);
            } else {
                kind.left_out.insert(key);
                let text = format!("{noun} `{key}` is left alone: `only` does not name this environment");
                notes.push(Note { origin: Some(pair.key.origin.clone()), text });
            }
        }
        kind
    };
    Names {
        roles: split("role", "roles", &frame.roles),
        apps: split("OIDC app", "oidc_apps", &frame.apps),
        servers: split("authorization server", "authorization_servers", &frame.servers),
        policies: split("gateway policy", "gateway_policies", &frame.policies),
    }
}

/// Says whether an entry counts in the environment.
fn is_here(decoder: &mut Decoder<'_>, entry: &Pair, environment: Option<&str>, known: Option<&BTreeSet<&str>>) -> bool {
    let Some(only) = entry.value.get("only") else { return true };
    let Some(known) = known else {
        let hint = "Remove `only`, or add an `environments:` block.";
        decoder.error(Code::Environment, &only.key.origin, "`only` is used, and the file has no environments", hint);
        return true;
    };
    let before = decoder.problems.len();
    let Some(names) = decoder.keys(At::pair(only)) else { return true };
    if matches!(&only.value.value, Value::List(items) if items.is_empty()) {
        let hint = "Name the environments the entry is for, or remove the entry.";
        decoder.error(Code::InvalidValue, &only.key.origin, "`only` names no environment", hint);
    }
    for name in &names {
        if !known.contains(name.value.as_str()) {
            let hint = nearest::hint(name.value.as_str(), known.iter().copied(), "");
            let message = format!("`only` names `{}`, which is no environment of the file", name.value);
            decoder.error(Code::Environment, &name.origin, message, hint);
        }
    }
    // What is broken is read all the same, so that its other problems show.
    decoder.problems.len() > before || names.iter().any(|name| Some(name.value.as_str()) == environment)
}
