//! The exchange of rosters, both sides in memory.

use swim_core::wire::MAX_FRAME;
use swim_core::{Exchange, ExchangeId, Instant, Node, Peer, Reason};
use swim_smol::NodePeer;

use crate::field::{ENVELOPE, Field, peer};
use crate::operation::Operation;

/// How the two views differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Views {
    /// Not at all.
    Same,
    /// The answerer has heard of ten refutations that the opener has not.
    TenDiffer,
}

/// One whole exchange: hello to the closing digests, both sides.
#[derive(Debug)]
pub struct Converse {
    opener: Field,
    answerer: Field,
    views: Views,
    scratch: [Vec<u32>; 2],
    buffers: [Vec<u8>; 2],
    ids: Option<(ExchangeId, ExchangeId)>,
    bytes: usize,
    went_wrong: bool,
}

impl Converse {
    /// Between two nodes that know so many members.
    #[must_use]
    pub fn new(members: u32, views: Views) -> Self {
        let scratch = vec![0; Exchange::scratch_for(members)];
        let buffer = vec![0; MAX_FRAME];
        Self {
            opener: Field::new(members),
            answerer: Field::new(members),
            views,
            scratch: [scratch.clone(), scratch],
            buffers: [buffer.clone(), buffer],
            ids: None,
            bytes: 0,
            went_wrong: false,
        }
    }

    /// Bytes of the last exchange, both ways.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn differ(&mut self) {
        let members: Vec<_> = (0..10).map(|_| self.answerer.anybody()).collect();
        for member in members {
            self.answerer.raise(member);
            let packet = self.answerer.packet([member]);
            self.answerer.receive(peer(member).addr(), &packet);
        }
        self.answerer.forget_news();
        self.opener.forget_news();
    }
}

impl Operation for Converse {
    fn prepare(&mut self, _: usize) -> usize {
        if self.views == Views::TenDiffer {
            self.differ();
        }
        let now = self.opener.now;
        let opened = self.opener.node.join(now, *peer(1).addr());
        self.opener.drain();
        let accepted = self.answerer.node.accept(now, *peer(0).addr());
        self.ids = opened.ok().zip(accepted.ok());
        1
    }

    #[inline(never)]
    fn run(&mut self) {
        let Some((opened, accepted)) = self.ids.take() else {
            self.went_wrong = true;
            return;
        };
        let now = self.opener.now;
        let [left, right] = &mut self.scratch;
        let mut sides = [
            Exchange::open(opened, Reason::Timed, ENVELOPE, 0x5A17, &mut left[..]),
            Exchange::accept(accepted, ENVELOPE, &mut right[..]),
        ];
        let nodes = [&mut self.opener.node, &mut self.answerer.node];
        self.bytes = converse(now, &mut sides, nodes, &mut self.buffers);
        let [one, other] = sides;
        let outcomes = one.outcome().zip(other.outcome());
        self.went_wrong |= !matches!(outcomes, Some((Ok(_), Ok(_))));
        if let Some((one, other)) = outcomes {
            self.opener.node.handle_exchange(now, opened, one);
            self.answerer.node.handle_exchange(now, accepted, other);
        }
    }

    fn is_true(&self) -> bool {
        !self.went_wrong && self.opener.node.digest() == self.answerer.node.digest()
    }
}

/// Carries bytes to and fro until neither side has anything to say; how many.
pub(crate) fn converse(
    now: Instant,
    sides: &mut [Exchange<'_>; 2],
    nodes: [&mut Node<'static, NodePeer>; 2],
    buffers: &mut [Vec<u8>; 2],
) -> usize {
    let mut bytes = 0;
    loop {
        let mut moved = false;
        for at in 0..2 {
            let written = sides[at].poll_write(nodes[at], &mut buffers[at]);
            let mut rest = &buffers[at][..written];
            while !rest.is_empty() {
                let read = sides[1 - at].handle_read(now, nodes[1 - at], rest);
                match read {
                    Ok(read) if read > 0 => rest = &rest[read..],
                    _ => break,
                }
            }
            bytes += written;
            moved |= written > 0;
        }
        if !moved {
            return bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocations;

    #[test]
    fn an_exchange_makes_two_views_one_and_allocates_nothing() {
        for views in [Views::Same, Views::TenDiffer] {
            let mut exchange = Converse::new(1_000, views);
            for _ in 0..3 {
                exchange.prepare(1);
                let differ = exchange.opener.node.digest() != exchange.answerer.node.digest();
                assert_eq!(differ, views == Views::TenDiffer);
                assert_eq!(allocations(|| exchange.run()), 0);
                assert!(exchange.is_true());
            }
            let most = if views == Views::Same { 500 } else { 20_000 };
            assert!(exchange.bytes() < most, "{} bytes", exchange.bytes());
        }
    }
}
