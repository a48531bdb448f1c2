//! Two policies for one API instance (L-28).

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{DesiredState, Flex, FlexStyle, Gateway, Policy};
use crate::render::routes;
use std::collections::BTreeMap;

/// An API instance of a gateway, as far as a policy names one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Instance<'a> {
    Mulesoft(u64),
    Flex { namespace: &'a str, name: &'a str },
}

/// Warns of the second policy that covers a whole instance; policies for some routes are meant to stand side by side.
pub(super) fn lint(desired: &DesiredState, found: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<Instance<'_>, &Policy> = BTreeMap::new();
    for policy in desired.policies.values().filter(|policy| routes::covers_everything(policy)) {
        let Some(instance) = instance_of(&policy.gateway) else { continue };
        match taken.get(&instance) {
            Some(first) => {
                let message = "another policy already protects the whole of this API instance";
                found.push(
                    Diagnostic::warning(Code::LintSameApi, policy.origin.clone(), message)
                        .with_related(first.origin.clone(), "the other policy")
                        .with_hint("The gateway would check every token twice: merge the two, or give them `routes`."),
                );
            }
            None => {
                taken.insert(instance, policy);
            }
        }
    }
}

fn instance_of(gateway: &Gateway) -> Option<Instance<'_>> {
    match gateway {
        Gateway::Mulesoft(mulesoft) => mulesoft.api_id.as_ref().map(|id| Instance::Mulesoft(id.value.0)),
        Gateway::Flex(Flex { style: FlexStyle::Binding | FlexStyle::Inline, api_instance, namespace, .. }) => {
            let name = api_instance.as_ref()?.value.as_str();
            Some(Instance::Flex { namespace: namespace.as_ref().map_or("default", |it| it.value.as_str()), name })
        }
    }
}
