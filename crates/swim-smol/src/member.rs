//! What an application sees: members, and the node's account of itself.

use std::net::SocketAddr;
use std::time::Duration;

use swim_core::{Agreement, Counts, MemberRef, State};

use crate::peer::NodePeer;

/// One member of the cluster, as this node holds it at the moment of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its name, unique in the cluster.
    pub name: String,
    /// The address that it advertises.
    pub addr: SocketAddr,
    /// What this node holds of it.
    pub state: State,
    /// How often it has outbid a rumour about itself, started from the unix time of its birth.
    pub incarnation: u32,
    /// What its application wants known, at most [`MAX_META`](crate::MAX_META) bytes.
    pub meta: Vec<u8>,
    /// How long it has been in that state here; zero in events. Wraps after 49 days.
    pub since: Duration,
}

impl Member {
    pub(crate) fn of(member: &MemberRef<'_, NodePeer>) -> Self {
        Self {
            since: Duration::from_millis(u64::from(member.since_millis)),
            ..Self::told(member.peer, member.state, member.incarnation.0)
        }
    }

    pub(crate) fn told(peer: &NodePeer, state: State, incarnation: u32) -> Self {
        Self {
            name: peer.name().to_owned(),
            addr: peer.socket_addr(),
            state,
            incarnation,
            meta: peer.meta().to_vec(),
            since: Duration::ZERO,
        }
    }
}

/// The node's account of itself, consistent in itself: all of it is of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Our name.
    pub name: String,
    /// The address that we advertise.
    pub addr: SocketAddr,
    /// Our incarnation.
    pub incarnation: u32,
    /// Time since the start.
    pub uptime: Duration,
    /// Whether we fell silent because an older node has our name: nothing else here changes any more.
    pub silenced: bool,
    /// Members by state, ourselves included.
    pub counts: Counts,
    /// Lifeguard's score: 0 is healthy; intervals stretch by score + 1.
    pub health: u8,
    /// One number for the whole view: equal on nodes whose views are equal.
    pub digest: u64,
    /// With how many of the last members heard the digest is shared.
    pub agreement: Agreement,
    /// Every counter by name: the protocol's, the wire format's and the sockets'. Since the start, never going back
    /// (the protocol's own wrap at 2³²).
    pub counters: Vec<(&'static str, u64)>,
}
