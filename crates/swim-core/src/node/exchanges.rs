//! Exchanges under way: which, what for, until when. Their bytes are elsewhere.

use crate::output::{ExchangeId, Reason};
use crate::peer::Peer;

/// Streams served at once (P5); more are refused and counted (`exchanges_refused`).
pub(super) const ACCEPTED: usize = 64;
/// Exchanges of our own at once, pings by stream aside.
pub(super) const OPENED: usize = 8;
/// Pings by stream at once: one for each probe. They end with it, and keep no exchange from being opened.
const STREAM_PINGS: usize = super::probe::PROBES;
const TABLE: usize = ACCEPTED + OPENED + STREAM_PINGS;

#[derive(Clone, Debug)]
pub(super) struct Entry<P: Peer> {
    pub(super) id: ExchangeId,
    pub(super) why: Reason,
    /// Whom to call; `None` if they called us.
    pub(super) with: Option<P::Addr>,
    pub(super) until: u64,
    /// The driver was told to open it.
    pub(super) announced: bool,
    /// A record came: the first is the other side's own.
    pub(super) introduced: bool,
    /// Of a ping by stream: who answered is the member that is probed (R93, R98).
    pub(super) proven: bool,
    /// P17: whether the joiner answers at its advertised address; while that is checked, by which claim.
    pub(super) reachable: Result<bool, u8>,
}

#[derive(Debug)]
#[repr(C)]
pub(super) struct Exchanges<P: Peer> {
    generation: u32,
    opened: usize,
    pinging: usize,
    accepted: usize,
    to_announce: usize,
    table: [Option<Entry<P>>; TABLE],
}

impl<P: Peer> Exchanges<P> {
    pub(super) const fn new() -> Self {
        Self {
            table: [const { None }; TABLE],
            generation: 0,
            opened: 0,
            pinging: 0,
            accepted: 0,
            to_announce: 0,
        }
    }

    /// A new life: none of the old one's exchanges counts any more. Their numbers are not given again.
    pub(super) fn clear(&mut self) {
        let generation = self.generation;
        *self = Self::new();
        self.generation = generation;
    }

    /// Enters an exchange; `None` if too many are under way on that side.
    pub(super) fn begin(
        &mut self,
        with: Option<P::Addr>,
        why: Reason,
        until: u64,
    ) -> Option<ExchangeId> {
        let (count, most) = match (&with, why) {
            (Some(_), Reason::Ping) => (&mut self.pinging, STREAM_PINGS),
            (Some(_), _) => (&mut self.opened, OPENED),
            (None, _) => (&mut self.accepted, ACCEPTED),
        };
        if *count >= most {
            return None;
        }
        let at = self.table.iter().position(Option::is_none)?;
        *count = count.saturating_add(1);
        self.generation = self.generation.wrapping_add(1);
        #[expect(clippy::cast_possible_truncation, reason = "80 entries")]
        let id = ExchangeId((self.generation << 7) | at as u32);
        let announced = with.is_none();
        self.to_announce = self.to_announce.saturating_add(usize::from(!announced));
        *self.table.get_mut(at)? = Some(Entry {
            id,
            why,
            with,
            until,
            announced,
            introduced: false,
            proven: false,
            reachable: Ok(true),
        });
        Some(id)
    }

    pub(super) fn get(&self, id: ExchangeId) -> Option<&Entry<P>> {
        let at = (id.0 & 127) as usize;
        self.table.get(at)?.as_ref().filter(|entry| entry.id == id)
    }

    pub(super) fn get_mut(&mut self, id: ExchangeId) -> Option<&mut Entry<P>> {
        let at = (id.0 & 127) as usize;
        self.table
            .get_mut(at)?
            .as_mut()
            .filter(|entry| entry.id == id)
    }

    pub(super) fn end(&mut self, id: ExchangeId) -> Option<Entry<P>> {
        self.get(id)?;
        let entry = self.table.get_mut((id.0 & 127) as usize)?.take()?;
        let count = match (&entry.with, entry.why) {
            (Some(_), Reason::Ping) => &mut self.pinging,
            (Some(_), _) => &mut self.opened,
            (None, _) => &mut self.accepted,
        };
        *count = count.saturating_sub(1);
        if !entry.announced {
            self.to_announce = self.to_announce.saturating_sub(1);
        }
        Some(entry)
    }

    /// The claim in place `at` is settled: whoever came by an exchange that waited for it answers, or does not (P17).
    pub(super) fn settle(&mut self, at: u8, answers: bool) {
        let waiting = self.table.iter_mut().flatten();
        for entry in waiting.filter(|entry| entry.reachable == Err(at)) {
            entry.reachable = Ok(answers);
        }
    }

    /// The next exchange to open; it counts as announced.
    pub(super) fn announce(&mut self) -> Option<(ExchangeId, P::Addr, Reason)> {
        if self.to_announce == 0 {
            return None;
        }
        let entry = self
            .table
            .iter_mut()
            .flatten()
            .find(|entry| !entry.announced)?;
        entry.announced = true;
        self.to_announce = self.to_announce.saturating_sub(1);
        Some((entry.id, entry.with.clone()?, entry.why))
    }

    pub(super) const fn any_to_announce(&self) -> bool {
        self.to_announce > 0
    }

    /// Whether one of ours is under way, other than pings by stream.
    pub(super) const fn any_opened(&self) -> bool {
        self.opened > 0
    }

    const fn is_empty(&self) -> bool {
        self.opened == 0 && self.pinging == 0 && self.accepted == 0
    }

    /// An exchange that the driver never ended, taken out.
    pub(super) fn expired(&mut self, now: u64) -> Option<Entry<P>> {
        if self.is_empty() {
            return None;
        }
        let id = self
            .table
            .iter()
            .flatten()
            .find(|entry| entry.until <= now)?
            .id;
        self.end(id)
    }

    pub(super) fn next(&self) -> u64 {
        if self.is_empty() {
            return u64::MAX;
        }
        self.table
            .iter()
            .flatten()
            .map(|entry| entry.until)
            .min()
            .unwrap_or(u64::MAX)
    }
}
