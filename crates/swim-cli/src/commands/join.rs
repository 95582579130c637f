//! `swim join`: into a cluster, through any of its members.

use std::time::Duration;

use crate::address::HostPort;
use crate::args::JoinArgs;
use crate::control::json::{JoinWish, Joined};
use crate::errors::Failure;
use crate::output;

/// How long all seeds together may take: each is given up after the exchange's own time-out.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn run(args: &JoinArgs) -> Result<(), Failure> {
    for seed in &args.seeds {
        seed.parse::<HostPort>().map_err(Failure::usage)?;
    }
    let client = super::client(&args.control)?;
    let wish = JoinWish {
        seeds: args.seeds.clone(),
    };
    let joined: Joined = smol::block_on(client.post("/v1/join", &wish, TIMEOUT))?;
    for failed in &joined.failed {
        output::note(&format!(
            "swim join: {} did not answer: {}",
            failed.seed, failed.reason
        ));
    }
    let Joined {
        asked, answered, ..
    } = joined;
    output::line(&format!("{answered} of {asked} seeds answered"))?;
    if answered == 0 {
        let advice = "are they running, and do they have the same --label?";
        return Err(Failure::failed(format!("no seed answered ({advice})")));
    }
    Ok(())
}
