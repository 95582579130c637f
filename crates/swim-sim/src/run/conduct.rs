//! The run itself: a cluster is built, comes to rest, and suffers what the schedule says, while others look on.

use std::time::Duration;

use super::cpu;
use super::expectations::{self, Expectations};
use super::observer::{Observer, Sight, What};
use super::outcome::{FaultFired, Outcome, Verdict, Violation};
use crate::act::{Act, Planned};
use crate::delay::Delay;
use crate::random::{Purpose, micros};
use crate::scenario::{Schedule, Start, node_name};
use crate::sim::Sim;
use crate::trace::duration;
use crate::verdict::Judge;

/// How many protocol periods a cluster lives in peace before a scenario begins.
const PRELUDE: u32 = 3;

/// Runs a schedule from its beginning to its end.
///
/// Equal schedules give equal outcomes but for the time that processors took, whoever looks on.
pub fn run(schedule: &Schedule, observer: &mut impl Observer) -> Outcome {
    let before = cpu::time();
    let mut sim = build(schedule);
    let mut court = Court {
        judge: Judge::new(schedule),
        expected: Expectations::new(schedule),
    };
    let length = schedule.scenario.duration.0;
    {
        let mut eyes = (&mut court, &mut *observer);
        begin(&mut sim, schedule, &mut eyes);
        play(&mut sim, length, &mut eyes);
    }
    let Court { judge, expected } = court;
    let mut kept = expected.conclude(&sim, length, &judge);
    let judged = judge.judge(&sim);
    let mut violations = expectations::set_aside(
        judged.violations,
        &judged.findings,
        schedule,
        length,
        &mut kept,
    );
    violations.append(&mut kept.missed);
    violations.sort_by_key(|violation| violation.at);
    let faults = fired(&sim, schedule);
    let idle = judged.findings.iter().filter(|one| one.looks == 0);
    let outcome = Outcome {
        scenario: schedule.scenario.name.clone(),
        seed: schedule.scenario.seed,
        nodes: schedule.scenario.nodes,
        simulated: length,
        cpu: cpu::time().saturating_sub(before),
        events: sim.events(),
        trace_hash: sim.trace_hash(),
        verdict: verdict(&violations, &faults, &kept.unshown),
        violations,
        faults,
        unshown: kept.unshown,
        unlooked: idle.map(|one| one.id).collect(),
        metrics: judged.metrics,
    };
    observer.end(&sim, &outcome);
    outcome
}

/// Who judges by the invariants, and what the scenario expects of itself. What led to a complaint of either, the judge remembers.
struct Court {
    judge: Judge,
    expected: Expectations,
}

impl Observer for Court {
    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        self.judge.begin(schedule, sim);
        self.expected.begin(sim);
    }

    fn see(&mut self, sight: &Sight, sim: &Sim) {
        self.judge.see(sight, sim);
        self.expected.see(sight, sim, &self.judge);
    }
}

fn verdict(violations: &[Violation], faults: &[FaultFired], unshown: &[String]) -> Verdict {
    if !violations.is_empty() {
        Verdict::Violated
    } else if faults.iter().any(|fault| fault.fired == 0) || !unshown.is_empty() {
        Verdict::Vacuous
    } else {
        Verdict::Pass
    }
}

fn build(schedule: &Schedule) -> Sim {
    let scenario = &schedule.scenario;
    let network = &scenario.network;
    // No more names than nodes: a roster grows by doubling, and of ten thousand that would be half for nothing.
    let spare = (scenario.nodes / 8).max(64);
    let mut sim = Sim::builder(scenario.seed)
        .nodes(scenario.nodes)
        .config(schedule.config)
        .delay(network.delay.delay())
        .datagram_size(usize::from(network.datagram))
        .seeds(scenario.seeds)
        .capacity(scenario.nodes.saturating_add(spare) as usize)
        .build();
    sim.links
        .set_usual(network.loss.chance(), schedule.zones.clone());
    for original in &schedule.clones {
        sim.add_namesake_of(*original);
    }
    sim
}

/// Starts the nodes, up to the scenario's beginning.
fn begin(sim: &mut Sim, schedule: &Schedule, eyes: &mut impl Observer) {
    let scenario = &schedule.scenario;
    let present: Vec<u32> = (0..scenario.nodes)
        .filter(|node| schedule.absent.binary_search(node).is_err())
        .collect();
    let within = match scenario.start {
        Start::Converged => {
            let origin = sim.now + micros(schedule.config.probe.interval * PRELUDE);
            sim.start_together(&present);
            while sim.step(origin) {}
            sim.now = origin;
            sim.look_on();
            None
        }
        Start::Within(time) => {
            sim.look_on();
            Some(time.0)
        }
    };
    eyes.begin(schedule, sim);
    sim.follow(&schedule.acts, schedule.faults.len());
    if let Some(within) = within {
        start_within(sim, &present, scenario.seeds, within);
    }
}

/// The seeds start at once, the others at random instants.
fn start_within(sim: &mut Sim, nodes: &[u32], seeds: u32, time: Duration) {
    for &node in nodes {
        let draw = sim.draws.draw(Purpose::Start, node, 0, 0);
        let after = Delay::Uniform(Duration::ZERO, time).sample(draw);
        if node < seeds || after == 0 {
            sim.act(node, Act::Start);
        } else {
            sim.plan(duration(after), Planned::On(node, Act::Start));
        }
    }
}

/// Lets the time pass until the end, and shows all that is seen.
fn play(sim: &mut Sim, length: Duration, eyes: &mut impl Observer) {
    let origin = sim.now;
    let end = origin + micros(length);
    let every = eyes.sample_every().map(|every| micros(every).max(1));
    let mut sample = every.map(|every| origin + every);
    loop {
        let stop = sample.map_or(end, |sample| sample.min(end));
        if sim.step(stop) {
            show(sim, eyes);
            continue;
        }
        sim.now = stop;
        if let Some((next, every)) = sample.zip(every)
            && stop == next
        {
            let at = duration(stop - origin);
            let what = What::Sample;
            eyes.see(&Sight { at, what }, sim);
            sample = Some(next + every);
        }
        if stop == end {
            return;
        }
    }
}

fn show(sim: &mut Sim, eyes: &mut impl Observer) {
    let sights = sim.sights.take();
    for sight in &sights {
        eyes.see(sight, sim);
    }
    sim.sights.put_back(sights);
}

/// What each fault that was written has done, all its parts together.
fn fired(sim: &Sim, schedule: &Schedule) -> Vec<FaultFired> {
    let written = schedule.written.iter();
    let mut fired: Vec<FaultFired> = written
        .map(|&(kind, at)| FaultFired { kind, at, fired: 0 })
        .collect();
    for (place, fault) in schedule.faults.iter().enumerate() {
        fired[fault.written].fired += sim.fault_fired(place);
    }
    for &(written, ended) in &schedule.healed {
        fired[written].fired += ended;
    }
    fired
}

impl Sim {
    /// The scenario begins: from now on all is seen.
    fn look_on(&mut self) {
        self.sights.open(self.now, self.hosts.len());
        for (by, host) in (0..).zip(&self.hosts) {
            if let Some(node) = host.node.as_deref() {
                self.sights.learn(by, node);
            }
        }
    }

    /// One more machine, whose node has the name of that one.
    fn add_namesake_of(&mut self, original: u32) {
        let peer = self.hosts[original as usize].peer;
        let seeds = self.hosts[original as usize].seeds.clone();
        self.notes.has_namesakes = true;
        self.add_host(format!("{}'", node_name(original)), peer.name(), seeds);
    }
}
