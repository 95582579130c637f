//! The way back: the dead are tried again, and so are seeds (P9). This is what heals partitions.

use super::Node;
use super::pings::{Asked, NEVER, Purpose};
use crate::config::Config;
use crate::output::Reason;
use crate::peer::{Peer, State};
use crate::random::Random;
use crate::rules::{exchange_scale, hurried_gap, reconnect_gap};
use crate::time::micros;

/// Seeds remembered at most.
pub(super) const SEEDS: usize = 8;
/// Protocol periods of hurry after each return (P9).
const HURRY: u64 = 2;

#[derive(Debug)]
pub(super) struct Recovery<P: Peer> {
    seeds: [Option<P::Addr>; SEEDS],
    seed_cursor: usize,
    seed_at: u64,
    /// When the next dead member is pinged; [`NEVER`] while nobody is dead.
    reconnect_at: u64,
    youngest_death: u64,
    /// A death was overturned of late: the others are tried in a hurry until then.
    hurry_until: u64,
    /// The tenth of a period in which verifications are counted, and how many began (P6).
    verifications: (u64, u32),
}

impl<P: Peer> Recovery<P> {
    pub(super) fn new(random: &mut Random, now: u64, config: &Config) -> Self {
        let gap = micros(config.recovery.seed_interval);
        let seed_at = now
            .saturating_add(gap)
            .saturating_add(random.micros_below(gap));
        Self {
            seeds: [const { None }; SEEDS],
            seed_cursor: 0,
            seed_at: if gap == 0 { NEVER } else { seed_at },
            reconnect_at: NEVER,
            youngest_death: 0,
            hurry_until: 0,
            verifications: (0, 0),
        }
    }

    pub(super) fn next(&self) -> u64 {
        self.seed_at.min(self.reconnect_at)
    }

    /// Somebody died. The first ping comes after a random part of the gap, so that the two halves of a split, whose deaths
    /// all come at once, don't ping in step.
    pub(super) fn note_death(&mut self, random: &mut Random, now: u64, up: u32, config: &Config) {
        if !config.recovery.reconnect {
            return;
        }
        self.youngest_death = now;
        if self.reconnect_at == NEVER {
            let gap = reconnect_gap(config.probe.interval, up, 0);
            self.reconnect_at = now.saturating_add(random.micros_below(gap));
        }
    }

    /// Whether another verification may begin in this tenth of a period (P6).
    pub(super) fn may_verify(&mut self, now: u64, tenth: u64, most: u32) -> bool {
        let window = now.checked_div(tenth).unwrap_or(0);
        if self.verifications.0 != window {
            self.verifications = (window, 0);
        }
        self.verifications.1 = self.verifications.1.saturating_add(1);
        self.verifications.1 <= most
    }
}

impl<P: Peer> Node<'_, P> {
    /// Seeds remembered at most; the rest is ignored.
    pub const SEEDS: usize = SEEDS;

    /// The configured seeds, at most [`SEEDS`](Self::SEEDS): one that belongs to nobody held up is tried now and then,
    /// always, not only while alone (P9). Names are resolved by the caller, again and again.
    pub fn set_seeds(&mut self, seeds: impl IntoIterator<Item = P::Addr>) {
        let mut seeds = seeds.into_iter();
        self.recovery.seeds = core::array::from_fn(|_| seeds.next());
    }

    pub(super) fn reconnect_due(&mut self) {
        let now = self.clock.now();
        if self.recovery.reconnect_at <= now {
            self.try_somebody_dead(now);
        }
        if self.recovery.seed_at <= now {
            let scale = u64::from(exchange_scale(self.roster.counts().known()));
            let gap = micros(self.config.recovery.seed_interval).saturating_mul(scale);
            self.recovery.seed_at = now.saturating_add(self.random.around(gap, 1).max(1));
            self.try_a_seed();
        }
    }

    /// A death was overturned. What parted us from that member may have parted us from others, and be over for them too.
    pub(super) fn note_return(&mut self) {
        let now = self.clock.now();
        let hurries = self.config.recovery.hurry && self.config.recovery.reconnect;
        if !hurries || self.roster.counts().dead == 0 {
            return;
        }
        self.recovery.hurry_until = now.saturating_add(self.interval().saturating_mul(HURRY));
        // Each return draws anew: the more come back at once, the sooner the next is tried.
        let gap = self.reconnect_gap(now);
        let next = now.saturating_add(self.random.micros_below(gap));
        self.recovery.reconnect_at = self.recovery.reconnect_at.min(next);
    }

    pub(super) const fn is_in_hurry(&self, now: u64) -> bool {
        now < self.recovery.hurry_until
    }

    /// How long until the next of the dead is pinged.
    fn reconnect_gap(&self, now: u64) -> u64 {
        let interval = self.config.probe.interval;
        let since = now.saturating_sub(self.recovery.youngest_death);
        let gap = reconnect_gap(interval, self.up(), since);
        if self.is_in_hurry(now) {
            gap.min(hurried_gap(interval, self.up(), self.roster.counts().dead))
        } else {
            gap
        }
    }

    /// Pings one random dead member, never one that left; the accusation is in the ping.
    fn try_somebody_dead(&mut self, now: u64) {
        if self.roster.counts().dead == 0 {
            self.recovery.reconnect_at = NEVER;
            return;
        }
        let gap = self.reconnect_gap(now);
        self.recovery.reconnect_at = now.saturating_add(self.random.around(gap, 1).max(1));
        let dead = |node: &Self, seat| node.roster.state(seat) == State::Dead;
        let Some(seat) = self.random_member(&[], dead) else {
            return;
        };
        self.begin_ping(Asked {
            seat,
            incarnation: self.roster.incarnation(seat),
            purpose: Purpose::Reconnect,
            lasts: micros(self.config.probe.timeout),
            gap: NEVER,
        });
    }

    /// The first seed behind the last one tried that is neither ours nor any up member's.
    fn try_a_seed(&mut self) {
        let held = self.held_seeds();
        for _ in 0..SEEDS {
            self.recovery.seed_cursor = self.recovery.seed_cursor.wrapping_add(1) % SEEDS;
            let at = self.recovery.seed_cursor;
            let seed = self.recovery.seeds.get(at).cloned().flatten();
            let free = held.get(at) == Some(&false);
            if let Some(seed) = seed.filter(|_| free) {
                // Too many at once: the next round tries again.
                let _ = self.open_exchange(seed, Reason::Seed);
                return;
            }
        }
    }

    /// Which seeds are ours or up members' addresses: one walk over the roster for all of them, once per seed interval.
    fn held_seeds(&self) -> [bool; SEEDS] {
        let mut held = [false; SEEDS];
        let ours = core::iter::once(self.me.peer.addr());
        let up = (0..self.roster.used()).filter(|seat| self.roster.is_up(*seat));
        let theirs = up.filter_map(|seat| self.roster.peer(seat)).map(Peer::addr);
        for address in ours.chain(theirs) {
            for (held, seed) in held.iter_mut().zip(&self.recovery.seeds) {
                *held |= seed.as_ref() == Some(address);
            }
        }
        held
    }
}
