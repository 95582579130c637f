//! What a simulated member puts on the wire is what a member on real sockets does, byte for byte, and what such a member puts
//! there the simulator reads.

mod capture;
mod twins;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;

use swim_core::wire::{self, Counters, Datagram, Envelope, Sink, WirePeer};
use swim_core::{Compose, Incarnation, Message, State};
use swim_sim::{SimAddr, SimName, SimPeer};
use swim_smol::NodePeer;

/// The label of all clusters here.
const LABEL: &[u8] = b"twins";

const fn envelope() -> Envelope<'static> {
    match Envelope::new(LABEL) {
        Ok(envelope) => envelope,
        Err(_) => panic!("the label is short"),
    }
}

/// A simulated member's name, as it is on the wire.
fn name(number: u32) -> String {
    format!("swim-node-{number:06}")
}

/// A simulated member's metadata, as it is on the wire.
fn meta(version: u32) -> Vec<u8> {
    format!("rack=7;role=db;serial={version:010}").into_bytes()
}

fn simulated(number: u32, version: u32) -> SimPeer {
    SimPeer::new(SimName::new(number), SimAddr::new(number + 1), version)
}

fn real(number: u32, version: u32) -> NodePeer {
    let addr = std::net::SocketAddrV4::from(SimAddr::new(number + 1));
    NodePeer::new(&name(number), SocketAddr::V4(addr), &meta(version)).expect("a possible member")
}

/// Reads a datagram as one kind of peer would, and writes the same anew.
struct Scribe<'b> {
    written: Datagram<'b>,
    kinds: BTreeSet<String>,
}

impl<P: WirePeer> Sink<P> for Scribe<'_> {
    fn wants(&self, _: P::Key<'_>, _: Incarnation, _: State) -> bool {
        true
    }

    fn message(&mut self, message: &Message<'_, P>) {
        let words = format!("{message:?}");
        let kind: String = words
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '-')
            .collect();
        self.kinds.insert(kind);
        self.written.push(message).expect("what was sent has room");
    }

    fn user(&mut self, bytes: &[u8]) {
        self.written
            .push_user(bytes)
            .expect("what was sent has room");
    }
}

/// What the datagram says once it was read and written anew, with the kinds of its messages.
fn again<P: WirePeer>(bytes: &[u8]) -> (Vec<u8>, BTreeSet<String>) {
    let mut buffer = [0; 1_500];
    let mut scribe = Scribe {
        written: Datagram::new(&mut buffer, envelope()),
        kinds: BTreeSet::new(),
    };
    let mut counters = Counters::default();
    wire::read::<P>(bytes, envelope(), &mut counters, &mut scribe).expect("readable");
    assert_eq!(counters.items_malformed, 0, "{}", hex(bytes));
    let kinds = std::mem::take(&mut scribe.kinds);
    (scribe.written.finish().to_vec(), kinds)
}

/// The simulator reads these datagrams of real nodes, and writes them as they stand; which kinds of messages were among them.
fn replay(packets: &[Vec<u8>]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for packet in packets {
        let (written, kinds) = again::<SimPeer>(packet);
        assert_eq!(hex(&written), hex(packet));
        all.extend(kinds);
    }
    all
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[test]
fn a_cluster_says_the_same_bytes_whichever_peer_value_its_nodes_have() {
    let simulated = twins::life(simulated);
    let real = twins::life(real);
    assert!(
        simulated.datagrams.len() > 500,
        "{}",
        simulated.datagrams.len()
    );
    assert!(simulated.pieces.len() > 8, "{}", simulated.pieces.len());
    for (place, (one, other)) in simulated.datagrams.iter().zip(&real.datagrams).enumerate() {
        assert_eq!(hex(one), hex(other), "datagram {place}");
    }
    for (place, (one, other)) in simulated.pieces.iter().zip(&real.pieces).enumerate() {
        assert_eq!(hex(one), hex(other), "piece {place} of a stream");
    }
    assert_eq!(simulated, real);
    let kinds = replay(&real.datagrams);
    for kind in ["ping", "ack", "alive", "suspect", "dead", "left", "digest"] {
        assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
    }
}

#[test]
fn packets_of_real_nodes_replay_through_the_simulators_decoder() {
    let fresh = capture::fresh();
    let kinds = replay(&fresh);
    for kind in ["ping", "ack", "alive", "digest"] {
        assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
    }
    if std::env::var_os("SWIM_CAPTURE").is_some_and(|wish| wish == "write") {
        capture::store(&fresh);
    }
}

#[test]
fn packets_captured_earlier_replay_through_the_simulators_decoder() {
    let stored = capture::stored();
    assert!(stored.len() > 50, "{}", stored.len());
    let kinds = replay(&stored);
    for kind in ["ping", "ack", "alive", "suspect", "dead", "digest"] {
        assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
    }
}
