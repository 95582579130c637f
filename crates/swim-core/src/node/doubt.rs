//! Silence proves something only to who hears others (P13).

use super::pings::NEVER;
use super::{ME, Node};
use crate::peer::{Peer, State};
use crate::roster::{Flag, Seat};

/// Below so many members silence is no ground for doubt: there may be nobody left to hear.
const FEW: u32 = 4;
/// Periods of silence after which even a doubter believes its eyes.
const LONG: u64 = 30;

impl<P: Peer> Node<'_, P> {
    /// Whether nothing was heard from anybody since `then`, in a cluster where something should have been.
    pub(super) fn nothing_heard_since(&self, then: u64) -> bool {
        let silence = self.clock.now().saturating_sub(self.hearing.last_word);
        self.config.health.doubt
            && self.hearing.last_word <= then
            && self.up() >= FEW
            && silence < self.interval().saturating_mul(LONG)
    }

    /// Whether nothing was heard for a whole protocol period: no verdicts, no suspicions of our own.
    pub(super) fn is_deaf(&self) -> bool {
        self.nothing_heard_since(self.clock.now().saturating_sub(self.interval()))
    }

    /// A word was heard, whatever it says. After a deaf time, suspicions that only we hold begin anew, call included.
    #[inline]
    pub(super) fn hear(&mut self) {
        if self.clock.now() > self.hearing.last_word {
            self.end_silence();
        }
    }

    fn end_silence(&mut self) {
        let now = self.clock.now();
        let silence = now.saturating_sub(self.hearing.last_word);
        let was_deaf = silence >= self.interval() && self.is_deaf();
        self.hearing.last_word = now;
        if was_deaf {
            self.begin_own_suspicions_anew();
        }
    }

    fn begin_own_suspicions_anew(&mut self) {
        if self.roster.counts().suspect == 0 {
            return;
        }
        for seat in 0..self.roster.used() {
            let incarnation = self.roster.incarnation(seat);
            // Where nothing can refute it, more time brings nothing; and a node that hears little would never end it (P8).
            if self.is_ours_alone(seat) && !incarnation.is_unbeatable() {
                self.begin_suspicion(seat, incarnation, ME, false);
            }
        }
    }

    /// Whether nobody but us accuses this suspect.
    pub(super) fn is_ours_alone(&self, seat: Seat) -> bool {
        let mark = self.roster.mark(seat);
        self.roster.is_held(seat)
            && mark.state() == State::Suspect
            && !mark.has(Flag::Short)
            && mark.accuser_count() == 1
            && mark.latest_accuser() == ME
    }

    /// The direct time-out in microseconds, stretched by health where that is wanted.
    pub(super) const fn probe_timeout(&self) -> u64 {
        let timeout = crate::time::micros(self.config.probe.timeout);
        if self.config.health.stretch_timeout {
            timeout.saturating_mul((self.prober.health.score() as u64).saturating_add(1))
        } else {
            timeout
        }
    }

    /// How long to wait before a ping to this member is repeated: a fifth of the time-out, but three usual round trips at
    /// least (P2).
    pub(super) fn repeat_gap(&self, seat: Seat, lasts: u64) -> u64 {
        if !self.config.probe.repeat {
            return NEVER;
        }
        let fifth = crate::time::micros(self.config.probe.timeout) / 5;
        let trips = self.roster.mark(seat).rtt.micros().saturating_mul(3);
        let gap = fifth.max(trips).max(1);
        if gap < lasts { gap } else { NEVER }
    }
}
