//! The trials, one file each.

mod clock;
mod deaf;
mod eight;
mod forge;
mod freeze;
mod idle;
mod memory;
mod noise;
mod restart;
mod split;
mod storm;
mod streams;

use crate::args::{Args, Trial};
use crate::report::{Report, Stop};

/// Holds the trial that was asked for.
///
/// # Errors
/// It can't be held here, or not to its end.
pub(crate) fn run(args: &Args, report: &mut Report) -> Result<(), Stop> {
    match args.trial {
        Trial::Eight => eight::run(report),
        Trial::Restart => restart::run(report),
        Trial::Freeze => freeze::run(report, args.time(60)),
        Trial::Split => split::run(report, args.time(60)),
        Trial::Deaf => deaf::run(report, args.time(30)),
        Trial::Storm => storm::run(report, args.nodes(256)),
        Trial::Idle => idle::run(report, args.nodes(64), args.time(30)),
        Trial::Memory => memory::run(report, args.time(10)),
        Trial::Noise => noise::run(report),
        Trial::Forge => forge::run(report),
        Trial::Streams => streams::run(report),
        Trial::Clock => clock::run(report),
    }
}
