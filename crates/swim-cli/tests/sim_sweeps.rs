//! Many runs and their failures: `swim sim sweep`, `replay`, `shrink`, `explain`, `mutants`, `list`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use support::{Said, eventually, run, said, swim};

/// A folder of the test's own, empty at first.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// `swim sim` with these words, and files in this folder.
fn sim(folder: &Path, words: &str) -> Said {
    said(&mut command(folder, words))
}

fn command(folder: &Path, words: &str) -> std::process::Command {
    let words = format!("sim {words}");
    let mut command = swim(&words.split_whitespace().collect::<Vec<_>>());
    command.current_dir(folder);
    command
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[track_caller]
fn refused(folder: &Path, words: &str, parts: &[&str]) {
    let said = sim(folder, words);
    assert_eq!(said.code, 2, "{words}: {said:?}");
    for part in parts {
        assert!(said.err.contains(part), "{words}: {part:?} in {}", said.err);
    }
}

/// Everything takes five seconds, longer than any time-out: whatever the seed, members are suspected that run.
const FAR: &str = r#"
name = "far"
nodes = 6
duration = "90s"
[network]
delay = "5s"
[[fault]]
at = "4s"
for = "2s"
kind = "loss"
share = "20%"
[[fault]]
at = "8.25s"
kind = "metadata"
nodes = "n3"
[[fault]]
at = "12s"
for = "3s"
kind = "reorder"
share = "50%"
by = "1s"
"#;

/// A folder with `far.toml` in it.
fn far(name: &str) -> PathBuf {
    let folder = folder(name);
    fs::write(folder.join("far.toml"), FAR).expect("a file");
    folder
}

/// All files below a folder, with what is in them.
fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            let inside = fs::read_to_string(&path).expect("a text");
            all.push((path, inside));
        }
    }
    all.sort();
    all
}

/// The same, by their paths within the folder.
fn relative(folder: &Path) -> Vec<(String, String)> {
    let all = contents(folder).into_iter();
    all.map(|(path, inside)| {
        (
            text(path.strip_prefix(folder).expect("below")).to_owned(),
            inside,
        )
    })
    .collect()
}

// ---- sweep ----------------------------------------------------------------------------------------------------------

#[test]
fn a_sweep_counts_verdicts_and_is_the_same_on_one_thread_and_on_two() {
    let folder = folder("threads");
    let one = sim(
        &folder,
        "sweep --swarm --nodes 3..8 --seeds 0..24 -j 1 --keep one --json",
    );
    let two = sim(
        &folder,
        "sweep --swarm --nodes 3..8 --seeds 0..24 --jobs 2 --keep two --json",
    );
    assert_eq!(one.code, two.code, "{one:?} {two:?}");
    let count = json(&one);
    let keys: Vec<_> = count.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["failures", "pass", "runs", "vacuous", "violated"]);
    assert_eq!(count["runs"], 24);
    let number = |key: &str| count[key].as_u64().expect("a number");
    assert_eq!(number("pass") + number("violated") + number("vacuous"), 24);
    assert_eq!(one.out.replace("one/", "two/"), two.out);
    assert_eq!(relative(&folder.join("one")), relative(&folder.join("two")));
    let lines = one.err.lines().count();
    assert!(
        lines <= 1,
        "a verdict, no progress where nobody watches: {}",
        one.err
    );
}

#[test]
fn failures_are_kept_once_for_each_fingerprint() {
    let folder = far("kept");
    let said = sim(&folder, "sweep far.toml --seeds 3..9 --keep kept --json");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("6 of 6 runs violated something"),
        "{}",
        said.err
    );
    let found = json(&said);
    let failures = found["failures"].as_array().expect("an array");
    assert_eq!((found["violated"].as_u64(), failures.len()), (Some(6), 1));
    assert_eq!(failures[0]["seed"], 3);
    let fingerprint = failures[0]["fingerprint"].as_str().expect("a text");
    assert!(fingerprint.starts_with("L3-"), "{fingerprint}");
    let kept = folder.join(failures[0]["dir"].as_str().expect("a folder"));
    let failure: Value =
        serde_json::from_str(&fs::read_to_string(kept.join("failure.json")).expect("a file"))
            .expect("JSON");
    assert_eq!(failure["seed"], 3);
    assert_eq!(failure["violation"]["id"], "L3");
    assert_eq!(failure["command"], "swim sim run far.toml --seed 3");
    assert_eq!(failure["build"]["swim"], env!("CARGO_PKG_VERSION"));
    let again = sim(&folder, "run far.toml --seed 3 --json");
    assert_eq!(json(&again)["trace_hash"], failure["trace_hash"]);
    let expanded = format!("run {} --json", text(&kept.join("expanded.toml")));
    assert_eq!(
        json(&sim(&folder, &expanded))["trace_hash"],
        failure["trace_hash"]
    );
    let without = sim(&folder, "sweep far.toml --seeds 3..5 --json");
    assert_eq!(json(&without)["failures"][0]["dir"], Value::Null);
}

#[test]
fn a_sweep_that_was_killed_goes_on_where_it_was() {
    let folder = folder("killed");
    let words = "sweep --swarm --nodes 20..30 --seeds 0..40 -j 1";
    let mut child = command(&folder, &format!("{words} --keep kept"))
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let done = || fs::read_to_string(folder.join("kept/done.jsonl")).unwrap_or_default();
    eventually("some runs are done", || {
        if done().lines().count() >= 4 {
            Ok(())
        } else {
            Err(done())
        }
    });
    child.kill().expect("killed");
    child.wait().expect("ended");
    // The last line may have been cut off in the middle.
    let before = done();
    let whole = before.lines().count() - 1;
    fs::write(folder.join("kept/done.jsonl"), &before[..before.len() - 9]).expect("written");
    let resumed = sim(&folder, &format!("{words} --keep kept"));
    assert!(resumed.out.contains("40 runs"), "{resumed:?}");
    assert!(
        resumed.out.contains(&format!("{whole} of them before")),
        "{resumed:?}"
    );
    let once = sim(&folder, &format!("{words} --keep once"));
    assert_eq!(resumed.code, once.code);
    assert_eq!(
        relative(&folder.join("kept")),
        relative(&folder.join("once"))
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_sweep_and_says_how_it_goes_on() {
    let folder = folder("interrupted");
    let words = "sweep --swarm --nodes 20..30 --seeds 0..400 -j 1 --keep kept";
    let child = command(&folder, words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let done = || fs::read_to_string(folder.join("kept/done.jsonl")).unwrap_or_default();
    eventually("some runs are done", || {
        if done().lines().count() >= 2 {
            Ok(())
        } else {
            Err(done())
        }
    });
    let id =
        rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("sent");
    let said: Said = child.wait_with_output().expect("ended").into();
    assert_eq!((said.code, &*said.out), (130, ""), "{said:?}");
    assert!(
        said.err
            .contains("of 400 runs (the same words go on from there)"),
        "{said:?}"
    );
}

#[test]
fn another_sweep_into_the_same_folder_is_refused() {
    let folder = folder("another");
    let first = sim(
        &folder,
        "sweep --swarm --nodes 3..5 --seeds 0..3 --keep kept",
    );
    assert!(first.out.contains("3 runs"), "{first:?}");
    for (words, why) in [
        (
            "sweep --swarm --nodes 3..5 --seeds 0..2 --keep kept",
            "its seeds: 0..3, and here: 0..2, which may only become more",
        ),
        (
            "sweep --swarm --nodes 3..5 --seeds 1..4 --keep kept",
            "its seeds: 0..3, and here: 1..4, which may only become more",
        ),
        (
            "sweep --swarm --nodes 3..6 --seeds 0..3 --keep kept",
            "another scenario or swarm",
        ),
        (
            "sweep crash --nodes 5 --seeds 0..3 --keep kept",
            "another scenario or swarm",
        ),
        (
            "sweep --swarm --nodes 3..5 --seeds 0..3 --shard 1/2 --keep kept",
            "its shard",
        ),
    ] {
        refused(
            &folder,
            words,
            &["kept keeps another sweep", why, "choose another folder"],
        );
    }
    fs::create_dir(folder.join("mine")).expect("a folder");
    fs::write(folder.join("mine/letter.txt"), "dear").expect("a file");
    refused(
        &folder,
        "sweep --swarm --keep mine",
        &["mine is not empty, and keeps no sweep"],
    );
}

#[test]
fn a_sweep_grows_by_more_seeds_and_is_as_if_all_had_been_asked_for_at_once() {
    let folder = far("grown");
    let words = |seeds: &str, keep: &str| format!("sweep far.toml --seeds {seeds} --keep {keep}");
    sim(&folder, &words("2..4", "kept"));
    let more = sim(&folder, &words("0..6", "kept"));
    assert!(more.out.contains("6 runs"), "{more:?}");
    assert!(more.out.contains("2 of them before"), "{more:?}");
    sim(&folder, &words("0..6", "once"));
    assert_eq!(
        relative(&folder.join("kept")),
        relative(&folder.join("once"))
    );
    // A part counts its seeds from the first one: were that another, it would be another part.
    sim(&folder, &words("2..6 --shard 1/2", "part"));
    let more = sim(&folder, &words("2..8 --shard 1/2", "part"));
    assert!(more.out.contains("3 runs"), "{more:?}");
    refused(
        &folder,
        &words("0..8 --shard 1/2", "part"),
        &["its seeds: 2..8, and here: 0..8, which may only end later"],
    );
}

#[test]
fn a_run_that_goes_another_way_the_second_time_ends_the_sweep_with_4() {
    let folder = folder("two-ways");
    let words = "sweep --swarm --nodes 3..5 --seeds 0..3 --keep kept";
    sim(&folder, words);
    let file = folder.join("kept/done.jsonl");
    let lines = fs::read_to_string(&file).expect("a file");
    let first: Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    let hash = first["trace_hash"].as_str().expect("a text");
    // Another day's hash for seed 0, and the last run still to be done.
    let two: Vec<&str> = lines.lines().take(2).collect();
    let changed = two.join("\n").replace(hash, "0123456789abcdef") + "\n";
    fs::write(&file, changed).expect("written");
    let said = sim(&folder, words);
    assert_eq!(said.code, 4, "{said:?}");
    let why = format!(
        "seed 0 did not run the same way twice: its trace was 0123456789abcdef, then {hash}"
    );
    assert!(said.err.contains(&why), "{said:?}");
}

#[test]
fn parts_brought_together_are_the_whole() {
    let folder = far("parts");
    for part in 1..=3 {
        // Who counts from 0 has the last part as part 0.
        let number = part % 3;
        let said = sim(
            &folder,
            &format!("sweep far.toml --seeds 0..7 --shard {number}/3 --keep part-{part}"),
        );
        assert_eq!(said.code, 1, "{said:?}");
    }
    let whole = sim(&folder, "sweep far.toml --seeds 0..7 --keep whole --json");
    let merged = sim(
        &folder,
        "sweep --merge part-1 part-2 part-3 --keep merged --json",
    );
    assert_eq!(merged.code, 1, "{merged:?}");
    assert_eq!(merged.out.replace("merged/", "whole/"), whole.out);
    assert_eq!(
        relative(&folder.join("merged")),
        relative(&folder.join("whole"))
    );
    refused(
        &folder,
        "sweep --merge part-1 part-3",
        &["2 of 7 runs are missing, seed 1 is the first"],
    );
    refused(
        &folder,
        "sweep --merge nowhere",
        &["cannot read nowhere/sweep.json"],
    );
    let other = sim(
        &folder,
        "sweep far.toml --seeds 0..8 --shard 1/3 --keep other",
    );
    assert_eq!(other.code, 1, "{other:?}");
    refused(
        &folder,
        "sweep --merge part-1 other",
        &["other keeps no part of the sweep in part-1"],
    );
}

#[test]
fn a_sweep_that_shows_nothing_is_vacuous() {
    let folder = folder("vacuous");
    let idle = "name = \"idle\"\nnodes = 3\nduration = \"6s\"\n[[fault]]\nat = \"5s\"\nfor = \"1us\"\nkind = \"loss\"\nshare = \"100%\"\n";
    fs::write(folder.join("idle.toml"), idle).expect("a file");
    let said = sim(&folder, "sweep idle.toml --seeds 0..4 --json");
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(json(&said)["vacuous"], 4);
    assert!(
        said.err.contains("4 of 4 runs showed nothing"),
        "{}",
        said.err
    );
}

#[test]
fn what_a_sweep_cannot_do_is_told_before_it_begins() {
    let folder = folder("bad-sweep");
    refused(&folder, "sweep", &["--swarm"]);
    refused(&folder, "sweep crahs", &["did you mean \"crash\"?"]);
    refused(&folder, "sweep crash --swarm", &["cannot be used with"]);
    refused(&folder, "sweep crash --seeds 9..3", &["0..20"]);
    refused(&folder, "sweep crash --shard 3/2", &["2/8"]);
    refused(&folder, "sweep crash --jobs 0", &["--jobs"]);
    refused(
        &folder,
        "sweep crash --nodes 3..40",
        &["a scenario takes one number"],
    );
    refused(
        &folder,
        "sweep --swarm --nodes 9..3",
        &["a swarm takes a range"],
    );
    refused(
        &folder,
        "sweep crash --nodes 60000",
        &["are available (try --nodes"],
    );
    refused(
        &folder,
        "sweep --swarm --nodes 200000..200001 --seeds 0..1",
        &["200000 nodes", "are available (try --nodes "],
    );
    refused(&folder, "sweep crash --set fault.1.nodes=n99", &["n99"]);
    refused(
        &folder,
        "sweep --swarm --mutant no-tie-order",
        &["--cfg swim_mutants"],
    );
}

// ---- replay ---------------------------------------------------------------------------------------------------------

#[test]
fn a_kept_failure_runs_again_as_it_ran() {
    let folder = far("replay");
    let swept = sim(&folder, "sweep far.toml --seeds 5..6 --keep kept --json");
    let dir = json(&swept)["failures"][0]["dir"]
        .as_str()
        .expect("a folder")
        .to_owned();
    let said = sim(&folder, &format!("replay {dir}"));
    assert_eq!(said.code, 1, "it is violated again: {said:?}");
    assert!(
        said.out.contains("the same, event by event"),
        "{}",
        said.out
    );
    let said = sim(&folder, &format!("replay {dir}/failure.json --json"));
    let replayed = json(&said);
    assert_eq!(replayed["matches"], true);
    assert_eq!(replayed["trace_hash"], replayed["expected_trace_hash"]);
    refused(
        &folder,
        "replay kept",
        &["kept keeps no failure itself", &dir],
    );
    refused(
        &folder,
        "replay far.toml",
        &["says nothing of an earlier run"],
    );
    refused(
        &folder,
        "replay nowhere/at-all",
        &["cannot read nowhere/at-all"],
    );

    let file = folder.join(&dir).join("failure.json");
    let kept = fs::read_to_string(&file).expect("a file");
    let change = |from: &str, to: &str| {
        assert!(kept.contains(from), "{from} in {kept}");
        fs::write(&file, kept.replace(from, to)).expect("written");
    };
    change("\"wire\": 1", "\"wire\": 9");
    refused(
        &folder,
        &format!("replay {dir}"),
        &["was kept by swim", "wire version 9", "--force"],
    );
    let forced = sim(&folder, &format!("replay {dir} --force"));
    assert_eq!(forced.code, 1, "{forced:?}");
    change("\"format\": 1", "\"format\": 2");
    refused(
        &folder,
        &format!("replay {dir}"),
        &["format 2", "a newer one"],
    );
    let hash = replayed["trace_hash"].as_str().expect("a text");
    change(hash, "0123456789abcdef");
    let said = sim(&folder, &format!("replay {dir}"));
    assert_eq!(said.code, 4, "{said:?}");
    assert!(
        said.out.contains("another one: it was 0123456789abcdef"),
        "{}",
        said.out
    );
}

#[test]
fn lines_of_json_are_enough_to_run_again() {
    let folder = folder("lines");
    let first = sim(&folder, "run crash --nodes 8 --jsonl crash.jsonl --json");
    assert_eq!(first.code, 0, "{first:?}");
    let again = sim(&folder, "replay crash.jsonl --json");
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(json(&again)["trace_hash"], json(&first)["trace_hash"]);
    let lines = fs::read_to_string(folder.join("crash.jsonl")).expect("a file");
    let cut = &lines[..lines.len() / 2];
    fs::write(folder.join("cut.jsonl"), cut).expect("written");
    refused(&folder, "replay cut.jsonl", &["its end is missing"]);
    let other = lines.replacen("\"wire\":1", "\"wire\":2", 1);
    fs::write(folder.join("other.jsonl"), other).expect("written");
    refused(
        &folder,
        "replay other.jsonl",
        &["wire version 2", "--force"],
    );
    // The lines don't tell which build wrote them: another hash may be another build's, and is no replay either way.
    let hash = json(&first)["trace_hash"]
        .as_str()
        .expect("a text")
        .to_owned();
    let another = lines.replace(&hash, "0123456789abcdef");
    fs::write(folder.join("another.jsonl"), another).expect("written");
    let said = sim(&folder, "replay another.jsonl");
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("not the run that was kept"), "{said:?}");
    let forced = sim(&folder, "replay another.jsonl --force");
    assert_eq!(forced.code, 0, "{forced:?}");
    assert!(forced.err.contains("note: it was kept by"), "{forced:?}");
    let later = lines.replacen("\"version\":1", "\"version\":2", 1);
    fs::write(folder.join("later.jsonl"), later).expect("written");
    refused(
        &folder,
        "replay later.jsonl",
        &["its lines are of version 2", "version 1"],
    );
}

// ---- shrink ---------------------------------------------------------------------------------------------------------

#[test]
fn a_failure_shrinks_to_what_it_needs() {
    let folder = far("shrink");
    let swept = sim(&folder, "sweep far.toml --seeds 1..2 --keep kept --json");
    let failure = &json(&swept)["failures"][0];
    let dir = failure["dir"].as_str().expect("a folder");
    let said = sim(
        &folder,
        &format!("shrink {dir} --out small.toml --emit-test small.rs"),
    );
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.err.contains("6 nodes, 3 faults, 90s ->"),
        "{}",
        said.err
    );
    assert!(said.err.contains("nothing more can go"), "{}", said.err);
    let small = fs::read_to_string(folder.join("small.toml")).expect("a file");
    assert!(
        !small.contains("[[fault]]"),
        "none of them is to blame: {small}"
    );
    assert!(small.contains("about = \"L3: "), "{small}");
    let again = sim(&folder, "run small.toml --json");
    assert_eq!(again.code, 1, "{again:?}");
    let small = json(&again);
    assert_eq!(small["violations"][0]["id"], "L3");
    assert!(small["nodes"].as_u64() < Some(6), "{small}");
    assert!(small["simulated_s"].as_f64() < Some(60.0), "{small}");
    let test = fs::read_to_string(folder.join("small.rs")).expect("a file");
    for part in [
        "#[test]\nfn l3_holds_in_far() {",
        "swim_sim::run::run",
        "[network]\n",
    ] {
        assert!(test.contains(part), "{part}\n{test}");
    }
    let sound = sim(&folder, "shrink crash");
    assert_eq!(sound.code, 3, "{sound:?}");
    assert!(sound.err.contains("violates nothing"), "{}", sound.err);
    for flag in ["--out", "--emit-test"] {
        let words = format!("shrink far.toml {flag} nowhere/small");
        let parts = [
            flag,
            "nowhere/small: cannot create it",
            "does its folder exist",
        ];
        refused(&folder, &words, &parts);
    }
    let none = sim(&folder, "shrink far.toml --budget 1us");
    assert!(none.err.contains("with a greater --budget"), "{none:?}");
}

// ---- explain --------------------------------------------------------------------------------------------------------

#[test]
fn a_death_is_explained_by_the_probes_that_found_no_answer() {
    let folder = folder("explain");
    let said = sim(&folder, "explain split-brain --member n30");
    assert_eq!(said.code, 0, "{said:?}");
    for part in [
        "n30 is suspected by",
        "fault 1 (partition) begins",
        "pings n30: the ping is cut off (fault 1)",
        "to ping it: ",
        "holds n30 suspect @",
        "the time of its suspicion is over",
        "n30 objects: it is alive @",
        "holds n30 alive again @",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    let told = json(&sim(&folder, "explain split-brain --member n30 --json"));
    assert_eq!(
        (&told["member"], &told["verdict"]),
        (&"n30".into(), &"pass".into())
    );
    let lines = told["episodes"][0]["lines"].as_array().expect("an array");
    assert!(
        lines
            .iter()
            .all(|line| line["at_s"].is_f64() && line["text"].is_string())
    );
    assert!(lines.is_sorted_by_key(|line| line["at_s"].as_f64().map(f64::to_bits)));
    let nobody = sim(&folder, "explain crash --member n0");
    assert!(
        nobody
            .out
            .contains("Nobody ever held n0 anything but alive"),
        "{}",
        nobody.out
    );
    let hint = sim(&folder, "explain split-brain");
    assert!(
        hint.out.contains("Ask for one with --member"),
        "{}",
        hint.out
    );
    refused(
        &folder,
        "explain crash --member n5000",
        &["n5000: there is none", "n49"],
    );
    refused(&folder, "explain crash --member otter", &["n0, n1"]);
}

#[test]
fn a_violation_is_explained_with_its_rule_and_its_members() {
    let folder = far("explain-violation");
    let said = sim(&folder, "explain far.toml");
    assert_eq!(said.code, 0, "{said:?}");
    for part in [
        "far, seed 1: L3 is violated at",
        "the rule: In a calm network no running member is suspected",
        "seen:     suspect @",
        "the ping is late: it arrives at",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    let told = json(&sim(&folder, "explain far.toml --seed 2 --json"));
    assert_eq!(
        (&told["seed"], &told["violation"]["id"]),
        (&2.into(), &"L3".into())
    );
    let member = told["violation"]["members"]
        .as_array()
        .expect("an array")
        .last();
    assert_eq!(Some(&told["member"]), member, "the one that it is about");
}

// ---- mutants and lists ----------------------------------------------------------------------------------------------

#[test]
fn a_build_without_mutants_says_how_to_get_one_that_has_them() {
    let said = run(&["sim", "mutants"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err
            .contains("RUSTFLAGS=\"--cfg swim_mutants\" cargo build"),
        "{}",
        said.err
    );
}

#[test]
fn invariants_are_listed_with_bounds_that_grow_with_the_cluster() {
    let bounds = |words: &str| {
        let all = json(&sim(
            Path::new("."),
            &format!("list invariants --json {words}"),
        ));
        let all = all.as_array().expect("an array").clone();
        assert_eq!(all.len(), 32);
        assert!(
            all.iter()
                .all(|one| one["name"].is_string() && one["property"].is_string())
        );
        let bounded = all.iter().filter(|one| one["bound_s"].is_number());
        let bounded: Vec<_> = bounded
            .map(|one| {
                (
                    one["name"].as_str().expect("a name").to_owned(),
                    one["bound_s"].as_f64(),
                )
            })
            .collect();
        bounded
    };
    let (small, large) = (bounds(""), bounds("--nodes 1000"));
    let names: Vec<&str> = small.iter().map(|(name, _)| &**name).collect();
    for number in 1..=12 {
        assert!(names.contains(&&*format!("L{number}")), "{names:?}");
    }
    let of = |bounds: &[(String, Option<f64>)], name: &str| {
        bounds.iter().find(|one| one.0 == name).expect("there").1
    };
    assert!(of(&large, "L1") > of(&small, "L1"));
    assert!(of(&bounds("--profile wan"), "L1") > of(&small, "L1"));
    let text = run(&["sim", "list", "invariants"]);
    assert!(text.out.starts_with("NAME  WITHIN"), "{}", text.out);
}
