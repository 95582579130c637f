//! Nodes of the core in memory, with the peer value and the very bytes of swim-smol, under a clock that only we move: to
//! have real packets of a real history, and a node to throw things at.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use swim_core::wire::{Counters, Datagram, Envelope, MAX_FRAME};
use swim_core::{
    Config, Event, Exchange, ExchangeFailed, ExchangeId, Incarnation, Instant, Node, Output,
    Reason, Roster, receive,
};
use swim_smol::NodePeer;

use crate::report::Stop;

/// A node of the core with the peer value of swim-smol.
pub(crate) type LabNode = Node<'static, NodePeer>;

/// The label of the lab's cluster.
pub(crate) const LABEL: &[u8] = b"swim-lab";
/// The most that a datagram holds.
pub(crate) const DATAGRAM: usize = 1_400;
/// How long a datagram is under way.
const DELAY: u64 = 500;
/// Each so many-th datagram also carries a message of the application.
const USER_EVERY: usize = 16;
/// Nobody has known more members than that here.
const SCRATCH: usize = Exchange::scratch_for(128);
/// The first life of everybody, in unix seconds.
const BIRTH: u32 = 1_800_000_000;

/// How the lab's datagrams are wrapped.
pub(crate) const ENVELOPE: Envelope<'static> = match Envelope::new(LABEL) {
    Ok(envelope) => envelope,
    Err(_) => panic!("the label is short"),
};

/// The nodes and what is under way between them.
#[derive(Debug)]
pub(crate) struct Lab {
    now: u64,
    stations: Vec<Station>,
    under_way: VecDeque<Flight>,
    sent: Vec<Vec<u8>>,
}

/// One node and its driver.
#[derive(Debug)]
pub(crate) struct Station {
    /// `None` while it does not run.
    pub(crate) node: Option<LabNode>,
    pub(crate) counters: Counters,
    peer: NodePeer,
    due: Option<Instant>,
    lives: u32,
}

#[derive(Debug)]
struct Flight {
    arrives: u64,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

/// Where the station of that number is.
fn address(number: usize) -> SocketAddr {
    let number = u8::try_from(number + 1).unwrap_or(u8::MAX);
    SocketAddr::from((Ipv4Addr::new(10, 0, 0, number), 7_946))
}

fn number(address: SocketAddr) -> usize {
    match address {
        SocketAddr::V4(v4) => usize::from(v4.ip().octets()[3]) - 1,
        SocketAddr::V6(_) => usize::MAX,
    }
}

impl Lab {
    /// So many nodes, `n0` to `n…`, that start at once and join through the first.
    ///
    /// # Errors
    /// The core refuses its settings.
    pub(crate) fn new(size: usize) -> Result<Self, Stop> {
        let mut lab = Self {
            now: 1_000_000,
            stations: Vec::new(),
            under_way: VecDeque::new(),
            sent: Vec::new(),
        };
        for place in 0..size {
            let peer = NodePeer::new(&format!("n{place}"), address(place), b"role=lab");
            let peer = peer.map_err(|error| Stop::failed("no peer value", &error))?;
            lab.stations.push(Station {
                node: None,
                counters: Counters::NONE,
                peer,
                due: None,
                lives: 0,
            });
        }
        for place in 0..size {
            lab.start(place)?;
        }
        Ok(lab)
    }

    /// Starts a node, in a new life.
    ///
    /// # Errors
    /// The core refuses its settings.
    pub(crate) fn start(&mut self, place: usize) -> Result<(), Stop> {
        let now = self.now();
        let station = &mut self.stations[place];
        station.lives += 1;
        let seed = u64::from(station.lives) << 32 | place as u64;
        // A joiner's address is not checked: the exchanges here take no time, and a check would.
        let config = Config::LAN.with_check_joiner(false);
        let first = Incarnation(BIRTH + station.lives);
        let node = Node::new(
            station.peer.clone(),
            first,
            config,
            Roster::owned(1_024),
            seed,
            now,
        );
        let mut node = node.map_err(|error| Stop::failed("no node", &error))?;
        if place > 0 {
            node.set_seeds([address(0)]);
            node.join(now, address(0))
                .map_err(|error| Stop::failed("no join", &error))?;
        }
        station.node = Some(node);
        self.drain(place);
        Ok(())
    }

    /// The process dies without a word.
    pub(crate) fn crash(&mut self, place: usize) {
        self.stations[place].node = None;
    }

    /// The node says goodbye.
    pub(crate) fn leave(&mut self, place: usize) {
        let now = self.now();
        if let Some(node) = &mut self.stations[place].node {
            // One that has left already says nothing more.
            let _ = node.leave(now);
        }
        self.drain(place);
    }

    /// The node changes what it says of itself.
    pub(crate) fn update(&mut self, place: usize, meta: &[u8]) {
        let now = self.now();
        let station = &mut self.stations[place];
        if let (Some(node), Ok(peer)) = (&mut station.node, station.peer.with_meta(meta)) {
            station.peer = peer.clone();
            // One that has left has nothing more to say.
            let _ = node.update(now, peer);
        }
        self.drain(place);
    }

    /// The time.
    pub(crate) const fn now(&self) -> Instant {
        Instant::from_micros(self.now)
    }

    /// The station of that number.
    pub(crate) fn station(&mut self, place: usize) -> &mut Station {
        &mut self.stations[place]
    }

    /// All nodes that run.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &LabNode> {
        self.stations
            .iter()
            .filter_map(|station| station.node.as_ref())
    }

    /// Where that station is.
    pub(crate) fn address(place: usize) -> SocketAddr {
        address(place)
    }

    /// Every datagram that was sent until now.
    pub(crate) fn take_sent(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.sent)
    }

    /// A datagram that no node sent arrives now.
    pub(crate) fn inject(&mut self, from: SocketAddr, to: usize, bytes: &[u8]) {
        let now = self.now();
        self.stations[to].hear(now, from, bytes);
        self.drain(to);
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self
            .now
            .saturating_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        loop {
            let arrival = self.under_way.front().map(|flight| flight.arrives);
            let due = self
                .stations
                .iter()
                .filter(|station| station.node.is_some())
                .filter_map(|station| station.due);
            let due = due.map(Instant::as_micros).min();
            let Some(next) = [arrival, due]
                .into_iter()
                .flatten()
                .min()
                .filter(|next| *next <= end)
            else {
                break;
            };
            self.now = self.now.max(next);
            self.arrive();
            self.wake();
        }
        self.now = end;
    }

    fn arrive(&mut self) {
        while self
            .under_way
            .front()
            .is_some_and(|flight| flight.arrives <= self.now)
        {
            let Some(flight) = self.under_way.pop_front() else {
                return;
            };
            let (now, place) = (self.now(), number(flight.to));
            let Some(station) = self.stations.get_mut(place) else {
                continue;
            };
            station.hear(now, flight.from, &flight.bytes);
            self.drain(place);
        }
    }

    fn wake(&mut self) {
        for place in 0..self.stations.len() {
            let now = self.now();
            let station = &mut self.stations[place];
            if let Some(node) = station
                .node
                .as_mut()
                .filter(|_| station.due.is_some_and(|due| due <= now))
            {
                node.handle_timeout(now);
                self.drain(place);
            }
        }
    }

    /// Does what a node wants until it wants to wait.
    fn drain(&mut self, place: usize) {
        let mut buffer = [0; DATAGRAM];
        loop {
            let station = &mut self.stations[place];
            let Some(node) = &mut station.node else {
                return;
            };
            let mut datagram = Datagram::new(&mut buffer, ENVELOPE);
            match node.poll_output(&mut datagram) {
                Output::Send { to } => {
                    if self.sent.len().is_multiple_of(USER_EVERY) {
                        // It is left out where there is no room.
                        let _ = datagram.push_user(b"hello from the application");
                    }
                    let bytes = datagram.finish().to_vec();
                    self.sent.push(bytes.clone());
                    let (from, arrives) = (address(place), self.now.saturating_add(DELAY));
                    self.under_way.push_back(Flight {
                        arrives,
                        from,
                        to,
                        bytes,
                    });
                }
                Output::Exchange { id, with, why } => self.exchange(place, number(with), id, why),
                Output::Event(_) => {}
                Output::Wait { until } => {
                    station.due = until;
                    return;
                }
            }
        }
    }

    /// A stream takes no time here.
    fn exchange(&mut self, opener: usize, answerer: usize, id: ExchangeId, why: Reason) {
        let now = self.now();
        let Ok([here, there]) = self.stations.get_disjoint_mut([opener, answerer]) else {
            return;
        };
        let Some(opening) = &mut here.node else {
            return;
        };
        let accepted = there
            .node
            .as_mut()
            .and_then(|node| Some((node.accept(now, address(opener)).ok()?, node)));
        let Some((other, answering)) = accepted else {
            return opening.handle_exchange(now, id, Err(ExchangeFailed::Broken));
        };
        let (mut one, mut two) = (vec![0; SCRATCH], vec![0; SCRATCH]);
        let mut open = Exchange::open(id, why, ENVELOPE, self.now, one.as_mut_slice());
        let mut accept = Exchange::accept(other, ENVELOPE, two.as_mut_slice());
        let (mut to_answerer, mut to_opener) = (Vec::new(), Vec::new());
        while pump(now, &mut open, opening, &mut to_opener, &mut to_answerer)
            | pump(
                now,
                &mut accept,
                answering,
                &mut to_answerer,
                &mut to_opener,
            )
        {}
        opening.handle_exchange(
            now,
            id,
            open.outcome().unwrap_or(Err(ExchangeFailed::Broken)),
        );
        answering.handle_exchange(
            now,
            other,
            accept.outcome().unwrap_or(Err(ExchangeFailed::Broken)),
        );
        self.drain(answerer);
    }
}

/// Lets one end of a stream read and write all that it can; whether that was anything.
fn pump(
    now: Instant,
    exchange: &mut Exchange<'_>,
    node: &mut LabNode,
    input: &mut Vec<u8>,
    output: &mut Vec<u8>,
) -> bool {
    // One end that finds the other malformed has ended, and takes nothing more.
    let taken = exchange.handle_read(now, node, input).unwrap_or(0);
    input.drain(..taken);
    let mut buffer = [0; MAX_FRAME];
    let written = exchange.poll_write(node, &mut buffer);
    output.extend_from_slice(&buffer[..written]);
    taken + written > 0
}

impl Station {
    /// A datagram arrives, as the driver of swim-smol takes it in.
    pub(crate) fn hear(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        if let Some(node) = &mut self.node {
            // Refusals are counted where they happen.
            let _ = receive(
                node,
                now,
                &from,
                ENVELOPE,
                bytes,
                &mut self.counters,
                |_| {},
            );
        }
    }

    /// The next thing that the node wants done, but for events.
    pub(crate) fn wish(&mut self, buffer: &mut [u8]) -> Option<Output<NodePeer>> {
        let node = self.node.as_mut()?;
        loop {
            match node.poll_output(&mut Datagram::new(buffer, ENVELOPE)) {
                Output::Event(Event::RoundTrip { .. }) => {}
                output => return Some(output),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use swim_core::State;

    #[test]
    fn a_lab_meets_loses_and_takes_back() {
        let mut lab = Lab::new(6).expect("starts");
        lab.run(Duration::from_secs(3));
        assert!(lab.nodes().all(|node| node.counts().alive == 6));
        lab.crash(3);
        lab.leave(4);
        lab.run(Duration::from_secs(15));
        let counts = |node: &LabNode| (node.counts().dead, node.counts().left);
        assert!(
            lab.nodes()
                .filter(|node| node.me().state == State::Alive)
                .all(|node| counts(node) == (1, 1))
        );
        lab.start(3).expect("starts");
        lab.run(Duration::from_secs(3));
        assert!(
            lab.nodes()
                .filter(|node| node.me().state == State::Alive)
                .all(|node| node.counts().alive == 5)
        );
        assert!(lab.take_sent().len() > 100);
    }
}
