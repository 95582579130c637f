//! `swim agent`: its ready line, its logs, its signals, its end.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Birth, check, eventually, run, skip, swim};

#[test]
fn the_first_line_says_where_the_agent_is_found_and_ports_0_are_filled_in() {
    let agent = Birth::quick("otter").start();
    let (bind, control) = (&agent.bind, &agent.control);
    let expected = format!("ready name=otter bind={bind} advertise={bind} control={control}\n");
    assert_eq!(agent.ready, expected);
    assert!(
        !bind.ends_with(":0") && !control.ends_with(":0"),
        "{expected}"
    );
    assert_eq!(agent.get("/v1/info")["addr"], *bind, "what is advertised");
}

#[test]
fn with_json_the_ready_line_is_an_object_with_the_same_keys_and_so_is_every_log_line() {
    let agent = Birth::quick("otter")
        .with(&["--log-format", "json"])
        .start();
    let ready: serde_json::Value = serde_json::from_str(&agent.ready).expect("an object");
    let keys: Vec<_> = ready.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["advertise", "bind", "control", "name"]);
    agent.logs(&["started"]);
    for line in agent.log().lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("an object a line");
        assert!(
            line["level"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn without_a_control_face_none_is_said_and_nobody_answers() {
    let agent = Birth::quick("otter").with(&["--control", "none"]).start();
    assert!(agent.ready.ends_with(" control=none\n"), "{}", agent.ready);
}

#[test]
fn an_advertised_address_is_what_others_are_told_and_its_port_0_is_the_port_bound() {
    let words = ["--bind", "0.0.0.0:0", "--advertise", "127.0.0.1:0"];
    let agent = Birth::quick("otter").with(&words).start();
    let port = agent.bind.strip_prefix("0.0.0.0:").expect("all interfaces");
    let advertised = format!("127.0.0.1:{port}");
    assert!(
        agent.ready.contains(&format!(" advertise={advertised} ")),
        "{}",
        agent.ready
    );
    assert_eq!(agent.members()[0].whole["addr"], advertised);
}

#[test]
fn standard_output_has_the_ready_line_alone_and_logs_go_to_standard_error() {
    let agent = Birth::quick("otter").start();
    let other = Birth::quick("seal").join(&agent).start();
    agent.logs(&["joined", "member=\"seal\""]);
    other.kill();
    agent.logs(&["dead", "member=\"seal\""]);
    assert_eq!(agent.out(), "");
}

#[test]
fn the_log_tells_joins_suspicions_deaths_leaves_and_which_seed_was_tried() {
    let silent = "127.0.0.1:1";
    let agent = Birth::quick("otter").start();
    let mut leaver = Birth::quick("heron")
        .join(&agent)
        .with(&["--join", silent])
        .start();
    let victim = Birth::quick("seal").join(&agent).start();
    leaver.logs(&["joining", &format!("seed={}", agent.bind)]);
    leaver.logs(&["joining", &format!("seed={silent}")]);
    leaver.logs(&["WARN", "did not answer", &format!("seed={silent}")]);
    leaver.logs(&["WARN", "exchange failed", &format!("with={silent}")]);
    agent.logs(&["INFO", "joined", "member=\"seal\""]);
    agent.lists_alive(3);
    victim.kill();
    agent.logs(&["WARN", "suspected", "member=\"seal\""]);
    agent.logs(&["WARN", "dead", "member=\"seal\""]);
    leaver.signal(Signal::TERM);
    agent.logs(&["INFO", "left", "member=\"heron\""]);
    assert!(leaver.ends().success());
}

#[test]
fn the_log_tells_refutations_on_both_sides() {
    let agent = Birth::quick("otter").start();
    let frozen = Birth::quick("seal").join(&agent).start();
    agent.lists_alive(2);
    frozen.lists_alive(2);
    frozen.signal(Signal::STOP);
    agent.logs(&["suspected", "member=\"seal\""]);
    frozen.signal(Signal::CONT);
    agent.logs(&["refuted", "member=\"seal\""]);
    frozen.logs(&["refuted a rumour about this node"]);
}

#[test]
fn rust_log_is_respected() {
    let silent = Birth::quick("otter").env("RUST_LOG", "off").start();
    let chatty = Birth::quick("seal")
        .env("RUST_LOG", "warn,swim_smol=debug")
        .join(&silent)
        .start();
    chatty.logs(&["DEBUG", "exchanged rosters"]);
    silent.lists_alive(2);
    assert_eq!(silent.log(), "");
}

#[test]
fn logs_that_are_piped_have_no_colours() {
    let agent = Birth::quick("otter").start();
    agent.logs(&["started"]);
    assert!(!agent.log().contains('\u{1b}'), "{:?}", agent.log());
}

#[test]
fn nothing_is_read_from_standard_input() {
    let mut child = swim(&[
        "agent",
        "--name",
        "otter",
        "--bind",
        "127.0.0.1:0",
        "--control",
        "none",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"quit\nexit\n").expect("the pipe has room");
    drop(stdin);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(
        child.try_wait().expect("the process is ours"),
        None,
        "it lives on"
    );
    child.kill().expect("the process is ours");
    child.wait().expect("the process is ours");
}

#[test]
fn each_of_three_signals_makes_the_agent_leave_and_end_with_0() {
    let stayer = Birth::quick("otter").start();
    for (name, signal) in [
        ("heron", Signal::INT),
        ("seal", Signal::TERM),
        ("newt", Signal::HUP),
    ] {
        let mut agent = Birth::quick(name).join(&stayer).start();
        stayer.lists(name, "alive");
        agent.signal(signal);
        let status = agent.ends();
        assert_eq!(status.code(), Some(0), "{signal:?}: {}", agent.log());
        stayer.lists(name, "left");
    }
    assert!(!stayer.log().contains("dead"), "{}", stayer.log());
}

#[test]
fn a_second_signal_ends_the_agent_at_once() {
    // In the WAN profile a leave takes seconds to be told.
    let stayer = Birth::of("otter").with(&["--profile", "wan"]).start();
    let mut agent = Birth::of("seal")
        .with(&["--profile", "wan"])
        .join(&stayer)
        .start();
    stayer.lists(&agent.name, "alive");
    agent.signal(Signal::TERM);
    agent.logs(&["leaving the cluster"]);
    agent.signal(Signal::TERM);
    let signalled = Instant::now();
    let status = agent.ends();
    assert!(
        signalled.elapsed() < Duration::from_millis(300),
        "{:?}",
        signalled.elapsed()
    );
    assert_eq!(status.code(), Some(1));
    agent.logs(&["swim agent: ended at once by a second signal, SIGTERM"]);
}

#[test]
fn the_version_says_commit_and_wire_version() {
    let said = run(&["--version"]);
    assert_eq!(said.code, 0);
    let version = said.out.trim_end();
    let version = version.strip_prefix(concat!("swim ", env!("CARGO_PKG_VERSION"), " (commit "));
    let commit = version
        .and_then(|rest| rest.strip_suffix(", wire version 1)"))
        .expect(&said.out);
    let is_commit =
        commit == "unknown" || (commit.len() >= 7 && commit.chars().all(|c| c.is_ascii_hexdigit()));
    assert!(is_commit, "{commit:?}");
}

#[test]
fn an_agent_with_its_control_face_is_small() {
    let agent = Birth::of("otter").start();
    let other = Birth::of("seal").join(&agent).start();
    other.lists_alive(2);
    agent.lists_alive(2);
    assert_eq!(agent.swim(&["info"]).code, 0);
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.child.id()));
    let Ok(status) = status else {
        skip("the size of an agent: this system has no /proc");
        return;
    };
    let kilobytes = |key: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .expect(key);
        line.trim()
            .trim_end_matches(" kB")
            .parse::<u64>()
            .expect("a number")
    };
    let (own, whole) = (kilobytes("RssAnon:"), kilobytes("VmRSS:"));
    println!("resident: {whole} kB, {own} kB of them its own (the rest is the program file)");
    assert!(own <= 2_048, "{own} kB of memory of its own");
    if !cfg!(debug_assertions) {
        assert!(whole <= 6_144, "{whole} kB");
    }
}

#[test]
fn an_agent_that_watches_standard_input_ends_when_it_closes() {
    let mut child = swim(&[
        "agent",
        "--name",
        "otter",
        "--bind",
        "127.0.0.1:0",
        "--control",
        "none",
    ])
    .arg("--until-stdin-closes")
    .stdin(Stdio::piped())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .expect("the program starts");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(
        child.try_wait().expect("the process is ours"),
        None,
        "it lives"
    );
    drop(child.stdin.take());
    let status = eventually("the agent ends", || {
        let status = child.try_wait().expect("the process is ours");
        status.ok_or("still alive")
    });
    assert!(check(status.success(), status).is_ok(), "{status}");
}
