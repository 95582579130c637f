//! Values of faults that can't be, or with which a fault would do nothing and still seem to have done something.

use super::super::{
    ClockJump, Corrupt, Deaf, DelayFault, FaultKind, Law, Leave, Loss, Memory, Mode, Partition,
    Shape, Share, Span,
};

const ZERO: Span = Span(std::time::Duration::ZERO);
/// Clocks that run more than twice as fast are none: the nodes' own deadlines would be over before anything arrives.
const FASTEST: i32 = 1_000_000;
/// The longest jump of a clock.
const FARTHEST: Span = Span::secs(30 * 86_400);

impl FaultKind {
    /// What can't be, in words, where datagrams have at most so many bytes.
    pub(in crate::scenario) fn fault(&self, datagram: u16) -> Option<String> {
        match self {
            Self::Partition(partition) => partition.fault(),
            Self::Dropped(dropped) if dropped.numbers.is_empty() => Some(
                "numbers = []: it names no datagram (`run --jsonl FILE --datagrams` tells the numbers)"
                    .to_owned(),
            ),
            Self::Loss(loss) => loss.fault(),
            Self::Delay(delay) => delay.fault(),
            Self::Reorder(reorder) => reorder.by.fault().or_else(|| {
                nothing("by", reorder.by, "nothing would be held back (give it a time)")
            }),
            Self::Duplicate(duplicate) => duplicate.after.fault(),
            Self::Corrupt(corrupt) => corrupt.fault(datagram),
            Self::RateLimit(limit) if limit.bytes_per_second == 0 => Some(
                "bytes_per_second = 0: nothing would ever leave (write a partition)".to_owned(),
            ),
            Self::Crash(crash) => {
                let kept = crash.memory == Memory::Kept;
                let moved = crash.address == super::super::Address::New;
                (kept && moved).then(|| "what is kept asleep comes back where it was: memory = \"kept\" excludes address = \"new\"".to_owned())
            }
            Self::ClockRate(rate) => rate_fault(rate.ppm),
            Self::ClockJump(jump) => jump.fault(),
            Self::Leave(leave) => leave.fault(),
            Self::Deaf(deaf) => deaf.fault(),
            Self::Churn(churn) => never("every", Some(churn.every), "nodes would go without end"),
            Self::RollingRestart(rolling) if rolling.at_once == 0 => {
                Some("at_once = 0: nobody's turn would ever come (take 1 or more)".to_owned())
            }
            Self::Throttle(throttle) => never(
                "per_datagram",
                Some(throttle.per_datagram),
                "reading would take no time, as without it",
            ),
            Self::Metadata(metadata) => never("every", metadata.every, WITHOUT_END),
            Self::Forge(forge) => never("every", forge.every, WITHOUT_END),
            _ => None,
        }
    }
}

const WITHOUT_END: &str = "it would happen without end at one instant";

/// A time that must not be zero.
fn never(field: &str, time: Option<Span>, why: &str) -> Option<String> {
    let is_zero = time == Some(ZERO);
    is_zero.then(|| format!("{field} = \"0s\": {why} (give it a time, such as 1s)"))
}

/// A law that gives no time at all.
fn nothing(field: &str, law: Law, why: &str) -> Option<String> {
    law.is_nothing().then(|| format!("{field} = \"0s\": {why}"))
}

fn rate_fault(ppm: i32) -> Option<String> {
    let why = match ppm {
        0 => "a clock that runs as it always does (give another number)",
        ..=-1_000_000 => "a clock that stands still or goes back (take more than -1000000)",
        ppm if ppm > FASTEST => "a clock more than twice as fast (take at most 1000000)",
        _ => return None,
    };
    Some(format!("ppm = {ppm}: {why}"))
}

impl Partition {
    fn fault(&self) -> Option<String> {
        let few = || Some("a split has at least two groups".to_owned());
        match &self.shape {
            Shape::Split { groups, into } => match (groups.len(), into) {
                (0, Some(0 | 1)) | (1, _) => return few(),
                (2.., Some(_)) => return Some("give `groups` or `into`, not both".to_owned()),
                _ => {}
            },
            Shape::Asymmetric { share } if share.is_none() || *share == Share::ALL => {
                return Some(format!(
                    "share = {share}: there would be one side (take more than 0 and less than 1)"
                ));
            }
            Shape::Chain { into: 0..3 } => {
                return Some("a chain has at least three groups".to_owned());
            }
            Shape::Ring { neighbours: 0 } => {
                return Some("neighbours = 0: a ring needs neighbours (take 1 or more)".to_owned());
            }
            _ => {}
        }
        let by = self.by?;
        by.fault().or_else(|| {
            let slow = self.mode == Mode::Slow;
            let why = "nothing would take longer (give it a time, or leave `by` out for 500ms)";
            nothing("by", by, why).filter(|_| slow)
        })
    }
}

impl Loss {
    fn fault(&self) -> Option<String> {
        let other = match (self.burst, self.only, self.astray) {
            (Some(_), Some(_), _) => "only",
            (Some(_), None, true) => "astray",
            _ => return None,
        };
        Some(format!(
            "burst and {other}: in a burst all are lost, whatever they say (leave one out)"
        ))
    }
}

impl DelayFault {
    fn fault(&self) -> Option<String> {
        self.law.fault().or_else(|| {
            let why = "nothing would take longer (give it a time, or leave `add` out)";
            nothing("law", self.law, why).filter(|_| self.add)
        })
    }
}

impl Corrupt {
    fn fault(&self, datagram: u16) -> Option<String> {
        let most = u32::from(datagram) * 8;
        match self.bits {
            0 => Some("bits = 0: nothing would turn over (take 1 or more)".to_owned()),
            bits if bits > most => Some(format!(
                "bits = {bits}: a datagram has at most {datagram} bytes (take at most {most})"
            )),
            _ => None,
        }
    }
}

impl ClockJump {
    fn fault(&self) -> Option<String> {
        let by = self.by;
        let why = if by == ZERO {
            "the clock would stay where it is (give it a time)".to_owned()
        } else if by > FARTHEST {
            format!("no clock that runs is so wrong (take at most {FARTHEST})")
        } else {
            return None;
        };
        Some(format!("by = \"{by}\": {why}"))
    }
}

impl Leave {
    fn fault(&self) -> Option<String> {
        let (crash, rejoin) = self.crash_after.zip(self.rejoin_after)?;
        (crash > rejoin).then(|| {
            format!(
                "crash_after = \"{crash}\" comes after rejoin_after = \"{rejoin}\": who has joined again would crash (let it crash first, or write a crash of its own)"
            )
        })
    }
}

impl Deaf {
    fn fault(&self) -> Option<String> {
        let (min, max) = (self.min, self.max);
        (min > max || max == ZERO).then(|| {
            format!("min = {min} and max = {max} are no range of bursts (write the shorter first, and more than 0s)")
        })
    }
}
