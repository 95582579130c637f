//! The last events, kept for those who come back and for those who read slowly.
//!
//! One ring for all readers, each with a place of its own in it: a reader that never reads costs nothing, and one that is
//! too slow for the ring misses the oldest events and learns how many.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use event_listener::Event as Bell;

use super::json::EventView;

/// The last events of this agent's life.
#[derive(Debug)]
pub(crate) struct Journal {
    pages: RefCell<Pages>,
    bell: Bell,
}

#[derive(Debug)]
struct Pages {
    kept: VecDeque<Rc<Page>>,
    most: usize,
    last: u64,
    missed: u64,
    closed: bool,
}

/// One event, written once for all readers.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) seq: u64,
    pub(crate) event: &'static str,
    pub(crate) json: String,
}

/// What a reader finds next.
#[derive(Debug)]
pub(crate) enum Found {
    /// The next event.
    Page(Rc<Page>),
    /// So many events were forgotten before this reader came to them.
    Gap(u64),
    /// The agent ends: no event will follow.
    End,
}

impl Journal {
    /// An empty journal that keeps so many events.
    pub(crate) fn new(most: usize) -> Self {
        let kept = VecDeque::new();
        let pages = Pages {
            kept,
            most,
            last: 0,
            missed: 0,
            closed: false,
        };
        Self {
            pages: RefCell::new(pages),
            bell: Bell::new(),
        }
    }

    /// The number that the next event will have.
    pub(crate) fn next_seq(&self) -> u64 {
        self.pages.borrow().last + 1
    }

    /// Keeps an event, forgets the oldest one beyond the limit, and wakes the readers.
    pub(crate) fn record(&self, event: &EventView) {
        // A view of strings and numbers can always be written.
        let json = serde_json::to_string(event).unwrap_or_default();
        let page = Page {
            seq: event.seq,
            event: event.event.name(),
            json,
        };
        let mut pages = self.pages.borrow_mut();
        pages.last = event.seq;
        pages.kept.push_back(Rc::new(page));
        if pages.kept.len() > pages.most {
            pages.kept.pop_front();
        }
        drop(pages);
        self.bell.notify(usize::MAX);
    }

    /// Ends all readers once they have read what is kept.
    pub(crate) fn close(&self) {
        self.pages.borrow_mut().closed = true;
        self.bell.notify(usize::MAX);
    }

    /// Events that readers missed because they were forgotten before.
    pub(crate) fn missed(&self) -> u64 {
        self.pages.borrow().missed
    }

    /// A reader of what follows the event of that number; without one, of what happens from now on. A number that this
    /// life has not come to is of an earlier life of the agent: all that is kept follows it.
    pub(crate) fn reader(self: &Rc<Self>, after: Option<u64>) -> Reader {
        let last = self.pages.borrow().last;
        let at = match after {
            Some(seq) if seq <= last => seq,
            Some(_) => 0,
            None => last,
        };
        Reader {
            journal: Rc::clone(self),
            at,
        }
    }
}

impl Pages {
    fn after(&mut self, at: u64) -> Option<Found> {
        let oldest = self.kept.front().map_or(self.last + 1, |page| page.seq);
        if at + 1 < oldest {
            let missed = oldest - at - 1;
            self.missed += missed;
            return Some(Found::Gap(missed));
        }
        let place = usize::try_from(at + 1 - oldest).unwrap_or(usize::MAX);
        match self.kept.get(place) {
            Some(page) => Some(Found::Page(Rc::clone(page))),
            None => self.closed.then_some(Found::End),
        }
    }
}

/// One reader's place in the journal.
#[derive(Debug)]
pub(crate) struct Reader {
    journal: Rc<Journal>,
    at: u64,
}

impl Reader {
    /// Waits for what comes next. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Found {
        loop {
            let rung = self.journal.bell.listen();
            if let Some(found) = self.try_next() {
                return found;
            }
            rung.await;
        }
    }

    /// What comes next if it is there already.
    fn try_next(&mut self) -> Option<Found> {
        let found = self.journal.pages.borrow_mut().after(self.at)?;
        match &found {
            Found::Page(page) => self.at = page.seq,
            Found::Gap(missed) => self.at += missed,
            Found::End => {}
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::json::{EventName, MemberView, StateView};

    fn event(seq: u64) -> EventView {
        let member = MemberView {
            name: "otter".to_owned(),
            addr: ([127, 0, 0, 1], 1).into(),
            state: StateView::Alive,
            incarnation: 0,
            meta: Default::default(),
            meta_base64: None,
            since_ms: 0,
        };
        EventView {
            seq,
            at_ms: 0,
            event: EventName::Join,
            member,
            claimed_by: None,
        }
    }

    fn journal(most: usize, events: u64) -> Rc<Journal> {
        let journal = Rc::new(Journal::new(most));
        for _ in 0..events {
            journal.record(&event(journal.next_seq()));
        }
        journal
    }

    /// All that a reader finds without waiting: event numbers, and gaps as negative numbers.
    fn read(reader: &mut Reader) -> Vec<i64> {
        let found = std::iter::from_fn(|| reader.try_next());
        let found = found.take_while(|found| !matches!(found, Found::End));
        let number = |n: u64| i64::try_from(n).expect("a small number");
        found
            .map(|found| match found {
                Found::Page(page) => number(page.seq),
                Found::Gap(missed) => -number(missed),
                Found::End => unreachable!("taken away above"),
            })
            .collect()
    }

    #[test]
    fn who_comes_without_a_number_hears_what_follows() {
        let journal = journal(8, 3);
        let mut reader = journal.reader(None);
        assert!(read(&mut reader).is_empty());
        journal.record(&event(4));
        assert_eq!(read(&mut reader), [4]);
    }

    #[test]
    fn who_comes_back_hears_what_was_missed() {
        let journal = journal(8, 5);
        assert_eq!(read(&mut journal.reader(Some(3))), [4, 5]);
        assert_eq!(read(&mut journal.reader(Some(0))), [1, 2, 3, 4, 5]);
        assert_eq!(journal.missed(), 0);
    }

    #[test]
    fn beyond_the_limit_the_oldest_are_forgotten_and_the_reader_learns_how_many() {
        let journal = journal(2, 5);
        assert_eq!(read(&mut journal.reader(Some(1))), [-2, 4, 5]);
        assert_eq!(journal.missed(), 2);
    }

    #[test]
    fn a_number_of_an_earlier_life_replays_this_one() {
        assert_eq!(read(&mut journal(8, 2).reader(Some(57))), [1, 2]);
    }

    #[test]
    fn a_closed_journal_ends_its_readers_after_the_last_event() {
        let journal = journal(8, 1);
        journal.close();
        let mut reader = journal.reader(Some(0));
        let first = smol::block_on(reader.next());
        assert!(matches!(first, Found::Page(_)), "{first:?}");
        assert!(matches!(smol::block_on(reader.next()), Found::End));
    }
}
