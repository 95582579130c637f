//! The node: its fields, its facts, its wishes, its one poll, its views, in that order. The rules stand in `node/*`, one
//! concern each.

mod claims;
mod clock;
mod compose;
mod defend;
mod doubt;
mod events;
mod evidence;
mod exchange;
mod exchanges;
mod gossip;
mod hearing;
mod life;
mod outbox;
mod pings;
mod poll;
mod probe;
#[cfg(feature = "wire")]
mod quick;
mod recall;
mod reconnect;
mod relay;
mod replies;
mod suspect;
mod verify;
mod views;

use crate::config::{Config, ConfigError};
use crate::message::Message;
use crate::mutant::{Mutant, is};
use crate::peer::{Incarnation, Peer, State};
use crate::random::Random;
use crate::roster::Roster;
pub(crate) use crate::roster::{NONE, Seat};
use crate::stats::Stats;
use crate::time::{Instant, micros};

use claims::Claims;
use clock::Clock;
use events::Latches;
use exchange::Schedule;
use exchanges::Exchanges;
use gossip::Gossip;
use hearing::Hearing;
use life::Me;
use outbox::Outbox;
use pings::Pings;
use probe::Prober;
use reconnect::Recovery;

/// Where we sit in our own roster.
const ME: Seat = 0;

/// With how many of the last members heard the digest is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreement {
    /// Different members heard with a digest of late (at most 16).
    pub heard: u32,
    /// Those whose last digest equals ours now.
    pub equal: u32,
}

/// A member of the cluster: us. A pure state machine: facts and wishes in, [`Output`](crate::Output)s out.
///
/// After every fact or wish ask [`poll_output`](Self::poll_output) until it says `Wait`. Misuse is harmless: a node that is
/// not drained loses datagrams, nothing else.
// In the order in which they are used: what is looked at with each fact lies together, tables of which mostly the first
// entry is used come last. Whoever runs many nodes in one process finds each of them cold.
#[derive(Debug)]
#[repr(C)]
pub struct Node<'s, P: Peer> {
    clock: Clock,
    random: Random,
    me: Me<P>,
    hearing: Hearing,
    schedule: Schedule,
    gossip: Gossip,
    recovery: Recovery<P>,
    roster: Roster<'s, P>,
    config: Config,
    prober: Prober,
    exchanges: Exchanges<P>,
    told: Told<P>,
    outbox: Outbox<P>,
    pings: Pings<P>,
}

/// What the application sees besides members.
#[derive(Debug)]
struct Told<P: Peer> {
    latches: Latches<P>,
    claims: Claims<P>,
    stats: Stats,
}

impl<'s, P: Peer> Node<'s, P> {
    /// A node alone.
    ///
    /// `first` is its first incarnation: unix seconds, and never less than one more than its last; a device without a
    /// clock gives what it has (P8). Same `seed` and same history give the same outputs; different nodes need different
    /// seeds.
    ///
    /// # Errors
    /// The first setting that can't work, or `roster.capacity` if there is no room for two, or `first` if that incarnation
    /// can't be.
    pub fn new(
        me: P,
        first: Incarnation,
        config: Config,
        roster: impl Into<Roster<'s, P>>,
        seed: u64,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        config.validate()?;
        let mut roster = roster.into();
        if roster.capacity() < 2 {
            return Err(ConfigError {
                field: "roster.capacity",
                value: u64::try_from(roster.capacity()).unwrap_or(u64::MAX).into(),
                must: "must be at least 2",
            });
        }
        if !first.is_legal() {
            return Err(ConfigError {
                field: "first",
                value: first.0.into(),
                must: "must be less than 0xFFFF0000",
            });
        }
        let mut random = Random::new(seed);
        roster.set_keys(config.digest_key, random.next());
        let mut node = Self {
            clock: Clock::new(now),
            prober: Prober::new(&mut random, now.as_micros(), micros(config.probe.interval)),
            gossip: Gossip::new(&mut random, now.as_micros(), micros(config.gossip.interval)),
            schedule: Schedule::new(&mut random, now.as_micros(), &config),
            recovery: Recovery::new(&mut random, now.as_micros(), &config),
            hearing: Hearing::new(now.as_micros()),
            me: Me::new(me.clone(), first),
            pings: Pings::new(),
            outbox: Outbox::new(),
            exchanges: Exchanges::new(),
            told: Told {
                latches: Latches::new(),
                claims: Claims::new(),
                stats: Stats::default(),
            },
            config,
            roster,
            random,
        };
        // An emptied roster with room for two takes its first member.
        if let Ok(seat) = node
            .roster
            .insert(me, State::Alive, first, node.clock.millis())
        {
            node.roster.note_change(seat);
        }
        Ok(node)
    }
}

/// Facts: what happened. Infallible; bad input is counted and dropped.
impl<P: Peer> Node<'_, P> {
    /// A message came in a datagram from `from`. Call once for each message, in the datagram's order.
    #[inline]
    pub fn handle_message(&mut self, now: Instant, from: &P::Addr, message: &Message<'_, P>) {
        if !self.attend(now) {
            return;
        }
        match *message {
            Message::Ping {
                seq,
                target,
                source,
                incarnation,
            } => {
                self.hear_ping(from, seq, target, source, incarnation);
            }
            Message::PingReq {
                seq,
                target,
                share,
                nack,
                ..
            } => {
                self.hear_ping_req(from, seq, target, share, nack);
            }
            Message::Ack { seq, .. } => self.hear_ack(from, seq),
            Message::Nack { seq } => self.hear_nack(from, seq),
            Message::Alive { peer, incarnation } => self.hear_alive(Some(from), peer, incarnation),
            Message::Suspect {
                key,
                incarnation,
                accuser,
            } => {
                self.hear_suspect(Some(from), key, incarnation, accuser);
            }
            Message::Dead { key, incarnation } => self.hear_dead(Some(from), key, incarnation),
            Message::Left { key, incarnation } => self.hear_left(Some(from), key, incarnation),
            Message::Digest(digest) => self.hear_digest(from, digest),
        }
    }

    /// A message came: `false` if we take no part any more.
    #[inline]
    fn attend(&mut self, now: Instant) -> bool {
        if self.me.is_silenced() {
            return false;
        }
        self.wake(now);
        self.hear();
        self.me.muted = false;
        Stats::count(&mut self.told.stats.messages_heard);
        true
    }

    /// A datagram or frame of the cluster came that says nothing new: still, somebody was heard (P13), and time passed.
    pub fn handle_word(&mut self, now: Instant) {
        if !self.me.is_silenced() {
            self.wake(now);
            self.hear();
            self.me.muted = false;
        }
    }

    /// The instant of the last `Wait` has come. Read all that has arrived first (P1); an early call changes nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.me.is_silenced() {
            return;
        }
        self.wake(now);
        self.pings_due();
        if self.me.is_present() {
            self.probes_due();
            self.members_due();
            self.gossip_due();
            self.exchanges_due();
            self.reconnect_due();
        }
        self.life_due();
    }

    /// Lets time pass; finds out whether we slept (P1).
    #[inline]
    fn wake(&mut self, now: Instant) {
        if !self.clock.is_past(now) {
            self.pass_time(now);
        }
    }

    fn pass_time(&mut self, now: Instant) {
        let grace = micros(self.config.probe.timeout);
        if self.clock.advance(now, grace, self.config.oversleep) {
            Stats::count(&mut self.told.stats.oversleeps);
            if is(Mutant::OversleepBuries) {
                self.bury_probed();
            }
            self.drop_probes();
            self.worsen_health(1);
        }
    }

    fn worsen_health(&mut self, points: u8) {
        self.prober.health.worsen(points, self.config.health.max);
    }

    /// A random member for which `fits`, other than ourselves and those in `but`: draws first, then a walk, so that it is
    /// found if it exists. O(1) while a fair part of the slots fits.
    fn random_member(&mut self, but: &[Seat], fits: impl Fn(&Self, Seat) -> bool) -> Option<Seat> {
        const DRAWS: u32 = 24;
        let used = self.roster.used();
        let good = |node: &Self, seat| {
            seat != ME && node.roster.is_held(seat) && !but.contains(&seat) && fits(node, seat)
        };
        for _ in 0..DRAWS {
            let seat = self.random.below(used);
            if good(self, seat) {
                return Some(seat);
            }
        }
        let start = self.random.below(used);
        (start..used).chain(0..start).find(|seat| good(self, *seat))
    }

    fn random_up(&mut self, but: &[Seat]) -> Option<Seat> {
        if self.knows_nobody() {
            return None;
        }
        self.random_member(but, |node, seat| node.roster.is_up(seat))
    }

    /// Alive and suspect members, ourselves included.
    const fn up(&self) -> u32 {
        self.roster.counts().up()
    }

    /// Alive and suspect members but ourselves.
    fn others(&self) -> u32 {
        let me = u32::from(self.roster.state(ME).is_up());
        self.up().saturating_sub(me)
    }

    /// Whether no other member is up. Mostly the counts alone can tell, without a look at our own slot.
    fn knows_nobody(&self) -> bool {
        self.up() < 2 && self.others() == 0
    }

    /// The protocol period in microseconds: the unit of all constants that the rules state in seconds.
    const fn interval(&self) -> u64 {
        micros(self.config.probe.interval)
    }

    /// Where a member is reached. Not at our own address: whoever is held there has gone, and we came after it (S9).
    fn address_of(&self, seat: Seat) -> Option<P::Addr> {
        self.unless_ours(self.roster.peer(seat)?.addr())
    }

    fn unless_ours(&self, address: &P::Addr) -> Option<P::Addr> {
        (address != self.me.peer.addr()).then(|| address.clone())
    }

    /// The seat of the member with this key, or [`NONE`].
    fn seat_of(&self, key: P::Key<'_>) -> Seat {
        self.roster.find(key).unwrap_or(NONE)
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
