//! What others say about us: outbid it, or find out who uses our name (P8, P12; R19, R21, R27, R39, R41).

use super::life::{Duel, GREETINGS, Life};
use super::outbox::{Answer, Owed};
use super::pings::{Asked, NEVER, Purpose};
use super::{ME, NONE, Node};
use crate::mutant::{Mutant, is};
use crate::peer::{Incarnation, Peer, State};
use crate::roster::{Flag, Link};
use crate::rules::{beats, suspicion_min};
use crate::stats::Stats;
use crate::time::micros;

/// Rounds of outbidding after which the greater address yields, whoever is older.
const ROUNDS: u8 = 3;
/// Namesakes asked at once: a forger who makes up more of them must not keep our own pings from being sent.
const NAMESAKES: usize = 4;
/// Periods in which one conflict is counted and told once, however often the two are heard.
pub(super) const CONFLICT_PAUSE: u64 = 30;

impl<P: Peer> Node<'_, P> {
    /// Somebody says that we are suspect, dead or left.
    pub(super) fn answer_accusation(
        &mut self,
        from: Option<&P::Addr>,
        state: State,
        incarnation: Incarnation,
    ) {
        let answered = from.is_some_and(|from| self.outbox.accused_by(from));
        let held = self.roster.incarnation(ME);
        let known = (incarnation, state) == (held, self.roster.state(ME));
        // About ourselves any leap is outbid, since a life without a clock may begin far below its tombstone; but not one
        // that would leave no room for others to outbid in turn.
        if incarnation.leaps_above(held) && incarnation.is_unbeatable() {
            Stats::count(&mut self.told.stats.incarnations_leaping);
            // They will forget it soon, and no digest shows that they did: exchanges were vain until then only (P4).
            self.schedule.begin_anew();
        } else if beats((incarnation, state), (held, self.roster.state(ME))) {
            if is(Mutant::BelievesOwnDeath) {
                let now = self.clock.millis();
                return self.roster.hold(ME, state, incarnation, now);
            }
            self.outbid(incarnation);
        } else {
            Stats::count(&mut self.told.stats.rumours_known);
            // Outbid long ago, but they have not heard of it: tell them. Who says what we say ourselves needs no answer; an
            // answer would be answered, for ever, by a namesake that has left as we have.
            if let Some(from) = from.filter(|_| !answered && !known) {
                self.tell_own_record(from.clone());
            }
        }
    }

    fn tell_own_record(&mut self, to: P::Addr) {
        self.owe(Owed {
            to,
            answer: Answer::Record,
            receiver: NONE,
            accused: true,
            echo: false,
        });
    }

    /// Somebody says that we are alive, at that incarnation, with that content.
    pub(super) fn answer_own_name(
        &mut self,
        from: Option<&P::Addr>,
        peer: &P,
        incarnation: Incarnation,
    ) {
        let same = self.me.peer == *peer;
        let held = self.roster.incarnation(ME);
        if same && incarnation <= held {
            return Stats::count(&mut self.told.stats.rumours_known);
        }
        let elsewhere = self.me.peer.addr() != peer.addr();
        if elsewhere {
            self.meet_namesake(peer, incarnation);
            if from == Some(peer.addr()) {
                self.namesake_spoke(peer.addr());
            }
        } else if incarnation >= held {
            self.outbid(incarnation);
        }
    }

    /// Says the same of ourselves, one incarnation above.
    fn outbid(&mut self, incarnation: Incarnation) {
        if is(Mutant::NoRefutation) {
            return;
        }
        let highest = incarnation.max(self.roster.incarnation(ME));
        let next = if is(Mutant::RefutesAtSame) {
            highest
        } else {
            highest.next()
        };
        if !next.is_legal() {
            return self.outbid_at_the_limit();
        }
        Stats::count(&mut self.told.stats.refutations);
        match self.me.life {
            Life::Present => {
                self.worsen_health(1);
                self.announce_me(State::Alive, next);
                self.roster.flag(ME, Flag::Overturned, true);
                self.spread(ME, Link::News);
            }
            Life::Leaving | Life::Gone => self.announce_me(State::Left, next),
            Life::Exile { .. } | Life::Silenced => {}
        }
    }

    /// No incarnation is left: Left outranks whatever stands at the last one (P8).
    fn outbid_at_the_limit(&mut self) {
        match self.me.life {
            Life::Present => self.go_into_exile(),
            Life::Leaving | Life::Gone => self.announce_me(State::Left, Incarnation::LAST),
            Life::Exile { .. } | Life::Silenced => {}
        }
    }

    /// Our name at another address: our own former life, or a namesake. A ping there will tell (P12).
    fn meet_namesake(&mut self, peer: &P, incarnation: Incarnation) {
        if self.me.life != Life::Present {
            return;
        }
        let known = self
            .me
            .duel
            .as_ref()
            .is_some_and(|duel| duel.other.addr() == peer.addr());
        if !known {
            let caller = self.me.caller.as_ref();
            let first = caller.filter(|caller| caller.0 == *peer.addr());
            let duel = Duel {
                other: peer.clone(),
                least: first.map_or(incarnation, |caller| caller.1.min(incarnation)),
                outbids: 0,
                next_outbid: 0,
                next_told: 0,
            };
            self.me.duel = Some(duel);
        }
        let now = self.clock.now();
        let pause = suspicion_min(&self.config, self.roster.counts().known());
        let held = self.roster.incarnation(ME);
        let Some(duel) = &mut self.me.duel else {
            return;
        };
        duel.least = duel.least.min(incarnation);
        if incarnation >= held && duel.next_outbid <= now {
            duel.next_outbid = now.saturating_add(pause);
            duel.outbids = duel.outbids.saturating_add(1);
            self.outbid(incarnation);
        }
        if !known {
            self.me.moved = true;
            if self.schedule.has_joined() {
                self.greet();
            }
        }
        self.ask_namesake(peer);
    }

    /// Those who hold us elsewhere must each find our old address silent: told at once, they do so side by side (P12). Once
    /// in a while only: nobody who forges our name at ever other addresses has each of his packets multiplied (P14).
    pub(super) fn greet(&mut self) {
        let now = self.clock.now();
        if core::mem::take(&mut self.me.moved) && self.me.next_greeting <= now {
            let pause = self.interval().saturating_mul(CONFLICT_PAUSE);
            self.me.next_greeting = now.saturating_add(pause);
            self.me.farewells = self.others().min(GREETINGS);
        }
    }

    /// A namesake pings us, and says with which incarnation it was born: how old it is, whatever it has outbid since. If it
    /// is the older one, its answer to a ping is all that we wait for.
    pub(super) fn hear_age(&mut self, from: &P::Addr, first: Incarnation) {
        self.me.caller = Some((from.clone(), first));
        let Some(duel) = &mut self.me.duel else {
            return;
        };
        if duel.other.addr() != from || first >= duel.least {
            return;
        }
        duel.least = first;
        let other = duel.other.clone();
        if self.duel_with(from).is_some_and(|duel| self.yields(duel)) {
            self.ask_namesake(&other);
        }
    }

    fn ask_namesake(&mut self, peer: &P) {
        let address = peer.addr().clone();
        let namesakes =
            |ping: &super::pings::Ping<P>| matches!(&ping.purpose, Purpose::Namesake(_));
        let asked = |ping: &super::pings::Ping<P>| matches!(&ping.purpose, Purpose::Namesake(at) if *at == address);
        if self.pings.iter().any(asked) {
            return;
        }
        if self.pings.iter().filter(|ping| namesakes(ping)).count() >= NAMESAKES {
            return Stats::count(&mut self.told.stats.pings_dropped);
        }
        self.begin_ping(Asked {
            seat: NONE,
            incarnation: self.roster.incarnation(ME),
            purpose: Purpose::Namesake(address.clone()),
            lasts: micros(self.config.probe.timeout),
            gap: if self.config.probe.repeat {
                micros(self.config.probe.timeout) / 5
            } else {
                NEVER
            },
        });
    }

    /// A namesake answered: it lives. The younger life yields; of twins, and after a few rounds, the greater address.
    pub(super) fn namesake_answered(&mut self, address: &P::Addr) {
        let Some(duel) = self.duel_with(address) else {
            return;
        };
        if self.yields(duel) {
            Stats::count(&mut self.told.stats.conflicts);
            self.fall_silent();
        } else {
            self.tell_conflict();
        }
    }

    /// A namesake said itself that it lives; before it can answer our ping it may have fallen silent. So whoever stays tells
    /// already now. Whoever yields waits for the answer to the ping, which nobody else can give (P14).
    fn namesake_spoke(&mut self, address: &P::Addr) {
        let stays = |duel: &Duel<P>| !self.yields(duel);
        if self.duel_with(address).is_some_and(stays) {
            self.tell_conflict();
        }
    }

    fn duel_with(&self, address: &P::Addr) -> Option<&Duel<P>> {
        let duel = self.me.duel.as_ref();
        duel.filter(|duel| duel.other.addr() == address)
    }

    fn yields(&self, duel: &Duel<P>) -> bool {
        let twins = duel.least == self.me.first || duel.outbids > ROUNDS;
        if twins {
            self.me.peer.addr() > duel.other.addr()
        } else {
            duel.least < self.me.first
        }
    }

    fn tell_conflict(&mut self) {
        let now = self.clock.now();
        let pause = self.interval().saturating_mul(CONFLICT_PAUSE);
        if let Some(duel) = &mut self.me.duel
            && duel.next_told <= now
        {
            duel.next_told = now.saturating_add(pause);
            Stats::count(&mut self.told.stats.conflicts);
            self.told.latches.conflict = Some((ME, duel.other.clone()));
        }
    }
}
