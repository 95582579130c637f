//! `swim demo`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

use crate::support::{check, eventually, run, swim};

fn is_running(pid: u64) -> bool {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a pid");
    test_kill_process(pid).is_ok()
}

fn objects(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

fn of<'a>(objects: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

#[test]
fn the_demo_shows_every_step_and_ends_with_0() {
    let began = Instant::now();
    let said = run(&["demo", "--speed", "4"]);
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert!(
        !said.out.contains(['\u{1b}', '\r']),
        "no colours or cursor movement when piped"
    );
    for part in [
        "all 5 list all 5 alive",
        "is killed with SIGKILL",
        "a survivor suspects otter",
        "all 4 survivors list otter dead, within 10 s",
        "all 5 list otter alive, and otter all 5",
        "the other 4 list heron left",
        "nobody but otter was ever listed dead by anybody",
        "All of it was seen within its bounds",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let count = |begins: &str| {
        said.out
            .lines()
            .filter(|line| line.trim_start().starts_with(begins))
            .count()
    };
    assert_eq!((count("expected "), count("seen ")), (7, 7), "{}", said.out);
}

#[test]
fn as_json_each_step_says_what_was_expected_what_was_seen_and_in_how_long() {
    let said = run(&["demo", "--json", "--nodes", "3", "--speed", "4"]);
    assert_eq!(said.code, 0, "{}\n{}", said.out, said.err);
    let objects = objects(&said.out);
    let steps: Vec<_> = of(&objects, "step")
        .map(|step| step["step"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        steps,
        [
            "meet",
            "change",
            "suspicion",
            "death",
            "return",
            "leave",
            "justice"
        ]
    );
    for step in of(&objects, "step") {
        assert!(
            step["expected"].is_string() && step["seen"].is_string(),
            "{step}"
        );
        assert!(
            step["took_ms"].as_u64() <= step["within_ms"].as_u64(),
            "{step}"
        );
        assert_eq!(step["ok"], true, "{step}");
    }
    let killed = of(&objects, "killed").next().expect("one is killed");
    let born = of(&objects, "agent")
        .find(|agent| agent["name"] == killed["name"])
        .expect("it was born");
    assert_eq!(born["pid"], killed["pid"], "the pid is that of the process");
    let verdict = objects.last().expect("a verdict");
    assert_eq!(
        (&verdict["kind"], &verdict["ok"]),
        (&"verdict".into(), &true.into())
    );
    for agent in of(&objects, "agent") {
        let pid = agent["pid"].as_u64().expect("a pid");
        assert!(!is_running(pid), "{agent} was left running");
    }
}

#[test]
fn a_bound_that_is_missed_ends_with_1_and_is_named() {
    let said = run(&[
        "demo",
        "--nodes",
        "3",
        "--speed",
        "4",
        "--within-death",
        "1ms",
    ]);
    assert_eq!(said.code, 1, "{}\n{}", said.out, said.err);
    let named = "death: all 2 survivors list otter dead within 1 ms, but it took ";
    assert!(said.out.contains(named), "{}", said.out);
    assert!(
        said.err.starts_with(&format!("swim demo: missed: {named}")),
        "{}",
        said.err
    );
    assert!(said.out.contains("  MISSED"), "{}", said.out);
}

#[test]
fn at_least_once_a_second_there_is_a_line() {
    let mut child = demo(&["demo", "--nodes", "3"]);
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut last = Instant::now();
    let (mut longest, mut progress) = (Duration::ZERO, 0);
    for line in lines.map_while(Result::ok) {
        longest = longest.max(last.elapsed());
        last = Instant::now();
        progress += usize::from(line.contains(" s  ") && line.starts_with("  "));
    }
    assert!(child.wait().expect("the process is ours").success());
    // The bound is a second; the rest is for a machine that is busy with other tests.
    assert!(longest < Duration::from_millis(1_500), "{longest:?}");
    assert!(
        progress >= 3,
        "the death alone takes seconds: {progress} lines of progress"
    );
}

#[test]
fn the_agents_end_when_the_demo_is_killed() {
    for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
        let mut child = demo(&["demo", "--json", "--nodes", "4"]);
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut pids = Vec::new();
        while pids.len() < 4 {
            let line = lines.next().expect("agents start").expect("UTF-8");
            let object: Value = serde_json::from_str(&line).expect("an object a line");
            pids.extend(object["pid"].as_u64());
        }
        assert!(pids.iter().all(|pid| is_running(*pid)), "{pids:?}");
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), signal).expect("the process is ours");
        child.wait().expect("the process is ours");
        eventually("the agents end", || {
            let running: Vec<_> = pids.iter().filter(|pid| is_running(**pid)).collect();
            check(running.is_empty(), format!("{running:?}"))
        });
    }
}

fn demo(words: &[&str]) -> Child {
    let mut command = swim(words);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}
