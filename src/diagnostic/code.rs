//! The stable codes of problems in the user's files.

/// Declares the codes once: variant, stable text, severity, then what it means, why it matters and the way out.
macro_rules! codes {
    ($($variant:ident $text:literal $severity:ident $meaning:literal $reason:literal $way_out:literal)*) => {
        /// The stable code of a problem, as printed and as it stands in JSON.
        ///
        /// A code keeps its meaning for good: messages may be reworded, codes may not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// Every code, in the order of declaration.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// Returns the stable text, kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// Returns how bad a problem of this code is, unless the user denies it.
            pub const fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// Returns what the code means, one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }

            /// Returns why it matters, one or two sentences.
            pub const fn reason(self) -> &'static str {
                match self { $(Code::$variant => $reason,)* }
            }

            /// Returns the way out, one or two sentences.
            pub const fn way_out(self) -> &'static str {
                match self { $(Code::$variant => $way_out,)* }
            }
        }
    };
}
pub(super) use codes;

pub use super::codes::Code;

impl Code {
    /// Finds a code by its stable text.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use crate::diagnostic::Severity;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_kebab_case() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            assert!(text.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{text}");
            assert_eq!(Code::of(text).map(Code::as_str), Some(text));
        }
        assert_eq!(Code::of("lint"), None);
    }

    #[test]
    fn what_is_said_about_a_code_is_whole_sentences() {
        for code in Code::ALL {
            for text in [code.meaning(), code.reason(), code.way_out()] {
                assert!(
                    text.contains(char::is_whitespace) && text.ends_with('.') && text.trim() == text,
                    "{code:?}: {text}"
                );
            }
        }
        let meanings: BTreeSet<&str> = Code::ALL.iter().map(|code| code.meaning()).collect();
        assert_eq!(meanings.len(), Code::ALL.len());
    }

    #[test]
    fn lints_are_warnings() {
        for code in Code::ALL.iter().filter(|code| code.as_str().starts_with("lint-")) {
            assert_eq!(code.severity(), Severity::Warning, "{code:?}");
        }
    }
}
