//! `swim sim …`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use swim_sim::scenario::Span;

use super::{
    CompareArgs, ExplainArgs, MatrixArgs, MutantsArgs, RecordArgs, ReplayArgs, ReportArgs,
    ShrinkArgs, SweepArgs, TargetsArgs,
};

/// `swim sim`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim run split-brain                        two halves for a minute, then whole again
  swim sim list presets                           all questions that come with the program
  swim sim init mine.toml --zones a=30,b=30,c=40 --rtt a-b=2ms,a-c=40ms
  swim sim run mine.toml --seed 7
  swim sim sweep --swarm --seeds 0..1000 --keep failures
  swim sim explain split-brain --member n30

The nodes are real, and so is every byte that they send; the clock and the network are not.
Exit codes: 0 pass, 1 violated, 2 bad usage or a bad scenario, 3 vacuous (a fault never had an
effect, so nothing was shown), 4 nondeterministic.")]
pub(crate) struct SimArgs {
    #[command(subcommand)]
    pub(crate) command: SimCommand,
}

/// What to do with a simulation.
#[derive(Debug, Subcommand)]
pub(crate) enum SimCommand {
    /// Run a scenario: a preset by its name, or a file
    Run(RunArgs),
    /// Run many seeds, or a swarm of random scenarios, and keep what fails
    Sweep(SweepArgs),
    /// Repeat a run that was kept, and say whether it is the same
    Replay(ReplayArgs),
    /// Find the smallest scenario that fails as a kept one does
    Shrink(ShrinkArgs),
    /// Tell how it came to a violation, or to a member's suspicions and deaths
    Explain(ExplainArgs),
    /// Compare two ways to run the same days
    Compare(CompareArgs),
    /// Draw a cluster that really runs on such a page: ask its agents for a while
    Record(RecordArgs),
    /// Show that deliberately broken protocols are found
    Mutants(MutantsArgs),
    /// Run a scenario with each of several settings, and show the figures as a grid
    Matrix(MatrixArgs),
    /// Measure how good the protocol is, beside how good it has to be
    Targets(TargetsArgs),
    /// List what there is: presets, faults or invariants
    List(ListArgs),
    /// Run scenarios several times, and compare the runs event by event
    CheckDeterminism(DeterminismArgs),
    /// Print the JSON Schema of scenario files
    Schema(SchemaArgs),
    /// Write a scenario file to begin with
    Init(InitArgs),
}

impl SimCommand {
    /// As a person writes it; errors begin with it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Run(_) => "swim sim run",
            Self::Sweep(_) => "swim sim sweep",
            Self::Replay(_) => "swim sim replay",
            Self::Shrink(_) => "swim sim shrink",
            Self::Explain(_) => "swim sim explain",
            Self::Compare(_) => "swim sim compare",
            Self::Record(_) => "swim sim record",
            Self::Mutants(_) => "swim sim mutants",
            Self::Matrix(_) => "swim sim matrix",
            Self::Targets(_) => "swim sim targets",
            Self::List(_) => "swim sim list",
            Self::CheckDeterminism(_) => "swim sim check-determinism",
            Self::Schema(_) => "swim sim schema",
            Self::Init(_) => "swim sim init",
        }
    }
}

/// Which scenario, and what is different in it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Subject {
    /// A preset's name, or a file
    #[arg(value_name = "NAME|FILE")]
    pub(crate) scenario: String,
    /// How many nodes
    #[arg(long, value_name = "N", env = "SWIM_NODES")]
    pub(crate) nodes: Option<u32>,
    /// How long it runs
    #[arg(long = "for", value_name = "DURATION", env = "SWIM_FOR", value_parser = duration)]
    pub(crate) lasting: Option<Span>,
    /// Where all that is random comes from
    #[arg(long, value_name = "S", env = "SWIM_SEED")]
    pub(crate) seed: Option<u64>,
    /// The nodes' settings: lan, wan, local, patient, memberlist-lan, memberlist-wan, memberlist-local or plain-swim
    #[arg(long, value_name = "PROFILE", env = "SWIM_PROFILE")]
    pub(crate) profile: Option<String>,
    /// Change any value of the scenario by its path, such as network.loss=5% or fault.1.for=10s; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", env = "SWIM_SET")]
    pub(crate) set: Vec<String>,
    /// What `--vary` or `--with` changes: it wins over flags, or what is told as varied would not be.
    #[arg(skip)]
    pub(crate) varied: Vec<String>,
}

impl Subject {
    /// That scenario as it stands.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            scenario: name.to_owned(),
            nodes: None,
            lasting: None,
            seed: None,
            profile: None,
            set: Vec::new(),
            varied: Vec::new(),
        }
    }
}

/// `swim sim run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim run split-brain --html split-brain.html --open
  swim sim run crash --nodes 200 --profile memberlist-lan
  swim sim run loss-30 --set fault.1.share=45% --json | jq .metrics

Ends with 0 if the run passed, 1 if something was violated, 3 if a fault had no effect.")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// Print a JSON object
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) reports: ReportArgs,
}

/// `swim sim list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim list presets
  swim sim list faults --json | jq -r '.[].name'
  swim sim list invariants --nodes 200 --profile wan

The bounds of invariants follow from the nodes' settings and from how many there are.")]
pub(crate) struct ListArgs {
    /// Of what
    #[arg(value_parser = ["presets", "faults", "invariants"])]
    pub(crate) what: String,
    /// For so many nodes
    #[arg(long, value_name = "N", env = "SWIM_NODES", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) nodes: u32,
    /// For nodes with these settings
    #[arg(
        long,
        value_name = "PROFILE",
        env = "SWIM_PROFILE",
        default_value = "lan"
    )]
    pub(crate) profile: String,
    /// Print a JSON array
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

/// `swim sim check-determinism`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim check-determinism                      all presets
  swim sim check-determinism mine.toml crash --json

Each scenario is run three times, with and without somebody looking on. Ends with 4 if two runs
differ, and tells the first event at which they did.")]
pub(crate) struct DeterminismArgs {
    /// Presets' names, or files; without any, all presets
    #[arg(value_name = "NAME|FILE")]
    pub(crate) scenarios: Vec<String>,
    /// Print a JSON array
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

/// `swim sim schema`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim schema > scenario.schema.json

With `#:schema ./scenario.schema.json` as a file's first line, many editors complete and check it.")]
pub(crate) struct SchemaArgs {}

/// `swim sim init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim init mine.toml
  swim sim init --zones a=30,b=30,c=40 --rtt a-b=2ms,a-c=40ms > zones.toml
  swim sim init --from-memberlist config.json mine.toml

Writes nothing over: a file that exists stays as it is.")]
pub(crate) struct InitArgs {
    /// Where to; without it, to standard output
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Where nodes stand: names with numbers of nodes
    #[arg(long, value_name = "NAME=N,…", env = "SWIM_ZONES")]
    pub(crate) zones: Option<String>,
    /// Round trips between zones: pairs of names with durations
    #[arg(
        long,
        value_name = "A-B=DURATION,…",
        env = "SWIM_RTT",
        requires = "zones"
    )]
    pub(crate) rtt: Option<String>,
    /// Take the gossip settings from a configuration of memberlist, Serf or Consul: JSON, Go, or lines KEY = VALUE
    #[arg(
        long,
        value_name = "FILE",
        env = "SWIM_FROM_MEMBERLIST",
        conflicts_with = "profile"
    )]
    pub(crate) from_memberlist: Option<PathBuf>,
    /// The nodes' settings to begin with
    #[arg(long, value_name = "PROFILE", env = "SWIM_PROFILE")]
    pub(crate) profile: Option<String>,
}

pub(super) fn duration(text: &str) -> Result<Span, String> {
    text.parse().map_err(|error| format!("{error}"))
}
