//! What is odd about a scenario gives way to what is usual: values go, or become round, short, none or all.
//!
//! It works on the scenario as it is written, so that whatever can be written can be simplified.

use serde::Deserialize;
use toml::{Table, Value};

use super::Hunt;
use super::nodes::NODES;
use crate::scenario::{Scenario, Span};

/// The scenario as it is written.
pub(super) fn written(scenario: &Scenario) -> Table {
    // What a scenario writes can be read.
    toml::from_str(&scenario.to_toml()).unwrap_or_default()
}

/// The scenario that is written so, if it is one.
pub(super) fn read(table: Table) -> Option<Scenario> {
    Scenario::deserialize(table).ok()
}

/// Keys that say what a scenario or a fault is, and not how.
const KEPT: [&str; 7] = [
    "name", "nodes", "duration", "seed", "fault", "kind", "shape",
];
/// The shortest time that is still made shorter, in microseconds.
const SHORT: u64 = 100_000;

/// One turn on the way to a value: into a table, or an array.
#[derive(Clone, Debug)]
enum Turn {
    Key(String),
    Place(usize),
}

impl Hunt<'_> {
    /// Goes through all values, and tries for each what would be simpler.
    pub(super) fn simplify(&mut self) {
        let mut place = 0;
        while !self.over {
            let table = Value::Table(written(&self.best));
            let mut paths = Vec::new();
            walk(&table, &mut Vec::new(), &mut paths);
            let Some(path) = paths.get(place) else {
                return;
            };
            let value = at(&table, path).cloned();
            let options = match path.first() {
                // Another bound would be another question.
                Some(Turn::Key(key)) if key == "expect" => vec![None],
                _ => value.map_or_else(Vec::new, |value| simpler(&value)),
            };
            let found = options.into_iter().any(|option| {
                let mut changed = table.clone();
                put(&mut changed, path, option);
                let Value::Table(changed) = changed else {
                    return false;
                };
                read(changed).is_some_and(|simpler| self.accept(simpler))
            });
            // Where something was found there may be more.
            place += usize::from(!found);
        }
    }
}

/// All places where something may be simpler: tables before what they hold, since all of it may go at once.
fn walk(value: &Value, path: &mut Vec<Turn>, paths: &mut Vec<Vec<Turn>>) {
    match value {
        Value::Table(table) => {
            for (key, inner) in table {
                path.push(Turn::Key(key.clone()));
                if !KEPT.contains(&&**key) && !NODES.contains(&&**key) {
                    paths.push(path.clone());
                }
                walk(inner, path, paths);
                path.pop();
            }
        }
        Value::Array(array) => {
            for (place, inner) in array.iter().enumerate() {
                path.push(Turn::Place(place));
                walk(inner, path, paths);
                path.pop();
            }
        }
        _ => {}
    }
}

fn at<'v>(value: &'v Value, path: &[Turn]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Turn::Key(key) => value.get(key),
        Turn::Place(place) => value.get(place),
    })
}

/// Puts something at a place; nothing takes away what was there.
fn put(value: &mut Value, path: &[Turn], new: Option<Value>) {
    let Some((last, before)) = path.split_last() else {
        return;
    };
    let holder = before.iter().try_fold(value, |value, step| match step {
        Turn::Key(key) => value.get_mut(key),
        Turn::Place(place) => value.get_mut(place),
    });
    let (Some(Value::Table(table)), Turn::Key(key)) = (holder, last) else {
        return;
    };
    match new {
        Some(new) => drop(table.insert(key.clone(), new)),
        None => drop(table.remove(key)),
    }
}

/// What may stand in a value's place, the simplest first; `None`: nothing.
fn simpler(value: &Value) -> Vec<Option<Value>> {
    let mut options = vec![None];
    let text = |text: String| Some(Value::String(text));
    match value {
        Value::Table(law) if law.contains_key("dist") => {
            let usual = ["median", "mean", "min", "max"];
            let usual = usual.into_iter().find_map(|key| law.get(key));
            options.extend(usual.map(|time| Some(time.clone())));
        }
        Value::String(word) if word.ends_with('%') && word != "100%" => {
            options.push(text("100%".to_owned()));
        }
        Value::Float(_) => options.push(text("100%".to_owned())),
        Value::String(word) => {
            if let Ok(span) = word.parse::<Span>() {
                let shorter = times(span.micros(), word.len()).into_iter();
                options.extend(shorter.map(|time| text(time.to_string())));
            }
        }
        _ => {}
    }
    options
}

/// Times that are shorter, or shorter to write and not twice as long.
fn times(micros: u64, letters: usize) -> Vec<Span> {
    let half = micros / 2;
    let unit = if half >= 1_000_000 { 1_000_000 } else { 1_000 };
    let half = half / unit * unit;
    let mut times = Vec::new();
    if half >= SHORT {
        times.push(Span::from_micros(half));
    }
    for unit in [1_000_000, 100_000, 1_000] {
        let down = micros / unit * unit;
        if down > 0 {
            let round = [down, down + unit].map(Span::from_micros);
            times.extend(
                round
                    .into_iter()
                    .filter(|round| round.to_string().len() < letters),
            );
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simpler_values_are_shorter_rounder_none_or_all() {
        let of = |text: &str| {
            let options = simpler(&Value::String(text.to_owned()));
            let texts = options.into_iter().flatten();
            texts
                .map(|value| value.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("30%"), ["100%"]);
        assert!(of("100%").is_empty() && of("drop").is_empty());
        assert_eq!(of("8s"), ["4s"]);
        assert_eq!(
            of("8.123456s"),
            ["4s", "8s", "9s", "8.1s", "8.2s", "8.123s", "8.124s"]
        );
        assert_eq!(of("125ms"), Vec::<String>::new(), "a second is no simpler");
        let law: Table = toml::from_str("dist = \"exp\"\nmean = \"3ms\"").unwrap();
        let options = simpler(&Value::Table(law));
        assert_eq!(options, [None, Some(Value::String("3ms".to_owned()))]);
    }

    #[test]
    fn every_value_has_its_place_and_can_go() {
        let table: Table = toml::from_str(
            "name = \"x\"\n[network]\nloss = \"5%\"\n[[fault]]\nat = \"1s\"\nkind = \"loss\"",
        )
        .unwrap();
        let whole = Value::Table(table);
        let mut paths = Vec::new();
        walk(&whole, &mut Vec::new(), &mut paths);
        let found: Vec<_> = paths
            .iter()
            .map(|path| at(&whole, path).unwrap().to_string())
            .collect();
        assert_eq!(found.len(), 3, "{found:?}");
        for path in &paths {
            let mut without = whole.clone();
            put(&mut without, path, None);
            assert!(at(&without, path).is_none());
        }
    }
}
