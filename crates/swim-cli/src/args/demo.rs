//! `swim demo`.

use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::text;

const AFTER_HELP: &str = "\
Examples:
  swim demo
  swim demo --nodes 8 --within-death 10s
  swim demo --json | jq -c 'select(.kind == \"step\")'

Every node is a `swim agent` of its own, on free ports of the loopback interface. Nothing is left
running, however the demo ends. Ends with 0 only if everything was seen within its bound.";

/// `swim demo`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct DemoArgs {
    /// How many agents
    #[arg(long, value_name = "N", env = "SWIM_NODES", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(3..=32))]
    pub(crate) nodes: u16,
    /// Print one JSON object a line
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
    /// Bound for: all survivors list the killed agent dead
    #[arg(long, value_name = "DURATION", env = "SWIM_WITHIN_DEATH", default_value = "10s",
          value_parser = text::parse_duration)]
    pub(crate) within_death: Duration,
    /// Kind of network that the agents believe in
    #[arg(long, value_name = "PROFILE", env = "SWIM_PROFILE", default_value = "lan",
          value_parser = ["lan", "local"])]
    pub(crate) profile: String,
    /// For tests: all the profile's intervals and time-outs divided by this
    #[arg(long, value_name = "N", env = "SWIM_SPEED", default_value_t = 1, hide = true,
          value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) speed: u32,
}
