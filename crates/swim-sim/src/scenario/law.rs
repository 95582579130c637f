//! How long something takes, as people write it.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use super::units::Span;
use crate::delay::Delay;

/// How long something takes: `"0.5ms"`, or a distribution such as `{ dist = "lognormal", median = "0.5ms", p99 = "4ms" }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Law {
    /// Always the same.
    Constant(Span),
    /// Sometimes more, sometimes less.
    Distributed(Distribution),
}

/// The distribution of a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(tag = "dist", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Distribution {
    /// Anything between the two, equally likely.
    Uniform {
        /// The least.
        min: Span,
        /// The most.
        max: Span,
    },
    /// Memoryless: many short ones, few long ones.
    Exp {
        /// The mean of what lies above `min`.
        mean: Span,
        /// Added to each.
        #[serde(default)]
        min: Span,
        /// The most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Span>,
    },
    /// Its logarithm is normal: what networks mostly do.
    Lognormal {
        /// Half are shorter.
        median: Span,
        /// One in a hundred is longer.
        p99: Span,
        /// The least.
        #[serde(default)]
        min: Span,
        /// The most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Span>,
    },
    /// A heavy tail.
    Pareto {
        /// The least.
        min: Span,
        /// One in a hundred is longer.
        p99: Span,
        /// The most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Span>,
    },
}

impl Law {
    /// As the engine understands it.
    pub(crate) fn delay(self) -> Delay {
        let most = |cap: Option<Span>| cap.map_or(Delay::LONGEST, |cap| cap.0);
        match self {
            Self::Constant(time) => Delay::Constant(time.0),
            Self::Distributed(Distribution::Uniform { min, max }) => Delay::Uniform(min.0, max.0),
            Self::Distributed(Distribution::Exp { mean, min, cap }) => {
                Delay::exponential(mean.0, min.0, most(cap))
            }
            Self::Distributed(Distribution::Lognormal {
                median,
                p99,
                min,
                cap,
            }) => Delay::lognormal(median.0, p99.0, min.0, most(cap)),
            Self::Distributed(Distribution::Pareto { min, p99, cap }) => {
                Delay::pareto(min.0, p99.0, most(cap))
            }
        }
    }

    /// Whether it gives no time at all.
    pub(super) fn is_nothing(self) -> bool {
        let most = match self {
            Self::Constant(time) => time,
            Self::Distributed(Distribution::Uniform { max, .. }) => max,
            Self::Distributed(Distribution::Exp { mean, min, cap }) => {
                cap.unwrap_or_else(|| mean.max(min))
            }
            Self::Distributed(
                Distribution::Lognormal { p99, cap, .. } | Distribution::Pareto { p99, cap, .. },
            ) => cap.unwrap_or(p99),
        };
        most.micros() == 0
    }

    /// What can't be, in words.
    pub(super) fn fault(self) -> Option<String> {
        let Self::Distributed(distribution) = self else {
            return None;
        };
        let (least, what, most) = match distribution {
            Distribution::Uniform { min, max } => (min, "max", Some(max)),
            Distribution::Exp { min, cap, .. } => (min, "cap", cap),
            Distribution::Lognormal { median, p99, .. } if p99 < median => {
                return Some(format!("p99 = {p99} is less than median = {median}"));
            }
            Distribution::Lognormal { min, cap, .. } => (min, "cap", cap),
            Distribution::Pareto { min, p99, .. } if p99 < min || min.micros() == 0 => {
                return Some(format!(
                    "min = {min} must be more than zero and at most p99 = {p99}"
                ));
            }
            Distribution::Pareto { min, cap, .. } => (min, "cap", cap),
        };
        let most = most.filter(|most| *most < least)?;
        Some(format!("{what} = {most} is less than min = {least}"))
    }
}

impl From<Span> for Law {
    fn from(time: Span) -> Self {
        Self::Constant(time)
    }
}

impl<'de> Deserialize<'de> for Law {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Law;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"0.5ms\", or a table with dist = \"uniform\", \"exp\", \"lognormal\" or \"pareto\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Law, E> {
                text.parse().map(Law::Constant).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Law, A::Error> {
                Distribution::deserialize(MapAccessDeserializer::new(map)).map(Law::Distributed)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
