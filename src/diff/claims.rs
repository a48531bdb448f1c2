//! Compares the claims of one server.

use super::children::{ChildMatch, DesiredChild, LiveChild, match_children};
use super::fields::{Fields, given, missing};
use super::servers::{Parent, is_read};
use super::sides::{Findings, Subject};
use super::{Edit, Impact, Operation, Reason, RefusalKind};
use crate::diagnostic::Sourced;
use crate::model::{Address, Claim, ClaimName, ClaimPatch, ClaimSource, Kind, LiveClaim, NewClaim};
use serde_json::Value;
use std::collections::BTreeMap;

/// Compares the claims the file declares.
pub(super) fn compare(parent: &Parent<'_>, findings: &mut Findings) {
    let Some(declared) = &parent.server.claims else { return };
    if !is_read(parent, "claims", |live| &live.claims, findings) {
        return;
    }
    let live: &[LiveClaim] = parent.live.and_then(|server| server.claims.as_deref()).unwrap_or_default();
    let desired: Vec<DesiredChild<'_>> =
        declared.value.iter().map(|(name, claim)| desired_child(parent, name, claim)).collect();
    let children: Vec<LiveChild<'_, LiveClaim>> =
        live.iter().map(|claim| LiveChild { key: claim.name.as_str(), id: claim.id, live: claim }).collect();
    let matched = match_children(&desired, &children, findings);
    for (name, claim) in &declared.value {
        match matched.found.get(name.as_str()) {
            None => {}
            Some(ChildMatch::Missing) => create(parent, name, claim, findings),
            Some(ChildMatch::Live(live) | ChildMatch::Renamed(live)) => update(parent, (name, claim), live, findings),
        }
    }
    if parent.deletes_unlisted() {
        for claim in matched.unlisted.into_iter().filter(|claim| !claim.inherited) {
            delete(parent, declared, claim, findings);
        }
    }
}

fn address(parent: &Parent<'_>, name: &ClaimName) -> Address {
    Address::Claim(parent.key.clone(), name.clone())
}

fn desired_child<'a>(parent: &Parent<'_>, name: &'a ClaimName, claim: &'a Claim) -> DesiredChild<'a> {
    DesiredChild {
        key: name.as_str(),
        address: address(parent, name),
        origin: &claim.origin,
        renamed_from: claim.renamed_from.as_ref().map(|old| Sourced::new(old.value.as_str(), old.origin.clone())),
    }
}

/// Returns a source as the file writes it: `{"user_attribute": "email"}`.
fn shown(source: &ClaimSource) -> Value {
    let (key, value) = match source {
        ClaimSource::UserAttribute(name) => ("user_attribute", name),
        ClaimSource::CustomAttribute(name) => ("custom_attribute", name),
        ClaimSource::Macro(template) => ("macro", template),
    };
    serde_json::json!({ key: value })
}

fn create(parent: &Parent<'_>, name: &ClaimName, claim: &Claim, findings: &mut Findings) {
    let subject = Subject { address: address(parent, name), origin: &claim.origin };
    let Some(source) = given(&claim.source) else {
        let missing = missing(&[("user_attribute", false)]);
        return findings.refuse(subject.refusal(RefusalKind::IncompleteCreate { missing }));
    };
    let mut fields = Fields::default();
    fields.made("source", shown(&source));
    let transformation = given(&claim.transformation).filter(|text| !text.is_empty());
    fields.made("transformation", transformation.clone());
    let new = NewClaim { name: name.clone(), source, transformation };
    let edit = Edit::Claim { server: parent.object(), operation: Operation::Create(new) };
    findings.create(&subject, Impact::Cosmetic, fields.into_vec(), edit);
}

/// Whoever reads the claim gets another value, or none under the old name: any change but none breaks.
fn update(parent: &Parent<'_>, (name, claim): (&ClaimName, &Claim), live: &LiveClaim, findings: &mut Findings) {
    let subject = Subject { address: address(parent, name), origin: &claim.origin };
    let mut fields = Fields::default();
    let is_renamed = *name != live.name;
    let patch = ClaimPatch {
        name: is_renamed.then(|| {
            fields.push("name", live.name.as_str().into(), name.as_str().into());
            name.clone()
        }),
        source: claim.source.as_ref().filter(|wanted| Some(&wanted.value) != live.source.as_ref()).map(|wanted| {
            fields.push("source", live.source.as_ref().map_or(Value::Null, shown), shown(&wanted.value));
            wanted.value.clone()
        }),
        transformation: fields.text("transformation", &claim.transformation, live.transformation.as_deref()),
    };
    if live.inherited {
        if !fields.into_vec().is_empty() {
            findings.refuse(subject.refusal(RefusalKind::Inherited));
        }
        return;
    }
    findings.count_live(Kind::Claim);
    let edit = Edit::Claim { server: parent.object(), operation: Operation::Update { id: live.id, patch } };
    findings.update(&subject, Impact::Breaks, is_renamed, live.fingerprint(), (fields.into_vec(), edit));
}

fn delete(
    parent: &Parent<'_>,
    declared: &Sourced<BTreeMap<ClaimName, Claim>>,
    live: &LiveClaim,
    findings: &mut Findings,
) {
    findings.count_live(Kind::Claim);
    let subject = Subject { address: address(parent, &live.name), origin: &declared.origin };
    let mut fields = Fields::default();
    fields.gone("source", live.source.as_ref().map_or(Value::Null, shown));
    fields.gone("transformation", live.transformation.clone());
    let edit = Edit::Claim { server: parent.object(), operation: Operation::Delete { id: live.id } };
    findings.delete(&subject, (Impact::Breaks, Reason::OnlyLive), live.fingerprint(), fields.into_vec(), edit);
}
