//! What is wrong with a scenario, in one sentence: the value, the reason, the next step.

use std::fmt::{self, Display};

use super::protocol::SETTINGS;

/// A scenario that can't be run. Nothing was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError(String);

impl ScenarioError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// An error of the TOML reader, with the nearest name where a name is unknown.
    pub(super) fn of_toml(error: &toml::de::Error) -> Self {
        let text = error.to_string();
        let text = text.trim_end();
        match Unknown::in_text(error.message()) {
            Some(unknown) if unknown.is_of_protocol() => {
                Self(format!("{text}{}", unknown.nearest_setting()))
            }
            Some(mut unknown) if text.contains("fault") => {
                // What every kind of fault has is read before, and serde does not name it.
                unknown.known.extend(["at", "for", "flap", "kind"]);
                Self(format!("{text}{}", unknown.nearest()))
            }
            Some(unknown) => Self(format!("{text}{}", unknown.nearest())),
            None => Self(text.to_owned()),
        }
    }
}

impl Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScenarioError {}

/// The known name that is most like an unknown one, as the end of a sentence; empty if none is like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest<'n>(Option<&'n str>);

impl<'n> Nearest<'n> {
    /// The name among `known` that takes the fewest changes to become `name`, if they are few: a word of which half is
    /// another is another word. One that begins so is near, too.
    pub fn of(name: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        let near = known
            .into_iter()
            .map(|known| (distance(name, known), known));
        let near = near.filter(|(changes, known)| {
            let begins_so = name.len() > 2 && known.starts_with(name);
            *changes <= known.len().max(name.len()).div_ceil(3) || begins_so
        });
        Self(near.min().map(|(_, known)| known))
    }

    /// The setting of `[protocol]` that is meant by a name without its group, or with it in one word: `gossip_interval`
    /// for `gossip.interval`.
    fn setting(name: &str) -> Self {
        let settings = || SETTINGS.iter().copied();
        let joined = settings().find(|path| path.replace('.', "_") == name);
        let alone = || {
            let mut alone = settings().filter(|path| path.split('.').nth(1) == Some(name));
            alone.next().filter(|_| alone.next().is_none())
        };
        joined
            .or_else(alone)
            .map_or_else(|| Self::of(name, settings()), |path| Self(Some(path)))
    }
}

impl Display for Nearest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(known) => write!(f, " (did you mean {known:?}?)"),
            None => Ok(()),
        }
    }
}

/// Letters to insert, delete, replace or swap with their neighbour until one word is the other.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.to_lowercase().chars().collect();
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut rows = vec![vec![0; other.len() + 1]; one.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=other.len()).collect();
    for i in 1..=one.len() {
        for j in 1..=other.len() {
            let same = usize::from(one[i - 1] != other[j - 1]);
            let mut least = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[one.len()][other.len()]
}

/// The parts of serde's sentence about an unknown field or variant: every name stands between backticks.
struct Unknown<'t> {
    name: &'t str,
    known: Vec<&'t str>,
}

impl<'t> Unknown<'t> {
    fn in_text(message: &'t str) -> Option<Self> {
        if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
            return None;
        }
        let mut names = message.split('`').skip(1).step_by(2);
        let name = names.next()?;
        Some(Self {
            name,
            known: names.collect(),
        })
    }

    fn nearest(&self) -> Nearest<'t> {
        Nearest::of(self.name, self.known.iter().copied())
    }

    /// Whether it stands where groups of settings are expected.
    fn is_of_protocol(&self) -> bool {
        let is_group = |name: &str| {
            SETTINGS
                .iter()
                .any(|path| path.split('.').next() == Some(name))
        };
        self.known.iter().filter(|name| is_group(name)).count() > 1
    }

    fn nearest_setting(&self) -> Nearest<'t> {
        let group = self.nearest();
        let setting = Nearest::setting(self.name);
        if setting.0.is_some() { setting } else { group }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_if_one_is_near() {
        let known = ["partition", "pause", "crash", "clock-jump", "ring"];
        for (name, nearest) in [
            ("partitoin", " (did you mean \"partition\"?)"),
            ("Crash", " (did you mean \"crash\"?)"),
            ("clockjump", " (did you mean \"clock-jump\"?)"),
            ("xyzzy", ""),
            ("part", " (did you mean \"partition\"?)"),
            ("nothing", ""),
        ] {
            assert_eq!(Nearest::of(name, known).to_string(), nearest);
        }
    }

    #[test]
    fn a_setting_is_found_without_its_group_and_with_it_in_one_word() {
        for (name, path) in [
            ("gossip_interval", Some("gossip.interval")),
            ("fanout", Some("gossip.fanout")),
            ("gossip_intervall", Some("gossip.interval")),
            ("xyzzy", None),
        ] {
            assert_eq!(Nearest::setting(name).0, path, "{name}");
        }
    }

    #[test]
    fn serdes_sentence_is_understood() {
        let unknown =
            Unknown::in_text("unknown field `nodez`, expected one of `name`, `nodes`").unwrap();
        assert_eq!(unknown.nearest().to_string(), " (did you mean \"nodes\"?)");
        let one = Unknown::in_text("unknown variant `a`, expected `b`").unwrap();
        assert_eq!((one.name, one.known), ("a", vec!["b"]));
        assert!(Unknown::in_text("invalid type: integer").is_none());
    }
}
