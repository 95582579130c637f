//! Faults of what travels between nodes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_false;
pub use crate::links::{Carries, Says};
use crate::scenario::law::Law;
use crate::scenario::selector::{LinkSelector, Selector};
use crate::scenario::units::{Share, Span};

/// `kind = "partition"`: some nodes can't reach some others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Partition {
    /// What happens to what would cross the cut.
    #[serde(default, skip_serializing_if = "Mode::is_usual")]
    pub mode: Mode,
    /// What the cut stops.
    #[serde(default, skip_serializing_if = "Carries::is_usual")]
    pub carries: Carries,
    /// With `mode = "slow"`: how much longer everything takes; default 500 ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Law>,
    /// Who can't reach whom.
    #[serde(flatten)]
    pub shape: Shape,
}

/// What happens to what would cross a cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It is lost.
    #[default]
    Drop,
    /// It takes longer, by `by`.
    Slow,
    /// It waits, and arrives when the cut ends.
    Jam,
}

impl Mode {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Carries {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Who can't reach whom, by `shape`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "shape", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// Groups that reach only their own. Nodes of no group reach everybody.
    Split {
        /// The groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<Selector>,
        /// Without `groups`: so many of about equal size, by lot; default 2.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<u32>,
    },
    /// Each of these reaches nobody and is reached by nobody.
    Isolate {
        /// Who.
        nodes: Selector,
    },
    /// Nothing gets from these to those; the other way is open.
    OneWay {
        /// Who is not heard.
        from: Selector,
        /// By whom.
        to: Selector,
    },
    /// Nothing gets from a random side to the others; the other way is open.
    Asymmetric {
        /// How many stand on that side; default half.
        #[serde(default = "half")]
        share: Share,
    },
    /// Nothing gets through between these and those, in either direction.
    Between {
        /// These.
        from: Selector,
        /// Those.
        to: Selector,
    },
    /// Two halves that reach each other only through these nodes, which reach everybody.
    Bridge {
        /// The bridge; default one node, by lot.
        #[serde(default = "one_by_lot")]
        nodes: Selector,
    },
    /// Each node reaches only its neighbours in a ring.
    Ring {
        /// So many on each side; default 1.
        #[serde(default = "one")]
        neighbours: u32,
    },
    /// Groups in a row, each of which reaches only its own nodes and those of the groups beside it.
    Chain {
        /// So many groups of about equal size, in the order of the nodes' numbers; default 3.
        #[serde(default = "three")]
        into: u32,
    },
    /// A share of all directed links, by lot.
    RandomLinks {
        /// How many of them.
        share: Share,
        /// Another number is another lot; drawn from the seed if it is not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        salt: Option<u32>,
    },
}

fn one_by_lot() -> Selector {
    Selector::random(1)
}

const fn one() -> u32 {
    1
}

const fn three() -> u32 {
    3
}

const fn half() -> Share {
    Share::percent(50)
}

impl From<Shape> for super::FaultKind {
    /// A partition of that shape that lets nothing through.
    fn from(shape: Shape) -> Self {
        Self::Partition(Partition {
            mode: Mode::Drop,
            carries: Carries::All,
            by: None,
            shape,
        })
    }
}

/// `kind = "loss"`: datagrams get lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// How many of them.
    pub share: Share,
    /// They get lost in bursts of about this length (Gilbert and Elliott's model); without it, each by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<Span>,
    /// Of datagrams that say this alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Says>,
    /// They do not vanish: each arrives at another machine, as when an address has a new owner.
    #[serde(default, skip_serializing_if = "is_false")]
    pub astray: bool,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

impl Loss {
    /// Each datagram by itself, whatever it says.
    pub(crate) const fn of(share: Share, burst: Option<Span>, links: LinkSelector) -> Self {
        Self {
            share,
            burst,
            only: None,
            astray: false,
            links,
        }
    }
}

/// `kind = "drop"`: single datagrams get lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dropped {
    /// Which of those that travel over each link: what `run --jsonl --datagrams` calls `nth`.
    pub numbers: Vec<u32>,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

/// `kind = "delay"`: everything takes another time on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelayFault {
    /// How long.
    pub law: Law,
    /// Besides the usual time, not instead of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub add: bool,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

/// `kind = "reorder"`: datagrams are held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reorder {
    /// How many of them.
    pub share: Share,
    /// For how much longer.
    pub by: Law,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

/// `kind = "duplicate"`: datagrams arrive twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Duplicate {
    /// How many of them.
    pub share: Share,
    /// When the copy arrives, from the sending; default 1 ms.
    #[serde(default = "a_millisecond")]
    pub after: Law,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

const fn a_millisecond() -> Law {
    Law::Constant(Span::millis(1))
}

/// `kind = "replay"`: datagrams arrive once more, long after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// How many of them.
    pub share: Share,
    /// How old they are when they come again, at most.
    pub age: Span,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

/// `kind = "corrupt"`: bits turn over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrupt {
    /// How many datagrams.
    pub share: Share,
    /// How many bits of each; default 1.
    #[serde(default = "one")]
    pub bits: u32,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

/// `kind = "truncate"`: datagrams lose their ends, at a random place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Truncate {
    /// How many of them.
    pub share: Share,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

/// `kind = "size-limit"`: longer datagrams vanish, as with a wrong MTU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SizeLimit {
    /// The most bytes that get through, without the headers of IP and UDP.
    pub bytes: u32,
    /// Where.
    #[serde(default)]
    pub links: LinkSelector,
}

/// `kind = "rate-limit"`: what nodes send leaves at a limited rate; what waits is late, what finds the queue full is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Whose datagrams; default all.
    #[serde(default = "Selector::all")]
    pub nodes: Selector,
    /// How fast they leave.
    pub bytes_per_second: u32,
    /// How many bytes wait at most; default 65,536.
    #[serde(default = "a_buffer")]
    pub queue: u32,
}

const fn a_buffer() -> u32 {
    65_536
}
