//! What others say about others: alive, dead, left (P7, P6, P12; R10–R26, R37–R40).

use super::life::UNBEATABLE_TOMBSTONE;
use super::{ME, NONE, Node};
use crate::mutant::{Mutant, is};
use crate::peer::{Incarnation, Peer, State};
use crate::roster::{Flag, Link, NoRoom, Seat, before};
use crate::rules::beats;
use crate::stats::Stats;

impl<P: Peer> Node<'_, P> {
    pub(super) fn is_me(&self, key: P::Key<'_>) -> bool {
        self.me.peer.has_key(key)
    }

    /// Whether an incarnation may be believed at all (P8).
    pub(super) fn is_legal(&mut self, incarnation: Incarnation) -> bool {
        let legal = incarnation.is_legal();
        if !legal {
            Stats::count(&mut self.told.stats.incarnations_illegal);
        }
        legal
    }

    /// An Alive by a datagram from that address; `None` if it came otherwise.
    pub(super) fn hear_alive(
        &mut self,
        from: Option<&P::Addr>,
        peer: &P,
        incarnation: Incarnation,
    ) {
        self.hear_alive_at(self.seat_of(peer.key()), from, peer, incarnation);
    }

    /// As [`hear_alive`](Self::hear_alive) where it is known that the member sits at `seat`, or nowhere ([`NONE`]).
    pub(super) fn hear_alive_at(
        &mut self,
        seat: Seat,
        from: Option<&P::Addr>,
        peer: &P,
        incarnation: Incarnation,
    ) {
        if !self.is_legal(incarnation) {
            return;
        }
        match seat {
            NONE => {
                self.welcome(peer.clone(), incarnation);
            }
            ME => self.answer_own_name(from, peer, incarnation),
            _ => self.update_member(seat, Some(peer), incarnation),
        }
    }

    /// Takes a newcomer in; the seat if there was room.
    pub(super) fn welcome(&mut self, peer: P, incarnation: Incarnation) -> Option<Seat> {
        match self
            .roster
            .insert(peer, State::Alive, incarnation, self.clock.millis())
        {
            Ok(seat) => {
                self.spread(seat, Link::News);
                self.roster.note_change(seat);
                self.told.latches.crowd(false);
                self.keep_room();
                Some(seat)
            }
            Err(NoRoom::Crowded) => {
                Stats::count(&mut self.told.stats.crowded);
                self.keep_room();
                if !self.roster.is_freeing() {
                    self.told.latches.crowd(true);
                }
                None
            }
            Err(NoRoom::Colliding) => {
                Stats::count(&mut self.told.stats.names_colliding);
                None
            }
        }
    }

    /// A tombstone never keeps a newcomer out (P9): when the last slot was taken, the oldest goes; if all are news still, the
    /// one that was told most often. One at a time: its slot is free once it is told that it went.
    fn keep_room(&mut self) {
        if self.roster.has_room() || self.roster.is_freeing() {
            return;
        }
        let oldest = self.roster.oldest_tomb();
        if let Some(seat) = oldest.or_else(|| self.roster.most_told_tomb()) {
            self.evict(seat);
        }
    }

    fn evict(&mut self, tomb: Seat) {
        Stats::count(&mut self.told.stats.tombstones_evicted);
        self.forget(tomb);
    }

    /// Forgets a member. Whatever we were asking it is void: its seat may soon be another's.
    pub(super) fn forget(&mut self, seat: Seat) {
        self.forget_probe(seat);
        self.told.claims.forget(seat);
        self.pings.forget(seat);
        self.roster.forget(seat);
    }

    /// A known member's word, with what it says about itself unless that is what is held.
    pub(super) fn update_member(&mut self, seat: Seat, said: Option<&P>, incarnation: Incarnation) {
        let held = self.held(seat);
        let old = self.roster.peer(seat);
        let moved = said.filter(|new| old.is_some_and(|old| old.addr() != new.addr()));
        if let Some(peer) = moved
            && self.address_is_contested(seat, peer, incarnation)
        {
            return;
        }
        let reclaimed = moved.is_some() && self.may_reclaim(seat);
        let replayed =
            is(Mutant::ReplayResurrects) && incarnation >= held.0 && held.1 == State::Dead;
        if beats((incarnation, State::Alive), held) || reclaimed || replayed {
            self.revive(seat, said, incarnation);
        } else {
            Stats::count(&mut self.told.stats.rumours_known);
        }
    }

    /// Holds a member alive, with what it says about itself unless that is what is held.
    pub(super) fn revive(&mut self, seat: Seat, said: Option<&P>, incarnation: Incarnation) {
        let was_dead = self.roster.state(seat) == State::Dead;
        let now = self.clock.millis();
        let overturned = self.roster.revive(seat, said, incarnation, now);
        self.spread(seat, if overturned { Link::Urgent } else { Link::News });
        if was_dead {
            self.note_return();
        }
    }

    /// The seat of a member that a rumour may be about; `None` if it is about us (answered), illegal, unknown, or leaps.
    pub(super) fn accused_seat(
        &mut self,
        from: Option<&P::Addr>,
        key: P::Key<'_>,
        (incarnation, state): (Incarnation, State),
    ) -> Option<Seat> {
        if !self.is_legal(incarnation) {
            return None;
        }
        if self.is_me(key) {
            self.answer_accusation(from, state, incarnation);
            return None;
        }
        let Some(seat) = self.roster.find(key) else {
            Stats::count(&mut self.told.stats.rumours_unknown);
            return None;
        };
        if incarnation.leaps_above(self.roster.incarnation(seat)) {
            Stats::count(&mut self.told.stats.incarnations_leaping);
            return None;
        }
        if !beats(
            (incarnation, state),
            (self.roster.incarnation(seat), self.roster.state(seat)),
        ) {
            let equal = incarnation == self.roster.incarnation(seat)
                && state == self.roster.state(seat)
                && state == State::Suspect;
            if !equal {
                if from.is_some() && (incarnation, state) == self.held(seat) {
                    self.note_heard(seat);
                }
                if is(Mutant::ReapClockRestarts) && !self.roster.is_up(seat) {
                    let lasts = self.tombstone_millis(incarnation);
                    let end = self.clock.millis().wrapping_add(lasts);
                    self.roster.set_timer(seat, end);
                }
                Stats::count(&mut self.told.stats.rumours_known);
                return None;
            }
        }
        Some(seat)
    }

    /// A dead rumour: believed at once only about a member suspect at that very incarnation, or dead already (P6).
    pub(super) fn hear_dead(
        &mut self,
        from: Option<&P::Addr>,
        key: P::Key<'_>,
        incarnation: Incarnation,
    ) {
        let Some(seat) = self.accused_seat(from, key, (incarnation, State::Dead)) else {
            return;
        };
        let expected = match self.roster.state(seat) {
            State::Alive => false,
            State::Suspect => incarnation == self.roster.incarnation(seat),
            State::Dead | State::Left => true,
        };
        if expected || !self.config.suspicion.verify {
            self.bury(seat, State::Dead, incarnation);
        } else {
            self.verify(seat, incarnation, true);
        }
    }

    pub(super) fn hear_left(
        &mut self,
        from: Option<&P::Addr>,
        key: P::Key<'_>,
        incarnation: Incarnation,
    ) {
        let Some(seat) = self.accused_seat(from, key, (incarnation, State::Left)) else {
            return;
        };
        if is(Mutant::LeaveIsDeath) {
            return self.bury(seat, State::Dead, incarnation);
        }
        self.bury(seat, State::Left, incarnation);
    }

    /// Holds a member dead or left.
    pub(super) fn bury(&mut self, seat: Seat, state: State, incarnation: Incarnation) {
        let was_up = self.roster.is_up(seat);
        let was_dead = self.roster.state(seat) == State::Dead;
        self.roster
            .hold(seat, state, incarnation, self.clock.millis());
        if let Some(mark) = self.roster.mark_mut(seat) {
            mark.clear_accusers();
            mark.set(Flag::Overturned, false);
            mark.set(Flag::Unseen, !was_up);
        }
        let end = self
            .clock
            .millis()
            .wrapping_add(self.tombstone_millis(incarnation));
        // Raising a tombstone does not restart its reap clock (P7), but may shorten it (P8).
        if was_up || before(end, self.roster.mark(seat).when) {
            self.roster.set_timer(seat, end);
        }
        // Also one that was held left: whoever left is not looked for, whoever died is (P9).
        if state == State::Dead && !was_dead {
            let (now, up) = (self.clock.now(), self.up());
            self.recovery
                .note_death(&mut self.random, now, up, &self.config);
        }
        self.roster.note_change(seat);
        self.spread(seat, Link::News);
        self.limit_tombstones();
    }

    /// How long this tombstone is kept: ten protocol periods if nobody could outbid it (P8).
    fn tombstone_millis(&self, incarnation: Incarnation) -> u32 {
        let whole = self.config.recovery.tombstone.as_millis();
        let millis = if incarnation.is_unbeatable() {
            whole.min(u128::from(
                self.interval().saturating_mul(UNBEATABLE_TOMBSTONE) / 1_000,
            ))
        } else {
            whole
        };
        u32::try_from(millis).unwrap_or(u32::MAX / 4)
    }

    /// Tombstones that are news no more take at most a quarter of the capacity (P9).
    pub(super) fn limit_tombstones(&mut self) {
        if self.roster.counts().tombstones() as usize > (self.roster.capacity() / 4).max(1)
            && let Some(oldest) = self.roster.oldest_tomb()
        {
            self.evict(oldest);
        }
    }

    /// Who accuses: a member held up and not suspect itself, or [`NONE`] (P7, P13).
    pub(super) fn accuser_seat(&self, accuser: crate::message::Name<'_, P>) -> Seat {
        let seat = match accuser {
            crate::message::Name::Key(key) => self.seat_of(key),
            crate::message::Name::Hash(0) => NONE,
            crate::message::Name::Hash(hash) => self.roster.find_hash(hash).unwrap_or(NONE),
        };
        let counts = self.roster.is_held(seat) && self.roster.state(seat) == State::Alive;
        if counts { seat } else { NONE }
    }
}
