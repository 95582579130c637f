//! The simulator's commands that run many seeds for a table.

use std::ops::Range;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::Subject;
use super::sweep::seeds;

/// `swim sim targets`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim targets                                a quick look at all, a few seeds each
  swim sim targets --row crash-64 --seeds 0..100
  swim sim targets --row split-64 --show > split-64.toml && swim sim run split-64.toml

Ends with 1 if a target is missed of which that was not known. The figures depend on the seeds
alone, not on the machine.")]
pub(crate) struct TargetsArgs {
    /// Only these rows: a name, or its beginning; can be given several times
    #[arg(long = "row", value_name = "NAME", env = "SWIM_ROW")]
    pub(crate) rows: Vec<String>,
    /// The seeds, the last one left out; without it a few, as many as each row needs for a first look
    #[arg(long, value_name = "A..B", env = "SWIM_SEEDS", value_parser = seeds)]
    pub(crate) seeds: Option<Range<u64>>,
    /// How many runs at a time; default one for each processor
    #[arg(long, value_name = "N", env = "SWIM_JOBS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Print the scenarios instead of running them
    #[arg(long, env = "SWIM_SHOW", conflicts_with = "json", value_parser = BoolishValueParser::new())]
    pub(crate) show: bool,
    /// Print a JSON array
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

/// `swim sim matrix`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim matrix crash --vary nodes=10,100 --vary profile=lan,memberlist-lan
  swim sim matrix loss-30 --vary fault.1.share=10%,30%,50% --figure sent_bytes_per_node_s --figure false_deaths
  swim sim matrix crash --vary protocol.probe.interval=500ms,1s --seeds 0..50 --csv > grid.csv

Each cell is the median over the seeds. A figure that has no meaning in a run is left out.")]
pub(crate) struct MatrixArgs {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// A value of the scenario by its path, and all that it is to be; given twice, each with each. It wins over flags
    #[arg(
        long = "vary",
        value_name = "KEY=A,B,…",
        env = "SWIM_VARY",
        required = true
    )]
    pub(crate) vary: Vec<String>,
    /// Only these figures; can be given several times
    #[arg(long = "figure", value_name = "NAME", env = "SWIM_FIGURE")]
    pub(crate) figures: Vec<String>,
    /// The seeds, the last one left out
    #[arg(long, value_name = "A..B", env = "SWIM_SEEDS", default_value = "0..5", value_parser = seeds)]
    pub(crate) seeds: Range<u64>,
    /// How many runs at a time; default one for each processor
    #[arg(long, value_name = "N", env = "SWIM_JOBS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Print a table with commas, for other programs
    #[arg(long, env = "SWIM_CSV", conflicts_with = "json", value_parser = BoolishValueParser::new())]
    pub(crate) csv: bool,
    /// Print a JSON array
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}
