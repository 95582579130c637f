//! Datagrams on their way.

use swim_core::{Instant, Peer, hash_under, receive};

use crate::act::Planned;
use crate::host::Arrival;
use crate::links::{Arrives, Carries, Fate, FaultId, Flight, Said};
use crate::peer::SimAddr;
use crate::run::{Cause, What};
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
    /// Too long for the way.
    pub too_long: u64,
    /// Stopped by a full queue.
    pub full: u64,
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
        self.sent + self.copied + self.injected == self.delivered + self.dropped() + self.in_flight
    }

    /// All that will not arrive.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.lost + self.cut + self.too_long + self.full + self.gone
    }

    const fn drop(&mut self, cause: Cause) {
        let counter = match cause {
            Cause::Cut => &mut self.cut,
            Cause::Lost => &mut self.lost,
            Cause::TooLong => &mut self.too_long,
            Cause::Full => &mut self.full,
            Cause::Nobody => &mut self.gone,
        };
        *counter += 1;
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
    /// A machine that is slow to read gets to the next thing that arrived.
    Read(u32, Arrival),
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
    /// Names it, and its copies.
    pub(crate) number: u64,
    /// The machine that sent it; `None`: forged.
    pub(crate) sender: Option<u32>,
    pub(crate) from: Option<SimAddr>,
    pub(crate) to: Option<SimAddr>,
    pub(crate) bytes: Vec<u8>,
}

impl Packet {
    /// The same once more, bytes left out.
    const fn copy(&self) -> Self {
        Self {
            number: self.number,
            sender: self.sender,
            from: self.from,
            to: self.to,
            bytes: Vec::new(),
        }
    }
}

/// All datagrams in flight; their memory is used again.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    places: Vec<Packet>,
    free: Vec<u32>,
    /// How many there ever were.
    numbered: u64,
    /// What waits for a jam to end, with the time that it takes then.
    pub(crate) jammed: Vec<(FaultId, u64, Arrival)>,
}

impl Packets {
    /// A number for the next datagram.
    const fn number(&mut self) -> u64 {
        self.numbered += 1;
        self.numbered
    }

    fn put(&mut self, mut packet: Packet, bytes: &[u8]) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Packet::default());
            u32::try_from(self.places.len() - 1).expect("fewer than 2³² datagrams in flight")
        });
        let old = &mut self.places[place as usize];
        packet.bytes = std::mem::take(&mut old.bytes);
        packet.bytes.clear();
        packet.bytes.extend_from_slice(bytes);
        *old = packet;
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
        let old = self.hosts.get(for_host as usize);
        let old = old.and_then(|host| host.peer.addr().number());
        if let Some(owner) = old.and_then(|old| self.addresses.get_mut(old as usize))
            && *owner == Some(for_host)
        {
            *owner = None;
        }
        self.addresses.push(Some(for_host));
        let number = u32::try_from(self.addresses.len() - 1).expect("fewer than 2²⁴ addresses");
        SimAddr::new(number)
    }

    /// An address that belonged to one machine belongs to another, or to none.
    pub(crate) fn give_address(&mut self, addr: SimAddr, from: u32, to: Option<u32>) {
        let owner = addr.number();
        let owner = owner.and_then(|number| self.addresses.get_mut(number as usize));
        if let Some(owner) = owner.filter(|owner| **owner == Some(from)) {
            *owner = to;
        }
    }

    pub(crate) fn send(&mut self, from: u32, to: SimAddr, bytes: &[u8]) {
        self.record.tally.sent += 1;
        self.record.tally.bytes += bytes.len() as u64;
        if let Some(datagrams) = &mut self.record.datagrams {
            datagrams.push(bytes.to_vec());
        }
        let target = self.host_at(to);
        let sender = &mut self.hosts[from as usize];
        sender.traffic.datagrams += 1;
        sender.traffic.bytes += bytes.len() as u64;
        // That count lies somewhere among n²: it is fetched while the rest is done.
        let way = target.map(|target| (target, sender.count_to(target)));
        let at = target.unwrap_or(u32::MAX);
        let about = hash_under(u64::from(at), &bytes);
        self.record
            .trace
            .note(self.now, Kind::Sent, from, at, about);
        let datagram = self.packets.number();
        self.sights.datagram(self.now, bytes, |bytes| What::Sent {
            datagram,
            from,
            to: target,
            nth: way.map(|(_, count)| count),
            bytes,
        });
        let packet = Packet {
            number: datagram,
            sender: Some(from),
            from: Some(*self.hosts[from as usize].peer.addr()),
            to: Some(to),
            bytes: Vec::new(),
        };
        let says = if self.links.heed_words() {
            Said::in_datagram(bytes, envelope(self.settings.label))
        } else {
            Said::default()
        };
        let fate = way.map(|(to, count)| {
            self.links.fate(Flight {
                from,
                to,
                count,
                now: self.now,
                bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                says,
            })
        });
        self.trace_datagram(from, to, fate, bytes);
        match fate {
            None => self.drop_datagram(datagram, Some(from), None, Cause::Nobody),
            Some(Fate::Dropped(cause)) => self.drop_datagram(datagram, Some(from), target, cause),
            Some(Fate::Arrives(way)) => {
                let astray = way.astray.zip(target);
                let astray = astray.and_then(|(draw, to)| self.another_address(draw, from, to));
                let to = astray.or(packet.to);
                self.send_on(Packet { to, ..packet }, way, bytes);
            }
        }
    }

    /// The address of any machine but these two.
    fn another_address(&self, draw: u64, from: u32, to: u32) -> Option<SimAddr> {
        let mut others = (0_u32..).zip(&self.hosts);
        let others = others
            .by_ref()
            .filter(|(number, _)| *number != from && *number != to);
        let others: Vec<SimAddr> = others.map(|(_, host)| *host.peer.addr()).collect();
        let place = (u128::from(draw) * others.len() as u128) >> 64;
        others.get(usize::try_from(place).unwrap_or(0)).copied()
    }

    /// A datagram will not arrive.
    fn drop_datagram(&mut self, datagram: u64, from: Option<u32>, to: Option<u32>, cause: Cause) {
        self.record.tally.drop(cause);
        self.sights.see(self.now, || What::Dropped {
            datagram,
            from,
            to,
            cause,
        });
    }

    /// A datagram goes its way, and its copies with it.
    fn send_on(&mut self, packet: Packet, way: Arrives, bytes: &[u8]) {
        let harmed = way.harm.is_done().then(|| {
            let mut harmed = bytes.to_vec();
            way.harm.apply(&mut harmed);
            harmed
        });
        let bytes = harmed.as_deref().unwrap_or(bytes);
        for after in way.again.into_iter().flatten() {
            let datagram = packet.number;
            self.record.tally.copied += 1;
            self.sights.see(self.now, || What::Copied { datagram });
            self.put_in_flight(packet.copy(), after, way.jam, bytes);
        }
        self.put_in_flight(packet, way.after, way.jam, bytes);
    }

    fn put_in_flight(&mut self, packet: Packet, after: u64, jam: Option<FaultId>, bytes: &[u8]) {
        self.record.tally.in_flight += 1;
        let place = self.packets.put(packet, bytes);
        match jam {
            Some(fault) => self
                .packets
                .jammed
                .push((fault, after, Arrival::Datagram(place))),
            None => self.fly(place, after),
        }
    }

    fn fly(&mut self, place: u32, after: u64) {
        let packet = self.packets.look(place);
        let at = packet.to.and_then(|to| self.host_at(to));
        let (at, from) = (
            at.unwrap_or(u32::MAX - 1),
            packet.sender.unwrap_or(u32::MAX),
        );
        let order = Rank::Arrival { at, from }.order();
        let due = self.now.saturating_add(after);
        self.queue.push(due, order, Due::Datagram(place));
    }

    /// A jam is over: what waited goes its way.
    pub(crate) fn release(&mut self, fault: FaultId) {
        let (free, jammed): (Vec<_>, Vec<_>) = std::mem::take(&mut self.packets.jammed)
            .into_iter()
            .partition(|(jam, ..)| *jam == fault);
        self.packets.jammed = jammed;
        for (_, after, what) in free {
            match what {
                Arrival::Datagram(place) => self.fly(place, after),
                Arrival::Piece(place) => self.piece_flies(place, after),
            }
        }
    }

    pub(crate) fn inject(&mut self, from: SimAddr, to: u32, bytes: &[u8]) {
        self.record.tally.injected += 1;
        if let Some(watch) = &mut self.watch {
            watch.lies_are_told();
        }
        let datagram = self.packets.number();
        let packet = Packet {
            number: datagram,
            sender: None,
            from: Some(from),
            to: Some(*self.hosts[to as usize].peer.addr()),
            bytes: Vec::new(),
        };
        self.sights.datagram(self.now, bytes, |bytes| What::Forged {
            datagram,
            to,
            bytes,
        });
        self.put_in_flight(packet, 0, None, bytes);
    }

    /// A datagram has come to the end of its way.
    pub(crate) fn arrive(&mut self, place: u32) {
        let packet = self.packets.look(place);
        let target = packet.to.and_then(|to| self.host_at(to));
        let sender = packet.sender;
        let Some(at) = target.filter(|&at| self.hosts[at as usize].node.is_some()) else {
            return self.end_flight(place, target, Cause::Nobody);
        };
        if sender.is_some_and(|from| self.links.is_cut(from, at, Carries::Datagrams)) {
            return self.end_flight(place, target, Cause::Cut);
        }
        let arrival = Arrival::Datagram(place);
        match self.hosts[at as usize].slow.take(self.now) {
            Ok(Some(due)) => {
                self.count_throttled(at);
                let from = u32::MAX;
                let order = Rank::Arrival { at, from }.order();
                self.queue.push(due, order, Due::Read(at, arrival));
            }
            Ok(None) => self.get_to(at, arrival),
            Err(cause) => {
                self.count_throttled(at);
                self.end_flight(place, target, cause);
            }
        }
    }

    /// A machine gets to read something that arrived, unless its process is stopped.
    pub(crate) fn get_to(&mut self, at: u32, arrival: Arrival) {
        let host = &mut self.hosts[at as usize];
        if host.pause.frozen {
            return match arrival {
                Arrival::Datagram(place) if host.pause.is_full() => {
                    self.end_flight(place, Some(at), Cause::Full);
                }
                _ => host.pause.unread.push(arrival),
            };
        }
        match arrival {
            Arrival::Datagram(_) if host.node.is_none() => self.drop_unread(at, arrival),
            Arrival::Datagram(place) => {
                self.read_datagram(at, place);
                self.drain(at);
            }
            Arrival::Piece(place) => self.read_piece(at, place),
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
        self.record
            .trace
            .note(self.now, Kind::Delivered, from, at, about);
        if let (Some(node), Some(from)) = (&mut host.node, &packet.from) {
            let counters = &mut self.settings.counters;
            // Refusals are counted there; a node never hears of them.
            let heard = receive(node, local, from, envelope, &packet.bytes, counters, |_| {});
            if heard.is_ok() && !node.has_departed() {
                host.clock.told(local.as_micros());
            }
        }
        self.record.tally.delivered += 1;
        self.record.tally.in_flight -= 1;
        let (datagram, from) = (packet.number, packet.sender);
        self.sights
            .datagram(self.now, &packet.bytes, |bytes| What::Delivered {
                datagram,
                from,
                to: at,
                bytes,
            });
        self.packets.put_back(place, packet);
    }

    fn end_flight(&mut self, place: u32, to: Option<u32>, cause: Cause) {
        let packet = self.packets.take(place);
        let from = packet.sender.unwrap_or(u32::MAX);
        self.record
            .trace
            .note(self.now, Kind::Lost, from, u32::MAX, 0);
        self.record.tally.in_flight -= 1;
        self.drop_datagram(packet.number, packet.sender, to, cause);
        self.packets.put_back(place, packet);
    }

    /// Whoever was to read it has crashed.
    pub(crate) fn drop_unread(&mut self, at: u32, arrival: Arrival) {
        match arrival {
            Arrival::Datagram(place) => self.end_flight(place, Some(at), Cause::Nobody),
            Arrival::Piece(place) => self.streams.drop_piece(place),
        }
    }

    fn trace_datagram(&mut self, from: u32, to: SimAddr, fate: Option<Fate>, bytes: &[u8]) {
        if !self.record.trace.has_lines() {
            return;
        }
        let nobody = format!("{to:?}");
        let target = self.host_at(to);
        let to = target.map_or(nobody.as_str(), |to| &self.hosts[to as usize].label);
        let way = Way(&self.hosts[from as usize].label, to);
        let envelope = envelope(self.settings.label);
        self.record.trace.line(self.now, way, || {
            let fate = match fate {
                None | Some(Fate::Dropped(Cause::Nobody)) => "gone",
                Some(Fate::Dropped(Cause::Cut)) => "cut",
                Some(Fate::Dropped(Cause::Lost)) => "lost",
                Some(Fate::Dropped(Cause::TooLong)) => "long",
                Some(Fate::Dropped(Cause::Full)) => "full",
                Some(Fate::Arrives(Arrives { jam: Some(_), .. })) => "waits",
                Some(Fate::Arrives(way)) if way.harm.is_done() => "harmed",
                Some(Fate::Arrives(way)) if way.again != [None; 2] => "twice",
                Some(Fate::Arrives(_)) => "",
            };
            format!("{fate:<6}{}", Words { bytes, envelope })
        });
    }
}
