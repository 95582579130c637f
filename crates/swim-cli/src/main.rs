//! `swim`: runs a node of a cluster, talks to it, and shows what a cluster does.

mod address;
mod agent;
mod args;
mod commands;
mod control;
mod demo;
mod errors;
mod logs;
mod metadata;
mod output;
mod settings;
mod sim;
mod text;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run()
}
