//! What comes from elsewhere and should not: each a clear error or a counter, and nothing is lost.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use crate::support::{Birth, check, eventually, request, try_get};

#[test]
fn of_two_live_nodes_of_one_name_the_older_stays_and_both_are_told() {
    let elder = Birth::quick("otter").start();
    let witness = Birth::quick("heron").join(&elder).start();
    witness.lists_alive(2);
    let before = elder.bind.clone();
    // A life's age shows in its first incarnation, which counts seconds.
    std::thread::sleep(Duration::from_millis(1_100));
    let younger = Birth::quick("otter").join(&witness).start();
    younger.logs(&["an older node has this name"]);
    elder.logs(&["two live nodes use one name"]);
    let events = |agent: &crate::support::Agent| {
        let mut events = crate::support::get_after(&agent.control, Some(0));
        std::iter::from_fn(move || events.next()).find(|(_, event, _)| event == "conflict")
    };
    assert_eq!(events(&elder).expect("told").2["claimed_by"], *younger.bind);
    assert_eq!(events(&younger).expect("told").2["claimed_by"], *elder.bind);
    std::thread::sleep(Duration::from_millis(500));
    let held = witness.lists("otter", "alive");
    assert_eq!(
        held.whole["addr"], before,
        "the older one stays, without flapping"
    );
    assert!(elder.counter("conflicts") + witness.counter("conflicts") > 0);
}

#[test]
fn a_full_roster_refuses_newcomers_says_so_and_counts_them() {
    let agent = Birth::quick("otter").with(&["--max-members", "2"]).start();
    let second = Birth::quick("heron").join(&agent).start();
    agent.lists_alive(2);
    let _third = Birth::quick("seal").join(&agent).start();
    agent.logs(&["WARN", "the roster is full"]);
    eventually("refusals are counted", || {
        check(agent.counter("crowded") > 0, agent.get("/v1/info"))
    });
    assert_eq!(agent.members().len(), 2);
    assert_eq!(
        agent.lists("heron", "alive").whole["addr"],
        second.bind,
        "nobody was lost for it"
    );
}

#[test]
fn another_clusters_label_is_refused_and_counted_on_both_ports() {
    let ours = Birth::quick("otter").with(&["--label", "ours"]).start();
    let theirs = Birth::quick("heron").with(&["--label", "theirs"]).start();
    let said = theirs.swim(&["join", &ours.bind]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("another label"), "{}", said.err);
    assert_eq!(ours.members().len(), 1);
    assert_eq!(theirs.members().len(), 1);
    let same = Birth::quick("seal")
        .with(&["--label", "ours"])
        .join(&ours)
        .start();
    same.lists_alive(2);
}

#[test]
fn noise_on_every_port_is_counted_and_changes_nothing() {
    let agent = Birth::quick("otter").start();
    let other = Birth::quick("heron").join(&agent).start();
    agent.lists_alive(2);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let mut byte = 0_u8;
    for length in 0..200 {
        let noise = std::iter::repeat_with(|| {
            byte = byte.wrapping_mul(37).wrapping_add(101);
            byte
        });
        let noise: Vec<u8> = noise.take(length).collect();
        socket
            .send_to(&noise, &agent.bind)
            .expect("loopback takes it");
    }
    for address in [&agent.bind, &agent.control] {
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a time-out");
        stream.write_all(&[0xff; 3_000]).expect("it reads");
        // It may answer why, or just end the stream.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    eventually("noise is counted", || {
        let refused: u64 = [
            "datagrams_short",
            "datagrams_damaged",
            "datagrams_other_version",
            "datagrams_other_label",
        ]
        .iter()
        .map(|counter| agent.counter(counter))
        .sum();
        check(refused >= 150, refused)
    });
    agent.lists_alive(2);
    other.lists_alive(2);
    assert!(!agent.log().contains("panicked"), "{}", agent.log());
}

#[test]
fn too_many_connections_to_the_control_face_are_refused_and_counted() {
    let agent = Birth::quick("otter").start();
    let mut idle: Vec<_> = (0..80)
        .map(|_| TcpStream::connect(&agent.control).expect("it listens"))
        .collect();
    let last = idle.last_mut().expect("eighty");
    last.set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time-out");
    let ended = last.read(&mut [0; 1]);
    assert!(
        matches!(ended, Ok(0) | Err(_)),
        "the last one was closed: {ended:?}"
    );
    drop(idle);
    eventually("the face answers again", || {
        let info = try_get(&agent.control, "/v1/info")?.json();
        let refused = &info["counters"]["control_connections_refused"];
        assert!(
            refused.as_u64() >= Some(16),
            "{refused} of 80, where 64 are served"
        );
        Ok::<_, std::io::Error>(())
    });
}

#[test]
fn a_body_that_never_comes_costs_its_connection_for_a_moment_only() {
    let agent = Birth::quick("otter").start();
    let head = "POST /v1/meta HTTP/1.1\r\nHost: swim\r\nContent-Length: 100\r\n\r\n";
    // `request` reads until the agent ends the connection.
    let answer = request(&agent.control, &format!("{head}{{"));
    assert_eq!(answer.status, 408, "{answer:?}");
    let said = answer.json();
    let said = said["error"].as_str().expect("a reason");
    assert!(
        said.contains("did not come whole within 5s (send it at once)"),
        "{said}"
    );
}
