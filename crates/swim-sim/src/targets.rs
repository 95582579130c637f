//! How good it has to be: the targets that a simulation decides, each with its scenario, its figure and its bound.
//!
//! A row is a scenario that anyone can run ([`Row::scenario`] is an ordinary one), the instant from which it is measured,
//! and one or more goals: a figure of each run, a statistic over the seeds, and what it may be at most. `swim sim targets`
//! prints them all.

mod gauge;
mod rows;
mod wholeness;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use gauge::Figure;

use crate::figures::percentile;
use crate::run::{Verdict, run};
use crate::scenario::{Scenario, ScenarioError};
use gauge::{Gauge, Reading};

/// A target: a scenario with what is asked of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    text: &'static str,
    changes: &'static [(&'static str, &'static str)],
    from_millis: u64,
    /// Nodes that may be called dead though no fault but those on links touches them.
    sick: &'static [u32],
    /// The figures are differences: what they are less what they are with this changed.
    less: &'static [(&'static str, &'static str)],
    quick: u32,
    /// What is asked.
    pub goals: &'static [Goal],
}

/// One figure, and what it may be at most.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Goal {
    /// What is measured in each run.
    pub figure: Figure,
    /// What of it counts, over all seeds.
    pub statistic: Statistic,
    /// The bound, in the figure's unit.
    pub at_most: f64,
    /// Of a goal that is known to be missed: what stands in the way.
    pub in_the_way: Option<&'static str>,
}

/// What counts, of the figures of all seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Statistic {
    /// What half of them do not exceed.
    Median,
    /// What 99 of 100 do not exceed.
    #[serde(rename = "p99")]
    Worst,
    /// None exceeds it.
    Most,
}

/// All targets.
pub const ROWS: &[Row] = rows::ROWS;

impl Row {
    /// The scenario, with the first seed.
    ///
    /// # Panics
    /// Never: each row's scenario is read by a test.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        self.with(&[])
    }

    /// From when on it is measured, from the scenario's beginning.
    #[must_use]
    pub const fn from(&self) -> Duration {
        Duration::from_millis(self.from_millis)
    }

    /// How many seeds are enough for a first look.
    #[must_use]
    pub const fn quick_seeds(&self) -> u32 {
        self.quick
    }

    /// The settings without which its figures are measured too, to be subtracted: their cost alone is asked for.
    #[must_use]
    pub const fn less(&self) -> &'static [(&'static str, &'static str)] {
        self.less
    }

    fn with(&self, less: &[(&str, &str)]) -> Scenario {
        let owned = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
        let changes: Vec<_> = self.changes.iter().chain(less).map(owned).collect();
        let read = Scenario::read_with(self.text, &changes);
        read.unwrap_or_else(|error| panic!("target {}: {error}", self.name))
    }

    /// Runs it with one seed.
    ///
    /// # Errors
    /// The scenario can't be.
    pub fn measure(&self, seed: u64) -> Result<Measured, ScenarioError> {
        let (mut reading, verdict) = self.read(self.scenario().seed(seed))?;
        if !self.less.is_empty() {
            let (less, _) = self.read(self.with(self.less).seed(seed))?;
            for (figure, value) in &mut reading {
                *value -= less.get(figure).copied().unwrap_or(0.0);
            }
        }
        Ok(Measured { reading, verdict })
    }

    fn read(&self, scenario: Scenario) -> Result<(Reading, Verdict), ScenarioError> {
        let schedule = scenario.expand()?;
        let mut gauge = Gauge::new(self.from(), self.sick);
        let outcome = run(&schedule, &mut gauge);
        Ok((gauge.read(outcome.nodes), outcome.verdict))
    }
}

/// The figures of one run.
#[derive(Clone, Debug)]
pub struct Measured {
    reading: Reading,
    /// What the invariants say of it.
    pub verdict: Verdict,
}

impl Measured {
    /// One of them.
    #[must_use]
    pub fn figure(&self, figure: Figure) -> f64 {
        self.reading.get(&figure).copied().unwrap_or(f64::NAN)
    }
}

/// A goal over many seeds.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Reached {
    /// Of which row.
    pub target: &'static str,
    /// What is measured.
    pub figure: Figure,
    /// What of it counts.
    pub statistic: Statistic,
    /// Its unit.
    pub unit: &'static str,
    /// What it may be.
    pub at_most: f64,
    /// What counts is this; `null` in JSON if it never came.
    pub reached: f64,
    /// The median of all seeds.
    pub median: f64,
    /// What 99 of 100 seeds do not exceed; of fewer, the worst.
    pub p99: f64,
    /// Over how many seeds.
    pub seeds: usize,
    /// In how many of them an invariant was violated.
    pub violated: usize,
    /// Whether it is met.
    pub met: bool,
    /// If it is known to be missed: what stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_the_way: Option<&'static str>,
}

impl Goal {
    /// What the runs of a row say.
    #[must_use]
    pub fn reached(&self, row: &Row, runs: &[Measured]) -> Reached {
        let mut values: Vec<f64> = runs.iter().map(|run| run.figure(self.figure)).collect();
        values.sort_by(f64::total_cmp);
        let part = |percent| percentile(&values, percent).unwrap_or(f64::NAN);
        let reached = match self.statistic {
            Statistic::Median => part(50),
            Statistic::Worst => part(99),
            Statistic::Most => part(100),
        };
        let violated = |run: &&Measured| run.verdict == Verdict::Violated;
        Reached {
            target: row.name,
            figure: self.figure,
            statistic: self.statistic,
            unit: self.figure.unit(),
            at_most: self.at_most,
            reached,
            median: part(50),
            p99: part(99),
            seeds: runs.len(),
            violated: runs.iter().filter(violated).count(),
            met: reached <= self.at_most,
            in_the_way: self.in_the_way,
        }
    }
}

impl Reached {
    /// Whether it is missed though nothing is known to stand in the way.
    #[must_use]
    pub const fn is_a_surprise(&self) -> bool {
        !self.met && self.in_the_way.is_none()
    }
}

/// Measures rows over seeds on `jobs` threads; `done` hears of each run as it ends. The outcome has the runs of each row in
/// the order of its seeds, and is the same whatever the number of threads.
///
/// # Errors
/// The first scenario that can't be.
pub fn measure(
    wanted: &[(&Row, Vec<u64>)],
    jobs: usize,
    done: impl Fn() + Sync,
) -> Result<Vec<Vec<Measured>>, ScenarioError> {
    for (row, _) in wanted {
        // What can't be is told before anything runs.
        row.scenario().expand()?;
        row.with(row.less).expand()?;
    }
    let mut work: Vec<(usize, u64)> = Vec::new();
    for (place, (_, seeds)) in wanted.iter().enumerate() {
        work.extend(seeds.iter().map(|seed| (place, *seed)));
    }
    let next = AtomicUsize::new(0);
    let measured = Mutex::new(work.iter().map(|_| None).collect::<Vec<_>>());
    let run = || {
        while let Some((at, &(place, seed))) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            work.get(at).map(|work| (at, work))
        } {
            let one = wanted[place].0.measure(seed);
            measured.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(one);
            done();
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.max(1) {
            scope.spawn(run);
        }
        run();
    });
    let all = measured
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let mut rows: Vec<Vec<Measured>> = wanted.iter().map(|_| Vec::new()).collect();
    for ((place, _), one) in work.iter().zip(all.into_iter().flatten()) {
        rows[*place].push(one?);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> &'static Row {
        ROWS.iter().find(|row| row.name == name).unwrap()
    }

    #[test]
    fn every_row_has_a_name_of_its_own_and_a_scenario_that_asks_and_can_be() {
        for (place, row) in ROWS.iter().enumerate() {
            assert!(
                ROWS[..place].iter().all(|other| other.name != row.name),
                "{}",
                row.name
            );
            let scenario = row.scenario();
            assert_eq!(scenario.name, row.name);
            assert!(scenario.about.ends_with('?'), "{}", row.name);
            assert!(row.from() < scenario.duration.0 && !row.goals.is_empty());
            scenario
                .to_toml()
                .parse::<Scenario>()
                .unwrap()
                .expand()
                .unwrap();
        }
    }

    #[test]
    fn what_is_measured_does_not_depend_on_the_number_of_threads() {
        let wanted = [(row("moved-16"), vec![0, 1, 2]), (row("join-64"), vec![5])];
        let texts = [1, 3].map(|jobs| format!("{:?}", measure(&wanted, jobs, || {}).unwrap()));
        assert_eq!(texts[0], texts[1]);
    }

    #[test]
    fn a_crash_takes_as_long_as_its_suspicion_lasts_at_least() {
        let took = row("crash-64").measure(0).unwrap().figure(Figure::Whole);
        assert!((4.5..15.0).contains(&took), "{took}");
    }

    #[test]
    fn the_cost_of_one_rule_alone_is_a_difference() {
        let small = Row {
            changes: &[("name", "idle"), ("nodes", "8"), ("duration", "20s")],
            ..*row("idle-1000-anti-entropy")
        };
        let cost = small.measure(0).unwrap().figure(Figure::BytesPerSecond);
        // A ping and an ack a second, each with a digest of eight bytes.
        assert!((15.0..25.0).contains(&cost), "{cost}");
    }

    #[test]
    fn a_goal_that_is_never_reached_is_missed() {
        let never = Measured {
            reading: Reading::from([(Figure::Whole, f64::INFINITY)]),
            verdict: Verdict::Pass,
        };
        let row = row("join-64");
        let reached = row.goals[0].reached(row, &[never]);
        assert!(reached.is_a_surprise(), "{reached:?}");
    }
}
