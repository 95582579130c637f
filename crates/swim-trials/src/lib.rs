//! The slow proofs of swim, each a command: real agents and real sockets, faults as they happen, bounds that must hold.
//!
//! `docs/trials.md` says what each shows, and what it showed last.
#![cfg(unix)]
#![forbid(unsafe_code)]

mod agent;
mod args;
mod cluster;
mod dice;
mod http;
mod lab;
mod local;
mod mangle;
mod process;
mod report;
mod rooms;
mod sky;
mod trials;

use std::process::ExitCode;

use clap::Parser;

use args::Args;
use report::{Report, Stop};

/// Holds the trial that the command line asks for.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let name = args.trial.name();
    let outside = args.trial.needs_rooms() && !args.inside;
    // Cargo builds outside, where there is a network. Entering does not return: the trial begins anew inside.
    let stop = outside.then(|| process::swim().err().unwrap_or_else(rooms::enter));
    let mut report = Report::begin(name, args.trial.about(), args.json);
    let ended = stop.map_or_else(|| trials::run(&args, &mut report), Err);
    if let Err(Stop::Failed(text)) = &ended {
        eprintln!("swim-trials {name}: {text}");
    }
    report.end(ended.err())
}
