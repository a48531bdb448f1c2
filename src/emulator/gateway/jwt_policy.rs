//! The configuration of a JWT Validation policy: every documented key, its type and its default.

use serde_json::Value;
use url::Url;

use super::{
    claims::{AudienceCheck, ClaimRule},
    dataweave::{Dialect, Expression},
    error::FileError,
    fields::Fields,
    signature::{Algorithm, Family, HashBits, Key},
};

/// The product that runs the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Technology {
    /// Mule 4, configured through API Manager or an offline file.
    Mule,
    /// Flex Gateway, configured through API Manager.
    Flex,
    /// Flex Gateway in local mode, configured by files.
    FlexLocal,
}

impl Technology {
    fn dialect(self) -> Dialect {
        Dialect { null_literal: self == Self::Mule }
    }

    /// Tells whether the filter of Flex Gateway checks the tokens.
    pub(super) fn is_flex(self) -> bool {
        matches!(self, Self::Flex | Self::FlexLocal)
    }
}

/// A JWT Validation policy as it will be enforced.
///
/// Source: the configuration tables of the JWT Validation pages for Mule and Flex, and the newer Flex definition for
/// `customKeyExpression` and `claimsToHeaders`.
pub(super) struct JwtPolicy {
    pub(super) technology: Technology,
    pub(super) origin: TokenOrigin,
    pub(super) verification: Verification,
    /// How the client id is found, where it is checked.
    pub(super) client_id: Option<Expression>,
    pub(super) audience: Option<AudienceCheck>,
    pub(super) expiry_required: bool,
    pub(super) not_before_required: bool,
    pub(super) mandatory_claims: Vec<ClaimRule>,
    pub(super) optional_claims: Vec<ClaimRule>,
    /// Claim and the header it is copied to.
    pub(super) claims_to_headers: Vec<(String, String)>,
}

/// Where the token stands in a request.
#[derive(Debug)]
pub(super) enum TokenOrigin {
    BearerHeader,
    Expression(Expression),
}

/// How the signature is checked.
pub(super) enum Verification {
    /// `signingMethod: none`: every token passes, signed or not.
    Nothing,
    Text(Algorithm, Key),
    /// Keys of these URLs; the first that fits decides.
    KeySets(Algorithm, Vec<String>),
}

/// Defaults of the documentation's table.
const DEFAULT_JWT_EXPRESSION: &str = "#[attributes.headers['jwt']]";
const DEFAULT_CLIENT_ID_EXPRESSION: &str = "#[vars.claimSet.client_id]";

impl JwtPolicy {
    /// Reads the configuration object of one policy.
    ///
    /// Errors: an unknown key, a wrong type, or a value with which the policy would check nothing.
    pub(super) fn read(config: &Value, at: &str, technology: Technology) -> Result<Self, FileError> {
        let mut fields = Fields::of(config, at)?;
        let dialect = technology.dialect();
        let check_claims = fields.flag("validateCustomClaim", false)?;
        let mandatory_claims = ClaimRule::read_list(&mut fields, "mandatoryCustomClaims", dialect)?;
        let optional_claims = ClaimRule::read_list(&mut fields, "nonMandatoryCustomClaims", dialect)?;
        let policy = Self {
            technology,
            origin: read_origin(&mut fields, dialect)?,
            verification: read_verification(&mut fields, technology)?,
            client_id: read_client_id(&mut fields, technology)?,
            audience: read_audience(&mut fields)?,
            expiry_required: fields.flag("mandatoryExpClaim", false)?,
            not_before_required: fields.flag("mandatoryNbfClaim", false)?,
            // As documented, the lists are not looked at while the switch is off.
            mandatory_claims: if check_claims { mandatory_claims } else { Vec::new() },
            optional_claims: if check_claims { optional_claims } else { Vec::new() },
            claims_to_headers: read_claims_to_headers(&mut fields)?,
        };
        fields.finish()?;
        Ok(policy)
    }
}

fn expression(fields: &Fields<'_>, key: &str, value: &str, dialect: Dialect) -> Result<Expression, FileError> {
    Expression::parse(value, dialect).map_err(|error| FileError::expression(fields.path(key), error))
}

fn read_origin(fields: &mut Fields<'_>, dialect: Dialect) -> Result<TokenOrigin, FileError> {
    let written = fields.text("jwtExpression")?.unwrap_or(DEFAULT_JWT_EXPRESSION);
    let expression = expression(fields, "jwtExpression", written, dialect)?;
    match fields.text("jwtOrigin")? {
        None | Some("httpBearerAuthenticationHeader") => Ok(TokenOrigin::BearerHeader),
        Some("customExpression") => Ok(TokenOrigin::Expression(expression)),
        Some(other) => {
            Err(not_one_of(fields.path("jwtOrigin"), other, "httpBearerAuthenticationHeader, customExpression"))
        }
    }
}

fn not_one_of(at: String, value: &str, accepted: &str) -> FileError {
    FileError::refused(at, format!("`{value}` is not one of {accepted}"))
}

fn read_verification(fields: &mut Fields<'_>, technology: Technology) -> Result<Verification, FileError> {
    let algorithm = read_algorithm(fields, technology)?;
    let text_key = fields.text("textKey")?;
    let urls = read_jwks_urls(fields, technology)?;
    fields.positive("jwksServiceTimeToLive")?;
    fields.positive("jwksServiceConnectionTimeout")?;
    fields.text("customKeyExpression")?;
    let origin = fields.text("jwtKeyOrigin")?.unwrap_or("text");
    let Some(algorithm) = algorithm else {
        return Ok(Verification::Nothing);
    };
    match origin {
        "jwks" if algorithm.family == Family::Hmac => {
            Err(FileError::unsupported(fields.path("jwtKeyOrigin"), "`hmac` with a key set"))
        }
        "jwks" if urls.is_empty() => {
            Err(FileError::refused(fields.path("jwksUrl"), "`jwtKeyOrigin: jwks` needs a URL"))
        }
        "jwks" => Ok(Verification::KeySets(algorithm, urls)),
        "text" => read_text_key(fields, algorithm, text_key),
        "customExpression" => {
            Err(FileError::unsupported(fields.path("jwtKeyOrigin"), "a key taken from an expression"))
        }
        other => Err(not_one_of(fields.path("jwtKeyOrigin"), other, "text, jwks")),
    }
}

fn read_text_key(fields: &Fields<'_>, algorithm: Algorithm, text: Option<&str>) -> Result<Verification, FileError> {
    let needed = match algorithm.family {
        Family::Hmac => "a secret of 32, 48 or 64 characters, by `signingKeyLength`",
        Family::Rsa | Family::EllipticCurve => "the base64 of a public key, without the BEGIN and END lines",
    };
    text.and_then(|text| Key::from_text(algorithm, text)).map(|key| Verification::Text(algorithm, key)).ok_or_else(
        || {
            let reason = format!("`jwtKeyOrigin: text` needs {needed}");
            FileError::refused(fields.path("textKey"), reason)
        },
    )
}

/// Returns none for `signingMethod: none`.
fn read_algorithm(fields: &mut Fields<'_>, technology: Technology) -> Result<Option<Algorithm>, FileError> {
    let bits = match fields.positive("signingKeyLength")?.unwrap_or(256) {
        256 => HashBits::B256,
        384 => HashBits::B384,
        512 => HashBits::B512,
        other => {
            let at = fields.path("signingKeyLength");
            return Err(not_one_of(at, &other.to_string(), "256, 384, 512"));
        }
    };
    let family = match fields.text("signingMethod")?.unwrap_or("rsa") {
        "rsa" => Family::Rsa,
        "hmac" => Family::Hmac,
        "es" if bits == HashBits::B512 && technology.is_flex() => {
            let at = fields.path("signingKeyLength");
            return Err(FileError::refused(at, "Flex Gateway has no ES512"));
        }
        "es" => Family::EllipticCurve,
        "none" => return Ok(None),
        other => {
            return Err(not_one_of(fields.path("signingMethod"), other, "rsa, hmac, es, none"));
        }
    };
    Ok(Some(Algorithm { family, bits }))
}

/// Several URLs separated by commas are known to Flex only.
fn read_jwks_urls(fields: &mut Fields<'_>, technology: Technology) -> Result<Vec<String>, FileError> {
    let Some(written) = fields.text("jwksUrl")? else {
        return Ok(Vec::new());
    };
    let at = fields.path("jwksUrl");
    let urls: Vec<&str> = if technology.is_flex() { written.split(',').collect() } else { vec![written] };
    urls.into_iter()
        .map(|url| match Url::parse(url) {
            Ok(parsed)
                if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() && !url.contains([',', ' ']) =>
            {
                Ok(url.to_owned())
            }
            _ => Err(FileError::refused(&at, format!("`{url}` is not one http or https URL"))),
        })
        .collect()
}

fn read_client_id(fields: &mut Fields<'_>, technology: Technology) -> Result<Option<Expression>, FileError> {
    let written = fields.text("clientIdExpression")?.unwrap_or(DEFAULT_CLIENT_ID_EXPRESSION);
    let expression = expression(fields, "clientIdExpression", written, technology.dialect())?;
    let skip = fields.flag("skipClientIdValidation", false)?;
    if technology == Technology::FlexLocal && !skip {
        let at = fields.path("skipClientIdValidation");
        return Err(FileError::refused(at, "Flex Gateway in local mode needs `true` here"));
    }
    Ok((!skip).then_some(expression))
}

fn read_audience(fields: &mut Fields<'_>) -> Result<Option<AudienceCheck>, FileError> {
    let check = fields.flag("validateAudClaim", false)?;
    let required = fields.flag("mandatoryAudClaim", false)?;
    let listed = fields.text("supportedAudiences")?.unwrap_or_default();
    if !check {
        return Ok(None);
    }
    let accepted: Vec<String> = listed.split(',').filter(|audience| !audience.is_empty()).map(str::to_owned).collect();
    if accepted.is_empty() {
        let at = fields.path("supportedAudiences");
        return Err(FileError::refused(at, "`validateAudClaim: true` needs at least one audience"));
    }
    Ok(Some(AudienceCheck { accepted, required }))
}

fn read_claims_to_headers(fields: &mut Fields<'_>) -> Result<Vec<(String, String)>, FileError> {
    let at = fields.path("claimsToHeaders");
    let items = fields.list("claimsToHeaders")?;
    let mut pairs = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let mut fields = Fields::of(item, format!("{at}[{place}]"))?;
        let claim = fields.required_text("claimName")?.to_owned();
        let header = fields.required_text("headerName")?.to_owned();
        fields.finish()?;
        pairs.push((claim, header));
    }
    Ok(pairs)
}
