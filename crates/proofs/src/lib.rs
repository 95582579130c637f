//! What the proof programs share: a peer value as a small radio has it, two nodes in one memory, and the little that is
//! needed of the system.
#![no_std]

mod radio;
mod station;
pub mod system;

pub use radio::Radio;
pub use station::{Memory, story};
