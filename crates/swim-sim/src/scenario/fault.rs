//! What can go wrong, and when: the vocabulary of faults.

mod links;
mod nodes;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use links::{
    Carries, Corrupt, DelayFault, Dropped, Duplicate, Loss, Mode, Partition, RateLimit, Reorder,
    Replay, Says, Shape, SizeLimit, Truncate,
};
pub use nodes::{
    Address, Churn, ClockJump, ClockRate, Crash, Deaf, Forge, Forged, Heal, Join, Leave, Memory,
    Metadata, Namesake, Pause, RollingRestart, Swizzle, Throttle,
};

use super::units::Span;

/// One entry of `[[fault]]`: what, when, for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = closed)]
pub struct Fault {
    /// When it begins, from the scenario's beginning.
    pub at: Span,
    /// How long it lasts; without it, until the end of the run.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Span>,
    /// It comes and goes while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flap: Option<Flap>,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// How a fault comes and goes: `down` it acts, `up` it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flap {
    /// How long it acts each time.
    pub down: Span,
    /// How long it rests in between.
    pub up: Span,
    /// Each of these times is longer by a random part of this.
    #[serde(default)]
    pub jitter: Span,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:literal $variant:ident($body:ty) $reach:ident,)*) => {
        /// What happens, by `kind`.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind")]
        pub enum FaultKind {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant($body),)*
        }

        impl FaultKind {
            /// All kinds, with what they do.
            pub const ALL: &'static [KindOfFault] = &[
                $(KindOfFault { name: $name, about: concat!($($doc),*).split_at(1).1, reach: Reach::$reach },)*
            ];

            /// The name in `kind`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }
        }

        $(impl From<$body> for FaultKind {
            fn from(body: $body) -> Self {
                Self::$variant(body)
            }
        })*
    };
}

/// One kind of fault, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KindOfFault {
    /// The name in `kind`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// What it takes hold of.
    pub reach: Reach,
}

/// What a fault takes hold of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// What travels between nodes.
    Links,
    /// Nodes and their machines.
    Nodes,
    /// Nothing of its own: it becomes other faults before the run begins.
    Others,
}

kinds! {
    /// Some nodes can't reach some others: a split, a one-way cut, a bridge, a ring and more.
    "partition" Partition(Partition) Links,
    /// Datagrams get lost, one by one or in bursts.
    "loss" Loss(Loss) Links,
    /// Single datagrams get lost, each named by its link and its number there.
    "drop" Dropped(Dropped) Links,
    /// Everything takes another time on its way.
    "delay" Delay(DelayFault) Links,
    /// Datagrams are held back, and others overtake them.
    "reorder" Reorder(Reorder) Links,
    /// Datagrams arrive twice.
    "duplicate" Duplicate(Duplicate) Links,
    /// Datagrams arrive once more, long after.
    "replay" Replay(Replay) Links,
    /// Bits of datagrams turn over.
    "corrupt" Corrupt(Corrupt) Links,
    /// Datagrams lose their ends.
    "truncate" Truncate(Truncate) Links,
    /// Datagrams above a size vanish.
    "size-limit" SizeLimit(SizeLimit) Links,
    /// What nodes send leaves at a limited rate, through a queue of limited length.
    "rate-limit" RateLimit(RateLimit) Links,
    /// Nodes hear nothing, a share of the time, in bursts.
    "deaf" Deaf(Deaf) Others,
    /// Nodes are cut off one by one, and reached again one by one in another order.
    "swizzle" Swizzle(Swizzle) Others,
    /// Processes die without a word; they may come back.
    "crash" Crash(Crash) Nodes,
    /// Nodes are restarted one after the other.
    "rolling-restart" RollingRestart(RollingRestart) Others,
    /// A second node runs under the same name.
    "clone" Clone(Namesake) Nodes,
    /// Processes stop, and go on later with what has arrived meanwhile.
    "pause" Pause(Pause) Nodes,
    /// Nodes take a time to read each datagram.
    "throttle" Throttle(Throttle) Nodes,
    /// Clocks run fast or slow.
    "clock-rate" ClockRate(ClockRate) Nodes,
    /// Clocks jump.
    "clock-jump" ClockJump(ClockJump) Nodes,
    /// Nodes that did not run so far start and join.
    "join" Join(Join) Nodes,
    /// Nodes say goodbye.
    "leave" Leave(Leave) Nodes,
    /// Nodes change their metadata.
    "metadata" Metadata(Metadata) Nodes,
    /// Random nodes crash, leave and come back.
    "churn" Churn(Churn) Others,
    /// Datagrams that no node sent arrive.
    "forge" Forge(Forge) Nodes,
    /// All faults on links end, and all paused processes go on.
    "heal" Heal(Heal) Links,
}

impl Fault {
    /// This happens at that time.
    #[must_use]
    pub fn at(at: impl Into<Span>, kind: impl Into<FaultKind>) -> Self {
        Self {
            at: at.into(),
            lasts: None,
            flap: None,
            kind: kind.into(),
        }
    }

    /// It lasts so long.
    #[must_use]
    pub fn lasting(mut self, time: impl Into<Span>) -> Self {
        self.lasts = Some(time.into());
        self
    }

    /// While it lasts it comes and goes.
    #[must_use]
    pub const fn flapping(mut self, flap: Flap) -> Self {
        self.flap = Some(flap);
        self
    }
}

/// A key that no kind has is no key: in the schema as for the reader, which knows it by the kind's own fields.
fn closed(schema: &mut schemars::Schema) {
    schema.insert("unevaluatedProperties".to_owned(), false.into());
}

const fn is_false(value: &bool) -> bool {
    !*value
}
