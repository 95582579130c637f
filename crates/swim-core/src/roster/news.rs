//! News: which members' records wait to be gossiped, how often each was sent; and the tombstones that are news no more.
//!
//! Buckets by number of sends, first in first out, two lanes: what overturned a suspicion or death goes first (P11).

use super::Roster;
use super::slot::{Link, NONE, Seat};
use crate::rules::MOST_SENDS;

/// A bucket for each number of sends.
pub(crate) const BUCKETS: u8 = MOST_SENDS;
const LISTS: usize = BUCKETS as usize;

#[derive(Clone, Copy, Debug)]
struct List {
    head: Seat,
    tail: Seat,
}

const EMPTY: List = List {
    head: NONE,
    tail: NONE,
};

#[derive(Debug)]
pub(super) struct News {
    news: [List; LISTS],
    urgent: [List; LISTS],
    tombs: List,
    waiting: u32,
}

impl News {
    pub(super) const fn new() -> Self {
        Self {
            news: [EMPTY; LISTS],
            urgent: [EMPTY; LISTS],
            tombs: EMPTY,
            waiting: 0,
        }
    }

    fn list(&mut self, link: Link, bucket: u8) -> Option<&mut List> {
        match link {
            Link::None => None,
            Link::News => self.news.get_mut(usize::from(bucket)),
            Link::Urgent => self.urgent.get_mut(usize::from(bucket)),
            Link::Tomb => Some(&mut self.tombs),
        }
    }

    fn head(&self, link: Link, bucket: u8) -> Seat {
        match link {
            Link::None => NONE,
            Link::News => self
                .news
                .get(usize::from(bucket))
                .map_or(NONE, |list| list.head),
            Link::Urgent => self
                .urgent
                .get(usize::from(bucket))
                .map_or(NONE, |list| list.head),
            Link::Tomb => self.tombs.head,
        }
    }
}

impl<P> Roster<'_, P> {
    /// How many records wait to be gossiped.
    pub(crate) const fn news_waiting(&self) -> u32 {
        self.news.waiting
    }

    /// Puts a slot at the end of a list, out of whichever it was in; `sends` picks the bucket.
    pub(crate) fn enlist(&mut self, seat: Seat, link: Link, sends: u8) {
        self.delist(seat);
        let Some(list) = self.news.list(link, sends) else {
            return;
        };
        let tail = list.tail;
        list.tail = seat;
        if tail == NONE {
            list.head = seat;
        }
        if let Some(last) = self.storage.slot_mut(tail) {
            last.mark.next = seat;
        }
        if let Some(slot) = self.storage.slot_mut(seat) {
            slot.mark.prev = tail;
            slot.mark.next = NONE;
            slot.mark.sends = sends;
            slot.mark.set_link(link);
        }
        if matches!(link, Link::News | Link::Urgent) {
            self.news.waiting = self.news.waiting.saturating_add(1);
        }
    }

    /// Takes a slot out of whichever list it is in.
    pub(crate) fn delist(&mut self, seat: Seat) {
        let Some(slot) = self.storage.slot_mut(seat) else {
            return;
        };
        let (link, next, prev, sends) = (
            slot.mark.link(),
            slot.mark.next,
            slot.mark.prev,
            slot.mark.sends,
        );
        slot.mark.set_link(Link::None);
        let Some(list) = self.news.list(link, sends) else {
            return;
        };
        if list.head == seat {
            list.head = next;
        }
        if list.tail == seat {
            list.tail = prev;
        }
        if let Some(other) = self.storage.slot_mut(prev) {
            other.mark.next = next;
        }
        if let Some(other) = self.storage.slot_mut(next) {
            other.mark.prev = prev;
        }
        if matches!(link, Link::News | Link::Urgent) {
            self.news.waiting = self.news.waiting.saturating_sub(1);
        }
    }

    /// The first slot of a bucket, or [`NONE`].
    pub(crate) fn news_head(&self, link: Link, bucket: u8) -> Seat {
        self.news.head(link, bucket)
    }

    /// The tombstone that was told most often of those that are news still. A walk over the news: for a full roster only.
    pub(crate) fn most_told_tomb(&self) -> Option<Seat> {
        if self.counts.tombstones() == 0 {
            return None;
        }
        for bucket in (0..BUCKETS).rev() {
            let mut seat = self.news.head(Link::News, bucket);
            while let Some(slot) = self.storage.slot(seat) {
                // The first seat is our own.
                if seat != 0 && !slot.mark.state().is_up() {
                    return Some(seat);
                }
                seat = slot.mark.next;
            }
        }
        None
    }

    /// The oldest tombstone that is no news any more.
    pub(crate) fn oldest_tomb(&self) -> Option<Seat> {
        let seat = self.news.head(Link::Tomb, 0);
        (seat != NONE).then_some(seat)
    }
}
