//! What a scenario expects ([`Expect`]), looked at while it runs.
//!
//! An expectation is met, missed, or there was nothing to look at: nobody crashed for long enough, no cut ever healed. What is
//! missed is a violation; what was never looked at makes the run vacuous.
//!
//! [`Expect`]: crate::scenario::Expect

mod agreement;
mod breaks;
mod deaths;
mod detection;
mod lives;

use std::time::Duration;

use agreement::Agreement;
use deaths::Deaths;
use detection::Detection;
use lives::Lives;

pub(super) use breaks::set_aside;

use super::observer::{Sight, What};
use super::outcome::Violation;
use crate::scenario::{Schedule, node_name};
use crate::sim::Sim;
use crate::verdict::Judge;

/// What is violated when an expectation is missed.
const EXPECT: &str = "expect";

/// All expectations of one run, and what came of them so far.
#[derive(Debug)]
pub(super) struct Expectations {
    lives: Lives,
    detection: Option<Detection>,
    agreement: Option<Agreement>,
    deaths: Deaths,
    verdict: Kept,
}

/// What expectations look at.
struct Seen<'a> {
    lives: &'a Lives,
    sim: &'a Sim,
    judge: &'a Judge,
}

/// What was missed, and what there was nothing to see of.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) missed: Vec<Violation>,
    /// In sentences.
    pub(super) unshown: Vec<String>,
}

impl Kept {
    /// An expectation was missed; the members begin with the observer. `story`: what led there.
    fn miss(&mut self, at: Duration, members: &[u32], text: String, story: Vec<String>) {
        self.missed.push(Violation {
            id: EXPECT.to_owned(),
            at,
            members: members.iter().copied().map(node_name).collect(),
            text,
            story,
        });
    }
}

impl Expectations {
    /// Those of this schedule.
    pub(super) fn new(schedule: &Schedule) -> Self {
        let expect = &schedule.scenario.expect;
        Self {
            lives: Lives::default(),
            detection: expect.detect_within.map(Detection::new),
            agreement: expect
                .converge_after_heal
                .map(|bound| Agreement::new(bound, schedule)),
            deaths: Deaths::new(schedule),
            verdict: Kept::default(),
        }
    }

    /// The run is over: what is due at its last instant is looked at, and what never was is told.
    pub(super) fn conclude(mut self, sim: &Sim, end: Duration, judge: &Judge) -> Kept {
        self.look(end, sim, judge);
        if let Some(detection) = self.detection {
            detection.conclude(&mut self.verdict);
        }
        if let Some(agreement) = self.agreement {
            agreement.conclude(end, &mut self.verdict);
        }
        self.deaths.conclude(end, judge, &mut self.verdict);
        self.verdict
    }

    /// Looks at what is due by now.
    fn look(&mut self, now: Duration, sim: &Sim, judge: &Judge) {
        let seen = Seen {
            lives: &self.lives,
            sim,
            judge,
        };
        if let Some(detection) = &mut self.detection {
            detection.look(now, &seen, &mut self.verdict);
        }
        if let Some(agreement) = &mut self.agreement {
            agreement.look(now, &seen, &mut self.verdict);
        }
    }
}

impl Expectations {
    pub(super) fn begin(&mut self, sim: &Sim) {
        self.lives.begin(sim);
    }

    /// Takes in what was seen, after the judge, who remembers what led there.
    pub(super) fn see(&mut self, sight: &Sight, sim: &Sim, judge: &Judge) {
        if self.detection.is_some() || self.agreement.is_some() {
            self.look(sight.at, sim, judge);
        }
        match &sight.what {
            What::Life { node, life } => {
                let turn = self.lives.turn(sight.at, *node, *life, sim);
                if let Some((detection, turn)) = self.detection.as_mut().zip(turn) {
                    detection.turned(sight.at, *node, turn);
                }
            }
            What::Told(told) => self.deaths.told(sight.at, told, sim, judge),
            _ => {}
        }
    }
}
