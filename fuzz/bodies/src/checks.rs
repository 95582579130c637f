//! The laws that every input must leave intact.

use swim_core::wire::{self, Counters, Sink};
use swim_core::{Incarnation, Message, State};

use crate::{ENVELOPE, FuzzNode, FuzzPeer};

/// Wants everything, keeps nothing.
struct Reader;

impl Sink<FuzzPeer> for Reader {
    fn wants(&self, _: &str, _: Incarnation, _: State) -> bool {
        true
    }
    fn message(&mut self, _: &Message<'_, FuzzPeer>) {}
    fn user(&mut self, _: &[u8]) {}
}

/// Whatever we write, we can read.
pub(crate) fn we_can_read(bytes: &[u8]) {
    let mut counters = Counters::default();
    let read = wire::read(bytes, ENVELOPE, &mut counters, &mut Reader);
    assert_eq!(read, Ok(()), "our own datagram was refused: {bytes:02x?}");
    let skipped = counters.items_unknown + counters.items_malformed + counters.peers_malformed;
    assert_eq!(
        skipped + counters.datagrams_cut,
        0,
        "our own items were skipped: {bytes:02x?}"
    );
    assert!(counters.items > 0, "an empty datagram was sent");
}

/// What the node says of itself in short is what it holds.
pub(crate) fn books_are_right(node: &FuzzNode<'_>) {
    let counts = node.counts();
    let count = |state| node.members().filter(|held| held.state == state).count();
    let held = [State::Alive, State::Suspect, State::Dead, State::Left].map(count);
    let said = [counts.alive, counts.suspect, counts.dead, counts.left];
    assert_eq!(
        said.map(|count| count as usize),
        held,
        "the counts are wrong"
    );
    assert!(
        held.iter().sum::<usize>() <= node.capacity(),
        "more than there is room for"
    );
    for member in node.members() {
        assert!(member.incarnation.is_legal(), "{member:?} can't be (P8)");
        let found = node.member(swim_core::Peer::key(member.peer));
        assert_eq!(
            found.map(|found| found.slot),
            Some(member.slot),
            "held twice, or not found"
        );
    }
}
