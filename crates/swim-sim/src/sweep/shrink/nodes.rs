//! Fewer nodes, and fewer nodes in each fault.

use toml::{Table, Value};

use super::Hunt;
use super::reduce::reduce;
use super::simpler::{read, written};
use crate::scenario::{Scenario, Selector};

/// Keys of a fault whose values name nodes.
pub(super) const NODES: [&str; 5] = ["nodes", "from", "to", "about", "address_of"];

impl Hunt<'_> {
    /// Leaves nodes out; those that stay are numbered anew, in order.
    pub(super) fn fewer_nodes(&mut self) {
        let base = self.best.clone();
        reduce((0..base.nodes).collect(), |keep: &[u32]| {
            let fewer = with_nodes(&base, keep);
            fewer.is_some_and(|fewer| self.accept_some_day(&fewer))
        });
    }

    /// Leaves nodes out of what each fault touches.
    pub(super) fn fewer_of_each(&mut self) {
        for fault in 0..self.best.faults.len() {
            for key in NODES {
                let base = written(&self.best);
                let text = fault_of(&base, fault).and_then(|fault| fault.get(key)?.as_str());
                let Some(all) = text.and_then(numbers).filter(|all| all.len() > 1) else {
                    continue;
                };
                reduce(all, |some: &[u32]| {
                    let mut table = base.clone();
                    let text = Selector::these(some.iter().copied()).to_string();
                    if let Some(fault) = fault_mut(&mut table, fault) {
                        fault.insert(key.to_owned(), Value::String(text));
                    }
                    !some.is_empty() && read(table).is_some_and(|fewer| self.accept(fewer))
                });
            }
        }
    }
}

fn fault_of(table: &Table, place: usize) -> Option<&Table> {
    table.get("fault")?.as_array()?.get(place)?.as_table()
}

fn fault_mut(table: &mut Table, place: usize) -> Option<&mut Table> {
    table
        .get_mut("fault")?
        .as_array_mut()?
        .get_mut(place)?
        .as_table_mut()
}

/// The scenario with these nodes only; `None` if it can't be. Faults that would touch nobody go, too.
fn with_nodes(base: &Scenario, keep: &[u32]) -> Option<Scenario> {
    let count = u32::try_from(keep.len()).ok().filter(|count| *count > 0)?;
    let mut table = written(base);
    table.insert("nodes".to_owned(), Value::Integer(count.into()));
    table.insert(
        "seeds".to_owned(),
        Value::Integer(base.seeds.min(count).into()),
    );
    for sets in ["groups", "zones"] {
        if let Some(Value::Table(sets)) = table.get_mut(sets) {
            sets.retain(|_, nodes| renumber(nodes, keep));
        }
    }
    if let Some(Value::Array(faults)) = table.get_mut("fault") {
        faults.retain_mut(|fault| {
            fault
                .as_table_mut()
                .is_some_and(|fault| touches(fault, keep))
        });
    }
    for kind in ["breaks", "deaths"] {
        let entries = table
            .get_mut("expect")
            .and_then(|expect| expect.get_mut(kind));
        if let Some(Value::Array(entries)) = entries {
            entries.retain_mut(|entry| {
                entry
                    .get_mut("nodes")
                    .is_none_or(|nodes| renumber(nodes, keep))
            });
        }
    }
    read(table)
}

/// Numbers the nodes of a fault anew; whether it still touches somebody.
fn touches(fault: &mut Table, keep: &[u32]) -> bool {
    let whole = NODES
        .into_iter()
        .all(|key| fault.get_mut(key).is_none_or(|nodes| renumber(nodes, keep)));
    if let Some(Value::Array(groups)) = fault.get_mut("groups") {
        groups.retain_mut(|group| renumber(group, keep));
    }
    let links = fault.get_mut("links").is_none_or(|links| {
        let text = links.as_str().and_then(|text| links_among(text, keep));
        text.map(|text| *links = Value::String(text)).is_some()
    });
    whole && links
}

/// Whether somebody is left. What names no numbers, such as a group, stays as it is.
fn renumber(nodes: &mut Value, keep: &[u32]) -> bool {
    let text = nodes.as_str().map_or_else(String::new, ToOwned::to_owned);
    let among = among(&text, keep);
    among.map(|text| *nodes = Value::String(text)).is_some()
}

fn among(text: &str, keep: &[u32]) -> Option<String> {
    let Some(nodes) = numbers(text) else {
        return Some(text.to_owned());
    };
    let kept = nodes
        .iter()
        .filter_map(|node| keep.binary_search(node).ok());
    let kept: Vec<u32> = kept.filter_map(|place| u32::try_from(place).ok()).collect();
    (!kept.is_empty()).then(|| Selector::these(kept).to_string())
}

fn links_among(text: &str, keep: &[u32]) -> Option<String> {
    for arrow in [" <-> ", " -> "] {
        if let Some((from, to)) = text.split_once(arrow) {
            let (from, to) = (among(from, keep)?, among(to, keep)?);
            return Some(format!("{from}{arrow}{to}"));
        }
    }
    among(text, keep)
}

/// The nodes of a selector that names them by number only.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let mut all = Vec::new();
    for part in text.split(',').map(str::trim) {
        if let Some((from, to)) = part.split_once("..") {
            all.extend(from.parse::<u32>().ok()?..to.parse::<u32>().ok()?);
        } else {
            all.push(part.strip_prefix('n')?.parse().ok()?);
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_that_stay_are_numbered_anew_everywhere() {
        let base: Scenario = r#"
            nodes = 10
            seeds = 3
            groups.left = "0..5"
            groups.gone = "n9"
            [[fault]]
            at = "1s"
            kind = "crash"
            nodes = "n3,n7"
            [[fault]]
            at = "1s"
            kind = "loss"
            share = "50%"
            links = "0..5 -> n6"
            [[fault]]
            at = "2s"
            kind = "pause"
            nodes = "n9"
            [[fault]]
            at = "3s"
            kind = "pause"
            nodes = "left"
        "#
        .parse()
        .unwrap();
        let fewer = with_nodes(&base, &[0, 4, 6, 7]).unwrap();
        let expected: Scenario = r#"
            nodes = 4
            seeds = 3
            groups.left = "0..2"
            [[fault]]
            at = "1s"
            kind = "crash"
            nodes = "n3"
            [[fault]]
            at = "1s"
            kind = "loss"
            share = "50%"
            links = "0..2 -> n2"
            [[fault]]
            at = "3s"
            kind = "pause"
            nodes = "left"
        "#
        .parse()
        .unwrap();
        assert_eq!(fewer, expected);
        assert!(with_nodes(&base, &[]).is_none());
    }
}
