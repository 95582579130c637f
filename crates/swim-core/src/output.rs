//! What the node wants done: datagrams, exchanges, events, and the one deadline.

use core::fmt;
use core::time::Duration;

use crate::peer::{Member, Peer};
use crate::time::Instant;

/// One thing to do. Ask [`Node::poll_output`](crate::Node::poll_output) again until it says [`Wait`](Self::Wait).
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<P: Peer> {
    /// A datagram was written into the composer: send it to this address.
    Send {
        /// Where to.
        to: P::Addr,
    },
    /// Open a stream and exchange rosters; report the end by `handle_exchange`.
    Exchange {
        /// Names the exchange in all that follows.
        id: ExchangeId,
        /// Whom to call.
        with: P::Addr,
        /// What for; the first frame says so to the other side.
        why: Reason,
    },
    /// Something to tell the application.
    Event(Event<P>),
    /// Nothing more. Wait for a fact, a wish, or this instant, whichever comes first.
    Wait {
        /// When to call `handle_timeout`; `None` once the node has departed and owes nothing.
        until: Option<Instant>,
    },
}

/// Names one exchange, opened or accepted, until its `handle_exchange`. Never reused within 2²⁵ exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub(crate) u32);

impl ExchangeId {
    /// The number, for logs.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Why an exchange is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The user's wish to join; also a busy answer's "try these".
    Join,
    /// Within the first ten seconds after a join, while views still differ (P4).
    Settle,
    /// The timed push/pull (R50).
    Timed,
    /// A ping's ack showed another digest (P4).
    Differs,
    /// A dead member answered (P9).
    Reconnect,
    /// A configured seed that belongs to nobody held up (P9).
    Seed,
    /// No roster is wanted: a ping over a stream, the last leg of a failing probe (R88).
    Ping,
}

impl Reason {
    /// The name used in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Settle => "settle",
            Self::Timed => "timed",
            Self::Differs => "differs",
            Self::Reconnect => "reconnect",
            Self::Seed => "seed",
            Self::Ping => "ping",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a finished exchange left the two views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exchanged {
    /// Whether the closing digests were equal; `true` where the format has none.
    pub same: bool,
    /// Whether the other side says that our advertised address does not answer (P17).
    pub unreachable: bool,
}

/// Why an exchange ended without result. Nothing that was merged on the way is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExchangeFailed {
    /// The stream could not be opened, or broke.
    Broken,
    /// Nothing came, or not fast enough.
    TimedOut,
    /// The other side has too much to do; it may have named others.
    Busy,
    /// The other side wants nothing to do with us: another label, another major version.
    Refused,
    /// What came is not the format.
    Malformed,
}

impl fmt::Display for ExchangeFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken => "the stream could not be opened, or broke",
            Self::TimedOut => "no answer in time",
            Self::Busy => "the other side is busy",
            Self::Refused => "the other side refused (another label, or another major version)",
            Self::Malformed => "what came is not the wire format",
        })
    }
}

impl core::error::Error for ExchangeFailed {}

/// Something to tell the application: the difference between what is so and what was told.
///
/// There is no queue: a slow reader sees fewer, truer events; a flap that ended before anybody looked is not told.
/// Members are told in the order in which they first changed; what is no state (conflicts, latches) comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<P: Peer> {
    /// A member is here: for the first time, or again after its death or leave.
    Up(Member<P>),
    /// An up member's peer value was replaced: metadata, or its address.
    Changed(Member<P>),
    /// A member is accused of not answering.
    Suspected(Member<P>),
    /// A suspect turned out to be alive.
    Refuted(Member<P>),
    /// A member is dead.
    Dead(Member<P>),
    /// A member said goodbye.
    Left(Member<P>),
    /// A dead or left member was forgotten.
    Reaped(Member<P>),
    /// Two live nodes use one name; this is what we hold, and what the other claims (P12).
    Conflict {
        /// The holder of the name, as far as we are concerned.
        held: Member<P>,
        /// Who claims it too.
        other: P,
    },
    /// Our own name belongs to an older node: we have fallen silent (P12). Choose another name, or stop the other node.
    NameTaken {
        /// The namesake.
        by: P,
    },
    /// The roster is full and refused a newcomer; told once until there is room again.
    Crowded,
    /// A join succeeded: this node is in.
    Joined,
    /// The leave was told to others as often as it will be; the node may be dropped.
    Departed,
    /// The member that answered our join can't reach our advertised address (P17).
    Unreachable,
    /// A member runs with other intervals or suspicion settings than we do (P17); told once.
    SettingsDiffer,
    /// A direct, unrepeated ping was answered.
    RoundTrip {
        /// Who answered.
        peer: P,
        /// The time between `handle_timeout` and the ack's `handle_message`; drain promptly to have it right.
        rtt: Duration,
    },
}

/// Too many at once: the wish was not carried out, nothing changed; try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many exchanges at once; try again later")
    }
}

impl core::error::Error for Busy {}

/// The node has left (or was silenced as a namesake): the wish was not carried out, nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Departed;

impl fmt::Display for Departed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the node has left the cluster; join begins a new life")
    }
}

impl core::error::Error for Departed {}

/// Why an update of our own peer value was refused. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpdateError {
    /// The node has left.
    Departed,
    /// The new value has another key: a name can't be changed in flight; leave and start under the new one.
    OtherKey,
    /// No incarnation is left to announce it with (P8); restart the node.
    Exhausted,
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Departed => "the node has left the cluster; join begins a new life",
            Self::OtherKey => "a node can't change its key; leave and start under the new one",
            Self::Exhausted => "no incarnation is left; restart the node",
        })
    }
}

impl core::error::Error for UpdateError {}

/// What the next deadline is for: traces explain themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Timer {
    /// The next probe begins, or the running one moves on.
    Probe,
    /// A ping in flight is repeated or given up.
    Ping,
    /// The next round of gossip.
    Gossip,
    /// A suspicion's last call or end, or the end of a tombstone.
    Member,
    /// The timed push/pull, or an exchange that a difference asked for.
    Exchange,
    /// A dead member, or a seed, is tried again.
    Reconnect,
    /// Something is ready now: the node was not drained.
    Output,
}
