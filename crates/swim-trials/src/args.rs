//! The command line.

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Proves one thing about swim, slowly: with real agents, or with nodes on real sockets.
///
/// Prints what was expected and what was seen, and ends with 0 if all held, with 1 if something was missed. What this
/// machine can't give (root, network namespaces, iptables) is one line `SKIP <what>: <why>`, and no failure.
#[derive(Debug, Parser)]
#[command(name = "swim-trials", version)]
pub(crate) struct Args {
    /// What to prove
    pub(crate) trial: Trial,
    /// Print one JSON object instead of lines
    #[arg(long)]
    pub(crate) json: bool,
    /// How long the fault lasts, or how long is measured [default: what the trial is known for]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: Option<u64>,
    /// Nodes of `storm` and `idle` [default: 256 and 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=2_048))]
    nodes: Option<u16>,
    /// Set by the program itself: it runs inside a network of its own
    #[arg(long, hide = true)]
    pub(crate) inside: bool,
}

/// Every trial there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trial {
    /// Eight agents meet, lose one, take it back, wait for a sleeper, and part with one
    Eight,
    /// An agent is killed and started again, twice within a second, and at a new address
    Restart,
    /// An agent stands still for a minute
    Freeze,
    /// Two groups of four are cut from each other for a minute, with their seed alive and without
    Split,
    /// One agent of eight hears nothing for half a minute, but is heard
    Deaf,
    /// 256 nodes start at once from one address
    Storm,
    /// What 64 nodes cost while nothing happens
    Idle,
    /// What one agent keeps in memory
    Memory,
    /// A million damaged datagrams
    Noise,
    /// A thousand forged rumours, well-formed
    Forge,
    /// A thousand streams at once, and streams that drip
    Streams,
    /// A clock that stands still, and one that jumps
    Clock,
}

impl Args {
    /// How long the fault lasts, or how long is measured.
    pub(crate) fn time(&self, usual: u64) -> Duration {
        Duration::from_secs(self.seconds.unwrap_or(usual))
    }

    /// How many nodes take part.
    pub(crate) fn nodes(&self, usual: u16) -> usize {
        usize::from(self.nodes.unwrap_or(usual))
    }
}

impl Trial {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Eight => "eight",
            Self::Restart => "restart",
            Self::Freeze => "freeze",
            Self::Split => "split",
            Self::Deaf => "deaf",
            Self::Storm => "storm",
            Self::Idle => "idle",
            Self::Memory => "memory",
            Self::Noise => "noise",
            Self::Forge => "forge",
            Self::Streams => "streams",
            Self::Clock => "clock",
        }
    }

    /// Whether it needs networks of its own.
    pub(crate) const fn needs_rooms(self) -> bool {
        matches!(self, Self::Split | Self::Deaf)
    }

    /// What it is about, as the help says it.
    pub(crate) fn about(self) -> String {
        let value = self.to_possible_value();
        let help = value.as_ref().and_then(|value| value.get_help());
        help.map(ToString::to_string).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_trial_has_its_name() {
        Args::command().debug_assert();
        for trial in Trial::value_variants() {
            let value = trial.to_possible_value().expect("none is hidden");
            assert_eq!(value.get_name(), trial.name());
            assert!(!trial.about().is_empty());
        }
    }
}
