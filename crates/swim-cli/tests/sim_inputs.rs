//! What `swim sim` reads, and what it is told: pipes, environment, seeds without end, files that are read and written.

mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Said, eventually, said, swim};

/// A folder of the test's own, empty at first.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("inputs")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn command(folder: &Path, words: &str) -> Command {
    let words = format!("sim {words}");
    let mut command = swim(&words.split_whitespace().collect::<Vec<_>>());
    command.current_dir(folder);
    command
}

/// `swim sim` with these words, in this folder.
fn sim(folder: &Path, words: &str) -> Said {
    said(&mut command(folder, words))
}

/// The same with this text in a pipe.
#[cfg(unix)]
fn piped(folder: &Path, words: &str, text: &str) -> Said {
    let mut child = command(folder, words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(text.as_bytes()).expect("written");
    drop(pipe);
    child.wait_with_output().expect("ended").into()
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[track_caller]
fn refused(folder: &Path, words: &str, why: &str) {
    let said = sim(folder, words);
    assert_eq!(said.code, 2, "{words}: {said:?}");
    assert!(said.err.contains(why), "{words}: {why:?} in {said:?}");
    assert!(said.out.is_empty(), "{words}: {said:?}");
}

/// No death is known so soon: whatever the seed, the expectation is missed.
const HASTY: &str = "name = \"hasty\"\nnodes = 4\nduration = \"40s\"\n[[fault]]\nat = \"2s\"\nkind = \"crash\"\nnodes = \"n1\"\n[expect]\ndetect_within = \"1ms\"\n";
/// Short, and nothing goes wrong.
const CALM: &str = "name = \"calm\"\nnodes = 3\nduration = \"8s\"\n";
/// The one fault has nothing to do.
const IDLE: &str = "name = \"idle\"\nnodes = 3\nduration = \"8s\"\n[[fault]]\nat = \"4s\"\nkind = \"heal\"\n[[fault]]\nat = \"5s\"\nkind = \"heal\"\n";

#[test]
fn seeds_without_end_are_refused_everywhere() {
    let folder = folder("endless");
    for words in [
        "sweep crash",
        "sweep --swarm",
        "compare crash --with nodes=5",
        "matrix crash --vary nodes=5,6",
        "targets",
        "mutants",
    ] {
        let words = format!("{words} --seeds 0..18446744073709551615");
        refused(&folder, &words, "say fewer");
    }
    refused(
        &folder,
        "matrix crash --vary nodes=5,6 --seeds 0..10000000",
        "20000000 runs",
    );
}

#[test]
fn what_is_varied_wins_over_flags_and_environment() {
    let folder = folder("varied");
    fs::write(folder.join("calm.toml"), CALM).expect("a file");
    let words = "matrix calm.toml --vary nodes=3,9 --nodes 5 --seeds 0..1 --json";
    let said = said(command(&folder, words).env("SWIM_PROFILE", "wan"));
    assert_eq!(said.code, 0, "{said:?}");
    let cells = json(&said);
    let sent = |cell: usize| cells[cell]["figures"]["sent_bytes_per_node_s"].as_f64();
    assert_ne!(sent(0), sent(1), "{cells}");
    fs::write(folder.join("hasty.toml"), HASTY).expect("a file");
    let words = "compare hasty.toml --nodes 5 --with nodes=9 --seeds 0..2 --json";
    let compared = json(&sim(&folder, words));
    let rows = compared.as_array().expect("an array");
    assert!(
        rows.iter().any(|row| row["difference"] != 0.0),
        "{compared}"
    );
    refused(&folder, "matrix crash --vary seed=1,2", "--seeds");
    refused(&folder, "compare crash --with seed=2", "--seeds");
    refused(&folder, "matrix crash --vary nodes=5 --jobs 0", "--jobs");
    // Were it looked at after all runs, this would take days.
    refused(
        &folder,
        "matrix crash --vary nodes=5 --figure nope --seeds 0..9999999",
        "crash_known_p50_s",
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once_and_an_empty_file_is_none() {
    let folder = folder("pipes");
    let swept = piped(&folder, "sweep /dev/stdin --seeds 3..5 --json", HASTY);
    assert_eq!((swept.code, &json(&swept)["violated"]), (1, &2.into()));
    for words in [
        "matrix /dev/stdin --vary duration=6s,7s --seeds 0..2 --json",
        "compare /dev/stdin --with nodes=4 --seeds 0..2 --json",
        "check-determinism /dev/stdin /dev/stdin --json",
    ] {
        let said = piped(&folder, words, CALM);
        assert_eq!(said.code, 0, "{words}: {said:?}");
    }
    fs::write(folder.join("empty.toml"), " \n").expect("a file");
    refused(&folder, "run empty.toml", "the file is empty");
    refused(&folder, "sweep empty.toml", "the file is empty");
}

#[test]
fn a_run_without_effect_is_replayed_without_effect() {
    let folder = folder("idle");
    fs::write(folder.join("idle.toml"), IDLE).expect("a file");
    let ran = sim(&folder, "run idle.toml --jsonl idle.jsonl --json");
    assert_eq!(ran.code, 3, "{ran:?}");
    let again = sim(&folder, "replay idle.jsonl --json");
    assert_eq!(again.code, 3, "{again:?}");
    let (ran, again) = (json(&ran), json(&again));
    assert_eq!(again["matches"], true);
    for key in ["verdict", "faults"] {
        assert_eq!(ran[key], again[key], "{key}");
    }
}

#[test]
fn a_run_that_passed_is_replayed_as_passed_though_a_part_of_a_fault_had_no_effect() {
    let folder = folder("flap");
    let flap = "name = \"flap\"\nnodes = 3\nduration = \"16s\"\n[[fault]]\nat = \"2s\"\nfor = \"10s\"\nkind = \"loss\"\nshare = \"100%\"\nlinks = \"n1 -> n2\"\nflap = { down = \"200ms\", up = \"300ms\" }\n";
    fs::write(folder.join("flap.toml"), flap).expect("a file");
    let ran = sim(&folder, "run flap.toml --jsonl flap.jsonl");
    assert_eq!(ran.code, 0, "{ran:?}");
    let again = sim(&folder, "replay flap.jsonl --json");
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(json(&again)["verdict"], "pass");
}

#[test]
fn a_run_that_went_two_ways_once_says_so_again() {
    let folder = folder("two-ways");
    fs::write(folder.join("calm.toml"), CALM).expect("a file");
    let words = "sweep calm.toml --seeds 0..41 --keep kept";
    assert_eq!(sim(&folder, words).code, 0);
    let file = folder.join("kept/twice.jsonl");
    let twice = fs::read_to_string(&file).expect("a file");
    assert_eq!(twice.lines().count(), 3, "{twice}");
    // Interrupted within the second pass: what is missing is done, and it looks as if it had never been.
    let first = twice.lines().next().expect("a line");
    fs::write(&file, format!("{first}\n{{\"seed\":20")).expect("written");
    assert_eq!(sim(&folder, words).code, 0);
    assert_eq!(fs::read_to_string(&file).expect("a file"), twice);
    // Once it went another way.
    let seed: Value = serde_json::from_str(first).expect("JSON");
    let hash = seed["trace_hash"].as_str().expect("a text");
    fs::write(&file, twice.replace(hash, "0123456789abcdef")).expect("written");
    for words in [words, words, "sweep --merge kept"] {
        let said = sim(&folder, words);
        assert_eq!(said.code, 4, "{words}: {said:?}");
        assert!(said.err.contains("seed 0 did not run the same way twice"));
    }
    fs::write(&file, "").expect("written");
    refused(&folder, "sweep --merge kept", "not run a second time");
}

#[cfg(unix)]
#[test]
fn a_second_pass_that_was_interrupted_is_made_up_for() {
    let folder = folder("second-pass");
    let text = "name = \"calm\"\nnodes = 12\nduration = \"60s\"\n";
    fs::write(folder.join("calm.toml"), text).expect("a file");
    // All seeds of this part are run twice.
    let words = "sweep calm.toml --seeds 0..600 --shard 1/20 --jobs 1 --keep kept";
    assert_eq!(sim(&folder, words).code, 0);
    let file = folder.join("kept/twice.jsonl");
    let whole = fs::read_to_string(&file).expect("a file");
    fs::write(&file, "").expect("written");
    let child = command(&folder, words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    eventually("some are done again", || {
        let again = fs::read_to_string(&file).unwrap_or_default();
        support::check(!again.is_empty(), again)
    });
    interrupt(child.id());
    let said: Said = child.wait_with_output().expect("ended").into();
    assert_eq!((said.code, &*said.out), (130, ""), "{said:?}");
    assert!(said.err.contains("a second time"), "{said:?}");
    assert_eq!(sim(&folder, words).code, 0);
    assert_eq!(fs::read_to_string(&file).expect("a file"), whole);
}

#[test]
fn what_is_read_is_not_written_over_and_nothing_is_written_twice() {
    let folder = folder("apart");
    fs::write(folder.join("hasty.toml"), HASTY).expect("a file");
    fs::create_dir(folder.join("inner")).expect("a folder");
    assert_eq!(
        sim(&folder, "sweep hasty.toml --seeds 3..4 --keep kept").code,
        1
    );
    let kept = sim(&folder, "sweep hasty.toml --seeds 3..4 --keep kept --json");
    let dir = json(&kept)["failures"][0]["dir"]
        .as_str()
        .expect("a folder")
        .to_owned();
    let read = "it is what is read";
    for (words, why) in [
        ("run hasty.toml --html hasty.toml".to_owned(), read),
        (
            "run hasty.toml --jsonl inner/../hasty.toml".to_owned(),
            read,
        ),
        ("shrink hasty.toml --out ./hasty.toml".to_owned(), read),
        ("shrink hasty.toml --emit-test hasty.toml".to_owned(), read),
        (format!("shrink {dir} --out {dir}/expanded.toml"), read),
        (format!("replay {dir} --html {dir}/failure.json"), read),
        (
            "run crash --html a --jsonl ./a".to_owned(),
            "--jsonl writes there too",
        ),
        (
            "shrink hasty.toml --out x --emit-test x".to_owned(),
            "--out writes there too",
        ),
    ] {
        refused(&folder, &words, why);
    }
    assert_eq!(
        fs::read_to_string(folder.join("hasty.toml")).expect("a file"),
        HASTY
    );
    assert!(!folder.join("a").exists() && !folder.join("x").exists());
    // A preset is no file, and a device takes all.
    let said = sim(&folder, "run hasty.toml --html /dev/null --jsonl /dev/null");
    assert_eq!(said.code, 1, "{said:?}");
}

#[test]
fn words_that_move_a_cursor_or_say_nothing_are_refused() {
    let folder = folder("words");
    let zones = "name = \"z\"\nnodes = 4\nduration = \"5s\"\n[zones]\na = \"0..2\"\nb = \"2..4\"\n[network.rtt]\n";
    for (number, (text, why)) in [
        (
            "name = \"a\\u001b[2Jb\"\nnodes = 3\n".to_owned(),
            "control character",
        ),
        (
            "nodes = 3\n[[expect.breaks]]\ninvariant = \"L3\"\nreason = \"\"\n".to_owned(),
            "it says nothing",
        ),
        (
            "nodes = 3\n[[expect.deaths]]\nnodes = \"n1\"\nreason = \" \"\n".to_owned(),
            "it says nothing",
        ),
        (
            format!("{zones}a-b = \"2ms\"\nb-a = \"3ms\"\n"),
            "a round trip takes one time",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{number}.toml");
        fs::write(folder.join(&name), text).expect("a file");
        refused(&folder, &format!("run {name}"), why);
    }
    let twice = format!("{zones}a-b = \"2ms\"\nb-a = \"2ms\"\n");
    fs::write(folder.join("same.toml"), twice).expect("a file");
    assert_eq!(sim(&folder, "run same.toml").code, 0);
    refused(&folder, "sweep --merge a --seeds 0..3", "cannot be used");
    refused(
        &folder,
        "record --control 127.0.0.1:1 --every 0s --html page.html",
        "--every 0s",
    );
}

#[test]
fn what_is_very_long_is_not_repeated_whole() {
    let folder = folder("long");
    let long = "z".repeat(5_000);
    let line = format!("nodes = [{}]\n", "1, ".repeat(70_000));
    fs::write(folder.join("line.toml"), line).expect("a file");
    fs::write(folder.join("key.toml"), format!("{long} = 3\n")).expect("a file");
    for words in [
        "run line.toml".to_owned(),
        "run key.toml".to_owned(),
        format!("run {long}"),
        format!("run crash --profile {long}"),
        format!("run crash --for {long}"),
        format!("run crash --set {long}=1"),
        format!("run crash {long}"),
    ] {
        let said = sim(&folder, &words);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(
            said.err.len() < 3_000 && said.err.contains('…'),
            "{}: {}",
            &words[..20.min(words.len())],
            said.err
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn who_interrupts_shrinking_has_the_smallest_so_far_and_130() {
    let folder = folder("shrunk");
    let slow = HASTY
        .replace("nodes = 4", "nodes = 40")
        .replace("40s", "90s");
    fs::write(folder.join("hasty.toml"), slow).expect("a file");
    let child = command(&folder, "shrink hasty.toml --budget 10m --out small.toml")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let id = child.id();
    catches_interrupts(id);
    interrupt(id);
    let said: Said = child.wait_with_output().expect("ended").into();
    assert_eq!(said.code, 130, "{said:?}");
    assert!(said.err.contains("the smallest so far"), "{said:?}");
    assert!(folder.join("small.toml").exists());
}

#[cfg(unix)]
fn interrupt(process: u32) {
    let id = i32::try_from(process).ok();
    let id = id.and_then(rustix::process::Pid::from_raw).expect("a pid");
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("sent");
}

/// Waits until the process catches SIGINT.
#[cfg(target_os = "linux")]
fn catches_interrupts(process: u32) {
    eventually("it catches SIGINT", || {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        support::check(caught.is_some_and(|mask| mask & 2 != 0), status)
    });
}
