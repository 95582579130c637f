//! `swim events`: what happens, as it happens.

use crate::args::EventsArgs;
use crate::errors::Failure;
use crate::{output, text};

pub(super) fn run(args: &EventsArgs) -> Result<(), Failure> {
    let client = super::client(&args.control)?;
    smol::block_on(async {
        let mut events = client.events(args.since).await?;
        while let Some(event) = events.next().await? {
            if args.json {
                output::json(&event)?;
            } else {
                let at = text::utc(event.at_ms);
                output::line(&format!("{at}  {}", event.sentence()))?;
            }
        }
        Ok(())
    })
}
