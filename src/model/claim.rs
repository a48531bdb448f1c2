//! Claims: what a server adds to the access tokens of users.

use super::{ClaimName, Field, Fingerprint, RawObject, RemoteId};
use crate::diagnostic::Origin;

/// Claims that OneLogin puts into tokens by itself.
///
/// Source: OneLogin's samples of access tokens.
const STANDARD: [&str; 8] = ["aud", "azp", "exp", "iat", "iss", "jti", "scope", "sub"];

impl ClaimName {
    /// Says whether OneLogin puts the claim into tokens by itself.
    pub fn is_standard(&self) -> bool {
        STANDARD.contains(&self.as_str())
    }
}

/// Where a claim's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimSource {
    /// A built-in attribute of the user, such as `email`.
    UserAttribute(String),
    /// A custom attribute, by its short name.
    CustomAttribute(String),
    /// A template over attributes, such as `{firstname} {lastname}`.
    Macro(String),
}

impl ClaimSource {
    /// Reads the pair the API uses; `None` where it holds neither.
    ///
    /// Source: `user_attribute_mappings` is an attribute, `custom_attribute_<shortname>`, or `_macro_`, which switches to
    /// `user_attribute_macros` (OneLogin, API Authorization, add claim).
    pub fn from_mapping(mapping: Option<&str>, macros: Option<&str>) -> Option<Self> {
        match mapping? {
            "" => None,
            "_macro_" => Some(Self::Macro(macros.unwrap_or_default().to_owned())),
            mapping => Some(match mapping.strip_prefix("custom_attribute_") {
                Some(short) => Self::CustomAttribute(short.to_owned()),
                None => Self::UserAttribute(mapping.to_owned()),
            }),
        }
    }

    /// Returns `user_attribute_mappings` and `user_attribute_macros`.
    pub fn to_mapping(&self) -> (String, Option<String>) {
        match self {
            Self::UserAttribute(name) => (name.clone(), None),
            Self::CustomAttribute(short) => (format!("custom_attribute_{short}"), None),
            Self::Macro(template) => ("_macro_".to_owned(), Some(template.clone())),
        }
    }
}

/// A claim as the file desires it; its name is the key of the map that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Where the entry stands.
    pub origin: Origin,
    /// Where the value comes from.
    pub source: Field<ClaimSource>,
    /// How the value is transformed; `""` for not at all.
    pub transformation: Field<String>,
    /// The name it had before.
    pub renamed_from: Field<ClaimName>,
}

/// A claim of the account.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveClaim {
    /// The id.
    pub id: RemoteId,
    /// The name in tokens.
    pub name: ClaimName,
    /// Where the value comes from; `None` where the account says nothing we know.
    pub source: Option<ClaimSource>,
    /// How the value is transformed; `None` for null.
    pub transformation: Option<String>,
    /// Whether OneLogin supplies it: never changed.
    pub inherited: bool,
    /// The object as answered.
    pub raw: RawObject,
}

impl LiveClaim {
    /// Returns the digest of what a plan relied on.
    pub fn fingerprint(&self) -> Fingerprint {
        let Self { id, name, source, transformation, inherited: _, raw: _ } = self;
        let mapping = source.as_ref().map(ClaimSource::to_mapping);
        Fingerprint::of(&(id.0, name.as_str(), mapping, transformation.as_deref().unwrap_or_default()))
    }
}

/// A claim to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClaim {
    /// The name.
    pub name: ClaimName,
    /// Where the value comes from.
    pub source: ClaimSource,
    /// How the value is transformed.
    pub transformation: Option<String>,
}

/// What changes on a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimPatch {
    /// The new name.
    pub name: Option<ClaimName>,
    /// The new source.
    pub source: Option<ClaimSource>,
    /// The new transformation; `""` for not at all.
    pub transformation: Option<String>,
}

impl From<&LiveClaim> for ClaimPatch {
    /// Makes the patch that brings a claim back to what it is now.
    fn from(claim: &LiveClaim) -> Self {
        let transformation = Some(claim.transformation.clone().unwrap_or_default());
        Self { name: Some(claim.name.clone()), source: claim.source.clone(), transformation }
    }
}
