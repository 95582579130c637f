//! What eight real agents on one machine must show, at the speed of a real network: the LAN profile, nothing hurried.

#[path = "support/mod.rs"]
mod support;

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use support::{Agent, Birth, get_after};

/// Eight agents, the last seven joined through the first; and when the last of them was ready.
fn eight() -> (Vec<Agent>, Instant) {
    let first = Birth::of("n0").start();
    let mut agents = vec![first];
    for index in 1..8 {
        let next = Birth::of(&format!("n{index}")).join(&agents[0]).start();
        agents.push(next);
    }
    (agents, Instant::now())
}

/// Waits until all of them list these members so, and fails if that is not within the bound.
fn all_list(agents: &[Agent], members: &[&str], state: &str, since: Instant, bound: Duration) {
    for agent in agents {
        loop {
            let listed = agent.members();
            let so = |name: &&&str| {
                listed
                    .iter()
                    .any(|member| member.name == ***name && member.state == state)
            };
            let counted = members.iter().filter(so).count();
            if counted == members.len() {
                break;
            }
            let waited = since.elapsed();
            assert!(
                waited < bound,
                "{} lists only {counted} of {members:?} {state} after {waited:?}",
                agent.name
            );
            thread::sleep(Duration::from_millis(10));
        }
    }
    let took = since.elapsed();
    println!(
        "{} agents list {} {state} after {took:?} (at most {bound:?})",
        agents.len(),
        members.join(" ")
    );
    assert!(took <= bound, "{members:?} {state} after {took:?}");
}

/// Whoever was ever listed dead by one of these, in the whole life of the agent.
fn ever_dead(agents: &[Agent]) -> Vec<String> {
    let mut dead = Vec::new();
    for agent in agents {
        let info = agent.get("/v1/info");
        let mut events = get_after(&agent.control, Some(0));
        // A change of our own is the last event: when it is told, all before it were.
        assert_eq!(agent.swim(&["meta", "asked=yes"]).code, 0);
        while let Some((_, event, data)) = events.next() {
            if event == "update" && data["member"]["name"] == info["name"] {
                break;
            }
            if event == "dead" {
                dead.push(data["member"]["name"].as_str().expect("a name").to_owned());
            }
        }
    }
    dead.sort();
    dead.dedup();
    dead
}

#[test]
fn eight_agents_find_lose_and_forgive_one_and_part_with_one() {
    let names = ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"];
    let (mut agents, ready) = eight();
    all_list(
        &agents,
        &names,
        "alive",
        ready,
        Duration::from_millis(1_500),
    );

    let victim = agents.remove(3);
    let (bind, killed) = (victim.bind.clone(), Instant::now());
    victim.kill();
    all_list(&agents, &["n3"], "dead", killed, Duration::from_secs(10));

    let again = Birth::of("n3")
        .with(&["--bind", &bind])
        .join(&agents[5])
        .start();
    let restarted = Instant::now();
    agents.push(again);
    all_list(&agents, &names, "alive", restarted, Duration::from_secs(2));

    let mut leaver = agents.remove(1);
    let leaving = Instant::now();
    let leave = thread::spawn(move || {
        let said = leaver.swim(&["leave"]);
        (said, leaver.ends())
    });
    all_list(&agents, &["n1"], "left", leaving, Duration::from_secs(1));
    let (said, status) = leave.join().expect("no panic");
    assert_eq!((said.code, status.code()), (0, Some(0)), "{said:?}");

    // Long enough for a leave that was misunderstood to become a death.
    thread::sleep(Duration::from_secs(8));
    assert_eq!(
        ever_dead(&agents),
        ["n3"],
        "nobody else was ever listed dead by anybody"
    );
}

#[test]
fn an_agent_that_is_frozen_for_three_seconds_is_listed_dead_by_nobody_and_buries_nobody() {
    let names = ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"];
    let (agents, ready) = eight();
    all_list(
        &agents,
        &names,
        "alive",
        ready,
        Duration::from_millis(1_500),
    );
    agents[4].signal(Signal::STOP);
    thread::sleep(Duration::from_secs(3));
    agents[4].signal(Signal::CONT);
    let thawed = Instant::now();
    // Longer than any suspicion that the freeze has begun.
    thread::sleep(Duration::from_secs(8));
    all_list(&agents, &names, "alive", thawed, Duration::from_secs(10));
    assert_eq!(ever_dead(&agents), <[String; 0]>::default());
}
