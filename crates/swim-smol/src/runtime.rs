//! What happens now and then, and may take its time: streams, and the search for seeds. All of it, of all nodes of a
//! process, runs on a thread named `swim-streams`, which sleeps when there is nothing of the kind.

use std::future::{Future, pending};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use smol::future::block_on;
use smol::{Executor, Task};

static EXECUTOR: Executor<'static> = Executor::new();
static STARTED: Mutex<bool> = Mutex::new(false);

/// Starts the thread unless it runs.
pub(crate) fn ensure() -> io::Result<()> {
    let mut started = crate::shared::lock(&STARTED);
    if !*started {
        thread::Builder::new()
            .name("swim-streams".to_owned())
            .spawn(run)?;
        *started = true;
    }
    Ok(())
}

/// A panic of one task is reported by the standard hook and ends that task alone.
///
/// Sockets and timers of streams are watched by a thread of async-io. This one must not help it, as `smol::block_on`
/// would: with helpers about, that thread wakes a hundred times a second to look after them.
fn run() {
    loop {
        let work = || block_on(EXECUTOR.run(pending::<()>()));
        if catch_unwind(AssertUnwindSafe(work)).is_ok() {
            return;
        }
    }
}

/// Runs this on the thread. Dropping the task ends it.
pub(crate) fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Task<T> {
    EXECUTOR.spawn(work)
}

/// A node's clock: microseconds since its start, by the system's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> swim_core::Instant {
        let micros = u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX);
        swim_core::Instant::from_micros(micros)
    }

    /// When the system's clock will show this instant; `None` if never.
    pub(crate) fn at(self, instant: swim_core::Instant) -> Option<Instant> {
        self.0.checked_add(instant.since(swim_core::Instant::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_its_own_task_alone() {
        ensure().expect("a thread");
        let other = spawn(async { 7 });
        let broken = spawn(async {
            assert!(std::env::args().count() == 0, "a panic on purpose");
        });
        let caught = catch_unwind(AssertUnwindSafe(|| block_on(broken)));
        assert!(caught.is_err());
        assert_eq!(block_on(other), 7);
        assert_eq!(block_on(spawn(async { 8 })), 8);
    }
}
