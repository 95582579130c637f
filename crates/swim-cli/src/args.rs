//! The command line: what can be said, and where each flag's environment variable is.

mod agent;
mod demo;
mod reports;
mod sim;
mod sweep;
mod targets;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};

pub(crate) use agent::{AgentArgs, DEFAULT_CONTROL, DEFAULT_EVENTS_KEPT};
pub(crate) use demo::DemoArgs;
pub(crate) use reports::{CompareArgs, RecordArgs, ReportArgs};
pub(crate) use sim::{DeterminismArgs, InitArgs, ListArgs, RunArgs, SimArgs, SimCommand, Subject};
pub(crate) use sweep::{
    ExplainArgs, MOST_RUNS, MutantsArgs, ReplayArgs, ShrinkArgs, SweepArgs, range,
};
pub(crate) use targets::{MatrixArgs, TargetsArgs};

use crate::address::HostPort;
use crate::errors::Failure;

/// What `swim --version` prints after the name.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("SWIM_COMMIT"),
    ", wire version 1)"
);

const AFTER_HELP: &str = "\
Examples:
  swim demo                                       a real cluster on this machine, in a minute
  swim agent --name a --bind 127.0.0.1:7946       the first node of a cluster
  swim agent --name b --bind 127.0.0.1:7947 --join 127.0.0.1:7946 --control 127.0.0.1:7374
  swim members                                    who is here, and who has died
  swim events                                     what happens from now on
  swim leave                                      part in peace
  swim sim run split-brain                        what would a cluster do when the network splits?

Every flag has an environment variable. Exit codes: 0 done, 1 failed, 2 bad usage or a bad value,
3 no agent answers at --control.";

/// Who is here, and who has died: cluster membership by SWIM and Lifeguard.
#[derive(Debug, Parser)]
#[command(name = "swim", version = VERSION, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node of a cluster until it is told to leave
    Agent(Box<AgentArgs>),
    /// List everybody remembered: alive, suspect, dead and left
    Members(MembersArgs),
    /// Show the node's account of itself: health, digest, counters
    Info(ReadArgs),
    /// Follow what happens: one sentence, or one JSON object, a line
    Events(EventsArgs),
    /// Join a cluster through these addresses
    Join(JoinArgs),
    /// Say goodbye to the cluster and end the agent
    Leave(ControlArgs),
    /// Replace what the node tells about itself
    Meta(MetaArgs),
    /// Watch a cluster form, lose a member, take it back and part with one in peace
    Demo(DemoArgs),
    /// Simulate a cluster: what does it do when the network breaks?
    Sim(SimArgs),
}

impl Command {
    /// As a person writes it; errors begin with it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Agent(_) => "swim agent",
            Self::Members(_) => "swim members",
            Self::Info(_) => "swim info",
            Self::Events(_) => "swim events",
            Self::Join(_) => "swim join",
            Self::Leave(_) => "swim leave",
            Self::Meta(_) => "swim meta",
            Self::Demo(_) => "swim demo",
            Self::Sim(args) => args.command.name(),
        }
    }
}

/// Which agent to talk to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim leave
  swim leave --control 127.0.0.1:7374")]
pub(crate) struct ControlArgs {
    /// Address of the agent's control face
    #[arg(long, value_name = "ADDR", env = "SWIM_CONTROL", default_value = DEFAULT_CONTROL)]
    control: String,
}

impl ControlArgs {
    /// The address to talk to.
    ///
    /// # Errors
    /// A usage failure if it is no address, or says that there is none.
    pub(crate) fn address(&self) -> Result<std::net::SocketAddr, Failure> {
        // An empty environment variable is one that nobody set.
        let said = if self.control.is_empty() {
            DEFAULT_CONTROL
        } else {
            &self.control
        };
        if said == "none" {
            return Err(Failure::usage(
                "--control none: there is no agent to talk to (give the address of its control face)",
            ));
        }
        let address = said
            .parse::<HostPort>()
            .and_then(|address| address.resolve());
        address.map_err(|error| Failure::usage(format!("--control: {error}")))
    }
}

/// `swim members`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim members
  swim members --state alive --state suspect
  swim members --json | jq -r '.[] | select(.state == \"dead\") | .name'")]
pub(crate) struct MembersArgs {
    /// Print a JSON array
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
    /// Only members in this state; can be given several times
    #[arg(long = "state", value_name = "STATE", env = "SWIM_STATE", value_delimiter = ',',
          value_parser = ["alive", "suspect", "dead", "left"])]
    pub(crate) states: Vec<String>,
    #[command(flatten)]
    pub(crate) control: ControlArgs,
}

/// `swim info`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim info
  swim info --json | jq .digest")]
pub(crate) struct ReadArgs {
    /// Print a JSON object
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) control: ControlArgs,
}

/// `swim events`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim events
  swim events --json | jq -r '[.event, .member.name] | @tsv'
  swim events --since 0                           all that the agent still keeps, then what follows")]
pub(crate) struct EventsArgs {
    /// Print one JSON object a line
    #[arg(long, env = "SWIM_JSON", value_parser = BoolishValueParser::new())]
    pub(crate) json: bool,
    /// Begin after the event of this number, as far as the agent still keeps it
    #[arg(long, value_name = "SEQ", env = "SWIM_SINCE")]
    pub(crate) since: Option<u64>,
    #[command(flatten)]
    pub(crate) control: ControlArgs,
}

/// `swim join`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim join 10.0.0.1:7946
  swim join seed-1.example.org:7946 seed-2.example.org:7946

Ends with 0 if at least one of them answered.")]
pub(crate) struct JoinArgs {
    /// Members to join through, as HOST:PORT
    #[arg(required = true, value_name = "ADDR")]
    pub(crate) seeds: Vec<String>,
    #[command(flatten)]
    pub(crate) control: ControlArgs,
}

/// `swim meta`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swim meta role=web zone=eu-1
  swim meta --clear

What is not given again is gone: the new metadata replaces all of the old.")]
pub(crate) struct MetaArgs {
    /// The new metadata
    #[arg(
        required_unless_present = "clear",
        conflicts_with = "clear",
        value_name = "KEY=VALUE"
    )]
    pub(crate) pairs: Vec<String>,
    /// No metadata at all
    #[arg(long, env = "SWIM_CLEAR", value_parser = BoolishValueParser::new())]
    pub(crate) clear: bool,
    #[command(flatten)]
    pub(crate) control: ControlArgs,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// All commands, those below `swim sim` included.
    fn commands(cli: &clap::Command) -> Vec<&clap::Command> {
        let outer = cli.get_subcommands();
        outer
            .flat_map(|outer| std::iter::once(outer).chain(outer.get_subcommands()))
            .collect()
    }

    #[test]
    fn every_flag_has_an_environment_variable_named_after_it() {
        let cli = Cli::command();
        let mut flags = 0;
        for command in commands(&cli) {
            for flag in command
                .get_arguments()
                .filter(|argument| !argument.is_positional())
            {
                let Some(long) = flag.get_long().filter(|long| *long != "help") else {
                    continue;
                };
                let expected = format!("SWIM_{}", long.to_uppercase().replace('-', "_"));
                let variable = flag.get_env().and_then(|name| name.to_str());
                assert_eq!(
                    variable,
                    Some(&*expected),
                    "{} --{long}",
                    command.get_name()
                );
                flags += 1;
            }
        }
        assert!(flags > 35, "only {flags} flags were seen");
    }

    #[test]
    fn every_command_shows_examples() {
        for command in commands(&Cli::command()) {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                help.contains("Examples:\n  swim "),
                "{}: {help}",
                command.get_name()
            );
        }
    }
}
