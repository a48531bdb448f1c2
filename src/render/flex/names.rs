//! Names of resources: valid, and no two alike.

use super::resource::DEFAULT_NAMESPACE;
use crate::diagnostic::{Code, Diagnostic, Origin, Sourced};
use crate::model::{DesiredState, EntryKey, Flex, FlexStyle, Gateway};
use std::collections::BTreeMap;

/// Returns a name that the file gives, checked.
pub(super) fn checked_name(name: Option<&Sourced<String>>, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let name = name?;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    if name.value.is_empty() || !name.value.chars().all(is_plain) {
        let message = format!("`{}` cannot be the name of a Flex Gateway resource", name.value);
        problems.push(
            Diagnostic::error(Code::InvalidValue, name.origin.clone(), message)
                .with_hint("Names hold lower-case letters, digits, `-` and `.`."),
        );
    }
    Some(name.value.clone())
}

/// Returns the name of a resource that has none of its own: the policy's key, in the characters that Kubernetes takes.
pub(super) fn derived_name(key: &EntryKey) -> String {
    key.as_str().replace('_', "-").trim_end_matches('-').to_owned()
}

/// Refuses two policies that would write one resource: the gateway would keep one of them, without a word.
pub(in crate::render) fn check_names(desired: &DesiredState, problems: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<(FlexKind, String, String), &Origin> = BTreeMap::new();
    for (key, policy) in &desired.policies {
        let Gateway::Flex(flex) = &policy.gateway else { continue };
        let Flex { style, api_instance, namespace, address: _, upstream: _ } = flex;
        let namespace = namespace.as_ref().map_or(DEFAULT_NAMESPACE, |namespace| namespace.value.as_str());
        let (kind, name) = match (style, api_instance) {
            (FlexStyle::Binding, _) => (FlexKind::PolicyBinding, derived_name(key)),
            (FlexStyle::Inline, None) => (FlexKind::ApiInstance, derived_name(key)),
            (FlexStyle::Inline, Some(instance)) => (FlexKind::ApiInstance, instance.value.clone()),
        };
        let message = format!("another policy already writes the resource `{name}` of this kind");
        match taken.get(&(kind, namespace.to_owned(), name.clone())) {
            Some(first) => problems.push(
                Diagnostic::error(Code::DuplicateIdentity, policy.origin.clone(), message)
                    .with_related((*first).clone(), "the other policy")
                    .with_hint("Use `style: binding` for a second policy of one instance, or another name."),
            ),
            None => {
                taken.insert((kind, namespace.to_owned(), name), &policy.origin);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FlexKind {
    ApiInstance,
    PolicyBinding,
}
