//! A stream whose other end says whatever it likes.

use swim_core::wire::MAX_FRAME;
use swim_core::{Exchange, ExchangeFailed, Incarnation, Message, Reason};

use crate::checks::books_are_right;
use crate::input::drain;
use crate::{ENVELOPE, NOW, node, peer};

/// The target `stream`: the first byte says whether we opened it, the second why; the rest is what the other end sends.
///
/// # Panics
/// If a law is broken.
pub fn stream(data: &[u8]) {
    let Some((mode, mut input)) = data.split_first() else {
        return;
    };
    let mut space = swim_core::Space::new();
    let mut node = node(&mut space);
    let known = peer("known", 1);
    let incarnation = Incarnation(5);
    node.handle_message(
        NOW,
        &1,
        &Message::Alive {
            peer: &known,
            incarnation,
        },
    );
    let id = if mode & 1 == 1 {
        node.join(NOW, 1)
    } else {
        node.accept(NOW, 1)
    };
    let Ok(id) = id else {
        unreachable!("the first exchange of a new node");
    };
    let mut words = [0; 64];
    let scratch = &mut words[..usize::from(mode >> 2)];
    let mut exchange = if mode & 1 == 1 {
        let why = if mode & 2 == 2 {
            Reason::Timed
        } else {
            Reason::Join
        };
        Exchange::open(id, why, ENVELOPE, 0x5A17, scratch)
    } else {
        Exchange::accept(id, ENVELOPE, scratch)
    };
    let mut out = [0; MAX_FRAME];
    loop {
        let written = exchange.poll_write(&mut node, &mut out);
        let Ok(consumed) = exchange.handle_read(NOW, &mut node, input) else {
            assert_eq!(exchange.outcome(), Some(Err(ExchangeFailed::Malformed)));
            break;
        };
        input = &input[consumed..];
        if consumed == 0 && written == 0 {
            break;
        }
    }
    let how = exchange.outcome().unwrap_or(Err(ExchangeFailed::Broken));
    node.handle_exchange(NOW, id, how);
    drain(&mut node, NOW, |_| {});
    books_are_right(&node);
}
