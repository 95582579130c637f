//! Pings in flight: a bounded table. The low six bits of a sequence number say which entry, the rest is random (P14).

use crate::peer::{Incarnation, Peer};
use crate::random::Random;
use crate::roster::Seat;

/// Pings in flight at most; more are dropped and counted (`pings_dropped`).
pub(super) const IN_FLIGHT: usize = 64;

/// Of these, kept free for probes: whatever else is asked must not keep us from finding out who is alive.
const FOR_PROBES: usize = super::probe::PROBES;

/// "Not at all": later than any deadline.
pub(super) const NEVER: u64 = u64::MAX;

/// What a ping is for, and so what its ack or its silence means.
#[derive(Clone, Debug)]
pub(super) enum Purpose<A> {
    /// The round-robin probe.
    Probe,
    /// For another member (SWIM §3.1).
    Relay {
        asker: A,
        seq: u32,
        /// When to nack; [`NEVER`] if no nack is wanted, or it was sent.
        nack_at: u64,
    },
    /// The last call to a suspect (P2).
    Call,
    /// A death heard second-hand (P6), by rumour or by record.
    Verify { rumour: bool },
    /// A dead member is tried again (P9).
    Reconnect,
    /// A claim to a name or a join is checked (P12, P17).
    Claim(usize),
    /// Whether a namesake really lives at that address (P12).
    Namesake(A),
}

#[derive(Clone, Debug)]
pub(super) struct Ping<P: Peer> {
    pub(super) seq: u32,
    pub(super) seat: Seat,
    /// What the accusation in the ping is about.
    pub(super) incarnation: Incarnation,
    pub(super) purpose: Purpose<P::Addr>,
    pub(super) began: u64,
    pub(super) until: u64,
    pub(super) repeat_at: u64,
    /// Time between two repeats.
    pub(super) gap: u64,
    pub(super) sent: u8,
    pub(super) due: bool,
}

impl<P: Peer> Ping<P> {
    /// The next instant at which something happens to this ping.
    fn next(&self) -> u64 {
        let nack_at = match self.purpose {
            Purpose::Relay { nack_at, .. } => nack_at,
            _ => NEVER,
        };
        self.until.min(self.repeat_at).min(nack_at)
    }
}

/// What a ping is made of; the table adds number and times.
pub(super) struct Asked<A> {
    pub(super) seat: Seat,
    pub(super) incarnation: Incarnation,
    pub(super) purpose: Purpose<A>,
    /// How long an ack counts, microseconds.
    pub(super) lasts: u64,
    /// Time between repeats, microseconds; [`NEVER`]: it is sent once.
    pub(super) gap: u64,
}

#[derive(Debug)]
#[repr(C)]
pub(super) struct Pings<P: Peer> {
    /// Which entries are taken, and which wait to be sent: a bit each.
    taken: u64,
    due: u64,
    table: [Option<Ping<P>>; IN_FLIGHT],
}

#[expect(clippy::cast_possible_truncation, reason = "64 entries")]
const fn bit(at: usize) -> u64 {
    1_u64.wrapping_shl(at as u32)
}

/// The places of the ones in `mask`, from the lowest on.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let at = mask.trailing_zeros() as usize;
        let rest = mask.checked_sub(1)?;
        mask &= rest;
        Some(at)
    })
}

impl<P: Peer> Pings<P> {
    pub(super) const fn new() -> Self {
        Self {
            table: [const { None }; IN_FLIGHT],
            taken: 0,
            due: 0,
        }
    }

    /// Begins a ping; `None` if too many are in flight.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "64 entries; half of the random number"
    )]
    pub(super) fn begin(
        &mut self,
        now: u64,
        asked: Asked<P::Addr>,
        random: &mut Random,
    ) -> Option<u32> {
        let spare = if matches!(asked.purpose, Purpose::Probe) {
            0
        } else {
            FOR_PROBES
        };
        if (self.taken.count_ones() as usize).saturating_add(spare) >= IN_FLIGHT {
            return None;
        }
        let at = self.taken.trailing_ones() as usize;
        let place = self.table.get_mut(at)?;
        let seq = (random.next() as u32) << 6 | at as u32;
        *place = Some(Ping {
            seq,
            seat: asked.seat,
            incarnation: asked.incarnation,
            purpose: asked.purpose,
            began: now,
            until: now.saturating_add(asked.lasts),
            repeat_at: now.saturating_add(asked.gap),
            gap: asked.gap,
            sent: 0,
            due: true,
        });
        self.taken |= bit(at);
        self.due |= bit(at);
        Some(seq)
    }

    pub(super) fn by_seq(&mut self, seq: u32) -> Option<&mut Ping<P>> {
        let at = (seq & 63) as usize;
        self.table
            .get_mut(at)?
            .as_mut()
            .filter(|ping| ping.seq == seq)
    }

    pub(super) fn end(&mut self, seq: u32) -> Option<Ping<P>> {
        self.by_seq(seq)?;
        let at = (seq & 63) as usize;
        self.taken &= !bit(at);
        self.due &= !bit(at);
        self.table.get_mut(at)?.take()
    }

    /// Drops whatever is asked of this member.
    pub(super) fn forget(&mut self, seat: Seat) {
        for (at, place) in self.table.iter_mut().enumerate() {
            if place.as_ref().is_some_and(|ping| ping.seat == seat) {
                *place = None;
                self.taken &= !bit(at);
                self.due &= !bit(at);
            }
        }
    }

    /// Not inlined: an empty table takes kilobytes of whosever stack it is made on.
    #[inline(never)]
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Those in flight: only their entries are looked at.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Ping<P>> {
        let places = bits(self.taken);
        places.filter_map(|at| self.table.get(at)?.as_ref())
    }

    pub(super) const fn any_due(&self) -> bool {
        self.due != 0
    }

    /// The number of a ping that waits to be sent; it is counted as sent.
    pub(super) fn take_due(&mut self) -> Option<u32> {
        let at = self.due.trailing_zeros() as usize;
        let ping = self.table.get_mut(at)?.as_mut()?;
        self.due &= !bit(at);
        ping.due = false;
        ping.sent = ping.sent.saturating_add(1);
        Some(ping.seq)
    }

    /// Marks pings to be repeated. Returns how many.
    pub(super) fn repeat(&mut self, now: u64) -> u32 {
        let mut repeated = 0_u32;
        for at in bits(self.taken) {
            let Some(Some(ping)) = self.table.get_mut(at) else {
                continue;
            };
            if ping.repeat_at <= now && ping.until > now {
                ping.repeat_at = now.saturating_add(ping.gap);
                ping.due = true;
                self.due |= bit(at);
                repeated = repeated.saturating_add(1);
            }
        }
        repeated
    }

    /// A ping whose time is up, taken out.
    pub(super) fn expired(&mut self, now: u64) -> Option<Ping<P>> {
        let seq = self.iter().find(|ping| ping.until <= now)?.seq;
        self.end(seq)
    }

    /// A relayed ping whose nack is due: the asker and its number. Told once.
    pub(super) fn nack_due(&mut self, now: u64) -> Option<(P::Addr, u32, Seat)> {
        bits(self.taken).find_map(|at| {
            let ping = self.table.get_mut(at)?.as_mut()?;
            match &mut ping.purpose {
                Purpose::Relay {
                    asker,
                    seq,
                    nack_at,
                } if *nack_at <= now => {
                    *nack_at = NEVER;
                    Some((asker.clone(), *seq, ping.seat))
                }
                _ => None,
            }
        })
    }

    /// The next instant at which something happens to any of them.
    pub(super) fn next(&self) -> u64 {
        self.iter().map(Ping::next).fold(NEVER, u64::min)
    }
}
