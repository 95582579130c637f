//! What a scenario expects: bounds of its own, and what it is meant to break, each with its reason.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::selector::Selector;
use super::units::Span;

/// `[expect]`: without a word, the bounds are derived from the protocol's settings and nothing may break.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Everybody who can hear of it knows of each crash within this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detect_within: Option<Span>,
    /// All views are one within this time after the last fault on links has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converge_after_heal: Option<Span>,
    /// How many times a running member may be called dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_positives: Option<FalsePositives>,
    /// Invariants that are meant to be violated; the scenario fails when they are not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Breaks>,
    /// Members that are meant to be called dead though they run; the scenario fails when they are not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deaths: Vec<ExpectedDeath>,
}

/// The most deaths told of members that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FalsePositives {
    /// How many.
    pub max: u32,
    /// Of whom.
    #[serde(default)]
    pub scope: Scope,
}

/// Of which members something is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Of those that no fault ever touched.
    #[default]
    NeverFaulted,
    /// Of those that no fault ever touched, told by one that none touched either: Lifeguard's false positives at healthy members.
    AmongNeverFaulted,
    /// Of all.
    All,
}

/// One entry of `[[expect.breaks]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breaks {
    /// Which invariant: S1 to S20, L1 to L12.
    pub invariant: String,
    /// Of which members; default any.
    #[serde(default = "Selector::all")]
    pub nodes: Selector,
    /// Why that is right.
    pub reason: String,
}

/// One entry of `[[expect.deaths]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedDeath {
    /// Who is called dead, each by at least one other.
    pub nodes: Selector,
    /// Why that is right.
    pub reason: String,
}
