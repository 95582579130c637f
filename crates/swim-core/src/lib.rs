//! Who is here, and who has died: SWIM cluster membership with the Lifeguard extensions, as a pure state machine. Facts
//! and the time go in; datagrams, streams to open, events and one deadline come out.
//!
//! No I/O, no clock, no thread, no allocation, no `unsafe`, and no panic from anything that a network can send.
//!
//! # The loop
//!
//! A driver tells the node what happened, asks what to do until it says [`Wait`](Output::Wait), and waits:
//!
//! ```
//! # #[cfg(feature = "wire")]
//! # mod example {
//! use std::net::{SocketAddr, UdpSocket};
//! use std::time::{self, Duration};
//! use swim_core::wire::{Counters, Datagram, Envelope, WirePeer};
//! use swim_core::{ExchangeFailed, Instant, Node, Output, receive};
//!
//! const LABEL: Envelope = match Envelope::new(b"stations") {
//!     Ok(envelope) => envelope,
//!     Err(_) => panic!("at most 255 bytes"),
//! };
//!
//! fn drive<P: WirePeer<Addr = SocketAddr>>(mut node: Node<P>, socket: UdpSocket) -> std::io::Result<()> {
//!     let (mut incoming, mut outgoing) = ([0; 65_535], [0; 1_400]);
//!     let (mut datagram, mut counters) = (Datagram::new(&mut outgoing, LABEL), Counters::default());
//!     let birth = time::Instant::now();
//!     let now = || Instant::ZERO.after(birth.elapsed());
//!     loop {
//!         let until = loop {
//!             match node.poll_output(&mut datagram) {
//!                 Output::Send { to } => drop(socket.send_to(datagram.finish(), to)),
//!                 // A real driver opens a stream and holds an `Exchange` over it: without one, nobody joins.
//!                 Output::Exchange { id, .. } => node.handle_exchange(now(), id, Err(ExchangeFailed::Broken)),
//!                 Output::Event(event) => println!("{event:?}"),
//!                 Output::Wait { until: Some(until) } => break until,
//!                 Output::Wait { until: None } => return Ok(()), // it left, and said so to everybody
//!             }
//!         };
//!         socket.set_read_timeout(Some(until.since(now()).max(Duration::from_millis(1))))?;
//!         let mut arrived = socket.recv_from(&mut incoming);
//!         socket.set_nonblocking(true)?; // all that has arrived comes before the time-out
//!         while let Ok((length, from)) = arrived {
//!             let _ = receive(&mut node, now(), &from, LABEL, &incoming[..length], &mut counters, |_| {});
//!             arrived = socket.recv_from(&mut incoming);
//!         }
//!         socket.set_nonblocking(false)?;
//!         node.handle_timeout(now()); // before its time it changes nothing
//!     }
//! }
//! # }
//! ```
//!
//! The example `udp_thread` is the smallest complete driver, exchanges included, in one file of less than 60 lines;
//! `docs/embedding.md` explains it. On sockets, the crate `swim-smol` has it all.
//!
//! # What is where
//!
//! [`Node`] has all facts (`handle_…`), wishes ([`join`](Node::join), [`update`](Node::update), [`leave`](Node::leave)) and views.
//! What a member says about itself is your type: [`Peer`]; where an address says enough, a
//! [`SocketAddr`](core::net::SocketAddr) is one already. Settings are a [`Config`], begun from a preset and checked by
//! [`validate`](Config::validate). Memory is a [`Space`] that you lend. Bytes stay outside of the node: it speaks [`Message`]s through
//! [`Compose`]; the native format is the feature `wire`.
//!
//! # Features
//!
//! | feature | what it adds | needs |
//! |---|---|---|
//! | none (`default = []`, and it will stay so) | the node, on memory that you lend | `core`, heapless |
//! | `alloc` | [`Roster::owned`]: rosters that own their memory and grow up to a maximum | `alloc` |
//! | `wire` | the native format: [`wire::Datagram`], [`receive`], [`Exchange`] | `core`, serde, postcard |
//! | `std` | [`Shared`]: a node that threads share, [`Exchange::converse`]: an exchange over a blocking stream | `std`, `alloc`, `wire` |
//! | `crc32fast` | the datagrams' checksum by the processor's own instructions | `std` |
//!
//! A feature adds; none changes what is there.
//!
//! # What a cluster costs
//!
//! Each node, for a peer value with a 2-byte id and a 2-byte address, on a 64-bit machine, at [`Config::LAN`], when nothing changes:
//!
//! | members | bytes of `Node` | bytes of `Space` | stack of the deepest call | datagrams sent a second |
//! |---:|---:|---:|---:|---:|
//! | 16 | 10,000 | 1,100 | 1,000 | 2 |
//! | 64 | 10,000 | 4,200 | 1,000 | 2 |
//! | 256 | 10,000 | 16,500 | 1,000 | 2 |
//!
//! The stack (x86-64, optimised) does not grow with the cluster, but with your peer value; a debug build takes several times as much.
//! [`Node::new`] returns the node by value, so whoever calls it has room for it. An exchange takes, in whoever owns the stream, two buffers of
//! [`wire::MAX_FRAME`] bytes and the words that [`Exchange::scratch_for`] counts. The two datagrams are a ping and an ack, some 35 bytes each;
//! a change adds gossip until all know it. `crates/proofs/run` prints the stack, tests hold the other columns.
//!
//! # What the driver owes
//!
//! | it owes | if it doesn't |
//! |---|---|
//! | monotone time from any origin, in whatever unit its clock counts, as an [`Instant`] of microseconds | an earlier `now` counts as the latest seen; a clock that stands still finds nobody dead; a jump ahead counts as a sleep, without verdicts (P1) |
//! | a seed, another one for each node and each life | nodes act in step, and sequence numbers can be guessed |
//! | a first incarnation above those of earlier lives: unix seconds will do | one round trip is lost until the node has outbid what others hold (P8) |
//! | one timer: [`handle_timeout`](Node::handle_timeout) at the last `Wait` | early: nothing happens; late by more than a probe time-out: that time does not count, and health gets worse |
//! | reading all that has arrived before `handle_timeout` | an ack may be among it: members are suspected that have answered, and have to refute |
//! | one datagram buffer, not smaller than [`Envelope::smallest_datagram`](wire::Envelope::smallest_datagram) | what doesn't fit is left out and counted, and travels by exchange only |
//! | draining: `poll_output` until `Wait`, after every fact and wish | replies wait, the oldest are dropped and counted; datagrams are lost, nothing else |
//! | one [`handle_exchange`](Node::handle_exchange) for every exchange opened or accepted | the node forgets it at its own deadline |
#![no_std]
#![forbid(unsafe_code)]
// No input panics; `crates/proofs` has the linker prove it for one build, these hold the source to it.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::todo,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]
// The same seed and history give the same outputs, on every machine (law 6).
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::float_arithmetic,
        clippy::iter_over_hash_type
    )
)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod config;
#[cfg(feature = "std")]
mod converse;
#[cfg(feature = "wire")]
mod exchange;
mod hash;
mod health;
mod message;
#[doc(hidden)]
pub mod mutant;
mod node;
mod output;
mod peer;
mod random;
#[cfg(feature = "wire")]
mod receive;
mod roster;
mod rules;
#[cfg(feature = "std")]
mod shared;
mod site;
mod stats;
mod time;
#[cfg(feature = "wire")]
pub mod wire;

pub use config::{
    Config, ConfigError, ExchangeConfig, GossipConfig, HealthConfig, ProbeConfig, RecoveryConfig,
    Retransmit, Setting, SuspicionConfig,
};
#[cfg(feature = "std")]
pub use converse::Stream;
#[cfg(feature = "wire")]
pub use exchange::{Exchange, Malformed};
pub use hash::{Fold, hash_under, name_hash};
pub use message::{Compose, Full, Message, Name};
pub use node::{Agreement, Node};
pub use output::{
    Busy, Departed, Event, ExchangeFailed, ExchangeId, Exchanged, Output, Reason, Timer,
    UpdateError,
};
pub use peer::{Incarnation, Member, MemberRef, Peer, State};
#[cfg(feature = "wire")]
pub use receive::receive;
pub use roster::{Counts, Roster, Slot, Space};
#[cfg(feature = "std")]
pub use shared::Shared;
pub use site::SiteKey;
pub use stats::Stats;
pub use time::Instant;
