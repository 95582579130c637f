//! Seeds: silent, late, by name, our own, and no seeds at all.

use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use swim_smol::{ExchangeFailed, JoinError, StartError};

use crate::support::*;

/// A port of this machine where nobody listens; it stays reserved until dropped.
fn silent_port() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind(ANY_PORT).expect("a port");
    let port = socket.local_addr().expect("bound").port();
    (socket, port)
}

#[test]
fn with_all_seeds_silent_it_starts_alone_and_finds_them_when_they_come() {
    let (reserved, port) = silent_port();
    let early = node("early").seed(format!("127.0.0.1:{port}"));
    let early = early.start_blocking().expect("starts without its seed");
    wait_until("it has tried", || counter(&early, "exchanges_failed") >= 2);
    assert_eq!(alive(&early), 1);

    drop(reserved);
    let late = node("late").bind(([127, 0, 0, 1], port).into());
    let late = start_at(&late);
    wait_until("they found each other", || {
        alive(&early) == 2 && alive(&late) == 2
    });
}

#[test]
fn a_seed_may_be_a_host_name() {
    let a = start("a");
    let b = node("b").seed(format!("localhost:{}", a.local_addr().port()));
    let b = b.start_blocking().expect("starts");
    wait_until("both see both", || alive(&a) == 2 && alive(&b) == 2);
}

#[test]
fn one_seed_of_several_is_enough_and_the_report_names_the_others() {
    let (a, b) = (start("a"), start("b"));
    let (_reserved, nobody) = silent_port();
    let nobody = format!("127.0.0.1:{nobody}");
    let seeds = [
        a.local_addr().to_string(),
        nobody.clone(),
        "no-such-host.invalid".to_owned(),
        "what is this".to_owned(),
        b.local_addr().to_string(),
    ];
    let report = b.join_blocking(seeds.clone());
    assert_eq!(report.answered, 1);
    let why = |seed: &str| {
        let found = report.failed.iter().find(|(failed, _)| failed == seed);
        &found.unwrap_or_else(|| panic!("{seed} did not fail")).1
    };
    assert_eq!(*why(&nobody), JoinError::Failed(ExchangeFailed::Broken));
    assert!(matches!(why(&seeds[2]), JoinError::Unresolved(_)));
    assert_eq!(*why(&seeds[3]), JoinError::Malformed);
    assert_eq!(*why(&seeds[4]), JoinError::Ourselves);
    assert_eq!(report.failed.len(), 4);
}

#[test]
fn a_seed_that_accepts_and_never_answers_is_given_up_in_time() {
    let silent = TcpListener::bind(ANY_PORT).expect("a port");
    let a = start("a");
    let began = std::time::Instant::now();
    let seed = silent.local_addr().expect("bound").to_string();
    let report = a.join_blocking([seed.clone()]);
    let timed_out = JoinError::Failed(ExchangeFailed::TimedOut);
    assert_eq!(report.failed, [(seed, timed_out)]);
    assert!(
        began.elapsed() < 5 * QUICK.exchange.timeout,
        "{:?}",
        began.elapsed()
    );
    assert_eq!(counter(&a, "streams_timed_out"), 1);
}

#[test]
fn a_node_whose_only_seed_is_itself_starts_the_cluster() {
    let (reserved, port) = silent_port();
    drop(reserved);
    let own = format!("127.0.0.1:{port}");
    let first = node("first")
        .bind(own.parse().expect("an address"))
        .seed(own);
    let first = start_at(&first);
    stays("it calls nobody", Duration::from_millis(300), || {
        counter(&first, "streams_opened") == 0
    });
    let second = start_beside("second", &first);
    wait_until("both see both", || {
        alive(&first) == 2 && alive(&second) == 2
    });
}

#[test]
fn a_seed_that_is_no_address_is_refused_before_anything_is_opened() {
    let refused = node("a")
        .seed("host:port")
        .start_blocking()
        .expect_err("no address");
    assert!(matches!(&refused, StartError::Seed { seed } if seed == "host:port"));
    let text = refused.to_string();
    assert!(
        text.contains("host:port") && text.contains("10.0.0.1:7946"),
        "{text}"
    );
}

#[test]
fn thirty_nodes_started_at_once_through_one_seed_all_know_all() {
    let mut nodes = vec![start("n0")];
    for number in 1..30 {
        nodes.push(start_beside(&format!("n{number}"), &nodes[0]));
    }
    let took = wait_until("all know all", || {
        nodes.iter().all(|node| alive(node) == 30)
    });
    println!("30 nodes know each other after {took:?}");
}
