//! What comes out of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// What came out of one run: the JSON of `swim sim run --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// How many nodes.
    pub nodes: u32,
    /// The time that passed for the nodes, from the scenario's beginning.
    #[serde(rename = "simulated_s", serialize_with = "seconds")]
    pub simulated: Duration,
    /// The time that the process has used, of processors: user and system, all of it.
    #[serde(rename = "cpu_s", serialize_with = "seconds")]
    pub cpu: Duration,
    /// Events: datagrams sent and read, alarms, things told, faults.
    pub events: u64,
    /// One number for all that happened.
    #[serde(serialize_with = "hexadecimal")]
    pub trace_hash: u64,
    /// In one word.
    pub verdict: Verdict,
    /// What was violated.
    pub violations: Vec<Violation>,
    /// The faults as they were written, and how often each fired.
    pub faults: Vec<FaultFired>,
    /// Expectations that there was nothing to look at for, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unshown: Vec<String>,
    /// Invariants that there was nothing to look at for: the run says nothing of them.
    pub unlooked: Vec<&'static str>,
    /// What was measured, by name.
    pub metrics: Metrics,
}

/// The verdict on a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All that was to be shown was shown.
    Pass,
    /// An invariant was violated, or an expectation missed.
    Violated,
    /// Nothing was violated, and nothing shown: a fault never fired, or an expectation had nothing to look at.
    Vacuous,
}

impl Verdict {
    /// The word used in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Violated => "violated",
            Self::Vacuous => "vacuous",
        }
    }
}

/// An invariant that was violated, or an expectation that was missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which: S1 to S20, L1 to L12, or `expect`.
    pub id: String,
    /// When, from the scenario's beginning.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Duration,
    /// Whom it is about, the observer first.
    pub members: Vec<String>,
    /// In a sentence.
    pub text: String,
    /// The last events that led there: faults, and what befell or was held of these members. Empty for what was expected and
    /// did not happen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

/// A fault as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultFired {
    /// What.
    pub kind: &'static str,
    /// When it began.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: Duration,
    /// How often it did something: datagrams, pieces of streams, nodes.
    pub fired: u64,
}

/// Figures by name, each in the unit that its name ends with.
pub type Metrics = BTreeMap<&'static str, f64>;

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn hexadecimal<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{number:016x}"))
}
