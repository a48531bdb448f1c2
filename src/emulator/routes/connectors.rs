//! The connector catalogue: `/api/2/connectors`.

use serde_json::json;

use crate::emulator::call::Call;
use crate::emulator::errors::{Outcome, Refusal};
use crate::emulator::paging::{self, Limits};
use crate::emulator::request::matches_wildcard;
use crate::emulator::state::Connector;
use crate::emulator::switches::Region;

/// Source: reference section 2.1; a page without `limit` is a guess.
const LIMITS: Limits = Limits { default: 100, max: 1000 };

/// Returns a region's part of the catalogue, cut down to what bears on authorization.
///
/// Source: reference section 5.6: 108419 and 123215 in the United States, 38568 in Europe, where the whole id space
/// is another; the other European ids are made up.
fn catalogue(region: Region) -> [(u64, &'static str, u64, bool); 4] {
    match region {
        Region::Us => [
            (108_419, "OpenId Connect (OIDC)", 8, true),
            (123_215, "API Authorization (Generic)", 9, false),
            (110_016, "SAML Custom Connector (Advanced)", 2, true),
            (14_571, "Custom Connector (Password)", 0, false),
        ],
        Region::Eu => [
            (38_568, "OpenId Connect (OIDC)", 8, true),
            (41_207, "API Authorization (Generic)", 9, false),
            (39_001, "SAML Custom Connector (Advanced)", 2, true),
            (9_116, "Custom Connector (Password)", 0, false),
        ],
    }
}

/// Returns the connector with an id, from the region's catalogue or the seed.
pub(super) fn by_id(call: &Call<'_>, id: u64) -> Option<Connector> {
    let built_in = catalogue(call.switches.region).into_iter().find(|(known, ..)| *known == id);
    built_in.map(connector).or_else(|| call.state.connectors.get(&id).cloned())
}

fn connector((_, name, auth_method, allows_new_parameters): (u64, &str, u64, bool)) -> Connector {
    Connector { name: name.to_owned(), auth_method, allows_new_parameters }
}

/// `GET /api/2/connectors`.
pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    let name = call.request.filter("name");
    let auth_method = auth_method_filter(call)?;
    let mut ids: Vec<u64> = catalogue(call.switches.region).iter().map(|(id, ..)| *id).collect();
    ids.extend(call.state.connectors.keys());
    ids.sort_unstable();
    ids.dedup();
    ids.retain(|&id| {
        by_id(call, id).is_some_and(|row| {
            name.as_ref().is_none_or(|name| matches_wildcard(name, &row.name))
                && auth_method.is_none_or(|method| row.auth_method == method)
        })
    });
    paging::answer(call.request, LIMITS, ids, |id| match by_id(call, id) {
        Some(row) => json!({
            "id": id, "name": row.name, "auth_method": row.auth_method,
            "allows_new_parameters": row.allows_new_parameters, "icon_url": icon_url(),
        }),
        None => serde_json::Value::Null,
    })
}

/// Returns the icon every connector without one of its own has. Source: reference section 5.4, sample.
pub(super) fn icon_url() -> &'static str {
    "/images/missing_connector_icon/square/old_original.png"
}

/// Reads the `auth_method` filter.
///
/// # Errors
/// The vendor's 422 where it is no known method. Source: the list-apps page.
pub(super) fn auth_method_filter(call: &Call<'_>) -> Result<Option<u64>, Refusal> {
    match call.request.filter("auth_method") {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(method) if method <= 9 => Ok(Some(method)),
            _ => Err(Refusal::Unprocessable("invalid value in \"auth_method\"".to_owned())),
        },
    }
}
