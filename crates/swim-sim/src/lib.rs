//! WIP
#![allow(dead_code, unreachable_pub)]
#![forbid(unsafe_code)]
mod clock;
mod links;
mod peer;
mod queue;
mod random;
