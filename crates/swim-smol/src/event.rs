//! Events: what changed, as a stream for each subscriber.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::SystemTime;

use smol::channel::{self, Receiver, Sender};
use smol::stream::{Stream, StreamExt};

use crate::member::Member;

/// Events that wait for a slow subscriber at most; of more, the oldest are lost and counted ([`Events::lost`]).
pub const EVENTS_BUFFERED: usize = 1_024;

/// Something changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// 1 for the first event after the start, then one more each. All subscribers see the same numbers, so a gap shows
    /// what was lost.
    pub seq: u64,
    /// When this node noticed.
    pub at: SystemTime,
    /// What happened.
    pub kind: EventKind,
    /// To whom: the member as it is held since. For events about the node itself, ourselves.
    pub member: Member,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A member is here: for the first time, or again after its death or leave.
    Join,
    /// A member is accused of not answering.
    Suspect,
    /// A suspect turned out to be alive.
    Alive,
    /// A member is dead.
    Dead,
    /// A member said goodbye.
    Left,
    /// An up member's metadata or address changed.
    Update,
    /// A dead or left member was forgotten.
    Reap,
    /// Two live nodes use one name. The older one keeps it.
    Conflict {
        /// The address of who claims it too.
        claimed_by: SocketAddr,
    },
    /// Our own name belongs to an older node: this one has fallen silent. Start again under another name.
    NameTaken {
        /// The address of who has it.
        by: SocketAddr,
    },
    /// The roster is full and refused a newcomer; told once until there is room again.
    Crowded,
    /// A join of ours succeeded: this node is in.
    Welcome,
    /// Who answered our join can't reach the address that we advertise.
    Unreachable,
    /// A member runs with other intervals or suspicion settings; told once.
    SettingsDiffer,
}

impl EventKind {
    /// The name used in logs and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Suspect => "suspect",
            Self::Alive => "alive",
            Self::Dead => "dead",
            Self::Left => "left",
            Self::Update => "update",
            Self::Reap => "reap",
            Self::Conflict { .. } => "conflict",
            Self::NameTaken { .. } => "name_taken",
            Self::Crowded => "crowded",
            Self::Welcome => "welcome",
            Self::Unreachable => "unreachable",
            Self::SettingsDiffer => "settings_differ",
        }
    }
}

/// The events of one subscriber, from the moment of [`Cluster::events`](crate::Cluster::events) on. A
/// [`Stream`] that ends when the cluster is dropped or shut down.
///
/// [`EVENTS_BUFFERED`] events wait; a subscriber that is slower loses the oldest, which [`lost`](Self::lost) counts. It
/// can always look at [`Cluster::members`](crate::Cluster::members) to see what is so.
#[derive(Debug)]
pub struct Events {
    waiting: Pin<Box<Receiver<Event>>>,
    lost: Arc<AtomicU64>,
}

impl Events {
    /// The next event; `None` once the cluster was dropped or shut down and all was read. Cancel-safe.
    pub async fn next(&mut self) -> Option<Event> {
        StreamExt::next(self).await
    }

    /// As [`next`](Self::next), blocking the thread.
    pub fn next_blocking(&mut self) -> Option<Event> {
        smol::future::block_on(self.next())
    }

    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.waiting.try_recv().ok()
    }

    /// How many events this subscriber lost because it was too slow.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.waiting.as_mut().poll_next(context)
    }
}

/// Where events are told: all subscribers, and the number of the last event.
#[derive(Debug, Default)]
pub(crate) struct Subscribers {
    told: u64,
    each: Vec<Subscriber>,
    lost: u64,
}

/// One subscriber's events that wait, seen from where they are told. A bounded channel would hold room for all of them
/// from the start; most never have more than a few.
#[derive(Debug)]
struct Subscriber {
    events: Sender<Event>,
    oldest: Receiver<Event>,
    lost: Arc<AtomicU64>,
}

impl Subscriber {
    /// Whether anybody but us can read what waits.
    fn listens(&self) -> bool {
        self.events.receiver_count() > 1
    }

    /// Puts an event behind those that wait; whether the oldest had to go for it.
    fn tell(&self, event: Event) -> bool {
        let full = self.events.len() >= EVENTS_BUFFERED && self.oldest.try_recv().is_ok();
        if full {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        // It is never closed while we hold both ends.
        let _ = self.events.try_send(event);
        full
    }
}

impl Subscribers {
    pub(crate) fn subscribe(&mut self) -> Events {
        let (events, waiting) = channel::unbounded();
        let lost = Arc::new(AtomicU64::new(0));
        self.each.push(Subscriber {
            events,
            oldest: waiting.clone(),
            lost: Arc::clone(&lost),
        });
        Events {
            waiting: Box::pin(waiting),
            lost,
        }
    }

    pub(crate) fn tell(&mut self, kind: EventKind, member: Member) {
        self.told += 1;
        let event = Event {
            seq: self.told,
            at: SystemTime::now(),
            kind,
            member,
        };
        self.each.retain(Subscriber::listens);
        for subscriber in &self.each {
            self.lost += u64::from(subscriber.tell(event.clone()));
        }
    }

    /// Events lost by all subscribers together.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    /// Ends every subscriber's stream, once it has read what waits.
    pub(crate) fn end(&mut self) {
        self.each.clear();
    }
}

#[cfg(test)]
mod tests {
    use swim_core::State;

    use super::*;
    use crate::peer::NodePeer;

    fn somebody() -> Member {
        let peer = NodePeer::new("a", SocketAddr::from(([10, 0, 0, 1], 7946)), b"");
        Member::told(&peer.expect("legal"), State::Alive, 1)
    }

    #[test]
    fn a_slow_subscriber_loses_the_oldest_events_and_knows_how_many() {
        let mut subscribers = Subscribers::default();
        let (mut slow, mut quick) = (subscribers.subscribe(), subscribers.subscribe());
        for seq in 1..=EVENTS_BUFFERED as u64 + 5 {
            subscribers.tell(EventKind::Update, somebody());
            assert_eq!(quick.try_next().map(|event| event.seq), Some(seq));
        }
        assert_eq!((quick.lost(), slow.lost(), subscribers.lost()), (0, 5, 5));
        let kept: Vec<_> = std::iter::from_fn(|| slow.try_next()).collect();
        assert_eq!(kept.len(), EVENTS_BUFFERED);
        let seqs = kept.iter().map(|event| event.seq);
        assert!(
            seqs.eq(6..=EVENTS_BUFFERED as u64 + 5),
            "the newest, in order"
        );
    }

    #[test]
    fn who_stops_listening_is_forgotten_and_who_listens_hears_the_end() {
        let mut subscribers = Subscribers::default();
        let (gone, mut there) = (subscribers.subscribe(), subscribers.subscribe());
        drop(gone);
        subscribers.tell(EventKind::Join, somebody());
        assert_eq!((subscribers.each.len(), subscribers.lost()), (1, 0));
        subscribers.end();
        assert_eq!(there.next_blocking().map(|event| event.seq), Some(1));
        assert_eq!(there.next_blocking(), None);
    }
}
