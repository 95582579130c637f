//! Many runs: one scenario over many seeds, or a swarm of scenarios, one for each seed.

mod broken;
mod emit;
mod fingerprint;
mod keep;
mod ledger;
mod measured;
mod mutants;
mod shrink;
mod swarm;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub use broken::{HOW_TO_BUILD_MUTANTS, MUTANTS, NoMutant, break_protocol};
pub use emit::emit_test;
pub use fingerprint::fingerprint;
pub use keep::{Build, FORMAT, Failure, KeepError, Why, hexadecimal};
pub use ledger::{Apart, Done, Found, Ledger, Report, Sweep};
pub use measured::{Measured, Measurement, measure};
pub use mutants::Killed;
#[cfg(swim_mutants)]
pub use mutants::mutants;
pub use shrink::{Smallest, Step, shrink};
pub use swarm::{NODES, swarm};

use crate::run::{Outcome, Verdict, run};
use crate::scenario::{Scenario, ScenarioError};

/// What is run with each seed.
#[derive(Clone, Debug)]
pub enum Source {
    /// One scenario, with other lots and another network each time.
    Scenario(Box<Scenario>),
    /// A scenario of its own for each seed, with a number of nodes within this range.
    Swarm(Range<u32>),
}

impl Source {
    /// The scenario for a seed.
    #[must_use]
    pub fn scenario(&self, seed: u64) -> Scenario {
        match self {
            Self::Scenario(scenario) => scenario.as_ref().clone().seed(seed),
            Self::Swarm(nodes) => swarm(seed, nodes.clone()),
        }
    }

    /// Runs the scenario of a seed.
    ///
    /// # Errors
    /// The scenario can't be.
    pub fn run(&self, seed: u64) -> Result<One, ScenarioError> {
        let schedule = self.scenario(seed).expand()?;
        let outcome = run(&schedule, &mut ());
        let fingerprint = fingerprint(&schedule, &outcome);
        Ok(One {
            seed,
            fingerprint,
            outcome,
        })
    }
}

/// What came of one seed.
#[derive(Clone, Debug)]
pub struct One {
    /// The seed.
    pub seed: u64,
    /// Of a violated run: equal for what is most likely one and the same fault.
    pub fingerprint: Option<String>,
    /// The run.
    pub outcome: Outcome,
}

/// Runs all seeds on `jobs` threads. `done` hears of each run as it ends, in any order; it says whether to go on.
///
/// Each run is alone with its seed, so that the outcomes are the same whatever the number of threads.
///
/// # Errors
/// The first scenario that can't be.
pub fn each(
    source: &Source,
    seeds: &[u64],
    jobs: usize,
    done: impl FnMut(One) -> bool + Send,
) -> Result<(), ScenarioError> {
    all(seeds, jobs, |seed| source.run(seed), done)
}

/// Does the work of each seed on `jobs` threads.
fn all<T>(
    seeds: &[u64],
    jobs: usize,
    work: impl Fn(u64) -> Result<T, ScenarioError> + Sync,
    done: impl FnMut(T) -> bool + Send,
) -> Result<(), ScenarioError> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let done = Mutex::new(done);
    let failed = Mutex::new(None);
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(&seed) = seeds.get(place) else {
                return;
            };
            match work(seed) {
                Ok(one) => {
                    if let Ok(mut done) = done.lock()
                        && !done(one)
                    {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    if let Ok(mut failed) = failed.lock() {
                        let first = failed.take().filter(|(at, _)| *at < place);
                        *failed = Some(first.unwrap_or((place, error)));
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.max(1) {
            scope.spawn(work);
        }
        work();
    });
    let failed = failed.into_inner().unwrap_or_default();
    failed.map_or(Ok(()), |(_, error)| Err(error))
}

/// How many runs had each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// All.
    pub runs: u64,
    /// Those in which all was shown that was to be shown.
    pub pass: u64,
    /// Those with a violation.
    pub violated: u64,
    /// Those in which something never happened.
    pub vacuous: u64,
}

impl Count {
    /// One more.
    pub const fn add(&mut self, verdict: Verdict) {
        self.runs += 1;
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Violated => self.violated += 1,
            Verdict::Vacuous => self.vacuous += 1,
        }
    }
}
