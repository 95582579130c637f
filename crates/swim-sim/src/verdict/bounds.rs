//! The bounds of the liveness invariants, derived from the protocol's settings.

use serde::Serialize;
use swim_core::Config;

use crate::random::micros;
use crate::scenario::{Schedule, Span};

/// How long what must happen may take, with these settings among so many nodes.
///
/// The parts: `first` is the time until somebody probes a given member; each of n nodes probes all others in a random
/// order, so that after r rounds nobody has with a chance below e^-r; sixteen rounds, and never more than 2n − 1, by when
/// each node has. `suspicion` is how long a suspect has: with few members nobody confirms, and it is the maximum.
/// `spread` is gossip's time to reach all, four times over, and the repair by digest of what it missed.
///
/// But for L3 and L4 no bound of L1 to L12 is more than three times the 99th percentile of what was measured over a thousand seeds
/// ([`measure`](crate::sweep::measure)): a bound that nothing comes near finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// L1: from a crash to its being known to everybody: first + suspicion + spread.
    pub crash: Span,
    /// L2: from a crash to its being known to somebody: thirteen rounds, and a suspicion that was confirmed.
    pub first: Span,
    /// L3: how long nothing must have disturbed the network: a suspicion that was raised before, and that nobody confirmed,
    /// may be told on until it ends.
    pub calm: Span,
    /// L4: so long after the last disturbance no suspicion of before is left: the longest. The last call comes when the least
    /// suspicion is over; one that nobody confirms goes on for long after it, and may end in a verdict though its suspect could
    /// have been reached for seconds (swarm 2574).
    pub refutation: Span,
    /// L5, L6: from the last change of the network, or from a return, to agreement: the last suspicions end, a reconnect
    /// ping finds the other side, the news spreads.
    pub heal: Span,
    /// L7: from a leave to its being known to everybody: it goes to sixteen at once, and in three rounds of gossip to all.
    pub leave: Span,
    /// L8: from an update to its being known to everybody: spread.
    pub update: Span,
    /// L9: what is looked at to judge the traffic of a calm cluster.
    pub window: Span,
    /// L10: from a join, with a seed that answers, to all knowing all: rounds of gossip, one for each doubling and two more;
    /// and whom gossip missed sees two acks with another digest, an interval apart, before it asks (swarm 21831, 23477).
    pub join: Span,
    /// L10 and L6 where no seed answered at first: the longest wait between two calls, or between two trials of a seed.
    pub seed: Span,
    /// L11: how long after its time a tombstone may still be there.
    pub reap: Span,
    /// L12: from a split to each side's holding the other dead: as a crash, all members of the other side one by one.
    pub split: Span,
    /// S19: from the last forgery to everybody's being back: exile, ten periods for the tombstone among it, and a heal.
    pub forged: Span,
    /// S8: the least time from a suspicion to its verdict.
    pub verdict: Span,
}

/// Rounds after which somebody has probed a given member, but for a chance of 10⁻⁷.
const ROUNDS: u64 = 16;
/// The same for a chance of 10⁻⁶, in what is likely only.
const LIKELY_ROUNDS: u64 = 13;
/// Below so many members too few confirm for a suspicion to be brought down to its minimum.
const FEW: u64 = 6;
/// The longest wait between two calls of a joiner to its seeds, in microseconds (with its spread).
const LONGEST_CALL: u64 = 38_000_000;

impl Bounds {
    /// The bounds for this schedule: on a network whose usual round trip counts beside a probe's time-out, what is told and asked
    /// on the way takes that much longer. (Where it is longer than the time-out, only L3, L4 and L9 are judged.)
    #[must_use]
    pub fn of_schedule(schedule: &Schedule) -> Self {
        let bounds = Self::of(schedule.config(), schedule.scenario().nodes);
        let trip = schedule.round_trip();
        if trip < micros(schedule.config().probe.timeout) / 10 {
            return bounds;
        }
        let longer = |bound: Span, trips: u64| span(bound.micros() + trips * trip);
        Self {
            leave: longer(bounds.leave, 2),
            join: longer(bounds.join, 4),
            update: longer(bounds.update, 4),
            heal: longer(bounds.heal, 4),
            crash: longer(bounds.crash, 4),
            split: longer(bounds.split, 4),
            ..bounds
        }
    }

    /// The bounds for `nodes` nodes that run with `config`.
    #[must_use]
    pub fn of(config: &Config, nodes: u32) -> Self {
        let n = u64::from(nodes.max(2));
        let digits = u64::from(n.ilog2()) + 1;
        let interval = micros(config.probe.interval).max(1);
        let least = least_suspicion(config, n);
        let most = least * u64::from(config.suspicion.max_factor.max(1));
        let suspicion = match (config.suspicion.enabled, n < FEW) {
            (false, _) => 0,
            (true, true) => most,
            (true, false) => (2 * least + 2 * interval).min(most + interval),
        };
        let gossip = micros(config.gossip.interval).max(interval / 5);
        let spread = 4 * gossip * (digits + 2) + repair(config, n, interval);
        let first = interval * ROUNDS.min(2 * n - 1) + 2 * interval;
        let soon = interval * LIKELY_ROUNDS.min(2 * n - 1);
        let health = u64::from(config.health.max);
        let mends = interval * health * (health + 1) / 2;
        let reconnect = if config.recovery.reconnect {
            interval * n.div_ceil(8).max(2) * 2
        } else {
            NEVER
        };
        let heal = 2 * least + reconnect + spread;
        let seed = LONGEST_CALL.max(micros(config.recovery.seed_interval) * digits);
        let crash = first + suspicion + spread;
        Self {
            crash: span(crash),
            first: span(soon + suspicion.min(2 * least + interval)),
            calm: span(most + interval),
            refutation: span(most + interval),
            heal: span(heal),
            leave: span(gossip * 3),
            update: span(spread + 2 * interval),
            window: span(interval * 10),
            join: span(gossip * (digits + 2) + interval * 2),
            seed: span(seed),
            reap: span(interval * 3),
            split: span(mends + first + most + spread + interval * n / 2),
            forged: span(interval * 90 + heal),
            verdict: span(
                (interval * u64::from(config.suspicion.floor)).saturating_sub(MILLISECONDS),
            ),
        }
    }
}

impl Bounds {
    /// The bound that an invariant of this name waits for; `None` if it holds at every moment.
    #[must_use]
    pub fn of_invariant(&self, name: &str) -> Option<Span> {
        Some(match name {
            "S8" => self.verdict,
            "S19" => self.forged,
            "L1" => self.crash,
            "L2" => self.first,
            "L3" => self.calm,
            "L4" => self.refutation,
            "L5" | "L6" => self.heal,
            "L7" => self.leave,
            "L8" => self.update,
            "L9" => self.window,
            "L10" => self.join,
            "L11" => self.reap,
            "L12" => self.split,
            _ => return None,
        })
    }
}

/// Suspicions are counted in whole milliseconds of the node's clock.
const MILLISECONDS: u64 = 2_000;
/// As long as no bound is reached: what no mechanism is switched on for.
const NEVER: u64 = 1 << 50;

const fn span(micros: u64) -> Span {
    Span::from_micros(micros)
}

/// The least suspicion among n members; log₁₀ n is taken a little too great.
fn least_suspicion(config: &Config, n: u64) -> u64 {
    let digits_milli = (u64::from(n.ilog2()) + 1) * 302;
    let alpha = u64::from(config.suspicion.alpha_tenths) * digits_milli / 10;
    let floor = u64::from(config.suspicion.floor) * 1_000;
    micros(config.probe.interval) / 1_000 * alpha.max(floor)
}

/// How long a difference lasts that gossip left behind.
fn repair(config: &Config, n: u64, interval: u64) -> u64 {
    let by_digest = config.exchange.digest && config.exchange.on_difference;
    if by_digest || config.exchange.interval.is_zero() {
        interval * 10
    } else {
        micros(config.exchange.interval) * 2 * (u64::from(n.ilog2()) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_grow_with_the_cluster_and_with_the_interval() {
        let small = Bounds::of(&Config::LAN, 4);
        let large = Bounds::of(&Config::LAN, 1_000);
        assert!(large.join > small.join && large.heal > small.heal);
        let wan = Bounds::of(&Config::WAN, 1_000);
        assert!(wan.crash > large.crash && wan.verdict > large.verdict);
        assert_eq!(small.verdict, Span::millis(3_998));
    }

    #[test]
    fn without_reconnection_nothing_bounds_a_heal() {
        let never = Bounds::of(&Config::LAN.with_reconnect(false), 10);
        assert!(never.heal > Span::secs(86_400 * 365));
    }
}
