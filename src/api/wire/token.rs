//! The token endpoint and the rate limit.

use serde::Deserialize;

/// The fields of a token. It holds a secret, so it cannot be printed.
#[derive(Deserialize)]
pub(in crate::api) struct TokenFields {
    pub(in crate::api) access_token: String,
    pub(in crate::api) created_at: Option<String>,
    pub(in crate::api) expires_in: Option<i64>,
    pub(in crate::api) account_id: Option<u64>,
}

/// The two bodies a token comes in.
#[derive(Deserialize)]
struct Wrapped {
    data: Vec<TokenFields>,
}

/// Reads either body.
pub(in crate::api) struct TokenBody;

impl TokenBody {
    /// Reads the flat body (v2) or the wrapped one (v1).
    pub(in crate::api) fn parse(body: &[u8]) -> Option<TokenFields> {
        let fields = match serde_json::from_slice::<TokenFields>(body) {
            Ok(fields) => Some(fields),
            Err(_) => serde_json::from_slice::<Wrapped>(body).ok()?.data.into_iter().next(),
        };
        fields.filter(|fields| !fields.access_token.is_empty())
    }
}

/// The rate limit. The names are keys of the body, not headers.
#[derive(Deserialize)]
pub(in crate::api) struct RateLimitBody {
    #[serde(rename = "X-RateLimit-Limit")]
    pub(in crate::api) limit: u64,
    #[serde(rename = "X-RateLimit-Remaining")]
    pub(in crate::api) remaining: u64,
    #[serde(rename = "X-RateLimit-Reset")]
    pub(in crate::api) reset: u64,
}

#[derive(Deserialize)]
struct RateLimitAnswer {
    data: RateLimitBody,
}

impl RateLimitBody {
    /// Reads the answer of `/auth/rate_limit`.
    pub(in crate::api) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<RateLimitAnswer>(body).ok().map(|answer| answer.data)
    }
}
