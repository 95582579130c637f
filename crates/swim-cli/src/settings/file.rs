//! The file of `--config`: TOML, its keys the flags' names.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::{Origin, Said};
use crate::errors::{Failure, reason};

/// Every key that a file can have.
const KEYS: [&str; 12] = [
    "name",
    "bind",
    "advertise",
    "join",
    "profile",
    "meta",
    "control",
    "label",
    "log-format",
    "max-members",
    "events-kept",
    "speed",
];

/// Reads a file.
///
/// # Errors
/// A usage failure: the file can't be read, is no TOML, or has an unknown key or a value of the wrong type.
pub(super) fn read(path: &Path) -> Result<BTreeMap<&'static str, Said>, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let reason = reason(&error);
        Failure::usage(format!(
            "--config: cannot read {name}: {reason} (check the path)"
        ))
    })?;
    parse(&text).map_err(|error| Failure::usage(format!("--config {name}: {error}")))
}

fn parse(text: &str) -> Result<BTreeMap<&'static str, Said>, String> {
    let table: Table = text.parse().map_err(|error| format!("{error}"))?;
    let said = table.iter().map(|(key, value)| {
        let known = KEYS.into_iter().find(|known| known == key);
        let known = known
            .ok_or_else(|| format!("unknown key {key:?} (the keys are {})", KEYS.join(", ")))?;
        let values = values(known, value)?;
        Ok((
            known,
            Said {
                values,
                origin: Origin::File,
            },
        ))
    });
    said.collect()
}

fn values(key: &str, value: &Value) -> Result<Vec<String>, String> {
    match (key, value) {
        ("meta", Value::Table(pairs)) => pairs
            .iter()
            .map(|(name, value)| Ok(format!("{name}={}", scalar(key, value)?)))
            .collect(),
        ("join", Value::Array(items)) => items.iter().map(|item| scalar(key, item)).collect(),
        ("meta", _) => Err("meta must be a table, such as meta = { role = \"web\" }".to_owned()),
        _ => Ok(vec![scalar(key, value)?]),
    }
}

fn scalar(key: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        other => Err(format!(
            "{key} must be a string or a number, not {}",
            other.type_str()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values_of(text: &str, key: &str) -> Vec<String> {
        parse(text).expect("a good file")[key].values.clone()
    }

    #[test]
    fn scalars_lists_and_tables_are_read() {
        let text =
            "name = \"a\"\nspeed = 20\njoin = [\"x:1\", \"y:2\"]\nmeta = { b = \"2\", a = 1 }\n";
        assert_eq!(values_of(text, "name"), ["a"]);
        assert_eq!(values_of(text, "speed"), ["20"]);
        assert_eq!(values_of(text, "join"), ["x:1", "y:2"]);
        assert_eq!(values_of(text, "meta"), ["a=1", "b=2"]);
    }

    #[test]
    fn what_is_unknown_or_of_the_wrong_type_is_refused() {
        for (text, said) in [
            (
                "nmae = \"a\"",
                "unknown key \"nmae\" (the keys are name, bind",
            ),
            (
                "name = true",
                "name must be a string or a number, not boolean",
            ),
            ("meta = [\"a=1\"]", "meta must be a table"),
            (
                "bind = [\"a:1\"]",
                "bind must be a string or a number, not array",
            ),
            ("name = ", "TOML parse error"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
