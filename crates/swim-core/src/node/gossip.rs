//! News: who is told, how often (SWIM §4.1; P2, P11; R60, R75–R78).

use super::pings::NEVER;
use super::{ME, Node};
use crate::config::{Config, Retransmit};
use crate::mutant::{Mutant, is};
use crate::peer::{Peer, State};
use crate::random::Random;
use crate::roster::{Flag, Link, NONE, Seat};
use crate::rules::{Kind, sends};
use crate::time::micros;

/// Targets of one round at most.
const FANOUT: usize = 16;
/// Members that must have shown our digest before news is dropped (P11).
const KNOWERS: u32 = 8;

#[derive(Debug)]
pub(super) struct Gossip {
    /// When the rounds fall, so that a pause without news keeps their phase.
    phase: u64,
    interval: u64,
    next_at: u64,
    /// What all seem to know has been dropped from the news, and none came since (P11).
    is_sifted: bool,
    /// Targets of this round, and how many are yet to be told.
    targets: [Seat; FANOUT],
    chosen: usize,
    to_tell: usize,
    /// How often each kind of news is sent among so many members: logarithms, taken anew when the number changes.
    limits: [u8; KINDS],
    limits_for: u32,
}

const KINDS: usize = Kind::Refutation as usize + 1;

impl Gossip {
    pub(super) fn new(random: &mut Random, now: u64, interval: u64) -> Self {
        let phase = now.saturating_add(random.micros_below(interval.max(1)));
        let targets = [NONE; FANOUT];
        Self {
            phase,
            interval,
            next_at: NEVER,
            is_sifted: false,
            targets,
            chosen: 0,
            to_tell: 0,
            limits: [0; KINDS],
            limits_for: 0,
        }
    }

    pub(super) const fn next(&self) -> u64 {
        self.next_at
    }

    /// The round under way ends.
    pub(super) const fn tell_nobody(&mut self) {
        self.to_tell = 0;
    }

    pub(super) const fn any_to_tell(&self) -> bool {
        self.to_tell > 0
    }

    /// There is news: the next round of our rhythm is held.
    fn schedule(&mut self, now: u64) {
        if self.next_at == NEVER && self.interval > 0 {
            let into = now
                .wrapping_sub(self.phase)
                .checked_rem(self.interval)
                .unwrap_or(0);
            let ahead = if now < self.phase {
                self.phase.wrapping_sub(now)
            } else {
                self.interval.wrapping_sub(into)
            };
            self.next_at = now.saturating_add(ahead);
        }
    }

    fn limit(&mut self, kind: Kind, known: u32, retransmit: Retransmit) -> u8 {
        if self.limits_for != known {
            self.limits_for = known;
            for kind in Kind::ALL {
                if let Some(limit) = self.limits.get_mut(kind as usize) {
                    *limit = sends(retransmit, kind, known);
                }
            }
        }
        self.limits.get(kind as usize).copied().unwrap_or(1)
    }

    fn chosen(&self) -> [Seat; FANOUT] {
        self.targets
    }
}

impl<P: Peer> Node<'_, P> {
    /// Makes what is held of a member news: from the start, in the lane that it belongs to.
    pub(super) fn spread(&mut self, seat: Seat, link: Link) {
        self.roster.enlist(seat, link, 0);
        self.gossip.is_sifted = false;
        self.gossip.schedule(self.clock.now());
    }

    /// How often this record is sent.
    fn sends_of(&mut self, seat: Seat) -> u8 {
        let mark = self.roster.mark(seat);
        let kind = match mark.state() {
            State::Suspect if mark.has(Flag::Confirmed) => Kind::Confirmation,
            State::Suspect => Kind::Suspicion,
            State::Alive if mark.has(Flag::Overturned) => Kind::Refutation,
            State::Alive | State::Dead | State::Left => Kind::Plain,
        };
        let known = self.roster.counts().known();
        self.gossip
            .limit(kind, known, self.config.gossip.retransmit)
    }

    /// One more send of this record: on to the next bucket, or out.
    pub(super) fn count_send(&mut self, seat: Seat, link: Link) {
        let sends = self.roster.mark(seat).sends.saturating_add(1);
        if is(Mutant::UnboundedRetransmission) {
            self.roster.enlist(seat, link, 0);
        } else if sends >= self.sends_of(seat) {
            self.end_news(seat);
        } else {
            self.roster.enlist(seat, link, sends);
        }
    }

    /// A death that we are telling comes back to us by gossip: that counts as one of our sends (P2), since the longer it has
    /// been going round, the less of what we send is new to anybody. Suspicions are told in full: whoever is suspected must hear.
    pub(super) fn note_heard(&mut self, seat: Seat) {
        let mark = self.roster.mark(seat);
        let told = mark.state() == State::Dead && mark.link() == Link::News;
        if !told || !self.config.gossip.count_heard {
            return;
        }
        // Once at one time: copies in one datagram are no more than one word of it.
        let now = self.clock.millis();
        let is_new = self.roster.mark_mut(seat).map(|mark| mark.hear_at(now));
        if is_new == Some(true) {
            self.count_send(seat, Link::News);
        }
    }

    /// News no more; a tombstone joins those that may be forgotten first.
    pub(super) fn end_news(&mut self, seat: Seat) {
        if seat != ME && self.roster.is_held(seat) && !self.roster.is_up(seat) {
            self.roster.enlist(seat, Link::Tomb, 0);
            self.limit_tombstones();
        } else {
            self.roster.delist(seat);
        }
    }

    /// Whether members whose digest is ours have heard this news: not of a suspicion, nor of a tombstone over another.
    fn shows_in_digests(&self, seat: Seat) -> bool {
        let mark = self.roster.mark(seat);
        match mark.state() {
            State::Alive => true,
            State::Suspect => false,
            State::Dead | State::Left => !mark.has(Flag::Unseen),
        }
    }

    /// P11: news that eight members know, by their digests, is news no more. What is left after that no digest can show: it
    /// is not looked through again before there is other news.
    pub(super) fn drop_known_news(&mut self) {
        let nothing = self.roster.news_waiting() == 0 || self.gossip.is_sifted;
        if !self.config.gossip.drop_known || nothing {
            return;
        }
        let agreement = self.hearing.agreement(self.roster.digest());
        if agreement.equal < KNOWERS {
            return;
        }
        self.gossip.is_sifted = true;
        for link in [Link::Urgent, Link::News] {
            for bucket in 0..crate::roster::BUCKETS {
                let mut seat = self.roster.news_head(link, bucket);
                while seat != NONE {
                    let next = self.roster.mark(seat).next;
                    if self.shows_in_digests(seat) && seat != ME {
                        let count = &mut self.told.stats.news_known;
                        *count = count.wrapping_add(1);
                        self.end_news(seat);
                    }
                    seat = next;
                }
            }
        }
    }

    /// A round of gossip is due (R75).
    pub(super) fn gossip_due(&mut self) {
        let now = self.clock.now();
        if self.gossip.next_at > now {
            return;
        }
        self.gossip.next_at = NEVER;
        if self.roster.news_waiting() > 0 && !self.knows_nobody() {
            self.gossip.schedule(now);
            self.gossip.to_tell = usize::from(self.config.gossip.fanout).min(FANOUT);
            self.gossip.chosen = 0;
            self.gossip.targets = [NONE; FANOUT];
        }
    }

    /// The next target of this round; `None` ends it.
    pub(super) fn next_listener(&mut self) -> Option<Seat> {
        self.gossip.to_tell = self.gossip.to_tell.checked_sub(1)?;
        let but = self.gossip.chosen();
        let window = self.config.gossip.to_the_dead;
        let seat = if window.is_zero() {
            self.random_up(&but)
        } else {
            self.random_member(&but, |node, seat| {
                node.roster.is_up(seat) || node.died_within(seat, &node.config)
            })
        };
        match (seat, self.gossip.targets.get_mut(self.gossip.chosen)) {
            (Some(seat), Some(place)) => {
                *place = seat;
                self.gossip.chosen = self.gossip.chosen.saturating_add(1);
            }
            _ => self.gossip.to_tell = 0,
        }
        seat
    }

    /// R75: the recently dead still get gossip, so that a member wrongly buried finds out.
    fn died_within(&self, seat: Seat, config: &Config) -> bool {
        let age = self.clock.millis().wrapping_sub(self.roster.since(seat));
        self.roster.state(seat) == State::Dead
            && u64::from(age).saturating_mul(1_000) <= micros(config.gossip.to_the_dead)
    }
}
