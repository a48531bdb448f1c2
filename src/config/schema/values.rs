//! Values: what a scalar of the file may be.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A value of a type, or a text with a variable in it that becomes one.
pub(super) struct OrVariable<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OrVariable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OrVariable", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [value, { "type": "string", "pattern": r"\$\{[^}]+\}" }] })
    }
}

/// Declares a scalar by its schema.
macro_rules! scalar {
    ($name:ident, $schema:tt) => {
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

scalar!(Minutes, { "type": "integer", "minimum": 1, "maximum": 2_147_483_647 });
scalar!(Id, { "type": "integer", "minimum": 1 });
scalar!(Status, { "type": "integer", "minimum": 100, "maximum": 599 });
scalar!(Name, { "type": "string", "pattern": r"^[^*]*[^*\s][^*]*$" });
scalar!(Line, { "type": "string", "pattern": r"\S" });
scalar!(Word, { "type": "string", "pattern": r"^\S+$" });
scalar!(Key, { "type": "string", "pattern": r"^([a-z0-9][a-z0-9_-]{0,62}|.*\$\{[^}]+\}.*)$" });
scalar!(Subdomain, { "type": "string", "pattern": r"^([a-z0-9-]{1,63}|.*\$\{[^}]+\}.*)$" });
scalar!(EnvironmentName, { "type": "string", "pattern": r"^([A-Za-z_][A-Za-z0-9_]*|.*\$\{[^}]+\}.*)$" });
scalar!(Method, { "type": "string", "pattern": r"^([A-Z]+|.*\$\{[^}]+\}.*)$" });
scalar!(VariableValue, {
    "type": ["string", "number", "boolean"],
    "description": "The value of the variable.",
    "examples": ["https://contacts.example.com"],
});
scalar!(Grant, {
    "type": "array",
    "items": { "type": "string", "pattern": r"^\S+$" },
    "uniqueItems": true,
    "description": "The scopes that the app may ask for; complete.",
    "examples": [["contacts:read"]],
});

/// A mapping with keys of the user's choice, all of the form of entry keys.
pub(super) struct Entries<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}Entries", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$" },
            "additionalProperties": value,
        })
    }
}

/// A mapping with keys that are names of the account: scopes, claims.
pub(super) struct Named<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}Named", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({
            "type": "object",
            "propertyNames": { "pattern": r"^\S+$" },
            "additionalProperties": value,
        })
    }
}

/// A list whose items are all different.
pub(super) struct Set<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Set<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}Set", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": value, "uniqueItems": true })
    }
}

/// A list of different items with at least one.
pub(super) struct NonEmpty<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for NonEmpty<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}NonEmpty", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": value, "uniqueItems": true, "minItems": 1 })
    }
}
