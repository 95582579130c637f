//! The contract of the program, line by line: real agents, real commands, loopback.

#[path = "../support/mod.rs"]
mod support;

mod agent;
mod bad_input;
mod cluster;
mod demo;
mod errors;
mod events;
mod members;
mod record;
mod settings;
mod wishes;
