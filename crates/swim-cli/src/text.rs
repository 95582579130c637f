//! Durations and tables as people read and write them.

use std::fmt::Write;
use std::time::Duration;

/// Reads `500ms`, `10s`, `1.5s`, `2m`, `1h`.
///
/// # Errors
/// The value, and how one is written.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
    let seconds = units.into_iter().find_map(|(unit, seconds)| {
        let number = text.strip_suffix(unit)?;
        let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
        let number = number.parse::<f64>().ok().filter(|_| plain)?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    seconds.ok_or_else(|| format!("{text:?} is no duration (write one such as 500ms, 10s or 2m)"))
}

/// A measured time with its natural unit: `4 ms`, `1.32 s`, `10 s`, `2 m 05 s`.
pub(crate) fn took(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0..=999 => format!("{millis} ms"),
        1_000..=59_999 if millis.is_multiple_of(1_000) => format!("{} s", millis / 1_000),
        1_000..=59_999 => format!("{}.{:02} s", millis / 1_000, millis % 1_000 / 10),
        _ => format!("{} m {:02} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

/// An age, coarser the older, as one word for a table's column: `12s`, `3m20s`, `5h02m`, `9d4h`.
pub(crate) fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{minutes}m{:02}s", seconds % 60),
        3_600..86_400 => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{}h", hours % 24),
    }
}

/// A moment as RFC 3339 writes it, from unix milliseconds: `2026-11-23T06:03:55.123Z`.
pub(crate) fn utc(millis: u64) -> String {
    let (seconds, days) = (millis / 1_000, millis / 86_400_000);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        millis % 1_000
    )
}

/// Year, month and day of so many days after 1970-01-01. Years are counted from March, so that the odd day comes last; 146,097
/// days are 400 years of the Gregorian calendar.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march_based = (5 * day + 2) / 153;
    let month = if march_based < 10 {
        march_based + 3
    } else {
        march_based - 9
    };
    let year = year + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day - (153 * march_based + 2) / 5 + 1)
}

/// One thing or several: `1 seed`, `2 seeds`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Rows under their headings, columns aligned, nothing after the last word of a line.
pub(crate) fn table<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) -> String {
    grid(&headings, rows)
}

/// A table with as many columns as it happens to have.
pub(crate) fn grid(headings: &[impl AsRef<str>], rows: &[impl AsRef<[String]>]) -> String {
    let length = |cell: &str| cell.chars().count();
    let mut widths: Vec<usize> = headings.iter().map(|cell| length(cell.as_ref())).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row.as_ref()) {
            *width = (*width).max(length(cell));
        }
    }
    let mut text = line(headings, &widths);
    for row in rows {
        text.push_str(&line(row.as_ref(), &widths));
    }
    text
}

fn line(cells: &[impl AsRef<str>], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, &width) in cells.iter().zip(widths) {
        // Writing to a String can't fail.
        let _ = write!(line, "{:width$}  ", cell.as_ref());
    }
    let mut line = line.trim_end().to_owned();
    line.push('\n');
    line
}

/// A value for one line of text: as it is if it is one plain word, else in quotes with escapes.
pub(crate) fn word(value: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"';
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("{value:?}")
    }
}

/// Of a word that is longer, so many letters of its beginning and its end are shown.
const WORD: [usize; 2] = [200, 100];
/// The same of a line.
const LINE: [usize; 2] = [600, 300];

/// A message without the middle of what nobody reads to its end: very long words, and then very long lines.
pub(crate) fn shortened(message: &str) -> String {
    let line = |line: &str| {
        let words = line.split_inclusive(char::is_whitespace);
        let words: String = words.map(|word| cut(word, WORD)).collect();
        cut(&words, LINE)
    };
    message.split_inclusive('\n').map(line).collect()
}

fn cut(text: &str, [head, tail]: [usize; 2]) -> String {
    let letters = text.chars().count();
    if letters <= head + tail + 1 {
        return text.to_owned();
    }
    let beginning = text.chars().take(head).chain(['…']);
    let end = text.chars().skip(letters - tail);
    beginning.chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_unit() {
        for (text, millis) in [
            ("1ms", 1),
            ("10s", 10_000),
            ("1.5s", 1_500),
            ("2m", 120_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_said_with_the_next_step() {
        for text in [
            "",
            "10",
            "s",
            "-1s",
            "infs",
            "1e9s",
            "99999999999999999999h",
            "ten s",
        ] {
            let error = parse_duration(text).expect_err(text);
            assert!(
                error.contains("is no duration (write one such as"),
                "{error}"
            );
        }
    }

    #[test]
    fn times_are_told_with_three_figures_or_so() {
        for (millis, text) in [
            (4, "4 ms"),
            (1_327, "1.32 s"),
            (10_000, "10 s"),
            (125_000, "2 m 05 s"),
        ] {
            assert_eq!(took(Duration::from_millis(millis)), text);
        }
        for (seconds, text) in [
            (12, "12s"),
            (200, "3m20s"),
            (18_120, "5h02m"),
            (792_000, "9d4h"),
        ] {
            assert_eq!(age(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn moments_are_told_in_utc() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_798_761_599_999, "2026-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(utc(millis), text);
        }
    }

    #[test]
    fn a_table_is_aligned_and_ends_no_line_with_blanks() {
        let rows = [
            ["a".to_owned(), String::new()],
            ["long".to_owned(), "x".to_owned()],
        ];
        assert_eq!(table(["N", "META"], &rows), "N     META\na\nlong  x\n");
    }

    #[test]
    fn a_word_that_could_break_a_line_is_quoted() {
        assert_eq!(word("otter-1"), "otter-1");
        assert_eq!(word("two words"), "\"two words\"");
        assert_eq!(word("line\nbreak"), "\"line\\nbreak\"");
        assert_eq!(word(""), "\"\"");
    }

    #[test]
    fn long_words_and_lines_lose_their_middle() {
        let short = "no group \"rack\"\n  (name some)\n";
        assert_eq!(shortened(short), short);
        let long = format!("name {:?}: no name (take letters)", "ä".repeat(5_000));
        let shown = shortened(&long);
        assert!(shown.chars().count() < 350, "{shown}");
        assert!(shown.starts_with("name \"ä") && shown.ends_with("ä\": no name (take letters)"));
        let shown = shortened(&format!("{}\nthe reason", "1, ".repeat(70_000)));
        assert!(
            shown.len() < 1_000 && shown.ends_with(" \nthe reason"),
            "{shown}"
        );
    }
}
