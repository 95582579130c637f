//! The calls themselves: limits, errors, what a subscriber sees.

use std::time::Duration;

use swim_smol::{
    Cluster, Config, EventKind, JoinError, LeaveError, MAX_META, MAX_NAME, Profile, StartError,
    UpdateError,
};

use crate::support::*;

#[test]
fn a_name_has_1_to_255_bytes() {
    assert!(matches!(
        node("").start_blocking(),
        Err(StartError::NameEmpty)
    ));
    let long = "n".repeat(MAX_NAME + 1);
    let refused = node(&long).start_blocking().expect_err("too long");
    assert!(matches!(refused, StartError::NameTooLong { length: 256 }));
    assert_eq!(
        refused.to_string(),
        "the name has 256 bytes, 255 are possible: shorten it"
    );
    let longest = node(&long[1..]).start_blocking().expect("just possible");
    assert_eq!(longest.name().len(), MAX_NAME);
    let pinyin = start("结点-一");
    assert_eq!(pinyin.me().name, "结点-一");
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let refused =
        |builder: swim_smol::Builder| builder.check().expect_err("can't work").to_string();
    let label = refused(node("a").label("l".repeat(256)));
    assert!(label.contains("label") && label.contains("256"), "{label}");
    let meta = refused(node("a").meta([0; 513]));
    assert!(meta.contains("metadata") && meta.contains("513"), "{meta}");
    assert!(refused(node("a").max_members(1)).contains("1 members"));
    assert!(refused(node("a").max_streams(0)).contains("0 streams"));
    assert!(refused(node("a").max_streams(65)).contains("65 streams"));
    assert!(refused(node("a").first_incarnation(u32::MAX)).contains("incarnation"));
    assert!(refused(node("a\nb")).contains("a\\nb"));
    let tight = node("a").meta([0; 400]).datagram_size(500);
    assert!(refused(tight).contains("500 bytes"));
    let nowhere = "0.0.0.0:0".parse().expect("an address");
    assert!(refused(node("a").advertise(nowhere)).contains("0.0.0.0:0"));
    let probe = Config::LAN.with_probe_timeout(Duration::from_secs(9));
    assert!(refused(node("a").config(probe)).contains("probe.timeout"));
    assert!(node("a").profile(Profile::Wan).check().is_ok());
}

#[test]
fn a_datagram_must_hold_two_records_beside_a_ping() {
    let small = node("a").meta([0; 400]).datagram_size(500).start_blocking();
    let Err(StartError::DatagramSize {
        size: 500, least, ..
    }) = small
    else {
        panic!("{small:?}");
    };
    assert!(
        node("a")
            .meta([0; 400])
            .datagram_size(least)
            .start_blocking()
            .is_ok()
    );
    assert!(node("a").datagram_size(70_000).start_blocking().is_err());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = start("first");
    let addr = first.local_addr();
    let second = node("second")
        .bind(addr)
        .start_blocking()
        .expect_err("taken");
    assert!(matches!(&second, StartError::Bind { addr: named, .. } if *named == addr));
    let text = second.to_string();
    assert!(
        text.starts_with(&format!("cannot bind {addr}: address")),
        "{text}"
    );
    assert!(text.contains("another"), "{text}");
}

#[test]
fn an_address_that_nobody_can_reach_is_not_advertised() {
    let nowhere = "0.0.0.0:7946".parse().expect("an address");
    let refused = node("a")
        .advertise(nowhere)
        .start_blocking()
        .expect_err("unreachable");
    assert!(matches!(refused, StartError::Advertise { addr } if addr == nowhere));
}

#[test]
fn metadata_over_the_limit_changes_nothing() {
    let a = node("a").meta("before").start_blocking().expect("starts");
    let refused = a.update_blocking([0; MAX_META + 1]).expect_err("too long");
    assert_eq!(
        refused,
        UpdateError::TooLong {
            length: 513,
            limit: 512
        }
    );
    assert_eq!(a.me().meta, b"before");

    let tight = node("tight")
        .datagram_size(200)
        .start_blocking()
        .expect("starts");
    let refused = tight
        .update_blocking([0; 200])
        .expect_err("too long for its datagrams");
    let UpdateError::TooLong { length: 200, limit } = refused else {
        panic!("{refused:?}");
    };
    assert!(tight.update_blocking(vec![0; limit + 1]).is_err());
    tight
        .update_blocking(vec![0; limit])
        .expect("the limit itself fits");
}

#[test]
fn a_leave_that_reaches_nobody_ends_in_time() {
    let a = start("a");
    let b = start_beside("b", &a);
    wait_until("both see both", || alive(&a) == 2 && alive(&b) == 2);
    let limit = Duration::ZERO;
    let ended = b.leave_blocking(limit);
    assert!(
        matches!(
            ended,
            Ok(())
                | Err(LeaveError::TimedOut {
                    timeout: Duration::ZERO
                })
        ),
        "{ended:?}"
    );
    assert!(b.has_left(), "it has left all the same");
    assert_eq!(b.leave_blocking(limit), Err(LeaveError::AlreadyLeft));
    assert_eq!(b.update_blocking(b"x"), Err(UpdateError::Left));
}

#[test]
fn a_node_alone_leaves_at_once() {
    let alone = start("alone");
    let began = std::time::Instant::now();
    alone
        .leave_blocking(PATIENCE)
        .expect("nobody is to be told");
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
}

#[test]
fn after_a_shutdown_calls_say_so_and_views_show_what_was_last_known() {
    let nodes = form(2);
    let mut events = nodes[1].events();
    drain(&mut events);
    nodes[1].shutdown_blocking();
    let addr = nodes[1].local_addr();
    assert!(
        std::net::UdpSocket::bind(addr).is_ok(),
        "both ports are closed"
    );
    assert!(
        std::net::TcpListener::bind(addr).is_ok(),
        "both ports are closed"
    );
    assert_eq!(events.next_blocking(), None);
    assert_eq!(nodes[1].events().next_blocking(), None);
    assert_eq!(alive(&nodes[1]), 2);
    assert_eq!(nodes[1].leave_blocking(PATIENCE), Err(LeaveError::Ended));
    assert_eq!(nodes[1].update_blocking(b"x"), Err(UpdateError::Ended));
    let seed = nodes[0].local_addr().to_string();
    let report = nodes[1].join_blocking([seed.clone()]);
    assert_eq!(report.failed, [(seed, JoinError::Ended)]);
    nodes[1].shutdown_blocking();
}

#[test]
fn events_are_numbered_alike_for_all_subscribers() {
    let a = start("a");
    let (mut one, mut other) = (a.events(), a.events());
    let _b = start_beside("b", &a);
    let (first, same) = (one.next_blocking(), other.next_blocking());
    assert_eq!(first, same);
    let first = first.expect("running");
    assert_eq!(
        (first.kind, first.member.name.as_str()),
        (EventKind::Join, "b")
    );
}

#[test]
fn who_starts_subscribed_hears_the_very_first_event_however_late_it_listens() {
    let a = start("a");
    let (b, mut events) = node("b")
        .seeds([a.local_addr().to_string()])
        .start_subscribed_blocking()
        .expect("free ports");
    wait_until("both see both", || alive(&a) == 2 && alive(&b) == 2);
    assert_eq!(events.next_blocking().expect("running").seq, 1);
    let mut late = b.events();
    assert_eq!(
        late.try_next(),
        None,
        "who subscribes later hears what comes"
    );
}

#[test]
fn info_is_the_nodes_account_of_itself() {
    let nodes = form(2);
    let info = nodes[0].info();
    assert_eq!(
        (info.name.as_str(), info.addr),
        ("n0", nodes[0].advertised())
    );
    assert_eq!(info.incarnation, nodes[0].me().incarnation);
    assert!(info.uptime > Duration::ZERO);
    assert_eq!(info.health, nodes[0].health());
    let mut names: Vec<_> = info.counters.iter().map(|(name, _)| *name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(
        names.len(),
        all,
        "each counter has a name of its own: {names:?}"
    );
    assert!(counter(&nodes[0], "datagrams_sent") > 0);
    assert!(counter(&nodes[0], "datagram_bytes_received") > 0);
    assert!(counter(&nodes[0], "stream_bytes_received") > 0);
    assert!(counter(&nodes[1], "streams_opened") > 0);
}

#[test]
fn a_handle_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync + 'static>() {}
    shareable::<Cluster>();
    shareable::<swim_smol::Events>();
}
