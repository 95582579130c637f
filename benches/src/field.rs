//! A node that knows many others, and packets that they might send.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;

use swim_core::wire::{Counters, Datagram, Envelope};
use swim_core::{
    Compose, Config, Incarnation, Instant, Message, Name, Node, Output, Peer, Roster, name_hash,
    receive,
};
use swim_smol::NodePeer;

/// Distinct packets in rotation.
pub const PACKETS: usize = 1_024;
/// Bytes of a datagram.
pub(crate) const SIZE: usize = 1_400;
/// Time between two rounds of gossip: millions of rounds are fewer hours than a probe takes to come.
pub(crate) const GOSSIP: Duration = Duration::from_millis(1);
/// The first incarnation of everybody: as with unix seconds, five bytes would not be unusual.
const FIRST: u32 = 1_800_000_000;

pub(crate) const ENVELOPE: Envelope<'static> = match Envelope::new(b"bench") {
    Ok(envelope) => envelope,
    Err(_) => panic!("a short label"),
};

/// A node and all that it knows. Member 0 is the node itself.
#[derive(Debug)]
pub struct Field {
    pub(crate) node: Node<'static, NodePeer>,
    pub(crate) now: Instant,
    pub(crate) counters: Counters,
    /// The label is known when the node starts, not when it is compiled.
    envelope: Envelope<'static>,
    /// Whether a member that says something new says other metadata with it.
    pub(crate) changes: bool,
    buffer: Vec<u8>,
    incarnations: Vec<u32>,
    random: u64,
}

/// The peer value of that member: a name of 16 bytes, an IPv4 address, 32 bytes of metadata.
pub(crate) fn peer(member: u32) -> NodePeer {
    peer_with(member, &[7; 32])
}

fn peer_with(member: u32, metadata: &[u8; 32]) -> NodePeer {
    let [_, b, c, d] = member.to_be_bytes();
    let addr = SocketAddr::from(([10, b, c, d], 7_946));
    NodePeer::new(&format!("node-{member:06}-prod"), addr, metadata).expect("a legal peer")
}

impl Field {
    /// A node that knows `members` members, itself included, and has nothing to tell.
    #[must_use]
    pub fn new(members: u32) -> Self {
        // Only gossip keeps time here, and little of it: a probe that nobody answers would make suspects.
        let config = Config::LAN
            .with_exchange_interval(Duration::ZERO)
            .with_gossip_interval(GOSSIP)
            .with_probe_interval(Duration::from_secs(3_600))
            .with_probe_timeout(Duration::from_secs(1));
        let roster = Roster::owned(2 * members as usize);
        let (first, now) = (Incarnation(FIRST), Instant::from_millis(1_000));
        let node = Node::new(peer(0), first, config, roster, 7, now);
        let mut field = Self {
            node: node.expect("a legal configuration"),
            now,
            counters: Counters::default(),
            envelope: black_box(ENVELOPE),
            changes: false,
            buffer: vec![0; SIZE],
            incarnations: vec![FIRST; members as usize],
            random: 0x9E37_79B9_7F4A_7C15,
        };
        for member in 1..members {
            field.hear(member);
        }
        field.forget_news();
        field
    }

    /// The member's own word reaches the node.
    pub(crate) fn hear(&mut self, member: u32) {
        let said = self.said(member);
        let incarnation = self.incarnation(member);
        let message = Message::Alive {
            peer: &said,
            incarnation,
        };
        self.node.handle_message(self.now, said.addr(), &message);
        self.drain();
    }

    /// Eight members show that they know all that the node knows: it has nothing to tell any more (P11).
    pub(crate) fn forget_news(&mut self) {
        for member in 1..=8.min(self.members() - 1) {
            let bytes = self.ping(member, member);
            self.receive(peer(member).addr(), &bytes);
            self.drain();
        }
    }

    /// Members known, the node itself included.
    pub(crate) fn members(&self) -> u32 {
        u32::try_from(self.incarnations.len()).unwrap_or(u32::MAX)
    }

    /// A random member other than the node itself.
    pub(crate) fn anybody(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let share = (self.random >> 32) * u64::from(self.members() - 1);
        1 + u32::try_from(share >> 32).unwrap_or(0)
    }

    /// Somebody whom the node does not know yet.
    pub(crate) fn newcomer(&mut self) -> u32 {
        self.incarnations.push(FIRST);
        self.members() - 1
    }

    /// What that member says of itself now.
    fn said(&self, member: u32) -> NodePeer {
        let mut metadata = [7; 32];
        if self.changes {
            let incarnation = self.incarnation(member).0;
            metadata[..4].copy_from_slice(&incarnation.to_be_bytes());
        }
        peer_with(member, &metadata)
    }

    pub(crate) fn incarnation(&self, member: u32) -> Incarnation {
        Incarnation(self.incarnations[member as usize])
    }

    /// The member says from now on that it has outbid a rumour: that is news.
    pub(crate) fn raise(&mut self, member: u32) {
        self.incarnations[member as usize] += 1;
    }

    /// A datagram with these members' words.
    pub(crate) fn packet(&mut self, members: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let words: Vec<_> = members
            .into_iter()
            .map(|member| (self.said(member), self.incarnation(member)))
            .collect();
        let mut datagram = Datagram::new(&mut self.buffer, self.envelope);
        for (peer, incarnation) in &words {
            let message = Message::Alive {
                peer,
                incarnation: *incarnation,
            };
            datagram.push(&message).expect("room for all");
        }
        datagram.finish().to_vec()
    }

    /// A datagram with a ping from that member, its view equal to ours.
    pub(crate) fn ping(&mut self, member: u32, seq: u32) -> Vec<u8> {
        let (us, said) = (peer(0), peer(member));
        let mut datagram = Datagram::new(&mut self.buffer, self.envelope);
        let ping: Message<'_, NodePeer> = Message::Ping {
            seq,
            target: Name::Hash(name_hash(&us.key())),
            source: said.key(),
            incarnation: Incarnation(self.incarnations[member as usize]),
        };
        datagram.push(&ping).expect("room for a ping");
        let digest = Message::<NodePeer>::Digest(self.node.digest());
        datagram.push(&digest).expect("room for a digest");
        datagram.finish().to_vec()
    }

    /// One datagram comes in.
    #[inline]
    pub(crate) fn receive(&mut self, from: &SocketAddr, bytes: &[u8]) {
        let counters = &mut self.counters;
        let read = receive(
            &mut self.node,
            self.now,
            from,
            self.envelope,
            bytes,
            counters,
            |_| {},
        );
        debug_assert_eq!(read, Ok(()));
    }

    /// The one datagram that is owed: its bytes, and that it is one.
    #[inline]
    pub(crate) fn answer(&mut self) -> (usize, usize) {
        let mut datagram = Datagram::new(&mut self.buffer, self.envelope);
        match self.node.poll_output(&mut datagram) {
            Output::Send { .. } => (datagram.finish().len(), 1),
            _ => (0, 0),
        }
    }

    /// Does what the node wants until it waits; the bytes of all datagrams, and how many there were.
    #[inline]
    pub(crate) fn drain(&mut self) -> (usize, usize) {
        let mut datagram = Datagram::new(&mut self.buffer, self.envelope);
        let (mut bytes, mut datagrams) = (0, 0);
        loop {
            match self.node.poll_output(&mut datagram) {
                Output::Send { .. } => {
                    bytes += datagram.finish().len();
                    datagrams += 1;
                }
                Output::Exchange { .. } | Output::Event(_) => {}
                Output::Wait { .. } => return (bytes, datagrams),
            }
        }
    }
}
