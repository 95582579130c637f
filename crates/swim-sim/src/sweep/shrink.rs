//! The smallest scenario that fails in the same way.
//!
//! What is after the violation is cut off; then faults are left out, nodes, and nodes of faults, by halves first and one by
//! one in the end (Zeller's ddmin); then whatever is odd about the rest gives way to what is usual. All of it again, until
//! nothing more can go. Where chance took datagrams and few of them matter, these are named in its place. Each step is run,
//! and stands only if it shows the same [`fingerprint`](super::fingerprint).
//!
//! A draw belongs to a node's number. With other nodes it is another day, on which the same fault may show or not: a few
//! seeds are tried then.

mod datagrams;
mod nodes;
mod reduce;
mod simpler;

use std::collections::BTreeSet;
use std::time::Duration;

use super::fingerprint;
use crate::random::micros;
use crate::run::{Outcome, run};
use crate::scenario::{Scenario, ScenarioError, Span};

/// So many days are tried when nodes have other numbers.
const DAYS: u64 = 4;
/// So often all is tried again, at most.
const ROUNDS: u32 = 8;

/// How far it has come, after each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// So many scenarios were run.
    pub runs: u64,
    /// The nodes of the smallest one so far.
    pub nodes: u32,
    /// Its faults.
    pub faults: usize,
    /// Its length.
    pub duration: Span,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Smallest {
    /// The smallest scenario, all its lots drawn.
    pub scenario: Scenario,
    /// Its run.
    pub outcome: Outcome,
    /// What it has in common with the one that it came from.
    pub fingerprint: String,
    /// So many scenarios were run.
    pub runs: u64,
    /// Whether nothing more can be taken away; else the time was over.
    pub complete: bool,
}

/// Shrinks a scenario for as long as `go_on` says so; it is asked before each run. `None` if nothing is violated.
///
/// # Errors
/// The scenario can't be.
pub fn shrink(
    scenario: &Scenario,
    mut go_on: impl FnMut(&Step) -> bool,
) -> Result<Option<Smallest>, ScenarioError> {
    let schedule = scenario.expand()?;
    let outcome = run(&schedule, &mut ());
    let Some(target) = fingerprint(&schedule, &outcome) else {
        return Ok(None);
    };
    let mut hunt = Hunt {
        target,
        // Generators are unfolded, so that each of their faults can go.
        best: schedule.scenario().clone(),
        outcome,
        tried: BTreeSet::new(),
        runs: 1,
        over: false,
        go_on: &mut go_on,
    };
    // The explicit scenario must fail as well, or nothing that is taken from it would.
    let explicit = hunt.best.clone();
    if !hunt.fails(&explicit) {
        hunt.best = scenario.clone();
    }
    let complete = hunt.rounds() && hunt.single_datagrams();
    Ok(Some(Smallest {
        scenario: hunt.best,
        outcome: hunt.outcome,
        fingerprint: hunt.target,
        runs: hunt.runs,
        complete,
    }))
}

/// The search: the smallest so far, and what all have in common.
struct Hunt<'g> {
    target: String,
    best: Scenario,
    outcome: Outcome,
    /// What was run so far, as it is written: nothing is tried twice, so it comes to an end.
    tried: BTreeSet<String>,
    runs: u64,
    over: bool,
    go_on: &'g mut dyn FnMut(&Step) -> bool,
}

impl Hunt<'_> {
    /// Everything, until it changes nothing any more; tells whether it came so far.
    fn rounds(&mut self) -> bool {
        for _ in 0..ROUNDS {
            let before = self.best.clone();
            self.cut();
            self.fewer_faults();
            self.fewer_nodes();
            self.fewer_of_each();
            self.begin_earlier();
            self.simplify();
            self.cut();
            if self.over {
                return false;
            }
            if self.best == before {
                return true;
            }
        }
        false
    }

    /// Whether a scenario fails in the same way. If so, it is the smallest so far.
    fn accept(&mut self, candidate: Scenario) -> bool {
        if candidate == self.best || !self.fails(&candidate) {
            return false;
        }
        self.best = candidate;
        true
    }

    /// The same on one of several days.
    fn accept_some_day(&mut self, candidate: &Scenario) -> bool {
        let first = self.best.seed;
        (first..first.saturating_add(DAYS)).any(|seed| self.accept(candidate.clone().seed(seed)))
    }

    fn fails(&mut self, candidate: &Scenario) -> bool {
        let step = Step {
            runs: self.runs,
            nodes: self.best.nodes,
            faults: self.best.faults.len(),
            duration: self.best.duration,
        };
        self.over = self.over || !(self.go_on)(&step);
        if self.over || !self.tried.insert(candidate.to_toml()) {
            return false;
        }
        let Ok(schedule) = candidate.expand() else {
            return false;
        };
        self.runs += 1;
        let outcome = run(&schedule, &mut ());
        let same = fingerprint(&schedule, &outcome).as_ref() == Some(&self.target);
        if same {
            self.outcome = outcome;
        }
        same
    }

    /// Ends the scenario when the violation was seen, or soon after.
    fn cut(&mut self) {
        let Some(first) = self.outcome.violations.first() else {
            return;
        };
        let at = micros(first.at);
        for unit in [1_000_000, 100_000, 1_000, 1] {
            let end = Span(Duration::from_micros((at / unit + 1) * unit));
            if end >= self.best.duration {
                continue;
            }
            let mut shorter = self.best.clone().lasting(end);
            shorter.faults.retain(|fault| fault.at < end);
            if self.accept(shorter) {
                return;
            }
        }
    }

    fn fewer_faults(&mut self) {
        let all = self.best.faults.clone();
        reduce::reduce(all, |faults| {
            let mut fewer = self.best.clone();
            fewer.faults = faults.to_vec();
            self.accept(fewer)
        });
    }

    /// Takes away the time in which nothing goes wrong yet.
    fn begin_earlier(&mut self) {
        let first = self.best.faults.iter().map(|fault| fault.at).min();
        let first = first.map_or(0, |first| micros(first.0));
        for by in [first, first / 1_000_000 * 1_000_000, first / 2] {
            let earlier = |time: Span| Span(time.0.saturating_sub(Duration::from_micros(by)));
            let mut moved = self.best.clone();
            moved.duration = earlier(moved.duration);
            for fault in &mut moved.faults {
                fault.at = earlier(fault.at);
            }
            if by > 0 && self.accept_some_day(&moved) {
                return;
            }
        }
    }
}
