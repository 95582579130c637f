//! Nodes that die and come back.

use std::time::Duration;

use swim_smol::{Cluster, EventKind, State};

use crate::support::*;

#[test]
fn a_dropped_node_is_found_dead_by_all_and_nobody_else_is() {
    let mut nodes = form(5);
    let mut told: Vec<_> = nodes.iter().map(Cluster::events).collect();
    drop((nodes.remove(2), told.remove(2)));
    wait_until("all survivors know", || {
        nodes
            .iter()
            .all(|node| state(node, "n2") == Some(State::Dead))
    });
    stays("nobody else is dead", Duration::from_millis(500), || {
        nodes.iter().all(|node| alive(node) == 4)
    });
    for events in &mut told {
        let events = drain(events);
        assert_eq!(names(&events, EventKind::Dead), ["n2"]);
        assert!(
            names(&events, EventKind::Suspect).contains(&"n2"),
            "suspected before"
        );
        assert_eq!(names(&events, EventKind::Left), [""; 0]);
    }
}

#[test]
fn back_under_its_name_at_the_same_port() {
    let mut nodes = form(4);
    let old = nodes.remove(3);
    let addr = old.local_addr();
    drop(old);
    wait_until("found dead", || {
        nodes
            .iter()
            .all(|node| state(node, "n3") == Some(State::Dead))
    });
    let seed = nodes[0].local_addr().to_string();
    let again = start_at(&node("n3").bind(addr).seed(seed));
    nodes.push(again);
    wait_until("it is back", || nodes.iter().all(|node| alive(node) == 4));
}

#[test]
fn back_at_a_new_port_while_the_old_one_is_still_held_alive() {
    let mut nodes = form(4);
    drop(nodes.remove(3));
    let again = start_beside("n3", &nodes[0]);
    let port = again.local_addr().port();
    nodes.push(again);
    let at_new_port = |node: &Cluster| {
        let member = node.member("n3");
        member.is_some_and(|it| it.state == State::Alive && it.addr.port() == port)
    };
    wait_until("it is back", || nodes.iter().all(at_new_port));
    stays("it stays", Duration::from_millis(500), || {
        nodes.iter().all(at_new_port)
    });
}

#[test]
fn each_life_has_a_higher_incarnation_with_a_state_file() {
    let name = format!("swim-state-{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    let life = || {
        let node = node("n")
            .state_file(&file)
            .start_blocking()
            .expect("starts");
        node.me().incarnation
    };
    let lives = [life(), life(), life()];
    std::fs::remove_file(&file).expect("it was written");
    assert!(
        lives.is_sorted_by(|before, after| before < after),
        "{lives:?}"
    );
}
