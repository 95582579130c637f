//! Looking on while a scenario runs.

use std::time::Duration;

use swim_core::{Incarnation, State};

use super::outcome::Outcome;
use crate::chronicle::Told;
use crate::peer::SimName;
use crate::scenario::Schedule;
use crate::sim::Sim;

/// Somebody who looks on.
///
/// An observer sees everything and touches nothing: it is given shared references only, is called between the events and
/// never within one, and has no part in the random streams. A run is the same with any observer, or none.
pub trait Observer {
    /// The run is about to begin: the clock shows zero.
    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        let _ = (schedule, sim);
    }

    /// Something happened. `sim` is as it is after the event that this sight belongs to.
    fn see(&mut self, sight: &Sight, sim: &Sim);

    /// The run is over.
    fn end(&mut self, sim: &Sim, outcome: &Outcome) {
        let _ = (sim, outcome);
    }

    /// How often it wants to see [`What::Sample`]; `None`: never.
    fn sample_every(&self) -> Option<Duration> {
        None
    }
}

/// Nobody.
impl Observer for () {
    fn see(&mut self, _: &Sight, _: &Sim) {}
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        (**self).begin(schedule, sim);
    }

    fn see(&mut self, sight: &Sight, sim: &Sim) {
        (**self).see(sight, sim);
    }

    fn end(&mut self, sim: &Sim, outcome: &Outcome) {
        (**self).end(sim, outcome);
    }

    fn sample_every(&self) -> Option<Duration> {
        (**self).sample_every()
    }
}

/// Perhaps somebody.
impl<O: Observer> Observer for Option<O> {
    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        if let Some(one) = self {
            one.begin(schedule, sim);
        }
    }

    fn see(&mut self, sight: &Sight, sim: &Sim) {
        if let Some(one) = self {
            one.see(sight, sim);
        }
    }

    fn end(&mut self, sim: &Sim, outcome: &Outcome) {
        if let Some(one) = self {
            one.end(sim, outcome);
        }
    }

    fn sample_every(&self) -> Option<Duration> {
        self.as_ref().and_then(Observer::sample_every)
    }
}

/// Both; a sample is seen as often as the more curious one wants it.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        self.0.begin(schedule, sim);
        self.1.begin(schedule, sim);
    }

    fn see(&mut self, sight: &Sight, sim: &Sim) {
        self.0.see(sight, sim);
        self.1.see(sight, sim);
    }

    fn end(&mut self, sim: &Sim, outcome: &Outcome) {
        self.0.end(sim, outcome);
        self.1.end(sim, outcome);
    }

    fn sample_every(&self) -> Option<Duration> {
        match (self.0.sample_every(), self.1.sample_every()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

/// Something that was seen.
#[derive(Clone, Debug)]
pub struct Sight {
    /// When, from the scenario's beginning.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// What was seen. Nodes are named by their machines' numbers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum What {
    /// A node sent a datagram.
    Sent {
        /// Names the datagram, and each copy of it, until it is delivered or dropped.
        datagram: u64,
        /// Who sent it.
        from: u32,
        /// To whom; `None`: to an address that nobody has.
        to: Option<u32>,
        /// Its number among all that was sent over that link so far, from 0; pieces of streams are counted, too.
        nth: Option<u32>,
        /// What it says: [`Sim::bytes`].
        bytes: Bytes,
    },
    /// The network made one more of a datagram.
    Copied {
        /// The datagram.
        datagram: u64,
    },
    /// A datagram that no node sent is on its way.
    Forged {
        /// Names the datagram.
        datagram: u64,
        /// Where it will arrive.
        to: u32,
        /// What it says.
        bytes: Bytes,
    },
    /// A node read a datagram.
    Delivered {
        /// The datagram.
        datagram: u64,
        /// Who sent it; `None`: forged.
        from: Option<u32>,
        /// Who read it.
        to: u32,
        /// What it said when it arrived.
        bytes: Bytes,
    },
    /// A datagram will not arrive.
    Dropped {
        /// The datagram.
        datagram: u64,
        /// Who sent it; `None`: forged.
        from: Option<u32>,
        /// To whom; `None`: to an address that nobody has.
        to: Option<u32>,
        /// Why not.
        cause: Cause,
    },
    /// A node sent so many bytes over a stream.
    Streamed {
        /// Who.
        from: u32,
        /// To whom.
        to: u32,
        /// How many.
        bytes: u32,
    },
    /// A stream was accepted: an exchange of rosters, or a ping over a stream.
    ExchangeBegins {
        /// Names it until it ends.
        stream: u32,
        /// Who opened it.
        opener: u32,
        /// Who answers.
        answerer: u32,
    },
    /// For one of its two sides an exchange is over.
    ExchangeEnds {
        /// Which.
        stream: u32,
        /// For whom.
        node: u32,
        /// Whether views were exchanged to the end.
        whole: bool,
    },
    /// A node told its application something.
    Told(Told),
    /// A node holds something else of a member than before.
    View {
        /// Who.
        by: u32,
        /// Of whom.
        of: SimName,
        /// What it held before; `None`: nothing.
        before: Option<Held>,
        /// What it holds now; `None`: it has forgotten the member.
        after: Option<Held>,
    },
    /// The life of a node took a turn.
    Life {
        /// Whose.
        node: u32,
        /// Which.
        life: Life,
    },
    /// A fault of the schedule begins, by its place there.
    FaultBegins(usize),
    /// A fault of the schedule ends.
    FaultEnds(usize),
    /// A node did all that it wanted done: nothing of what it heard is left to be done.
    Drained {
        /// Who.
        node: u32,
        /// How many datagrams it sent since it was drained before.
        datagrams: u32,
        /// Whether it was its own alarm that woke it.
        woke: bool,
    },
    /// Time to look around.
    Sample,
}

/// The bytes of a datagram, good for as long as it is being seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

impl Bytes {
    /// How many.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.to - self.from
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.from == self.to
    }
}

/// Why a datagram did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// A cut lies between.
    Cut,
    /// It was lost by chance.
    Lost,
    /// It was too long for the way.
    TooLong,
    /// A queue on the way, or the reader's buffer, was full.
    Full,
    /// Nobody is there: no node runs, or nobody has the address.
    Nobody,
}

/// A turn in a node's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Life {
    /// It started, and knows nobody.
    Started,
    /// Its process died.
    Stopped,
    /// Its process is paused.
    Paused,
    /// It goes on.
    Resumed,
    /// It came back with all that it knew.
    Woken,
    /// Its application told it to leave.
    Leaving,
    /// After it had left, it joined again: a new life.
    Rejoined,
    /// Its application gave it metadata of this version.
    Updated(u32),
    /// Its clock jumped, by so many microseconds.
    ClockJumped(i64),
    /// Its clock runs faster, by so many parts of a million.
    ClockDrifts(i32),
}

/// What a node holds of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The state.
    pub state: State,
    /// The incarnation.
    pub incarnation: Incarnation,
    /// The version of the metadata.
    pub meta: u32,
}
