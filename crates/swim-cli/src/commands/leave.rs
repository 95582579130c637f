//! `swim leave`: part in peace.

use std::time::Duration;

use crate::args::ControlArgs;
use crate::control::LEAVE_TIMEOUT;
use crate::control::json::Departure;
use crate::errors::Failure;
use crate::output;

pub(super) fn run(args: &ControlArgs) -> Result<(), Failure> {
    let client = super::client(args)?;
    let patience = LEAVE_TIMEOUT + Duration::from_secs(5);
    let departure: Departure = smol::block_on(client.post("/v1/leave", &(), patience))?;
    if !departure.told {
        output::note(&format!(
            "swim leave: not everybody was told within {LEAVE_TIMEOUT:?}: some members may find the node dead instead"
        ));
    }
    output::line("left the cluster")
}
