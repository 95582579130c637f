//! What the applications were told, in order: the raw material of every verdict.

use std::time::Duration;

use swim_core::Event;

use crate::peer::{SimName, SimPeer};

/// One thing that one node told its application.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Told {
    /// When, on the true clock.
    pub at: Duration,
    /// The label of the machine whose node told it.
    pub by: u32,
    /// What.
    pub event: Event<SimPeer>,
    /// Whether it is the death of a member that was running and not frozen at that moment.
    pub wrongly: bool,
}

impl Told {
    /// The member that a death is about.
    #[must_use]
    pub const fn death_of(&self) -> Option<SimName> {
        match &self.event {
            Event::Dead(member) => Some(member.peer.name()),
            _ => None,
        }
    }
}

/// The member that an event is about, with a number for its kind.
pub(crate) const fn subject(event: &Event<SimPeer>) -> (u8, Option<SimName>) {
    match event {
        Event::Up(member) => (1, Some(member.peer.name())),
        Event::Changed(member) => (2, Some(member.peer.name())),
        Event::Suspected(member) => (3, Some(member.peer.name())),
        Event::Refuted(member) => (4, Some(member.peer.name())),
        Event::Dead(member) => (5, Some(member.peer.name())),
        Event::Left(member) => (6, Some(member.peer.name())),
        Event::Reaped(member) => (7, Some(member.peer.name())),
        Event::Conflict { other, .. } => (8, Some(other.name())),
        Event::NameTaken { by } => (9, Some(by.name())),
        Event::Crowded => (10, None),
        Event::Joined => (11, None),
        Event::Departed => (12, None),
        Event::Unreachable => (13, None),
        Event::SettingsDiffer => (14, None),
        Event::RoundTrip { peer, .. } => (15, Some(peer.name())),
        _ => (0, None),
    }
}

/// An event in words, for a line of the trace.
pub(crate) fn words(event: &Event<SimPeer>) -> String {
    let (what, member) = match event {
        Event::Up(member) => ("up", member),
        Event::Changed(member) => ("changed", member),
        Event::Suspected(member) => ("suspected", member),
        Event::Refuted(member) => ("refuted", member),
        Event::Dead(member) => ("dead", member),
        Event::Left(member) => ("left", member),
        Event::Reaped(member) => ("reaped", member),
        other => return format!("* {other:?}"),
    };
    format!("* {what} {:?} @{}", member.peer, member.incarnation)
}
