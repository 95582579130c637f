//! CPU time of this thread: what an operation costs, whoever else wants the processor meanwhile.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::operation::Operation;

pub(crate) fn now() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(now.tv_nsec).unwrap_or(0))
}

/// What looking at the clock twice costs by itself: the least of many tries.
fn look() -> Duration {
    let tries = (0..100).map(|_| {
        let begin = now();
        now() - begin
    });
    tries.min().unwrap_or_default()
}

/// The CPU time of so many operations, run in rounds; what prepares a round, and the look at the clock, is left out.
///
/// # Panics
/// If an operation took another path than the one that it is named for.
pub fn time(operation: &mut (impl Operation + ?Sized), iterations: u64) -> Duration {
    let (look, mut left, mut took) = (look(), iterations, Duration::ZERO);
    while left > 0 {
        let round = operation.prepare(usize::try_from(left).unwrap_or(usize::MAX)) as u64;
        let begin = now();
        operation.run();
        took += (now() - begin).saturating_sub(look);
        left = left.saturating_sub(round);
    }
    assert!(
        operation.is_true(),
        "an operation took another path than the one it is named for"
    );
    took
}
