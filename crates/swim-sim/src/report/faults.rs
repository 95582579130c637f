//! Faults in words.

use std::collections::BTreeMap;
use std::time::Duration;

use super::words::{count, list, nodes, seconds};
use crate::scenario::{
    Address, Carries, Crash, Fault, FaultKind, Forged, LinkSelector, Memory, Mode, Partition, Says,
    Scenario, Schedule, Scheduled, Selector, Shape, Share,
};

/// One fault as it was written, with all its parts.
#[derive(Clone, Debug)]
pub(super) struct Told<'s> {
    /// Its place among those written.
    pub(super) written: usize,
    /// The kind's name.
    pub(super) kind: &'static str,
    /// What happened, as a sentence without its time.
    pub(super) what: String,
    /// Its parts, in order.
    pub(super) parts: Vec<&'s Scheduled>,
}

impl Told<'_> {
    /// All nodes that it touched, in order.
    fn touched(&self) -> Vec<u32> {
        let nodes = self
            .parts
            .iter()
            .flat_map(|part| part.nodes.iter().copied());
        let mut touched: Vec<u32> = nodes.collect();
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// When it began first.
    pub(super) fn at(&self) -> Duration {
        self.parts.first().map_or(Duration::ZERO, |part| part.at)
    }

    /// When the last of it was over; `None`: not before the run was, or at once.
    pub(super) fn until(&self) -> Option<Duration> {
        match &self.parts[..] {
            [one] => one.until,
            many => many.iter().map(|part| part.until.unwrap_or(part.at)).max(),
        }
    }

    /// The same with its times, in a run that ends at `end`.
    pub(super) fn sentence(&self, end: Duration) -> String {
        let (at, what) = (seconds(self.at()), &self.what);
        let first = self.parts.first().map(|part| &part.nodes);
        let comes_again = self.parts.iter().all(|part| Some(&part.nodes) == first);
        let again = match self.parts.len() {
            times @ 2.. if comes_again => format!(", {times} times,"),
            _ => String::new(),
        };
        match self.until() {
            // It is the consequence that lasts.
            _ if matches!(self.kind, "crash" | "leave") && self.parts.len() == 1 => {
                format!("at {at} {what}")
            }
            None if self.kind == "drop" && self.at() == Duration::ZERO => what.clone(),
            Some(until) if until >= end && until > self.at() => {
                format!("from {at} on{again} {what}")
            }
            Some(until) if until > self.at() => {
                format!("from {at} to {}{again} {what}", seconds(until))
            }
            _ => format!("at {at}{again} {what}"),
        }
    }
}

/// A share as people write it: `30 %`.
fn percent(share: Share) -> String {
    share.to_string().replace('%', " %")
}

/// Who crashed, and how they come back.
fn crashed(crash: &Crash, who: &str, single: bool) -> String {
    let Some(after) = crash.restart_after else {
        return format!("{who} crashed");
    };
    let memory = match crash.memory {
        Memory::Kept if single => " with all that it knew",
        Memory::Kept => " with all that they knew",
        Memory::Incarnation => " with the incarnation from before, and nothing else",
        Memory::Lost | Memory::NoClock => "",
    };
    let address = match crash.address {
        Address::New => " at a new address",
        Address::Same => "",
    };
    let after = seconds(after.0);
    format!("{who} crashed, to be back{address}{memory} {after} later")
}

/// Single datagrams by their numbers on a link, if they are few.
fn datagrams(numbers: &[u32]) -> String {
    const FEW: usize = 3;
    let named: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    match named.len() {
        1 => format!("datagram {}", named[0]),
        ..=FEW => format!("datagrams {}", list(&named)),
        many => count(many as u64, "datagram"),
    }
}

/// Sets of nodes by name: those of the scenario's zones and groups by theirs.
#[derive(Clone, Copy, Debug)]
struct Names<'s>(&'s Scenario);

impl Names<'_> {
    fn of(self, touched: &[u32]) -> String {
        // One node has a name of its own.
        if touched.len() == 1 {
            return nodes(touched, self.0.nodes);
        }
        let text = Selector::these(touched.iter().copied()).to_string();
        self.named(&text)
            .unwrap_or_else(|| nodes(touched, self.0.nodes))
    }

    /// The zone or group that a selector stands for, if it stands for one as a whole.
    fn named(self, text: &str) -> Option<String> {
        let sets = |sets: &BTreeMap<String, Selector>| {
            let mut found = sets.iter().filter(|(_, set)| set.to_string() == text);
            found.next().map(|(name, _)| name.clone())
        };
        let zone = sets(&self.0.zones).map(|name| format!("zone {name}"));
        zone.or_else(|| sets(&self.0.groups))
    }

    /// A selector as people read it.
    fn plain(self, selector: &Selector) -> String {
        let text = selector.to_string();
        if let Some(name) = self.named(&text) {
            return name;
        }
        let parts: Vec<_> = text.split(',').map(Part::of).collect();
        if parts.len() <= 3 {
            return list(&parts.iter().map(Part::in_words).collect::<Vec<_>>());
        }
        count(parts.iter().map(Part::size).sum(), "node")
    }

    fn on(self, links: &LinkSelector) -> String {
        if *links == LinkSelector::all() {
            return String::new();
        }
        let (arrow, link) = if links.both_ways {
            ("between", "and")
        } else {
            ("from", "to")
        };
        format!(
            " {arrow} {} {link} {}",
            self.plain(&links.from),
            self.plain(&links.to)
        )
    }
}

/// One part of a selector that was made explicit.
enum Part<'t> {
    /// From the first to before the second.
    Range(u32, u32),
    Name(&'t str),
}

impl<'t> Part<'t> {
    fn of(text: &'t str) -> Self {
        let number = |digits: &str| digits.parse().ok();
        let range = text.split_once("..");
        let range = range.and_then(|(from, to)| number(from).zip(number(to)));
        range.map_or(Self::Name(text), |(from, to)| Self::Range(from, to))
    }

    fn in_words(&self) -> String {
        match self {
            Self::Range(from, to) => format!("n{from}–n{}", to.saturating_sub(1)),
            Self::Name(name) => name.replace("zone:", "zone "),
        }
    }

    fn size(&self) -> u64 {
        match self {
            Self::Range(from, to) => u64::from(to.saturating_sub(*from)),
            Self::Name(_) => 1,
        }
    }
}

impl Names<'_> {
    /// What a generator of many faults did.
    fn unfolded(self, told: &Told<'_>) -> String {
        let who = self.of(&told.touched());
        match told.kind {
            "rolling-restart" => format!("{who} restarted one after the other"),
            "churn" => format!("{who} came and went at random"),
            "deaf" => format!("{who} heard nothing now and then"),
            "swizzle" => {
                format!("{who} were cut off one by one, and reached again in another order")
            }
            other => format!("{other} befell {who}"),
        }
    }
}

/// What these nodes are called: by their zone or group, or by their numbers.
pub(super) fn called(schedule: &Schedule, touched: &[u32]) -> String {
    Names(schedule.scenario()).of(touched)
}

/// All faults of a schedule in words, in the order in which they begin.
pub(super) fn tell(schedule: &Schedule) -> Vec<Told<'_>> {
    let mut all: Vec<Told<'_>> = Vec::new();
    let names = Names(schedule.scenario());
    for (part, fault) in schedule.faults().iter().zip(&schedule.scenario().faults) {
        match all.iter_mut().find(|told| told.written == part.written) {
            Some(told) => told.parts.push(part),
            None => all.push(Told {
                written: part.written,
                kind: schedule
                    .written
                    .get(part.written)
                    .map_or(part.kind, |(kind, _)| kind),
                what: names.what(fault, &part.nodes),
                parts: vec![part],
            }),
        }
    }
    for told in &mut all {
        // The parts of a generator befall different nodes.
        let first = told.parts[0];
        if told.parts.iter().any(|part| part.nodes != first.nodes) {
            let place = schedule
                .faults()
                .iter()
                .position(|part| std::ptr::eq(part, first));
            let touched = told.touched();
            let fault = place.map(|place| &schedule.scenario().faults[place]);
            told.what = fault.map_or_else(String::new, |fault| names.what(fault, &touched));
        }
        if told.kind != first.kind {
            told.what = names.unfolded(told);
        }
    }
    all
}

impl Names<'_> {
    fn what(self, fault: &Fault, touched: &[u32]) -> String {
        let who = self.of(touched);
        match &fault.kind {
            FaultKind::Partition(partition) => self.cut(partition, &who, touched),
            FaultKind::Loss(loss) => {
                let what = match loss.only {
                    None => "datagrams",
                    Some(Says::Pings) => "pings",
                    Some(Says::Acks) => "answers to pings",
                    Some(Says::Indirect) => "requests to ping",
                    Some(Says::Gossip) => "gossip",
                };
                let how = match (loss.astray, loss.burst) {
                    (true, _) => "came to a wrong node",
                    (false, Some(_)) => "got lost in bursts",
                    (false, None) => "got lost",
                };
                let (share, on) = (percent(loss.share), self.on(&loss.links));
                format!("{share} of all {what}{on} {how}")
            }
            FaultKind::Dropped(dropped) => {
                let which = datagrams(&dropped.numbers);
                format!("{which}{} got lost", self.on(&dropped.links))
            }
            FaultKind::Delay(delay) => {
                format!("everything{} took another time", self.on(&delay.links))
            }
            FaultKind::Reorder(fault) => self.some(fault.share, &fault.links, "were overtaken"),
            FaultKind::Duplicate(fault) => self.some(fault.share, &fault.links, "came twice"),
            FaultKind::Replay(fault) => {
                self.some(fault.share, &fault.links, "came again long after")
            }
            FaultKind::Corrupt(fault) => self.some(fault.share, &fault.links, "were damaged"),
            FaultKind::Truncate(fault) => self.some(fault.share, &fault.links, "were cut short"),
            FaultKind::SizeLimit(fault) => {
                format!(
                    "datagrams above {} bytes{} vanished",
                    fault.bytes,
                    self.on(&fault.links)
                )
            }
            FaultKind::RateLimit(fault) => {
                format!("{who} could send {} bytes a second", fault.bytes_per_second)
            }
            other => self.befalls(other, touched),
        }
    }

    /// What happened to a share of all datagrams.
    fn some(self, share: Share, links: &LinkSelector, what: &str) -> String {
        let (share, on) = (percent(share), self.on(links));
        format!("{share} of all datagrams{on} {what}")
    }

    fn befalls(self, kind: &FaultKind, touched: &[u32]) -> String {
        let (who, single) = (&*self.of(touched), touched.len() == 1);
        match kind {
            FaultKind::Crash(crash) => crashed(crash, who, single),
            FaultKind::Clone(_) => format!("a second node ran under the name of {who}"),
            FaultKind::Pause(pause) => match pause.buffer {
                Some(room) => format!("{who} stood still, and {room} datagrams could wait"),
                None => format!("{who} stood still"),
            },
            FaultKind::Throttle(throttle) => {
                format!(
                    "{who} needed {} for each datagram",
                    seconds(throttle.per_datagram.0)
                )
            }
            FaultKind::ClockRate(rate) => {
                format!("the clocks of {who} ran wrong by {} ppm", rate.ppm)
            }
            FaultKind::ClockJump(jump) => {
                let direction = if jump.back { "back" } else { "ahead" };
                format!(
                    "the clocks of {who} jumped {direction} by {}",
                    seconds(jump.by.0)
                )
            }
            FaultKind::Join(join) => match &join.address_of {
                Some(owners) => format!("{who} joined at the address of {}", self.plain(owners)),
                None => format!("{who} joined"),
            },
            FaultKind::Leave(_) => format!("{who} left"),
            FaultKind::Metadata(_) => {
                let whose = if single { "its" } else { "their" };
                format!("{who} changed {whose} metadata")
            }
            FaultKind::Forge(forge) => {
                let says = match forge.says {
                    Forged::Alive => "that somebody is alive",
                    Forged::Suspect => "a suspicion",
                    Forged::Dead => "a death",
                    Forged::Left => "a goodbye",
                    Forged::Noise => "noise",
                };
                format!(
                    "somebody forged {says} about {} to {}",
                    self.plain(&forge.about),
                    self.plain(&forge.to)
                )
            }
            other => format!("{} befell {who}", other.name()),
        }
    }

    /// Those that belong to no group reach all: what becomes of a bridge when its lot is drawn.
    fn in_between(self, touched: &[u32]) -> String {
        let all = self.0.nodes;
        let others: Vec<u32> = (0..all)
            .filter(|node| touched.binary_search(node).is_err())
            .collect();
        if others.is_empty() {
            return String::new();
        }
        format!(", but {} reached both", nodes(&others, all))
    }

    fn cut(self, partition: &Partition, who: &str, touched: &[u32]) -> String {
        let through = match partition.mode {
            Mode::Drop => "",
            Mode::Slow => " without delay",
            Mode::Jam => " before it ended",
        };
        let carries = match partition.carries {
            Carries::All => "",
            Carries::Datagrams => " by datagrams",
            Carries::Streams => " by streams",
        };
        match &partition.shape {
            Shape::Split { groups, .. } => {
                let named: Vec<_> = groups.iter().map(|group| self.plain(group)).collect();
                match named.len() {
                    0 => format!("the cluster was split{carries}{through}"),
                    2 => format!(
                        "{} could not reach {}, nor the other way{carries}{through}{}",
                        named[0],
                        named[1],
                        self.in_between(touched)
                    ),
                    _ => format!(
                        "{} could reach only their own{carries}{through}",
                        list(&named)
                    ),
                }
            }
            Shape::Isolate { .. } => {
                let were = if touched.len() == 1 { "was" } else { "were" };
                format!("{who} {were} cut off from everybody{carries}{through}")
            }
            Shape::OneWay { from, to } => format!(
                "nothing from {} reached {}{carries}{through}; the way back was open",
                self.plain(from),
                self.plain(to)
            ),
            Shape::Asymmetric { .. } => {
                format!("nothing from one side reached the other{carries}{through}")
            }
            Shape::Between { from, to } => format!(
                "{} and {} could not reach each other{carries}{through}",
                self.plain(from),
                self.plain(to)
            ),
            Shape::Bridge { nodes } => {
                format!(
                    "two halves could reach only {} and themselves{carries}{through}",
                    self.plain(nodes)
                )
            }
            Shape::Ring { neighbours } => {
                let sides = count(u64::from(*neighbours), "neighbour");
                format!("each node could reach only {sides} on each side{carries}{through}")
            }
            Shape::Chain { into } => {
                format!(
                    "{into} groups in a row could reach only their neighbours{carries}{through}"
                )
            }
            Shape::RandomLinks { share, .. } => {
                format!(
                    "{} of all links were closed{carries}{through}",
                    percent(*share)
                )
            }
        }
    }
}
