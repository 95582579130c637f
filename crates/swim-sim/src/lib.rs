//! A deterministic network for swim: the real core and the real wire bytes, under a virtual clock.
//!
//! ```
//! use std::time::Duration;
//! use swim_core::State;
//! use swim_sim::Sim;
//!
//! let mut sim = Sim::cluster(3, 42);
//! sim.run_until(|sim| sim.each().knows(3), Duration::from_secs(3)).unwrap();
//! sim.node("c").crash();
//! let took = sim.run_until(|sim| sim.each().holds("c", State::Dead), Duration::from_secs(12));
//! println!("all know of the crash after {:?}", took.unwrap());
//! ```
//!
//! One thread, one queue, one seed. Each node is a [`swim_core::Node`] as any program would run it; every datagram is
//! composed and read by [`swim_core::wire`], every stream spoken by [`swim_core::Exchange`]. What is simulated is the
//! clock and the network: [`Delay`], loss, duplication, reordering, cuts ([`Sim::link`], [`Sim::between`],
//! [`Sim::split`]), and what happens to machines ([`Sim::node`], [`Act`]).
//!
//! The same seed and the same calls give the same run, on every machine: [`Sim::trace_hash`]. Each datagram's fate is a
//! function of the seed, its link and its number on that link, so a fault taken away leaves all other fates as they were.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::float_arithmetic,
        clippy::iter_over_hash_type
    )
)]

mod act;
mod builder;
mod chronicle;
mod clock;
mod delay;
#[allow(clippy::float_arithmetic, reason = "what is printed decides nothing")]
pub mod explain;
mod figures;
mod forge;
mod host;
mod joining;
mod links;
mod network;
mod normal;
mod peer;
mod queue;
#[allow(
    dead_code,
    reason = "the new purposes are drawn for with the next change"
)]
mod random;
#[allow(
    clippy::float_arithmetic,
    reason = "what is drawn and printed decides nothing"
)]
pub mod report;
pub mod run;
pub mod scenario;
mod select;
mod sights;
mod sim;
mod streams;
pub mod sweep;
#[allow(clippy::float_arithmetic, reason = "what is measured decides nothing")]
pub mod targets;
mod trace;
pub mod verdict;
mod view;
mod watch;

pub use act::{Act, Return};
pub use builder::Builder;
pub use chronicle::Told;
pub use delay::{Delay, Skewed};
pub use figures::Figures;
pub use forge::FORGERIES_UNDONE;
pub use host::Traffic;
pub use links::{Bursts, Carries, Effect, FaultId, Says};
pub use network::Tally;
pub use peer::{NoSuchName, SimAddr, SimName, SimPeer};
pub use queue::Queue;
pub use random::Chance;
pub use select::{Hosts, LinkMut, NodeMut};
pub use sim::{NotYet, Sim};
pub use view::{Each, View};
pub use watch::Violation;

/// What the README shows is what compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
