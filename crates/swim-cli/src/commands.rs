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
use crate::{agent, demo, sim};

/// Runs what the command line says. Usage errors and `--help` end in here, in clap's words.
pub(crate) fn run() -> ExitCode {
    let matches = Cli::command().get_matches();
    let command = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli.command,
        Err(error) => error.exit(),
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

/// The agent at `--control`.
fn client(control: &ControlArgs) -> Result<Client, Failure> {
    control.address().map(Client::new)
}
