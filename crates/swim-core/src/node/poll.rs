//! What to do next: replies, pings, requests, farewells, gossip, exchanges, events, and last the deadline.

use super::compose::Load;
use super::outbox::Answer;
use super::pings::{NEVER, Ping, Purpose};
use super::{ME, NONE, Node};
use crate::message::{Compose, Message, Name};
use crate::output::{Output, Timer};
use crate::peer::{Peer, State};
use crate::roster::Seat;
use crate::stats::Stats;
use crate::time::Instant;

impl<P: Peer> Node<'_, P> {
    /// What to do next. Ask until it says [`Wait`](Output::Wait), after every fact and wish.
    ///
    /// A [`Send`](Output::Send) was written into `datagram`; its gossip is what is known at this moment. Draining moves no
    /// time, and ends: at most the replies owed, the pings and requests due, one round of gossip, the exchanges wanted and
    /// one event for each change.
    pub fn poll_output(&mut self, datagram: &mut impl Compose<P>) -> Output<P> {
        let sent = self
            .send_reply(datagram)
            .or_else(|| self.send_ping(datagram))
            .or_else(|| self.send_request(datagram))
            .or_else(|| self.send_farewell(datagram))
            .or_else(|| self.send_gossip(datagram));
        if let Some(to) = sent {
            return Output::Send { to };
        }
        if let Some((id, with, why)) = self.exchanges.announce() {
            return Output::Exchange { id, with, why };
        }
        self.life_due();
        if let Some(event) = self.next_event() {
            return Output::Event(event);
        }
        let until = self.deadline().map(|(at, _)| at);
        self.clock.promise(until);
        Output::Wait {
            until: until.map(|at| self.clock.instant(at)),
        }
    }

    fn send_reply(&mut self, datagram: &mut impl Compose<P>) -> Option<P::Addr> {
        let owed = self.outbox.pop()?;
        datagram.clear();
        let relayed = match owed.answer {
            Answer::Ack { seq, relayed } => {
                self.head(&Message::Ack { seq, payload: &[] }, datagram);
                relayed
            }
            Answer::Nack { seq } => {
                self.head(&Message::Nack { seq }, datagram);
                true
            }
            Answer::Record => true,
        };
        // Whoever can't be told apart from a stranger gets an answer as long as its question, and no news: it would be paid for
        // with sends meant for members, and could be turned on others (P14). A relay does not know who asked.
        let peer = self.roster.peer(owed.receiver);
        let is_member = peer.is_some_and(|peer| *peer.addr() == owed.to);
        let load = Load {
            against: owed.echo,
            // Whoever pings us although we have left has not heard of it, or has heard and forgotten (P12).
            own: owed.accused || self.me.has_departed(),
            news: is_member && owed.answer != Answer::Record,
            digest: !relayed && self.sends_digest(),
        };
        self.write_load(owed.receiver, load, datagram);
        Some(owed.to)
    }

    /// The first message of a datagram; one that does not fit an empty datagram is counted and left out.
    fn head(&mut self, message: &Message<'_, P>, datagram: &mut impl Compose<P>) {
        if datagram.push(message).is_err() {
            Stats::count(&mut self.told.stats.records_oversized);
        }
    }

    fn send_ping(&mut self, datagram: &mut impl Compose<P>) -> Option<P::Addr> {
        while self.pings.any_due() {
            let seq = self.pings.take_due()?;
            let ping = self.pings.by_seq(seq)?.clone();
            let Some(to) = self.address_of_ping(&ping) else {
                // Nobody is there to be asked, so nobody answers: what hangs on it ends in its own time.
                continue;
            };
            datagram.clear();
            self.write_ping(&ping, datagram);
            return Some(to);
        }
        None
    }

    /// A repeat carries the accusation but no gossip (P2); so does whatever goes to an address that we don't hold.
    fn write_ping(&mut self, ping: &Ping<P>, datagram: &mut impl Compose<P>) {
        let claimed = match ping.purpose {
            Purpose::Claim(at) => self.told.claims.get(at).map(|claim| claim.peer.clone()),
            _ => None,
        };
        let namesake = matches!(ping.purpose, Purpose::Namesake(_));
        let me = &self.me.peer;
        let target = self
            .roster
            .peer(ping.seat)
            .or(claimed.as_ref())
            .unwrap_or(me);
        // A namesake asks for our age, not for how often we have outbid it.
        let incarnation = if namesake {
            self.me.first
        } else {
            self.roster.incarnation(ME)
        };
        let _ = datagram.push(&Message::Ping {
            seq: ping.seq,
            target: Name::Key(target.key()),
            source: me.key(),
            incarnation,
        });
        self.write_accusation(ping, claimed.as_ref(), datagram);
        let first = ping.sent <= 1 && ping.seat != NONE;
        let state = self.roster.state(ping.seat);
        // memberlist's buddy packet has nothing but the accusation (R84).
        let alone = state != State::Alive && !self.config.recovery.echo;
        let load = Load {
            against: self.config.suspicion.tell_suspect && state != State::Alive,
            own: namesake,
            news: first && !alone && state != State::Left,
            digest: first && self.sends_digest(),
        };
        self.write_load(ping.seat, load, datagram);
    }

    /// What the ping is about, where that is not what we hold: a death to be verified (P6), a claim to the name (P12).
    fn write_accusation(
        &self,
        ping: &Ping<P>,
        claimed: Option<&P>,
        datagram: &mut impl Compose<P>,
    ) {
        let Some(peer) = self.roster.peer(ping.seat) else {
            return;
        };
        let incarnation = ping.incarnation;
        let message = match (&ping.purpose, claimed) {
            (Purpose::Verify { .. }, _) => Message::Dead {
                key: peer.key(),
                incarnation,
            },
            (Purpose::Claim(at), Some(claimed)) => {
                let Some(claim) = self.told.claims.get(*at) else {
                    return;
                };
                Message::Alive {
                    peer: claimed,
                    incarnation: claim.incarnation,
                }
            }
            _ => return,
        };
        let _ = datagram.push(&message);
    }

    fn send_request(&mut self, datagram: &mut impl Compose<P>) -> Option<P::Addr> {
        while self.prober.any_request() {
            let (probe, relay) = self.prober.take_request()?;
            let share = probe.share(self.clock.now());
            let nack = self.config.health.nacks;
            let (Some(to), Some(target)) = (self.address_of(relay), self.roster.peer(probe.seat))
            else {
                continue;
            };
            datagram.clear();
            let at = Some(target.addr());
            let message = Message::PingReq {
                seq: probe.seq,
                target: target.key(),
                at,
                share,
                nack,
            };
            let _ = datagram.push(&message);
            let load = Load {
                news: true,
                ..Load::default()
            };
            self.write_load(relay, load, datagram);
            return Some(to);
        }
        None
    }

    /// A leave goes at once to some members, before gossip takes over (P12).
    fn send_farewell(&mut self, datagram: &mut impl Compose<P>) -> Option<P::Addr> {
        let used = self.roster.used();
        while self.me.farewells > 0 {
            let seat = self.next_farewell(used)?;
            let Some(to) = self.address_of(seat) else {
                continue;
            };
            datagram.clear();
            self.write_load(
                seat,
                Load {
                    own: true,
                    ..Load::default()
                },
                datagram,
            );
            return Some(to);
        }
        None
    }

    fn next_farewell(&mut self, used: u32) -> Option<Seat> {
        self.me.farewells = self.me.farewells.saturating_sub(1);
        for _ in 0..used {
            let next = self.me.farewell_cursor.saturating_add(1);
            self.me.farewell_cursor = if next >= used { 0 } else { next };
            let seat = self.me.farewell_cursor;
            if seat != ME && self.roster.is_up(seat) {
                return Some(seat);
            }
        }
        None
    }

    fn send_gossip(&mut self, datagram: &mut impl Compose<P>) -> Option<P::Addr> {
        while self.gossip.any_to_tell() {
            let seat = self.next_listener()?;
            let Some(to) = self.address_of(seat) else {
                continue;
            };
            datagram.clear();
            let against =
                self.config.suspicion.tell_suspect && self.roster.state(seat) != State::Alive;
            let load = Load {
                against,
                news: true,
                ..Load::default()
            };
            self.write_load(seat, load, datagram);
            if !datagram.is_empty() {
                return Some(to);
            }
        }
        None
    }

    /// The next deadline in lived microseconds, and what for.
    fn deadline(&self) -> Option<(u64, Timer)> {
        if self.me.is_silenced() {
            return None;
        }
        let life = match self.me.life {
            super::life::Life::Exile { until } => until,
            _ => NEVER,
        };
        let pings = (self.pings.next().min(life), Timer::Ping);
        let earliest = if self.me.is_present() {
            let member = self.roster.first_timer();
            let member = member.map_or(NEVER, |(_, when)| self.clock.at_millis(when));
            let exchange = self.exchanges.next().min(self.schedule.next());
            [
                pings,
                (self.prober.next(), Timer::Probe),
                (self.gossip.next(), Timer::Gossip),
                (member, Timer::Member),
                (exchange, Timer::Exchange),
                (self.recovery.next(), Timer::Reconnect),
            ]
            .into_iter()
            .min_by_key(|(at, _)| *at)
            .unwrap_or(pings)
        } else {
            pings
        };
        (earliest.0 != NEVER).then_some(earliest)
    }

    /// The next deadline, and what for: traces explain themselves. `Output` while something is ready now.
    #[must_use]
    pub fn next_timer(&self) -> Option<(Instant, Timer)> {
        let ready = !self.outbox.is_empty()
            || self.pings.any_due()
            || self.prober.any_request()
            || self.gossip.any_to_tell()
            || self.exchanges.any_to_announce()
            || self.told.latches.any()
            || self.roster.has_changes();
        if ready {
            return Some((self.clock.instant(self.clock.now()), Timer::Output));
        }
        self.deadline()
            .map(|(at, timer)| (self.clock.instant(at), timer))
    }
}
