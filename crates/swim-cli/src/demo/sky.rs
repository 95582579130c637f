//! Who sees whom how: everything that the demo knows about its nodes, read from their control faces.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use event_listener::Event as Bell;
use smol::Timer;
use smol::future::FutureExt;

use crate::control::Client;
use crate::control::json::{EventName, EventView, MemberView, StateView};
use crate::errors::Failure;

/// How long a view may be old where no event says that it has changed.
const REFRESH: Duration = Duration::from_millis(250);

/// All views, by observer and member.
#[derive(Debug, Default)]
pub(super) struct Sky {
    views: RefCell<BTreeMap<String, View>>,
    ever: RefCell<BTreeSet<Sighting>>,
    bell: Bell,
}

/// One observer's view: the members by name.
pub(super) type View = BTreeMap<String, MemberView>;

/// Somebody saw somebody in that state, if only for a moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sighting {
    pub(super) state: StateView,
    pub(super) observer: String,
    pub(super) member: String,
}

impl Sky {
    /// How `observer` sees `member`; `None` if it does not list it, or was not asked yet.
    pub(super) fn member(&self, observer: &str, member: &str) -> Option<MemberView> {
        self.views.borrow().get(observer)?.get(member).cloned()
    }

    /// The state in which `observer` sees `member`.
    pub(super) fn state(&self, observer: &str, member: &str) -> Option<StateView> {
        self.member(observer, member).map(|member| member.state)
    }

    /// Everybody who was ever seen in that state, and by whom.
    pub(super) fn ever(&self, state: StateView) -> Vec<Sighting> {
        let ever = self.ever.borrow();
        ever.iter()
            .filter(|sighting| sighting.state == state)
            .cloned()
            .collect()
    }

    /// Forgets what `observer` saw: it is gone.
    pub(super) fn forget(&self, observer: &str) {
        self.views.borrow_mut().remove(observer);
    }

    /// Waits until `so` holds.
    pub(super) async fn wait(&self, so: impl Fn(&Self) -> bool) {
        loop {
            let rung = self.bell.listen();
            if so(self) {
                return;
            }
            rung.await;
        }
    }

    /// Watches one observer until its control face is gone.
    pub(super) async fn watch(self: Rc<Self>, observer: String, client: Client) {
        // The end of a watch is no failure: who killed the observer knows, and who did not finds out by its process.
        let _ = self.follow(&observer, client).await;
    }

    async fn follow(&self, observer: &str, client: Client) -> Result<(), Failure> {
        let mut events = client.events(Some(0)).await?;
        let mut heard = None;
        loop {
            // Noted together: what an event says and what the picture shows must not contradict each other.
            let members = client.get("/v1/members").await?;
            if let Some(event) = &heard {
                self.hear(observer, event);
            }
            self.see(observer, members);
            let stale = async {
                Timer::after(REFRESH).await;
                Ok(None)
            };
            let news = async { events.next().await.map(Some) };
            heard = match news.or(stale).await? {
                Some(Some(event)) => Some(event),
                Some(None) => return Ok(()),
                None => None,
            };
        }
    }

    /// An event shows what has passed before anybody looked.
    fn hear(&self, observer: &str, event: &EventView) {
        match event.event {
            EventName::Suspect => self.note(observer, &event.member.name, StateView::Suspect),
            EventName::Dead => self.note(observer, &event.member.name, StateView::Dead),
            _ => {}
        }
    }

    fn see(&self, observer: &str, members: Vec<MemberView>) {
        for member in &members {
            self.note(observer, &member.name, member.state);
        }
        let view = members
            .into_iter()
            .map(|member| (member.name.clone(), member));
        self.views
            .borrow_mut()
            .insert(observer.to_owned(), view.collect());
        self.bell.notify(usize::MAX);
    }

    fn note(&self, observer: &str, member: &str, state: StateView) {
        let (observer, member) = (observer.to_owned(), member.to_owned());
        let sighting = Sighting {
            state,
            observer,
            member,
        };
        self.ever.borrow_mut().insert(sighting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, state: StateView) -> MemberView {
        MemberView {
            name: name.to_owned(),
            addr: ([127, 0, 0, 1], 1).into(),
            state,
            incarnation: 1,
            meta: BTreeMap::new(),
            meta_base64: None,
            since_ms: 0,
        }
    }

    #[test]
    fn a_death_is_remembered_though_it_is_over() {
        let sky = Sky::default();
        sky.see("otter", vec![member("seal", StateView::Dead)]);
        sky.see("otter", vec![member("seal", StateView::Alive)]);
        assert_eq!(sky.state("otter", "seal"), Some(StateView::Alive));
        let (observer, member) = ("otter".to_owned(), "seal".to_owned());
        assert_eq!(
            sky.ever(StateView::Dead),
            [Sighting {
                state: StateView::Dead,
                observer,
                member
            }]
        );
    }

    #[test]
    fn who_is_gone_sees_nobody() {
        let sky = Sky::default();
        sky.see("otter", vec![member("seal", StateView::Alive)]);
        sky.forget("otter");
        assert_eq!(sky.member("otter", "seal"), None);
    }
}
