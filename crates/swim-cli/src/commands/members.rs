//! `swim members`: who is here, and who has died.

use std::time::Duration;

use crate::args::MembersArgs;
use crate::control::json::MemberView;
use crate::errors::Failure;
use crate::{output, text};

pub(super) fn run(args: &MembersArgs) -> Result<(), Failure> {
    let client = super::client(&args.control)?;
    let mut members: Vec<MemberView> = smol::block_on(client.get("/v1/members"))?;
    if !args.states.is_empty() {
        members.retain(|member| args.states.iter().any(|state| state == member.state.name()));
    }
    if args.json {
        return output::json(&members);
    }
    let rows: Vec<_> = members.iter().map(row).collect();
    let headings = [
        "NAME",
        "ADDRESS",
        "STATE",
        "SINCE",
        "INCARNATION",
        "METADATA",
    ];
    output::print(&text::table(headings, &rows))
}

fn row(member: &MemberView) -> [String; 6] {
    [
        text::word(&member.name),
        member.addr.to_string(),
        member.state.name().to_owned(),
        text::age(Duration::from_millis(member.since_ms)),
        member.incarnation.to_string(),
        member.told(),
    ]
}
