//! What a small cluster of agents does, as the control faces tell it.

use crate::support::{Birth, check, eventually, skip};

#[test]
fn a_killed_agent_is_found_dead_and_taken_back_under_its_name() {
    let agents: Vec<_> = (0..3).map(|n| Birth::quick(&format!("n{n}"))).collect();
    let mut agents = agents.into_iter();
    let first = agents.next().expect("three").start();
    let others: Vec<_> = agents.map(|birth| birth.join(&first).start()).collect();
    let [second, third] = others.try_into().expect("two others");
    first.lists_alive(3);
    second.lists_alive(3);
    let before = first.lists("n2", "alive").whole["incarnation"].clone();
    third.kill();
    for survivor in [&first, &second] {
        survivor.lists("n2", "dead");
        assert_eq!(
            survivor.member("n0").map(|n| n.state).as_deref(),
            Some("alive")
        );
    }
    let third = Birth::quick("n2").join(&second).start();
    for agent in [&first, &second, &third] {
        agent.lists_alive(3);
    }
    let after = first.lists("n2", "alive").whole["incarnation"].clone();
    assert!(
        after.as_u64() > before.as_u64(),
        "{before} then {after}: incarnations grow over lives"
    );
}

#[test]
fn an_agent_whose_seeds_are_silent_starts_alone_says_so_and_keeps_trying() {
    let reserved = Birth::quick("otter").start();
    let (address, port) = (
        reserved.bind.clone(),
        reserved.bind.rsplit_once(':').expect("a port").1.to_owned(),
    );
    reserved.kill();
    let lonely = Birth::quick("heron").with(&["--join", &address]).start();
    lonely.logs(&["WARN", "no seed answers: alone, and trying again"]);
    lonely.lists_alive(1);
    let _seed = Birth::quick("otter")
        .with(&["--bind", &format!("127.0.0.1:{port}")])
        .start();
    lonely.lists_alive(2);
}

#[test]
fn a_seed_that_does_not_resolve_is_said_and_the_agent_runs() {
    let agent = Birth::quick("otter")
        .with(&["--join", "no-such-host.invalid:7946"])
        .start();
    agent.logs(&["WARN", "no-such-host.invalid:7946", "does not resolve"]);
    agent.lists_alive(1);
}

#[test]
fn agents_of_one_cluster_find_each_other_over_ipv6() {
    if std::net::UdpSocket::bind("[::1]:0").is_err() {
        skip("agents over IPv6: this machine has no ::1");
        return;
    }
    let words = ["--bind", "[::1]:0", "--control", "[::1]:0"];
    let one = Birth::quick("otter").with(&words).start();
    let two = Birth::quick("heron").with(&words).join(&one).start();
    one.lists_alive(2);
    two.lists_alive(2);
    assert!(one.bind.starts_with("[::1]:"), "{}", one.bind);
    assert_eq!(one.swim(&["members"]).code, 0);
}

#[test]
fn the_dead_and_the_left_are_reaped_in_the_end_and_that_is_told() {
    // Tombstones live 24 hours; at 1,000 times the speed, a minute and a half: so they are pushed out by newcomers here.
    let agent = Birth::quick("otter").with(&["--max-members", "4"]).start();
    for name in ["a", "b", "c", "d", "e"] {
        let mut passing = Birth::quick(name).join(&agent).start();
        agent.lists(name, "alive");
        assert_eq!(passing.swim(&["leave"]).code, 0);
        passing.ends();
        agent.lists(name, "left");
    }
    eventually("tombstones make room", || {
        let evicted = agent.counter("tombstones_evicted");
        check(evicted >= 2, evicted)
    });
    assert!(agent.members().len() <= 4, "{:?}", agent.members());
    let mut events = crate::support::get_after(&agent.control, Some(0));
    let reaped = std::iter::from_fn(|| events.next()).find(|(_, event, _)| event == "reap");
    assert_eq!(
        reaped.expect("a reap").2["member"]["name"],
        "a",
        "the oldest goes first"
    );
}
