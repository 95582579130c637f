//! Datagrams come in: decoded, merged into a small node, answered.

use std::time::Duration;

use swim_core::receive;
use swim_core::wire::Counters;

use crate::checks::{books_are_right, we_can_read};
use crate::input::{datagram_input, drain};
use crate::{ENVELOPE, NOW, node};

/// The target `datagram`.
///
/// # Panics
/// If a law is broken.
pub fn datagram(data: &[u8]) {
    let mut space = swim_core::Space::new();
    let mut node = node(&mut space);
    let mut counters = Counters::default();
    let mut now = NOW;
    for packet in datagram_input(data) {
        now = now.after(Duration::from_millis(packet.after_millis));
        let heard = receive(
            &mut node,
            now,
            &packet.from,
            ENVELOPE,
            &packet.bytes,
            &mut counters,
            |_| {},
        );
        let refused = counters
            .iter()
            .filter(|(name, _)| name.starts_with("datagrams_"));
        assert!(
            heard.is_ok() || refused.map(|(_, count)| count).sum::<u32>() > 0,
            "uncounted"
        );
        node.handle_timeout(now);
        drain(&mut node, now, we_can_read);
        books_are_right(&node);
    }
}
