//! Deaths heard second-hand are verified by a ping that carries the accusation (P6).

use super::pings::{Asked, Ping, Purpose};
use super::{NONE, Node};
use crate::peer::{Incarnation, Member, Peer, State};
use crate::roster::{Flag, Seat};
use crate::rules::beats;
use crate::stats::Stats;

/// Verifying pings in a tenth of a protocol period; what is more waits for the next word of it (P6).
const BURST: u32 = 16;

impl<P: Peer> Node<'_, P> {
    /// Pings a member that is said to be dead. Who has left asks nobody: it gives no verdicts, and would ask at every word.
    pub(super) fn verify(&mut self, seat: Seat, incarnation: Incarnation, rumour: bool) {
        if !self.me.is_present() {
            return Stats::count(&mut self.told.stats.verifications_skipped);
        }
        if self.roster.mark(seat).has(Flag::Verifying) {
            return Stats::count(&mut self.told.stats.rumours_known);
        }
        let tenth = self.interval() / 10;
        if !self.recovery.may_verify(self.clock.now(), tenth, BURST) {
            return Stats::count(&mut self.told.stats.verifications_skipped);
        }
        let lasts = crate::time::micros(self.config.probe.timeout);
        let begun = self.begin_ping(Asked {
            seat,
            incarnation,
            purpose: Purpose::Verify { rumour },
            lasts,
            gap: self.repeat_gap(seat, lasts),
        });
        if begun {
            self.roster.flag(seat, Flag::Verifying, true);
        } else {
            Stats::count(&mut self.told.stats.verifications_skipped);
        }
    }

    /// Silent to the verifying ping: after a rumour dead at once, after a record a suspicion of the minimum. While nothing
    /// at all was heard since, it is pinged again; after a whole period of silence the word is dropped (P13).
    pub(super) fn verify_unanswered(&mut self, ping: &Ping<P>, rumour: bool) {
        let (seat, incarnation) = (ping.seat, ping.incarnation);
        self.roster.flag(seat, Flag::Verifying, false);
        let held = (self.roster.incarnation(seat), self.roster.state(seat));
        let stands = self.roster.is_up(seat) && beats((incarnation, State::Dead), held);
        if !stands {
            return;
        }
        if self.is_deaf() {
            Stats::count(&mut self.told.stats.doubts);
        } else if self.nothing_heard_since(ping.began) {
            self.verify(seat, incarnation, rumour);
        } else if rumour {
            self.bury(seat, State::Dead, incarnation);
        } else {
            self.suspect_shortly(seat, incarnation);
        }
    }

    /// One line of somebody's roster (R56–R58).
    pub(super) fn hear_record(&mut self, record: &Member<P>) {
        let (key, incarnation) = (record.peer.key(), record.incarnation);
        match record.state {
            State::Alive => self.hear_alive(None, &record.peer, incarnation),
            State::Suspect => self.hear_suspect_record(record),
            State::Dead => self.hear_dead_record(record),
            State::Left => self.hear_left(None, key, incarnation),
        }
    }

    /// A suspect's record makes it known, and suspect (R58). It is not the member's own word, so it may not leap either: else an
    /// incarnation that was forged so high that nobody can outbid it would go from roster to roster for ever (P8).
    fn hear_suspect_record(&mut self, record: &Member<P>) {
        let (key, incarnation) = (record.peer.key(), record.incarnation);
        let leaps = match self.seat_of(key) {
            super::ME => false,
            NONE => incarnation.is_unbeatable(),
            seat => incarnation.leaps_above(self.roster.incarnation(seat)),
        };
        if leaps {
            return Stats::count(&mut self.told.stats.incarnations_leaping);
        }
        if !self.is_me(key) {
            self.hear_alive(None, &record.peer, incarnation);
        }
        self.hear_suspect(None, key, incarnation, crate::message::Name::NOBODY);
    }

    /// Dead records of unknown members are not stored (R58); memberlist's turn into suspicions (R56), ours into pings.
    fn hear_dead_record(&mut self, record: &Member<P>) {
        let (key, incarnation) = (record.peer.key(), record.incarnation);
        let evidence = (incarnation, State::Dead);
        let Some(seat) = self.accused_seat(None, key, evidence) else {
            return;
        };
        if !self.roster.is_up(seat) {
            self.bury(seat, State::Dead, incarnation);
        } else if self.config.suspicion.verify {
            self.verify(seat, incarnation, false);
        } else if beats((incarnation, State::Suspect), self.held(seat)) {
            self.suspect(seat, incarnation, super::ME);
        }
    }

    pub(super) fn held(&self, seat: Seat) -> crate::rules::Evidence {
        // Nobody sits at `NONE`: that is incarnation 0, alive.
        let mark = self.roster.mark(seat);
        (Incarnation(mark.incarnation), mark.state())
    }
}
