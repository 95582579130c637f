//! The node. STUB OF THE FINAL SIGNATURES: bodies arrive soon; code against these.
#![allow(
    unused_variables,
    clippy::missing_const_for_fn,
    clippy::todo,
    clippy::needless_pass_by_value
)]
use crate::config::{Config, ConfigError};
use crate::message::{Compose, Message};
use crate::output::{
    Busy, Departed, ExchangeFailed, ExchangeId, Exchanged, Output, Reason, Timer, UpdateError,
};
use crate::peer::{Incarnation, Member, MemberRef, Peer, State};
use crate::roster::Roster;
use crate::stats::Stats;
use crate::time::Instant;

/// How many members are in each state, oneself included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Alive members.
    pub alive: u32,
    /// Suspects.
    pub suspect: u32,
    /// Dead members still remembered.
    pub dead: u32,
    /// Left members still remembered.
    pub left: u32,
}

/// With how many of the last members heard the digest is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Different members heard with a digest of late (at most 16).
    pub heard: u32,
    /// Those whose last digest equals ours now.
    pub equal: u32,
}

/// A member of the cluster: us.
#[derive(Debug)]
pub struct Node<'s, P: Peer> {
    roster: Roster<'s, P>,
    me: Member<P>,
    stats: Stats,
    config: Config,
}

impl<'s, P: Peer> Node<'s, P> {
    /// A node alone. `first` is its first incarnation: unix seconds, and never less than one more than its last (P8).
    /// The roster must have room for at least two members.
    pub fn new(
        me: P,
        first: Incarnation,
        config: Config,
        roster: impl Into<Roster<'s, P>>,
        seed: u64,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        todo!()
    }
}

impl<P: Peer> Node<'_, P> {
    // ---- facts: infallible; bad input is counted and dropped ----

    /// A message came in a datagram from `from`. Call once for each message of the datagram, in order.
    pub fn handle_message(&mut self, now: Instant, from: &P::Addr, message: &Message<'_, P>) {
        todo!()
    }
    /// One line of somebody's roster came in an exchange (also the other side's own record, which comes first).
    pub fn handle_record(&mut self, now: Instant, id: ExchangeId, record: &Member<P>) {
        todo!()
    }
    /// The exchange has ended. Every id, opened or accepted, ends in exactly one such call.
    pub fn handle_exchange(
        &mut self,
        now: Instant,
        id: ExchangeId,
        how: Result<Exchanged, ExchangeFailed>,
    ) {
        todo!()
    }
    /// The instant of the last `Wait` has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        todo!()
    }
    /// A stream came in.
    pub fn accept(&mut self, now: Instant, from: P::Addr) -> Result<ExchangeId, Busy> {
        todo!()
    }
    /// The opener of an accepted exchange said what for: may we answer now? (P5: at most so many joins a second;
    /// when busy, its own record is still to be handed to `handle_record`, and `suggest` names others.)
    pub fn answer(&mut self, now: Instant, id: ExchangeId, why: Reason) -> Result<(), Busy> {
        todo!()
    }
    /// The other side of an exchange runs with settings that hash to this; differing ones are told once (P17).
    pub fn handle_settings(&mut self, settings: u32) {
        todo!()
    }

    // ---- wishes: can be refused ----

    /// Join the cluster through `seed`; after a leave, begin a new life (P12).
    pub fn join(&mut self, now: Instant, seed: P::Addr) -> Result<ExchangeId, Busy> {
        todo!()
    }
    /// The configured seeds (at most [`Node::SEEDS`], the rest is ignored): tried again for ever (P9).
    pub fn set_seeds(&mut self, seeds: impl IntoIterator<Item = P::Addr>) {
        todo!()
    }
    /// Replace what we say about ourselves: metadata, address.
    pub fn update(&mut self, now: Instant, me: P) -> Result<(), UpdateError> {
        todo!()
    }
    /// Say goodbye. Keep draining until `Event::Departed`.
    pub fn leave(&mut self, now: Instant) -> Result<(), Departed> {
        todo!()
    }

    // ---- what to do about it ----

    /// What to do next. Ask until it says `Wait`.
    pub fn poll_output(&mut self, datagram: &mut impl Compose<P>) -> Output<P> {
        todo!()
    }

    // ---- views ----

    /// Seeds remembered at most.
    pub const SEEDS: usize = 8;

    /// Ourselves.
    #[must_use]
    pub fn me(&self) -> MemberRef<'_, P> {
        todo!()
    }
    /// A member by key, in whatever state.
    #[must_use]
    pub fn member(&self, key: P::Key<'_>) -> Option<MemberRef<'_, P>> {
        todo!()
    }
    /// Everybody remembered, ourselves included, in all four states, in slot order.
    pub fn members(&self) -> impl Iterator<Item = MemberRef<'_, P>> {
        self.roster(0)
    }
    /// As `members`, from that slot on. Slots never move: `slot + 1` of the last one is a cursor.
    pub fn roster(&self, from: u32) -> impl Iterator<Item = MemberRef<'_, P>> {
        core::iter::empty()
    }
    /// Whether such a record or rumour would change anything: a decoder asks before it builds a peer value.
    #[must_use]
    pub fn wants(&self, key: P::Key<'_>, incarnation: Incarnation, state: State) -> bool {
        todo!()
    }
    /// Up to three random up members other than ourselves, for a busy answer (P5).
    pub fn suggest(&mut self) -> impl Iterator<Item = MemberRef<'_, P>> {
        core::iter::empty()
    }
    /// P17: whether the joiner of this accepted exchange answered at its advertised address; `None`: not known yet.
    #[must_use]
    pub fn reachable(&self, id: ExchangeId) -> Option<bool> {
        todo!()
    }
    /// A hash of the settings that should be equal across a cluster.
    #[must_use]
    pub fn settings(&self) -> u32 {
        todo!()
    }
    /// Lifeguard's score: 0 is healthy.
    #[must_use]
    pub fn health(&self) -> u8 {
        todo!()
    }
    /// The digest of the whole view (P3), kept at every change: O(1).
    #[must_use]
    pub fn digest(&self) -> u64 {
        todo!()
    }
    /// Members by state, O(1).
    #[must_use]
    pub fn counts(&self) -> Counts {
        todo!()
    }
    /// With whom we agree.
    #[must_use]
    pub fn agreement(&self) -> Agreement {
        todo!()
    }
    /// The counters.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }
    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// The most members that can be remembered.
    #[must_use]
    pub fn capacity(&self) -> usize {
        todo!()
    }
    /// Whether we have left (or were silenced as a namesake).
    #[must_use]
    pub fn has_departed(&self) -> bool {
        todo!()
    }
    /// The next deadline, and what for.
    #[must_use]
    pub fn next_timer(&self) -> Option<(Instant, Timer)> {
        todo!()
    }
}
