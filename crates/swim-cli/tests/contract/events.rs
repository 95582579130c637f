//! `swim events` and `GET /v1/events`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::support::{Agent, Birth, check, eventually, get_after, swim};

/// A cluster of two in which `heron` came, changed, and left.
fn history() -> Agent {
    let agent = Birth::quick("otter").start();
    let mut other = Birth::quick("heron").join(&agent).start();
    agent.lists("heron", "alive");
    assert_eq!(other.swim(&["meta", "role=db"]).code, 0);
    eventually("the change arrives", || {
        let heron = agent.member("heron");
        let arrived = heron
            .as_ref()
            .is_some_and(|heron| heron.whole["meta"]["role"] == "db");
        check(arrived, heron)
    });
    assert_eq!(other.swim(&["leave"]).code, 0);
    other.ends();
    agent.lists("heron", "left");
    agent
}

#[test]
fn events_are_numbered_named_and_replayed_after_a_last_event_id() {
    let agent = history();
    let mut stream = get_after(&agent.control, Some(0));
    assert!(
        stream.head.contains("content-type: text/event-stream"),
        "{}",
        stream.head
    );
    let mut told = Vec::new();
    while told.last() != Some(&("left".to_owned(), "heron".to_owned())) {
        let (id, event, data) = stream.next().expect("an event");
        assert_eq!(data["seq"], id, "id is the seq");
        assert_eq!(data["event"], *event, "event is set");
        let keys: Vec<_> = data.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["at_ms", "event", "member", "seq"]);
        told.push((
            event,
            data["member"]["name"].as_str().expect("a name").to_owned(),
        ));
    }
    let of_heron: Vec<_> = told
        .iter()
        .filter(|(_, name)| name == "heron")
        .map(|(event, _)| event.as_str())
        .collect();
    assert_eq!(of_heron, ["join", "update", "left"]);
    let last = told.len() as u64;
    let (id, event, _) = get_after(&agent.control, Some(last - 1))
        .next()
        .expect("the last one again");
    assert_eq!((id, event.as_str()), (last, "left"), "numbers have no gaps");
}

#[test]
fn an_events_time_is_the_unix_time_in_milliseconds() {
    let agent = history();
    let (_, _, data) = get_after(&agent.control, Some(0)).next().expect("an event");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_millis();
    let at = u128::from(data["at_ms"].as_u64().expect("a number"));
    assert!(at <= now && now - at < 60_000, "{at} and now it is {now}");
}

#[test]
fn who_sends_no_last_event_id_hears_only_what_follows() {
    let agent = history();
    let mut stream = get_after(&agent.control, None);
    stream.comment().expect("the stream has begun");
    let _newcomer = Birth::quick("seal").join(&agent).start();
    let (_, event, data) = stream.next().expect("an event");
    assert_eq!(
        (event.as_str(), &data["member"]["name"]),
        ("join", &Value::from("seal"))
    );
}

#[test]
fn what_is_no_longer_kept_is_said_and_counted() {
    let agent = Birth::quick("otter").with(&["--events-kept", "2"]).start();
    for mood in ["a=1", "a=2", "a=3", "a=4"] {
        assert_eq!(agent.swim(&["meta", mood]).code, 0);
        // A change that is overtaken before anybody looked is not told.
        eventually("the change is told", || {
            let told = get_after(&agent.control, Some(0)).next();
            check(agent.members()[0].whole["meta"]["a"] == mood[2..], told)
        });
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let missed_before = agent.counter("control_events_missed");
    let mut stream = get_after(&agent.control, Some(0));
    assert_eq!(stream.comment().as_deref(), Some(": swim events"));
    let gap = stream.comment().expect("a gap");
    assert!(gap.ends_with(" events are no longer kept"), "{gap}");
    let (first, ..) = stream.next().expect("the oldest that is kept");
    let (second, ..) = stream.next().expect("the newest");
    assert_eq!(second, first + 1);
    assert!(agent.counter("control_events_missed") > missed_before);
}

#[test]
fn the_command_prints_one_object_a_line_and_ends_with_0_when_the_agent_has_left() {
    let agent = history();
    let mut follower = swim(&[
        "events",
        "--json",
        "--since",
        "0",
        "--control",
        &agent.control,
    ])
    .stdout(Stdio::piped())
    .spawn()
    .expect("the program starts");
    let mut lines = BufReader::new(follower.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("a line").expect("UTF-8");
    loop {
        let event: Value = serde_json::from_str(&next()).expect("an object a line");
        if event["event"] == "left" && event["member"]["name"] == "heron" {
            break;
        }
    }
    assert_eq!(agent.swim(&["leave"]).code, 0);
    let event: Value = serde_json::from_str(&next()).expect("an object a line");
    assert_eq!(
        (&event["event"], &event["member"]["name"]),
        (&"left".into(), &"otter".into())
    );
    assert!(follower.wait().expect("the process is ours").success());
}

#[test]
fn the_command_prints_one_sentence_a_line_for_people() {
    let mut agent = history();
    let mut follower = swim(&["events", "--since", "0", "--control", &agent.control])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(follower.stdout.take().expect("a pipe")).lines();
    let line = lines
        .map_while(Result::ok)
        .find(|line| line.ends_with("  heron has left"));
    let line = line.expect("the leave is told");
    assert!(
        line.starts_with("20") && line.contains('T') && line.contains("Z  "),
        "{line}"
    );
    agent.child.kill().expect("the process is ours");
    assert_eq!(
        follower.wait().expect("the process is ours").code(),
        Some(1),
        "the agent was killed"
    );
}

#[test]
fn death_and_return_are_told_in_order() {
    let agent = Birth::quick("otter").start();
    let other = Birth::quick("heron").join(&agent).start();
    agent.lists("heron", "alive");
    let mut stream = get_after(&agent.control, Some(0));
    other.kill();
    agent.lists("heron", "dead");
    let _again = Birth::quick("heron").join(&agent).start();
    agent.lists("heron", "alive");
    let mut told = Vec::new();
    while told.iter().filter(|event| *event == "join").count() < 2 {
        let (_, event, data) = stream.next().expect("an event");
        if data["member"]["name"] == "heron" {
            told.push(event);
        }
    }
    assert_eq!(told, ["join", "suspect", "dead", "join"]);
}
