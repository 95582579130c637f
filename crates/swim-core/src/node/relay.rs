//! Pinging for others (SWIM §3.1; P13, P14; R94).

use core::time::Duration;

use super::pings::{Asked, NEVER, Purpose};
use super::{ME, NONE, Node};
use crate::peer::Peer;
use crate::stats::Stats;
use crate::time::micros;

/// Most pings for others at a time; more are refused and counted (`relays_refused`).
const RELAYED: usize = 16;
/// Pings at most for one request: the first and its repeats, however long it lasts.
const RELAY_PINGS: u64 = 5;

impl<P: Peer> Node<'_, P> {
    /// "Ping that member for me": only one that we hold up, only at the address that we hold (P14). The nack leaves at 80 % of
    /// the share, inside the asker's interval (P13); a later ack is still passed on.
    pub(super) fn hear_ping_req(
        &mut self,
        from: &P::Addr,
        seq: u32,
        target: P::Key<'_>,
        share: Duration,
        nack: bool,
    ) {
        let seat = self.seat_of(target);
        let relayed = |ping: &&super::pings::Ping<P>| matches!(ping.purpose, Purpose::Relay { .. });
        let many = self.pings.iter().filter(relayed).count() >= RELAYED;
        if seat == NONE || seat == ME || many || self.me.has_departed() {
            return Stats::count(&mut self.told.stats.relays_refused);
        }
        if !self.roster.is_up(seat) {
            Stats::count(&mut self.told.stats.relays_refused);
            // Who asks has not heard of it yet. That we heard the request is all that it can learn here (P13).
            if nack {
                self.owe_nack(from.clone(), seq);
            }
            return;
        }
        let longest = self
            .interval()
            .saturating_mul(u64::from(self.config.health.max) + 1);
        let share = micros(share).min(longest);
        let now = self.clock.now();
        let nack_at = if nack {
            now.saturating_add((share / 5).saturating_mul(4))
        } else {
            NEVER
        };
        let begun = self.begin_ping(Asked {
            seat,
            incarnation: self.roster.incarnation(seat),
            purpose: Purpose::Relay {
                asker: from.clone(),
                seq,
                nack_at,
            },
            lasts: share,
            gap: self.repeat_gap(seat, share).max(share / RELAY_PINGS),
        });
        if begun {
            Stats::count(&mut self.told.stats.relayed);
        } else {
            Stats::count(&mut self.told.stats.relays_refused);
        }
    }
}
