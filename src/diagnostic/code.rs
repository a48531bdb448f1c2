//! The stable codes of problems in the user's files.

/// Declares the codes once: variant, stable text, one sentence.
macro_rules! codes {
    ($($variant:ident $text:literal $description:literal,)*) => {
        /// The stable code of a problem, as printed and as it stands in JSON.
        ///
        /// A code keeps its meaning for good: messages may be reworded, codes may not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $description] $variant,)*
        }

        impl Code {
            /// Every code, in the order of declaration.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// Returns the stable text, kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// Returns what the code means, one sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Code::$variant => $description,)* }
            }
        }
    };
}

codes! {
    FileUnreadable "file-unreadable" "A configuration file cannot be read.",
    Syntax "syntax" "The file is not valid YAML 1.2.",
    DuplicateKey "duplicate-key" "A key stands twice in one mapping, or in two files.",
    UnknownKey "unknown-key" "A key is not part of the grammar.",
    WrongType "wrong-type" "A value has another type than the key takes.",
    NullValue "null-value" "A key has no value.",
    MissingKey "missing-key" "A required key is missing.",
    InvalidValue "invalid-value" "A value is outside what the key takes.",
    InvalidKey "invalid-key" "The key of an entry is outside the allowed characters.",
    HiddenCharacter "hidden-character" "A text holds a control, bidirectional or zero-width character.",
    Variable "variable" "A variable is unknown, refers to itself or cannot be used here.",
    EnvironmentVariable "environment-variable" "An environment variable is missing or refused.",
    Environment "environment" "The chosen environment does not fit the file.",
    Include "include" "An included file is missing, outside the root or not a regular file.",
    UnknownReference "unknown-reference" "A reference names nothing in the file.",
    DuplicateIdentity "duplicate-identity" "Two entries describe the same live object.",
    Identity "identity" "It cannot be told which live object an entry means.",
    SharedAudience "shared-audience" "Two servers accept the same audience without saying so.",
    UngrantableScope "ungrantable-scope" "A scope is granted or required that its server does not have.",
    OutputPath "output-path" "The output path of a policy is not allowed or taken.",
    Probe "probe" "A probe cannot prove what it should.",
    PolicyIncomplete "policy-incomplete" "A gateway policy lacks something its gateway needs.",
    NotExpressible "not-expressible" "The gateway cannot express what the policy asks for.",
    LintAudience "lint-audience" "Audiences that are nearly equal, or that a gateway would split.",
    LintClient "lint-client" "A policy lets every client of the tenant in.",
    LintLifetime "lint-lifetime" "A cache or token lifetime looks like a mistake of unit.",
    LintOpenRoutes "lint-open-routes" "A policy leaves routes without a token check.",
    LintClaim "lint-claim" "A claim that no token carries, that OneLogin sets itself, or that the gateway compares in another way.",
    LintIssuer "lint-issuer" "The issuer or the JWKS URL looks wrong.",
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_kebab_case() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            assert!(text.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{text}");
        }
    }
}
