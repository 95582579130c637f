//! What goes over the control face: the shapes that the contract promises, for the agent to write and the commands to read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use swim_smol::{Counts, Event, EventKind, Info, Member, Profile, State};

use crate::metadata::{self, Pairs};

/// One line of `GET /v1/members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberView {
    pub(crate) name: String,
    pub(crate) addr: SocketAddr,
    pub(crate) state: StateView,
    pub(crate) incarnation: u32,
    /// Empty if the metadata is not the program's own.
    pub(crate) meta: Pairs,
    /// The metadata as it is, only if it is not the program's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) meta_base64: Option<String>,
    /// Age of the present state.
    pub(crate) since_ms: u64,
}

/// A member's state by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StateView {
    Alive,
    Suspect,
    Dead,
    Left,
}

/// `GET /v1/info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InfoView {
    pub(crate) name: String,
    pub(crate) addr: SocketAddr,
    pub(crate) profile: String,
    pub(crate) incarnation: u32,
    pub(crate) uptime_ms: u64,
    /// An older node has this name: the agent says and hears nothing any more.
    pub(crate) silenced: bool,
    pub(crate) members: CountsView,
    /// Lifeguard's score: 0 is healthy.
    pub(crate) health: u8,
    /// The whole view as one number: 16 hexadecimal digits.
    pub(crate) digest: String,
    /// How many of the members last heard showed this very digest.
    pub(crate) agreement: u32,
    /// How many members were heard with a digest of late.
    pub(crate) heard: u32,
    pub(crate) counters: BTreeMap<String, u64>,
}

/// Members by state, oneself included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CountsView {
    pub(crate) alive: u32,
    pub(crate) suspect: u32,
    pub(crate) dead: u32,
    pub(crate) left: u32,
}

/// The data of one server-sent event of `GET /v1/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventView {
    /// 1 for the agent's first event, then one more each.
    pub(crate) seq: u64,
    /// Unix time in milliseconds.
    pub(crate) at_ms: u64,
    pub(crate) event: EventName,
    pub(crate) member: MemberView,
    /// Only of a conflict: the address of who claims the name too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claimed_by: Option<SocketAddr>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EventName {
    Join,
    Suspect,
    Alive,
    Dead,
    Left,
    Update,
    Reap,
    Conflict,
}

/// The body of `POST /v1/join`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinWish {
    pub(crate) seeds: Vec<String>,
}

/// The body of `POST /v1/meta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetaWish {
    pub(crate) meta: Pairs,
}

/// The answer to `POST /v1/join`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Joined {
    pub(crate) asked: usize,
    pub(crate) answered: usize,
    pub(crate) failed: Vec<FailedSeed>,
}

/// A seed that did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailedSeed {
    pub(crate) seed: String,
    pub(crate) reason: String,
}

/// The answer to `POST /v1/leave`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Departure {
    /// Whether the leave was told to others in time.
    pub(crate) told: bool,
}

/// The answer to whatever could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) error: String,
}

impl From<State> for StateView {
    fn from(state: State) -> Self {
        match state {
            State::Alive => Self::Alive,
            State::Suspect => Self::Suspect,
            State::Dead => Self::Dead,
            State::Left => Self::Left,
        }
    }
}

impl From<StateView> for State {
    fn from(state: StateView) -> Self {
        match state {
            StateView::Alive => Self::Alive,
            StateView::Suspect => Self::Suspect,
            StateView::Dead => Self::Dead,
            StateView::Left => Self::Left,
        }
    }
}

impl StateView {
    /// As it stands in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Suspect => "suspect",
            Self::Dead => "dead",
            Self::Left => "left",
        }
    }
}

impl EventName {
    /// As it stands in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Suspect => "suspect",
            Self::Alive => "alive",
            Self::Dead => "dead",
            Self::Left => "left",
            Self::Update => "update",
            Self::Reap => "reap",
            Self::Conflict => "conflict",
        }
    }

    /// The name of what the library tells; `None` for what is only logged.
    pub(crate) const fn of(kind: EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::Join => Self::Join,
            EventKind::Suspect => Self::Suspect,
            EventKind::Alive => Self::Alive,
            EventKind::Dead => Self::Dead,
            EventKind::Left => Self::Left,
            EventKind::Update => Self::Update,
            EventKind::Reap => Self::Reap,
            EventKind::Conflict { .. } | EventKind::NameTaken { .. } => Self::Conflict,
            _ => return None,
        })
    }
}

impl MemberView {
    pub(crate) fn of(member: &Member) -> Self {
        let meta = metadata::decode(&member.meta);
        Self {
            name: member.name.clone(),
            addr: member.addr,
            state: member.state.into(),
            incarnation: member.incarnation,
            meta_base64: meta.is_none().then(|| metadata::base64(&member.meta)),
            meta: meta.unwrap_or_default(),
            since_ms: millis(member.since),
        }
    }
}

impl From<Counts> for CountsView {
    fn from(counts: Counts) -> Self {
        let Counts {
            alive,
            suspect,
            dead,
            left,
            ..
        } = counts;
        Self {
            alive,
            suspect,
            dead,
            left,
        }
    }
}

impl InfoView {
    pub(crate) fn of(info: &Info, profile: Profile) -> Self {
        let counters = info.counters.iter();
        Self {
            name: info.name.clone(),
            addr: info.addr,
            profile: profile.name().to_owned(),
            incarnation: info.incarnation,
            uptime_ms: millis(info.uptime),
            silenced: info.silenced,
            members: info.counts.into(),
            health: info.health,
            digest: format!("{:016x}", info.digest),
            agreement: info.agreement.equal,
            heard: info.agreement.heard,
            counters: counters
                .map(|&(name, count)| (name.to_owned(), count))
                .collect(),
        }
    }
}

impl EventView {
    /// The event under that number; `None` for what is only logged.
    pub(crate) fn of(event: &Event, seq: u64) -> Option<Self> {
        let claimed_by = match event.kind {
            EventKind::Conflict { claimed_by } => Some(claimed_by),
            EventKind::NameTaken { by } => Some(by),
            _ => None,
        };
        Some(Self {
            seq,
            at_ms: millis(
                event
                    .at
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap_or_default(),
            ),
            event: EventName::of(event.kind)?,
            member: MemberView::of(&event.member),
            claimed_by,
        })
    }

    /// What happened, as a sentence.
    pub(crate) fn sentence(&self) -> String {
        let MemberView { name, addr, .. } = &self.member;
        match (self.event, self.claimed_by) {
            (EventName::Join, _) => format!("{name} is here, at {addr}"),
            (EventName::Suspect, _) => format!("{name} does not answer and is suspect"),
            (EventName::Alive, _) => format!("{name} is alive after all"),
            (EventName::Dead, _) => format!("{name} is dead"),
            (EventName::Left, _) => format!("{name} has left"),
            (EventName::Update, _) => format!("{name} tells something new: {}", self.member.told()),
            (EventName::Reap, _) => format!("{name} is forgotten"),
            (EventName::Conflict, Some(other)) => {
                format!("{name} is the name of two nodes, at {addr} and at {other}")
            }
            (EventName::Conflict, None) => format!("{name} is the name of two nodes"),
        }
    }
}

impl MemberView {
    /// The metadata on one line.
    pub(crate) fn told(&self) -> String {
        if let Some(bytes) = &self.meta_base64 {
            return format!("base64:{bytes}");
        }
        let pairs = self.meta.iter();
        let words = pairs.map(|(key, value)| crate::text::word(&format!("{key}={value}")));
        words.collect::<Vec<_>>().join(" ")
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(meta: Pairs, meta_base64: Option<String>) -> MemberView {
        MemberView {
            name: "otter".to_owned(),
            addr: SocketAddr::from(([127, 0, 0, 1], 7946)),
            state: StateView::Alive,
            incarnation: 3,
            meta,
            meta_base64,
            since_ms: 17,
        }
    }

    #[test]
    fn a_member_is_written_as_the_contract_says() {
        let meta = Pairs::from([("role".to_owned(), "web".to_owned())]);
        let text = serde_json::to_string(&member(meta, None)).expect("JSON");
        assert_eq!(
            text,
            r#"{"name":"otter","addr":"127.0.0.1:7946","state":"alive","incarnation":3,"meta":{"role":"web"},"since_ms":17}"#
        );
    }

    #[test]
    fn foreign_metadata_is_written_as_base64_beside_an_empty_object() {
        let text =
            serde_json::to_string(&member(Pairs::new(), Some("//79".to_owned()))).expect("JSON");
        assert!(text.contains(r#""meta":{},"meta_base64":"//79""#), "{text}");
    }

    #[test]
    fn an_event_is_written_as_the_contract_says() {
        let event = EventView {
            seq: 9,
            at_ms: 1_000,
            event: EventName::Dead,
            member: member(Pairs::new(), None),
            claimed_by: None,
        };
        let text = serde_json::to_string(&event).expect("JSON");
        assert!(
            text.starts_with(r#"{"seq":9,"at_ms":1000,"event":"dead","member":{"name":"otter""#),
            "{text}"
        );
        assert_eq!(event.sentence(), "otter is dead");
    }
}
