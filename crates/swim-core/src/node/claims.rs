//! Claims to a name: an up member's new address, and joiners. Each is checked by a ping before it is believed (P12, P17).

use super::defend::CONFLICT_PAUSE;
use super::pings::{Asked, Ping, Purpose};
use super::{NONE, Node};
use crate::output::ExchangeId;
use crate::peer::{Incarnation, Peer, State};
use crate::roster::Seat;
use crate::rules::beats;
use crate::stats::Stats;
use crate::time::micros;

/// Claims checked at once; further ones are believed (joiners) or dropped (addresses) as if this rule were off.
pub(super) const CLAIMS: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Claim<P> {
    pub(super) peer: P,
    pub(super) incarnation: Incarnation,
    /// Whose name is claimed, or [`NONE`] for a joiner.
    pub(super) incumbent: Seat,
}

#[derive(Debug)]
pub(super) struct Claims<P: Peer> {
    table: [Option<Claim<P>>; CLAIMS],
    /// The last conflict that was told, and until when it is not told again.
    conflict: Option<(Seat, P::Addr, u64)>,
    /// The time-out in which checks of addresses are counted, and how many began (P14).
    checks: (u64, usize),
    /// Until then no whole record goes to an address that is no member's (P14).
    next_told: u64,
}

impl<P: Peer> Claims<P> {
    pub(super) const fn new() -> Self {
        Self {
            table: [const { None }; CLAIMS],
            conflict: None,
            checks: (0, 0),
            next_told: 0,
        }
    }

    /// Whether another address may be checked in this time-out: whoever makes up claims must not have the incumbents pinged at
    /// his pace (P14).
    fn may_check(&mut self, now: u64, timeout: u64) -> bool {
        let window = now.checked_div(timeout).unwrap_or(0);
        if self.checks.0 != window {
            self.checks = (window, 0);
        }
        self.checks.1 = self.checks.1.saturating_add(1);
        self.checks.1 <= CLAIMS
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// A member is forgotten: nobody claims its name any more.
    pub(super) fn forget(&mut self, incumbent: Seat) {
        for place in &mut self.table {
            if place
                .as_ref()
                .is_some_and(|claim| claim.incumbent == incumbent)
            {
                *place = None;
            }
        }
    }

    fn begin(&mut self, claim: Claim<P>) -> Option<usize> {
        let at = self.table.iter().position(Option::is_none)?;
        *self.table.get_mut(at)? = Some(claim);
        Some(at)
    }

    pub(super) fn get(&self, at: usize) -> Option<&Claim<P>> {
        self.table.get(at)?.as_ref()
    }

    fn take(&mut self, at: usize) -> Option<Claim<P>> {
        self.table.get_mut(at)?.take()
    }

    /// Whether this joiner is being checked at this address, and in which place.
    pub(super) fn checks(&self, joiner: &P) -> Option<usize> {
        self.table.iter().position(|place| {
            place.as_ref().is_some_and(|claim| {
                claim.incumbent == NONE
                    && claim.peer.has_key(joiner.key())
                    && claim.peer.addr() == joiner.addr()
            })
        })
    }

    /// What a joiner says now, at the address where it is being checked.
    fn renew(&mut self, at: usize, joiner: &P, incarnation: Incarnation) {
        if let Some(Some(claim)) = self.table.get_mut(at)
            && incarnation > claim.incarnation
        {
            claim.peer = joiner.clone();
            claim.incarnation = incarnation;
        }
    }

    fn about(&mut self, key: P::Key<'_>) -> Option<&mut Claim<P>> {
        self.table
            .iter_mut()
            .flatten()
            .find(|claim| claim.peer.has_key(key))
    }
}

impl<P: Peer> Node<'_, P> {
    /// An Alive of a known member from another address. `true` if it is not to be applied (now).
    pub(super) fn address_is_contested(
        &mut self,
        seat: Seat,
        peer: &P,
        incarnation: Incarnation,
    ) -> bool {
        if !self.config.recovery.check_address {
            return self.refuse_address(seat, peer);
        }
        let newer = beats((incarnation, State::Alive), self.held(seat));
        if !self.roster.is_up(seat) || !newer {
            return false;
        }
        if let Some(claim) = self.told.claims.about(peer.key()) {
            if incarnation > claim.incarnation && claim.peer.addr() == peer.addr() {
                claim.peer = peer.clone();
                claim.incarnation = incarnation;
            }
            return true;
        }
        self.check_incumbent(seat, peer, incarnation);
        true
    }

    fn check_incumbent(&mut self, seat: Seat, peer: &P, incarnation: Incarnation) {
        let claim = Claim {
            peer: peer.clone(),
            incarnation,
            incumbent: seat,
        };
        let lasts = micros(self.config.probe.timeout);
        let may = self.told.claims.may_check(self.clock.now(), lasts);
        let at = if may {
            self.told.claims.begin(claim)
        } else {
            None
        };
        let Some(at) = at else {
            return Stats::count(&mut self.told.stats.claims_unchecked);
        };
        let begun = self.begin_ping(Asked {
            seat,
            incarnation: self.roster.incarnation(seat),
            purpose: Purpose::Claim(at),
            lasts,
            gap: self.repeat_gap(seat, lasts),
        });
        if !begun {
            self.told.claims.take(at);
        }
    }

    /// memberlist's way (R16, R17): a name stays where it is unless its holder left, or has been dead for long enough.
    fn refuse_address(&mut self, seat: Seat, peer: &P) -> bool {
        if self.may_reclaim(seat) {
            return false;
        }
        self.note_conflict(seat, peer.clone());
        true
    }

    /// R16: whether another address may take this name over, at whatever incarnation.
    pub(super) fn may_reclaim(&self, seat: Seat) -> bool {
        if self.config.recovery.check_address {
            return false;
        }
        match (self.roster.state(seat), self.config.recovery.reclaim) {
            (State::Left, _) => true,
            (State::Dead, Some(after)) => {
                let age = self.clock.millis().wrapping_sub(self.roster.since(seat));
                u128::from(age) > after.as_millis()
            }
            _ => false,
        }
    }

    /// A name is used at two addresses. Gossip brings the same word again and again: it is counted and told once in a while.
    pub(super) fn note_conflict(&mut self, seat: Seat, other: P) {
        let now = self.clock.now();
        let last = &mut self.told.claims.conflict;
        let same =
            |last: &(Seat, P::Addr, u64)| last.0 == seat && last.1 == *other.addr() && now < last.2;
        if last.as_ref().is_some_and(same) {
            return;
        }
        let pause = self.interval().saturating_mul(CONFLICT_PAUSE);
        self.told.claims.conflict = Some((seat, other.addr().clone(), now.saturating_add(pause)));
        Stats::count(&mut self.told.stats.conflicts);
        self.told.latches.conflict = Some((seat, other));
    }

    /// A joiner's own record: `true` if it waits for the joiner's answer at its advertised address (P17).
    pub(super) fn joiner_is_checked(
        &mut self,
        id: ExchangeId,
        peer: &P,
        incarnation: Incarnation,
    ) -> bool {
        let known = self
            .roster
            .find(peer.key())
            .is_some_and(|seat| self.roster.is_up(seat));
        if !self.config.exchange.check_joiner || known || self.is_me(peer.key()) {
            return false;
        }
        if !incarnation.is_legal() {
            return false;
        }
        let at = match self.told.claims.checks(peer) {
            // It came again before that was over: one check serves both exchanges.
            Some(at) => {
                self.told.claims.renew(at, peer, incarnation);
                at
            }
            // Also if the same name is being checked at another address: each must answer for itself.
            None => match self.check_joiner(peer, incarnation) {
                Some(at) => at,
                None => return false,
            },
        };
        if let Some(entry) = self.exchanges.get_mut(id) {
            entry.reachable = Err(place(at));
        }
        true
    }

    /// Pings a joiner at its advertised address; `None`, and it is believed, if too much is being checked.
    fn check_joiner(&mut self, peer: &P, incarnation: Incarnation) -> Option<usize> {
        let claim = Claim {
            peer: peer.clone(),
            incarnation,
            incumbent: NONE,
        };
        let at = self.told.claims.begin(claim);
        let begun = at.filter(|at| self.ping_joiner(*at, incarnation));
        if begun.is_none() {
            Stats::count(&mut self.told.stats.claims_unchecked);
            at.map(|at| self.told.claims.take(at));
        }
        begun
    }

    fn ping_joiner(&mut self, at: usize, incarnation: Incarnation) -> bool {
        let lasts = micros(self.config.probe.timeout);
        self.begin_ping(Asked {
            seat: NONE,
            incarnation,
            purpose: Purpose::Claim(at),
            lasts,
            gap: self.repeat_gap(NONE, lasts),
        })
    }

    /// The pinged one answered: the incumbent keeps its name, the joiner is in.
    pub(super) fn claim_answered(&mut self, at: usize) {
        let Some(claim) = self.told.claims.take(at) else {
            return;
        };
        if claim.incumbent == NONE {
            self.exchanges.settle(place(at), true);
            self.hear_alive(None, &claim.peer, claim.incarnation);
        } else {
            if self.may_tell_a_stranger() {
                self.tell_record(claim.peer.addr().clone(), claim.incumbent);
            }
            self.note_conflict(claim.incumbent, claim.peer);
        }
    }

    /// Whether a member's whole record may go to an address that is not held of it: once in a protocol period. It is longer than
    /// what drew it, and that may have come from somebody who makes up senders or addresses (P14).
    pub(super) fn may_tell_a_stranger(&mut self) -> bool {
        let (now, interval) = (self.clock.now(), self.interval());
        let may = self.told.claims.next_told <= now;
        if may {
            self.told.claims.next_told = now.saturating_add(interval);
        }
        may
    }

    /// Whether this newcomer is being checked at its address: until then whatever is said of it is not believed (P17).
    #[must_use]
    pub fn is_checking(&self, joiner: &P) -> bool {
        self.told.claims.checks(joiner).is_some()
    }

    /// Silence: the new address is taken, the joiner is not spread. While nothing at all was heard since, it is asked again;
    /// a deaf member believes neither (P13).
    pub(super) fn claim_unanswered(&mut self, ping: &Ping<P>, at: usize) {
        let deaf = self.is_deaf();
        if deaf || self.nothing_heard_since(ping.began) {
            Stats::count(&mut self.told.stats.doubts);
            if !deaf && self.ask_again(ping) {
                return;
            }
            // Nothing is known: neither that it lives there, nor that it doesn't.
            self.told.claims.take(at);
            return self.exchanges.settle(place(at), true);
        }
        let Some(claim) = self.told.claims.take(at) else {
            return;
        };
        let incumbent = claim.incumbent;
        if incumbent == NONE {
            Stats::count(&mut self.told.stats.joiners_unreachable);
            return self.exchanges.settle(place(at), false);
        }
        let same = self.roster.peer(incumbent);
        let stands = same.is_some_and(|peer| peer.has_key(claim.peer.key()))
            && beats((claim.incarnation, State::Alive), self.held(incumbent));
        if stands {
            self.revive(incumbent, Some(&claim.peer), claim.incarnation);
        }
    }

    fn ask_again(&mut self, ping: &Ping<P>) -> bool {
        let lasts = micros(self.config.probe.timeout);
        self.begin_ping(Asked {
            seat: ping.seat,
            incarnation: ping.incarnation,
            purpose: ping.purpose.clone(),
            lasts,
            gap: self.repeat_gap(ping.seat, lasts),
        })
    }
}

/// A place in the table, in a byte: an exchange remembers which claim it waits for.
#[expect(clippy::cast_possible_truncation, reason = "16 claims")]
const fn place(at: usize) -> u8 {
    at as u8
}
