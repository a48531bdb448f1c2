//! What a policy demands of single claims.

use serde_json::{Map, Value};

use super::{
    dataweave::{Dialect, Expression, Scope},
    error::FileError,
    fields::Fields,
};

/// One custom claim of a policy.
#[derive(Debug)]
pub(super) struct ClaimRule {
    claim: String,
    test: ClaimTest,
}

#[derive(Debug)]
enum ClaimTest {
    Equals(String),
    Holds(Expression),
}

impl ClaimRule {
    /// Reads a list of `{key, value}`.
    pub(super) fn read_list(
        fields: &mut Fields<'_>,
        key: &'static str,
        dialect: Dialect,
    ) -> Result<Vec<Self>, FileError> {
        let at = fields.path(key);
        let items = fields.list(key)?;
        let rules = items.iter().enumerate();
        rules.map(|(place, item)| Self::read(item, format!("{at}[{place}]"), dialect)).collect()
    }

    fn read(item: &Value, at: String, dialect: Dialect) -> Result<Self, FileError> {
        let mut fields = Fields::of(item, at)?;
        let claim = fields.required_text("key")?.to_owned();
        let value = fields.required_text("value")?;
        let test = if Expression::is_meant_by(value) {
            let parsed = Expression::parse(value, dialect);
            ClaimTest::Holds(parsed.map_err(|error| FileError::expression(fields.path("value"), error))?)
        } else {
            ClaimTest::Equals(value.to_owned())
        };
        fields.finish()?;
        Ok(Self { claim, test })
    }

    /// Tells whether the token has the claim at all.
    pub(super) fn is_present_in(&self, claims: &Map<String, Value>) -> bool {
        claims.contains_key(&self.claim)
    }

    /// Checks the claim, which has to be there.
    pub(super) fn check_mandatory(&self, scope: &Scope<'_>) -> Result<(), String> {
        if self.is_present_in(scope.claims) {
            self.check(scope)
        } else {
            Err(format!("claim {} is absent", self.claim))
        }
    }

    /// Checks the claim.
    ///
    /// Errors: why the token is refused. A literal equals claims of type string only; whether the real policy
    /// compares others by their text is not documented.
    pub(super) fn check(&self, scope: &Scope<'_>) -> Result<(), String> {
        let claim = &self.claim;
        match &self.test {
            ClaimTest::Equals(expected) => match scope.claims.get(claim) {
                Some(Value::String(value)) if value == expected => Ok(()),
                _ => Err(format!("claim {claim} has another value")),
            },
            ClaimTest::Holds(expression) => match expression.holds(scope) {
                Ok(true) => Ok(()),
                Ok(false) => Err(format!("the expression of claim {claim} is false")),
                Err(error) => Err(format!("the expression of claim {claim} fails: {error}")),
            },
        }
    }
}

/// The audiences of a policy, of which a token has to name one.
#[derive(Debug)]
pub(super) struct AudienceCheck {
    pub(super) accepted: Vec<String>,
    pub(super) required: bool,
}

impl AudienceCheck {
    /// Checks `aud`, which is one string or a list of them.
    pub(super) fn check(&self, claims: &Map<String, Value>) -> Result<(), String> {
        let accepts = |value: &Value| value.as_str().is_some_and(|text| self.accepted.iter().any(|each| each == text));
        let fits = match claims.get("aud") {
            None if self.required => return Err("claim aud is absent".to_owned()),
            None => return Ok(()),
            Some(Value::Array(audiences)) => audiences.iter().all(Value::is_string) && audiences.iter().any(accepts),
            Some(audience) => accepts(audience),
        };
        if fits { Ok(()) } else { Err("claim aud names no accepted audience".to_owned()) }
    }
}

/// Checks `exp` where it is there, or refuses its absence where it is required.
///
/// No leeway is documented. Source: RFC 7519, section 4.1.4 (a token ends *on* that second).
pub(super) fn check_expiry(claims: &Map<String, Value>, required: bool, now_unix: i64) -> Result<(), String> {
    match time(claims, "exp", required)? {
        Some(expiry) if seconds(now_unix) >= expiry => Err("the token has expired".to_owned()),
        _ => Ok(()),
    }
}

/// Checks `nbf` where it is there, or refuses its absence where it is required.
pub(super) fn check_not_before(claims: &Map<String, Value>, required: bool, now_unix: i64) -> Result<(), String> {
    match time(claims, "nbf", required)? {
        Some(start) if seconds(now_unix) < start => Err("the token is not valid yet".to_owned()),
        _ => Ok(()),
    }
}

fn time(claims: &Map<String, Value>, claim: &str, required: bool) -> Result<Option<f64>, String> {
    match claims.get(claim) {
        None if required => Err(format!("claim {claim} is absent")),
        None => Ok(None),
        Some(value) => match value.as_f64() {
            Some(time) => Ok(Some(time)),
            None => Err(format!("claim {claim} is not a number")),
        },
    }
}

/// Seconds since 1970 are exact in a float for the next 285 million years.
fn seconds(unix: i64) -> f64 {
    unix as f64
}
