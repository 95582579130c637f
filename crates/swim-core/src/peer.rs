//! Who: peers, members, states, incarnations.

use core::fmt::{self, Debug, Display};
use core::hash::Hash;

/// What a member says about itself: its id, its address, and whatever else its owner wants told (metadata).
///
/// One value, replaced as a whole: gossip carries it, equality decides whether it changed. Keep it small or cheap to
/// clone; `Output::Event` clones it.
///
/// ```
/// use swim_core::Peer;
///
/// #[derive(Clone, Debug, PartialEq, Eq)]
/// struct Radio { id: u16, address: u16 }
///
/// impl Peer for Radio {
///     type Key<'a> = u16;
///     type Addr = u16;
///     fn key(&self) -> u16 { self.id }
///     fn has_key(&self, key: u16) -> bool { self.id == key }
///     fn addr(&self) -> &u16 { &self.address }
/// }
/// ```
pub trait Peer: Clone + Eq + Debug {
    /// The id, borrowed: bytes, `&str`, `u16`. Asking about a member builds nothing.
    ///
    /// Its `Hash` must feed the same bytes on every machine; those of integers, `str` and byte slices do (P15).
    type Key<'a>: Copy + Eq + Hash + Debug;
    /// Where datagrams go: an IP address and port, or a 2-byte radio id. Its order decides ties between namesakes (P12).
    type Addr: Clone + Ord + Debug;

    /// The cluster-unique id.
    fn key(&self) -> Self::Key<'_>;
    /// Whether `key` is this peer's id. (Keys of two lifetimes can't be compared generically.)
    fn has_key(&self, key: Self::Key<'_>) -> bool;
    /// Where the peer is reached.
    fn addr(&self) -> &Self::Addr;
}

/// How many times a member has outbid a rumour about itself, started from a hint such as the unix time (P8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u32);

impl Incarnation {
    /// Values from here on are never originated nor accepted (P8).
    pub const LIMIT: u32 = 0xFFFF_0000;
    /// The last one that may be used: nothing outbids it.
    pub const LAST: Self = Self(Self::LIMIT - 1);
    /// How far a rumour by others may stand above what is held; only the member's own word may jump further (P8).
    pub const LEAP: u32 = 65_536;

    /// Whether this value may be used at all.
    #[must_use]
    pub const fn is_legal(self) -> bool {
        self.0 < Self::LIMIT
    }

    /// The next incarnation; stays at the last one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Whether this is further above what is held than a rumour by others may be.
    pub(crate) const fn leaps_above(self, held: Self) -> bool {
        self.0 > held.0.saturating_add(Self::LEAP)
    }

    /// Whether so little room is left above this that a rumour which leaps could not be outbid: others forget a tombstone that
    /// high soon, and no life should begin there (P8).
    #[must_use]
    pub const fn is_unbeatable(self) -> bool {
        self.0.saturating_add(Self::LEAP) >= Self::LIMIT
    }
}

impl Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

/// What is held of a member. The order is the order of evidence at one incarnation (P7): alive < suspect < dead < left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It answers, or somebody's word says so.
    #[default]
    Alive,
    /// Accused of not answering; it has time to refute.
    Suspect,
    /// Accused for too long, or a death verified.
    Dead,
    /// It said goodbye.
    Left,
}

impl State {
    /// Alive or suspect: counted as a member of the cluster.
    #[must_use]
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Alive | Self::Suspect)
    }

    /// The name used in logs, JSON and docs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Suspect => "suspect",
            Self::Dead => "dead",
            Self::Left => "left",
        }
    }
}

impl Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A peer with a state: one line of somebody's roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<P> {
    /// What the member says about itself.
    pub peer: P,
    /// What is held of it.
    pub state: State,
    /// The incarnation that `state` is about.
    pub incarnation: Incarnation,
}

/// A member as the node shows it: borrowed from the roster, with what only a view needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberRef<'n, P> {
    /// What the member says about itself.
    pub peer: &'n P,
    /// What is held of it.
    pub state: State,
    /// The incarnation that `state` is about.
    pub incarnation: Incarnation,
    /// How long it has been in that state: milliseconds of the node's lived time (P1), wrapping after 49 days.
    pub since_millis: u32,
    /// Its place in the roster; never moves while the member is remembered (P16).
    pub slot: u32,
}

impl<P: Clone> MemberRef<'_, P> {
    /// An owned copy.
    #[must_use]
    pub fn to_member(&self) -> Member<P> {
        Member {
            peer: self.peer.clone(),
            state: self.state,
            incarnation: self.incarnation,
        }
    }
}
