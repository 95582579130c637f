//! How values that are written as texts appear in the JSON Schema.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Start;
use super::selector::{LinkSelector, Selector};
use super::units::{Share, Span};

macro_rules! written {
    ($($type:ident $name:literal: $schema:expr;)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })*
    };
}

written! {
    Span "Duration": json_schema!({
        "description": "A length of time, such as \"200ms\", \"1.5s\", \"2m\" or \"1m30s\"; units us, ms, s, m, h, d.",
        "type": "string",
        "pattern": r"^\s*(\d+(\.\d+)?(us|ms|s|m|h|d)\s*)+$",
    });
    Share "Share": json_schema!({
        "description": "A share of a whole: a number from 0 to 1, or a text such as \"5%\".",
        "anyOf": [
            { "type": "number", "minimum": 0, "maximum": 1 },
            { "type": "string", "pattern": r"^\d+(\.\d+)?%?$" },
        ],
    });
    Selector "Nodes": json_schema!({
        "description": "Nodes: \"n3\", \"0..60\", \"0%..50%\", a group's name, \"zone:x\", \"random:3\", \"random:10%\", \"all\", \"not:a\"; several in an array or with commas.",
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ],
    });
    LinkSelector "Links": json_schema!({
        "description": "Directed links: \"a -> b\", \"a <-> b\", \"a\" for all that lead to or from these, \"all\".",
        "type": "string",
    });
    Start "Start": json_schema!({
        "description": "\"converged\", \"at-once\", or the time within which all nodes start.",
        "type": "string",
    });
}
