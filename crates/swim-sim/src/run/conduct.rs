//! The run itself: a cluster is built, comes to rest, and suffers what the schedule says, while others look on.

use std::time::Duration;

use super::cpu;
use super::observer::{Observer, Sight, What};
use super::outcome::{FaultFired, Outcome, Verdict, Violation};
use crate::act::{Act, Planned};
use crate::delay::Delay;
use crate::random::{Purpose, micros};
use crate::scenario::{Schedule, Start, node_name};
use crate::sim::Sim;
use crate::trace::duration;
use crate::verdict::Judge;

/// How long a cluster may take to find together before a scenario begins.
const LONGEST_PRELUDE: Duration = Duration::from_secs(300);
/// How often it is asked whether it has.
const PRELUDE_STEP: Duration = Duration::from_millis(250);
/// After that its hurry lasts no longer than this (P4).
const HURRY: Duration = Duration::from_secs(12);

/// Runs a schedule from its beginning to its end.
///
/// Equal schedules give equal outcomes but for the time that processors took, whoever looks on.
pub fn run(schedule: &Schedule, observer: &mut impl Observer) -> Outcome {
    let before = cpu::time();
    let mut sim = build(schedule);
    let together = begin(&mut sim, schedule);
    sim.watch_on();
    sim.follow(&schedule.acts, schedule.faults.len());
    let mut judge = Judge::new(schedule);
    if !together {
        judge.accuse(never_together(&sim));
    }
    {
        let mut eyes = (&mut judge, &mut *observer);
        eyes.begin(schedule, &sim);
        play(&mut sim, schedule.scenario.duration.0, &mut eyes);
    }
    let (violations, metrics) = judge.judge(&sim);
    let faults = fired(&sim, schedule);
    let outcome = Outcome {
        scenario: schedule.scenario.name.clone(),
        seed: schedule.scenario.seed,
        nodes: schedule.scenario.nodes,
        simulated: schedule.scenario.duration.0,
        cpu: cpu::time().saturating_sub(before),
        events: sim.events(),
        trace_hash: sim.trace_hash(),
        verdict: verdict(&violations, &faults),
        violations,
        faults,
        metrics,
    };
    observer.end(&sim, &outcome);
    outcome
}

fn verdict(violations: &[Violation], faults: &[FaultFired]) -> Verdict {
    if !violations.is_empty() {
        Verdict::Violated
    } else if faults.iter().any(|fault| fault.fired == 0) {
        Verdict::Vacuous
    } else {
        Verdict::Pass
    }
}

fn build(schedule: &Schedule) -> Sim {
    let scenario = &schedule.scenario;
    let network = &scenario.network;
    let mut sim = Sim::builder(scenario.seed)
        .nodes(scenario.nodes)
        .config(schedule.config)
        .delay(network.delay.delay())
        .datagram_size(usize::from(network.datagram))
        .seeds(scenario.seeds)
        .build();
    sim.links
        .set_usual(network.loss.chance(), schedule.zones.clone());
    for original in &schedule.clones {
        sim.add_namesake_of(*original);
    }
    sim
}

/// Starts the nodes. A converged start goes on until all know all; tells whether they do.
fn begin(sim: &mut Sim, schedule: &Schedule) -> bool {
    let scenario = &schedule.scenario;
    let within = match scenario.start {
        Start::Converged => Duration::ZERO,
        Start::Within(time) => time.0,
    };
    let present: Vec<u32> = (0..scenario.nodes)
        .filter(|node| schedule.absent.binary_search(node).is_err())
        .collect();
    for &node in &present {
        let draw = sim.draws.draw(Purpose::Start, node, 0, 0);
        match Delay::Uniform(Duration::ZERO, within).sample(draw) {
            after if after > 0 && node >= scenario.seeds => {
                sim.plan(duration(after), Planned::On(node, Act::Start));
            }
            _ => {
                sim.act(node, Act::Start);
            }
        }
    }
    if scenario.start != Start::Converged {
        return true;
    }
    let nodes = u32::try_from(present.len()).unwrap_or(u32::MAX);
    let end = sim.now() + LONGEST_PRELUDE;
    while sim.now() < end {
        sim.run_for(PRELUDE_STEP);
        if sim.each().knows(nodes) {
            sim.run_for(HURRY);
            return true;
        }
    }
    false
}

/// The cluster did not come to rest before the scenario began.
fn never_together(sim: &Sim) -> Violation {
    let nodes = sim.each().iter().count();
    let alone = sim
        .each()
        .iter()
        .filter(|view| view.node().counts().alive as usize != nodes)
        .count();
    Violation {
        id: "start".to_owned(),
        at: Duration::ZERO,
        members: Vec::new(),
        text: format!(
            "after {LONGEST_PRELUDE:?}, {alone} of {nodes} nodes still did not know all others (does the profile suit the network? try start = \"at-once\")"
        ),
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
    /// From now on all that happens is seen.
    fn watch_on(&mut self) {
        self.sights.open(self.now);
        for host in 0..self.hosts.len() {
            if let Some(node) = self.hosts[host].node.take() {
                let by = u32::try_from(host).unwrap_or(u32::MAX);
                self.sights.learn(by, &node);
                self.hosts[host].node = Some(node);
            }
        }
        self.record.told.clear();
    }

    /// One more machine, whose node has the name of that one.
    fn add_namesake_of(&mut self, original: u32) {
        let peer = self.hosts[original as usize].peer;
        let seeds = self.hosts[original as usize].seeds.clone();
        self.notes.has_namesakes = true;
        self.add_host(format!("{}'", node_name(original)), peer.name(), seeds);
    }
}
