//! Numbers, times and sets of nodes as people write them.

use std::time::Duration;

use crate::random::micros;

/// A time since the beginning, or a length: `31.2 s`; below a second in milliseconds.
pub(super) fn seconds(time: Duration) -> String {
    match micros(time) {
        0 => "0 s".to_owned(),
        short @ ..1_000_000 => format!("{} ms", short.div_ceil(1_000)),
        long if long.is_multiple_of(1_000_000) => format!("{} s", long / 1_000_000),
        long => format!("{:.1} s", Duration::from_micros(long).as_secs_f64()),
    }
}

/// The same of microseconds.
pub(super) fn seconds_of(micros: u64) -> String {
    seconds(Duration::from_micros(micros))
}

/// With a comma after each three digits: `41,207`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rounded, with commas as in [`number`]: `66,381`.
pub(super) fn whole(value: f64) -> String {
    let text = format!("{value:.0}");
    text.parse().map_or(text, number)
}

/// With one digit after the point, and commas as in [`number`]: `66,380.9`.
pub(super) fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    match text
        .split_once('.')
        .map(|(whole, tenth)| (whole.parse(), tenth))
    {
        Some((Ok(whole), tenth)) => format!("{}.{tenth}", number(whole)),
        _ => text,
    }
}

/// So many of them: `1 node`, `2 nodes`.
pub(super) fn count(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", number(count))
}

/// Ranges shown of a set of nodes; beyond, their number.
const RANGES: usize = 3;

/// Some of `all` nodes, in the shortest words: `n3`, `n0–n59`, `all but n3`, `37 nodes`. In order, none twice.
pub(super) fn nodes(nodes: &[u32], all: u32) -> String {
    let ranges = ranges(nodes);
    let size = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    if size == all && all > 1 {
        return "everybody".to_owned();
    }
    let in_words =
        |ranges: &[(u32, u32)]| list(&ranges.iter().map(range_in_words).collect::<Vec<_>>());
    if size > all / 2 {
        let others: Vec<u32> = (0..all)
            .filter(|node| nodes.binary_search(node).is_err())
            .collect();
        let others = self::ranges(&others);
        if (1..=RANGES).contains(&others.len()) && others.len() < ranges.len() {
            return format!("all but {}", in_words(&others));
        }
    }
    if ranges.len() <= RANGES {
        return in_words(&ranges);
    }
    count(u64::from(size), "node")
}

fn range_in_words(&(from, to): &(u32, u32)) -> String {
    match to - from {
        0 => format!("n{from}"),
        1 => format!("n{from} and n{to}"),
        _ => format!("n{from}–n{to}"),
    }
}

/// The first and last of each run of numbers without a gap.
fn ranges(nodes: &[u32]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &node in nodes {
        match ranges.last_mut() {
            Some((_, to)) if *to + 1 == node => *to = node,
            _ => ranges.push((node, node)),
        }
    }
    ranges
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_written_as_people_read_them() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(41_207), "41,207");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(whole(19_498.4), "19,498");
        assert_eq!(tenths(0.0), "0.0");
        assert_eq!(tenths(0.96), "1.0");
        assert_eq!(tenths(66_380.88), "66,380.9");
        assert_eq!(count(1, "node"), "1 node");
        assert_eq!(count(1_200, "node"), "1,200 nodes");
        assert_eq!(seconds(Duration::from_millis(31_250)), "31.2 s");
        assert_eq!(seconds(Duration::from_secs(75)), "75 s");
        assert_eq!(seconds(Duration::from_micros(1_200)), "2 ms");
        assert_eq!(seconds(Duration::ZERO), "0 s");
    }

    #[test]
    fn sets_of_nodes_are_named_in_the_shortest_words() {
        let some = |nodes: &[u32]| super::nodes(nodes, 100);
        assert_eq!(some(&[3]), "n3");
        assert_eq!(some(&(0..60).collect::<Vec<_>>()), "n0–n59");
        assert_eq!(some(&[1, 2, 5, 8, 9, 10]), "n1 and n2, n5 and n8–n10");
        assert_eq!(some(&[1, 3, 5, 7]), "4 nodes");
        let others: Vec<u32> = (0..100)
            .filter(|node| !matches!(node, 3 | 17 | 40))
            .collect();
        assert_eq!(some(&others), "all but n3, n17 and n40");
        let others: Vec<u32> = (0..100).filter(|node| *node != 17).collect();
        assert_eq!(some(&others), "all but n17");
        assert_eq!(some(&(0..100).collect::<Vec<_>>()), "everybody");
    }
}
