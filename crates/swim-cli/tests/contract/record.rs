//! `swim sim record`: a cluster that runs, drawn.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Agent, Birth, Said, run, swim};

/// A file of this test's own among the temporary ones; dropped, it is gone.
struct Page(PathBuf);

impl Page {
    fn named(name: &str) -> Self {
        let file = format!("swim-record-{}-{name}.html", std::process::id());
        Self(std::env::temp_dir().join(file))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn three() -> [Agent; 3] {
    let first = Birth::quick("n0").start();
    let [second, third] = ["n1", "n2"].map(|name| Birth::quick(name).join(&first).start());
    for agent in [&first, &second, &third] {
        agent.lists_alive(3);
    }
    [first, second, third]
}

#[test]
fn a_killed_agent_is_on_the_page_with_what_the_others_believed() {
    let page = Page::named("killed");
    let [first, second, third] = three();
    let faces: Vec<&str> = [&first, &second, &third]
        .map(|one| one.control.as_str())
        .into();
    let words = ["sim", "record", "--json", "--every", "20ms", "--for", "10m"];
    let to = ["--html", page.path(), "--control"];
    let mut recording = swim(&[&words[..], &to, &faces].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut said = BufReader::new(recording.stderr.take().expect("a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("UTF-8 on standard error");
    assert!(line.contains("Ctrl-C ends it"), "{line}");
    third.kill();
    for survivor in [&first, &second] {
        survivor.lists("n2", "dead");
    }
    let process = i32::try_from(recording.id()).ok().and_then(Pid::from_raw);
    kill_process(process.expect("a process"), Signal::INT).expect("the process is ours");
    let said = Said::from(recording.wait_with_output().expect("the process is ours"));
    assert_eq!(said.code, 0, "{said:?}");
    let told: Value = serde_json::from_str(&said.out).expect("an object");
    assert_eq!((&told["agents"], &told["members"]), (&3.into(), &3.into()));
    let sentences = told["sentences"].to_string();
    assert!(sentences.contains("n2 was gone at"), "{sentences}");
    assert!(
        sentences.contains("Nobody that ran was held dead"),
        "{sentences}"
    );
    let drawn = std::fs::read_to_string(&page.0).expect("the page was written");
    for part in ["n2 was gone at", r#"names=["n0","n1","n2"]"#, "<svg"] {
        assert!(drawn.contains(part), "no {part:?} on the page");
    }
}

#[test]
fn where_nobody_answers_nothing_is_recorded() {
    let page = Page::named("nobody");
    let words = ["sim", "record", "--html", page.path(), "--control"];
    let said = run(&[&words[..], &["127.0.0.1:1"]].concat());
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.err.contains("no agent answers at 127.0.0.1:1"),
        "{said:?}"
    );
    let said = run(&[&words[..], &["somewhere"]].concat());
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("--control"), "{said:?}");
}

#[test]
fn a_page_that_is_there_stays_when_there_is_nothing_new_to_draw() {
    let page = Page::named("kept");
    std::fs::write(&page.0, "an older page").expect("written");
    let words = ["sim", "record", "--html", page.path(), "--control"];
    let said = run(&[&words[..], &["127.0.0.1:1"]].concat());
    assert_eq!(said.code, 3, "{said:?}");
    let kept = std::fs::read_to_string(&page.0).expect("it is there");
    assert_eq!(kept, "an older page");
    let none = Page::named("none");
    let words = ["sim", "record", "--html", none.path(), "--control"];
    assert_eq!(run(&[&words[..], &["127.0.0.1:1"]].concat()).code, 3);
    assert!(!none.0.exists(), "and none is begun");
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_anybody_is_asked() {
    let words = [
        "sim",
        "record",
        "--html",
        "no such folder/page.html",
        "--control",
    ];
    let said = run(&[&words[..], &["127.0.0.1:1"]].concat());
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("does its folder exist"), "{said:?}");
}
