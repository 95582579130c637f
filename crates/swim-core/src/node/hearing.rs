//! What we hear: when the last word came, from whom, and whose view equals ours (P3, P11, P13).

use super::Agreement;
use crate::roster::{NONE, Seat};

/// Members whose last digest is remembered.
const VIEWS: usize = 16;

#[derive(Clone, Copy, Debug)]
struct View {
    seat: Seat,
    digest: u64,
}

#[derive(Debug)]
pub(super) struct Hearing {
    /// When anything was heard last, lived microseconds.
    pub(super) last_word: u64,
    /// Who sent the ping or ack that was read last, and whether it was an ack: a digest that follows is theirs.
    pub(super) speaker: Option<(Seat, bool)>,
    views: [View; VIEWS],
    oldest: usize,
}

impl Hearing {
    pub(super) const fn new(now: u64) -> Self {
        let nobody = View {
            seat: NONE,
            digest: 0,
        };
        Self {
            last_word: now,
            speaker: None,
            views: [nobody; VIEWS],
            oldest: 0,
        }
    }

    /// Remembers a member's digest, in place of its former one or of the oldest.
    pub(super) fn note(&mut self, seat: Seat, digest: u64) {
        if let Some(view) = self.views.iter_mut().find(|view| view.seat == seat) {
            view.digest = digest;
            return;
        }
        if let Some(view) = self.views.get_mut(self.oldest) {
            *view = View { seat, digest };
        }
        self.oldest = self.oldest.wrapping_add(1) % VIEWS;
    }

    /// How many different members showed a digest, and how many showed this one last.
    pub(super) fn agreement(&self, digest: u64) -> Agreement {
        let mut agreement = Agreement::default();
        for view in self.views.iter().filter(|view| view.seat != NONE) {
            agreement.heard = agreement.heard.saturating_add(1);
            agreement.equal = agreement
                .equal
                .saturating_add(u32::from(view.digest == digest));
        }
        agreement
    }
}
