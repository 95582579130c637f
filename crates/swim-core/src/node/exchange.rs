//! When rosters are exchanged, with whom, and how much of it we serve (R50–R58; P3–P5).

use super::exchanges::Entry;
use super::pings::NEVER;
use super::{ME, Node};
use crate::config::Config;
use crate::message::Name;
use crate::output::{Busy, ExchangeFailed, ExchangeId, Exchanged, Reason};
use crate::peer::{Member, Peer, State};
use crate::random::Random;
use crate::roster::Seat;
use crate::rules::exchange_scale;
use crate::stats::Stats;
use crate::time::{Instant, micros};

/// The gap between two exchanges about a difference: one period, doubled up to this many (P4).
const GAP_MAX: u64 = 64;
/// How long after a join views are settled, in periods (P4).
const SETTLE: u64 = 10;
/// How often meanwhile, in tenths of a period (P4).
const SETTLING: u64 = 4;

/// When the next exchange is due, and why.
#[derive(Debug)]
pub(super) struct Schedule {
    /// The next timed push/pull.
    timed_at: u64,
    /// Since when acks show another digest; `None` after an equal one.
    differs_since: Option<u64>,
    /// The digest that started the last exchange about a difference.
    differed: u64,
    /// Whether the last digest heard differed.
    heard_other: bool,
    /// The present gap, in periods.
    gap: u64,
    last_began: Option<u64>,
    /// Our digest when the last exchange began.
    digest_then: u64,
    /// Views are settled until then.
    settle_until: u64,
    settle_at: u64,
    joined: bool,
    /// The second in which joins are counted, and how many came.
    joins: (u64, u8),
}

impl Schedule {
    /// R51: the first timed exchange comes after a random part of the interval and a whole one.
    pub(super) fn new(random: &mut Random, now: u64, config: &Config) -> Self {
        let interval = micros(config.exchange.interval);
        let first = now
            .saturating_add(random.micros_below(interval))
            .saturating_add(interval);
        Self {
            timed_at: if interval == 0 { NEVER } else { first },
            differs_since: None,
            differed: 0,
            heard_other: false,
            gap: 1,
            last_began: None,
            digest_then: 0,
            settle_until: 0,
            settle_at: NEVER,
            joined: false,
            joins: (0, 0),
        }
    }

    pub(super) fn next(&self) -> u64 {
        self.timed_at.min(self.settle_at)
    }

    /// Puts off what is due.
    fn postpone(&mut self, now: u64, until: u64) {
        for due in [&mut self.timed_at, &mut self.settle_at] {
            if *due <= now {
                *due = until;
            }
        }
    }

    pub(super) const fn has_joined(&self) -> bool {
        self.joined
    }

    /// We know members from before: there is nobody to ask to be let in.
    pub(super) const fn has_company(&mut self) {
        self.joined = true;
    }

    /// Whatever made exchanges vain is to pass: the next one is due as if it were the first (P4).
    pub(super) const fn begin_anew(&mut self) {
        self.gap = 1;
    }

    /// A new life (P12): it has joined nothing yet, and what others showed the old one does not matter.
    pub(super) const fn forget_life(&mut self) {
        self.joined = false;
        self.settle_at = NEVER;
        self.differs_since = None;
        self.heard_other = false;
        self.gap = 1;
        self.last_began = None;
    }
}

/// Facts and wishes about exchanges.
impl<P: Peer> Node<'_, P> {
    /// Join the cluster through `seed`; after a leave, begin a new life (P12). The exchange comes out of
    /// [`poll_output`](Self::poll_output); its success is told as [`Event::Joined`](crate::Event::Joined).
    ///
    /// # Errors
    /// [`Busy`] if eight exchanges of ours are under way; nothing changed then.
    pub fn join(&mut self, now: Instant, seed: P::Addr) -> Result<ExchangeId, Busy> {
        self.wake(now);
        if self.me.has_departed() {
            self.begin_new_life();
        }
        let id = self.open_exchange(seed, Reason::Join)?;
        // Whoever answers finds out whether we can be reached; until then we say nothing of ourselves (P17).
        self.me.muted |= self.config.exchange.check_joiner && self.knows_nobody();
        Ok(id)
    }

    /// A stream came in from `from`.
    ///
    /// # Errors
    /// [`Busy`] if 64 are being served, or we have fallen silent: close it.
    pub fn accept(&mut self, now: Instant, from: P::Addr) -> Result<ExchangeId, Busy> {
        drop(from);
        if self.me.is_silenced() {
            return Err(Busy);
        }
        self.wake(now);
        let until = self
            .clock
            .now()
            .saturating_add(micros(self.config.exchange.timeout));
        let Some(id) = self.exchanges.begin(None, Reason::Timed, until) else {
            Stats::count(&mut self.told.stats.exchanges_refused);
            return Err(Busy);
        };
        Stats::count(&mut self.told.stats.exchanges_accepted);
        Ok(id)
    }

    /// The opener of an accepted exchange said what for: may it be answered now? While busy its own record is still to
    /// be handed to [`handle_record`](Self::handle_record), and [`suggest`](Self::suggest) names others to try (P5).
    ///
    /// # Errors
    /// [`Busy`] if so many joins were answered in this second already, or the exchange is not known.
    pub fn answer(&mut self, now: Instant, id: ExchangeId, why: Reason) -> Result<(), Busy> {
        self.wake(now);
        self.hear();
        // A second whatever the protocol's interval is: it is our bytes that are shared out.
        let second = self.clock.now() / 1_000_000;
        let entry = self.exchanges.get_mut(id).ok_or(Busy)?;
        entry.why = why;
        if why != Reason::Join {
            return Ok(());
        }
        let joins = &mut self.schedule.joins;
        if joins.0 != second {
            *joins = (second, 0);
        }
        if joins.1 >= self.config.exchange.joins_per_second {
            Stats::count(&mut self.told.stats.joins_deferred);
            return Err(Busy);
        }
        joins.1 = joins.1.saturating_add(1);
        Ok(())
    }

    /// A ping by stream says whom it means, by key or by hash: are we that member? If not, it is counted, and must not be
    /// answered (R93).
    pub fn is_meant(&mut self, target: Name<'_, P>) -> bool {
        let meant = match target {
            Name::Hash(hash) => hash == self.me.hash,
            Name::Key(key) => self.is_me(key),
        };
        if !meant {
            Stats::count(&mut self.told.stats.misdirected);
        }
        meant
    }

    /// The hash of the member that the ping by stream `id` of ours means.
    #[cfg(feature = "wire")]
    pub(crate) fn stream_target(&self, id: ExchangeId) -> Option<u32> {
        let probed = self.roster.peer(self.prober.asked_by_stream(id)?)?;
        Some(crate::hash::name_hash(&probed.key()))
    }

    /// One line of somebody's roster came in an exchange; the first is the other side's own record. Of a ping by stream it
    /// proves who is there: another process at the address of the member probed keeps nobody alive (R98).
    pub fn handle_record(&mut self, now: Instant, id: ExchangeId, record: &Member<P>) {
        if self.me.is_silenced() {
            return;
        }
        self.wake(now);
        self.hear();
        let Some(entry) = self.exchanges.get_mut(id) else {
            return;
        };
        let comes_in = matches!(entry.why, Reason::Join | Reason::Seed);
        let joins = entry.with.is_none() && comes_in && !entry.introduced;
        if entry.with.is_some() && entry.why == Reason::Ping && !entry.introduced {
            let probed = self.prober.asked_by_stream(id);
            let probed = probed.and_then(|seat| self.roster.peer(seat));
            entry.proven = probed.is_some_and(|peer| peer.has_key(record.peer.key()));
        }
        entry.introduced = true;
        let is_ping = entry.why == Reason::Ping;
        let checked = joins
            && record.state.is_up()
            && self.joiner_is_checked(id, &record.peer, record.incarnation);
        if checked || self.told.claims.checks(&record.peer).is_some() {
            return;
        }
        // A ping by stream introduces nobody: who is heard by streams alone may be one that hears no datagrams (P17).
        if !is_ping || self.roster.is_up(self.seat_of(record.peer.key())) {
            self.hear_record(record);
        }
    }

    /// The exchange has ended. Every id, opened or accepted, ends in exactly one such call; after `exchange.timeout` the
    /// node forgets it by itself, and a later call does nothing.
    pub fn handle_exchange(
        &mut self,
        now: Instant,
        id: ExchangeId,
        how: Result<Exchanged, ExchangeFailed>,
    ) {
        self.wake(now);
        // Whoever fell silent meanwhile (P12) is in no cluster, however the exchange went.
        if let Some(entry) = self.exchanges.end(id)
            && !self.me.is_silenced()
        {
            self.exchange_ended(&entry, how);
        }
    }

    /// The other side of an exchange runs with settings that hash to this; differing ones are told once (P17).
    pub fn handle_settings(&mut self, settings: u32) {
        if settings != self.settings() {
            self.told.latches.settings();
        }
    }
}

impl<P: Peer> Node<'_, P> {
    pub(super) fn open_exchange(&mut self, with: P::Addr, why: Reason) -> Result<ExchangeId, Busy> {
        let now = self.clock.now();
        let until = now.saturating_add(micros(self.config.exchange.timeout));
        let Some(id) = self.exchanges.begin(Some(with), why, until) else {
            Stats::count(&mut self.told.stats.exchanges_refused);
            return Err(Busy);
        };
        Stats::count(&mut self.told.stats.exchanges_opened);
        if why != Reason::Ping {
            self.schedule.last_began = Some(now);
            self.schedule.digest_then = self.roster.digest();
        }
        Ok(id)
    }

    pub(super) fn exchange_with(&mut self, seat: Seat, why: Reason) {
        if let Some(address) = self.address_of(seat) {
            // Too many at once: the next difference, or the timer, tries again.
            let _ = self.open_exchange(address, why);
        }
    }

    /// A member that was dead answers (P9). In a hurry many do: then its return alone is enough while we compare rosters with
    /// another, or just have.
    pub(super) fn reconnected(&mut self, seat: Seat) {
        let now = self.clock.now();
        if self.is_in_hurry(now) {
            let running = self.exchanges.any_opened();
            let pause = self.interval() / 4;
            let began = self.schedule.last_began;
            if running || began.is_some_and(|began| now.saturating_sub(began) < pause) {
                return;
            }
        }
        self.exchange_with(seat, Reason::Reconnect);
    }

    pub(super) fn exchange_with_anybody(&mut self, why: Reason) {
        if let Some(seat) = self.random_up(&[]) {
            self.exchange_with(seat, why);
        }
    }

    /// R50: the timed push/pull picks any alive member; with a suspect it might be wasted.
    fn exchange_with_somebody_alive(&mut self) {
        let alive = |node: &Self, seat| node.roster.state(seat) == State::Alive;
        if let Some(seat) = self.random_member(&[], alive) {
            self.exchange_with(seat, Reason::Timed);
        }
    }

    fn exchange_ended(&mut self, entry: &Entry<P>, how: Result<Exchanged, ExchangeFailed>) {
        if entry.why == Reason::Ping && entry.with.is_some() {
            return self.stream_ping_ended(entry.id, how.is_ok() && entry.proven);
        }
        let joins = matches!(entry.why, Reason::Join | Reason::Seed) && entry.with.is_some();
        if entry.with.is_some() {
            self.plan_gap(entry.why, how.is_ok_and(|exchanged| exchanged.same));
        }
        match how {
            Ok(exchanged) => {
                self.told.latches.unreachable |= exchanged.unreachable;
                // Only of a join has the other side found out whether we can be reached (P17).
                if joins {
                    self.me.muted = exchanged.unreachable;
                }
                self.greet();
            }
            Err(_) => Stats::count(&mut self.told.stats.exchanges_failed),
        }
        if joins && matches!(how, Ok(_) | Err(ExchangeFailed::Busy)) {
            self.settle(how.is_ok());
        }
    }

    /// The gap before the next exchange about a difference follows what became of ours; those that others opened say nothing
    /// of how often we should (P4). One that failed left us different too.
    fn plan_gap(&mut self, why: Reason, same: bool) {
        if same {
            self.schedule.gap = 1;
        } else if why == Reason::Differs {
            self.schedule.gap = self.schedule.gap.saturating_mul(2).min(GAP_MAX);
        }
    }

    /// We are in, or were told to come back later: views are settled by exchanges in quick succession (P4).
    fn settle(&mut self, is_in: bool) {
        let now = self.clock.now();
        if is_in && !self.schedule.joined {
            self.schedule.joined = true;
            self.told.latches.joined = true;
        }
        self.schedule.settle_until = now.saturating_add(self.interval().saturating_mul(SETTLE));
        self.schedule.heard_other = true;
        self.plan_settling(now);
    }

    /// Four tenths of a period ± 25 % from now.
    fn plan_settling(&mut self, now: u64) {
        let gap = self.interval().saturating_mul(SETTLING) / 10;
        let low = gap.saturating_mul(3) / 4;
        let ahead = low.saturating_add(self.random.micros_below((gap / 2).saturating_add(1)));
        self.schedule.settle_at = now.saturating_add(ahead);
    }

    pub(super) fn exchanges_due(&mut self) {
        let now = self.clock.now();
        while let Some(entry) = self.exchanges.expired(now) {
            self.exchange_ended(&entry, Err(ExchangeFailed::TimedOut));
        }
        if self.me.muted && self.schedule.joined {
            let later = now.saturating_add(self.interval());
            self.schedule.postpone(now, later);
        }
        if self.schedule.settle_at <= now {
            self.settle_due(now);
        }
        if self.schedule.timed_at <= now {
            let scale = u64::from(exchange_scale(self.roster.counts().known()));
            let gap = micros(self.config.exchange.interval)
                .saturating_mul(scale)
                .max(1);
            self.schedule.timed_at = now.saturating_add(gap);
            self.exchange_with_somebody_alive();
        }
    }

    fn settle_due(&mut self, now: u64) {
        self.schedule.settle_at = NEVER;
        if now >= self.schedule.settle_until || !self.config.exchange.digest {
            return;
        }
        self.plan_settling(now);
        let changed = self.schedule.digest_then != self.roster.digest();
        let running = self.exchanges.any_opened();
        if (self.schedule.heard_other || changed) && !running {
            // Still unanswered as a joiner: somebody else may answer (P5).
            let why = if self.schedule.joined {
                Reason::Settle
            } else {
                Reason::Join
            };
            self.exchange_with_anybody(why);
        }
    }

    /// P3: a node that refuses anyone, and still has no room, or that knows nobody, sends no digest.
    pub(super) fn sends_digest(&self) -> bool {
        self.config.exchange.digest
            && self.me.is_present()
            && !self.knows_nobody()
            && (self.roster.has_room() || !self.told.latches.is_crowded())
    }

    /// The speaker's view in one number (P3), compared when the datagram has been read whole.
    pub(super) fn hear_digest(&mut self, from: &P::Addr, digest: u64) {
        let Some((seat, is_ack)) = self.hearing.speaker.take() else {
            return;
        };
        if self
            .roster
            .peer(seat)
            .is_none_or(|peer| peer.addr() != from)
        {
            return;
        }
        self.hearing.note(seat, digest);
        if digest == self.roster.digest() {
            self.schedule.differs_since = None;
            self.schedule.heard_other = false;
            self.drop_known_news();
        } else {
            self.schedule.heard_other = true;
            if is_ack {
                self.consider_difference(seat, digest);
            }
        }
    }

    /// P4: the pinger opens it, never both sides; after the difference has lasted; one at a time, one per gap.
    fn consider_difference(&mut self, seat: Seat, digest: u64) {
        if !self.config.exchange.on_difference || !self.sends_digest() {
            return;
        }
        let now = self.clock.now();
        let since = *self.schedule.differs_since.get_or_insert(now);
        let round = micros(self.config.gossip.interval).max(self.interval() / 5);
        let lasted = now.saturating_sub(since) >= round.saturating_mul(3);
        let running = self.exchanges.any_opened();
        if lasted && !running && self.gap_is_over(now, digest) {
            self.schedule.differs_since = None;
            self.schedule.differed = digest;
            self.exchange_with(seat, Reason::Differs);
        }
    }

    /// When our digest changed since the last exchange began, or theirs is not the one that started it, the difference is a
    /// new one: one period is enough, whatever was scheduled.
    fn gap_is_over(&self, now: u64, digest: u64) -> bool {
        let Some(began) = self.schedule.last_began else {
            return true;
        };
        let ours_changed = self.schedule.digest_then != self.roster.digest();
        let is_new = ours_changed || self.schedule.differed != digest;
        let periods = if is_new { 1 } else { self.schedule.gap };
        now >= began.saturating_add(self.interval().saturating_mul(periods))
    }

    /// A hash of what should be equal on all members (P17): intervals and suspicion.
    #[must_use]
    pub fn settings(&self) -> u32 {
        let (probe, suspicion) = (&self.config.probe, &self.config.suspicion);
        crate::hash::name_hash(&(
            (
                micros(probe.interval),
                micros(probe.timeout),
                micros(self.config.gossip.interval),
            ),
            (suspicion.enabled, suspicion.floor, suspicion.alpha_tenths),
            (suspicion.max_factor, suspicion.confirmations),
        ))
    }

    /// Up to three random up members other than ourselves, for a busy answer (P5).
    pub fn suggest(&mut self) -> impl Iterator<Item = crate::peer::MemberRef<'_, P>> {
        let mut chosen = [ME; 3];
        for at in 0..3 {
            let but = chosen;
            if let (Some(seat), Some(place)) = (self.random_up(&but), chosen.get_mut(at)) {
                *place = seat;
            }
        }
        let now = self.clock.millis();
        let roster = &self.roster;
        chosen
            .into_iter()
            .filter(|seat| *seat != ME)
            .filter_map(move |seat| roster.view(seat, now))
    }

    /// P17: whether the joiner of this accepted exchange answered at its advertised address; `None`: not known yet.
    #[must_use]
    pub fn reachable(&self, id: ExchangeId) -> Option<bool> {
        self.exchanges
            .get(id)
            .map_or(Some(true), |entry| entry.reachable.ok())
    }
}
