//! Real agents for tests: processes of the very program, on free ports of the loopback interface.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test program uses a part of this"
)]

mod agent;
mod http;

use std::fmt::Debug;
use std::io::{self, Write};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use agent::{Agent, Birth};
pub(crate) use http::{get, get_after, post, request, try_get};

/// How long something may take on a busy machine before a test gives it up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Says what this machine can't test, past the capture of the tests' output: `.ci/run` counts such lines.
pub(crate) fn skip(what: &str) {
    // Who can't be told has no use for it.
    let _ = writeln!(io::stderr(), "SKIP {what}");
}

/// The program, with nothing of the tests' own environment that it would listen to.
pub(crate) fn swim(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swim"));
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("SWIM_") || name == "RUST_LOG" || name == "RUST_BACKTRACE" {
            command.env_remove(&variable);
        }
    }
    command.args(words).stdin(Stdio::null());
    command
}

/// What a finished command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }
}

/// Runs the program to its end.
pub(crate) fn run(words: &[&str]) -> Said {
    said(&mut swim(words))
}

/// Runs a command to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    command.output().expect("the program starts").into()
}

/// Waits until `look` finds something, and fails with what was last seen instead.
pub(crate) fn eventually<T, E: Debug>(what: &str, mut look: impl FnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if began.elapsed() > PATIENCE => {
                panic!("{what}: not within {PATIENCE:?}; last seen: {seen:#?}")
            }
            Err(_) => thread::sleep(Duration::from_millis(15)),
        }
    }
}

/// As `Result`, for [`eventually`]: fine if `so`, else what was seen.
pub(crate) fn check<E>(so: bool, seen: E) -> Result<(), E> {
    if so { Ok(()) } else { Err(seen) }
}
