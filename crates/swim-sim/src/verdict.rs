//! Looks on, and judges.

use crate::run::{Metrics, Observer, Sight, Violation, What};
use crate::scenario::Schedule;
use crate::sim::Sim;

/// Violations kept; the first ones tell the story.
const KEPT: usize = 32;

/// The judge of one run.
#[derive(Debug)]
pub(crate) struct Judge {
    violations: Vec<Violation>,
    told: [u64; 4],
}

impl Judge {
    pub(crate) fn new(_: &Schedule) -> Self {
        Self {
            violations: Vec::new(),
            told: [0; 4],
        }
    }

    pub(crate) fn accuse(&mut self, violation: Violation) {
        if self.violations.len() < KEPT {
            self.violations.push(violation);
        }
    }

    /// The verdict, and what was measured.
    pub(crate) fn judge(mut self, sim: &Sim) -> (Vec<Violation>, Metrics) {
        if !sim.tally().is_whole() {
            self.accuse(Violation {
                id: "S20".to_owned(),
                at: sim.now(),
                members: Vec::new(),
                text: format!("datagrams are missing: {:?}", sim.tally()),
            });
        }
        let [suspicions, refuted, deaths, wrong] = self.told;
        let mut metrics = Metrics::new();
        for (name, count) in [
            ("suspicions", suspicions),
            ("refuted", refuted),
            ("deaths", deaths),
            ("false_deaths", wrong),
        ] {
            metrics.insert(name, count as f64);
        }
        (self.violations, metrics)
    }
}

impl Observer for Judge {
    fn see(&mut self, sight: &Sight, _: &Sim) {
        use swim_core::Event;
        if let What::Told(told) = &sight.what {
            let place = match told.event {
                Event::Suspected(_) => 0,
                Event::Refuted(_) => 1,
                Event::Dead(_) => 2,
                _ => return,
            };
            self.told[place] += 1;
            self.told[3] += u64::from(told.wrongly);
        }
    }
}
