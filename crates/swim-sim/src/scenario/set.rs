//! `key=value` on a command line: one value of a scenario's file, changed.

use serde::Deserialize;
use toml::{Table, Value};

use super::Scenario;
use super::error::ScenarioError;

impl Scenario {
    /// Reads a TOML file with some of its values changed: each by its path, such as `network.loss`, `protocol.probe.interval`
    /// or `fault.1.for` (the first fault), and as it would be written, quotes left out.
    ///
    /// # Errors
    /// The file can't be read, a path leads nowhere, or a value is none.
    pub fn read_with(text: &str, changes: &[(String, String)]) -> Result<Self, ScenarioError> {
        if changes.is_empty() {
            return text.parse();
        }
        let of_toml = |error| ScenarioError::of_toml(&error);
        let mut table: Table = toml::from_str(text).map_err(of_toml)?;
        // What is wrong with the file itself is told with its line.
        let _: Self = text.parse()?;
        for (path, value) in changes {
            let steps: Vec<&str> = path.split('.').collect();
            let mut whole = Value::Table(table);
            put(&mut whole, &steps, value)
                .map_err(|why| ScenarioError::new(format!("{path}={value}: {why}")))?;
            let Value::Table(changed) = whole else {
                return Err(ScenarioError::new(format!("{path}={value}: no path")));
            };
            table = changed;
            Self::deserialize(table.clone()).map_err(|error| {
                let error = ScenarioError::of_toml(&error);
                ScenarioError::new(format!("{path}={value}: {error}"))
            })?;
        }
        Self::deserialize(table).map_err(of_toml)
    }
}

fn put(at: &mut Value, steps: &[&str], value: &str) -> Result<(), String> {
    let Some((first, rest)) = steps.split_first() else {
        *at = read(value);
        return Ok(());
    };
    match at {
        Value::Table(table) => {
            let fresh = || Value::Table(Table::new());
            put(table.entry(*first).or_insert_with(fresh), rest, value)
        }
        Value::Array(array) => {
            let count = array.len();
            let place = first
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            let entry = place.and_then(|place| array.get_mut(place));
            let entry = entry.ok_or_else(|| {
                format!("{first:?} is none of its {count} entries (count from 1)")
            })?;
            put(entry, rest, value)
        }
        _ => Err(format!("there is nothing below it named {first:?}")),
    }
}

/// A value as TOML writes it; a text needs no quotes.
fn read(text: &str) -> Value {
    let table = toml::from_str::<Table>(&format!("value = {text}")).ok();
    let value = table.and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Share, Span};

    const FILE: &str =
        "name = \"x\"\nnodes = 4\n[[fault]]\nat = \"1s\"\nkind = \"crash\"\nnodes = \"n1\"\n";

    fn with(changes: &[(&str, &str)]) -> Result<Scenario, String> {
        let owned = |&(path, value): &(&str, &str)| (path.to_owned(), value.to_owned());
        let changes: Vec<_> = changes.iter().map(owned).collect();
        Scenario::read_with(FILE, &changes).map_err(|error| error.to_string())
    }

    #[test]
    fn every_value_can_be_changed_by_its_path() {
        let changed = with(&[
            ("nodes", "9"),
            ("network.loss", "5%"),
            ("protocol.probe.interval", "500ms"),
            ("fault.1.at", "2s"),
            ("groups.a", "[\"n1\", \"n2\"]"),
        ]);
        let changed = changed.unwrap();
        assert_eq!(changed.nodes, 9);
        assert_eq!(changed.network.loss, Share::percent(5));
        assert_eq!(changed.protocol.probe.interval, Some(Span::millis(500)));
        assert_eq!(changed.faults[0].at, Span::secs(2));
        assert_eq!(changed.groups["a"].to_string(), "n1,n2");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_told() {
        for (path, value, why) in [
            ("nodez", "9", "did you mean \"nodes\"?"),
            ("nodes.x", "9", "there is nothing below it named \"x\""),
            ("fault.2.at", "1s", "none of its 1 entries"),
            ("nodes", "many", "invalid type"),
        ] {
            let error = with(&[(path, value)]).unwrap_err();
            assert!(
                error.starts_with(&format!("{path}={value}: ")) && error.contains(why),
                "{error}"
            );
        }
    }
}
