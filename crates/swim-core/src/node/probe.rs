//! Probing: whose turn it is, direct, by relays, by stream, and the verdict (SWIM §3.1, §4.3; R80–R92; P2, P13).

use super::pings::{Asked, NEVER, Purpose};
use super::{ME, NONE, Node};
use crate::health::Health;
use crate::mutant::{Mutant, is};
use crate::output::{ExchangeId, Reason};
use crate::peer::{Incarnation, Peer, State};
use crate::random::{Permutation, Random};
use crate::roster::Seat;
use crate::stats::Stats;

/// Probes at once: four in a rush, and as many again in what health stretched.
pub(super) const PROBES: usize = 8;
/// Relays of one probe at most.
const RELAYS: usize = 8;

#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    pub(super) seq: u32,
    pub(super) seat: Seat,
    incarnation: Incarnation,
    began: u64,
    /// When relays are asked; [`NEVER`] once they were.
    ask_at: u64,
    until: u64,
    relays: [Seat; RELAYS],
    /// How many relays were chosen, and how many of them are yet to be asked.
    asked: usize,
    pub(super) to_ask: usize,
    /// Who nacked, a bit each.
    nacks: u8,
    stream: Option<ExchangeId>,
}

#[derive(Debug)]
pub(super) struct Prober {
    pub(super) health: Health,
    order: Permutation,
    position: u32,
    probes: [Option<Probe>; PROBES],
    /// How many of them there are: mostly none, and then nobody looks through them.
    running: usize,
    next_at: u64,
}

impl Prober {
    /// The first probe begins at a random part of the first period, so that members don't probe in step.
    pub(super) fn new(random: &mut Random, now: u64, interval: u64) -> Self {
        Self {
            health: Health::default(),
            order: Permutation::new(random.next(), 0),
            position: 0,
            probes: [None; PROBES],
            running: 0,
            next_at: now.saturating_add(random.micros_below(interval)),
        }
    }

    pub(super) fn next(&self) -> u64 {
        let running = self.iter().map(|probe| probe.ask_at.min(probe.until));
        running.fold(self.next_at, u64::min)
    }

    fn iter(&self) -> impl Iterator<Item = &Probe> {
        let table = if self.running == 0 {
            &[]
        } else {
            self.probes.as_slice()
        };
        table.iter().flatten()
    }

    fn probing(&self, seat: Seat) -> bool {
        self.iter().any(|probe| probe.seat == seat)
    }

    /// Whom the ping by stream `id` is to reach.
    pub(super) fn asked_by_stream(&self, id: ExchangeId) -> Option<Seat> {
        let probe = self.iter().find(|probe| probe.stream == Some(id))?;
        Some(probe.seat)
    }

    fn find(&mut self, is: impl Fn(&Probe) -> bool) -> Option<&mut Probe> {
        self.probes.iter_mut().flatten().find(|probe| is(probe))
    }

    fn begin(&mut self, probe: Probe) {
        if let Some(place) = self.probes.iter_mut().find(|place| place.is_none()) {
            *place = Some(probe);
            self.running = self.running.saturating_add(1);
        }
    }

    fn take(&mut self, is: impl Fn(&Probe) -> bool) -> Option<Probe> {
        if self.running == 0 {
            return None;
        }
        let place = self
            .probes
            .iter_mut()
            .find(|place| place.as_ref().is_some_and(&is))?;
        self.running = self.running.saturating_sub(1);
        place.take()
    }

    /// The next relay to ask, and for which probe.
    pub(super) fn take_request(&mut self) -> Option<(Probe, Seat)> {
        let probe = self.find(|probe| probe.to_ask > 0)?;
        probe.to_ask = probe.to_ask.saturating_sub(1);
        let relay = *probe.relays.get(probe.to_ask)?;
        Some((*probe, relay))
    }

    pub(super) fn any_request(&self) -> bool {
        self.iter().any(|probe| probe.to_ask > 0)
    }
}

impl Probe {
    fn relays(&self) -> &[Seat] {
        self.relays.get(..self.asked).unwrap_or_default()
    }

    /// The relay's share of time (P13): what is left of the interval.
    pub(super) const fn share(&self, now: u64) -> core::time::Duration {
        core::time::Duration::from_micros(self.until.saturating_sub(now))
    }
}

impl<P: Peer> Node<'_, P> {
    /// A probe ends, and with it its ping by stream: whatever the driver says of that later changes nothing.
    fn end_probe(&mut self, is: impl Fn(&Probe) -> bool) -> Option<Probe> {
        let probe = self.prober.take(is)?;
        if let Some(id) = probe.stream {
            self.exchanges.end(id);
        }
        Some(probe)
    }

    /// Ends the probe of a member that is forgotten.
    pub(super) fn forget_probe(&mut self, seat: Seat) {
        self.end_probe(|probe| probe.seat == seat);
    }

    pub(super) fn probes_due(&mut self) {
        let now = self.clock.now();
        if self.prober.next() > now {
            return;
        }
        while let Some(probe) = self.end_probe(|probe| probe.until <= now) {
            self.probe_failed(&probe);
        }
        self.ask_relays(now);
        if self.prober.next_at <= now {
            self.begin_probe(now);
        }
    }

    fn begin_probe(&mut self, now: u64) {
        let interval = self.prober.health.stretch(self.config.probe.interval);
        let pace = if self.is_rush() {
            interval / 4
        } else {
            interval
        };
        self.prober.next_at = now.saturating_add(pace.max(1));
        if self.prober.running == PROBES {
            return;
        }
        let Some(seat) = self.next_target() else {
            return;
        };
        let incarnation = self.roster.incarnation(seat);
        let gap = self.repeat_gap(seat, interval);
        let purpose = Purpose::Probe;
        let asked = Asked {
            seat,
            incarnation,
            purpose,
            lasts: interval,
            gap,
        };
        let Some(seq) = self.pings.begin(now, asked, &mut self.random) else {
            return Stats::count(&mut self.told.stats.pings_dropped);
        };
        Stats::count(&mut self.told.stats.probes);
        let probe = Probe {
            seq,
            seat,
            incarnation,
            began: now,
            ask_at: now.saturating_add(self.probe_timeout()),
            until: now.saturating_add(interval),
            relays: [NONE; RELAYS],
            asked: 0,
            to_ask: 0,
            nacks: 0,
            stream: None,
        };
        self.prober.begin(probe);
    }

    /// P2: while at least max(2, 2 %) of the members are suspect, four times as often.
    fn is_rush(&self) -> bool {
        let counts = self.roster.counts();
        self.config.probe.rush && counts.suspect >= (counts.up() / 50).max(2)
    }

    /// The next up member of this round; a new round permutes the slots ever used anew (SWIM §4.3; P16).
    fn next_target(&mut self) -> Option<Seat> {
        if self.knows_nobody() {
            return None;
        }
        let most = self.roster.used().saturating_add(self.prober.order.size());
        for _ in 0..most {
            if self.prober.position >= self.prober.order.size() {
                self.prober.order = Permutation::new(self.random.next(), self.roster.used());
                self.prober.position = 0;
            }
            let seat = self.prober.order.at(self.prober.position);
            self.prober.position = self.prober.position.saturating_add(1);
            let last = seat.saturating_add(1) == self.roster.used();
            if is(Mutant::ProbeSkipsOne) && last {
                continue;
            }
            if seat != ME && self.roster.is_up(seat) && !self.prober.probing(seat) {
                return Some(seat);
            }
        }
        None
    }

    /// The direct time-out has passed: ask relays, and try a stream (R87, R88).
    fn ask_relays(&mut self, now: u64) {
        while let Some(probe) = self.prober.find(|probe| probe.ask_at <= now) {
            probe.ask_at = NEVER;
            let (seq, seat) = (probe.seq, probe.seat);
            let wanted = usize::from(self.config.probe.indirect).min(RELAYS);
            let mut relays = [NONE; RELAYS];
            let mut asked = 0;
            for _ in 0..wanted {
                let but = with(&relays, asked, seat);
                let alive = |node: &Self, at| node.roster.state(at) == State::Alive;
                let Some(relay) = self.random_member(&but, alive) else {
                    break;
                };
                if let Some(place) = relays.get_mut(asked) {
                    *place = relay;
                }
                asked = asked.saturating_add(1);
                Stats::count(&mut self.told.stats.relays_asked);
            }
            let stream = if self.config.probe.stream {
                self.ping_by_stream(seat)
            } else {
                None
            };
            if let Some(probe) = self.prober.find(|probe| probe.seq == seq) {
                (probe.relays, probe.asked, probe.to_ask) = (relays, asked, asked);
                probe.stream = stream;
            }
        }
    }

    fn ping_by_stream(&mut self, seat: Seat) -> Option<ExchangeId> {
        let address = self.address_of(seat)?;
        self.open_exchange(address, Reason::Ping).ok()
    }

    pub(super) fn is_relay(&mut self, seq: u32, from: &P::Addr) -> bool {
        self.relay_position(seq, from).is_some()
    }

    fn relay_position(&mut self, seq: u32, from: &P::Addr) -> Option<usize> {
        let probe = *self.prober.find(|probe| probe.seq == seq)?;
        probe.relays().iter().position(|relay| {
            self.roster
                .peer(*relay)
                .is_some_and(|peer| peer.addr() == from)
        })
    }

    pub(super) fn hear_nack(&mut self, from: &P::Addr, seq: u32) {
        let Some(at) = self.relay_position(seq, from) else {
            return Stats::count(&mut self.told.stats.acks_unasked);
        };
        if let Some(probe) = self.prober.find(|probe| probe.seq == seq) {
            probe.nacks |= nack_bit(at);
        }
    }

    pub(super) fn probe_answered(&mut self, seq: u32) {
        if self.end_probe(|probe| probe.seq == seq).is_some() {
            self.prober.health.improve();
        }
    }

    /// A stream ping ended; a contact with the member itself is as good as an ack (R90).
    pub(super) fn stream_ping_ended(&mut self, id: ExchangeId, contacted: bool) {
        if contacted && let Some(probe) = self.prober.take(|probe| probe.stream == Some(id)) {
            self.pings.end(probe.seq);
            self.prober.health.improve();
        }
    }

    /// No ack until the end of the interval (R91; P13).
    fn probe_failed(&mut self, probe: &Probe) {
        self.pings.end(probe.seq);
        Stats::count(&mut self.told.stats.probes_failed);
        if self.nothing_heard_since(probe.began) {
            // Silence from all is our own silence: nobody is accused.
            Stats::count(&mut self.told.stats.doubts);
            return self.worsen_health(1);
        }
        let cost = self.cost_of_failure(probe);
        self.worsen_health(cost);
        self.accuse(probe.seat, probe.incarnation);
    }

    /// What a failed probe says about ourselves: relays that are alive and kept silent.
    fn cost_of_failure(&self, probe: &Probe) -> u8 {
        let mut expected = 0_u8;
        let mut missing = 0_u8;
        for (at, relay) in probe.relays().iter().enumerate() {
            if self.roster.is_held(*relay) && self.roster.state(*relay) == State::Alive {
                expected = expected.saturating_add(1);
                let nacked = probe.nacks & nack_bit(at) != 0;
                missing = missing.saturating_add(u8::from(!nacked));
            }
        }
        if expected == 0 || !self.config.health.nacks {
            1
        } else if self.config.health.gentle {
            missing.min(1)
        } else {
            missing
        }
    }

    /// What a node must not do when it wakes from a long sleep (P1): a mutant does it.
    pub(super) fn bury_probed(&mut self) {
        while let Some(probe) = self.end_probe(|_| true) {
            self.pings.end(probe.seq);
            let held = self.roster.incarnation(probe.seat);
            self.bury(probe.seat, State::Dead, held);
        }
    }

    /// Ends what runs without a verdict: we slept (P1), or leave.
    pub(super) fn drop_probes(&mut self) {
        while let Some(probe) = self.end_probe(|_| true) {
            self.pings.end(probe.seq);
        }
    }
}

/// The bit of the relay at this position.
#[expect(clippy::cast_possible_truncation, reason = "8 relays")]
const fn nack_bit(at: usize) -> u8 {
    1_u8.wrapping_shl(at as u32)
}

/// The relays chosen so far and the target: none of them is chosen again.
fn with(relays: &[Seat; RELAYS], chosen: usize, target: Seat) -> [Seat; RELAYS + 1] {
    let mut but = [target; RELAYS + 1];
    for (to, from) in but.iter_mut().zip(relays.iter().take(chosen)) {
        *to = *from;
    }
    but
}
