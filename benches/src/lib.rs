//! What the benchmarks measure: the hot path of a node with real bytes and the very peer value of `swim-smol`.
//!
//! Every operation begins with received bytes and ends with a merged roster or with bytes to send: label, checksum, bounds,
//! decoding and look-up are inside. Members are drawn at random from all that are known, 1,024 distinct packets in
//! rotation, so that neither the branch predictor nor the cache knows what comes.
//!
//! `cargo bench -p swim-benches` measures the thread's CPU time, beside the targets of the design; `benches/instructions`
//! counts instructions, which don't depend on who else uses the machine.

mod alloc;
mod cpu;
mod field;
mod operation;
mod rosters;

pub use alloc::allocations;
pub use cpu::time;
pub use field::{Field, PACKETS};
pub use operation::{Acks, Gossip, Known, News, Operation};
pub use rosters::{Converse, Views};

/// Numbers of members known at which everything is measured.
pub const SIZES: [u32; 3] = [64, 1_024, 8_192];
