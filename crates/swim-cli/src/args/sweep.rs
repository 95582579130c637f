//! Many runs, and what is done with the failures that they find.

use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;
use swim_sim::scenario::Span;

use super::ReportArgs;
use super::sim::duration;

/// `swim sim sweep`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  swim sim sweep --swarm --seeds 0..1000 --keep failures
  swim sim sweep split-brain --seeds 0..200 --json | jq .failures
  swim sim sweep --swarm --nodes 3..10 --seeds 0..10000 --shard 2/8 --keep part-2
  swim sim sweep --merge part-* --keep failures

With --keep each kind of failure gets a folder, which `replay`, `explain` and `shrink` take; and the
same words go on where an interrupted sweep ended, by Ctrl-C or otherwise. Another sweep into the
same folder is refused. Parts of a sweep can run on any machines: --shard I/N takes every N-th
seed, I from 1 to N (0 is the same as N), and --merge tells what the whole would have told.
Every 20th run is done twice, and both must be the same.

Ends with 0 if nothing was violated, 1 if something was, 3 if more than 5 % of the runs showed
nothing, 4 if a run went two ways, and 130 when it was interrupted.")]
pub(crate) struct SweepArgs {
    /// A preset's name, or a file
    #[arg(value_name = "NAME|FILE", conflicts_with_all = ["swarm", "merge"])]
    pub(crate) scenario: Option<String>,
    /// A scenario of its own for each seed, with random faults of all kinds
    #[arg(long, env = "SWIM_SWARM", value_parser = BoolishValueParser::new())]
    pub(crate) swarm: bool,
    /// How many nodes: with --swarm a range such as 3..40, the end left out
    #[arg(long, value_name = "N|A..B", env = "SWIM_NODES")]
    pub(crate) nodes: Option<String>,
    /// The seeds, the end left out; at most 10,000,000 of them
    #[arg(long, value_name = "A..B", env = "SWIM_SEEDS", default_value = "0..100", value_parser = seeds)]
    pub(crate) seeds: Range<u64>,
    /// What is different in the scenario
    #[command(flatten)]
    pub(crate) changes: ChangeArgs,
    /// So many runs at once [default: as many as there are processors]
    #[arg(long, short, value_name = "N", env = "SWIM_JOBS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Only one part of several
    #[arg(long, value_name = "I/N", env = "SWIM_SHARD", value_parser = shard)]
    pub(crate) shard: Option<[u64; 2]>,
    /// Keep failures in this folder, and what is done
    #[arg(long, value_name = "DIR", env = "SWIM_KEEP")]
    pub(crate) keep: Option<PathBuf>,
    /// Run nothing: bring the folders of all parts together
    #[arg(long, value_name = "DIR", env = "SWIM_MERGE", num_args = 1..,
          conflicts_with_all = ["swarm", "shard", "seeds"])]
    pub(crate) merge: Vec<PathBuf>,
    /// Break the protocol deliberately, in a build that can (see `swim sim mutants --help`)
    #[arg(long, value_name = "NAME", env = "SWIM_MUTANT")]
    pub(crate) mutant: Option<String>,
    /// Print a JSON object
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

/// What is different in a scenario.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ChangeArgs {
    /// How long it runs
    #[arg(long = "for", value_name = "DURATION", env = "SWIM_FOR", value_parser = duration, conflicts_with = "swarm")]
    pub(crate) lasting: Option<Span>,
    /// The nodes' settings
    #[arg(
        long,
        value_name = "PROFILE",
        env = "SWIM_PROFILE",
        conflicts_with = "swarm"
    )]
    pub(crate) profile: Option<String>,
    /// Change any value of the scenario by its path; can be given several times
    #[arg(
        long = "set",
        value_name = "KEY=VALUE",
        env = "SWIM_SET",
        conflicts_with = "swarm"
    )]
    pub(crate) set: Vec<String>,
}

/// `swim sim replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim replay failures/L1-crash
  swim sim replay failures/L1-crash --html failure.html --open
  swim sim run crash --jsonl crash.jsonl && swim sim replay crash.jsonl

The run must be the same, event by event: its trace hash is compared with the one that was kept. What
another version of swim kept is refused, since it may run another way.

Ends as `swim sim run` does, and with 4 if the very program that kept it runs it another way.")]
pub(crate) struct ReplayArgs {
    /// A folder of `sweep --keep` or a file in it, or what `run --jsonl` wrote
    #[arg(value_name = "DIR|FILE")]
    pub(crate) kept: PathBuf,
    /// Repeat it even if another version kept it
    #[arg(long, env = "SWIM_FORCE", value_parser = BoolishValueParser::new())]
    pub(crate) force: bool,
    /// Print a JSON object
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) reports: ReportArgs,
}

/// `swim sim shrink`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim shrink failures/L1-crash
  swim sim shrink failures/L1-crash --budget 10m --out small.toml --emit-test tests/l1_crash.rs
  swim sim shrink mine.toml | swim sim run /dev/stdin

Takes away what the failure does not need: time after it, faults, nodes, and what is odd about the
rest. Each step must show the same failure: the same invariant, of members that the same kinds of
faults touch. Ends with 0 if a smaller scenario was found or the failure is as small as it gets, with
3 if nothing is violated to begin with, and with 130 when it was interrupted: what it writes then is
the smallest so far.")]
pub(crate) struct ShrinkArgs {
    /// A folder of `sweep --keep`, or a scenario that violates something
    #[arg(value_name = "DIR|FILE")]
    pub(crate) kept: PathBuf,
    /// How long it may take
    #[arg(long, value_name = "DURATION", env = "SWIM_BUDGET", default_value = "60s", value_parser = duration)]
    pub(crate) budget: Span,
    /// Write the smallest scenario to this file, not to standard output
    #[arg(long, value_name = "FILE", env = "SWIM_OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Write a Rust test that fails for as long as the scenario violates something
    #[arg(long, value_name = "FILE", env = "SWIM_EMIT_TEST")]
    pub(crate) emit_test: Option<PathBuf>,
    /// Shrink it even if another version kept it
    #[arg(long, env = "SWIM_FORCE", value_parser = BoolishValueParser::new())]
    pub(crate) force: bool,
}

/// `swim sim explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim explain failures/L1-crash              how it came to the first violation
  swim sim explain split-brain --member n30       who suspected n30, why, and what came of it
  swim sim explain one-way --member n3 --json

Ends with 0 if there was something to explain.")]
pub(crate) struct ExplainArgs {
    /// A folder of `sweep --keep`, a scenario's file, or a preset's name
    #[arg(value_name = "DIR|FILE|NAME")]
    pub(crate) kept: PathBuf,
    /// The suspicions and deaths of this member [default: that of the first violation]
    #[arg(long, value_name = "nX", env = "SWIM_MEMBER", value_parser = member)]
    pub(crate) member: Option<u32>,
    /// Another seed than the scenario's
    #[arg(long, value_name = "S", env = "SWIM_SEED")]
    pub(crate) seed: Option<u64>,
    /// Explain it even if another version kept it
    #[arg(long, env = "SWIM_FORCE", value_parser = BoolishValueParser::new())]
    pub(crate) force: bool,
    /// Print a JSON object
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

/// `swim sim mutants`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim sim mutants
  swim sim mutants --seeds 0..200 --json
  RUSTFLAGS=\"--cfg swim_mutants\" cargo build --release -p swim-cli --target-dir target/mutants

Runs one and the same swarm against the protocol as it is, which must pass, and against deliberately
broken ones, each of which must be found. No feature of any crate has them: they are in a build with
that flag alone. Ends with 0 if all are found and nothing else is, else with 1.")]
pub(crate) struct MutantsArgs {
    /// The seeds, the end left out; at most 10,000,000 of them
    #[arg(long, value_name = "A..B", env = "SWIM_SEEDS", default_value = "0..1000", value_parser = seeds)]
    pub(crate) seeds: Range<u64>,
    /// So many runs at once [default: as many as there are processors]
    #[arg(long, short, value_name = "N", env = "SWIM_JOBS", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Print a JSON array
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
}

/// More runs than this would take months and the memory of a large machine; whoever writes more of them has mistyped.
pub(crate) const MOST_RUNS: u64 = 10_000_000;

/// Reads `0..20`.
pub(super) fn seeds(text: &str) -> Result<Range<u64>, String> {
    let seeds =
        range(text).ok_or("no range of seeds (write one such as 0..20, the end left out)")?;
    let count = seeds.end - seeds.start;
    if count > MOST_RUNS {
        return Err(format!(
            "{count} seeds are too many (say fewer: at most {MOST_RUNS})"
        ));
    }
    Ok(seeds)
}

/// Two numbers, the second one greater.
pub(crate) fn range(text: &str) -> Option<Range<u64>> {
    let (from, to) = text.split_once("..")?;
    let range = from.trim().parse().ok()?..to.trim().parse().ok()?;
    Some(range).filter(|range| !range.is_empty())
}

/// Reads `1/4`; part 0 is the last one, for those who count from 0.
fn shard(text: &str) -> Result<[u64; 2], String> {
    let ends = text.split_once('/');
    let shard = ends
        .and_then(|(part, parts)| Some([part.trim().parse().ok()?, parts.trim().parse().ok()?]));
    match shard {
        Some([part, parts]) if parts > 0 && part <= parts => {
            Ok([if part == 0 { parts } else { part }, parts])
        }
        _ => Err("no part of several (write one such as 2/8: the second of eight)".to_owned()),
    }
}

/// Reads `n17`.
fn member(text: &str) -> Result<u32, String> {
    let number = text
        .strip_prefix('n')
        .and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| "no member (they are called n0, n1 and so on)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_parts_are_read_and_what_is_none_is_refused() {
        assert_eq!(seeds("3..7"), Ok(3..7));
        for bad in ["7", "7..3", "3..3", "a..b", "-1..4", "3..=7"] {
            assert!(seeds(bad).unwrap_err().contains("0..20"), "{bad}");
        }
        assert_eq!(seeds("5..10000005"), Ok(5..10_000_005));
        for many in ["0..10000001", "0..18446744073709551615"] {
            assert!(seeds(many).unwrap_err().contains("say fewer"), "{many}");
        }
        assert_eq!(
            (shard("1/4"), shard("4/4"), shard("0/4")),
            (Ok([1, 4]), Ok([4, 4]), Ok([4, 4]))
        );
        for bad in ["4", "5/4", "0/0", "1/0", "one/two"] {
            assert!(shard(bad).unwrap_err().contains("2/8"), "{bad}");
        }
        assert_eq!(member("n17"), Ok(17));
        assert!(member("17").is_err() && member("nx").is_err());
    }
}
