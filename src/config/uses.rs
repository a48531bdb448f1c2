//! Which variables stand where.

use super::interpolate::used;
use super::tree::{Node, Value};
use crate::diagnostic::Origin;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the variables at each place that has some: of a text at the text, of a list at its key and at each item.
pub(crate) fn uses(trees: &[Node]) -> BTreeMap<Origin, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for tree in trees {
        walk(tree, &mut found);
    }
    found
}

/// Notes what stands below a node; returns the variables of all of it.
fn walk(node: &Node, found: &mut BTreeMap<Origin, BTreeSet<String>>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    match &node.value {
        Value::Scalar(scalar) => {
            all = used(scalar, &node.origin);
            note(&node.origin, &all, found);
        }
        Value::List(items) => {
            for item in items {
                let names = walk(item, found);
                note(&item.origin, &names, found);
                all.extend(names);
            }
        }
        Value::Map(pairs) => {
            for pair in pairs {
                let names = walk(&pair.value, found);
                // The key of a mapping stands for a whole entry, which no field is.
                if !matches!(pair.value.value, Value::Map(_)) {
                    note(&pair.key.origin, &names, found);
                }
                all.extend(names);
            }
        }
    }
    all
}

fn note(origin: &Origin, names: &BTreeSet<String>, found: &mut BTreeMap<Origin, BTreeSet<String>>) {
    if !names.is_empty() {
        found.entry(origin.clone()).or_default().extend(names.iter().cloned());
    }
}
