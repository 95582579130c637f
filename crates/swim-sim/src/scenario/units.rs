//! How people write lengths of time, and shares of a whole. Both are read and written exactly: no floating point decides
//! anything.

use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::random::{Chance, micros};

/// A length of time, written `200ms`, `1.5s`, `2m`, `1m30s`: a number with `us`, `ms`, `s`, `m`, `h` or `d`, or several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub Duration);

/// The units of a span in microseconds, the ones first that others end with.
const UNITS: [(&str, u64); 6] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
];

impl Span {
    /// So many milliseconds.
    #[must_use]
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// So many seconds.
    #[must_use]
    pub const fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// In microseconds, the simulator's unit.
    pub(crate) fn micros(self) -> u64 {
        micros(self.0)
    }

    pub(crate) const fn from_micros(micros: u64) -> Self {
        Self(Duration::from_micros(micros))
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

/// A text is no length of time, or no share; it says how one is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadUnit(String);

impl Display for BadUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUnit {}

impl BadUnit {
    pub(super) const fn new(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Span {
    type Err = BadUnit;

    fn from_str(text: &str) -> Result<Self, BadUnit> {
        let mut rest = text.trim();
        let mut whole = Some(0_u64).filter(|_| !rest.is_empty());
        while let Some(sum) = whole.filter(|_| !rest.is_empty()) {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
            let (number, after) = rest.split_at(digits.unwrap_or(rest.len()));
            let letters = after.find(|c: char| !c.is_ascii_alphabetic());
            let (unit, after) = after.split_at(letters.unwrap_or(after.len()));
            let scale = UNITS.iter().find(|(name, _)| *name == unit);
            let part = scale.and_then(|(_, scale)| scaled(number, *scale));
            whole = part.and_then(|part| sum.checked_add(part));
            rest = after.trim_start();
        }
        whole.map(Self::from_micros).ok_or_else(|| {
            let why = if is_too_long(text) {
                "is longer than any duration can be"
            } else {
                "is no duration"
            };
            BadUnit(format!(
                "{text:?} {why} (write one such as 200ms, 1.5s or 2m)"
            ))
        })
    }
}

/// Whether it is one number with a unit, and only too great.
fn is_too_long(text: &str) -> bool {
    let unit = text.trim().trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.trim().len() && UNITS.iter().any(|(name, _)| *name == unit)
}

/// A decimal number times `scale`, rounded down to a whole one.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let mut sum = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    let mut place = scale;
    if fraction.is_empty() {
        return None;
    }
    for digit in fraction.chars() {
        let digit = u64::from(digit.to_digit(10)?);
        // What does not come out even is less than the unit of the simulator.
        sum = sum.checked_add(place.checked_mul(digit)? / 10)?;
        place /= 10;
    }
    Some(sum)
}

impl Display for Span {
    /// In the greatest unit that leaves a short number; reading it gives the same span, to the microsecond.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.micros();
        let whole = UNITS
            .iter()
            .rev()
            .find(|(_, scale)| micros.is_multiple_of(*scale));
        match whole {
            _ if micros == 0 => f.pad("0s"),
            Some((unit, scale)) if *scale >= 1_000_000 => {
                f.pad(&format!("{}{unit}", micros / scale))
            }
            _ if micros >= 1_000_000 => f.pad(&decimal(micros, 1_000_000, "s")),
            _ if micros >= 1_000 => f.pad(&decimal(micros, 1_000, "ms")),
            _ => f.pad(&format!("{micros}us")),
        }
    }
}

/// `number` over a power of ten, without zeros at the end.
fn decimal(number: u64, scale: u64, unit: &str) -> String {
    let digits = scale.ilog10() as usize;
    let fraction = format!("{:0digits$}", number % scale);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{unit}", number / scale)
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, "a duration such as \"200ms\"")
    }
}

/// A share of a whole, written `0.05` or `"5%"`; exact to a millionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

/// The whole, in parts.
const WHOLE: u32 = 1_000_000;

impl Share {
    /// Nothing of it.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const ALL: Self = Self(WHOLE);

    /// So many in a hundred; more than a hundred is all.
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        Self::millionths(percent.saturating_mul(WHOLE / 100))
    }

    /// So many in a million; more than a million is all.
    #[must_use]
    pub const fn millionths(parts: u32) -> Self {
        Self(if parts < WHOLE { parts } else { WHOLE })
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.0 == 0
    }

    /// In parts of a million.
    #[must_use]
    pub const fn parts(self) -> u32 {
        self.0
    }

    /// As a chance of the simulated network.
    #[must_use]
    pub const fn chance(self) -> Chance {
        Chance::of(self.0, WHOLE)
    }

    /// So much of `whole`, rounded up.
    pub(crate) fn of(self, whole: u32) -> u32 {
        let part = (u64::from(whole) * u64::from(self.0)).div_ceil(u64::from(WHOLE));
        u32::try_from(part).unwrap_or(whole)
    }
}

impl FromStr for Share {
    type Err = BadUnit;

    fn from_str(text: &str) -> Result<Self, BadUnit> {
        let (number, whole) = match text.trim().strip_suffix('%') {
            Some(percent) => (percent.trim_end(), WHOLE / 100),
            None => (text.trim(), WHOLE),
        };
        let parts = scaled(number, u64::from(whole)).filter(|parts| *parts <= u64::from(WHOLE));
        let parts = parts.and_then(|parts| u32::try_from(parts).ok());
        parts.map(Self).ok_or_else(|| {
            BadUnit(format!(
                "{text:?} is no share of a whole (write one from 0 to 1, such as 0.05, or \"5%\")"
            ))
        })
    }
}

impl Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&decimal(u64::from(self.0), u64::from(WHOLE / 100), "%"))
    }
}

impl Serialize for Share {
    #[expect(
        clippy::float_arithmetic,
        reason = "written for readers, never computed with"
    )]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / f64::from(WHOLE))
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Share;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a share from 0 to 1, or a text such as \"5%\"")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Share, E> {
                // The shortest decimal that means this number is what was written.
                self.visit_str(&value.to_string())
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Share, E> {
                self.visit_str(&value.to_string())
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Share, E> {
                self.visit_str(&value.to_string())
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Share, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Reads a value that is written as a text.
pub(super) fn read_text<'de, D, T>(deserializer: D, expecting: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    struct Reader<T>(&'static str, std::marker::PhantomData<T>);
    impl<T: FromStr<Err: Display>> Visitor<'_> for Reader<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Reader(expecting, std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, micros, shown) in [
            ("200ms", 200_000, "200ms"),
            ("1.5s", 1_500_000, "1.5s"),
            ("0.25ms", 250, "250us"),
            ("1m30s", 90_000_000, "90s"),
            ("2m", 120_000_000, "2m"),
            ("1h", 3_600_000_000, "1h"),
            ("0s", 0, "0s"),
            ("1500ms", 1_500_000, "1.5s"),
            ("7d", 604_800_000_000, "7d"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(
                (span.micros(), &*span.to_string()),
                (micros, shown),
                "{text}"
            );
        }
        for text in [
            "",
            "5",
            "s",
            "1.s",
            "1 fortnight",
            "-3s",
            "1e3s",
            "99999999999999d",
        ] {
            let error = text.parse::<Span>().unwrap_err().to_string();
            assert!(error.contains("write one such as 200ms"), "{error}");
            let too_long = error.contains("longer than any duration can be");
            assert_eq!(too_long, text.starts_with('9'), "{error}");
        }
    }

    #[test]
    fn shares_are_read_as_numbers_and_percent() {
        for (text, parts) in [
            ("0.05", 50_000),
            ("5%", 50_000),
            ("0.5%", 5_000),
            ("1", 1_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Share(parts)), "{text}");
        }
        for text in ["1.01", "101%", "-1", "few", "."] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        assert_eq!(Share::percent(30).to_string(), "30%");
        assert_eq!(Share::percent(25).of(10), 3);
        assert_eq!(Share::ALL.chance(), Chance::ALWAYS);
    }

    proptest! {
        #[test]
        fn a_span_is_read_as_it_is_shown(micros in 0_u64..1 << 50) {
            let span = Span::from_micros(micros);
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }

        #[test]
        fn a_share_survives_a_number(parts in 0..=WHOLE) {
            let text = (f64::from(parts) / f64::from(WHOLE)).to_string();
            prop_assert_eq!(text.parse(), Ok(Share(parts)));
        }
    }
}
