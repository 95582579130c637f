//! The summary: three sentences, then the figures.

use std::fmt::Write as _;
use std::time::Duration;

use super::beliefs::Wrong;
use super::faults;
use super::load::CAUSES;
use super::recorder::Recorder;
use super::spread::KINDS;
use super::words::{count, list, nodes, number, seconds, seconds_of, tenths, whole};
use crate::run::{Outcome, Verdict};

/// Faults named in the first sentence.
const FAULTS: usize = 3;
/// Groups of observers named in the second sentence.
const GROUPS: usize = 3;
/// Violations shown; the first tell the story.
const VIOLATIONS: usize = 5;
/// Faults with a line of their own in the figures.
const FAULT_LINES: usize = 8;
/// The least room for the names before the figures.
const LABEL: usize = 9;
/// Steps of a line drawn in text.
const SPARKS: usize = 60;

impl Recorder {
    /// What broke; who believed what wrongly, and for how long; when all was well again.
    #[must_use]
    pub fn sentences(&self, outcome: &Outcome) -> [String; 3] {
        [
            self.what_broke(outcome),
            self.who_was_wrong(),
            self.all_is_well(),
        ]
    }

    /// The summary for the terminal: the three sentences, then the figures. No colours.
    #[must_use]
    pub fn summary(&self, outcome: &Outcome) -> String {
        let mut text = String::new();
        for sentence in self.sentences(outcome) {
            text.push_str(&wrapped(&sentence, 100));
        }
        text.push('\n');
        self.figures(outcome, &mut text)
            .expect("a text takes whatever is written to it");
        text
    }

    fn what_broke(&self, outcome: &Outcome) -> String {
        let Some(schedule) = &self.schedule else {
            return String::new();
        };
        let told = faults::tell(schedule);
        let mut words: Vec<String> = told
            .iter()
            .take(FAULTS)
            .map(|fault| {
                let fired = outcome.faults.get(fault.written).map_or(1, |one| one.fired);
                let never = if fired == 0 {
                    " (it touched nothing)"
                } else {
                    ""
                };
                format!("{}{never}", fault.sentence(outcome.simulated))
            })
            .collect();
        if told.len() > FAULTS {
            words.push(count((told.len() - FAULTS) as u64, "more fault"));
        }
        if words.is_empty() {
            return format!(
                "Nothing broke in {} of {}.",
                seconds(outcome.simulated),
                count(u64::from(outcome.nodes), "node")
            );
        }
        let mut text = words.join("; ");
        text[..1].make_ascii_uppercase();
        text.push('.');
        text
    }

    pub(super) fn who_was_wrong(&self) -> String {
        let buried = self.story.of(Wrong::Buried);
        let ghosts = self.story.of(Wrong::Ghost);
        let suspected = self.story.of(Wrong::Suspected);
        let missing = self.story.of(Wrong::Missing);
        let mut text = match buried.first {
            Some(first) => {
                format!(
                    "From {} on, for {} in all, {}.",
                    seconds_of(first),
                    seconds_of(buried.time),
                    self.who_buried_whom(),
                )
            }
            None if ghosts.first.is_some() => format!(
                "Nobody that ran was held dead; whoever was gone was held alive by somebody for {}.",
                seconds_of(ghosts.time)
            ),
            None if missing.first.is_some() => format!(
                "Nobody that ran was held dead; somebody was not known to all others for {} in all, {} of {} pairs at most at once.",
                seconds_of(missing.time),
                number(missing.most),
                number(self.beliefs.pairs())
            ),
            None => match suspected.first {
                Some(_) => format!(
                    "Nobody that ran was held dead; somebody was suspected wrongly for {} in all, {} of {} pairs at most at once.",
                    seconds_of(suspected.time),
                    number(suspected.most),
                    number(self.beliefs.pairs())
                ),
                None => "Nobody believed anything wrong.".to_owned(),
            },
        };
        if buried.first.is_some() && ghosts.first.is_some() {
            let _ = write!(
                text,
                " Whoever was gone was held alive by somebody for {}.",
                seconds_of(ghosts.time)
            );
        }
        // Who is dead for long enough is forgotten, and that is the greater part of such a story.
        if buried.first.is_some() && missing.pair_time > buried.pair_time {
            let _ = write!(
                text,
                " Somebody that ran was not even known to somebody for {}.",
                seconds_of(missing.time)
            );
        }
        text
    }

    fn who_buried_whom(&self) -> String {
        let members = u32::try_from(self.beliefs.members()).unwrap_or(u32::MAX);
        let of = |set: &[u32]| match &self.schedule {
            Some(schedule) => faults::called(schedule, set),
            None if self.names.is_empty() => nodes(set, members),
            None => self.by_name(set),
        };
        let buried = self.story.all_buried();
        let they = if buried.len() == 1 { "it" } else { "they" };
        let wrongly = format!("{} though {they} ran", self.story.held_what());
        if let Some(groups) = self.story.who_buried_whom(GROUPS) {
            let held =
                |(by, buried): &(Vec<u32>, Vec<u32>)| format!("{} held {}", of(by), of(buried));
            let held: Vec<_> = groups.iter().map(held).collect();
            return format!("{} {wrongly}", list(&held));
        }
        let by = self.story.all_who_buried();
        // Everybody at one time or another is not everybody at once.
        let all = self.beliefs.members();
        let who = if by.len() == all {
            "some".to_owned()
        } else {
            of(&by)
        };
        let whom = if buried.len() == all {
            "others".to_owned()
        } else {
            of(&buried)
        };
        format!(
            "{who} held {whom} {wrongly}, {} of {} pairs at most at once",
            number(self.story.of(Wrong::Buried).most),
            number(u64::from(members) * u64::from(members.saturating_sub(1)))
        )
    }

    /// Some members by their names: all of them if they are few.
    pub(super) fn by_name(&self, set: &[u32]) -> String {
        const FEW: usize = 4;
        if set.len() == self.names.len() {
            return "everybody".to_owned();
        }
        if set.len() > FEW {
            return count(set.len() as u64, "member");
        }
        let names = set.iter().filter_map(|one| self.names.get(*one as usize));
        list(&names.cloned().collect::<Vec<_>>())
    }

    pub(super) fn all_is_well(&self) -> String {
        let last_fault = self.last_fault_ended();
        match self.story.well_since() {
            Some(0) => match self.story.of(Wrong::Suspected) {
                never if never.first.is_none() => "All was well all the time.".to_owned(),
                suspected => format!(
                    "All was well all the time but for these suspicions; the last one ended at {}.",
                    seconds_of(suspected.last)
                ),
            },
            Some(since) => {
                let at = seconds_of(since);
                match last_fault.filter(|(over, _)| *over <= since && *over > 0) {
                    Some((over, lasted)) => format!(
                        "All was well again at {at}, {} after the last fault{}.",
                        seconds_of(since - over),
                        if lasted { " had ended" } else { "" }
                    ),
                    None => format!("All was well again at {at}."),
                }
            }
            None => {
                let wrong = self.beliefs.wrong();
                let left = wrong.iter().sum::<u64>() - wrong[Wrong::Suspected as usize];
                format!(
                    "At the end, at {}, {} of {} {} still wrong.",
                    seconds_of(self.length),
                    number(left),
                    count(self.beliefs.pairs(), "belief"),
                    if left == 1 { "was" } else { "were" }
                )
            }
        }
    }

    /// When the last fault was over that was so before the run ended, in microseconds, and whether it had lasted.
    fn last_fault_ended(&self) -> Option<(u64, bool)> {
        let faults = self.schedule.as_ref()?.faults();
        let ends = faults
            .iter()
            .map(|fault| (fault.until.unwrap_or(fault.at), fault.until.is_some()));
        let (last, lasted) = ends.max()?;
        let last = crate::random::micros(last);
        (last < self.length).then_some((last, lasted))
    }

    fn figures(&self, outcome: &Outcome, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "{}  n={}  seed={}  {} simulated in {:.2} CPU s        trace {:016x}",
            outcome.scenario,
            outcome.nodes,
            outcome.seed,
            seconds(outcome.simulated),
            outcome.cpu.as_secs_f64(),
            outcome.trace_hash
        )?;
        let width = self.label_width();
        self.fault_lines(outcome, width, text)?;
        let wrong = self.sparks(|moment| {
            moment.wrong.iter().sum::<u64>() - moment.wrong[Wrong::Suspected as usize]
        });
        let suspected = self.sparks(|moment| moment.wrong[Wrong::Suspected as usize]);
        writeln!(text, " {:<width$} {wrong}|", "wrong")?;
        writeln!(text, " {:<width$} {suspected}|", "suspected")?;
        self.news_lines(width, text)?;
        self.belief_line(width, text)?;
        self.load_lines(width, text)?;
        verdict_lines(outcome, width, text)
    }

    /// The room for the names before each line: that of the longest kind of fault.
    fn label_width(&self) -> usize {
        let kinds = self.schedule.iter().flat_map(|schedule| {
            let told = faults::tell(schedule);
            let kinds = told.iter().take(FAULT_LINES).map(|fault| fault.kind.len());
            kinds.collect::<Vec<_>>()
        });
        kinds.max().unwrap_or(0).max(LABEL)
    }

    fn news_lines(&self, width: usize, text: &mut String) -> std::fmt::Result {
        for (kind, curve) in KINDS.iter().zip(self.spread.curves()) {
            if curve.each.count() > 0 {
                let at = |times: &super::times::Times, part| {
                    times
                        .quantile(part)
                        .map_or_else(|| "never".to_owned(), seconds_of)
                };
                writeln!(
                    text,
                    " {kind:<width$} {} known: first {}, half {}, 99 % {}, last {}; {} of {} heard",
                    number(curve.pieces),
                    at(&curve.first, 500),
                    at(&curve.each, 500),
                    at(&curve.each, 990),
                    seconds_of(curve.each.most()),
                    number(curve.each.count()),
                    number(curve.audience)
                )?;
            }
        }
        Ok(())
    }

    fn belief_line(&self, width: usize, text: &mut String) -> std::fmt::Result {
        let ways = [
            Wrong::Suspected,
            Wrong::Buried,
            Wrong::Missing,
            Wrong::Ghost,
        ];
        let [suspected, buried, missing, ghosts] = ways.map(|way| self.story.of(way).pair_time);
        let pair_seconds = |micros: u128| {
            let micros = u64::try_from(micros).unwrap_or(u64::MAX);
            tenths(Duration::from_micros(micros).as_secs_f64())
        };
        writeln!(
            text,
            " {:<width$} wrong for so many pair-seconds: dead {}, gone but held alive {}, not known {}, suspected {}",
            "beliefs",
            pair_seconds(buried),
            pair_seconds(ghosts),
            pair_seconds(missing),
            pair_seconds(suspected)
        )
    }

    fn fault_lines(&self, outcome: &Outcome, width: usize, text: &mut String) -> std::fmt::Result {
        let Some(schedule) = &self.schedule else {
            return Ok(());
        };
        for fault in faults::tell(schedule).iter().take(FAULT_LINES) {
            let fired = outcome.faults.get(fault.written).map_or(0, |one| one.fired);
            let mut lane = vec!['·'; SPARKS];
            for part in &fault.parts {
                let place = |time: Duration| {
                    let share = crate::random::micros(time).min(self.length) * SPARKS as u64;
                    usize::try_from(share / self.length.max(1)).unwrap_or(SPARKS)
                };
                let from = place(part.at).min(SPARKS - 1);
                let to = place(part.until.unwrap_or(part.at)).clamp(from + 1, SPARKS);
                lane[from..to].fill('=');
            }
            let lane: String = lane.into_iter().collect();
            writeln!(
                text,
                " {:<width$} {lane}| {} fired {}",
                fault.kind,
                seconds(fault.at()),
                number(fired)
            )?;
        }
        Ok(())
    }

    fn sparks(&self, value: impl Fn(&super::recorder::Moment) -> u64) -> String {
        const LEVELS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let most = self.curve.iter().map(&value).max().unwrap_or(0).max(1);
        let step = |spark: usize| {
            let from = spark * self.curve.len() / SPARKS;
            let to = ((spark + 1) * self.curve.len() / SPARKS).max(from + 1);
            let here = self
                .curve
                .get(from..to.min(self.curve.len()))
                .unwrap_or(&[]);
            let peak = here.iter().map(&value).max().unwrap_or(0);
            let level = (peak * 8).div_ceil(most);
            LEVELS[usize::try_from(level).unwrap_or(8).min(8)]
        };
        (0..SPARKS).map(step).collect()
    }

    fn load_lines(&self, width: usize, text: &mut String) -> std::fmt::Result {
        let (datagrams, bytes) = self.load.by_node();
        let seconds = Duration::from_micros(self.length.max(1)).as_secs_f64();
        let rate = |sorted: &[u64], part: usize| {
            let place = (sorted.len().saturating_sub(1)) * part / 100;
            sorted.get(place).map_or(0.0, |sum| *sum as f64 / seconds)
        };
        writeln!(
            text,
            " {:<width$} each second a node sent {} datagrams and {} bytes (median), {} and {} (most); the largest datagram had {} bytes",
            "load",
            tenths(rate(&datagrams, 50)),
            whole(rate(&bytes, 50)),
            tenths(rate(&datagrams, 100)),
            whole(rate(&bytes, 100)),
            number(u64::from(self.load.largest()))
        )?;
        let causes = CAUSES.iter().zip(self.load.dropped());
        let dropped: Vec<_> = causes
            .filter(|(_, count)| **count > 0)
            .map(|((why, _), count)| format!("{} {why}", number(*count)))
            .collect();
        if dropped.is_empty() {
            return Ok(());
        }
        writeln!(
            text,
            " {:<width$} {} of {} datagrams",
            "dropped",
            dropped.join(", "),
            number(self.load.datagrams())
        )
    }
}

fn verdict_lines(outcome: &Outcome, width: usize, text: &mut String) -> std::fmt::Result {
    let word = match outcome.verdict {
        Verdict::Pass => "PASS",
        Verdict::Violated => "VIOLATED",
        Verdict::Vacuous => "VACUOUS",
    };
    writeln!(
        text,
        " {word}  {}",
        count(outcome.violations.len() as u64, "violation")
    )?;
    for (place, violation) in outcome.violations.iter().take(VIOLATIONS).enumerate() {
        writeln!(
            text,
            "  {:<6} at {}: {}{}{}",
            violation.id,
            seconds(violation.at),
            violation.members.join(", "),
            if violation.members.is_empty() {
                ""
            } else {
                ": "
            },
            violation.text
        )?;
        if place == 0 && !violation.story.is_empty() {
            writeln!(text, "  what led there:")?;
            for line in &violation.story {
                writeln!(text, "  {line}")?;
            }
        }
    }
    if outcome.violations.len() > VIOLATIONS {
        let more = (outcome.violations.len() - VIOLATIONS) as u64;
        writeln!(text, "  and {} more", number(more))?;
    }
    if !outcome.unlooked.is_empty() {
        writeln!(
            text,
            " {:<width$} nothing to look at for {}",
            "not seen",
            outcome.unlooked.join(", ")
        )?;
    }
    Ok(())
}

/// In lines of at most `width` characters, each ended.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let size = word.chars().count();
        if length > 0 && length + 1 + size > width {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += size;
    }
    lines.push('\n');
    lines
}
