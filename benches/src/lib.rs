//! What the benchmarks measure: the hot path of a node with real bytes and the very peer value of `swim-smol`.
//!
//! Every operation begins with received bytes and ends with a merged roster or with bytes to send: label, checksum, bounds,
//! decoding and look-up are inside. Members are drawn at random from all that are known, 1,024 distinct packets in
//! rotation, so that neither the branch predictor nor the cache knows what comes.
//!
//! `cargo run --release -p swim-benches` prints a table: CPU time of the thread, instructions, allocations, each beside its
//! target. `cargo bench -p swim-benches` measures times with criterion, which remembers and compares them.

mod alloc;
mod catalogue;
mod cpu;
mod field;
mod operation;
mod rest;
mod rosters;

pub use alloc::allocations;
pub use catalogue::{FIGURES, Figure, operation};
pub use cpu::time;
pub use field::{Field, PACKETS};
pub use operation::{Acks, Gossip, Known, New, News, Operation};
pub use rest::Rest;
pub use rosters::{Converse, Views};

/// Numbers of members known at which everything is measured.
pub const SIZES: [u32; 3] = [64, 1_024, 8_192];
