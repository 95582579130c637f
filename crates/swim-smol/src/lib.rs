//! Cluster membership for applications: who is here, who has died, who has left. The protocol of [`swim_core`] on real
//! sockets.
//!
//! ```no_run
//! use swim_smol::{Cluster, EventKind};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = Cluster::builder("node-a")
//!     .bind("0.0.0.0:7946".parse()?)
//!     .seed("seed.example:7946")
//!     .meta("zone=north")
//!     .start()
//!     .await?;
//!
//! let mut events = cluster.events();
//! while let Some(event) = events.next().await {
//!     if event.kind == EventKind::Dead {
//!         println!("{} at {} is dead", event.member.name, event.member.addr);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Where it runs
//!
//! All nodes of a process share a thread named `swim` for datagrams and deadlines, and one named `swim-streams` for what
//! happens now and then. Nothing has to be known of smol, on which it is built: futures can be awaited in any runtime,
//! tokio included, and each call that waits has a form that blocks the thread, ending in `_blocking`. Host names are
//! resolved on threads that may block. A node that has nothing to do costs two datagrams a second and the time to handle
//! them: `cargo run --release --example idle -p swim-smol` measures it.
//!
//! # Ending
//!
//! [`Cluster::leave`] tells the others. Dropping a [`Cluster`], or [`Cluster::shutdown`] without a leave, is a crash to
//! them: they suspect the node, and find it dead.
//!
//! # Limits
//!
//! | what | limit | beyond it |
//! |---|---|---|
//! | name | [`MAX_NAME`] bytes | [`StartError::NameTooLong`] |
//! | label | [`MAX_LABEL`] bytes | [`StartError::LabelTooLong`] |
//! | metadata | [`MAX_META`] bytes, and what [`Builder::datagram_size`] leaves | [`UpdateError::TooLong`] |
//! | members | [`Builder::max_members`], 65,536 | [`EventKind::Crowded`], counter `crowded` |
//! | streams of others at once | [`Builder::max_streams`], [`MAX_STREAMS`] | they wait for 0.5 s, then are refused; counter `streams_refused` |
//! | time of a stream | `Config::exchange.timeout`, 10 s; half of it to connect, a quarter for each step | it fails; counter `streams_timed_out` |
//! | seeds that the core tries again for ever | 8 addresses | the rest is used at the start only |
//! | events that wait for a subscriber | [`EVENTS_BUFFERED`] | the oldest are lost; [`Events::lost`], counter `events_lost` |
//!
//! # Logs
//!
//! By `tracing`, with the node's name in the field `node`: a line for each join, suspicion, death, refutation, leave and
//! failed exchange, and for each seed that is tried. Nothing is logged unless the program installs a subscriber.
//!
//! # Addresses
//!
//! One address has one form: an IPv4 address mapped into IPv6 is that IPv4 address. Link-local IPv6 addresses work
//! for a node that is bound to one, on that interface.
#![forbid(unsafe_code)]

mod advertise;
mod builder;
mod check;
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
mod reactor;
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
/// Members at most, whatever [`Builder::max_members`] says: the core keeps no more.
pub const MAX_MEMBERS: usize = (1 << 20) - 2;
/// Streams of others served at once at most, whatever [`Builder::max_streams`] says: the core keeps no more.
pub const MAX_STREAMS: usize = 64;

/// The Rust on that page is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/coming-from-memberlist.md")]
struct ComingFromMemberlist;
