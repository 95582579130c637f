//! Ctrl-C while something long is being done: what is begun is ended first; a second one ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use async_signal::{Signal, Signals};
use smol::stream::StreamExt;

use crate::errors::{Failure, INTERRUPTED, reason};

/// Whether somebody wants it to end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from here on.
    ///
    /// # Errors
    /// The system does not let us.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let wanted: &[Signal] = if cfg!(unix) {
            &[Signal::Int, Signal::Term, Signal::Hup]
        } else {
            &[Signal::Int]
        };
        let mut signals = Signals::new(wanted).map_err(|error| {
            Failure::failed(format!("cannot catch signals: {}", reason(&error)))
        })?;
        let came = Self(Arc::default());
        let told = came.clone();
        // It ends with the process.
        thread::spawn(move || {
            smol::block_on(async {
                while signals.next().await.is_some() {
                    if told.0.swap(true, Ordering::Relaxed) {
                        std::process::exit(i32::from(INTERRUPTED));
                    }
                }
            });
        });
        Ok(came)
    }

    /// Whether it has come.
    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
