//! How fast news reaches everybody.

use super::beliefs::{Belief, Beliefs};
use super::times::Times;
use crate::run::Held;

/// What the news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A node died without a word.
    Crash,
    /// A node said goodbye.
    Leave,
    /// A node started.
    Join,
    /// A node changed its metadata.
    Metadata(u32),
}

/// Kinds of news, in the order of [`Spread::curves`].
pub(super) const KINDS: [&str; 4] = ["crash", "leave", "join", "metadata"];

impl News {
    const fn kind(self) -> usize {
        match self {
            Self::Crash => 0,
            Self::Leave => 1,
            Self::Join => 2,
            Self::Metadata(_) => 3,
        }
    }

    /// Whether what is held shows that the news is known.
    fn is_in(self, held: Option<Held>) -> bool {
        match self {
            Self::Metadata(version) => held.is_some_and(|held| held.meta >= version),
            _ => !self.is_news_to(held.into()),
        }
    }

    /// Whether somebody who believes this has yet to hear of it.
    fn is_news_to(self, belief: Belief) -> bool {
        match self {
            Self::Crash => belief != Belief::Dead,
            Self::Leave => !matches!(belief, Belief::Dead | Belief::Left),
            Self::Join => belief != Belief::Alive,
            Self::Metadata(_) => belief != Belief::Unknown,
        }
    }
}

/// One piece of news on its way.
#[derive(Clone, Copy, Debug)]
struct Travelling {
    news: News,
    since: u64,
    /// How many were to hear of it.
    audience: u32,
    heard: u32,
}

/// All news of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve {
    /// When the first heard of it.
    pub(super) first: Times,
    /// When each heard of it.
    pub(super) each: Times,
    /// When the last heard of it.
    pub(super) last: Times,
    /// How many pieces there were.
    pub(super) pieces: u64,
    /// How many were to hear, over all pieces.
    pub(super) audience: u64,
}

/// All news, what is under way and what has arrived.
#[derive(Debug, Default)]
pub(super) struct Spread {
    travelling: Vec<Option<Travelling>>,
    /// Since when each observer is there: older news was never meant for it.
    there_since: Vec<u64>,
    curves: [Curve; KINDS.len()],
}

impl Spread {
    pub(super) fn new(observers: usize, members: usize) -> Self {
        Self {
            travelling: vec![None; members],
            there_since: vec![0; observers],
            ..Self::default()
        }
    }

    pub(super) const fn curves(&self) -> &[Curve; KINDS.len()] {
        &self.curves
    }

    /// Something happened to a member that others are to hear of; older news about it is forgotten.
    pub(super) fn begin(&mut self, now: u64, member: u32, news: News, beliefs: &Beliefs) {
        let Some(place) = self.travelling.get_mut(member as usize) else {
            return;
        };
        let audience = beliefs.believers(member as usize, |belief| news.is_news_to(belief));
        let curve = &mut self.curves[news.kind()];
        curve.pieces += 1;
        curve.audience += u64::from(audience);
        *place = Some(Travelling {
            news,
            since: now,
            audience,
            heard: 0,
        });
    }

    /// What is said of a member is of no interest any more.
    pub(super) fn end(&mut self, member: u32) {
        if let Some(place) = self.travelling.get_mut(member as usize) {
            *place = None;
        }
    }

    /// An observer begins to look.
    pub(super) fn welcome(&mut self, now: u64, observer: u32) {
        if let Some(since) = self.there_since.get_mut(observer as usize) {
            *since = now;
        }
    }

    /// An observer is no more: it is not waited for.
    pub(super) fn lose(&mut self, observer: u32, beliefs: &Beliefs) {
        for (member, place) in self.travelling.iter_mut().enumerate() {
            let Some(travelling) = place else { continue };
            // Who has which version of metadata is not told by beliefs.
            let is_late = self.there_since[observer as usize] > travelling.since;
            let waits = !is_late
                && !matches!(travelling.news, News::Metadata(_))
                && travelling.news.is_news_to(beliefs.held(observer, member))
                && beliefs
                    .name_of(observer)
                    .is_some_and(|name| name as usize != member);
            if waits && travelling.audience > travelling.heard {
                travelling.audience -= 1;
                self.curves[travelling.news.kind()].audience -= 1;
            }
        }
    }

    /// An observer's belief changed.
    pub(super) fn see(
        &mut self,
        now: u64,
        (by, of): (u32, u32),
        before: Option<Held>,
        after: Option<Held>,
    ) {
        let Some(Some(travelling)) = self.travelling.get_mut(of as usize) else {
            return;
        };
        let news = travelling.news;
        let is_late = self.there_since[by as usize] > travelling.since;
        if is_late || !news.is_in(after) || news.is_in(before) {
            return;
        }
        travelling.heard += 1;
        let (took, heard) = (now - travelling.since, travelling.heard);
        let curve = &mut self.curves[news.kind()];
        curve.each.add(took);
        if heard == 1 {
            curve.first.add(took);
        }
        if heard == travelling.audience {
            curve.last.add(took);
        } else if heard > travelling.audience {
            // Somebody who stood still or had forgotten it heard of it too.
            curve.audience += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use swim_core::{Incarnation, State};

    use super::super::beliefs::Truth;
    use super::*;

    fn held(state: State) -> Option<Held> {
        Some(Held {
            state,
            incarnation: Incarnation(1),
            meta: 0,
        })
    }

    #[test]
    fn a_crash_is_detected_by_the_first_and_known_to_the_last() {
        let mut beliefs = Beliefs::new(&[0, 1, 2], 3);
        for by in 0..2 {
            beliefs.set_truth(by, Truth::Running);
            beliefs.believe(by, 2, Belief::Alive);
            beliefs.set_looking(by, true);
        }
        let mut spread = Spread::new(3, 3);
        spread.begin(1_000, 2, News::Crash, &beliefs);
        spread.see(1_040, (0, 2), held(State::Alive), held(State::Suspect));
        spread.see(1_050, (0, 2), held(State::Suspect), held(State::Dead));
        spread.see(1_090, (1, 2), held(State::Alive), held(State::Dead));
        let curve = &spread.curves()[0];
        assert_eq!(
            (curve.pieces, curve.audience, curve.each.count()),
            (1, 2, 2)
        );
        assert_eq!((curve.first.most(), curve.last.most()), (50, 90));
    }

    #[test]
    fn whoever_dies_before_the_news_came_is_not_waited_for() {
        let mut beliefs = Beliefs::new(&[0, 1, 2], 3);
        for by in 0..2 {
            beliefs.set_truth(by, Truth::Running);
            beliefs.believe(by, 2, Belief::Alive);
            beliefs.set_looking(by, true);
        }
        let mut spread = Spread::new(3, 3);
        spread.begin(1_000, 2, News::Crash, &beliefs);
        spread.lose(1, &beliefs);
        spread.see(1_050, (0, 2), held(State::Alive), held(State::Dead));
        let curve = &spread.curves()[0];
        assert_eq!((curve.audience, curve.last.most()), (1, 50));
    }
}
