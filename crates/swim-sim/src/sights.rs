//! What was seen since it was last shown to somebody. Nothing here is read by the simulation itself.

use swim_core::{MemberRef, State};

use crate::host::SimNode;
use crate::peer::{SimName, SimPeer};
use crate::run::{Bytes, Held, Sight, What};
use crate::trace::duration;

/// The sights of one step. Kept only while somebody looks on.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    /// Since when somebody looks on, and what all nodes hold.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// The scenario's beginning, on the true clock.
    origin: u64,
    list: Vec<Sight>,
    bytes: Vec<u8>,
    ledger: Ledger,
    /// Members that may have changed at the node that is being drained.
    touched: Vec<SimName>,
}

impl Sights {
    /// From now on somebody looks on.
    pub(crate) fn open(&mut self, origin: u64, nodes: usize) {
        self.open = Some(Open {
            origin,
            list: Vec::new(),
            bytes: Vec::new(),
            ledger: Ledger::of(nodes),
            touched: Vec::new(),
        });
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Something happened.
    pub(crate) fn see(&mut self, now: u64, what: impl FnOnce() -> What) {
        if let Some(open) = &mut self.open {
            let at = duration(now.saturating_sub(open.origin));
            open.list.push(Sight { at, what: what() });
        }
    }

    /// Something happened to a datagram that says this.
    pub(crate) fn datagram(&mut self, now: u64, said: &[u8], what: impl FnOnce(Bytes) -> What) {
        if let Some(open) = &mut self.open {
            let size = |bytes: &Vec<u8>| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let from = size(&open.bytes);
            open.bytes.extend_from_slice(said);
            let to = size(&open.bytes);
            self.see(now, || what(Bytes { from, to }));
        }
    }

    pub(crate) fn bytes(&self, bytes: Bytes) -> &[u8] {
        let kept = self.open.as_ref().map_or(&[][..], |open| &open.bytes);
        kept.get(bytes.from as usize..bytes.to as usize)
            .unwrap_or(&[])
    }

    /// All that was seen; to be given back, for its memory to be used again.
    pub(crate) fn take(&mut self) -> Vec<Sight> {
        self.open
            .as_mut()
            .map(|open| std::mem::take(&mut open.list))
            .unwrap_or_default()
    }

    pub(crate) fn put_back(&mut self, mut list: Vec<Sight>) {
        if let Some(open) = &mut self.open {
            list.clear();
            open.list = list;
            open.bytes.clear();
        }
    }

    /// This member may have changed at the node that is being drained.
    pub(crate) fn touch(&mut self, member: SimName) {
        if let Some(open) = &mut self.open {
            open.touched.push(member);
        }
    }

    /// A node is about to be drained: what has changed there?
    pub(crate) fn touch_changed(&mut self, node: &SimNode) {
        if let Some(open) = &mut self.open {
            open.touched
                .extend(node.changes().map(|member| member.peer.name()));
        }
    }

    /// Compares what a node holds of the members touched, and of itself, with what it held before.
    pub(crate) fn compare(&mut self, now: u64, by: u32, node: &SimNode) {
        let Some(open) = &mut self.open else {
            return;
        };
        let mut touched = std::mem::take(&mut open.touched);
        // What it holds of itself may have changed without a word to be told, but not without another digest.
        if open.ledger.digest.replace(by, Some(node.digest())) {
            touched.push(node.me().peer.name());
        }
        for of in touched.drain(..) {
            let after = node.member(of).map(held);
            let before = open.ledger.replace(by, of, after);
            if before != after {
                let at = duration(now.saturating_sub(open.origin));
                let what = What::View {
                    by,
                    of,
                    before,
                    after,
                };
                open.list.push(Sight { at, what });
            }
        }
        open.touched = touched;
    }

    /// What a node holds at the beginning, of which nothing is said.
    pub(crate) fn learn(&mut self, by: u32, node: &SimNode) {
        if let Some(open) = &mut self.open {
            for member in node.members().chain([node.me()]) {
                open.ledger
                    .replace(by, member.peer.name(), Some(held(member)));
            }
            open.ledger.digest.replace(by, Some(node.digest()));
        }
    }

    /// A node has forgotten everything.
    pub(crate) fn forget(&mut self, by: u32) {
        if let Some(open) = &mut self.open {
            open.ledger.forget(by);
        }
    }

    pub(crate) fn held(&self, by: u32, of: SimName) -> Option<Held> {
        self.open.as_ref()?.ledger.get(by, of)
    }

    /// All that a node holds, by members' numbers; shorter than there are members if it holds none of the last.
    pub(crate) fn row(&self, by: u32) -> &[Entry] {
        let rows = self.open.as_ref().map(|open| &open.ledger.rows);
        let row = rows.and_then(|rows| rows.get(by as usize));
        row.map_or(&[], Vec::as_slice)
    }
}

impl Sights {
    /// What a node holds of whom, by members' numbers: what `row` has, unpacked.
    pub(crate) fn beliefs(&self, by: u32) -> impl Iterator<Item = (u32, Held)> {
        let row = self.row(by).iter().zip(0..);
        row.filter_map(|(entry, of)| Some((of, entry.unpack()?)))
    }
}

pub(crate) fn held(member: MemberRef<'_, SimPeer>) -> Held {
    Held {
        state: member.state,
        incarnation: member.incarnation,
        meta: member.peer.meta(),
    }
}

/// What every node holds of every member: eight bytes a pair.
#[derive(Debug, Default)]
struct Ledger {
    rows: Vec<Vec<Entry>>,
    /// How long a row is at least.
    nodes: usize,
    digest: Digests,
}

/// The digest of each node when it was looked at last.
#[derive(Debug, Default)]
struct Digests(Vec<Option<u64>>);

impl Digests {
    /// Enters a node's digest; whether it had another one, or none.
    fn replace(&mut self, by: u32, digest: Option<u64>) -> bool {
        let by = by as usize;
        if self.0.len() <= by {
            self.0.resize(by + 1, None);
        }
        std::mem::replace(&mut self.0[by], digest) != digest
    }
}

/// What is held, packed: the state in the lowest three bits beside the metadata's version, 0 for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    incarnation: u32,
    rest: u32,
}

const STATES: [State; 4] = [State::Alive, State::Suspect, State::Dead, State::Left];

impl Entry {
    pub(crate) fn pack(held: Option<Held>) -> Self {
        let Some(held) = held else {
            return Self::default();
        };
        let state = STATES.iter().position(|state| *state == held.state);
        let state = state.and_then(|place| u32::try_from(place + 1).ok());
        Self {
            incarnation: held.incarnation.0,
            rest: held.meta << 3 | state.unwrap_or(0),
        }
    }

    fn unpack(self) -> Option<Held> {
        let state = *STATES.get((self.rest & 7).checked_sub(1)? as usize)?;
        Some(Held {
            state,
            incarnation: swim_core::Incarnation(self.incarnation),
            meta: self.rest >> 3,
        })
    }
}

impl Ledger {
    fn of(nodes: usize) -> Self {
        Self {
            nodes,
            ..Self::default()
        }
    }

    fn get(&self, by: u32, of: SimName) -> Option<Held> {
        self.rows
            .get(by as usize)?
            .get(of.number() as usize)?
            .unpack()
    }

    /// Enters what is held now; returns what was held before.
    fn replace(&mut self, by: u32, of: SimName, held: Option<Held>) -> Option<Held> {
        let (by, of) = (by as usize, of.number() as usize);
        if self.rows.len() <= by {
            self.rows.resize_with(by + 1, Vec::new);
        }
        let row = &mut self.rows[by];
        if row.len() <= of {
            row.resize(self.nodes.max(of + 1), Entry::default());
        }
        std::mem::replace(&mut row[of], Entry::pack(held)).unpack()
    }

    fn forget(&mut self, by: u32) {
        self.digest.replace(by, None);
        if let Some(row) = self.rows.get_mut(by as usize) {
            row.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use swim_core::Incarnation;

    use super::*;

    #[test]
    fn the_ledger_gives_back_what_was_entered() {
        let mut ledger = Ledger::default();
        let of = SimName::new(70);
        assert_eq!(ledger.get(3, of), None);
        let mut before = None;
        for (place, state) in STATES.into_iter().enumerate() {
            let held = Some(Held {
                state,
                incarnation: Incarnation(u32::MAX - 70_000),
                meta: u32::try_from(place).unwrap() * 1_000,
            });
            assert_eq!(ledger.replace(3, of, held), before);
            assert_eq!(ledger.get(3, of), held);
            before = held;
        }
        assert_eq!(ledger.get(3, SimName::new(69)), None);
        ledger.forget(3);
        assert_eq!(ledger.get(3, of), None);
    }
}
