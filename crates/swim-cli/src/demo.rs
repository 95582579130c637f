//! `swim demo`.
use crate::args::DemoArgs;
use crate::errors::Failure;

pub(crate) fn run(args: &DemoArgs) -> Result<(), Failure> {
    let _ = args;
    Ok(())
}
