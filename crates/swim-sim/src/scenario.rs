//! A scenario: a cluster, a network, faults and expectations as data, in TOML or by a builder.
//!
//! ```
//! use swim_sim::scenario::{Crash, Fault, Scenario, Shape, Span};
//!
//! let written: Scenario = r#"
//!     name = "two halves"
//!     nodes = 10
//!     duration = "60s"
//!     seed = 7
//!
//!     [[fault]]
//!     at = "10s"
//!     for = "20s"
//!     kind = "partition"
//!     shape = "split"
//!     groups = ["0..5", "5..10"]
//! "#.parse().unwrap();
//!
//! let halves = Shape::Split { groups: vec!["0..5".into(), "5..10".into()], into: None };
//! let built = Scenario::new("two halves").nodes(10).lasting(Span::secs(60)).seed(7)
//!     .fault(Fault::at(Span::secs(10), halves).lasting(Span::secs(20)));
//! assert_eq!(written, built);
//! ```
//!
//! Before it runs, a scenario is [expanded](Scenario::expand) to a [`Schedule`]: every lot is drawn, every generator
//! unfolded, every fault has its instant. The schedule is a scenario again, and can be written to a file.

mod check;
mod error;
mod expand;
mod expect;
mod fault;
mod law;
mod lot;
mod memberlist;
mod network;
mod presets;
mod protocol;
mod remarks;
mod schedule;
mod schema;
mod selector;
mod set;
mod template;
mod units;
mod written;

use std::collections::BTreeMap;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use error::{Nearest, ScenarioError};
pub use expect::{Breaks, Expect, ExpectedDeath, FalsePositives, Scope};
pub use fault::*;
pub use law::{Distribution, Law};
pub use memberlist::{Knobs, Setting};
pub use network::Network;
pub use presets::{PRESETS, Preset};
pub use protocol::{
    Exchange, Gossip, Health, Probe, Profile, Protocol, Reclaim, Recovery, RetransmitMult,
    Suspicion,
};
pub use schedule::{Schedule, Scheduled, memory};
pub use schema::schema;
pub use selector::{LinkSelector, Selector, node_name};
pub use template::Template;
pub use units::{BadUnit, Share, Span};

/// A cluster, a network, faults and expectations. Everything has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// The question that it asks, in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// How many nodes; default 50. They are called n0, n1 and so on.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub nodes: u32,
    /// How long it runs; default 60 s.
    pub duration: Span,
    /// From where all that is random comes; default 1.
    pub seed: u64,
    /// The nodes' settings to begin with; default lan.
    pub profile: Profile,
    /// How it begins; default converged.
    #[serde(skip_serializing_if = "Start::is_usual")]
    pub start: Start,
    /// How many of the first nodes are everybody's seeds; default 1.
    #[schemars(range(min = 1, max = 1_000_000))]
    #[serde(skip_serializing_if = "is_one")]
    pub seeds: u32,
    /// Settings that differ from the profile's.
    #[serde(skip_serializing_if = "is_default")]
    pub protocol: Protocol,
    /// The network in its usual state.
    #[serde(skip_serializing_if = "is_default")]
    pub network: Network,
    /// Names for sets of nodes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Selector>,
    /// Where nodes stand: sets that have no node in common, with round trips between them in `network.rtt`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub zones: BTreeMap<String, Selector>,
    /// What goes wrong.
    #[serde(rename = "fault", skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// What is expected of it.
    #[serde(skip_serializing_if = "is_default")]
    pub expect: Expect,
}

/// How a scenario begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// All nodes know all, and the hurry of their joins is over: the clock starts then.
    #[default]
    Converged,
    /// The seeds start at once, the others at random instants within this time.
    Within(Span),
}

impl Start {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "scenario".to_owned(),
            about: String::new(),
            nodes: 50,
            duration: Span::secs(60),
            seed: 1,
            profile: Profile::default(),
            start: Start::default(),
            seeds: 1,
            protocol: Protocol::default(),
            network: Network::default(),
            groups: BTreeMap::new(),
            zones: BTreeMap::new(),
            faults: Vec::new(),
            expect: Expect::default(),
        }
    }
}

impl Scenario {
    /// A scenario of that name with all defaults.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// So many nodes.
    #[must_use]
    pub const fn nodes(mut self, nodes: u32) -> Self {
        self.nodes = nodes;
        self
    }

    /// It runs so long.
    #[must_use]
    pub fn lasting(mut self, time: impl Into<Span>) -> Self {
        self.duration = time.into();
        self
    }

    /// All that is random comes from this seed.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The nodes begin with these settings.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// It begins so.
    #[must_use]
    pub const fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// A name for a set of nodes.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>, nodes: impl Into<Selector>) -> Self {
        self.groups.insert(name.into(), nodes.into());
        self
    }

    /// One more fault.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Expects this.
    #[must_use]
    pub fn expect(mut self, expect: Expect) -> Self {
        self.expect = expect;
        self
    }

    /// As a TOML file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self)
            .expect("a scenario is made of tables, arrays, texts and numbers")
    }
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    /// Reads a TOML file.
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        toml::from_str(text).map_err(|error| ScenarioError::of_toml(&error))
    }
}

/// How a start is written.
const CONVERGED: &str = "converged";
const AT_ONCE: &str = "at-once";

impl FromStr for Start {
    type Err = BadUnit;

    fn from_str(text: &str) -> Result<Self, BadUnit> {
        match text {
            CONVERGED => Ok(Self::Converged),
            AT_ONCE => Ok(Self::Within(Span::default())),
            time => time.parse().map(Self::Within).map_err(|_| {
                BadUnit::new(format!(
                    "{time:?} is no start (write \"{CONVERGED}\", \"{AT_ONCE}\" or a time within which all start, such as 10s)"
                ))
            }),
        }
    }
}

impl Serialize for Start {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Converged => serializer.serialize_str(CONVERGED),
            Self::Within(time) if *time == Span::default() => serializer.serialize_str(AT_ONCE),
            Self::Within(time) => time.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        units::read_text(
            deserializer,
            "\"converged\", \"at-once\" or a duration within which all start",
        )
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

const fn is_one(number: &u32) -> bool {
    *number == 1
}
