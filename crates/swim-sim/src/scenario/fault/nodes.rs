//! Faults of nodes and their machines, and generators of many faults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_false;
use crate::scenario::selector::Selector;
use crate::scenario::units::{Share, Span};

/// What a node that comes back still knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    /// Nothing; its first incarnation comes from its clock, as a program's does.
    #[default]
    Lost,
    /// Nothing, and it has no clock: its first incarnation is 0.
    NoClock,
    /// Its incarnation and nothing else, as a program that keeps that in a file.
    Incarnation,
    /// Everything, as a machine that was switched off asleep; what was sent to it meanwhile is lost.
    Kept,
}

/// Where a node comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// Where it was.
    #[default]
    Same,
    /// At an address that nobody had before.
    New,
}

/// `kind = "crash"`: processes die without a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// Whose.
    pub nodes: Selector,
    /// They come back after this time; without it, never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_after: Option<Span>,
    /// What they still know then.
    #[serde(default)]
    pub memory: Memory,
    /// Where they come back.
    #[serde(default)]
    pub address: Address,
}

/// `kind = "rolling-restart"`: nodes are restarted one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollingRestart {
    /// Whose.
    #[serde(default = "Selector::all")]
    pub nodes: Selector,
    /// So many at a time; default 1.
    #[serde(default = "one")]
    pub at_once: u32,
    /// From one batch to the next.
    pub every: Span,
    /// How long each is down.
    pub down: Span,
    /// They say goodbye before they stop.
    #[serde(default, skip_serializing_if = "is_false")]
    pub leave: bool,
    /// What they still know when they come back.
    #[serde(default)]
    pub memory: Memory,
    /// Where they come back.
    #[serde(default)]
    pub address: Address,
}

const fn one() -> u32 {
    1
}

/// `kind = "clone"`: a second node runs under the same name, at an address of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Namesake {
    /// Whose.
    pub nodes: Selector,
}

/// `kind = "pause"`: processes stop; what arrives waits, timers are late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Whose.
    pub nodes: Selector,
    /// How many datagrams wait at most, as in a receive buffer; what finds no room is lost. Default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer: Option<u32>,
}

impl Pause {
    /// All that arrives waits.
    pub(crate) const fn of(nodes: Selector) -> Self {
        let buffer = None;
        Self { nodes, buffer }
    }
}

/// `kind = "throttle"`: nodes take a time to read each datagram, one after the other (slow processing, as in Lifeguard).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Who.
    pub nodes: Selector,
    /// How long each datagram takes.
    pub per_datagram: Span,
    /// How many wait at most; what finds no room is lost. Default 256.
    #[serde(default = "some")]
    pub buffer: u32,
}

const fn some() -> u32 {
    256
}

/// `kind = "clock-rate"`: clocks run fast or slow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockRate {
    /// Whose.
    pub nodes: Selector,
    /// Faster by so many parts of a million; negative is slower.
    pub ppm: i32,
}

/// `kind = "clock-jump"`: clocks jump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockJump {
    /// Whose.
    pub nodes: Selector,
    /// How far.
    pub by: Span,
    /// Backward, not forward.
    #[serde(default, skip_serializing_if = "is_false")]
    pub back: bool,
}

/// `kind = "join"`: nodes that did not run so far start and join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Who. They do not run when the scenario begins, unless an earlier fault made them leave.
    pub nodes: Selector,
    /// Each at a random instant within this time; default all at once.
    #[serde(default)]
    pub within: Span,
    /// At the addresses of these, one each in order, if they run no more: other names where somebody died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_of: Option<Selector>,
}

impl Join {
    /// At addresses of their own.
    pub(crate) const fn of(nodes: Selector, within: Span) -> Self {
        Self {
            nodes,
            within,
            address_of: None,
        }
    }
}

/// `kind = "leave"`: nodes say goodbye.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// Who.
    pub nodes: Selector,
    /// Their processes die so long after; without it they serve until the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_after: Option<Span>,
    /// They join again so long after, as new lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejoin_after: Option<Span>,
}

/// `kind = "metadata"`: nodes change their metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// Whose.
    pub nodes: Selector,
    /// Again and again in this rhythm while the fault lasts; without it once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
}

/// `kind = "churn"`: at random instants a random running node crashes or leaves, and comes back later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Churn {
    /// Who may be hit; default all but n0.
    #[serde(default = "all_but_the_first")]
    pub nodes: Selector,
    /// The mean time between two.
    pub every: Span,
    /// The mean time that each is away.
    pub down: Span,
    /// How many of them say goodbye; the others crash.
    #[serde(default)]
    pub leave: Share,
    /// What they still know when they come back.
    #[serde(default)]
    pub memory: Memory,
}

fn all_but_the_first() -> Selector {
    "not:n0".into()
}

/// `kind = "swizzle"`: nodes are cut off from everybody one by one, and reached again one by one in another order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Swizzle {
    /// Who; default half of all, by lot. Each at a random instant in the first half of `for`, until one in the second.
    #[serde(default = "half_by_lot")]
    pub nodes: Selector,
}

fn half_by_lot() -> Selector {
    "random:50%".into()
}

/// `kind = "deaf"`: nodes hear no datagram, a share of the time, in bursts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deaf {
    /// Who.
    pub nodes: Selector,
    /// How much of the time.
    pub share: Share,
    /// The shortest burst.
    pub min: Span,
    /// The longest.
    pub max: Span,
}

/// `kind = "forge"`: datagrams that no node sent arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forge {
    /// Where they arrive.
    pub to: Selector,
    /// Whom they are about.
    pub about: Selector,
    /// What they say.
    pub says: Forged,
    /// Above the greatest incarnation that the member ever had, by so much; default 1.
    #[serde(default = "one")]
    pub above: u32,
    /// Again and again in this rhythm while the fault lasts; without it once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
}

/// What a forged datagram says about a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Forged {
    /// It is alive.
    Alive,
    /// It is suspect.
    Suspect,
    /// It is dead.
    Dead,
    /// It has left.
    Left,
    /// Random bytes.
    Noise,
}

/// `kind = "heal"`: all faults on links end, and all paused processes go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heal {}
