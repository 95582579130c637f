//! `swim join`, `swim leave` and `swim meta`, and the same over HTTP.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Birth, post};

#[test]
fn join_prints_how_many_seeds_answered() {
    let one = Birth::quick("otter").start();
    let two = Birth::quick("heron").start();
    let said = two.swim(&["join", &one.bind, "127.0.0.1:1"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.out, "1 of 2 seeds answered\n");
    assert!(
        said.err.contains("swim join: 127.0.0.1:1 did not answer: "),
        "{said:?}"
    );
    one.lists_alive(2);
    two.lists_alive(2);
}

#[test]
fn join_fails_if_no_seed_answered() {
    let agent = Birth::quick("otter").start();
    let said = agent.swim(&["join", "127.0.0.1:1"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (1, "0 of 1 seeds answered\n"),
        "{said:?}"
    );
    assert!(
        said.err.contains("swim join: no seed answered ("),
        "{said:?}"
    );
}

#[test]
fn leave_returns_when_others_were_told_and_the_agent_ends_with_0() {
    let stayer = Birth::quick("otter").start();
    let mut leaver = Birth::quick("heron").join(&stayer).start();
    stayer.lists_alive(2);
    leaver.lists_alive(2);
    let began = Instant::now();
    let said = leaver.swim(&["leave"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "left the cluster\n"),
        "{said:?}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        stayer.member("heron").expect("it is remembered").state,
        "left"
    );
    assert_eq!(leaver.ends().code(), Some(0));
}

#[test]
fn a_lone_agent_can_leave() {
    let mut agent = Birth::quick("otter").start();
    let began = Instant::now();
    assert_eq!(agent.swim(&["leave"]).code, 0);
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(agent.ends().code(), Some(0));
}

#[test]
fn meta_replaces_all_metadata() {
    let agent = Birth::quick("otter")
        .with(&["--meta", "role=web", "--meta", "zone=1"])
        .start();
    let meta = || agent.members()[0].whole["meta"].clone();
    assert_eq!(meta(), json!({"role": "web", "zone": "1"}));
    let said = agent.swim(&["meta", "role=db"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "the node tells 1 pair now\n")
    );
    assert_eq!(meta(), json!({"role": "db"}));
    assert_eq!(agent.swim(&["meta", "--clear"]).code, 0);
    assert_eq!(meta(), json!({}));
}

#[test]
fn wishes_can_be_posted() {
    let stayer = Birth::quick("otter").start();
    let mut agent = Birth::quick("heron").start();
    let joined = post(
        &agent.control,
        "/v1/join",
        &json!({"seeds": [stayer.bind]}).to_string(),
    );
    assert_eq!(joined.status, 200, "{joined:?}");
    assert_eq!(
        joined.json(),
        json!({"asked": 1, "answered": 1, "failed": []})
    );
    let told = post(&agent.control, "/v1/meta", r#"{"meta": {"role": "db"}}"#);
    assert_eq!(
        (told.status, told.json()),
        (200, json!({"meta": {"role": "db"}}))
    );
    assert_eq!(agent.members()[0].whole["meta"], json!({"role": "db"}));
    let left = post(&agent.control, "/v1/leave", "");
    assert_eq!((left.status, left.json()), (200, json!({"told": true})));
    stayer.lists("heron", "left");
    assert_eq!(agent.ends().code(), Some(0));
}
