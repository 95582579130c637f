//! Two live nodes of one name.

use std::time::Duration;

use swim_smol::{EventKind, State};

use crate::support::*;

#[test]
fn p12_of_two_live_nodes_of_one_name_the_older_stays_and_both_are_told() {
    let nodes = form(3);
    let older = &nodes[2];
    let (mut at_older, mut at_witness) = (older.events(), nodes[0].events());
    let younger = node("n2").first_incarnation(older.me().incarnation + 100);
    let younger = younger.start_blocking().expect("starts");
    let mut at_younger = younger.events();
    younger.join_blocking([nodes[0].local_addr().to_string()]);

    let told = |events: &mut swim_smol::Events, addr| {
        drain(events).iter().any(|event| match event.kind {
            EventKind::NameTaken { by } => by == addr,
            EventKind::Conflict { claimed_by } => claimed_by == addr,
            _ => false,
        })
    };
    wait_until("the younger is told", || {
        told(&mut at_younger, older.advertised())
    });
    wait_until("the older is told", || {
        told(&mut at_older, younger.advertised())
    });
    wait_until("the younger fell silent", || younger.has_left());

    drain(&mut at_witness);
    stays(
        "the older stays, without flapping",
        Duration::from_secs(2),
        || {
            let held = nodes[0].member("n2").expect("known");
            held.state == State::Alive && held.addr == older.advertised()
        },
    );
    let seen = drain(&mut at_witness);
    assert_eq!(names(&seen, EventKind::Dead), [""; 0]);
    assert_eq!(names(&seen, EventKind::Update), [""; 0]);
    assert!(!older.has_left());
}
