//! The laws of comparing two environments.

use super::worlds::world;
use gatewright::access::{AccessContrast, Grant, Side, desired_access};
use gatewright::contrast::{Contrast, Environment, contrast};
use gatewright::model::DesiredState;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn compared(one: &DesiredState, other: &DesiredState) -> Contrast {
    let variables = BTreeMap::new();
    let of = |name, desired| Environment { name, desired, files: &[], variables: &variables };
    contrast([of("one", one), of("other", other)], &BTreeMap::new())
}

/// Returns the grants that both sides can be asked about, without those that are said to be there only.
fn common_grants(side: Side, pair: &[DesiredState; 2], found: &Contrast) -> BTreeSet<Grant> {
    let access = pair.each_ref().map(desired_access);
    let is_known = |server: &String| {
        let there = side.other().of(&access).servers.get(server);
        there.is_none_or(|there| there.clients.is_some())
    };
    let only = |grant: &Grant| {
        found.access.iter().any(|difference| match difference {
            AccessContrast::Grant { server, client, scopes, side: told } => {
                let is_of = |scope| scopes.contains(scope);
                *told == side
                    && *server == grant.server
                    && *client == grant.client
                    && grant.scope.as_ref().map_or(scopes.is_empty(), is_of)
            }
            AccessContrast::Admission { .. }
            | AccessContrast::Roles { .. }
            | AccessContrast::Authentication { .. }
            | AccessContrast::Lifetime { .. } => false,
        })
    };
    let grants = side.of(&access).grants().into_iter();
    // A binding that here has no scopes and there has some is told by what it has there.
    grants.filter(|grant| grant.scope.is_some() && is_known(&grant.server) && !only(grant)).collect()
}

proptest! {
    #[test]
    fn an_environment_does_not_differ_from_itself(world in world()) {
        let found = compared(&world.desired, &world.desired);
        prop_assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn swapped_sides_give_the_mirror_image(one in world(), other in world()) {
        let there = compared(&one.desired, &other.desired);
        let back = compared(&other.desired, &one.desired);
        let [first, second] = there.only.clone();
        prop_assert_eq!([second, first], back.only.clone());
        let names = |pair: &Contrast| {
            pair.fields.iter().map(|field| (field.address.clone(), field.path)).collect::<Vec<_>>()
        };
        prop_assert_eq!(names(&there), names(&back));
        for (one, other) in there.fields.iter().zip(&back.fields) {
            let [first, second] = &one.values;
            prop_assert_eq!([second, first], other.values.each_ref());
        }
        let mirrored: BTreeSet<AccessContrast> = back.access.into_iter().map(mirror).collect();
        prop_assert_eq!(there.access.into_iter().collect::<BTreeSet<_>>(), mirrored);
    }

    #[test]
    fn what_is_not_told_is_granted_in_both(one in world(), other in world()) {
        let found = compared(&one.desired, &other.desired);
        let pair = [one.desired, other.desired];
        prop_assert_eq!(common_grants(Side::First, &pair, &found), common_grants(Side::Second, &pair, &found));
    }
}

fn mirror(difference: AccessContrast) -> AccessContrast {
    match difference {
        AccessContrast::Grant { server, client, scopes, side } => {
            AccessContrast::Grant { server, client, scopes, side: side.other() }
        }
        AccessContrast::Admission { server, client, policy, obstacles, side } => {
            AccessContrast::Admission { server, client, policy, obstacles, side: side.other() }
        }
        AccessContrast::Roles { server, client, roles, side } => {
            AccessContrast::Roles { server, client, roles, side: side.other() }
        }
        AccessContrast::Authentication { server, client, methods: [first, second] } => {
            AccessContrast::Authentication { server, client, methods: [second, first] }
        }
        AccessContrast::Lifetime { server, tokens, minutes: [first, second] } => {
            AccessContrast::Lifetime { server, tokens, minutes: [second, first] }
        }
    }
}
