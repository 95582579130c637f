//! Verdicts: what must hold at every moment, and what must come within a bound.
//!
//! [`Judge`] looks on while a scenario runs, and checks [`INVARIANTS`]: S1 to S20 at every event, L1 to L12 at
//! deadlines that are derived from the protocol's settings ([`Bounds`]). Each has one of three verdicts: pass, violated, or
//! vacuous: there was nothing to look at. What a bound presumes (that the network was whole, that both run) is taken from
//! what really was so.

mod bounds;
mod calm;
mod catalogue;
mod docket;
mod entry;
mod exchanges;
mod graves;
mod limits;
mod party;
mod settled;
mod suspicions;
#[cfg(test)]
mod tests;
mod times;
mod told;
mod truth;
mod views;
mod wire;

use std::time::Duration;

use swim_core::Event;

pub use bounds::Bounds;
pub use catalogue::{INVARIANTS, Invariant};
pub use docket::Finding;

use crate::chronicle::Told;
use crate::peer::SimName;
use crate::random::micros;
use crate::run::{Life, Metrics, Observer, Sight, Violation, What};
use crate::scenario::{Schedule, Span};
use crate::sim::Sim;
use catalogue::Id;
use docket::Docket;
use truth::Truth;
use views::Change;

/// Looks on and judges.
#[derive(Debug)]
pub struct Judge {
    bounds: Bounds,
    tombstone: u64,
    truth: Truth,
    docket: Docket,
    checks: Checks,
    told: Counts,
}

/// What came of judging one run.
pub(crate) struct Judged {
    /// What was violated, the first ones.
    pub(crate) violations: Vec<Violation>,
    /// The verdict on each invariant.
    pub(crate) findings: Vec<Finding>,
    pub(crate) metrics: Metrics,
}

/// How often something was told.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    suspicions: u32,
    refuted: u32,
    deaths: u32,
    false_deaths: u32,
}

impl Counts {
    fn count(&mut self, told: &Told) {
        let counter = match told.event {
            Event::Suspected(_) => &mut self.suspicions,
            Event::Refuted(_) => &mut self.refuted,
            Event::Dead(_) => &mut self.deaths,
            _ => return,
        };
        *counter += 1;
        self.false_deaths += u32::from(told.wrongly);
    }

    fn metrics(self) -> Metrics {
        let counts = [
            ("suspicions", self.suspicions),
            ("refuted", self.refuted),
            ("deaths", self.deaths),
            ("false_deaths", self.false_deaths),
        ];
        counts
            .into_iter()
            .map(|(name, count)| (name, f64::from(count)))
            .collect()
    }
}

#[derive(Debug, Default)]
struct Checks {
    views: views::Views,
    suspicions: suspicions::Suspicions,
    told: told::Told,
    limits: limits::Limits,
    settled: settled::Settled,
    graves: graves::Graves,
    exchanges: exchanges::Exchanges,
    wire: wire::Wire,
    calm: calm::Calm,
    /// Until when all that was due was looked at.
    looked: Option<u64>,
}

/// What a check is given: what is so, what was seen of it, and where to write.
struct Scene<'a> {
    at: Duration,
    truth: &'a Truth,
    bounds: &'a Bounds,
    sim: &'a Sim,
    docket: &'a mut Docket,
}

impl Scene<'_> {
    fn hold(&mut self, id: Id, good: bool, who: [Option<u32>; 2], text: impl FnOnce() -> String) {
        self.docket.hold(self.at, id, good, who, text);
    }

    /// Whether a forgery may still have its effect.
    fn forged_within(&self, bound: Span) -> bool {
        let forged = self.truth.forged;
        forged.is_some_and(|at| self.truth.now <= at.saturating_add(bound.micros()))
    }
}

impl Judge {
    /// The judge of one run of this schedule.
    #[must_use]
    pub fn new(schedule: &Schedule) -> Self {
        let config = schedule.config();
        Self {
            bounds: Bounds::of_schedule(schedule),
            tombstone: micros(config.recovery.tombstone),
            truth: Truth::default(),
            docket: Docket::new(schedule),
            checks: Checks::default(),
            told: Counts::default(),
        }
    }

    /// The same, that also measures how much of each bound was taken: [`shares`](Self::shares).
    #[must_use]
    pub fn measuring(schedule: &Schedule) -> Self {
        let mut judge = Self::new(schedule);
        judge.docket.times = Some(times::Times::default());
        judge
    }

    /// Of each matter that was judged by a bound (a crash, a return, the end of a cut): by which invariant, whether for want
    /// of a seed that answers, and which share of the bound it took, in parts of 10,000.
    pub fn shares(&self) -> impl Iterator<Item = (&'static str, bool, u64)> {
        let times = self.docket.times.iter().flat_map(times::Times::shares);
        times.map(|((id, late), share)| (id.name(), *late, *share))
    }

    /// All that it found.
    pub(crate) fn judge(mut self, sim: &Sim) -> Judged {
        self.close(sim);
        Judged {
            violations: self.docket.violations().to_vec(),
            findings: self.docket.findings(),
            metrics: self.told.metrics(),
        }
    }

    /// Looks once more, when the run is over.
    fn close(&mut self, sim: &Sim) {
        let at = Duration::from_micros(self.truth.now);
        let what = What::Sample;
        self.see(&Sight { at, what }, sim);
    }

    /// The bounds that it judges by.
    #[must_use]
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// What was violated, in order.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.docket.violations()
    }

    /// The last events that concern these members, at most two, the observer first.
    pub(crate) fn led_to(&self, members: &[u32]) -> Vec<String> {
        let who = [members.first().copied(), members.get(1).copied()];
        self.docket.what_led_there(who)
    }

    /// The last events that led to the first violation.
    #[must_use]
    pub fn story(&self) -> &[String] {
        let first = self.docket.violations().first();
        first.map_or(&[], |violation| &violation.story)
    }

    /// The verdict on each invariant.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        self.docket.findings()
    }

    fn learn(&mut self, sim: &Sim) {
        for (host, by) in sim.hosts.iter().zip(0_u32..) {
            let Some(node) = host.node.as_deref() else {
                continue;
            };
            let me = node.me();
            self.checks.views.claims(me.peer.name(), me.incarnation);
            for (of, held) in sim.sights.beliefs(by) {
                let of = SimName::new(of);
                if of == me.peer.name() {
                    continue;
                }
                self.checks.told.learn(by, of, held.state);
                self.checks
                    .suspicions
                    .learn(by, of, held.incarnation, held.state);
            }
        }
    }
}

impl Observer for Judge {
    fn end(&mut self, sim: &Sim, _: &crate::run::Outcome) {
        self.close(sim);
        if let Some(times) = &mut self.docket.times {
            times.close();
        }
    }

    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        self.truth.begin(schedule, sim);
        self.learn(sim);
        let scene = Scene {
            at: Duration::ZERO,
            truth: &self.truth,
            bounds: &self.bounds,
            sim,
            docket: &mut self.docket,
        };
        self.checks.settled.begin(&scene);
    }

    fn see(&mut self, sight: &Sight, sim: &Sim) {
        self.truth.see(sight, sim);
        self.docket.remember(sight);
        if let What::Told(told) = &sight.what {
            self.told.count(told);
        }
        let mut scene = Scene {
            at: sight.at,
            truth: &self.truth,
            bounds: &self.bounds,
            sim,
            docket: &mut self.docket,
        };
        self.checks.see(sight, self.tombstone, &mut scene);
    }
}

impl Checks {
    fn see(&mut self, sight: &Sight, tombstone: u64, scene: &mut Scene<'_>) {
        match &sight.what {
            What::View {
                by,
                of,
                before,
                after,
            } => {
                let change = Change {
                    by: *by,
                    of: *of,
                    before: *before,
                    after: *after,
                };
                if let Some(times) = &mut scene.docket.times {
                    times.see(change, scene.truth.now);
                }
                self.views.see(change, scene);
                if scene
                    .truth
                    .machines
                    .get(*by as usize)
                    .is_some_and(|one| one.name != *of)
                {
                    self.suspicions.see(change, scene);
                    self.told.compare(change, scene);
                    self.graves.see(change, tombstone, scene);
                    self.wire.changed(change, scene);
                }
            }
            What::Told(told) => self.told.see(told, scene),
            What::Drained { node, woke, .. } => {
                self.suspicions.drained(*node, scene);
                if *woke {
                    limits::timer(*node, scene);
                }
            }
            What::Life { node, life } => self.turn(*node, *life, scene),
            _ => {}
        }
        self.limits.see(sight, scene);
        self.wire.see(sight, scene);
        self.exchanges.see(sight, scene);
        self.settled.see(sight, scene);
        // Several things are seen at each instant, and what is due by then is due once.
        if self.looked.replace(scene.truth.now) != Some(scene.truth.now) {
            self.settled.due(scene);
            self.graves.look(tombstone, scene);
            self.calm.see(scene);
        }
    }

    fn turn(&mut self, node: u32, life: Life, scene: &Scene<'_>) {
        if matches!(life, Life::Started | Life::Rejoined) {
            self.told.forget(node);
            self.wire.forget(node);
        }
        self.suspicions.turn(node, life, scene.truth.now);
        self.graves.turn(node, life);
    }
}
