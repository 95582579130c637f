//! Who is meant: nodes by number, range, group, zone or lot.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::error::{Nearest, ScenarioError};
use super::lot::Lot;
use super::units::Share;

/// Some nodes: `"n3"`, `"0..60"`, `"0%..50%"`, a group's name, `"zone:x"`, `"random:3"`, `"random:10%"`, `"all"`, `"not:a"`;
/// several in an array or with commas between them. `"random:2:zone:x"` draws from those only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(Vec<Pick>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pick {
    All,
    Node(u32),
    /// From the first, to before the second.
    Range(u32, u32),
    /// From the first share of all nodes, to before the second.
    Part(Share, Share),
    Group(String),
    Zone(String),
    Random(Count, Box<Self>),
    Not(Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    Number(u32),
    Share(Share),
}

/// Everything that a selector may name.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) nodes: u32,
    pub(super) groups: BTreeMap<String, Vec<u32>>,
    pub(super) zones: BTreeMap<String, Vec<u32>>,
}

/// The name of a node in scenarios and all that is told about them: `n0`, `n1` and so on.
#[must_use]
pub fn node_name(number: u32) -> String {
    format!("n{number}")
}

impl Selector {
    /// All nodes.
    #[must_use]
    pub fn all() -> Self {
        Self(vec![Pick::All])
    }

    /// So many nodes, drawn by lot.
    #[must_use]
    pub fn random(count: u32) -> Self {
        Self(vec![Pick::Random(
            Count::Number(count),
            Box::new(Pick::All),
        )])
    }

    /// These nodes, in the shortest words.
    #[must_use]
    pub fn these(nodes: impl IntoIterator<Item = u32>) -> Self {
        let mut nodes: Vec<u32> = nodes.into_iter().collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut picks: Vec<Pick> = Vec::new();
        for node in nodes {
            match picks.last_mut() {
                Some(Pick::Range(_, end)) if *end == node => *end += 1,
                _ => picks.push(Pick::Range(node, node + 1)),
            }
        }
        for pick in &mut picks {
            if let Pick::Range(from, to) = *pick
                && to == from + 1
            {
                *pick = Pick::Node(from);
            }
        }
        Self(picks)
    }

    /// Whether everybody is meant, those included that come later.
    pub(super) fn is_all(&self) -> bool {
        self.0.contains(&Pick::All)
    }

    /// The nodes meant, in order. `what` names the place of the selector for the error.
    pub(super) fn resolve(
        &self,
        names: &Names,
        lot: &mut Lot,
        what: &str,
    ) -> Result<Vec<u32>, ScenarioError> {
        let mut chosen = Vec::new();
        for pick in &self.0 {
            chosen.extend(pick.resolve(names, lot, what)?);
        }
        chosen.sort_unstable();
        chosen.dedup();
        if chosen.is_empty() {
            return Err(ScenarioError::new(format!(
                "{what}: {:?} matches no node (there are n0 to n{})",
                self.to_string(),
                names.nodes.saturating_sub(1)
            )));
        }
        Ok(chosen)
    }
}

impl Pick {
    fn resolve(&self, names: &Names, lot: &mut Lot, what: &str) -> Result<Vec<u32>, ScenarioError> {
        let last = names.nodes.saturating_sub(1);
        let beyond = |node: u32| {
            ScenarioError::new(format!(
                "{what}: {self} reaches n{node}, and the last node is n{last}"
            ))
        };
        match self {
            Self::All => Ok((0..names.nodes).collect()),
            Self::Node(node) if *node > last => Err(ScenarioError::new(format!(
                "{what}: there is no {self}, the last node is n{last}"
            ))),
            Self::Node(node) => Ok(vec![*node]),
            Self::Range(_, to) if *to > names.nodes => Err(beyond(*to - 1)),
            Self::Range(from, to) => Ok((*from..*to).collect()),
            Self::Part(from, to) => Ok((from.of(names.nodes)..to.of(names.nodes)).collect()),
            Self::Group(name) => named(&names.groups, name, "group", what),
            Self::Zone(name) => named(&names.zones, name, "zone", what),
            Self::Random(count, of) => {
                let from = of.resolve(names, lot, what)?;
                let size = u32::try_from(from.len()).unwrap_or(u32::MAX);
                let count = match count {
                    Count::Number(count) => *count,
                    Count::Share(share) => share.of(size),
                };
                if count > size {
                    return Err(ScenarioError::new(format!(
                        "{what}: {self} wants {count} of {size} nodes"
                    )));
                }
                Ok(lot.choose(from, count))
            }
            Self::Not(pick) => {
                let without = pick.resolve(names, lot, what)?;
                Ok((0..names.nodes)
                    .filter(|node| without.binary_search(node).is_err())
                    .collect())
            }
        }
    }
}

fn named(
    names: &BTreeMap<String, Vec<u32>>,
    name: &str,
    noun: &str,
    what: &str,
) -> Result<Vec<u32>, ScenarioError> {
    names.get(name).cloned().ok_or_else(|| {
        let nearest = Nearest::of(name, names.keys().map(String::as_str));
        let next = if names.is_empty() {
            format!(" (name some nodes so in [{noun}s])")
        } else {
            nearest.to_string()
        };
        ScenarioError::new(format!("{what}: there is no {noun} {name:?}{next}"))
    })
}

/// Whether a group may have this name: one that means nothing else in a selector.
pub(super) fn may_name_a_group(name: &str) -> bool {
    matches!(name.parse(), Ok(Pick::Group(_)))
}

impl FromStr for Pick {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let number = |digits: &str| digits.parse::<u32>().ok();
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some(node) = text.strip_prefix('n').and_then(number) {
            return Ok(Self::Node(node));
        }
        if let Some((from, to)) = text.split_once("..") {
            if let Some(part) = part(from, to) {
                return Ok(part);
            }
            let range = number(from).zip(number(to)).filter(|(from, to)| from < to);
            return range
                .map(|(from, to)| Self::Range(from, to))
                .ok_or_else(|| {
                    format!("{text:?} is no range (write one such as 0..60, the end left out)")
                });
        }
        match text.split_once(':') {
            Some(("zone", name)) => Ok(Self::Zone(name.to_owned())),
            Some(("not", of)) => Ok(Self::Not(Box::new(of.parse()?))),
            Some(("random", rest)) => {
                let (count, of) = rest.split_once(':').unwrap_or((rest, "all"));
                Ok(Self::Random(count.parse()?, Box::new(of.parse()?)))
            }
            None if is_word(text) => Ok(Self::Group(text.to_owned())),
            _ => Err(format!(
                "{text:?} names no nodes (write n3, 0..60, 0%..50%, a group, zone:x, random:3, random:10%, all or not:x)"
            )),
        }
    }
}

/// From one percentage to another.
fn part(from: &str, to: &str) -> Option<Pick> {
    let share = |text: &str| {
        text.parse::<Share>()
            .ok()
            .filter(|_| text.trim_end().ends_with('%'))
    };
    let (from, to) = share(from).zip(share(to)).filter(|(from, to)| from < to)?;
    Some(Pick::Part(from, to))
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic())
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = if text.ends_with('%') {
            text.parse().ok().map(Self::Share)
        } else {
            text.parse().ok().map(Self::Number)
        };
        count.ok_or_else(|| format!("{text:?} is no count (write random:3 or random:10%)"))
    }
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Node(node) => write!(f, "n{node}"),
            Self::Range(from, to) => write!(f, "{from}..{to}"),
            Self::Part(from, to) => write!(f, "{from}..{to}"),
            Self::Group(name) => f.write_str(name),
            Self::Zone(name) => write!(f, "zone:{name}"),
            Self::Not(pick) => write!(f, "not:{pick}"),
            Self::Random(count, of) => {
                match count {
                    Count::Number(count) => write!(f, "random:{count}")?,
                    Count::Share(share) => write!(f, "random:{share}")?,
                }
                match **of {
                    Self::All => Ok(()),
                    ref of => write!(f, ":{of}"),
                }
            }
        }
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, pick) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{pick}")?;
        }
        Ok(())
    }
}

impl From<&str> for Selector {
    /// The selector that is written so.
    ///
    /// # Panics
    /// If it is none; scenarios that come from people are read by serde, which refuses them instead.
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Selector;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("nodes such as \"n3\", \"0..60\" or \"random:3\", or an array of such")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Selector, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Selector, A::Error> {
                let mut picks = Vec::new();
                while let Some(Selector(more)) = parts.next_element()? {
                    picks.extend(more);
                }
                Ok(Selector(picks))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Some directed links: `"a -> b"`, `"a <-> b"` for both directions, `"a"` for all that lead to or from these, `"all"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSelector {
    /// Where they begin.
    pub from: Selector,
    /// Where they end.
    pub to: Selector,
    /// Whether the opposite links are meant too.
    pub both_ways: bool,
}

impl LinkSelector {
    /// All links.
    #[must_use]
    pub fn all() -> Self {
        Self {
            from: Selector::all(),
            to: Selector::all(),
            both_ways: false,
        }
    }
}

impl Default for LinkSelector {
    fn default() -> Self {
        Self::all()
    }
}

impl FromStr for LinkSelector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "all" {
            return Ok(Self::all());
        }
        let (from, to, both_ways) = match (text.split_once("<->"), text.split_once("->")) {
            (Some((from, to)), _) => (from, to, true),
            (None, Some((from, to))) => (from, to, false),
            (None, None) => (text, "all", true),
        };
        Ok(Self {
            from: from.parse()?,
            to: to.parse()?,
            both_ways,
        })
    }
}

impl Display for LinkSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::all() {
            return f.write_str("all");
        }
        let arrow = if self.both_ways { "<->" } else { "->" };
        write!(f, "{} {arrow} {}", self.from, self.to)
    }
}

impl From<&str> for LinkSelector {
    /// The links that are written so.
    ///
    /// # Panics
    /// If they are none.
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Serialize for LinkSelector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LinkSelector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::units::read_text(
            deserializer,
            "links such as \"a -> b\", \"a <-> b\" or \"all\"",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let groups = [("web".to_owned(), vec![0, 1, 2])];
        let zones = [("x".to_owned(), vec![5, 6, 7, 8, 9])];
        Names {
            nodes: 10,
            groups: groups.into(),
            zones: zones.into(),
        }
    }

    fn resolve(text: &str) -> Result<Vec<u32>, String> {
        let selector: Selector = text.parse()?;
        let mut lot = Lot::new(1, 0);
        let nodes = selector.resolve(&names(), &mut lot, "nodes");
        nodes.map_err(|error| error.to_string())
    }

    #[test]
    fn every_way_to_name_nodes() {
        for (text, nodes) in [
            ("n3", vec![3]),
            ("0..3", vec![0, 1, 2]),
            ("web", vec![0, 1, 2]),
            ("zone:x", vec![5, 6, 7, 8, 9]),
            ("not:zone:x", vec![0, 1, 2, 3, 4]),
            ("n9, 0..2,n1", vec![0, 1, 9]),
            ("random:3:web", vec![0, 1, 2]),
            ("0%..25%", vec![0, 1, 2]),
            ("25%..100%", (3..10).collect()),
            ("all", (0..10).collect()),
        ] {
            assert_eq!(resolve(text), Ok(nodes), "{text}");
        }
        assert_eq!(resolve("random:3").unwrap().len(), 3);
        assert_eq!(resolve("random:30%:zone:x").unwrap().len(), 2);
    }

    #[test]
    fn who_matches_nobody_is_told_why() {
        for (text, why) in [
            ("n10", "the last node is n9"),
            ("5..11", "reaches n10"),
            ("web2", "there is no group \"web2\" (did you mean \"web\"?)"),
            ("zone:y", "there is no zone \"y\""),
            ("random:11", "wants 11 of 10"),
            ("not:all", "matches no node"),
            ("random:0", "matches no node"),
            ("3..3", "is no range"),
            ("random:x", "is no count"),
            ("nobody at all", "names no nodes"),
        ] {
            let error = resolve(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn what_was_resolved_is_written_in_the_shortest_words() {
        assert_eq!(
            Selector::these([4, 0, 1, 2, 9, 9]).to_string(),
            "0..3,n4,n9"
        );
        let written: Selector = "0..3,n4,random:10%:zone:x,not:web,0%..50%".into();
        assert_eq!(
            written.to_string(),
            "0..3,n4,random:10%:zone:x,not:web,0%..50%"
        );
    }

    #[test]
    fn links_are_arrows_between_nodes() {
        for (text, shown) in [
            ("web->zone:x", "web -> zone:x"),
            ("n1 <-> n2", "n1 <-> n2"),
            ("n1", "n1 <-> all"),
            ("all", "all"),
        ] {
            let links: LinkSelector = text.into();
            assert_eq!(links.to_string(), shown);
            assert_eq!(shown.parse(), Ok(links));
        }
    }

    #[test]
    fn names_with_another_meaning_are_no_groups() {
        for name in ["all", "n3", "0..3", "zone:x", "random:3", "a b", ""] {
            assert!(!may_name_a_group(name), "{name}");
        }
        assert!(may_name_a_group("web-1") && may_name_a_group("north"));
    }
}
