//! `swim info`: the node's account of itself.

use std::time::Duration;

use crate::args::ReadArgs;
use crate::control::json::InfoView;
use crate::errors::Failure;
use crate::{output, text};

const SILENCED: &str = "\
silenced: an older live node has this name, so this one says and hears nothing any more
(stop it, and start it under another name; what follows is what it knew then)
";

pub(super) fn run(args: &ReadArgs) -> Result<(), Failure> {
    let client = super::client(&args.control)?;
    let info: InfoView = smol::block_on(client.get("/v1/info"))?;
    if args.json {
        output::json(&info)
    } else {
        output::print(&page(&info))
    }
}

fn page(info: &InfoView) -> String {
    let members = &info.members;
    let health = match info.health {
        0 => "0 (healthy)".to_owned(),
        score => format!(
            "{score} (intervals stretched {}-fold)",
            u32::from(score) + 1
        ),
    };
    let facts = [
        ("name", text::word(&info.name)),
        ("address", info.addr.to_string()),
        ("profile", info.profile.clone()),
        ("incarnation", info.incarnation.to_string()),
        ("up for", text::age(Duration::from_millis(info.uptime_ms))),
        (
            "members",
            format!(
                "{} alive, {} suspect, {} dead, {} left",
                members.alive, members.suspect, members.dead, members.left
            ),
        ),
        ("health", health),
        ("digest", info.digest.clone()),
        (
            "agreement",
            format!("{} of the last {} heard", info.agreement, info.heard),
        ),
    ];
    let facts = facts
        .map(|(name, value)| format!("{name:<12} {value}\n"))
        .concat();
    let happened = info.counters.iter().filter(|(_, count)| **count > 0);
    let counters: String = happened
        .map(|(name, count)| format!("  {name:<34} {count}\n"))
        .collect();
    let silenced = if info.silenced { SILENCED } else { "" };
    format!("{silenced}{facts}counters (those above 0)\n{counters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silenced_agent_says_so_before_all_else() {
        let mut info: InfoView = serde_json::from_value(serde_json::json!({
            "name": "a", "addr": "127.0.0.1:7946", "profile": "lan", "incarnation": 1, "uptime_ms": 1_000,
            "silenced": true, "members": {"alive": 2, "suspect": 0, "dead": 0, "left": 0},
            "health": 0, "digest": "0", "agreement": 1, "heard": 1, "counters": {},
        }))
        .expect("an account");
        assert!(page(&info).starts_with("silenced: an older live node has this name"));
        info.silenced = false;
        assert!(page(&info).starts_with("name "));
    }
}
