//! What happened, as one number and as lines.
//!
//! The number is always kept: a hash over every event, so that two runs can be told apart, or shown to be one and the
//! same, by 16 digits. The lines are kept on demand; keeping them changes nothing.

use std::fmt::{self, Display, Write as _};
use std::time::Duration;

use swim_core::wire::{self, Counters, Envelope, Sink};
use swim_core::{Incarnation, Message, State};

use crate::peer::{SimName, SimPeer};
use crate::random::mix;

/// Kinds of events in the hash. A number, once given, keeps its meaning, or all golden hashes move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Kind {
    Sent = 1,
    Delivered,
    Lost,
    Woke,
    Told,
    Opened,
    Piece,
    Ended,
    Fault,
}

/// The hash, the number of events in it, and the lines if wanted.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: u64,
    events: u64,
    lines: Option<String>,
}

impl Trace {
    pub(crate) fn new(seed: u64, lines: bool) -> Self {
        Self {
            hash: mix(seed),
            events: 0,
            lines: lines.then(String::new),
        }
    }

    /// Adds an event to the hash: when, what, between whom, and what it was about.
    pub(crate) const fn note(&mut self, now: u64, kind: Kind, from: u32, to: u32, about: u64) {
        let who = (from as u64) << 32 | to as u64;
        self.hash = mix(self.hash ^ mix(now ^ (kind as u64) << 56));
        self.hash = mix(self.hash ^ mix(who) ^ about);
        self.events += 1;
    }

    /// Adds a line in fixed columns; `text` is called only if lines are kept.
    pub(crate) fn line<T: Display>(
        &mut self,
        now: u64,
        who: impl Display,
        text: impl FnOnce() -> T,
    ) {
        if let Some(lines) = &mut self.lines {
            let (seconds, micros) = (now / 1_000_000, now % 1_000_000);
            let text = text();
            // Writing into a string can't fail.
            let _ = writeln!(lines, "{seconds:>6}.{micros:06} {who:<14}{text}");
        }
    }

    pub(crate) const fn has_lines(&self) -> bool {
        self.lines.is_some()
    }

    pub(crate) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) const fn events(&self) -> u64 {
        self.events
    }

    pub(crate) fn lines(&self) -> &str {
        self.lines.as_deref().unwrap_or_default()
    }
}

/// The column that says from whom to whom.
pub(crate) struct Way<'l>(pub(crate) &'l str, pub(crate) &'l str);

impl Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:>4} -> {:<4}", self.0, self.1))
    }
}

/// All messages of a datagram, in words.
pub(crate) struct Words<'b> {
    pub(crate) bytes: &'b [u8],
    pub(crate) envelope: Envelope<'b>,
}

impl Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Listener(Vec<String>);
        impl Sink<SimPeer> for Listener {
            fn wants(&self, _: SimName, _: Incarnation, _: State) -> bool {
                true
            }
            fn message(&mut self, message: &Message<'_, SimPeer>) {
                self.0.push(format!("{message:?}"));
            }
            fn user(&mut self, bytes: &[u8]) {
                self.0.push(format!("user {} B", bytes.len()));
            }
        }
        let mut heard = Listener(Vec::new());
        match wire::read(
            self.bytes,
            self.envelope,
            &mut Counters::default(),
            &mut heard,
        ) {
            Ok(()) => f.write_str(&heard.0.join(" | ")),
            Err(refused) => write!(f, "{} B: {refused}", self.bytes.len()),
        }
    }
}

/// Microseconds as a duration.
pub(crate) const fn duration(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_an_event_moves_the_hash_and_lines_do_not() {
        let hash = |events: &[(u64, Kind, u32, u32, u64)], lines| {
            let mut trace = Trace::new(7, lines);
            for &(now, kind, from, to, about) in events {
                trace.note(now, kind, from, to, about);
                trace.line(now, Way("a", "b"), || "something");
            }
            trace.hash()
        };
        let one = (5, Kind::Sent, 1, 2, 9);
        let before = hash(&[one], false);
        assert_eq!(before, hash(&[one], true));
        let others = [
            (6, Kind::Sent, 1, 2, 9),
            (5, Kind::Lost, 1, 2, 9),
            (5, Kind::Sent, 2, 1, 9),
            (5, Kind::Sent, 1, 2, 8),
        ];
        for other in others {
            assert_ne!(before, hash(&[other], false), "{other:?}");
        }
        assert_ne!(
            hash(&[one, others[0]], false),
            hash(&[others[0], one], false)
        );
    }

    #[test]
    fn lines_have_fixed_columns() {
        let mut trace = Trace::new(7, true);
        trace.line(1_500_000, Way("a", "c"), || "ping");
        trace.line(61_000_042, "b", || "dead");
        assert_eq!(
            trace.lines(),
            "     1.500000    a -> c     ping\n    61.000042 b             dead\n"
        );
    }
}
