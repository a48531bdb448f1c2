//! The digest of what a file means in one environment: comments, order and layout do not count.

use super::frame::Section;
use super::interpolate::Variables;
use super::tree::{Node, Pair, Value};
use crate::model::Tenant;
use aws_lc_rs::digest::{Context, SHA256};

/// The resolved meaning that is digested.
pub(crate) struct Meaning<'a> {
    pub(crate) environment: Option<&'a str>,
    pub(crate) tenant: &'a Tenant,
    pub(crate) variables: &'a Variables,
    /// The entries that count in the environment, by section.
    pub(crate) sections: [(&'static str, &'a Section<'a>); 4],
}

/// Returns the digest, 64 hex digits.
pub(crate) fn digest(meaning: &Meaning<'_>) -> String {
    let mut hasher = Hasher { context: Context::new(&SHA256), variables: meaning.variables };
    hasher.text("gatewright config 1");
    hasher.text(meaning.environment.unwrap_or_default());
    let Tenant { subdomain, account_id, base_url } = meaning.tenant;
    hasher.text(subdomain);
    hasher.text(&account_id.map(|id| id.to_string()).unwrap_or_default());
    hasher.text(base_url.as_ref().map(url::Url::as_str).unwrap_or_default());
    for (name, section) in &meaning.sections {
        hasher.text(name);
        hasher.mark(b'{', section.len());
        for (key, pair) in *section {
            hasher.text(key);
            hasher.node(&pair.value);
        }
    }
    hasher.context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Hasher<'a> {
    context: Context,
    variables: &'a Variables,
}

impl Hasher<'_> {
    /// Marks the start of a thing with its length, so that no two trees give the same bytes.
    fn mark(&mut self, kind: u8, length: usize) {
        self.context.update(&[kind]);
        self.context.update(&(length as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.mark(b'"', text.len());
        self.context.update(text.as_bytes());
    }

    fn node(&mut self, node: &Node) {
        match &node.value {
            Value::Scalar(scalar) => match self.variables.resolve(scalar, &node.origin) {
                Ok(resolved) => self.text(&resolved.text),
                // A file with broken variables has no desired state that could carry the digest.
                Err(_) => self.mark(b'?', 0),
            },
            Value::List(items) => {
                self.mark(b'[', items.len());
                for item in items {
                    self.node(item);
                }
            }
            Value::Map(pairs) => {
                let mut sorted: Vec<&Pair> = pairs.iter().collect();
                sorted.sort_by(|one, other| one.key.value.cmp(&other.key.value));
                self.mark(b'{', sorted.len());
                for pair in sorted {
                    self.text(&pair.key.value);
                    self.node(&pair.value);
                }
            }
        }
    }
}
