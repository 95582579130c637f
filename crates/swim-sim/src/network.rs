//! Datagrams on their way.

use swim_core::wire::Datagram;
use swim_core::{Compose, Instant, Message, Peer, hash_under, receive};

use crate::act::{Act, Planned};
use crate::host::Arrival;
use crate::links::Fate;
use crate::peer::{SimAddr, SimPeer};
use crate::sim::{Sim, envelope};
use crate::trace::{Kind, Way, Words};

/// What became of all datagrams. Every one is counted once, each copy as one more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sent by nodes.
    pub sent: u64,
    /// Second copies that the network made.
    pub copied: u64,
    /// Put on the network by no node: forgeries.
    pub injected: u64,
    /// Read by a node.
    pub delivered: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Stopped by a cut.
    pub cut: u64,
    /// Arrived where no node runs, or sent to an address that nobody has.
    pub gone: u64,
    /// Still on their way, or unread by a frozen node.
    pub in_flight: u64,
    /// Bytes of all that were sent by nodes.
    pub bytes: u64,
}

impl Tally {
    /// Whether every datagram is accounted for: what was put on the network is what left it or is still on it.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.sent + self.copied + self.injected
            == self.delivered + self.lost + self.cut + self.gone + self.in_flight
    }
}

/// What comes due.
#[derive(Debug)]
pub(crate) enum Due {
    /// A machine's alarm.
    Wake(u32),
    /// A datagram arrives, by its place.
    Datagram(u32),
    /// Something arrives on a stream, by its place.
    Piece(u32),
    /// A scheduled fault or wish.
    Planned(Box<Planned>),
}

/// At equal times the planned comes first, then machine by machine what arrived, then the machine's own alarm: a driver
/// reads all that has arrived before it looks at the clock (P1).
pub(crate) enum Rank {
    Planned,
    Arrival { at: u32, from: u32 },
    Alarm { at: u32 },
}

impl Rank {
    pub(crate) const fn order(self) -> u64 {
        match self {
            Self::Planned => 0,
            Self::Arrival { at, from } => (at as u64 + 1) << 33 | (from as u64),
            Self::Alarm { at } => (at as u64 + 1) << 33 | 1 << 32,
        }
    }
}

/// One datagram in flight.
#[derive(Debug, Default)]
pub(crate) struct Packet {
    /// The machine that sent it; `None`: forged.
    pub(crate) sender: Option<u32>,
    pub(crate) from: Option<SimAddr>,
    pub(crate) to: Option<SimAddr>,
    pub(crate) bytes: Vec<u8>,
}

/// All datagrams in flight; their memory is used again.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    places: Vec<Packet>,
    free: Vec<u32>,
}

impl Packets {
    pub(crate) fn put(
        &mut self,
        sender: Option<u32>,
        from: SimAddr,
        to: SimAddr,
        bytes: &[u8],
    ) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Packet::default());
            u32::try_from(self.places.len() - 1).expect("fewer than 2³² datagrams in flight")
        });
        let packet = &mut self.places[place as usize];
        packet.sender = sender;
        packet.from = Some(from);
        packet.to = Some(to);
        packet.bytes.clear();
        packet.bytes.extend_from_slice(bytes);
        place
    }

    pub(crate) fn look(&self, place: u32) -> &Packet {
        &self.places[place as usize]
    }

    /// The datagram at `place`, to be given back.
    pub(crate) fn take(&mut self, place: u32) -> Packet {
        std::mem::take(&mut self.places[place as usize])
    }

    /// Gives a datagram back, for its memory to be used again.
    pub(crate) fn put_back(&mut self, place: u32, packet: Packet) {
        self.places[place as usize] = packet;
        self.free.push(place);
    }
}

impl Sim {
    pub(crate) fn host_at(&self, addr: SimAddr) -> Option<u32> {
        let number = addr.number()? as usize;
        self.addresses.get(number).copied().flatten()
    }

    pub(crate) fn new_address(&mut self, for_host: u32) -> SimAddr {
        for owner in &mut self.addresses {
            if *owner == Some(for_host) {
                *owner = None;
            }
        }
        self.addresses.push(Some(for_host));
        let number = u32::try_from(self.addresses.len() - 1).expect("fewer than 2²⁴ addresses");
        SimAddr::new(number)
    }

    pub(crate) fn send(&mut self, from: u32, to: SimAddr, bytes: &[u8]) {
        self.tally.sent += 1;
        self.tally.bytes += bytes.len() as u64;
        let target = self.host_at(to);
        let sender = &mut self.hosts[from as usize];
        sender.traffic.datagrams += 1;
        sender.traffic.bytes += bytes.len() as u64;
        let fate = target.map(|target| {
            let count = sender.count_to(target);
            self.links.fate(from, target, count)
        });
        let about = hash_under(u64::from(target.unwrap_or(u32::MAX)), &bytes);
        self.trace.note(
            self.now,
            Kind::Sent,
            from,
            target.unwrap_or(u32::MAX),
            about,
        );
        self.trace_datagram(from, to, fate, bytes);
        let from_addr = *self.hosts[from as usize].peer.addr();
        match fate {
            None => self.tally.gone += 1,
            Some(Fate::Cut) => self.tally.cut += 1,
            Some(Fate::Lost) => self.tally.lost += 1,
            Some(Fate::Arrives { after, again }) => {
                self.put_in_flight(Some(from), from_addr, to, after, bytes);
                if let Some(after) = again {
                    self.tally.copied += 1;
                    self.put_in_flight(Some(from), from_addr, to, after, bytes);
                }
            }
        }
    }

    fn put_in_flight(
        &mut self,
        sender: Option<u32>,
        from: SimAddr,
        to: SimAddr,
        after: u64,
        bytes: &[u8],
    ) {
        self.tally.in_flight += 1;
        let place = self.packets.put(sender, from, to, bytes);
        let at = self.host_at(to).unwrap_or(u32::MAX - 1);
        let from = sender.unwrap_or(u32::MAX);
        let order = Rank::Arrival { at, from }.order();
        let due = self.now.saturating_add(after);
        self.queue.push(due, order, Due::Datagram(place));
    }

    pub(crate) fn inject(&mut self, from: SimAddr, to: u32, bytes: &[u8]) {
        self.tally.injected += 1;
        let to = *self.hosts[to as usize].peer.addr();
        if let Some(watch) = &mut self.watch {
            watch.lies_are_told();
        }
        self.put_in_flight(None, from, to, 0, bytes);
    }

    /// A datagram has come to the end of its way.
    pub(crate) fn arrive(&mut self, place: u32) {
        let packet = self.packets.look(place);
        let target = packet.to.and_then(|to| self.host_at(to));
        let sender = packet.sender;
        let Some(at) = target.filter(|&at| self.hosts[at as usize].node.is_some()) else {
            self.tally.gone += 1;
            return self.end_flight(place);
        };
        if sender.is_some_and(|from| self.links.is_cut(from, at)) {
            self.tally.cut += 1;
            return self.end_flight(place);
        }
        if self.hosts[at as usize].frozen {
            self.hosts[at as usize]
                .unread
                .push(Arrival::Datagram(place));
        } else {
            self.read_datagram(at, place);
            self.drain(at);
        }
    }

    /// The node reads a datagram. What it wants done about it is another matter: drain it afterwards.
    pub(crate) fn read_datagram(&mut self, at: u32, place: u32) {
        let packet = self.packets.take(place);
        let envelope = envelope(self.settings.label);
        let host = &mut self.hosts[at as usize];
        let local = Instant::from_micros(host.clock.at(self.now));
        let from = packet.sender.unwrap_or(u32::MAX);
        let about = hash_under(0, &packet.bytes);
        self.trace.note(self.now, Kind::Delivered, from, at, about);
        if let (Some(node), Some(from)) = (&mut host.node, &packet.from) {
            let counters = &mut self.settings.counters;
            // Refusals are counted there; a node never hears of them.
            let _ = receive(node, local, from, envelope, &packet.bytes, counters, |_| {});
        }
        self.tally.delivered += 1;
        self.tally.in_flight -= 1;
        self.packets.put_back(place, packet);
    }

    fn end_flight(&mut self, place: u32) {
        let packet = self.packets.take(place);
        let from = packet.sender.unwrap_or(u32::MAX);
        self.trace.note(self.now, Kind::Lost, from, u32::MAX, 0);
        self.tally.in_flight -= 1;
        self.packets.put_back(place, packet);
    }

    /// Whoever was to read it has crashed.
    pub(crate) fn drop_unread(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Datagram(place) => {
                self.tally.gone += 1;
                self.end_flight(place);
            }
            Arrival::Piece(place) => self.streams.drop_piece(place),
        }
    }

    fn trace_datagram(&mut self, from: u32, to: SimAddr, fate: Option<Fate>, bytes: &[u8]) {
        let target = self.host_at(to);
        let nobody = format!("{to:?}");
        let to = target.map_or(nobody.as_str(), |to| &self.hosts[to as usize].label);
        let way = Way(&self.hosts[from as usize].label, to);
        let envelope = envelope(self.settings.label);
        self.trace.line(self.now, way, || {
            let fate = match fate {
                None => "gone",
                Some(Fate::Cut) => "cut",
                Some(Fate::Lost) => "lost",
                Some(Fate::Arrives { again: Some(_), .. }) => "twice",
                Some(Fate::Arrives { .. }) => "",
            };
            format!("{fate:<6}{}", Words { bytes, envelope })
        });
    }

    /// A datagram that no node sent, made of these messages, arrives at that machine, as if from `from`.
    ///
    /// # Panics
    /// If no machine has that label, or if the messages don't fit one datagram.
    #[track_caller]
    pub fn forge(&mut self, from: SimAddr, to: &str, messages: &[Message<'_, SimPeer>]) {
        let mut buffer = vec![0; self.settings.buffer.len()];
        let mut datagram = Datagram::new(&mut buffer, envelope(self.settings.label));
        for message in messages {
            datagram.push(message).expect("the forgery fits a datagram");
        }
        let bytes = datagram.finish().to_vec();
        self.node(to).act(Act::Inject { from, bytes });
    }
}
