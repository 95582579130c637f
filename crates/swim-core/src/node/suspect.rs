//! Suspicion: begun, confirmed, called, ended (SWIM §4.2; Lifeguard §III-B; P2, P7; R24–R36).

use super::pings::{Asked, NEVER, Purpose};
use super::{ME, NONE, Node};
use crate::message::Name;
use crate::mutant::{Mutant, is};
use crate::peer::{Incarnation, Peer, State};
use crate::roster::{Flag, Link, Seat, before};
use crate::rules::{confirmations, suspicion_min, suspicion_total};
use crate::stats::Stats;
use crate::time::micros;

/// How often within a time-out a call is tried again that could not be sent.
const CALLS_AGAIN: u32 = 5;

impl<P: Peer> Node<'_, P> {
    pub(super) fn hear_suspect(
        &mut self,
        from: Option<&P::Addr>,
        key: P::Key<'_>,
        incarnation: Incarnation,
        accuser: Name<'_, P>,
    ) {
        let evidence = (incarnation, State::Suspect);
        let Some(seat) = self.accused_seat(from, key, evidence) else {
            return;
        };
        let accuser = self.accuser_seat(accuser);
        self.suspect(seat, incarnation, accuser);
    }

    /// We found it silent ourselves.
    pub(super) fn accuse(&mut self, seat: Seat, incarnation: Incarnation) {
        let held = self.roster.incarnation(seat);
        if self.roster.is_up(seat) && held == incarnation {
            self.suspect(seat, incarnation, ME);
        }
    }

    /// An accusation that beats or equals what is held.
    pub(super) fn suspect(&mut self, seat: Seat, incarnation: Incarnation, accuser: Seat) {
        let known = self.roster.state(seat) == State::Suspect
            && self.roster.incarnation(seat) == incarnation;
        if known {
            self.confirm(seat, accuser);
        } else if self.config.suspicion.enabled {
            self.begin_suspicion(seat, incarnation, accuser, false);
        } else {
            self.bury(seat, State::Dead, incarnation);
        }
    }

    /// A suspicion belongs to its incarnation: it begins with a full timer, whatever was held before (P7).
    pub(super) fn begin_suspicion(
        &mut self,
        seat: Seat,
        incarnation: Incarnation,
        accuser: Seat,
        short: bool,
    ) {
        Stats::count(&mut self.told.stats.suspicions);
        let now = self.clock.millis();
        self.roster.hold(seat, State::Suspect, incarnation, now);
        self.roster.set_since(seat, now);
        if let Some(mark) = self.roster.mark_mut(seat) {
            mark.clear_accusers();
            if accuser != NONE {
                mark.accuse(accuser);
            }
            mark.set(Flag::Called, false);
            mark.set(Flag::Confirmed, false);
            mark.set(Flag::Overturned, false);
            mark.set(Flag::Short, short);
        }
        // Whatever was to come of what was held before.
        self.roster.clear_timer(seat);
        self.roster.note_change(seat);
        self.spread(seat, Link::News);
        self.schedule_suspicion(seat);
    }

    /// One more says so. Only the first K of them shorten it and are gossiped on; a suspect's word is not one (P13).
    fn confirm(&mut self, seat: Seat, accuser: Seat) {
        let k = confirmations(&self.config, self.up());
        let Some(mark) = self.roster.mark_mut(seat) else {
            return;
        };
        let is_new =
            accuser != NONE && accuser != seat && mark.accuser_count() <= k && mark.accuse(accuser);
        if !is_new {
            return Stats::count(&mut self.told.stats.rumours_known);
        }
        mark.set(Flag::Confirmed, true);
        Stats::count(&mut self.told.stats.confirmations);
        self.spread(seat, Link::News);
        self.schedule_suspicion(seat);
    }

    /// A tombstone stands for K accusers: the suspicion, begun or joined, lasts the minimum only (P6).
    pub(super) fn suspect_shortly(&mut self, seat: Seat, incarnation: Incarnation) {
        let known = self.roster.state(seat) == State::Suspect
            && self.roster.incarnation(seat) >= incarnation;
        if known {
            self.roster.flag(seat, Flag::Short, true);
            self.schedule_suspicion(seat);
        } else if self.roster.is_up(seat) {
            let incarnation = incarnation.max(self.roster.incarnation(seat));
            self.begin_suspicion(seat, incarnation, NONE, true);
        }
    }

    /// How many of the K confirmations a suspicion has: its accusers but the first.
    fn confirmed(&self, seat: Seat) -> u32 {
        self.roster.mark(seat).accuser_count().saturating_sub(1)
    }

    fn least_suspicion(&self) -> u64 {
        suspicion_min(&self.config, self.roster.counts().known())
    }

    /// When a suspicion ends, as its confirmations stand now.
    fn suspicion_end(&self, seat: Seat) -> u32 {
        let min = self.least_suspicion();
        let k = confirmations(&self.config, self.up());
        let factor = self.config.suspicion.max_factor;
        let total = if self.roster.mark(seat).has(Flag::Short) {
            min
        } else {
            suspicion_total(min, factor, self.confirmed(seat), k)
        };
        self.roster.since(seat).wrapping_add(millis(total))
    }

    /// When the least time that it has ends.
    fn least_end(&self, seat: Seat) -> u32 {
        let least = millis(self.least_suspicion());
        self.roster.since(seat).wrapping_add(least)
    }

    /// Computes the member's next deadline: its last call, or its end.
    fn schedule_suspicion(&mut self, seat: Seat) {
        let end = self.suspicion_end(seat);
        let mark = self.roster.mark(seat);
        let timeout = millis(micros(self.config.probe.timeout));
        let when = if self.config.suspicion.last_call && !mark.has(Flag::Called) {
            self.least_end(seat).wrapping_sub(timeout)
        } else if self.config.suspicion.grace && mark.place != NONE {
            // A late confirmation ends a suspicion no sooner than one time-out from now (P2), and no later than before.
            let soonest = self.clock.millis().wrapping_add(timeout);
            earlier(mark.when, later(end, soonest))
        } else {
            end
        };
        self.roster.set_timer(seat, when);
    }

    /// Members whose deadline has come: last calls, verdicts, tombstones.
    pub(super) fn members_due(&mut self) {
        let now = self.clock.millis();
        while let Some((seat, when)) = self.roster.first_timer() {
            if before(now, when) {
                return;
            }
            match self.roster.state(seat) {
                State::Alive if is(Mutant::SuspicionUnbound) => {
                    self.bury(seat, State::Dead, self.roster.incarnation(seat));
                }
                State::Alive => self.roster.clear_timer(seat),
                State::Suspect => self.suspicion_due(seat),
                State::Dead | State::Left => self.forget(seat),
            }
        }
    }

    fn suspicion_due(&mut self, seat: Seat) {
        let timeout = millis(micros(self.config.probe.timeout)).max(1);
        let called = self.roster.mark(seat).has(Flag::Called);
        if self.config.suspicion.last_call && !called && self.is_called_or_waits(seat, timeout) {
            return;
        }
        if self.is_deaf() {
            // A verdict waits and calls again while nothing is heard from anybody (P13).
            Stats::count(&mut self.told.stats.doubts);
            self.call(seat);
            self.roster
                .set_timer(seat, self.clock.millis().wrapping_add(timeout));
        } else {
            Stats::count(&mut self.told.stats.deaths_declared);
            if self.confirmed(seat) < confirmations(&self.config, self.up()) {
                Stats::count(&mut self.told.stats.deaths_unconfirmed);
            }
            self.bury(seat, State::Dead, self.roster.incarnation(seat));
        }
    }

    /// Calls a suspect, and gives it a time-out for its answer, however late we are. With too many pings in flight it is
    /// called a little later: nobody dies uncalled. `false` once it has waited for as long again as the least suspicion.
    fn is_called_or_waits(&mut self, seat: Seat, timeout: u32) -> bool {
        let now = self.clock.millis();
        if self.call(seat) {
            let answered = now.wrapping_add(timeout);
            let end = later(self.suspicion_end(seat), answered);
            self.roster.set_timer(seat, end);
            self.roster.flag(seat, Flag::Called, true);
            return true;
        }
        let least = millis(self.least_suspicion());
        let waits = before(now, self.least_end(seat).wrapping_add(least));
        if waits {
            let again = now.wrapping_add((timeout / CALLS_AGAIN).max(1));
            self.roster.set_timer(seat, again);
        } else {
            Stats::count(&mut self.told.stats.calls_skipped);
        }
        waits
    }

    /// The last call (P2): a ping with the accusation in it, sent once; its silence is our own accusation. `false` if too
    /// many pings are in flight.
    fn call(&mut self, seat: Seat) -> bool {
        self.begin_ping(Asked {
            seat,
            incarnation: self.roster.incarnation(seat),
            purpose: Purpose::Call,
            lasts: micros(self.config.probe.timeout),
            gap: NEVER,
        })
    }

    pub(super) fn call_unanswered(&mut self, seat: Seat, incarnation: Incarnation) {
        let still = self.roster.state(seat) == State::Suspect
            && self.roster.incarnation(seat) == incarnation;
        if still && !self.is_deaf() {
            self.accuse(seat, incarnation);
        }
    }
}

/// Whole milliseconds of a span far shorter than 24 days.
fn millis(micros: u64) -> u32 {
    u32::try_from(micros / 1_000).unwrap_or(u32::MAX / 4)
}

const fn earlier(a: u32, b: u32) -> u32 {
    if before(a, b) { a } else { b }
}

const fn later(a: u32, b: u32) -> u32 {
    if before(a, b) { b } else { a }
}
