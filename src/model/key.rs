//! Names and ids: ours and the account's never mix.

use std::fmt;

/// Declares a text newtype that sorts, prints and compares as its text.
macro_rules! text_newtype {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Wraps a text that the caller has checked.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_newtype! {
    /// The key of an entry in the file, `[a-z0-9][a-z0-9_-]{0,62}`: our stable name of a thing.
    EntryKey
}
text_newtype! {
    /// The value of a scope as it stands in a token: `contacts:read`. Case counts; no blanks.
    ScopeValue
}
text_newtype! {
    /// The name of a claim as it stands in a token: `email`. Case counts.
    ClaimName
}

/// The id the account gave to an object; apps and authorization servers share one id space.
///
/// Source: OneLogin's ids are integers; an authorization server is a row of the apps table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteId(pub u64);

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A live object as it was answered, kept so that a whole-object update loses nothing we do not know.
///
/// Shape: the JSON object, keys in answered order. Only `api` looks inside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawObject(pub serde_json::Map<String, serde_json::Value>);
