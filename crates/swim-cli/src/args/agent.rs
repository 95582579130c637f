//! `swim agent`: every setting as a string, so that flags, environment and file are checked alike, in one place.

use clap::Args;
use clap::builder::BoolishValueParser;

/// Where the control face listens unless said otherwise.
pub(crate) const DEFAULT_CONTROL: &str = "127.0.0.1:7373";

/// Events kept for those who come back, unless said otherwise.
pub(crate) const DEFAULT_EVENTS_KEPT: usize = 1_024;

const AFTER_HELP: &str = "\
Examples:
  swim agent --name a --bind 127.0.0.1:7946
  swim agent --name b --bind 127.0.0.1:0 --join 127.0.0.1:7946 --control 127.0.0.1:0
  swim agent --config swim.toml --check
  SWIM_LABEL=staging RUST_LOG=debug swim agent --meta role=web --meta zone=eu-1

The first line on standard output says where it listens:
  ready name=a bind=127.0.0.1:7946 advertise=127.0.0.1:7946 control=127.0.0.1:7373
Logs go to standard error; RUST_LOG chooses what is logged (off, error, warn, info, debug, trace, or
target=level, separated by commas).

A flag goes before its environment variable, that before the file. The file's keys are the flags'
names; lists are arrays, and meta is a table:
  name = \"a\"
  join = [\"10.0.0.1:7946\", \"seed.example.org:7946\"]
  meta = { role = \"web\" }

SIGINT, SIGTERM and SIGHUP leave the cluster gracefully; a second one ends the agent at once.";

/// `swim agent`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, args_override_self = true)]
pub(crate) struct AgentArgs {
    /// Name of the node, unique in the cluster [default: the host name]
    #[arg(long, value_name = "NAME", env = "SWIM_NAME")]
    pub(crate) name: Option<String>,
    /// Address to listen on, by UDP and TCP; port 0 takes a free one [default: 0.0.0.0:7946]
    #[arg(long, value_name = "ADDR", env = "SWIM_BIND")]
    pub(crate) bind: Option<String>,
    /// Address that others are told [default: the one bound, or one of this machine]
    #[arg(long, value_name = "ADDR", env = "SWIM_ADVERTISE")]
    pub(crate) advertise: Option<String>,
    /// Member to join through; can be given several times, and is tried until it answers
    #[arg(long, value_name = "ADDR", env = "SWIM_JOIN")]
    pub(crate) join: Vec<String>,
    /// Kind of network: lan, wan or local [default: lan]
    #[arg(long, value_name = "PROFILE", env = "SWIM_PROFILE")]
    pub(crate) profile: Option<String>,
    /// What the node tells about itself; can be given several times, 512 bytes at most
    #[arg(long, value_name = "KEY=VALUE", env = "SWIM_META")]
    pub(crate) meta: Vec<String>,
    /// Where the control face listens, or none [default: 127.0.0.1:7373]
    #[arg(long, value_name = "ADDR", env = "SWIM_CONTROL")]
    pub(crate) control: Option<String>,
    /// Name of the cluster; nodes of another label are ignored [default: none]
    #[arg(long, value_name = "LABEL", env = "SWIM_LABEL")]
    pub(crate) label: Option<String>,
    /// Form of the ready line and the logs: text or json [default: text]
    #[arg(long, value_name = "FORMAT", env = "SWIM_LOG_FORMAT")]
    pub(crate) log_format: Option<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// What the agent may use at most.
#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// Most members remembered, the dead included; newcomers beyond are refused [default: 65536]
    #[arg(long, value_name = "N", env = "SWIM_MAX_MEMBERS")]
    pub(crate) max_members: Option<String>,
    /// Events kept for those who come back with a Last-Event-ID [default: 1024]
    #[arg(long, value_name = "N", env = "SWIM_EVENTS_KEPT")]
    pub(crate) events_kept: Option<String>,
    /// For tests: all the profile's intervals and time-outs divided by this
    #[arg(long, value_name = "N", env = "SWIM_SPEED", hide = true)]
    pub(crate) speed: Option<String>,
}

/// How to run, which no file can say.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Read settings from this file
    #[arg(long, value_name = "FILE", env = "SWIM_CONFIG")]
    pub(crate) config: Option<std::path::PathBuf>,
    /// Check all settings, print them with where each comes from, and end
    #[arg(long, env = "SWIM_CHECK", value_parser = BoolishValueParser::new())]
    pub(crate) check: bool,
    /// End at once when standard input closes: whoever holds the other end has ended
    #[arg(long, env = "SWIM_UNTIL_STDIN_CLOSES", hide = true, value_parser = BoolishValueParser::new())]
    pub(crate) until_stdin_closes: bool,
}

impl AgentArgs {
    /// What was said of each setting on the command line or in the environment, by the flag's name.
    pub(crate) fn said(&self) -> [(&'static str, Vec<String>); 12] {
        let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
        [
            ("name", one(&self.name)),
            ("bind", one(&self.bind)),
            ("advertise", one(&self.advertise)),
            ("join", self.join.clone()),
            ("profile", one(&self.profile)),
            ("meta", self.meta.clone()),
            ("control", one(&self.control)),
            ("label", one(&self.label)),
            ("log-format", one(&self.log_format)),
            ("max-members", one(&self.limits.max_members)),
            ("events-kept", one(&self.limits.events_kept)),
            ("speed", one(&self.limits.speed)),
        ]
    }
}
