//! The network in its usual state: how long everything takes, and what gets lost anyway.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::law::{Distribution, Law};
use super::units::{Share, Span};

/// `[network]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// How long everything takes one way; default 0.25 to 0.75 ms. Between zones half the round trip is added.
    pub delay: Law,
    /// How many datagrams get lost, each by itself; default none.
    #[serde(skip_serializing_if = "Share::is_none")]
    pub loss: Share,
    /// The most bytes of a datagram, without the headers of IP and UDP; default 1,400.
    pub datagram: u16,
    /// Round trips between zones: `a-b = "2ms"`; `a-a` within one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rtt: BTreeMap<String, Span>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            delay: Law::Distributed(Distribution::Uniform {
                min: Span::from_micros(250),
                max: Span::from_micros(750),
            }),
            loss: Share::NONE,
            datagram: 1_400,
            rtt: BTreeMap::new(),
        }
    }
}
