//! Each command, from its arguments to its exit code.

mod events;
mod info;
mod join;
mod leave;
mod members;
mod meta;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::args::{Cli, Command, ControlArgs};
use crate::control::Client;
use crate::errors::Failure;
use crate::{agent, demo, output, sim, text};

/// Runs what the command line says. Usage errors and `--help` end in here, in clap's words.
pub(crate) fn run() -> ExitCode {
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return refused(&error),
    };
    let command = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli.command,
        Err(error) => return refused(&error),
    };
    let name = command.name();
    let done = match command {
        Command::Agent(args) => match matches.subcommand() {
            Some((_, matches)) => agent::run(&args, matches),
            None => Ok(()),
        },
        Command::Members(args) => members::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Events(args) => events::run(&args),
        Command::Join(args) => join::run(&args),
        Command::Leave(args) => leave::run(&args),
        Command::Meta(args) => meta::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Sim(args) => sim::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(name),
    }
}

/// What clap says: help, or what is wrong with the words; its colours are left to it, unless it quotes very long ones.
fn refused(error: &clap::Error) -> ExitCode {
    let said = error.render().to_string();
    let shown = text::shortened(&said);
    if !error.use_stderr() || shown == said {
        error.exit();
    }
    output::note(shown.trim_end());
    ExitCode::from(2)
}

/// The agent at `--control`.
fn client(control: &ControlArgs) -> Result<Client, Failure> {
    control.address().map(Client::new)
}
