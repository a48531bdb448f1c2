//! `claims` of a server.

use super::decoder::{At, Decoder, Fields, TextRule};
use super::entry;
use crate::config::tree::{Pair, Value};
use crate::diagnostic::{Code, Sourced};
use crate::model::{Claim, ClaimName, ClaimSource, Field};
use std::collections::BTreeMap;

/// The keys of a claim.
pub(crate) const KEYS: [&str; 5] = ["user_attribute", "custom_attribute", "macro", "transformation", "renamed_from"];
const SOURCES: [&str; 3] = ["user_attribute", "custom_attribute", "macro"];

/// Reads the claims of a server.
pub(crate) fn claims(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<BTreeMap<ClaimName, Claim>> {
    let pairs = decoder.map(at)?;
    let mut claims = BTreeMap::new();
    for pair in pairs {
        if decoder.check_text("the claim name", &pair.key.value, &pair.key.origin, TextRule::Word) {
            warn_of_standard_claim(decoder, pair);
            let claim = claim(decoder, pair);
            claims.insert(ClaimName::new(pair.key.value.clone()), claim);
        }
    }
    refuse_kept_old_names(decoder, &claims);
    Some(claims)
}

fn warn_of_standard_claim(decoder: &mut Decoder<'_>, pair: &Pair) {
    let name = &pair.key.value;
    if ClaimName::new(name.clone()).is_standard() {
        let message = format!("OneLogin sets the claim `{name}` itself, and the two would collide");
        let hint = format!("Give the claim a name of its own, such as `user_{name}`.");
        decoder.warn(Code::LintStandardClaim, &pair.key.origin, message, hint);
    }
}

fn claim(decoder: &mut Decoder<'_>, pair: &Pair) -> Claim {
    let mut claim = Claim { origin: pair.key.origin.clone(), source: None, transformation: None, renamed_from: None };
    if let Value::Scalar(scalar) = &pair.value.value
        && !pair.value.is_null()
    {
        let hint = format!("Write `{}: {{ user_attribute: {} }}`.", pair.key.value, scalar.text);
        let message = format!("the claim `{}` does not say where its value comes from", pair.key.value);
        decoder.error(Code::WrongType, &pair.value.origin, message, hint);
        return claim;
    }
    let Some(fields) = decoder.fields(At::pair(pair), &KEYS) else { return claim };
    claim.source = source(decoder, &fields);
    claim.transformation = decoder.field(&fields, "transformation", |decoder, at| decoder.text(at, TextRule::Free));
    claim.renamed_from = decoder.field(&fields, "renamed_from", |decoder, at| {
        let old = decoder.text(at, TextRule::Word)?;
        entry::refuse_same_name(decoder, at, old == pair.key.value);
        Some(ClaimName::new(old))
    });
    claim
}

fn source(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Field<ClaimSource> {
    let given: Vec<At<'_>> = SOURCES.iter().filter_map(|key| fields.get(key)).collect();
    let [at] = given.as_slice() else {
        let hint = "Write one of `user_attribute`, `custom_attribute` and `macro`.";
        match given.get(1) {
            Some(second) => {
                decoder.error(Code::InvalidValue, second.origin, "a claim has one source, this one says two", hint);
            }
            None => {
                let message = "the claim does not say where its value comes from";
                decoder.error(Code::MissingKey, fields.origin(), message, hint);
            }
        }
        return None;
    };
    let rule = if at.name == "macro" { TextRule::Line } else { TextRule::Word };
    let text = decoder.text(*at, rule)?;
    let source = match at.name {
        "user_attribute" => user_attribute(decoder, *at, text)?,
        "custom_attribute" => custom_attribute(decoder, *at, text)?,
        _ => {
            if has_unclosed_brace(&text) {
                let message = format!("a `{{` of the template is never closed: `{text}`");
                let hint = "Close it around the attribute's name, such as `{firstname} {lastname}`.";
                decoder.warn(Code::LintMacro, &at.node.origin, message, hint);
            }
            ClaimSource::Macro(text)
        }
    };
    Some(Sourced::new(source, at.node.origin.clone()))
}

/// Says whether a `{` of a template meets another one, or the end, before its `}`.
fn has_unclosed_brace(template: &str) -> bool {
    template.split('{').skip(1).any(|rest| !rest.contains('}'))
}

/// Source: OneLogin writes all three sources into one field, where `_macro_` and `custom_attribute_` are marks.
fn user_attribute(decoder: &mut Decoder<'_>, at: At<'_>, text: String) -> Option<ClaimSource> {
    let hint = match text.strip_prefix("custom_attribute_") {
        Some(short) => format!("Write `custom_attribute: {short}`."),
        None if text == "_macro_" => "Write the template itself: `macro: \"{firstname} {lastname}\"`.".to_owned(),
        None => return Some(ClaimSource::UserAttribute(text)),
    };
    decoder.error(Code::InvalidValue, &at.node.origin, format!("`{text}` is not a user attribute"), hint);
    None
}

fn custom_attribute(decoder: &mut Decoder<'_>, at: At<'_>, text: String) -> Option<ClaimSource> {
    let Some(short) = text.strip_prefix("custom_attribute_") else { return Some(ClaimSource::CustomAttribute(text)) };
    let message = "`custom_attribute` takes the short name, without `custom_attribute_`";
    decoder.error(Code::InvalidValue, &at.node.origin, message, format!("Write `custom_attribute: {short}`."));
    None
}

fn refuse_kept_old_names(decoder: &mut Decoder<'_>, claims: &BTreeMap<ClaimName, Claim>) {
    for old in claims.values().filter_map(|claim| claim.renamed_from.as_ref()) {
        if let Some(kept) = claims.get(&old.value) {
            entry::refuse_kept_old_name(decoder, old.value.as_str(), &old.origin, &kept.origin);
        }
    }
}
