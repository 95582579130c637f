//! What the application is told: the difference between what is so and what was told. No queue, so no overflow.

use core::time::Duration;

use super::Node;
use crate::output::Event;
use crate::peer::{Member, Peer, State};
use crate::roster::{Flag, Seat, Told};

/// What isn't a member's state: one place each; a second before the first was told replaces it, the counters know.
#[derive(Debug)]
pub(super) struct Latches<P> {
    pub(super) conflict: Option<(Seat, P)>,
    pub(super) name_taken: Option<P>,
    pub(super) round_trip: Option<(Seat, u64)>,
    pub(super) joined: bool,
    pub(super) departed: bool,
    pub(super) unreachable: bool,
    /// The roster refuses newcomers, and whether that is yet to be told.
    crowded: bool,
    tell_crowded: bool,
    /// Other settings were seen, and whether that is yet to be told.
    settings_differ: bool,
    tell_settings: bool,
}

impl<P> Latches<P> {
    pub(super) const fn new() -> Self {
        Self {
            conflict: None,
            name_taken: None,
            round_trip: None,
            joined: false,
            departed: false,
            unreachable: false,
            crowded: false,
            tell_crowded: false,
            settings_differ: false,
            tell_settings: false,
        }
    }

    pub(super) const fn crowd(&mut self, crowded: bool) {
        self.tell_crowded = crowded && (self.tell_crowded || !self.crowded);
        self.crowded = crowded;
    }

    pub(super) const fn is_crowded(&self) -> bool {
        self.crowded
    }

    pub(super) const fn settings(&mut self) {
        self.tell_settings |= !self.settings_differ;
        self.settings_differ = true;
    }

    /// A new life: what the old one was yet to be told is void.
    pub(super) fn forget_life(&mut self) {
        *self = Self::new();
    }

    pub(super) const fn any(&self) -> bool {
        self.conflict.is_some()
            || self.name_taken.is_some()
            || self.round_trip.is_some()
            || self.joined
            || self.departed
            || self.unreachable
            || self.tell_crowded
            || self.tell_settings
    }
}

impl<P: Peer> Node<'_, P> {
    pub(super) fn next_event(&mut self) -> Option<Event<P>> {
        if self.told.latches.any()
            && let Some(event) = self.next_latched()
        {
            return Some(event);
        }
        if let Some(event) = self.next_member_event() {
            return Some(event);
        }
        // Last of all: whoever hears it may drop the node.
        core::mem::take(&mut self.told.latches.departed).then_some(Event::Departed)
    }

    fn next_latched(&mut self) -> Option<Event<P>> {
        let latches = &mut self.told.latches;
        if let Some((seat, other)) = latches.conflict.take()
            && let Some(held) = self.member_at(seat)
        {
            return Some(Event::Conflict { held, other });
        }
        let latches = &mut self.told.latches;
        if let Some(by) = latches.name_taken.take() {
            return Some(Event::NameTaken { by });
        }
        if let Some((seat, rtt)) = latches.round_trip.take()
            && let Some(peer) = self.roster.peer(seat).cloned()
        {
            return Some(Event::RoundTrip {
                peer,
                rtt: Duration::from_micros(rtt),
            });
        }
        let take = core::mem::take::<bool>;
        if take(&mut latches_of(self).joined) {
            Some(Event::Joined)
        } else if take(&mut latches_of(self).unreachable) {
            Some(Event::Unreachable)
        } else if take(&mut latches_of(self).tell_crowded) {
            Some(Event::Crowded)
        } else if take(&mut latches_of(self).tell_settings) {
            Some(Event::SettingsDiffer)
        } else {
            None
        }
    }

    /// The member that changed first and is not as it was told.
    fn next_member_event(&mut self) -> Option<Event<P>> {
        while let Some(seat) = self.roster.next_change() {
            let event = self.tell(seat);
            if event.is_some() {
                return event;
            }
        }
        None
    }

    fn member_at(&self, seat: Seat) -> Option<Member<P>> {
        let peer = self.roster.peer(seat)?.clone();
        let (incarnation, state) = self.held(seat);
        Some(Member {
            peer,
            state,
            incarnation,
        })
    }

    /// Tells one step of what changed; if more is to tell, the slot queues again.
    fn tell(&mut self, seat: Seat) -> Option<Event<P>> {
        let member = self.member_at(seat)?;
        let mark = *self.roster.mark(seat);
        if mark.has(Flag::Gone) {
            self.roster.release(seat);
            return (mark.told() != Told::Nothing).then_some(Event::Reaped(member));
        }
        let was_up = matches!(mark.told(), Told::Alive | Told::Suspect);
        let (told, event) = match (member.state, mark.told()) {
            (state, _) if state.is_up() && !was_up => {
                (Told::Alive, Some(Event::Up(member.clone())))
            }
            (State::Suspect, Told::Alive) => {
                (Told::Suspect, Some(Event::Suspected(member.clone())))
            }
            (State::Alive, Told::Suspect) => (Told::Alive, Some(Event::Refuted(member.clone()))),
            (State::Dead, _) if was_up => (Told::Dead, Some(Event::Dead(member.clone()))),
            (State::Left, _) if was_up => (Told::Left, Some(Event::Left(member.clone()))),
            // Left after dead is no second death (P7).
            (state, _) if !state.is_up() => (Told::from(state), None),
            (_, told) if mark.has(Flag::Replaced) => (told, Some(Event::Changed(member.clone()))),
            (_, told) => (told, None),
        };
        let is_news = !matches!(event, Some(Event::Suspected(_) | Event::Refuted(_)));
        if let Some(mark) = self.roster.mark_mut(seat) {
            mark.set_told(told);
            if is_news {
                mark.set(Flag::Replaced, false);
            }
        }
        let more = told != Told::from(member.state) || self.roster.mark(seat).has(Flag::Replaced);
        if more && event.is_some() {
            self.roster.note_change(seat);
        }
        event
    }
}

const fn latches_of<'n, P: Peer>(node: &'n mut Node<'_, P>) -> &'n mut Latches<P> {
    &mut node.told.latches
}
