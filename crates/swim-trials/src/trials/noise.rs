//! A million damaged datagrams against one node, through the path that real ones take: nothing changes but counters, and
//! every refusal of the decoder is reached.

use std::time::Duration;

use swim_core::{MemberRef, Output, State};
use swim_smol::NodePeer;

use crate::dice::Dice;
use crate::lab::{DATAGRAM, ENVELOPE, LABEL, Lab, LabNode};
use crate::local::figure;
use crate::mangle::{Damage, Packets};
use crate::process::cpu_time;
use crate::report::{Report, Stop};

const DATAGRAMS: u32 = 1_000_000;
const SEED: u64 = 20_260_731;
const NODES: usize = 12;
/// The node that is bombarded.
const VICTIM: usize = 1;
/// Everything is compared after so many datagrams; what is cheap, after each.
const THOROUGHLY: u32 = 50_000;
/// How long the cluster lives on afterwards.
const AFTERMATH: Duration = Duration::from_secs(30);

/// Holds the trial.
///
/// # Errors
/// It can't be held to its end.
pub(crate) fn run(report: &mut Report) -> Result<(), Stop> {
    let mut lab = live()?;
    let packets = Packets::new(lab.take_sent(), LABEL);
    let (all, gossip) = packets.count();
    report.say(&format!(
        "  seed {SEED}, {all} real packets of {NODES} nodes' history, {gossip} of them gossip alone"
    ));
    let began = cpu_time();
    let mut bombardment = Bombardment::begin(&mut lab)?;
    for number in 0..DATAGRAMS {
        bombardment.throw(&mut lab, &packets, number);
    }
    let took = cpu_time().saturating_sub(began);
    bombardment.judge(report);
    stages(report, &mut lab, &bombardment);
    let each = took.as_secs_f64() * 1e6 / f64::from(DATAGRAMS);
    report.figure(
        "processor time, the damaging included",
        each,
        "us a datagram",
        "",
    );

    lab.run(AFTERMATH);
    let living: Vec<_> = lab
        .nodes()
        .filter(|node| node.me().state == State::Alive)
        .collect();
    let whole = living
        .iter()
        .filter(|node| up(node) == living.len() && node.digest() == living[0].digest())
        .count();
    let expected = format!(
        "all {} that live list each other alive {AFTERMATH:?} later",
        living.len()
    );
    report.holds(
        "aftermath",
        &expected,
        whole == living.len(),
        &format!("{whole} do"),
    );
    Ok(())
}

/// A history with everything in it: joins, a crash, suspicions, a death, a leave, new metadata, a return.
fn live() -> Result<Lab, Stop> {
    let seconds = Duration::from_secs;
    let mut lab = Lab::new(NODES)?;
    lab.run(seconds(12));
    lab.crash(3);
    lab.run(seconds(20));
    lab.leave(4);
    lab.update(5, &[b'm'; 300]);
    lab.run(seconds(10));
    lab.start(3)?;
    lab.crash(6);
    lab.run(seconds(30));
    Ok(lab)
}

fn up(node: &LabNode) -> usize {
    usize::try_from(node.counts().alive).unwrap_or(usize::MAX)
}

/// What a node knows.
type Knowledge = (Vec<(NodePeer, State, u32, u32, u32)>, u8, u64, (u32, u32));

fn knowledge(node: &LabNode) -> Knowledge {
    let line = |member: MemberRef<'_, NodePeer>| {
        (
            member.peer.clone(),
            member.state,
            member.incarnation.0,
            member.since_millis,
            member.slot,
        )
    };
    let agreement = node.agreement();
    (
        node.members().map(line).collect(),
        node.health(),
        node.digest(),
        (agreement.equal, agreement.heard),
    )
}

struct Bombardment {
    dice: Dice,
    before: Knowledge,
    /// Datagrams by damage, in the order of [`Damage::ALL`]; and how many of these had a right frame.
    thrown: [(u32, u32); Damage::ALL.len()],
    /// After which datagram the node first knew or wanted something else.
    changed: Option<(u32, String)>,
    /// Datagrams refused since a digest was announced and did not come.
    without_digest: u32,
}

impl Bombardment {
    fn begin(lab: &mut Lab) -> Result<Self, Stop> {
        let now = lab.now();
        let station = lab.station(VICTIM);
        station.counters = swim_core::wire::Counters::NONE;
        let node = station.node.as_mut();
        let node =
            node.ok_or_else(|| Stop::Failed("the node to be bombarded does not run".to_owned()))?;
        // It knows the present once it has heard something; from here on time stands still.
        node.handle_word(now);
        Ok(Self {
            dice: Dice::new(SEED),
            before: knowledge(node),
            thrown: Default::default(),
            changed: None,
            without_digest: 0,
        })
    }

    /// One more; time stands still.
    fn throw(&mut self, lab: &mut Lab, packets: &Packets, number: u32) {
        let place = if number.is_multiple_of(4) {
            0
        } else {
            1 + self.dice.below(Damage::ALL.len() - 1)
        };
        let how = Damage::ALL[place];
        let mut bytes = packets.damaged(how, &mut self.dice);
        while packets.has(&bytes) {
            bytes = packets.damaged(how, &mut self.dice);
        }
        let from = Lab::address(self.dice.below(NODES + 4));
        let now = lab.now();
        let station = lab.station(VICTIM);
        let before = station.counters;
        station.hear(now, from, &bytes);
        let after = station.counters;
        self.thrown[place].0 += 1;
        self.thrown[place].1 += after.datagrams - before.datagrams;
        let long = bytes.len() >= LABEL.len() + 7;
        self.without_digest += (after.datagrams_short - before.datagrams_short) * u32::from(long);

        let wish = station.wish(&mut [0; DATAGRAM]);
        let quiet = matches!(wish, Some(Output::Wait { .. }));
        let node = station.node.as_ref();
        let same = node
            .is_some_and(|node| node.digest() == self.before.2 && node.health() == self.before.1);
        let thorough = number.is_multiple_of(THOROUGHLY) || number + 1 == DATAGRAMS;
        let same = same && (!thorough || node.is_some_and(|node| knowledge(node) == self.before));
        if !(quiet && same) && self.changed.is_none() {
            self.changed = Some((number, format!("{how:?}, wish {wish:?}: {bytes:02x?}")));
        }
    }

    fn judge(&self, report: &mut Report) {
        let seen = match &self.changed {
            None => "nothing did".to_owned(),
            Some((number, what)) => format!("the node changed after datagram {number}: {what}"),
        };
        let expected = format!(
            "{DATAGRAMS} damaged datagrams change nothing but counters, and are not answered"
        );
        report.holds("unmoved", &expected, self.changed.is_none(), &seen);
        for (how, (count, right)) in Damage::ALL.iter().zip(self.thrown) {
            let beside = format!("{right} with a right frame");
            report.figure(how.name(), f64::from(count), "", &beside);
        }
    }
}

/// How many came past each stage; none may have refused nothing.
fn stages(report: &mut Report, lab: &mut Lab, bombardment: &Bombardment) {
    let counters = lab.station(VICTIM).counters;
    let without_digest = bombardment.without_digest;
    let mut left = DATAGRAMS;
    let mut idle = Vec::new();
    report.say(&format!(
        "  {DATAGRAMS} datagrams came in under the label {:?}",
        String::from_utf8_lossy(ENVELOPE.label())
    ));
    let refusals = [
        (
            "refused: too short",
            counters.datagrams_short - without_digest,
        ),
        ("refused: another version", counters.datagrams_other_version),
        ("refused: another label", counters.datagrams_other_label),
        ("refused: the checksum differs", counters.datagrams_damaged),
        (
            "refused: a digest announced, and none there",
            without_digest,
        ),
    ];
    for (name, count) in refusals {
        left = left.saturating_sub(count);
        report.figure(name, f64::from(count), "", &format!("{left} came past"));
        idle.extend((count == 0).then_some(name));
    }
    let items = [
        ("items read", counters.items),
        ("items skipped: of an unknown kind", counters.items_unknown),
        ("items skipped: malformed", counters.items_malformed),
        (
            "items skipped: a member that can't be",
            counters.peers_malformed,
        ),
        (
            "items skipped: a member known already",
            counters.alives_known,
        ),
        ("datagrams whose last item is cut", counters.datagrams_cut),
        ("messages of the application", counters.user_messages),
    ];
    for (name, count) in items {
        report.figure(name, f64::from(count), "", "");
        idle.extend((count == 0).then_some(name));
    }
    if let Some(node) = &lab.station(VICTIM).node {
        report.figure(
            "rumours that changed nothing",
            figure(node.stats().rumours_known.into()),
            "",
            "",
        );
    }
    let sum = left == counters.datagrams;
    let seen = if idle.is_empty() {
        "each did".to_owned()
    } else {
        format!("never: {}", idle.join("; "))
    };
    report.holds(
        "stages",
        "each stage refuses something, and all are accounted for",
        idle.is_empty() && sum,
        &seen,
    );
}
