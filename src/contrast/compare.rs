//! The comparison of two environments.

use super::fields::{Fields, Said, fields};
use crate::access::{self, AccessContrast, Side};
use crate::diagnostic::Origin;
use crate::model::{Address, DesiredState, EntryKey, Tenant};
use crate::render::RenderedFile;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One environment, as far as it is compared.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it asks for.
    pub desired: &'a DesiredState,
    /// The policy files that follow from it.
    pub files: &'a [RenderedFile],
    /// What its variables stand for, by name.
    pub variables: &'a BTreeMap<String, String>,
}

/// How two environments differ; every pair is in the order they were named in.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// The names of the two.
    pub names: [String; 2],
    /// Differences in access, sorted by server.
    pub access: Vec<AccessContrast>,
    /// Differences of the tenant, by key of the file.
    pub tenant: Vec<ValueContrast>,
    /// Variables that stand for different things, by name.
    pub variables: Vec<ValueContrast>,
    /// What only one of the two has, by address.
    pub only: [Vec<Address>; 2],
    /// Fields that differ of what both have, by address and path.
    pub fields: Vec<FieldContrast>,
    /// Policy files that differ, by policy; those of a policy that only one has are not shown.
    pub files: Vec<FileContrast>,
}

/// A name that stands for two values.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueContrast {
    /// The name.
    pub name: String,
    /// The two values; null where one environment does not say it.
    pub values: [Value; 2],
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldContrast {
    /// The thing.
    pub address: Address,
    /// The key of the file.
    pub path: &'static str,
    /// The two values; null where one environment does not say it.
    pub values: [Value; 2],
    /// The variables that make the difference, sorted: both values stand in the same place of the file. Empty where it
    /// is not known to be a variable.
    pub variables: Vec<String>,
}

/// A policy file with other contents; that it lies elsewhere is said by the field `output`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContrast {
    /// The policy.
    pub policy: EntryKey,
    /// Where each environment writes it.
    pub paths: [String; 2],
    /// What each environment writes.
    pub contents: [String; 2],
}

impl Contrast {
    /// Says whether the two are the same.
    pub fn is_empty(&self) -> bool {
        let Self { names: _, access, tenant, variables, only: [one, other], fields, files } = self;
        access.is_empty()
            && tenant.is_empty()
            && variables.is_empty()
            && one.is_empty()
            && other.is_empty()
            && fields.is_empty()
            && files.is_empty()
    }
}

/// Says how two environments differ. `uses` holds the variables that stand at each place of the file.
pub fn contrast(environments: [Environment<'_>; 2], uses: &BTreeMap<Origin, BTreeSet<String>>) -> Contrast {
    let [one, other] = environments;
    let variables = compare_variables([one.variables, other.variables]);
    let mut telling: BTreeSet<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    if one.name != other.name {
        telling.insert("environment");
    }
    let blame = Blame { uses, telling };
    let said = environments.map(|environment| fields(environment.desired));
    Contrast {
        names: environments.map(|environment| environment.name.to_owned()),
        access: access::contrast(environments.map(|environment| environment.desired)),
        tenant: compare_tenants(environments.map(|environment| &environment.desired.tenant)),
        only: Side::BOTH.map(|side| only(side, &said)),
        fields: compare_fields(&said, &blame),
        files: compare_files(environments.map(|environment| environment.files)),
        variables,
    }
}

fn compare_variables(variables: [&BTreeMap<String, String>; 2]) -> Vec<ValueContrast> {
    let [one, other] = variables;
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let value = |name: &String| {
        let values =
            variables.map(|variables| variables.get(name).map_or(Value::Null, |value| Value::from(value.as_str())));
        ValueContrast { name: name.clone(), values }
    };
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).map(value).collect()
}

fn compare_tenants(tenants: [&Tenant; 2]) -> Vec<ValueContrast> {
    let values = tenants.map(|tenant| {
        let Tenant { subdomain, account_id, base_url } = tenant;
        let base_url = base_url.as_ref().map(url::Url::as_str);
        [Value::from(subdomain.as_str()), Value::from(*account_id), Value::from(base_url)]
    });
    let [one, other] = values;
    let pairs = ["subdomain", "account_id", "base_url"].into_iter().zip(one.into_iter().zip(other));
    let differing = pairs.filter(|(_, (one, other))| one != other);
    differing.map(|(name, (one, other))| ValueContrast { name: name.to_owned(), values: [one, other] }).collect()
}

/// Returns what one side has alone; of a server that the other lacks its children are not said again.
fn only(side: Side, said: &[BTreeMap<Address, Fields>; 2]) -> Vec<Address> {
    let there = side.other().of(said);
    let is_told = |address: &Address| {
        let owner = address.owner();
        owner != *address && !there.contains_key(&owner)
    };
    let alone = side.of(said).keys().filter(|address| !there.contains_key(*address) && !is_told(address));
    alone.cloned().collect()
}

/// Finds the variables behind a difference.
struct Blame<'a> {
    uses: &'a BTreeMap<Origin, BTreeSet<String>>,
    /// The variables that stand for different things.
    telling: BTreeSet<&'a str>,
}

impl Blame<'_> {
    fn variables(&self, one: &Said, other: &Said) -> Vec<String> {
        // A list that `only:` shortens stands in fewer places: then it was not a variable alone.
        if one.places != other.places {
            return Vec::new();
        }
        let used: BTreeSet<&String> = one.places.iter().filter_map(|place| self.uses.get(place)).flatten().collect();
        used.into_iter().filter(|name| self.telling.contains(name.as_str())).cloned().collect()
    }
}

fn compare_fields(said: &[BTreeMap<Address, Fields>; 2], blame: &Blame<'_>) -> Vec<FieldContrast> {
    static NOTHING: Said = Said { value: Value::Null, places: Vec::new() };
    let [first, second] = said;
    let mut found = Vec::new();
    for (address, one) in first {
        let Some(other) = second.get(address) else { continue };
        let paths: BTreeSet<&&'static str> = one.keys().chain(other.keys()).collect();
        for path in paths {
            let (one, other) = (one.get(path).unwrap_or(&NOTHING), other.get(path).unwrap_or(&NOTHING));
            if one.value != other.value {
                found.push(FieldContrast {
                    address: address.clone(),
                    path,
                    values: [one.value.clone(), other.value.clone()],
                    variables: blame.variables(one, other),
                });
            }
        }
    }
    found
}

fn compare_files(files: [&[RenderedFile]; 2]) -> Vec<FileContrast> {
    let [first, second] = files
        .map(|files| files.iter().map(|file| (&file.policy, file)).collect::<BTreeMap<&EntryKey, &RenderedFile>>());
    let mut found = Vec::new();
    for (policy, one) in first {
        let Some(other) = second.get(policy) else { continue };
        if one.contents != other.contents {
            found.push(FileContrast {
                policy: policy.clone(),
                paths: [one.path.clone(), other.path.clone()],
                contents: [one.contents.clone(), other.contents.clone()],
            });
        }
    }
    found
}
