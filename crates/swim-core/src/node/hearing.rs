//! What we hear: when the last word came, from whom, and whose view equals ours (P3, P11, P13).

use super::Agreement;
use crate::roster::{NONE, Seat};

/// Members whose last digest is remembered.
const VIEWS: usize = 16;

#[derive(Debug)]
pub(super) struct Hearing {
    /// When anything was heard last, lived microseconds.
    pub(super) last_word: u64,
    /// Who sent the ping or ack that was read last, and whether it was an ack: a digest that follows is theirs.
    pub(super) speaker: Option<(Seat, bool)>,
    /// Who showed its digest, and which. Apart from each other, since seats are what is searched: one line of the cache.
    seats: [Seat; VIEWS],
    digests: [u64; VIEWS],
    oldest: usize,
}

impl Hearing {
    pub(super) const fn new(now: u64) -> Self {
        Self {
            last_word: now,
            speaker: None,
            seats: [NONE; VIEWS],
            digests: [0; VIEWS],
            oldest: 0,
        }
    }

    /// Remembers a member's digest, in place of its former one or of the oldest.
    pub(super) fn note(&mut self, seat: Seat, digest: u64) {
        let known = self.seats.iter().position(|known| *known == seat);
        let place = known.unwrap_or(self.oldest);
        if known.is_none() {
            self.oldest = self.oldest.wrapping_add(1) % VIEWS;
        }
        if let Some(view) = self.seats.get_mut(place).zip(self.digests.get_mut(place)) {
            (*view.0, *view.1) = (seat, digest);
        }
    }

    /// How many different members showed a digest, and how many showed this one last.
    pub(super) fn agreement(&self, digest: u64) -> Agreement {
        let mut agreement = Agreement::default();
        for (seat, shown) in self.seats.iter().zip(self.digests) {
            if *seat != NONE {
                agreement.heard = agreement.heard.saturating_add(1);
                agreement.equal = agreement.equal.saturating_add(u32::from(shown == digest));
            }
        }
        agreement
    }
}
