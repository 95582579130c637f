//! `swim sim …`: clusters of real nodes on a network that is not.

mod compare;
mod determinism;
mod explain;
mod files;
mod init;
mod interrupt;
mod kept;
mod large_pages;
mod list;
mod many;
mod matrix;
mod memory;
mod mutants;
mod progress;
mod record;
mod replay;
mod reports;
mod run;
mod shrink;
mod subject;
mod sweep;
mod targets;

use crate::args::{SimArgs, SimCommand};
use crate::errors::Failure;
use crate::output;

/// Runs one of the simulator's commands.
pub(crate) fn run(args: SimArgs) -> Result<(), Failure> {
    match args.command {
        SimCommand::Run(args) => run::run(&args),
        SimCommand::Sweep(args) => sweep::run(&args),
        SimCommand::Replay(args) => replay::run(&args),
        SimCommand::Shrink(args) => shrink::run(&args),
        SimCommand::Explain(args) => explain::run(&args),
        SimCommand::Compare(args) => compare::run(&args),
        SimCommand::Record(args) => record::run(&args),
        SimCommand::Mutants(args) => mutants::run(&args),
        SimCommand::Matrix(args) => matrix::run(&args),
        SimCommand::Targets(args) => targets::run(&args),
        SimCommand::List(args) => list::run(&args),
        SimCommand::CheckDeterminism(args) => determinism::run(&args),
        SimCommand::Schema(_) => output::line(&swim_sim::scenario::schema()),
        SimCommand::Init(args) => init::run(&args),
    }
}
