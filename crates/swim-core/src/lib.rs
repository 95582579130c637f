//! SWIM cluster membership and failure detection as a pure state machine.
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
#[cfg(test)]
extern crate std;

mod config;
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
mod stats;
mod time;
#[cfg(feature = "wire")]
pub mod wire;

pub use config::{
    Config, ConfigError, ExchangeConfig, GossipConfig, HealthConfig, ProbeConfig, RecoveryConfig,
    Retransmit, SuspicionConfig,
};
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
pub use stats::Stats;
pub use time::Instant;
