//! `gateway_policies`.

use super::decoder::{At, Decoder, Fields, TextRule};
use super::probe;
use crate::config::tree::Value;
use crate::diagnostic::{Code, Sourced};
use crate::model::{
    ClaimName, ClientIdCheck, EntryKey, Flex, FlexStyle, Gateway, MuleFormat, Mulesoft, Policy, Route, ScopeValue,
};
use std::collections::BTreeMap;

pub(super) const KEYS: [&str; 21] = [
    "only",
    "gateway",
    "authorization_server",
    "require_scopes",
    "require_any_scope",
    "require_claims",
    "audiences",
    "jwks_ttl_minutes",
    "client_id",
    "routes",
    "open",
    "output",
    "probe",
    "format",
    "api_id",
    "asset_version",
    "style",
    "api_instance",
    "namespace",
    "address",
    "upstream",
];
const MULESOFT: [&str; 3] = ["format", "api_id", "asset_version"];
const FLEX: [&str; 5] = ["style", "api_instance", "namespace", "address", "upstream"];

#[derive(Clone, Copy)]
enum Which {
    Mulesoft,
    Flex,
}

/// Reads a gateway policy; `default_folder` is where it is written unless it says otherwise.
pub(crate) fn policy(decoder: &mut Decoder<'_>, at: At<'_>, default_folder: &str) -> Option<Policy> {
    let fields = decoder.fields(at, &KEYS)?;
    let which = gateway(decoder, &fields)?;
    refuse_foreign(decoder, at, which);
    let extension = match which {
        Which::Mulesoft => "json",
        Which::Flex => "yaml",
    };
    let output = match fields.get("output") {
        Some(at) => Sourced::new(decoder.text(at, TextRule::Line).unwrap_or_default(), at.node.origin.clone()),
        None => Sourced::new(format!("{default_folder}{}.{extension}", at.name), at.origin.clone()),
    };
    let require_scopes = fields.get("require_scopes").and_then(|at| decoder.scope_values(at)).unwrap_or_default();
    let require_any_scope = fields.get("require_any_scope").and_then(|at| any_scope(decoder, at)).unwrap_or_default();
    let require_claims = fields.get("require_claims").and_then(|at| claims(decoder, at)).unwrap_or_default();
    let audiences = fields.get("audiences").and_then(|at| audiences(decoder, at));
    let jwks_ttl_minutes = decoder.field(&fields, "jwks_ttl_minutes", Decoder::minutes);
    let client_id = fields.get("client_id").and_then(|at| client_id(decoder, at)).unwrap_or_default();
    let routes = fields.get("routes").and_then(|at| routes(decoder, at)).unwrap_or_default();
    let open = fields.get("open").and_then(|at| decoder.boolean(at)).unwrap_or(false);
    let probes = fields.get("probe").map(|at| probe::probes(decoder, at)).unwrap_or_default();
    let gateway = match which {
        Which::Mulesoft => Gateway::Mulesoft(mulesoft(decoder, &fields)),
        Which::Flex => Gateway::Flex(flex(decoder, &fields)),
    };
    let Some(server) = fields.get("authorization_server") else {
        let hint = "Write the key of the server whose tokens are accepted: `authorization_server: contacts`.";
        decoder.error(Code::MissingKey, at.origin, "the policy names no `authorization_server`", hint);
        return None;
    };
    let authorization_server =
        Sourced::new(EntryKey::new(decoder.text(server, TextRule::Line)?), server.node.origin.clone());
    Some(Policy {
        origin: at.origin.clone(),
        authorization_server,
        require_scopes,
        require_any_scope,
        require_claims,
        audiences,
        jwks_ttl_minutes,
        client_id,
        routes,
        open,
        output,
        probes,
        gateway,
    })
}

fn gateway(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Option<Which> {
    let Some(at) = fields.get("gateway") else {
        let hint = "Write `gateway: mulesoft` or `gateway: flex`.";
        decoder.error(Code::MissingKey, fields.origin(), "the policy names no `gateway`", hint);
        return None;
    };
    decoder.choice(at, &[("mulesoft", Which::Mulesoft), ("flex", Which::Flex)])
}

/// Reports keys that only another gateway takes: a plainer message than an unknown key.
fn refuse_foreign(decoder: &mut Decoder<'_>, at: At<'_>, which: Which) {
    let (name, other, foreign): (_, _, &[&str]) = match which {
        Which::Mulesoft => ("mulesoft", "flex", &FLEX),
        Which::Flex => ("flex", "mulesoft", &MULESOFT),
    };
    for key in foreign {
        if let Some(pair) = at.node.get(key) {
            let message = format!("`{key}` means nothing to the gateway `{name}`");
            let hint = format!("Remove it; only `gateway: {other}` takes it.");
            decoder.error(Code::UnknownKey, &pair.key.origin, message, hint);
        }
    }
}

/// Reports keys that only the other style takes; `binding` has none of its own.
fn refuse_other_style(decoder: &mut Decoder<'_>, fields: &Fields<'_>, style: FlexStyle, is_default: bool) {
    let foreign: &[&'static str] = match style {
        FlexStyle::Binding => &["address", "upstream"],
        FlexStyle::Inline => &[],
    };
    for at in foreign.iter().filter_map(|key| fields.get(key)) {
        let default = if is_default { ", the default" } else { "" };
        let message = format!("`{}` means nothing to `style: {}`{default}", at.name, style.as_str());
        let hint = "Remove it, or write `style: inline`, which writes the ApiInstance too and takes `address` and \
                    `upstream`.";
        decoder.error(Code::UnknownKey, at.origin, message, hint);
    }
}

fn any_scope(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Vec<Sourced<ScopeValue>>> {
    let values = decoder.scope_values(at)?;
    if matches!(&at.node.value, Value::List(items) if items.is_empty()) {
        let hint = "Name the scopes of which one is enough, or remove the key.";
        decoder.error(Code::InvalidValue, at.origin, "`require_any_scope: []` lets nobody in", hint);
    }
    Some(values)
}

fn audiences(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Vec<Sourced<String>>> {
    let audiences = decoder.texts(at, TextRule::Line)?;
    if matches!(&at.node.value, Value::List(items) if items.is_empty()) {
        let hint = "Remove the key to accept the server's audiences.";
        decoder.error(Code::InvalidValue, at.origin, "a policy needs at least one audience", hint);
    }
    Some(audiences)
}

fn claims(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<BTreeMap<ClaimName, Sourced<Vec<String>>>> {
    let mut claims = BTreeMap::new();
    for pair in decoder.map(at)? {
        if !decoder.check_text("the claim name", &pair.key.value, &pair.key.origin, TextRule::Word) {
            continue;
        }
        let item = At::pair(pair);
        let values = match &pair.value.value {
            Value::List(items) if items.is_empty() => {
                let hint = "Name the values of which one is enough, or remove the claim.";
                decoder.error(Code::InvalidValue, &pair.value.origin, "a claim without values lets nobody in", hint);
                continue;
            }
            Value::List(_) => {
                decoder.texts(item, TextRule::Line).map(|texts| texts.into_iter().map(|text| text.value).collect())
            }
            Value::Scalar(_) | Value::Map(_) => decoder.text(item, TextRule::Line).map(|text| vec![text]),
        };
        if let Some(values) = values {
            claims.insert(ClaimName::new(pair.key.value.clone()), Sourced::new(values, pair.key.origin.clone()));
        }
    }
    Some(claims)
}

fn client_id(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<ClientIdCheck> {
    let text = decoder.text(at, TextRule::Word)?;
    Some(if text == "skip" { ClientIdCheck::Skip } else { ClientIdCheck::Claim(ClaimName::new(text)) })
}

fn routes(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Vec<Sourced<Route>>> {
    let items = decoder.list(at)?;
    if items.is_empty() {
        let hint = "Remove the key to cover every path.";
        decoder.error(Code::InvalidValue, at.origin, "`routes: []` covers nothing", hint);
    }
    let mut routes = Vec::new();
    for item in items {
        if let Some(route) = route(decoder, at.item(item)) {
            routes.push(Sourced::new(route, item.origin.clone()));
        }
    }
    Some(routes)
}

fn route(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Route> {
    let fields = decoder.fields(at, &["methods", "path"])?;
    let methods = fields.get("methods").and_then(|at| methods(decoder, at)).unwrap_or_default();
    let Some(path) = fields.get("path") else {
        let hint = "Write a regular expression over the path, such as `path: /contacts/.*`.";
        decoder.error(Code::MissingKey, at.origin, "the route has no `path`", hint);
        return None;
    };
    Some(Route { methods, path: decoder.text(path, TextRule::Line)? })
}

fn methods(decoder: &mut Decoder<'_>, at: At<'_>) -> Option<Vec<String>> {
    let texts = decoder.texts(at, TextRule::Word)?;
    let mut methods = Vec::new();
    for text in texts {
        let is_method = text.value.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_method {
            let hint = format!("Write it in upper case, such as `{}`.", text.value.to_ascii_uppercase());
            decoder.error(Code::InvalidValue, &text.origin, format!("`{}` is not an HTTP method", text.value), hint);
        }
        methods.push(text.value);
    }
    if methods.is_empty() && matches!(&at.node.value, Value::List(items) if items.is_empty()) {
        let hint = "Remove the key to cover every method.";
        decoder.error(Code::InvalidValue, at.origin, "`methods: []` covers nothing", hint);
    }
    Some(methods)
}

fn mulesoft(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Mulesoft {
    let formats = [MuleFormat::Configuration, MuleFormat::Request, MuleFormat::Offline].map(|f| (f.as_str(), f));
    let format = fields.get("format").and_then(|at| decoder.choice(at, &formats)).unwrap_or_default();
    let api_id = decoder.field(fields, "api_id", Decoder::remote_id);
    let asset_version = decoder.field(fields, "asset_version", |decoder, at| decoder.text(at, TextRule::Word));
    Mulesoft { format, api_id, asset_version }
}

fn flex(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Flex {
    let styles = [FlexStyle::Binding, FlexStyle::Inline].map(|style| (style.as_str(), style));
    let said = fields.get("style").map(|at| decoder.choice(at, &styles));
    let style = said.flatten().unwrap_or_default();
    // What a style takes that is written and cannot be read is not known.
    if said != Some(None) {
        refuse_other_style(decoder, fields, style, said.is_none());
    }
    let mut word = |key: &'static str| decoder.field(fields, key, |decoder, at| decoder.text(at, TextRule::Word));
    Flex {
        style,
        api_instance: word("api_instance"),
        namespace: word("namespace"),
        address: word("address"),
        upstream: word("upstream"),
    }
}
