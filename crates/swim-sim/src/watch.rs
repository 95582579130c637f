//! The laws that hold at every step, checked at every step: for small clusters, since it looks at whole rosters.
//!
//! | law | what |
//! |---|---|
//! | drain | draining ends, within a bound |
//! | wait | asked again, a drained node answers the same |
//! | early | a time-out before its time changes nothing |
//! | late | a time-out at its time yields an output or a later deadline |
//! | told | after a drain, what the application was told is what is so |
//! | order | what is held of a member only rises in (incarnation, state), until it is forgotten (P7) |
//! | kept | only the dead and the left are forgotten |
//! | own | nobody holds a member at an incarnation that it never had (P8); not checked once forgeries were told |
//! | room | nobody remembers more members than its roster has room for |
//! | self | a node never holds itself suspect or dead |

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use swim_core::wire::Datagram;
use swim_core::{Event, Incarnation, Instant, Output, State};

use crate::host::SimNode;
use crate::peer::{SimName, SimPeer};
use crate::trace::duration;

/// Outputs beyond one for each member that a drain may take: replies owed, pings, gossip, exchanges, latches.
const OUTBOX: usize = 160;
/// Violations kept; the first ones tell the story.
const KEPT: usize = 32;

/// A law that was broken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Violation {
    /// When, on the true clock.
    pub at: Duration,
    /// On the machine of this number.
    pub host: u32,
    /// Which law.
    pub law: &'static str,
    /// What was seen.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at,
            host,
            law,
            text,
        } = self;
        write!(f, "{at:?} machine {host}: law {law:?}: {text}")
    }
}

/// What one node held and told when it was looked at last.
#[derive(Debug, Default)]
struct Last {
    held: BTreeMap<SimName, (Incarnation, State)>,
    told: BTreeMap<SimName, (State, SimPeer)>,
    departed: bool,
    /// The latest time that its clock showed: a clock that jumped back is not believed.
    latest: Instant,
}

/// The circumstances of a look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The true time.
    pub(crate) now: u64,
    /// The machine.
    pub(crate) at: u32,
    /// What its clock shows.
    pub(crate) local: Instant,
    /// How many outputs the drain took.
    pub(crate) outputs: usize,
    /// The deadline that ended it.
    pub(crate) until: Option<Instant>,
    /// Whether the drain followed a time-out at its time.
    pub(crate) woke: bool,
}

/// Looks at every node after every drain.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    last: Vec<Last>,
    /// The greatest incarnation that each member had itself.
    own: BTreeMap<SimName, Incarnation>,
    lies: bool,
    violations: Vec<Violation>,
}

impl Watch {
    pub(crate) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(crate) fn accuse(&mut self, now: u64, host: u32, law: &'static str, text: String) {
        if self.violations.len() < KEPT {
            let at = duration(now);
            self.violations.push(Violation {
                at,
                host,
                law,
                text,
            });
        }
    }

    /// From now on members may be held at incarnations that they never had.
    pub(crate) const fn lies_are_told(&mut self) {
        self.lies = true;
    }

    /// The node of that machine is no more, and with it what it held.
    pub(crate) fn forget(&mut self, at: u32) {
        *self.last(at) = Last::default();
    }

    fn last(&mut self, at: u32) -> &mut Last {
        let place = at as usize;
        if self.last.len() <= place {
            self.last.resize_with(place + 1, Last::default);
        }
        &mut self.last[place]
    }

    pub(crate) fn told(&mut self, at: u32, event: &Event<SimPeer>) {
        let told = &mut self.last(at).told;
        match event {
            Event::Up(member)
            | Event::Changed(member)
            | Event::Suspected(member)
            | Event::Refuted(member)
            | Event::Dead(member)
            | Event::Left(member) => {
                told.insert(member.peer.name(), (member.state, member.peer));
            }
            Event::Reaped(member) => {
                told.remove(&member.peer.name());
            }
            _ => {}
        }
    }

    pub(crate) fn look(&mut self, moment: Moment, node: &mut SimNode, datagram: &mut Datagram<'_>) {
        let Moment { now, at, local, .. } = moment;
        let latest = local.max(self.last(at).latest);
        self.last(at).latest = latest;
        if let Err((law, text)) = check_timers(moment, latest, node, datagram) {
            self.accuse(now, at, law, text);
        }
        let me = node.me();
        let name = me.peer.name();
        let own = self.own.entry(name).or_default();
        *own = me.incarnation.max(*own);
        if self.last(at).departed && !node.has_departed() {
            // P12: a join after a leave begins a new life, roster and told state emptied together.
            *self.last(at) = Last {
                latest,
                ..Last::default()
            };
        }
        self.last(at).departed = node.has_departed();
        if let Err((law, text)) = self.check_views(at, name, node) {
            self.accuse(now, at, law, text);
        }
    }

    fn check_views(&mut self, at: u32, me: SimName, node: &SimNode) -> Result<(), Broken> {
        let mut held = BTreeMap::new();
        let mut result = Ok(());
        for member in node.members() {
            let (name, now) = (member.peer.name(), (member.incarnation, member.state));
            held.insert(name, now);
            let before = self.last(at).held.get(&name).copied();
            if let Some(before) = before.filter(|before| *before > now && name != me) {
                result = Err(("order", format!("{name:?} fell from {before:?} to {now:?}")));
            }
            let own = self.own.get(&name).copied().unwrap_or_default();
            if member.incarnation > own && !self.lies {
                result = Err((
                    "own",
                    format!("{name:?} held at {now:?}, never was above {own}"),
                ));
            }
            if name == me && matches!(member.state, State::Suspect | State::Dead) {
                result = Err(("self", format!("holds itself {}", member.state)));
            }
        }
        if held.len() > node.capacity() {
            result = Err((
                "room",
                format!("{} members in {} slots", held.len(), node.capacity()),
            ));
        }
        let last = self.last(at);
        for (name, (_, state)) in &last.held {
            if state.is_up() && !held.contains_key(name) {
                result = Err(("kept", format!("{name:?} was {state}, and is forgotten")));
            }
        }
        last.held = held;
        result.and_then(|()| check_told(me, &last.told, node))
    }
}

type Broken = (&'static str, String);

fn check_told(
    me: SimName,
    told: &BTreeMap<SimName, (State, SimPeer)>,
    node: &SimNode,
) -> Result<(), Broken> {
    let mut known = 0;
    for member in node.members().filter(|member| member.peer.name() != me) {
        let so = (member.state, *member.peer);
        let told = told.get(&member.peer.name());
        known += usize::from(told.is_some());
        match told {
            Some(told) if *told == so => {}
            // P7: whoever is gone is not told gone a second time, dead or left.
            Some((state, peer)) if *peer == so.1 && !state.is_up() && !so.0.is_up() => {}
            // Who came and went before anybody looked was never told.
            None if !so.0.is_up() => {}
            told => return Err(("told", format!("{so:?} is so, told was {told:?}"))),
        }
    }
    let others = told.keys().filter(|name| **name != me).count();
    if others != known {
        return Err((
            "told",
            format!("{others} others are told, {known} are held"),
        ));
    }
    Ok(())
}

fn check_timers(
    moment: Moment,
    latest: Instant,
    node: &mut SimNode,
    datagram: &mut Datagram<'_>,
) -> Result<(), Broken> {
    let Moment {
        local,
        outputs,
        until,
        woke,
        ..
    } = moment;
    if outputs > node.capacity() + OUTBOX {
        return Err(("drain", format!("{outputs} outputs")));
    }
    if woke && outputs == 0 && until.is_some_and(|until| until <= local) {
        return Err(("late", format!("{until:?} at {local:?}, and no output")));
    }
    let mut again = || match node.poll_output(datagram) {
        Output::Wait { until: same } if same == until => Ok(()),
        other => Err(format!("{other:?} after {until:?}")),
    };
    again().map_err(|text| ("wait", text))?;
    if until.is_none_or(|until| until > latest) {
        let before = node.digest();
        // An instant in the past counts as the latest seen: the node's time stands still.
        node.handle_timeout(Instant::ZERO);
        let after = node.digest();
        let mut again = || match node.poll_output(datagram) {
            Output::Wait { until: same } if same == until && before == after => Ok(()),
            other => Err(format!("{other:?} after {until:?}, at {local:?}")),
        };
        again().map_err(|text| ("early", text))?;
    }
    Ok(())
}
