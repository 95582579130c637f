//! The probe that found no answer: a ping, those who were asked to ping too, and where each of these ways ended.

use std::time::Duration;

use super::{Teller, lost};
use crate::explain::Line;
use crate::explain::witness::{Change, Fate, Letter, Word};
use crate::scenario::node_name;

/// So many intervals before the doubt its probe began, at most: a node that is unwell takes longer.
const LONG: u32 = 3;

/// What happened again and again in the same words is told once: a ping is repeated several times in one probe.
fn folded(lines: Vec<Line>) -> Vec<Line> {
    let mut folded: Vec<(Line, usize, f64)> = Vec::new();
    for line in lines {
        match folded.iter_mut().find(|(one, ..)| one.text == line.text) {
            Some((_, times, last)) => {
                *times += 1;
                *last = line.at_s;
            }
            None => {
                let at = line.at_s;
                folded.push((line, 1, at));
            }
        }
    }
    let tell = |(line, times, last): (Line, usize, f64)| match times {
        1 => line,
        times => Line {
            text: format!("{} ({times} times, last at {last:.3} s)", line.text),
            ..line
        },
    };
    folded.into_iter().map(tell).collect()
}

impl Teller<'_> {
    /// How the probe went that made a node suspect the member.
    pub(super) fn probe(&self, doubt: &Change) -> Vec<Line> {
        let (by, member) = (doubt.by, self.witness.member);
        let begin = doubt
            .at
            .saturating_sub(self.schedule.config().probe.interval * LONG);
        let recent = self.letters(by, Some(member), doubt.at);
        let pings = recent.filter(|letter| letter.at >= begin);
        let unanswered = pings.filter_map(|ping| Some((ping, self.unanswered(ping, doubt.at)?)));
        let names = [by, member].map(node_name);
        let mut lines: Vec<Line> = unanswered
            .map(|(ping, answer)| {
                let text = format!("{} pings {}: {answer}", names[0], names[1]);
                Line::new(ping.at, text)
            })
            .collect();
        let Some(first) = lines.first().map(|line| line.at_s) else {
            return lines;
        };
        for asking in self.letters(by, None, doubt.at) {
            let number = asking.words.iter().find_map(|word| match word {
                Word::PingReq(number) => Some(*number),
                _ => None,
            });
            if let Some((number, relay)) = number.zip(asking.to)
                && asking.at.as_secs_f64() >= first
            {
                let way = self.way_through(asking, relay, number, doubt);
                let text = format!("{} asks {} to ping it: {way}", names[0], node_name(relay));
                lines.push(Line::new(asking.at, text));
            }
        }
        folded(lines)
    }

    /// Datagrams that a node sent before that time, in order.
    fn letters(
        &self,
        from: u32,
        to: Option<u32>,
        before: Duration,
    ) -> impl Iterator<Item = &Letter> {
        self.witness.letters.values().filter(move |letter| {
            letter.from == from && letter.at <= before && (to.is_none() || letter.to == to)
        })
    }

    /// If this is a ping whose answer had not arrived by then: what became of the two, in words.
    fn unanswered(&self, ping: &Letter, by: Duration) -> Option<String> {
        let number = ping.words.iter().find_map(|word| match word {
            Word::Ping(number) => Some(*number),
            _ => None,
        })?;
        let arrived = match self.not_there(ping, by) {
            Err(why) => return Some(format!("the ping is {why}")),
            Ok(arrived) => arrived,
        };
        let Some(ack) = self.answer(self.witness.member, ping.from, number, arrived) else {
            return Some("it arrives, and is not answered".to_owned());
        };
        let why = self.not_there(ack, by).err()?;
        Some(format!("it arrives, and the answer is {why}"))
    }

    /// Where the way through a relay ended.
    fn way_through(&self, asking: &Letter, relay: u32, number: u32, doubt: &Change) -> String {
        let arrived = match self.not_there(asking, doubt.at) {
            Err(why) => return format!("the asking is {why}"),
            Ok(arrived) => arrived,
        };
        let relayed = self
            .letters(relay, Some(self.witness.member), doubt.at)
            .find(|letter| {
                letter.at >= arrived && letter.says(|word| matches!(word, Word::Ping(_)))
            });
        let its_ping = match relayed {
            None => "it does not ping".to_owned(),
            Some(ping) => match self.unanswered(ping, doubt.at) {
                Some(why) => format!("of its ping, {why}"),
                None => "it has an answer".to_owned(),
            },
        };
        let says = self.answer(relay, doubt.by, number, arrived);
        let nack = says.is_some_and(|letter| letter.says(|word| *word == Word::Nack(number)));
        match says {
            None => its_ping,
            Some(letter) => match (self.not_there(letter, doubt.at), nack) {
                (Ok(_), true) => format!("{its_ping}; it says so"),
                (Ok(_), false) => format!("{its_ping}, and hands it on"),
                (Err(why), _) => format!("{its_ping}; what it says to that is {why}"),
            },
        }
    }

    /// The first answer to a number.
    fn answer(&self, from: u32, to: u32, number: u32, after: Duration) -> Option<&Letter> {
        self.witness.letters.values().find(|letter| {
            let answers =
                |word: &Word| matches!(word, Word::Ack(seq) | Word::Nack(seq) if *seq == number);
            letter.from == from
                && letter.to == Some(to)
                && letter.at >= after
                && letter.says(answers)
        })
    }

    /// When a datagram had arrived by that time, or why it had not.
    fn not_there(&self, letter: &Letter, by: Duration) -> Result<Duration, String> {
        match letter.fate {
            Fate::Arrived(at) if at <= by => Ok(at),
            Fate::Arrived(at) => Err(format!("late: it arrives at {:.3} s", at.as_secs_f64())),
            Fate::OnItsWay => Err("on its way until the end".to_owned()),
            Fate::Lost(cause) => Err(lost(self.schedule, letter, cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_again_is_told_once_with_its_last_time() {
        let line = |at, text: &str| Line::new(Duration::from_millis(at), text);
        let lines = vec![
            line(1_000, "a pings b: lost"),
            line(1_200, "a pings b: lost"),
            line(1_300, "a asks c to ping it"),
            line(1_400, "a pings b: lost"),
        ];
        let folded = folded(lines);
        let told: Vec<_> = folded.iter().map(|line| (line.at_s, &*line.text)).collect();
        assert_eq!(
            told,
            [
                (1.0, "a pings b: lost (3 times, last at 1.400 s)"),
                (1.3, "a asks c to ping it")
            ]
        );
    }
}
