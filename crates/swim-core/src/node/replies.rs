//! Pings that come in, acks that come back, and what their arrival or absence means.

use super::outbox::{Answer, Owed};
use super::pings::{Asked, Ping, Purpose};
use super::{ME, NONE, Node};
use crate::message::Name;
use crate::peer::{Incarnation, Peer, State};
use crate::roster::{Flag, Seat};
use crate::stats::Stats;

impl<P: Peer> Node<'_, P> {
    /// Begins a ping; it is sent at the next drain. `false` if too many are in flight.
    pub(super) fn begin_ping(&mut self, asked: Asked<P::Addr>) -> bool {
        let begun = self
            .pings
            .begin(self.clock.now(), asked, &mut self.random)
            .is_some();
        if !begun {
            Stats::count(&mut self.told.stats.pings_dropped);
        }
        begun
    }

    /// Nothing is owed to ourselves: only a forged sender has our own address (S9).
    pub(super) fn owe(&mut self, owed: Owed<P>) {
        if owed.to == *self.me.peer.addr() {
            return;
        }
        if !self.outbox.push(owed) {
            Stats::count(&mut self.told.stats.replies_dropped);
        }
    }

    /// "I heard you, and have nothing from whom you asked for."
    pub(super) fn owe_nack(&mut self, to: P::Addr, seq: u32) {
        self.owe(Owed {
            to,
            answer: Answer::Nack { seq },
            receiver: NONE,
            accused: false,
            echo: false,
        });
    }

    /// Sends what we hold under this seat's name to an address (P12).
    pub(super) fn tell_record(&mut self, to: P::Addr, receiver: Seat) {
        self.owe(Owed {
            to,
            answer: Answer::Record,
            receiver,
            accused: false,
            echo: true,
        });
    }

    /// A ping for us is answered; whoever sends one and is held otherwise than it says hears so (P8, R93).
    pub(super) fn hear_ping(
        &mut self,
        from: &P::Addr,
        seq: u32,
        target: Name<'_, P>,
        source: P::Key<'_>,
        incarnation: Incarnation,
    ) {
        let for_us = match target {
            Name::Hash(hash) => hash == self.me.hash,
            Name::Key(key) => self.is_me(key),
        };
        if !for_us {
            return Stats::count(&mut self.told.stats.misdirected);
        }
        let (receiver, otherwise, whole) = match self.roster.look_up(source) {
            Some((ME, _)) => {
                self.hear_age(from, incarnation);
                (NONE, false, false)
            }
            Some((seat, mark)) => {
                let older = mark.incarnation > incarnation.0;
                let up = mark.state() == State::Alive;
                (seat, older || !up, up)
            }
            None => (NONE, false, false),
        };
        // That it is suspect, dead or left takes no more room than the ping. What it said of itself may.
        let echo = otherwise
            && self.config.recovery.echo
            && (!whole || self.is_at(receiver, from) || self.may_tell_a_stranger());
        self.owe(Owed {
            to: from.clone(),
            answer: Answer::Ack {
                seq,
                relayed: false,
            },
            receiver,
            accused: false,
            echo,
        });
        self.hearing.speaker = Some((receiver, false));
    }

    fn is_at(&self, seat: Seat, address: &P::Addr) -> bool {
        let peer = self.roster.peer(seat);
        peer.is_some_and(|peer| peer.addr() == address)
    }

    /// An ack counts only from the address asked, or from a relay that we asked (P14, R95).
    pub(super) fn hear_ack(&mut self, from: &P::Addr, seq: u32) {
        let Some(ping) = self.pings.by_seq(seq).cloned() else {
            return Stats::count(&mut self.told.stats.acks_unasked);
        };
        let direct = self.address_of_ping(&ping).is_some_and(|to| to == *from);
        let relayed = matches!(ping.purpose, Purpose::Probe) && self.is_relay(seq, from);
        if !direct && !relayed {
            return Stats::count(&mut self.told.stats.acks_unasked);
        }
        self.pings.end(seq);
        if direct {
            self.hearing.speaker = Some((ping.seat, true));
            self.measure(&ping);
        }
        self.ping_answered(&ping);
    }

    /// A repeated ping's ack measures nothing (P2).
    fn measure(&mut self, ping: &Ping<P>) {
        let rtt = self.clock.now().saturating_sub(ping.began);
        if ping.sent != 1 || ping.seat == NONE {
            return;
        }
        if let Some(mark) = self.roster.mark_mut(ping.seat) {
            mark.rtt = mark.rtt.blend(rtt);
        }
        if matches!(ping.purpose, Purpose::Probe) {
            self.told.latches.round_trip = Some((ping.seat, rtt));
        }
    }

    fn ping_answered(&mut self, ping: &Ping<P>) {
        match &ping.purpose {
            Purpose::Probe => self.probe_answered(ping.seq),
            Purpose::Relay { asker, seq, .. } => {
                let receiver = NONE;
                let answer = Answer::Ack {
                    seq: *seq,
                    relayed: true,
                };
                let to = asker.clone();
                self.owe(Owed {
                    to,
                    answer,
                    receiver,
                    accused: false,
                    echo: false,
                });
            }
            Purpose::Call => {}
            Purpose::Verify { .. } => {
                Stats::count(&mut self.told.stats.deaths_refuted);
                self.roster.flag(ping.seat, Flag::Verifying, false);
            }
            Purpose::Reconnect => self.reconnected(ping.seat),
            Purpose::Claim(at) => self.claim_answered(*at),
            Purpose::Namesake(address) => self.namesake_answered(address),
        }
    }

    fn ping_unanswered(&mut self, ping: &Ping<P>) {
        match ping.purpose {
            Purpose::Probe | Purpose::Relay { .. } | Purpose::Reconnect | Purpose::Namesake(_) => {}
            Purpose::Call => self.call_unanswered(ping.seat, ping.incarnation),
            Purpose::Verify { rumour } => {
                self.verify_unanswered(ping, rumour);
            }
            Purpose::Claim(at) => self.claim_unanswered(ping, at),
        }
    }

    /// Pings in flight move on: nacks, ends, repeats. A probe's ping is ended by its probe.
    pub(super) fn pings_due(&mut self) {
        let now = self.clock.now();
        if self.pings.next() > now {
            return;
        }
        while let Some((to, seq, _)) = self.pings.nack_due(now) {
            self.owe_nack(to, seq);
        }
        while let Some(ping) = self.pings.expired(now) {
            self.ping_unanswered(&ping);
        }
        let repeated = self.pings.repeat(now);
        let count = &mut self.told.stats.pings_repeated;
        *count = count.wrapping_add(repeated);
    }

    /// Where a ping goes: to the address held; a claim's joiner and a namesake to the address claimed.
    pub(super) fn address_of_ping(&self, ping: &Ping<P>) -> Option<P::Addr> {
        match &ping.purpose {
            Purpose::Namesake(address) => Some(address.clone()),
            Purpose::Claim(at) if ping.seat == NONE => {
                let claim = self.told.claims.get(*at)?;
                self.unless_ours(claim.peer.addr())
            }
            _ => self.address_of(ping.seat),
        }
    }
}
