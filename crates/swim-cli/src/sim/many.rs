//! Many runs for a table: on several threads, told in their order.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::sweep::processors;
use crate::args::MOST_RUNS;
use crate::errors::Failure;

/// Does the work of each number below `count` on so many threads, and has the results in their order.
///
/// # Errors
/// The first failure; what had not begun by then is not begun.
pub(super) fn each<T: Send>(
    count: usize,
    jobs: usize,
    work: impl Fn(usize) -> Result<T, Failure> + Sync,
) -> Result<Vec<T>, Failure> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results = Mutex::new((0..count).map(|_| None).collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(count) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= count {
                        return;
                    }
                    let result = work(place);
                    stop.fetch_or(result.is_err(), Ordering::Relaxed);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().flatten().collect()
}

/// How many runs at a time.
pub(super) fn jobs(wanted: Option<u16>) -> usize {
    wanted.map_or_else(processors, usize::from)
}

/// How many runs it makes if all seeds are run so many times.
///
/// # Errors
/// A usage failure: nobody would see the end of that.
pub(super) fn runs(times: usize, seeds: &Range<u64>, flag: &str) -> Result<usize, Failure> {
    let count = (seeds.end - seeds.start).saturating_mul(times as u64);
    if count > MOST_RUNS {
        return Err(Failure::usage(format!(
            "{flag} and --seeds make {count} runs together, which is too many (say fewer: at most {MOST_RUNS})"
        )));
    }
    usize::try_from(count).map_err(|_| Failure::usage("--seeds: too many (say fewer)"))
}

/// The seed at that place.
pub(super) fn seed(seeds: &Range<u64>, place: usize) -> u64 {
    seeds.start.saturating_add(place as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_the_first_failure_ends_it() {
        let squares = each(9, 3, |place| Ok(place * place)).unwrap();
        assert_eq!(squares[..4], [0, 1, 4, 9]);
        let failed = each(9, 1, |place| match place {
            0..3 => Ok(()),
            _ => Err(Failure::usage(place.to_string())),
        });
        assert_eq!(failed.unwrap_err().to_string(), "3");
    }

    #[test]
    fn more_runs_than_anybody_waits_for_are_refused() {
        assert_eq!(runs(3, &(5..7), "--vary").unwrap(), 6);
        let refused = runs(2, &(0..MOST_RUNS), "--vary").unwrap_err();
        assert!(refused.to_string().contains("20000000 runs"), "{refused}");
    }
}
