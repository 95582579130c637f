//! Peers that are slow, silent, strange or hostile: each costs a counter.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant};

use swim_smol::{Cluster, EventKind, State};

use crate::support::*;

fn call(node: &Cluster) -> TcpStream {
    let stream = TcpStream::connect(node.local_addr()).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream
}

/// Whether the other side has ended the stream, after reading whatever it said.
fn is_over(mut stream: TcpStream) -> bool {
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => true,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

#[test]
fn a_stream_that_says_nothing_is_ended_in_time() {
    let a = start("a");
    let began = Instant::now();
    let silent = call(&a);
    assert!(is_over(silent));
    assert!(
        began.elapsed() < 5 * QUICK.exchange.timeout,
        "{:?}",
        began.elapsed()
    );
    assert_eq!(counter(&a, "streams_timed_out"), 1);
}

#[test]
fn a_stream_that_drips_is_ended_in_time() {
    let a = start("a");
    let began = Instant::now();
    let mut drip = call(&a);
    // The start of a frame, then nothing that would complete it: each byte is progress, the whole is not.
    while drip.write_all(&[1]).is_ok() && began.elapsed() < PATIENCE {
        sleep(QUICK.exchange.timeout / 8);
    }
    assert!(
        began.elapsed() < 5 * QUICK.exchange.timeout,
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn stalled_streams_take_all_places_and_a_join_succeeds_as_soon_as_they_end() {
    let a = node("a").max_streams(4).start_blocking().expect("starts");
    let stalled: Vec<_> = (0..4).map(|_| call(&a)).collect();
    wait_until("they are served", || counter(&a, "streams_accepted") == 4);
    let b = start_beside("b", &a);
    wait_until("b is in all the same", || alive(&a) == 2 && alive(&b) == 2);
    drop(stalled);
}

#[test]
fn more_streams_than_places_are_refused_and_counted_and_running_ones_are_not_given_up() {
    // Slow enough that the first stream is still running when the others have been refused.
    let slow = swim_smol::Config::LAN;
    let a = node("a")
        .config(slow)
        .max_streams(1)
        .start_blocking()
        .expect("starts");
    let running = call(&a);
    wait_until("it is served", || counter(&a, "streams_accepted") == 1);
    let others: Vec<_> = (0..20).map(|_| call(&a)).collect();
    assert!(others.into_iter().all(is_over));
    assert_eq!(counter(&a, "streams_refused"), 20);
    running.set_nonblocking(true).expect("set");
    let mut byte = [0];
    let still_there = (&running)
        .read(&mut byte)
        .expect_err("neither data nor an end");
    assert_eq!(still_there.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn garbage_on_both_ports_changes_nothing_but_counters() {
    let nodes = form(2);
    let mut events = nodes[0].events();
    let victim = nodes[0].local_addr();
    let mut seed = 0x5EED_u64;
    let mut noise = |length: usize| -> Vec<u8> {
        let mut next = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            seed.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    };
    let http = b"GET / HTTP/1.1\r\nHost: swim\r\n\r\n".to_vec();
    let mut garbage = vec![
        Vec::new(),
        http,
        vec![0xFF; 1_400],
        vec![0; 1_400],
        vec![1, 0, 0, 5, 0xFF, 0xFF, 0xFF],
    ];
    garbage.extend((0..200).map(|length| noise(length * 7)));
    let count = garbage.len() as u64;

    let socket = UdpSocket::bind(ANY_PORT).expect("a port");
    for bytes in &garbage {
        socket.send_to(bytes, victim).expect("sent");
    }
    for bytes in garbage.iter().take(40) {
        let mut stream = call(&nodes[0]);
        // It may hang up before all is written.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        assert!(is_over(stream));
    }
    let refused = || {
        [
            "datagrams_short",
            "datagrams_other_version",
            "datagrams_other_label",
            "datagrams_damaged",
        ]
        .iter()
        .map(|name| counter(&nodes[0], name))
        .sum::<u64>()
    };
    wait_until("all datagrams are refused and counted", || {
        refused() == count
    });
    stays("nothing changed", Duration::from_millis(300), || {
        nodes.iter().all(|node| alive(node) == 2)
    });
    let seen = drain(&mut events);
    let late = |event: &swim_smol::Event| event.kind == EventKind::Join; // of n1, told only now
    assert!(seen.iter().all(late), "{seen:?}");
    assert!(counter(&nodes[0], "exchanges_failed") >= 40);
}

#[test]
fn another_label_is_ignored_and_counted() {
    let red = node("red").label("red").start_blocking().expect("starts");
    let blue = node("blue").label("blue").start_blocking().expect("starts");
    let report = blue.join_blocking([red.local_addr().to_string()]);
    assert_eq!(report.answered, 0);
    assert_eq!(
        report.failed[0].1,
        swim_smol::JoinError::Failed(swim_smol::ExchangeFailed::Refused)
    );
    let socket = UdpSocket::bind(ANY_PORT).expect("a port");
    let mut buffer = [0; 100];
    let envelope = swim_core::wire::Envelope::new(b"blue").expect("short");
    let mut datagram = swim_core::wire::Datagram::new(&mut buffer, envelope);
    socket
        .send_to(datagram.finish(), red.local_addr())
        .expect("sent");
    wait_until("it is counted", || {
        counter(&red, "datagrams_other_label") >= 1
    });
    assert_eq!((alive(&red), alive(&blue)), (1, 1));
}

#[test]
fn a_full_roster_refuses_newcomers_says_so_and_keeps_its_members() {
    let small = node("small")
        .max_members(3)
        .start_blocking()
        .expect("starts");
    let mut events = small.events();
    let others: Vec<_> = ["b", "c"].map(|name| start_beside(name, &small)).into();
    wait_until("three are in", || alive(&small) == 3);
    let late = start_beside("late", &small);
    wait_until("the newcomer was refused", || {
        counter(&small, "crowded") >= 1
    });
    wait_until("it is told", || {
        drain(&mut events)
            .iter()
            .any(|event| event.kind == EventKind::Crowded)
    });
    stays("its members stay", Duration::from_millis(500), || {
        alive(&small) == 3 && state(&small, "late").is_none()
    });
    for node in &others {
        assert_eq!(state(node, "small"), Some(State::Alive));
    }
    drop(late);
}

#[test]
fn nobody_listens_there_any_more_and_that_is_no_error() {
    let a = start("a");
    let b = start_beside("b", &a);
    wait_until("both see both", || alive(&a) == 2 && alive(&b) == 2);
    let gone: SocketAddr = b.local_addr();
    drop(b);
    wait_until("b is dead", || state(&a, "b") == Some(State::Dead));
    assert_eq!(a.member("b").expect("remembered").addr, gone);
    assert!(a.update_blocking(b"still here").is_ok());
}
