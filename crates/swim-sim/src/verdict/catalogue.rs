//! The invariants, by number: what each says, and what it costs to look.

use serde::Serialize;

/// One invariant, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Invariant {
    /// S1 to S20 hold at every event, L1 to L12 within a bound.
    #[serde(rename = "name")]
    pub id: &'static str,
    /// What holds, in one sentence.
    pub property: &'static str,
    /// What looking costs.
    pub cost: &'static str,
}

const fn row(id: &'static str, property: &'static str, cost: &'static str) -> Invariant {
    Invariant { id, property, cost }
}

const CHANGE: &str = "O(1) for each change of a view";
const DEADLINE: &str = "O(n) for each turn of a life, O(n²) for each change of the network";
const SAMPLE: &str = "O(1) for each message of 64 observed nodes";

/// All invariants, in order.
pub const INVARIANTS: [Invariant; 32] = [
    row(
        "S1",
        "Nobody holds a member at a greater incarnation than it ever had itself",
        CHANGE,
    ),
    row(
        "S2",
        "The incarnation that is held of a member never falls while it is remembered",
        CHANGE,
    ),
    row(
        "S3",
        "What is held of a member is at least as new as what was heard of its being alive",
        SAMPLE,
    ),
    row(
        "S4",
        "Who is held dead or left comes back at a greater incarnation only, while it is remembered",
        CHANGE,
    ),
    row(
        "S5",
        "At one incarnation alive gives way to suspect, suspect to dead, dead to left, never back",
        CHANGE,
    ),
    row(
        "S6",
        "A verdict names the incarnation that was suspected",
        CHANGE,
    ),
    row(
        "S7",
        "A suspicion ends once, and in something: refuted, confirmed, left, raised, or with its holder; its member is not just forgotten",
        CHANGE,
    ),
    row(
        "S8",
        "No verdict falls before the least suspicion among as many members as its holder knows, and none without a suspicion",
        CHANGE,
    ),
    row(
        "S9",
        "A node holds itself neither suspect nor dead, forgets itself never, and sends itself nothing",
        CHANGE,
    ),
    row(
        "S10",
        "The events told of a member follow the grammar of its life, and say what is held",
        CHANGE,
    ),
    row(
        "S11",
        "Who was told as having left is not told dead next",
        CHANGE,
    ),
    row(
        "S12",
        "Within one incarnation metadata does not go back",
        CHANGE,
    ),
    row(
        "S13",
        "A datagram fits its limit and is read by its own wire format",
        SAMPLE,
    ),
    row(
        "S14",
        "How many datagrams a node sends in answer to one is bounded",
        "O(1) for each datagram",
    ),
    row(
        "S15",
        "A node never holds more members, the dead and the left among them, than its roster has room for",
        CHANGE,
    ),
    row(
        "S16",
        "A node that is woken at one instant again and again stops wanting it, and sets no timer in the past",
        "O(1) for each alarm",
    ),
    row(
        "S17",
        "A piece of news leaves a node only so many times",
        SAMPLE,
    ),
    row(
        "S18",
        "Every member held alive is pinged at least once in two rounds of probes",
        SAMPLE,
    ),
    row(
        "S19",
        "No forgery makes a running member dead for ever",
        DEADLINE,
    ),
    row(
        "S20",
        "The simulator's own books are right: no datagram crosses a cut, all are accounted for, time goes on",
        "O(1) for each datagram",
    ),
    row(
        "L1",
        "A crash is known to everybody who can hear of it",
        DEADLINE,
    ),
    row("L2", "A crash is known to somebody", DEADLINE),
    row(
        "L3",
        "In a calm network no running member is suspected (the time is how long a suspicion of before may last)",
        CHANGE,
    ),
    row(
        "L4",
        "A running member that can be reached refutes: in a calm network it is not called dead, nor still suspected (the time as L3's)",
        CHANGE,
    ),
    row(
        "L5",
        "After the last cut all who can reach each other agree with the truth",
        DEADLINE,
    ),
    row(
        "L6",
        "Who comes back is alive again for everybody",
        DEADLINE,
    ),
    row("L7", "A leave is known to everybody as a leave", DEADLINE),
    row("L8", "New metadata is known to everybody", DEADLINE),
    row(
        "L9",
        "A calm cluster falls quiet: the traffic is that of its probes",
        "O(1) for each datagram",
    ),
    row("L10", "A joiner knows all and is known by all", DEADLINE),
    row(
        "L11",
        "The dead and the left are forgotten when their time is over",
        CHANGE,
    ),
    row(
        "L12",
        "While the network is split, each part agrees on exactly itself",
        DEADLINE,
    ),
];

/// The place of an invariant in [`INVARIANTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Id {
    S1,
    S2,
    S3,
    S4,
    S5,
    S6,
    S7,
    S8,
    S9,
    S10,
    S11,
    S12,
    S13,
    S14,
    S15,
    S16,
    S17,
    S18,
    S19,
    S20,
    L1,
    L2,
    L3,
    L4,
    L5,
    L6,
    L7,
    L8,
    L9,
    L10,
    L11,
    L12,
}

impl Id {
    pub(super) const fn place(self) -> usize {
        self as usize
    }

    pub(super) const fn name(self) -> &'static str {
        INVARIANTS[self.place()].id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invariant_stands_at_its_place() {
        let safety = (1..=20).map(|number| format!("S{number}"));
        let liveness = (1..=12).map(|number| format!("L{number}"));
        let named: Vec<String> = safety.chain(liveness).collect();
        let listed: Vec<&str> = INVARIANTS.iter().map(|one| one.id).collect();
        assert_eq!(listed, named);
        assert_eq!(
            (Id::S20.name(), Id::L1.name(), Id::L12.name()),
            ("S20", "L1", "L12")
        );
    }
}
