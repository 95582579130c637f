//! The life of a small cluster of the core, whatever its nodes' peer value: the same settings, the same seeds, the same instants.

use std::collections::VecDeque;

use swim_core::wire::{Counters, Datagram, MAX_FRAME, WirePeer};
use swim_core::{
    Config, Exchange, ExchangeFailed, ExchangeId, Incarnation, Instant, Node, Output, Reason,
    Roster, receive,
};

use super::envelope;

const NODES: u32 = 7;
/// How long a datagram is under way, in microseconds.
const DELAY: u64 = 500;
const SECOND: u64 = 1_000_000;

/// All that was said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) datagrams: Vec<Vec<u8>>,
    /// What went over streams, piece by piece.
    pub(crate) pieces: Vec<Vec<u8>>,
}

struct Flight<A> {
    arrives: u64,
    from: A,
    to: A,
    bytes: Vec<u8>,
}

struct Cluster<P: WirePeer + 'static> {
    now: u64,
    nodes: Vec<Option<Node<'static, P>>>,
    due: Vec<Option<u64>>,
    addresses: Vec<P::Addr>,
    under_way: VecDeque<Flight<P::Addr>>,
    life: Life,
}

/// A minute: all join, one crashes, one leaves, one changes its metadata, the one that crashed comes back.
pub(crate) fn life<P: WirePeer + 'static>(peer: fn(u32, u32) -> P) -> Life
where
    P::Addr: Clone + PartialEq,
{
    let mut cluster = Cluster {
        now: SECOND,
        nodes: Vec::new(),
        due: Vec::new(),
        addresses: (0..NODES)
            .map(|number| peer(number, 0).addr().clone())
            .collect(),
        under_way: VecDeque::new(),
        life: Life::default(),
    };
    for number in 0..NODES {
        cluster.nodes.push(None);
        cluster.due.push(None);
        cluster.start(number as usize, peer(number, 0), 1);
    }
    cluster.run(10);
    cluster.nodes[3] = None;
    cluster.run(15);
    let now = cluster.now();
    for (place, wish) in [(4, 0), (5, 1)] {
        if let Some(node) = &mut cluster.nodes[place] {
            match wish {
                0 => node.leave(now).expect("it runs"),
                _ => node.update(now, peer(5, 1)).expect("it runs"),
            }
        }
        cluster.drain(place);
    }
    cluster.run(5);
    cluster.start(3, peer(3, 2), 2);
    cluster.run(10);
    cluster.life
}

impl<P: WirePeer + 'static> Cluster<P>
where
    P::Addr: Clone + PartialEq,
{
    fn now(&self) -> Instant {
        Instant::from_micros(self.now)
    }

    fn start(&mut self, place: usize, peer: P, life: u32) {
        let now = self.now();
        let seed = u64::from(life) << 32 | place as u64;
        // A joiner's address is not checked: exchanges take no time here, and a check would.
        let config = Config::LAN.with_check_joiner(false);
        let first = Incarnation(1_800_000_000 + life);
        let node = Node::new(peer, first, config, Roster::owned(64), seed, now);
        let mut node = node.expect("possible settings");
        if place > 0 {
            node.join(now, self.addresses[0].clone())
                .expect("room for a call");
        }
        self.nodes[place] = Some(node);
        self.drain(place);
    }

    fn place(&self, addr: &P::Addr) -> Option<usize> {
        self.addresses.iter().position(|one| one == addr)
    }

    fn run(&mut self, seconds: u64) {
        let end = self.now + seconds * SECOND;
        loop {
            let arrival = self.under_way.front().map(|flight| flight.arrives);
            let runs = self.nodes.iter().zip(&self.due);
            let due = runs
                .filter(|(node, _)| node.is_some())
                .filter_map(|(_, due)| *due);
            let next = due.chain(arrival).min().filter(|next| *next <= end);
            let Some(next) = next else {
                break;
            };
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    /// What arrives now is read; whose time has come is woken.
    fn step(&mut self) {
        let now = self.now();
        while self
            .under_way
            .front()
            .is_some_and(|flight| flight.arrives <= self.now)
        {
            let flight = self.under_way.pop_front().expect("looked at");
            let Some(place) = self.place(&flight.to) else {
                continue;
            };
            if let Some(node) = &mut self.nodes[place] {
                let mut counters = Counters::default();
                let (from, bytes) = (&flight.from, &flight.bytes);
                receive(node, now, from, envelope(), bytes, &mut counters, |_| {})
                    .expect("sound bytes");
            }
            self.drain(place);
        }
        for place in 0..self.nodes.len() {
            if self.due[place].is_some_and(|due| due <= self.now) {
                if let Some(node) = &mut self.nodes[place] {
                    node.handle_timeout(now);
                }
                self.drain(place);
            }
        }
    }

    fn drain(&mut self, place: usize) {
        let mut buffer = [0; 1_400];
        while let Some(node) = &mut self.nodes[place] {
            let mut datagram = Datagram::new(&mut buffer, envelope());
            match node.poll_output(&mut datagram) {
                Output::Send { to } => {
                    let bytes = datagram.finish().to_vec();
                    self.life.datagrams.push(bytes.clone());
                    self.under_way.push_back(Flight {
                        arrives: self.now + DELAY,
                        from: self.addresses[place].clone(),
                        to,
                        bytes,
                    });
                }
                Output::Exchange { id, with, why } => {
                    let answerer = self.place(&with);
                    self.exchange(place, answerer, (id, why));
                }
                Output::Event(_) => {}
                Output::Wait { until } => {
                    self.due[place] = until.map(Instant::as_micros);
                    return;
                }
            }
        }
    }

    /// A stream takes no time here.
    fn exchange(
        &mut self,
        opener: usize,
        answerer: Option<usize>,
        (id, why): (ExchangeId, Reason),
    ) {
        let now = self.now();
        let from = self.addresses[opener].clone();
        let answerer = answerer.unwrap_or(opener);
        let Ok([here, there]) = self.nodes.get_disjoint_mut([opener, answerer]) else {
            return;
        };
        let Some(opening) = here else {
            return;
        };
        let accepted = there
            .as_mut()
            .and_then(|node| Some((node.accept(now, from).ok()?, node)));
        let Some((other, answering)) = accepted else {
            return opening.handle_exchange(now, id, Err(ExchangeFailed::Broken));
        };
        let (mut one, mut two) = (
            [0; Exchange::scratch_for(64)],
            [0; Exchange::scratch_for(64)],
        );
        let mut open = Exchange::open(id, why, envelope(), self.now, one.as_mut_slice());
        let mut accept = Exchange::accept(other, envelope(), two.as_mut_slice());
        let (mut down, mut up) = (Vec::new(), Vec::new());
        let pieces = &mut self.life.pieces;
        while pump(now, (&mut open, opening), &mut up, &mut down, pieces)
            | pump(now, (&mut accept, answering), &mut down, &mut up, pieces)
        {}
        let ended =
            |exchange: &Exchange<'_>| exchange.outcome().unwrap_or(Err(ExchangeFailed::Broken));
        opening.handle_exchange(now, id, ended(&open));
        answering.handle_exchange(now, other, ended(&accept));
        self.drain(answerer);
    }
}

/// Lets one end of a stream read and write all that it can; whether that was anything.
fn pump<P: WirePeer + 'static>(
    now: Instant,
    (exchange, node): (&mut Exchange<'_>, &mut Node<'static, P>),
    input: &mut Vec<u8>,
    output: &mut Vec<u8>,
    pieces: &mut Vec<Vec<u8>>,
) -> bool {
    let taken = exchange.handle_read(now, node, input).expect("sound bytes");
    input.drain(..taken);
    let mut buffer = [0; MAX_FRAME];
    let written = exchange.poll_write(node, &mut buffer);
    if written > 0 {
        pieces.push(buffer[..written].to_vec());
        output.extend_from_slice(&buffer[..written]);
    }
    taken + written > 0
}
