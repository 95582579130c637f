//! Who lists whom how: all that is known of a cluster of agents, read from their control faces and from nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::http::{self, Events};

/// How old a view may be where no event says that it has changed.
const REFRESH: Duration = Duration::from_millis(100);
/// The wait before an agent that does not answer is asked again.
const RETRY: Duration = Duration::from_millis(20);

/// A member's state, as the control face names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Alive,
    Suspect,
    Dead,
    Left,
}

/// One line of `/v1/members`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) addr: SocketAddr,
    pub(crate) state: State,
    pub(crate) incarnation: u32,
}

/// One event of `/v1/events`.
#[derive(Debug, Deserialize)]
struct Event {
    event: String,
    member: Member,
}

/// Somebody listed somebody so, if only for a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sighting {
    pub(crate) state: State,
    pub(crate) observer: String,
    pub(crate) member: String,
}

impl fmt::Display for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            state,
            observer,
            member,
        } = self;
        write!(f, "{observer} listed {member} {state:?}")
    }
}

/// All views, and all that was ever seen.
#[derive(Debug, Default)]
pub(crate) struct Sky {
    seen: Mutex<Seen>,
    bell: Condvar,
}

/// What was seen until now.
#[derive(Debug, Default)]
struct Seen {
    views: BTreeMap<String, View>,
    ever: BTreeSet<Sighting>,
}

/// One observer's list, asked for at that moment.
#[derive(Debug)]
struct View {
    asked: Instant,
    members: BTreeMap<String, Member>,
}

/// The views that are at most so old.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'s> {
    views: &'s BTreeMap<String, View>,
    since: Instant,
}

impl Look<'_> {
    /// How `observer` lists `member`; `None` if it doesn't, or has not been asked since.
    pub(crate) fn member(&self, observer: &str, member: &str) -> Option<&Member> {
        let view = self.views.get(observer)?;
        let fresh = view.asked >= self.since;
        fresh.then(|| view.members.get(member)).flatten()
    }

    /// How many pairs there are of an observer that lists a member so.
    pub(crate) fn count(&self, observers: &[String], members: &[String], state: State) -> usize {
        let lists = |observer: &String, member: &String| {
            let listed = self.member(observer, member);
            listed.is_some_and(|listed| listed.state == state)
        };
        let pairs = observers
            .iter()
            .flat_map(|observer| members.iter().map(move |member| (observer, member)));
        pairs
            .filter(|(observer, member)| lists(observer, member))
            .count()
    }
}

/// Ends a watch when it is dropped, and forgets what was seen through it but the sightings.
#[derive(Debug)]
pub(crate) struct Watch {
    sky: Arc<Sky>,
    observer: String,
    over: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut seen = self.sky.seen();
        self.over.store(true, Ordering::Relaxed);
        seen.views.remove(&self.observer);
    }
}

impl Sky {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches an agent from its first event on, until the watch is dropped.
    pub(crate) fn watch(self: &Arc<Self>, observer: &str, control: SocketAddr) -> Watch {
        let watch = Watch {
            sky: Arc::clone(self),
            observer: observer.to_owned(),
            over: Arc::default(),
        };
        let (sky, over, observer) = (
            Arc::clone(self),
            Arc::clone(&watch.over),
            observer.to_owned(),
        );
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                // Whoever killed it knows; whoever froze it waits.
                let _ = sky.follow(&observer, control, &over);
                thread::sleep(RETRY);
            }
        });
        watch
    }

    fn follow(&self, observer: &str, control: SocketAddr, over: &AtomicBool) -> io::Result<()> {
        let mut events = Events::follow(control, REFRESH)?;
        while !over.load(Ordering::Relaxed) {
            let asked = Instant::now();
            let members = http::get(control, "/v1/members")?;
            self.see(observer, asked, members, over);
            if let Some(event) = events.next()? {
                self.hear(observer, &event);
            }
        }
        Ok(())
    }

    fn see(&self, observer: &str, asked: Instant, members: Vec<Member>, over: &AtomicBool) {
        let mut seen = self.seen();
        if over.load(Ordering::Relaxed) {
            return;
        }
        for member in &members {
            seen.note(observer, &member.name, member.state);
        }
        let members = members
            .into_iter()
            .map(|member| (member.name.clone(), member))
            .collect();
        seen.views
            .insert(observer.to_owned(), View { asked, members });
        self.bell.notify_all();
    }

    /// An event tells what had passed before anybody looked.
    fn hear(&self, observer: &str, Event { event, member }: &Event) {
        let state = match event.as_str() {
            "suspect" => State::Suspect,
            "dead" => State::Dead,
            _ => return,
        };
        self.seen().note(observer, &member.name, state);
    }

    /// Waits until it is so in views that were asked for after `since`; how long after `since` that was.
    pub(crate) fn wait(
        &self,
        since: Instant,
        patience: Duration,
        so: impl Fn(&Look<'_>) -> bool,
    ) -> Option<Duration> {
        let mut seen = self.seen();
        loop {
            let look = Look {
                views: &seen.views,
                since,
            };
            if so(&look) {
                return Some(since.elapsed());
            }
            let left = patience.checked_sub(since.elapsed())?;
            let waited = self.bell.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Something about the views since then.
    pub(crate) fn look<T>(&self, since: Instant, what: impl FnOnce(&Look<'_>) -> T) -> T {
        what(&Look {
            views: &self.seen().views,
            since,
        })
    }

    /// All who were ever listed so and by whom, as far as it is of interest.
    pub(crate) fn ever(
        &self,
        state: State,
        of_interest: impl Fn(&Sighting) -> bool,
    ) -> Vec<Sighting> {
        let seen = self.seen();
        let sightings = seen
            .ever
            .iter()
            .filter(|sighting| sighting.state == state && of_interest(sighting));
        sightings.cloned().collect()
    }
}

impl Seen {
    fn note(&mut self, observer: &str, member: &str, state: State) {
        let (observer, member) = (observer.to_owned(), member.to_owned());
        self.ever.insert(Sighting {
            state,
            observer,
            member,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, state: State) -> Member {
        Member {
            name: name.to_owned(),
            addr: ([127, 0, 0, 1], 1).into(),
            state,
            incarnation: 1,
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_old_view_counts_no_more_but_what_it_showed_is_remembered() {
        let sky = Sky::default();
        let then = Instant::now();
        sky.see(
            "a",
            then,
            vec![member("b", State::Dead)],
            &AtomicBool::default(),
        );
        let count = |since| {
            sky.look(since, |look| {
                look.count(&names(&["a"]), &names(&["b", "c"]), State::Dead)
            })
        };
        assert_eq!(count(then), 1);
        assert_eq!(count(then + Duration::from_millis(1)), 0);
        sky.see(
            "a",
            Instant::now(),
            vec![member("b", State::Alive)],
            &AtomicBool::default(),
        );
        assert_eq!(count(then), 0);
        assert_eq!(sky.ever(State::Dead, |_| true).len(), 1);
        assert_eq!(
            sky.ever(State::Dead, |sighting| sighting.member != "b")
                .len(),
            0
        );
    }

    #[test]
    fn what_an_ended_watch_still_brings_is_not_taken() {
        let sky = Sky::default();
        let then = Instant::now();
        sky.see(
            "a",
            then,
            vec![member("b", State::Alive)],
            &AtomicBool::new(true),
        );
        assert!(sky.look(then, |look| look.member("a", "b").is_none()));
    }

    #[test]
    fn a_wait_ends_when_it_is_so_or_when_patience_does() {
        let sky = Sky::default();
        let patience = Duration::from_millis(5);
        assert_eq!(sky.wait(Instant::now(), patience, |_| false), None);
        assert!(sky.wait(Instant::now(), patience, |_| true).is_some());
    }
}
