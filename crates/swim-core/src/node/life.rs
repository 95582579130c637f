//! Our own life: present, leaving, left, in exile, silenced; update, leave, and the way back (P8, P12).

use super::hearing::Hearing;
use super::outbox::Outbox;
use super::{ME, Node};
use crate::hash::name_hash;
use crate::output::{Departed, UpdateError};
use crate::peer::{Incarnation, Peer, State};
use crate::roster::{Flag, Link};
use crate::stats::Stats;
use crate::time::Instant;

/// Members that hear at once of our leave (P12).
const FAREWELLS: u32 = 16;
/// Members that hear at once of our new address: whoever hears of it by gossip only, begins its check later (P12).
pub(super) const GREETINGS: u32 = 64;
/// Exile, in protocol periods: longer than others remember incarnations that can't be outbid (P8).
const EXILE: u64 = UNBEATABLE_TOMBSTONE + 3;
/// How long a tombstone that nobody could outbid is kept, in protocol periods (P8).
pub(super) const UNBEATABLE_TOMBSTONE: u64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// A member like any other.
    Present,
    /// The leave is being told.
    Leaving,
    /// The leave was told as often as it will be; pings are still answered.
    Gone,
    /// An incarnation that can't be outbid was forged for us: we left and wait until that is forgotten (P8).
    Exile { until: u64 },
    /// A namesake is older: not a word more (P12).
    Silenced,
}

/// What the node knows of itself besides its slot.
#[derive(Debug)]
pub(super) struct Me<P: Peer> {
    /// What we say about ourselves: the same as in our slot.
    pub(super) peer: P,
    /// The public hash of our key: each ping names us by it.
    pub(super) hash: u32,
    pub(super) life: Life,
    /// The first incarnation of this life: how old we are (P12).
    pub(super) first: Incarnation,
    /// Farewells yet to be sent.
    pub(super) farewells: u32,
    /// Members that heard a farewell, as a cursor of seats.
    pub(super) farewell_cursor: u32,
    /// The namesake that we know of, and when it may be outbid again (P12).
    pub(super) duel: Option<Duel<P>>,
    /// We are held at another address: to be told once we are in.
    pub(super) moved: bool,
    /// When members may be told of it at once (again).
    pub(super) next_greeting: u64,
    /// Nobody has found that our address answers: we join, or who answered our join says that it doesn't. Not a word of
    /// ourselves until a datagram came in (P17).
    pub(super) muted: bool,
    /// The namesake that pinged last, and its first incarnation.
    pub(super) caller: Option<(P::Addr, Incarnation)>,
}

#[derive(Clone, Debug)]
pub(super) struct Duel<P: Peer> {
    pub(super) other: P,
    /// The least incarnation heard of it: how old it is at least.
    pub(super) least: Incarnation,
    pub(super) outbids: u8,
    pub(super) next_outbid: u64,
    /// When the application may be told (again).
    pub(super) next_told: u64,
}

impl<P: Peer> Me<P> {
    pub(super) fn new(peer: P, first: Incarnation) -> Self {
        let hash = name_hash(&peer.key());
        Self {
            peer,
            hash,
            life: Life::Present,
            first,
            farewells: 0,
            farewell_cursor: 0,
            duel: None,
            moved: false,
            next_greeting: 0,
            muted: false,
            caller: None,
        }
    }

    pub(super) const fn is_silenced(&self) -> bool {
        matches!(self.life, Life::Silenced)
    }

    /// Present, just leaving, or in exile: probes, gossips, exchanges.
    pub(super) const fn is_present(&self) -> bool {
        matches!(
            self.life,
            Life::Present | Life::Leaving | Life::Exile { .. }
        )
    }

    pub(super) const fn has_departed(&self) -> bool {
        !matches!(self.life, Life::Present | Life::Exile { .. })
    }
}

/// Wishes about oneself.
impl<P: Peer> Node<'_, P> {
    /// Replaces what we say about ourselves: metadata, address. Announced at the next incarnation.
    ///
    /// # Errors
    /// See [`UpdateError`]; nothing changed then.
    pub fn update(&mut self, now: Instant, me: P) -> Result<(), UpdateError> {
        if self.me.life != Life::Present {
            return Err(UpdateError::Departed);
        }
        if !self.is_me(me.key()) {
            return Err(UpdateError::OtherKey);
        }
        let next = self.roster.incarnation(ME).next();
        if !next.is_legal() {
            return Err(UpdateError::Exhausted);
        }
        self.wake(now);
        self.me.peer = me.clone();
        self.roster.replace(ME, me);
        self.announce_me(State::Alive, next);
        Ok(())
    }

    /// Says goodbye (R47). Keep draining until [`Event::Departed`](crate::Event::Departed), then drop the node; or
    /// [`join`](Self::join) again.
    ///
    /// # Errors
    /// [`Departed`] if it has left already.
    pub fn leave(&mut self, now: Instant) -> Result<(), Departed> {
        if self.me.has_departed() {
            return Err(Departed);
        }
        self.wake(now);
        self.me.life = Life::Leaving;
        self.say_left();
        Ok(())
    }
}

impl<P: Peer> Node<'_, P> {
    /// Holds ourselves in this state at this incarnation and makes it news.
    pub(super) fn announce_me(&mut self, state: State, incarnation: Incarnation) {
        self.roster
            .hold(ME, state, incarnation, self.clock.millis());
        self.roster.flag(ME, Flag::Overturned, false);
        self.roster.note_change(ME);
        self.spread(ME, Link::News);
    }

    fn say_left(&mut self) {
        self.announce_me(State::Left, self.roster.incarnation(ME));
        self.me.farewells = self.others().min(FAREWELLS);
        self.me.farewell_cursor = self.random.below(self.roster.used());
        self.drop_probes();
    }

    /// No incarnation is left to outbid a rumour with: say Left at the last one, wait, join anew (P8).
    pub(super) fn go_into_exile(&mut self) {
        self.roster
            .hold(ME, State::Alive, Incarnation::LAST, self.clock.millis());
        self.say_left();
        let until = self
            .clock
            .now()
            .saturating_add(self.interval().saturating_mul(EXILE));
        self.me.life = Life::Exile { until };
    }

    pub(super) fn fall_silent(&mut self) {
        self.me.life = Life::Silenced;
        self.drop_probes();
        self.pings.clear();
        self.outbox = Outbox::new();
        self.me.farewells = 0;
        self.gossip.tell_nobody();
        self.exchanges.clear();
        let by = self.me.duel.as_ref().map(|duel| duel.other.clone());
        self.told.latches.name_taken = by;
    }

    /// Begins a new life after a leave or a silence: roster and told state emptied together (P12).
    pub(super) fn begin_new_life(&mut self) {
        let me = self.me.peer.clone();
        let next = self.roster.incarnation(ME).next();
        let next = if next.is_legal() {
            next
        } else {
            self.after_the_last()
        };
        self.roster.clear();
        if let Ok(seat) = self
            .roster
            .insert(me.clone(), State::Alive, next, self.clock.millis())
        {
            self.roster.note_change(seat);
        }
        self.me = Me::new(me, next);
        self.told.latches.forget_life();
        self.told.claims.clear();
        // A leaving node probes on: what it asked would be held against whoever sits there now.
        self.drop_probes();
        self.pings.clear();
        self.outbox = Outbox::new();
        self.hearing = Hearing::new(self.clock.now());
        self.exchanges.clear();
        self.schedule.forget_life();
    }

    /// Where we begin anew when no incarnation was left: near our birth, and where that stands too high as well, at the bottom.
    /// Those who hold more tell us, and it is outbid (P8).
    const fn after_the_last(&self) -> Incarnation {
        let next = self.me.first.next();
        if next.is_unbeatable() {
            Incarnation(1)
        } else {
            next
        }
    }

    pub(super) fn life_due(&mut self) {
        match self.me.life {
            Life::Leaving if self.leave_was_told() => {
                self.me.life = Life::Gone;
                self.told.latches.departed = true;
            }
            Life::Exile { until } if until <= self.clock.now() => {
                Stats::count(&mut self.told.stats.refutations);
                self.me.life = Life::Present;
                self.announce_me(State::Alive, self.after_the_last());
                self.exchange_with_anybody(crate::output::Reason::Settle);
            }
            _ => {}
        }
    }

    /// The farewells are sent and gossip has used up its sends, or nobody is there to hear.
    fn leave_was_told(&self) -> bool {
        let told = self.me.farewells == 0 && self.roster.mark(ME).link() == Link::None;
        told || self.knows_nobody()
    }
}
