//! What the proof programs share: a peer value as a small radio has it, and the little that is needed of the system.
#![no_std]

mod radio;
pub mod system;

pub use radio::Radio;
