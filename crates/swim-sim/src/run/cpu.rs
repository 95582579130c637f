//! The time that this process has used.

use std::time::Duration;

/// The time of processors that the process has used so far, user and system, all threads together.
#[cfg(unix)]
#[must_use]
pub fn time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(nanos)
}

/// Nobody tells it here: zero.
#[cfg(not(unix))]
#[must_use]
pub const fn time() -> Duration {
    Duration::ZERO
}
