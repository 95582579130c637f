//! Cluster membership for applications: the swim protocol on real sockets.
#![forbid(unsafe_code)]

mod advertise;
mod builder;
mod cluster;
mod converse;
mod counters;
mod driver;
mod error;
mod event;
mod launch;
mod life;
mod member;
mod peer;
mod runtime;
mod seed;
mod seeds;
mod shared;
mod socket;
mod stream;
mod tell;

pub use builder::{Builder, DEFAULT_PORT, Profile};
pub use cluster::{Cluster, JoinReport};
pub use error::{JoinError, LeaveError, StartError, UpdateError};
pub use event::{EVENTS_BUFFERED, Event, EventKind, Events};
pub use member::{Info, Member};
pub use peer::{MAX_META, MAX_NAME, NameKey, NodePeer, PeerError, Versions, canonical};
pub use swim_core::{Agreement, Config, ConfigError, Counts, ExchangeFailed, State};

/// Bytes of a label at most.
pub const MAX_LABEL: usize = 255;
/// Members at most, whatever [`Builder::max_members`] says.
pub const MAX_MEMBERS: usize = (1 << 20) - 1;
