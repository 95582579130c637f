//! Nodes that find each other, tell news and part in peace.

use std::time::Duration;

use swim_smol::{Cluster, EventKind, State};

use crate::support::*;

#[test]
fn two_nodes_join_and_see_each_other() {
    let (a, b) = (start("a"), start("b"));
    let mut events = a.events();
    let report = b.join_blocking([a.local_addr().to_string()]);
    assert_eq!((report.answered, report.failed), (1, vec![]));
    wait_until("both see both", || alive(&a) == 2 && alive(&b) == 2);

    let seen = a.member("b").expect("known");
    assert_eq!(seen.addr, b.advertised());
    assert_eq!(seen.state, State::Alive);
    assert_eq!(seen.incarnation, b.me().incarnation);
    assert!(
        seen.incarnation > 1_700_000_000,
        "the unix time of its birth"
    );
    wait_until("a is told", || {
        names(&drain(&mut events), EventKind::Join) == ["b"]
    });
}

#[test]
fn five_nodes_know_each_other_and_agree() {
    let nodes = form(5);
    wait_until("one digest", || {
        let digest = nodes[0].info().digest;
        nodes.iter().all(|node| node.info().digest == digest)
    });
    for node in &nodes {
        let names: Vec<_> = node
            .members()
            .into_iter()
            .map(|member| member.name)
            .collect();
        assert_eq!(names, ["n0", "n1", "n2", "n3", "n4"], "sorted by name");
        let counts = node.info().counts;
        assert_eq!(
            (counts.alive, counts.suspect, counts.dead, counts.left),
            (5, 0, 0, 0)
        );
    }
    wait_until("agreement is noticed", || {
        nodes.iter().all(|node| {
            let agreement = node.info().agreement;
            agreement.heard > 0 && agreement.heard == agreement.equal
        })
    });
}

#[test]
fn a_leave_is_told_and_is_no_death() {
    let nodes = form(5);
    let mut told: Vec<_> = nodes.iter().map(Cluster::events).collect();
    nodes[4].leave_blocking(PATIENCE).expect("told in time");
    assert!(nodes[4].has_left());
    let others = &nodes[..4];
    wait_until("all know that it left", || {
        others
            .iter()
            .all(|node| state(node, "n4") == Some(State::Left))
    });
    stays("left, not dead", Duration::from_millis(500), || {
        others
            .iter()
            .all(|node| state(node, "n4") == Some(State::Left))
    });
    for events in &mut told[..4] {
        let events = drain(events);
        assert_eq!(names(&events, EventKind::Left), ["n4"]);
        assert_eq!(names(&events, EventKind::Dead), [""; 0]);
    }
}

#[test]
fn p12_after_a_leave_join_begins_a_new_life() {
    let nodes = form(3);
    nodes[2].leave_blocking(PATIENCE).expect("told in time");
    wait_until("n0 knows", || state(&nodes[0], "n2") == Some(State::Left));
    let report = nodes[2].join_blocking([nodes[0].local_addr().to_string()]);
    assert_eq!(report.answered, 1, "{report:?}");
    wait_until("it is back", || nodes.iter().all(|node| alive(node) == 3));
    assert!(!nodes[2].has_left());
}

#[test]
fn new_metadata_reaches_everybody() {
    let nodes = form(5);
    let mut events = nodes[3].events();
    nodes[1].update_blocking(b"version=2").expect("fits");
    assert_eq!(nodes[1].me().meta, b"version=2");
    let knows = |node: &Cluster| {
        node.member("n1")
            .is_some_and(|member| member.meta == b"version=2")
    };
    wait_until("all know it", || nodes.iter().all(knows));
    wait_until("it is told", || {
        names(&drain(&mut events), EventKind::Update) == ["n1"]
    });
}

#[test]
fn metadata_given_at_the_start_is_there_with_the_member() {
    let a = start("a");
    let b = node("b")
        .meta(vec![7; swim_smol::MAX_META])
        .seed(a.local_addr().to_string());
    let _b = b.start_blocking().expect("starts");
    wait_until("a knows b", || a.member("b").is_some());
    assert_eq!(
        a.member("b").expect("known").meta,
        vec![7; swim_smol::MAX_META]
    );
}

#[test]
fn a_cluster_of_ipv6() {
    let on = |name: &str| {
        Cluster::builder(name)
            .bind("[::1]:0".parse().expect("an address"))
            .config(QUICK)
    };
    let Ok(a) = on("a").start_blocking() else {
        skip("a cluster of IPv6: this machine has none");
        return;
    };
    let b = on("b")
        .seed(a.local_addr().to_string())
        .start_blocking()
        .expect("starts");
    wait_until("both see both", || alive(&a) == 2 && alive(&b) == 2);
    assert!(b.member("a").expect("known").addr.is_ipv6());
    b.leave_blocking(PATIENCE).expect("told");
    wait_until("a knows that b left", || {
        state(&a, "b") == Some(State::Left)
    });
}

#[test]
fn a_node_that_listens_for_both_families_is_met_by_ipv4() {
    let all = "[::]:0".parse().expect("an address");
    let both = Cluster::builder("both")
        .bind(all)
        .advertise(ANY_PORT)
        .config(QUICK);
    let Ok(both) = both.start_blocking() else {
        skip("both families on one socket: this machine has no IPv6");
        return;
    };
    assert_eq!(both.advertised().port(), both.local_addr().port());
    let four = node("four")
        .seed(both.advertised().to_string())
        .start_blocking()
        .expect("starts");
    wait_until("both see both", || alive(&both) == 2 && alive(&four) == 2);
    stays("they answer each other", Duration::from_secs(1), || {
        state(&four, "both") == Some(State::Alive) && state(&both, "four") == Some(State::Alive)
    });
    assert_eq!(
        counter(&four, "probes_failed") + counter(&both, "probes_failed"),
        0
    );
}
