//! Views: borrowed, O(1) unless they walk the roster.

use super::{Agreement, ME, NONE, Node};
use crate::config::Config;
use crate::mutant::{Mutant, is};
use crate::peer::{Incarnation, MemberRef, Peer, State};
use crate::roster::{Counts, Seat};
use crate::rules::beats;
use crate::stats::Stats;

/// Whether a record or rumour could change anything, and where its member sits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judgement {
    pub(crate) is_wanted: bool,
    /// [`NONE`] if it is held nowhere.
    #[cfg_attr(
        not(feature = "wire"),
        expect(dead_code, reason = "only a decoder asks for it")
    )]
    pub(crate) seat: Seat,
}

impl<P: Peer> Node<'_, P> {
    fn view(&self, seat: Seat) -> Option<MemberRef<'_, P>> {
        self.roster.view(seat, self.clock.millis())
    }

    /// Ourselves.
    #[must_use]
    pub fn me(&self) -> MemberRef<'_, P> {
        MemberRef {
            peer: &self.me.peer,
            state: self.roster.state(ME),
            incarnation: self.roster.incarnation(ME),
            since_millis: self.clock.millis().wrapping_sub(self.roster.since(ME)),
            slot: ME,
        }
    }

    /// A member by key, in whatever state.
    #[must_use]
    pub fn member(&self, key: P::Key<'_>) -> Option<MemberRef<'_, P>> {
        self.view(self.roster.find(key)?)
    }

    /// Everybody remembered, ourselves included, in all four states, in slot order.
    pub fn members(&self) -> impl Iterator<Item = MemberRef<'_, P>> {
        self.roster(0)
    }

    /// As [`members`](Self::members), from that slot on. Slots never move: the last one's `slot + 1` is a cursor that stays
    /// good while the roster changes (P5, P16).
    pub fn roster(&self, from: u32) -> impl Iterator<Item = MemberRef<'_, P>> {
        (from..self.roster.used()).filter_map(|seat| self.view(seat))
    }

    /// Members of which something has changed since [`poll_output`](Self::poll_output) was asked last, in the order in which
    /// they changed first: also changes that are no event, such as a new incarnation. Whoever is forgotten is not among them.
    pub fn changes(&self) -> impl Iterator<Item = MemberRef<'_, P>> {
        self.roster.changes().filter_map(|seat| self.view(seat))
    }

    /// Whether such a record or rumour could change anything: a decoder asks before it builds a peer value.
    #[must_use]
    pub fn wants(&self, key: P::Key<'_>, incarnation: Incarnation, state: State) -> bool {
        self.judge(key, incarnation, state).is_wanted
    }

    /// As [`wants`](Self::wants), with the seat found meanwhile.
    #[inline]
    pub(crate) fn judge(
        &self,
        key: P::Key<'_>,
        incarnation: Incarnation,
        state: State,
    ) -> Judgement {
        let Some((seat, mark)) = self.roster.look_up(key) else {
            return Judgement {
                is_wanted: state.is_up(),
                seat: NONE,
            };
        };
        let held = (Incarnation(mark.incarnation), mark.state());
        // Whatever is said of ourselves is for us to judge: also an older namesake's record (P12).
        let is_wanted = seat == ME || beats((incarnation, state), held) || self.may_reclaim(seat);
        let replayed =
            is(Mutant::ReplayResurrects) && held.1 == State::Dead && incarnation >= held.0;
        Judgement {
            is_wanted: is_wanted || replayed,
            seat,
        }
    }

    /// Lifeguard's score: 0 is healthy, `Config::health.max` the worst.
    #[must_use]
    pub const fn health(&self) -> u8 {
        self.prober.health.score()
    }

    /// The digest of the whole view (P3), kept at every change.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.roster.digest()
    }

    /// Members by state.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.roster.counts()
    }

    /// With how many of the last members heard the digest is shared.
    #[must_use]
    pub fn agreement(&self) -> Agreement {
        self.hearing.agreement(self.roster.digest())
    }

    /// The counters.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.told.stats
    }

    /// The settings in force.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The most members that can be remembered, oneself included.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.roster.capacity()
    }

    /// Whether we fell silent because an older node has our name (P12): nothing is said or heard until
    /// [`join`](Self::join) begins a new life.
    #[must_use]
    pub const fn is_silenced(&self) -> bool {
        self.me.is_silenced()
    }

    /// Whether we have left, are leaving, or were silenced as a namesake.
    #[must_use]
    pub const fn has_departed(&self) -> bool {
        self.me.has_departed()
    }
}
