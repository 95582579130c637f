//! Looks on while a target's scenario runs, and measures.

use std::collections::BTreeMap;
use std::time::Duration;

use super::wholeness::{Truth, Wholeness};
use crate::chronicle::Told;
use crate::random::micros;
use crate::run::{Life, Observer, Sight, What};
use crate::scenario::{Schedule, Start};
use crate::sim::Sim;

/// What is measured in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Figure {
    /// From the row's instant until all that run know all that run, and hold nobody up who is gone; seconds.
    Whole,
    /// The longest time from a paused process's going on until nobody holds it dead; seconds.
    Back,
    /// Deaths told of members that lived, from the row's instant on.
    Deaths,
    /// Of these, those of members that no fault was meant to hurt.
    HealthyDeaths,
    /// Datagrams beyond two for each node and second, from the row's instant on.
    Packets,
    /// All bytes that a node sent from the row's instant until all was whole, streams included, on average.
    BytesUntilWhole,
    /// The same for the seed alone.
    SeedBytes,
    /// All bytes that a node sent in a second, from the row's instant on, on average.
    BytesPerSecond,
}

impl Figure {
    /// What it is, in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Whole => "all know all",
            Self::Back => "back after a freeze",
            Self::Deaths => "false deaths",
            Self::HealthyDeaths => "healthy called dead",
            Self::Packets => "packets beyond 2/s a node",
            Self::BytesUntilWhole | Self::SeedBytes => "sent until all know all",
            Self::BytesPerSecond => "sent",
        }
    }

    /// The unit.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Whole | Self::Back => "s",
            Self::Deaths | Self::HealthyDeaths => "deaths",
            Self::Packets => "packets",
            Self::BytesUntilWhole => "B a node",
            Self::SeedBytes => "B of the seed",
            Self::BytesPerSecond => "B/s a node",
        }
    }
}

/// The figures of one run.
pub(super) type Reading = BTreeMap<Figure, f64>;

/// Datagrams and bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    datagrams: u64,
    bytes: u64,
    of_seed: u64,
}

/// Measures one run.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    /// From when on it measures.
    mark: u64,
    length: u64,
    /// How many nodes start by and by.
    to_start: u32,
    all: Wholeness,
    /// Nodes that are meant to be hurt, by the faults' words and besides.
    sick: Vec<bool>,
    also_sick: &'static [u32],
    sent: Sent,
    /// Node-seconds that passed since the mark, in microseconds, and up to when.
    lived: u128,
    lived_until: u64,
    /// When all was whole for the first time, and what had been sent by then.
    whole: Option<(u64, Sent)>,
    /// Whoever goes on and is held dead: since when.
    thawing: BTreeMap<usize, u64>,
    back: u64,
    /// Told of members that lived; of all, and of those that are not sick.
    deaths: (u64, u64),
}

impl Gauge {
    pub(super) fn new(mark: Duration, sick: &'static [u32]) -> Self {
        Self {
            mark: micros(mark),
            lived_until: micros(mark),
            also_sick: sick,
            ..Self::default()
        }
    }

    /// The figures, once the run is over.
    pub(super) fn read(&self, nodes: u32) -> Reading {
        let nodes = f64::from(nodes.max(1));
        let lived = seconds(u64::try_from(self.lived).unwrap_or(u64::MAX));
        let (at, until) = self.whole.map_or((f64::INFINITY, self.sent), |(at, sent)| {
            (seconds(at.saturating_sub(self.mark)), sent)
        });
        let packets = count(self.sent.datagrams) - 2.0 * lived;
        Reading::from([
            (Figure::Whole, at),
            (
                Figure::Back,
                if self.thawing.is_empty() {
                    seconds(self.back)
                } else {
                    f64::INFINITY
                },
            ),
            (Figure::Deaths, count(self.deaths.0)),
            (Figure::HealthyDeaths, count(self.deaths.1)),
            (Figure::Packets, packets),
            (Figure::BytesUntilWhole, count(until.bytes) / nodes),
            (Figure::SeedBytes, count(until.of_seed)),
            (
                Figure::BytesPerSecond,
                count(self.sent.bytes) / lived.max(1e-6),
            ),
        ])
    }

    fn pass(&mut self, now: u64) {
        if now > self.lived_until {
            let passed = u128::from(now - self.lived_until);
            self.lived += passed * u128::from(self.all.running());
            self.lived_until = now;
        }
    }

    fn send(&mut self, now: u64, from: u32, bytes: u32, datagrams: u64) {
        if now >= self.mark {
            self.sent.datagrams += datagrams;
            self.sent.bytes += u64::from(bytes);
            self.sent.of_seed += if from == 0 { u64::from(bytes) } else { 0 };
        }
    }

    /// Something changed: is all whole, is anybody back?
    fn look(&mut self, now: u64) {
        if self.whole.is_none() && now > self.mark && self.to_start == 0 && self.all.is_whole() {
            self.whole = Some((now, self.sent));
        }
        if !self.thawing.is_empty() {
            let (all, back) = (&self.all, &mut self.back);
            self.thawing.retain(|node, since| {
                let is_back = all.wrong_about(*node) == 0;
                if is_back {
                    *back = (*back).max(now - *since);
                }
                !is_back && all.truth(*node) == Truth::Running
            });
        }
    }

    fn tell(&mut self, now: u64, told: &Told) {
        let Some(dead) = told.death_of() else {
            return;
        };
        let dead = dead.number() as usize;
        if now >= self.mark && matches!(self.all.truth(dead), Truth::Running | Truth::Paused) {
            self.deaths.0 += 1;
            let healthy = !self.sick.get(dead).copied().unwrap_or(false);
            self.deaths.1 += u64::from(healthy);
        }
    }

    fn live(&mut self, now: u64, node: u32, life: Life, sim: &Sim) {
        self.pass(now);
        let place = node as usize;
        let host = sim.hosts.get(place);
        let running = host.and_then(|host| host.node.as_deref());
        let incarnation = running.map(|node| node.me().incarnation);
        match life {
            Life::Started | Life::Rejoined => {
                self.to_start = self.to_start.saturating_sub(1);
                self.all.turn(place, Truth::Running, incarnation);
            }
            Life::Woken => self.all.turn(place, Truth::Running, None),
            Life::Stopped => {
                self.all.turn(place, Truth::Stopped, None);
                self.all.forget(place);
            }
            Life::Leaving => self.all.turn(place, Truth::Stopped, None),
            Life::Paused => self.all.turn(place, Truth::Paused, None),
            Life::Resumed => {
                self.all.turn(place, Truth::Running, None);
                self.thawing.insert(place, now);
            }
            _ => {}
        }
        self.look(now);
    }
}

impl Observer for Gauge {
    fn begin(&mut self, schedule: &Schedule, sim: &Sim) {
        self.length = micros(schedule.scenario().duration.0);
        self.all = Wholeness::new(sim.hosts.len());
        self.sick = vec![false; sim.hosts.len()];
        let faults = schedule.faults().iter().filter(|fault| hurts(fault.kind));
        for node in faults.flat_map(|fault| &fault.nodes).chain(self.also_sick) {
            if let Some(sick) = self.sick.get_mut(*node as usize) {
                *sick = true;
            }
        }
        for (place, host) in sim.hosts.iter().enumerate() {
            let Some(node) = &host.node else {
                continue;
            };
            self.all
                .turn(place, Truth::Running, Some(node.me().incarnation));
            for member in node.members() {
                let held = crate::sights::held(member);
                self.all
                    .hold(place, member.peer.name().number() as usize, Some(held));
            }
        }
        let nodes = schedule.scenario().nodes;
        self.to_start = match schedule.scenario().start {
            Start::Converged => u32::try_from(schedule.absent().len()).unwrap_or(u32::MAX),
            Start::Within(_) => nodes,
        };
    }

    fn see(&mut self, sight: &Sight, sim: &Sim) {
        let now = micros(sight.at);
        match &sight.what {
            What::Sent { from, bytes, .. } => self.send(now, *from, bytes.len(), 1),
            What::Streamed { from, bytes, .. } => self.send(now, *from, *bytes, 0),
            What::View { by, of, after, .. } => {
                self.all.hold(*by as usize, of.number() as usize, *after);
                self.look(now);
            }
            What::Told(told) => self.tell(now, told),
            What::Life { node, life } => self.live(now, *node, *life, sim),
            _ => {}
        }
    }

    fn end(&mut self, _: &Sim, _: &crate::run::Outcome) {
        self.pass(self.length);
    }
}

/// Whether whoever a fault of this kind touches may rightly be called dead; cut links touch the healthy on both ends.
fn hurts(kind: &str) -> bool {
    matches!(kind, "crash" | "pause" | "leave" | "throttle")
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

fn count(number: u64) -> f64 {
    number as f64
}
