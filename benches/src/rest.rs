//! A whole cluster at rest, without sockets: what a node costs while nothing happens.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use swim_core::wire::{Counters, Datagram, MAX_FRAME};
use swim_core::{
    Config, Exchange, ExchangeId, Incarnation, Instant, Message, Node, Output, Peer, Reason,
    Roster, receive,
};
use swim_smol::NodePeer;

use crate::cpu;
use crate::field::{ENVELOPE, SIZE, peer};
use crate::rosters::converse;

/// Microseconds that a datagram travels.
const TRAVELS: u64 = 500;

/// What comes next, ordered by its time and then by when it was put in.
type Entry = Reverse<(u64, u64, Next)>;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Wake {
        node: usize,
    },
    Datagram {
        from: usize,
        to: usize,
        bytes: Vec<u8>,
    },
}

/// Nodes that all know each other, each with its own roster and real bytes between them.
#[derive(Debug)]
pub struct Rest {
    nodes: Vec<Node<'static, NodePeer>>,
    wakes: Vec<u64>,
    queue: BinaryHeap<Entry>,
    /// Datagrams' memory, used again: the loop around the nodes is to cost little.
    spare: Vec<Vec<u8>>,
    scratch: [Vec<u32>; 2],
    buffers: [Vec<u8>; 2],
    counters: Counters,
    now: u64,
    order: u64,
    datagrams: u64,
}

impl Rest {
    /// So many nodes, who have been together for long enough to have no news.
    #[must_use]
    pub fn new(members: u32) -> Self {
        let scratch = vec![0; Exchange::scratch_for(members)];
        let buffer = vec![0; MAX_FRAME];
        let mut rest = Self {
            nodes: (0..members).map(|me| acquainted(me, members)).collect(),
            wakes: vec![u64::MAX; members as usize],
            queue: BinaryHeap::new(),
            spare: Vec::new(),
            scratch: [scratch.clone(), scratch],
            buffers: [buffer.clone(), buffer],
            counters: Counters::default(),
            now: 0,
            order: 0,
            datagrams: 0,
        };
        for node in 0..rest.nodes.len() {
            rest.drain(node);
        }
        rest.live(Duration::from_secs(30));
        rest
    }

    /// CPU time of one node in one second, the loop that carries the datagrams included; and datagrams sent by it.
    #[must_use]
    pub fn measure(&mut self, lasting: Duration) -> (Duration, f64) {
        let (begin, sent) = (cpu::now(), self.datagrams);
        self.live(lasting);
        let node_seconds = lasting.as_secs_f64() * self.nodes.len() as f64;
        let took = (cpu::now() - begin).div_f64(node_seconds);
        (took, (self.datagrams - sent) as f64 / node_seconds)
    }

    /// Whether everybody is still alive for everybody, at the same incarnation.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let first = self.nodes.first().map(Node::digest);
        let all = |node: &Node<'_, NodePeer>| {
            Some(node.digest()) == first && node.counts().alive as usize == self.nodes.len()
        };
        self.nodes.iter().all(all)
    }

    fn live(&mut self, lasting: Duration) {
        let until = self.now + u64::try_from(lasting.as_micros()).unwrap_or(u64::MAX);
        while let Some(Reverse((at, ..))) = self.queue.peek()
            && *at <= until
        {
            let Some(Reverse((at, _, next))) = self.queue.pop() else {
                break;
            };
            self.now = at;
            self.take(next);
        }
        self.now = until;
    }

    fn take(&mut self, next: Next) {
        let now = Instant::from_micros(self.now);
        let node = match next {
            // A wake that was put off since.
            Next::Wake { node } if self.wakes[node] != self.now => return,
            Next::Wake { node } => {
                self.nodes[node].handle_timeout(now);
                node
            }
            Next::Datagram { from, to, bytes } => {
                let (from, counters) = (*peer_of(&self.nodes[from]), &mut self.counters);
                let read = receive(
                    &mut self.nodes[to],
                    now,
                    &from,
                    ENVELOPE,
                    &bytes,
                    counters,
                    |_| {},
                );
                debug_assert_eq!(read, Ok(()));
                self.spare.push(bytes);
                to
            }
        };
        self.drain(node);
    }

    fn drain(&mut self, node: usize) {
        let mut buffer = [0; SIZE];
        let mut datagram = Datagram::new(&mut buffer, ENVELOPE);
        loop {
            match self.nodes[node].poll_output(&mut datagram) {
                Output::Send { to } => {
                    let mut bytes = self.spare.pop().unwrap_or_default();
                    bytes.clear();
                    bytes.extend_from_slice(datagram.finish());
                    let (from, to) = (node, number_of(to));
                    self.datagrams += 1;
                    self.put(self.now + TRAVELS, Next::Datagram { from, to, bytes });
                }
                Output::Exchange { id, with, why } => self.exchange(node, id, number_of(with), why),
                Output::Event(_) => {}
                Output::Wait { until } => {
                    let until = until.map_or(u64::MAX, Instant::as_micros);
                    if until != self.wakes[node] {
                        self.wakes[node] = until;
                        self.put(until, Next::Wake { node });
                    }
                    return;
                }
            }
        }
    }

    fn put(&mut self, at: u64, next: Next) {
        self.order += 1;
        self.queue.push(Reverse((at, self.order, next)));
    }

    /// The two rosters are compared over a stream that takes no time.
    fn exchange(&mut self, opener: usize, id: ExchangeId, answerer: usize, why: Reason) {
        let now = Instant::from_micros(self.now);
        let from = *peer_of(&self.nodes[opener]);
        let Ok(nodes) = self.nodes.get_disjoint_mut([opener, answerer]) else {
            return;
        };
        let Ok(accepted) = nodes[1].accept(now, from) else {
            return;
        };
        let [left, right] = &mut self.scratch;
        let mut sides = [
            Exchange::open(id, why, ENVELOPE, self.order, &mut left[..]),
            Exchange::accept(accepted, ENVELOPE, &mut right[..]),
        ];
        let [one, other] = nodes;
        converse(now, &mut sides, [&mut *one, &mut *other], &mut self.buffers);
        for (node, id, side) in [(one, id, &sides[0]), (other, accepted, &sides[1])] {
            if let Some(outcome) = side.outcome() {
                node.handle_exchange(now, id, outcome);
            }
        }
    }
}

/// A node that was told of everybody, and has told its application.
fn acquainted(me: u32, members: u32) -> Node<'static, NodePeer> {
    let (first, now) = (Incarnation(1), Instant::ZERO);
    let roster = Roster::owned(members as usize + 1);
    let node = Node::new(peer(me), first, Config::LAN, roster, u64::from(me), now);
    let mut node = node.expect("a legal configuration");
    let others: Vec<_> = (0..members)
        .filter(|other| *other != me)
        .map(peer)
        .collect();
    for said in &others {
        let message = Message::Alive {
            peer: said,
            incarnation: first,
        };
        node.handle_message(now, said.addr(), &message);
    }
    node
}

fn peer_of<'n>(node: &'n Node<'_, NodePeer>) -> &'n SocketAddr {
    node.me().peer.addr()
}

/// Which node has this address.
fn number_of(addr: SocketAddr) -> usize {
    match addr.ip() {
        IpAddr::V4(ip) => usize::try_from(ip.to_bits() & 0xFF_FFFF).unwrap_or(usize::MAX),
        IpAddr::V6(_) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_at_rest_stays_at_rest_and_pings_once_a_second() {
        let mut rest = Rest::new(32);
        let (_, datagrams) = rest.measure(Duration::from_secs(60));
        assert!(rest.is_at_rest());
        assert!((1.95..2.1).contains(&datagrams), "{datagrams} datagrams");
    }
}
