//! What the node has to tell: to the log, and to whoever subscribed.

use swim_core::Event;
use tracing::{info, warn};

use crate::event::EventKind;
use crate::member::Member;
use crate::peer::NodePeer;
use crate::shared::State;

type Told = swim_core::Member<NodePeer>;

fn member(told: &Told) -> Member {
    Member::told(&told.peer, told.state, told.incarnation.0)
}

/// What is left to be logged of an event, once nobody holds the lock.
pub(crate) struct Line(Option<(EventKind, Member)>);

impl State {
    /// Tells the subscribers what happened to `node`.
    #[must_use]
    pub(crate) fn tell(&mut self, node: &str, event: &Event<NodePeer>) -> Line {
        let (kind, about) = match event {
            // Our own birth: nobody could subscribe before it.
            Event::Up(it) if it.peer.name() == node && it.incarnation == self.first => {
                return Line(None);
            }
            Event::Up(it) => (EventKind::Join, member(it)),
            Event::Changed(it) => (EventKind::Update, member(it)),
            Event::Suspected(it) => (EventKind::Suspect, member(it)),
            Event::Refuted(it) => (EventKind::Alive, member(it)),
            Event::Dead(it) => (EventKind::Dead, member(it)),
            Event::Left(it) => (EventKind::Left, member(it)),
            Event::Reaped(it) => (EventKind::Reap, member(it)),
            Event::Conflict { held, other } => {
                let claimed_by = other.socket_addr();
                (EventKind::Conflict { claimed_by }, member(held))
            }
            Event::NameTaken { by } => {
                let by = by.socket_addr();
                (EventKind::NameTaken { by }, self.me())
            }
            Event::Crowded => (EventKind::Crowded, self.me()),
            Event::Joined => {
                self.joined = true;
                (EventKind::Welcome, self.me())
            }
            Event::Unreachable => (EventKind::Unreachable, self.me()),
            Event::SettingsDiffer => (EventKind::SettingsDiffer, self.me()),
            Event::Departed => {
                self.waiting.departed();
                return Line(None);
            }
            // A measurement, not a change. New kinds of events get a kind here when they come.
            _ => return Line(None),
        };
        self.subscribers.tell(kind, about.clone());
        Line(Some((kind, about)))
    }
}

impl Line {
    /// One line each. What needs somebody's attention is a warning.
    pub(crate) fn log(&self, node: &str) {
        if let Self(Some((kind, about))) = self {
            log(node, *kind, about);
        }
    }
}

fn log(node: &str, kind: EventKind, about: &Member) {
    let (member, addr, incarnation) = (&about.name, about.addr, about.incarnation);
    let said = |what: &str| info!(node, member, %addr, incarnation, "{what}");
    let warned = |what: &str| warn!(node, member, %addr, incarnation, "{what}");
    match kind {
        EventKind::Join => said("joined"),
        EventKind::Suspect => warned("suspected: it does not answer"),
        EventKind::Alive => said("alive: it refuted a suspicion"),
        EventKind::Dead => warned("dead"),
        EventKind::Left => said("left"),
        EventKind::Update => said("changed its metadata or address"),
        EventKind::Reap => said("forgotten"),
        EventKind::Conflict { claimed_by } => {
            warn!(node, member, %addr, %claimed_by, "two live nodes use one name: stop or rename one");
        }
        EventKind::NameTaken { by } => {
            warn!(node, %by, "an older node has this name: fell silent; start under another name");
        }
        EventKind::Crowded => warn!(node, "the roster is full: allow more members"),
        EventKind::Welcome => said("in the cluster"),
        EventKind::Unreachable => {
            warn!(node, %addr, "others can't reach the advertised address: check it, and firewalls");
        }
        EventKind::SettingsDiffer => warn!(node, "a member runs with other settings"),
    }
}
