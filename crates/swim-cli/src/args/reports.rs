//! What the simulator's commands write besides their summary, and what they compare.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;
use swim_sim::scenario::Span;

use super::sim::duration;
use super::sweep::seeds;
use crate::address::HostPort;
use crate::errors::Failure;

/// Where reports go.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReportArgs {
    /// Write all that happens as JSON, a line for each event; the last line has the verdict
    #[arg(long, value_name = "FILE", env = "SWIM_JSONL")]
    pub(crate) jsonl: Option<PathBuf>,
    /// With --jsonl: also what becomes of each datagram
    #[arg(long, env = "SWIM_DATAGRAMS", requires = "jsonl",
          value_parser = BoolishValueParser::new())]
    pub(crate) datagrams: bool,
    /// Write a page that shows the run; it needs no network
    #[arg(long, value_name = "FILE", env = "SWIM_HTML")]
    pub(crate) html: Option<PathBuf>,
    /// Open the page in a browser; without --html it is written among the temporary files
    #[arg(long, env = "SWIM_OPEN", value_parser = BoolishValueParser::new())]
    pub(crate) open: bool,
}

/// `swim sim compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim compare --profile memberlist-lan --profile lan
  swim sim compare loss-30 --with protocol.gossip.interval=100ms --seeds 0..50
  swim sim compare mine.toml tuned.toml --json

Both are run over the same seeds, with the same faults and the same luck; what is told are the
mean differences of pairs, with their intervals of 95 % confidence.")]
pub(crate) struct CompareArgs {
    /// One scenario, or two: presets' names, or files; without any, crash
    #[arg(value_name = "NAME|FILE", num_args = 0..=2)]
    pub(crate) scenarios: Vec<String>,
    /// The nodes' settings; given twice, those of the first and those of the second
    #[arg(long = "profile", value_name = "PROFILE", env = "SWIM_PROFILE")]
    pub(crate) profiles: Vec<String>,
    /// Change a value of both
    #[arg(long = "set", value_name = "KEY=VALUE", env = "SWIM_SET")]
    pub(crate) set: Vec<String>,
    /// Change a value of the second only; it wins over flags
    #[arg(long = "with", value_name = "KEY=VALUE", env = "SWIM_WITH")]
    pub(crate) with: Vec<String>,
    /// How many nodes
    #[arg(long, value_name = "N", env = "SWIM_NODES")]
    pub(crate) nodes: Option<u32>,
    /// The seeds, the last one left out
    #[arg(long, value_name = "A..B", env = "SWIM_SEEDS", default_value = "0..20", value_parser = seeds)]
    pub(crate) seeds: Range<u64>,
    /// Print a JSON array
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

/// `swim sim record`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim record --control 127.0.0.1:7373 127.0.0.1:7374 127.0.0.1:7375 --html cluster.html
  swim sim record --control 10.0.0.1:7373 --control 10.0.0.2:7373 --for 10m --every 1s --html day.html

Each agent named is asked whom it holds, again and again, by its control face, and nothing is
changed. Whoever is asked and answers is taken to run; of members that are not asked, nobody can
be wrong. Ctrl-C ends the recording and draws what there is.
Exit codes: 0 drawn, 1 the page can't be written, 2 bad usage, 3 no agent answers.")]
pub(crate) struct RecordArgs {
    /// Addresses of the agents' control faces
    #[arg(long, value_name = "ADDR", env = "SWIM_CONTROL", required = true, num_args = 1..,
          value_delimiter = ',')]
    pub(crate) control: Vec<String>,
    /// For how long
    #[arg(long = "for", value_name = "DURATION", env = "SWIM_FOR", default_value = "60s", value_parser = duration)]
    pub(crate) lasting: Span,
    /// How long to wait between two questions to the same agent
    #[arg(long, value_name = "DURATION", env = "SWIM_EVERY", default_value = "250ms", value_parser = duration)]
    pub(crate) every: Span,
    /// Where the page goes
    #[arg(long, value_name = "FILE", env = "SWIM_HTML", required = true)]
    pub(crate) html: PathBuf,
    /// Open the page in a browser
    #[arg(long, env = "SWIM_OPEN", value_parser = BoolishValueParser::new())]
    pub(crate) open: bool,
    /// Print a JSON object
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

impl RecordArgs {
    /// The addresses to ask.
    ///
    /// # Errors
    /// A usage failure if one is no address.
    pub(crate) fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        let address = |said: &String| {
            let address = said.parse::<HostPort>();
            let address = address.and_then(|address| address.resolve());
            address.map_err(|error| Failure::usage(format!("--control: {error}")))
        };
        self.control.iter().map(address).collect()
    }
}
