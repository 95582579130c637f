//! Nodes on real sockets of this machine: stories of clusters that form, lose and forgive their members.
//!
//! Time is real here, so every interval is a tenth of the LAN profile's, and every wait has a bound that is generous for
//! a busy machine. No port is fixed.

mod api;
mod cluster;
mod crash;
mod hostile;
mod names;
mod seeds;
mod support;
mod tokio_program;
