//! Each explicit fault becomes acts of the engine.

use std::time::Duration;

use swim_core::State;

use super::resolve::explicit;
use crate::act::{Act, Return};
use crate::delay::Delay;
use crate::links::{Bursts, Effect, Group, Scope};
use crate::random::micros;
use crate::run::{Scripted, Timed};
use crate::scenario::schedule::{Schedule, Scheduled};
use crate::scenario::selector::{LinkSelector, Names, Selector};
use crate::scenario::{
    Address, Crash, Fault, FaultKind, Forge, Forged, Leave, Memory, Metadata, Mode, Partition,
    Shape, Span,
};

/// How much longer everything takes over a slow link, if nothing else is said.
const SLOW: Delay = Delay::Constant(Duration::from_millis(500));

/// Adds a fault and its acts to the schedule.
pub(super) fn lower(fault: &Fault, names: &Names, written: usize, schedule: &mut Schedule) {
    let number = u32::try_from(schedule.faults.len()).expect("fewer than 2³² faults");
    let mut acts = Acts {
        names,
        fault: number,
        begin: fault.at.micros(),
        end: fault
            .lasts
            .map(|lasts| fault.at.micros().saturating_add(lasts.micros())),
        run: schedule.scenario.duration.micros(),
        until: None,
        nodes: Vec::new(),
        list: Vec::new(),
    };
    acts.at(acts.begin, Scripted::Begins);
    if let FaultKind::Clone(clone) = &fault.kind {
        for original in explicit(&clone.nodes, names) {
            let count = u32::try_from(schedule.clones.len()).expect("fewer than 2³² clones");
            acts.nodes.push(original);
            acts.on(names.nodes + count, acts.begin, Act::Start);
            acts.finally(names.nodes + count, Act::Crash);
            schedule.clones.push(original);
        }
    } else {
        acts.kind(&fault.kind);
    }
    acts.close();
    acts.nodes.sort_unstable();
    acts.nodes.dedup();
    schedule.faults.push(Scheduled {
        kind: fault.kind.name(),
        at: fault.at.0,
        until: acts.until.map(Duration::from_micros),
        nodes: acts.nodes,
        written,
    });
    schedule.acts.append(&mut acts.list);
}

/// The acts of one fault, as they are found.
struct Acts<'n> {
    names: &'n Names,
    fault: u32,
    begin: u64,
    /// What was written as its end.
    end: Option<u64>,
    /// When the run ends.
    run: u64,
    /// When the last of its acts is done.
    until: Option<u64>,
    nodes: Vec<u32>,
    list: Vec<Timed>,
}

impl Acts<'_> {
    fn at(&mut self, at: u64, act: Scripted) {
        let fault = self.fault;
        self.list.push(Timed { at, fault, act });
    }

    fn on(&mut self, node: u32, at: u64, act: Act) {
        self.at(at, Scripted::On(node, act));
        self.reach(at);
    }

    /// So long after the beginning it is made good again.
    fn after(&mut self, node: u32, time: Span, act: Act) {
        let at = self.begin.saturating_add(time.micros());
        self.at(at, Scripted::Undo(node, act));
        self.reach(at);
    }

    fn reach(&mut self, at: u64) {
        if at > self.begin {
            self.until = self.until.max(Some(at));
        }
    }

    /// When the fault ends, if it does.
    fn finally(&mut self, node: u32, act: Act) {
        if let Some(end) = self.end {
            self.at(end, Scripted::Undo(node, act));
        }
    }

    fn close(&mut self) {
        self.until = self.until.max(self.end);
        if let Some(until) = self.until.filter(|until| *until <= self.run) {
            self.at(until, Scripted::Ends);
        }
        self.list.retain(|act| act.at <= self.run);
    }

    fn each(&mut self, nodes: &Selector) -> Vec<u32> {
        let nodes = explicit(nodes, self.names);
        self.nodes.extend(&nodes);
        nodes
    }

    fn group(&self, nodes: &Selector) -> Group {
        if nodes.is_all() {
            return Group::Everyone;
        }
        Group::of(explicit(nodes, self.names))
    }

    fn impose(&mut self, scope: Scope, effect: Effect) {
        self.at(self.begin, Scripted::Impose(scope, effect));
        if let Some(end) = self.end {
            self.at(end, Scripted::Lift);
        }
    }

    fn on_links(&mut self, links: &LinkSelector, effect: Effect) {
        self.each(&links.from);
        self.each(&links.to);
        let (from, to) = (self.group(&links.from), self.group(&links.to));
        let scope = if links.both_ways {
            Scope::Between(from, to)
        } else {
            Scope::OneWay(from, to)
        };
        self.impose(scope, effect);
    }

    fn kind(&mut self, kind: &FaultKind) {
        match kind {
            FaultKind::Partition(partition) => self.partition(partition),
            FaultKind::Loss(loss) => {
                let chance = loss.share.chance();
                let effect = match (loss.burst, loss.only) {
                    (Some(burst), _) => Effect::Bursts(Bursts::new(chance, burst.0)),
                    (None, only) if loss.astray => Effect::Astray(chance, only),
                    (None, Some(only)) => Effect::LossOf(chance, only),
                    (None, None) => Effect::Loss(chance),
                };
                self.on_links(&loss.links, effect);
            }
            FaultKind::Dropped(dropped) => {
                for number in &dropped.numbers {
                    self.on_links(&dropped.links, Effect::Drop(*number));
                }
            }
            FaultKind::Delay(delay) => {
                let law = delay.law.delay();
                let effect = if delay.add {
                    Effect::Add(law, crate::links::Carries::All)
                } else {
                    Effect::Slow(law)
                };
                self.on_links(&delay.links, effect);
            }
            FaultKind::Reorder(reorder) => {
                let effect = Effect::Reorder(reorder.share.chance(), reorder.by.delay());
                self.on_links(&reorder.links, effect);
            }
            FaultKind::Duplicate(duplicate) => {
                let effect = Effect::Duplicate(duplicate.share.chance(), duplicate.after.delay());
                self.on_links(&duplicate.links, effect);
            }
            FaultKind::Replay(replay) => {
                let age = Delay::Uniform(Duration::ZERO, replay.age.0);
                self.on_links(&replay.links, Effect::Replay(replay.share.chance(), age));
            }
            FaultKind::Corrupt(corrupt) => {
                let effect = Effect::Corrupt(corrupt.share.chance(), corrupt.bits);
                self.on_links(&corrupt.links, effect);
            }
            FaultKind::Truncate(truncate) => {
                self.on_links(&truncate.links, Effect::Truncate(truncate.share.chance()));
            }
            FaultKind::SizeLimit(limit) => {
                self.on_links(&limit.links, Effect::SizeLimit(limit.bytes));
            }
            FaultKind::RateLimit(limit) => {
                self.each(&limit.nodes);
                let effect = Effect::Rate {
                    bytes_per_second: limit.bytes_per_second,
                    queue: limit.queue,
                };
                let scope = Scope::OneWay(self.group(&limit.nodes), Group::Everyone);
                self.impose(scope, effect);
            }
            kind => self.nodes(kind),
        }
    }

    fn partition(&mut self, partition: &Partition) {
        let carries = partition.carries;
        let effect = match partition.mode {
            Mode::Drop => Effect::Cut(carries),
            Mode::Jam => Effect::Jam(carries),
            Mode::Slow => Effect::Add(partition.by.map_or(SLOW, |by| by.delay()), carries),
        };
        let hosts = self.names.nodes;
        let all = Selector::all();
        let scope = match &partition.shape {
            Shape::Split { groups, .. } => {
                groups.iter().for_each(|group| drop(self.each(group)));
                Scope::Apart(groups.iter().map(|group| self.group(group)).collect())
            }
            Shape::Isolate { nodes } => Scope::Around(Group::of(self.each(nodes))),
            Shape::OneWay { from, to } => {
                self.each(from);
                self.each(to);
                Scope::OneWay(self.group(from), self.group(to))
            }
            Shape::Between { from, to } => {
                self.each(from);
                self.each(to);
                Scope::Between(self.group(from), self.group(to))
            }
            // It was resolved to one way.
            Shape::Asymmetric { .. } => Scope::Apart(Vec::new()),
            // A bridge was resolved to the split around it.
            Shape::Bridge { nodes } => Scope::Apart(vec![self.group(nodes)]),
            Shape::Ring { neighbours } => {
                self.each(&all);
                let reach = *neighbours;
                Scope::Ring { hosts, reach }
            }
            Shape::Chain { into } => {
                self.each(&all);
                Scope::Chain((0..*into).map(|part| slice(hosts, *into, part)).collect())
            }
            Shape::RandomLinks { share, salt } => {
                self.each(&all);
                let (chance, salt) = (share.chance(), salt.unwrap_or_default());
                Scope::Lot {
                    hosts,
                    chance,
                    salt,
                }
            }
        };
        self.impose(scope, effect);
    }

    fn nodes(&mut self, kind: &FaultKind) {
        let begin = self.begin;
        match kind {
            FaultKind::Crash(crash) => self.crash(crash),
            FaultKind::Leave(leave) => self.leave(leave),
            FaultKind::Metadata(metadata) => self.metadata(metadata),
            FaultKind::Forge(forge) => self.forge(forge),
            FaultKind::Join(join) => {
                let owners = join.address_of.as_ref();
                let owners = owners.map(|owners| explicit(owners, self.names));
                for (place, node) in self.each(&join.nodes).into_iter().enumerate() {
                    let owner = owners.as_ref().and_then(|owners| owners.get(place));
                    let act = owner.map_or(Act::Rejoin, |owner| Act::TakeOver(*owner));
                    self.on(node, begin, act);
                }
            }
            FaultKind::Pause(pause) => {
                for node in self.each(&pause.nodes) {
                    let act = pause.buffer.map_or(Act::Freeze, Act::FreezeWithin);
                    self.on(node, begin, act);
                    self.finally(node, Act::Thaw);
                }
            }
            FaultKind::Throttle(throttle) => {
                let each = throttle.per_datagram.micros();
                for node in self.each(&throttle.nodes) {
                    self.on(node, begin, Act::Throttle(each, throttle.buffer));
                    self.finally(node, Act::Throttle(0, throttle.buffer));
                }
            }
            FaultKind::ClockRate(rate) => {
                for node in self.each(&rate.nodes) {
                    self.on(node, begin, Act::DriftClock(rate.ppm));
                    self.finally(node, Act::DriftClock(0));
                }
            }
            FaultKind::ClockJump(jump) => {
                let by = i64::try_from(jump.by.micros()).unwrap_or(i64::MAX);
                let by = if jump.back { -by } else { by };
                for node in self.each(&jump.nodes) {
                    self.on(node, begin, Act::JumpClock(by));
                }
            }
            // All others stand for faults of the kinds above, or befall links.
            _ => {}
        }
    }

    fn crash(&mut self, crash: &Crash) {
        let begin = self.begin;
        let (down, up) = match crash.memory {
            Memory::Kept => (Act::Sleep, Act::Wake),
            Memory::Incarnation => {
                let elsewhere = crash.address == Address::New;
                (Act::Crash, Act::RestartKept { elsewhere })
            }
            memory => {
                let how = Return {
                    elsewhere: crash.address == Address::New,
                    incarnation: (memory == Memory::NoClock).then_some(0),
                };
                (Act::Crash, Act::Restart(how))
            }
        };
        for node in self.each(&crash.nodes) {
            self.on(node, begin, down.clone());
            if let Some(after) = crash.restart_after {
                self.after(node, after, up.clone());
            }
        }
    }

    fn leave(&mut self, leave: &Leave) {
        let begin = self.begin;
        for node in self.each(&leave.nodes) {
            self.on(node, begin, Act::Leave);
            for (after, act) in [
                (leave.crash_after, Act::Crash),
                (leave.rejoin_after, Act::Rejoin),
            ] {
                if let Some(after) = after {
                    self.after(node, after, act);
                }
            }
        }
    }

    /// The instants of something that happens once, or in a rhythm while the fault lasts.
    fn rhythm(&self, every: Option<Span>) -> Vec<u64> {
        let end = self.end.unwrap_or(self.run).min(self.run);
        let Some(every) = every.map(Span::micros).filter(|every| *every > 0) else {
            return vec![self.begin];
        };
        let mut times = vec![self.begin];
        while let Some(next) = times.last().map(|last| last.saturating_add(every))
            && next < end
        {
            times.push(next);
        }
        times
    }

    fn metadata(&mut self, metadata: &Metadata) {
        let nodes = self.each(&metadata.nodes);
        for at in self.rhythm(metadata.every) {
            for node in &nodes {
                self.on(*node, at, Act::UpdateAnew);
            }
        }
    }

    fn forge(&mut self, forge: &Forge) {
        let (to, about) = (self.each(&forge.to), self.each(&forge.about));
        let says = match forge.says {
            Forged::Alive => Some(State::Alive),
            Forged::Suspect => Some(State::Suspect),
            Forged::Dead => Some(State::Dead),
            Forged::Left => Some(State::Left),
            Forged::Noise => None,
        };
        for at in self.rhythm(forge.every) {
            for (to, about) in to
                .iter()
                .flat_map(|to| about.iter().map(move |about| (to, about)))
            {
                let (about, above) = (*about, forge.above);
                self.on(*to, at, Act::Forge { about, says, above });
            }
        }
    }
}

/// One of several groups of about equal size, in the order of numbers.
fn slice(nodes: u32, into: u32, part: u32) -> Group {
    let bound = |part: u32| u64::from(nodes) * u64::from(part) / u64::from(into);
    let bound = |part| u32::try_from(bound(part)).unwrap_or(nodes);
    Group::of(bound(part)..bound(part + 1))
}

/// Zones as the engine knows them, with half of each round trip.
pub(in crate::scenario) fn zones(
    names: &Names,
    rtt: &std::collections::BTreeMap<String, Span>,
) -> crate::links::Zones {
    let count = names.zones.len();
    let mut of = vec![None; names.nodes as usize];
    for (zone, nodes) in (0..).zip(names.zones.values()) {
        for node in nodes {
            of[*node as usize] = Some(zone);
        }
    }
    let mut way = vec![vec![0; count]; count];
    let place = |name: &str| names.zones.keys().position(|zone| zone == name);
    for (pair, time) in rtt {
        let ends = pair
            .split_once('-')
            .and_then(|(one, other)| place(one).zip(place(other)));
        if let Some((one, other)) = ends {
            way[one][other] = micros(time.0) / 2;
            way[other][one] = micros(time.0) / 2;
        }
    }
    crate::links::Zones { of, way }
}
