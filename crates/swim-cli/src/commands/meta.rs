//! `swim meta`: what the node tells about itself.

use std::time::Duration;

use crate::args::MetaArgs;
use crate::control::json::MetaWish;
use crate::errors::Failure;
use crate::{metadata, output, text};

/// Nothing is waited for but the node's own answer.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn run(args: &MetaArgs) -> Result<(), Failure> {
    let meta = metadata::parse(args.pairs.iter().map(String::as_str)).map_err(Failure::usage)?;
    metadata::encode(&meta).map_err(Failure::usage)?;
    let client = super::client(&args.control)?;
    let told: MetaWish = smol::block_on(client.post("/v1/meta", &MetaWish { meta }, TIMEOUT))?;
    output::line(&format!(
        "the node tells {} now",
        text::count(told.meta.len(), "pair")
    ))
}
