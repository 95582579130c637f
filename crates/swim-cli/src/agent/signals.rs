//! What ends an agent from outside.

use async_signal::Signal;
use smol::Unblock;
use smol::io::AsyncReadExt;
use smol::stream::StreamExt;

use crate::errors::{Failure, reason};

/// The signals that make the agent leave.
#[derive(Debug)]
pub(crate) struct Signals(async_signal::Signals);

impl Signals {
    /// Catches them from here on.
    ///
    /// # Errors
    /// The system does not let us.
    pub(crate) fn new() -> Result<Self, Failure> {
        // Windows knows Ctrl-C alone.
        let caught: &[Signal] = if cfg!(unix) {
            &[Signal::Int, Signal::Term, Signal::Hup]
        } else {
            &[Signal::Int]
        };
        let signals = async_signal::Signals::new(caught);
        let refused = |error| Failure::failed(format!("cannot catch signals: {}", reason(&error)));
        signals.map(Self).map_err(refused)
    }

    /// Waits for one, and names it.
    pub(crate) async fn next(&mut self) -> &'static str {
        match self.0.next().await {
            Some(Ok(Signal::Int)) => "SIGINT",
            Some(Ok(Signal::Term)) => "SIGTERM",
            Some(Ok(Signal::Hup)) => "SIGHUP",
            Some(Ok(_) | Err(_)) | None => std::future::pending().await,
        }
    }
}

/// Waits until standard input has closed; what is written there is not read.
pub(super) async fn stdin_closed() {
    let mut stdin = Unblock::new(std::io::stdin());
    let mut ignored = [0; 64];
    while matches!(stdin.read(&mut ignored).await, Ok(1..)) {}
}
