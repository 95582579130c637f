//! `swim sim run`, `init`, `schema` and `check-determinism`, as scripts see them.

mod support;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use support::{Said, run};

/// A place for one test's files.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // It need not be there.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

/// Writes a scenario and gives its path.
fn file(folder: &str, text: &str) -> String {
    let path = self::folder(folder).join("scenario.toml");
    fs::write(&path, text).expect("written");
    path.to_str().expect("text").to_owned()
}

/// Runs `swim sim` with these words, separated by spaces.
fn sim(words: &str) -> Said {
    let words: Vec<&str> = std::iter::once("sim")
        .chain(words.split_whitespace())
        .collect();
    run(&words)
}

fn object(said: &Said) -> Value {
    let lines: Vec<&str> = said.out.lines().collect();
    let [line] = lines[..] else {
        panic!("one line was expected: {said:?}");
    };
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

const FOUR_LINES: &str = "name = \"quiet\"\nnodes = 5\nduration = \"20s\"\nseed = 9\n";

#[test]
fn four_lines_are_a_scenario_and_the_object_has_all_its_keys() {
    let path = file("four-lines", FOUR_LINES);
    let said = sim(&format!("run {path} --json"));
    assert_eq!(said.code, 0, "{said:?}");
    let told = object(&said);
    assert_eq!(told["scenario"], "quiet");
    assert_eq!((&told["seed"], &told["nodes"]), (&9.into(), &5.into()));
    assert_eq!(told["simulated_s"], 20.0);
    assert!(told["cpu_s"].as_f64().is_some_and(|time| time > 0.0));
    assert!(told["events"].as_u64().is_some_and(|events| events > 100));
    let hash = told["trace_hash"].as_str().expect("text");
    assert!(hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(told["verdict"], "pass");
    assert_eq!(told["violations"], Value::Array(Vec::new()));
    assert_eq!(told["faults"], Value::Array(Vec::new()));
    assert!(told["metrics"].is_object());
    // Nobody crashed: of L1 the run says nothing, and it says so. That time goes on was looked at.
    let unlooked = told["unlooked"].as_array().expect("an array");
    let names = |name: &str| unlooked.iter().any(|one| one == name);
    assert!(names("L1") && !names("S20"), "{unlooked:?}");
}

#[test]
fn a_violation_and_a_fault_are_told_with_their_keys_and_end_with_1() {
    let said = sim("run crash --nodes 12 --set expect.detect_within=1s --json");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("violated: expect"), "{said:?}");
    let told = object(&said);
    assert_eq!(told["verdict"], "violated");
    let violation = &told["violations"][0];
    assert_eq!(
        (&violation["id"], &violation["at_s"]),
        (&"expect".into(), &6.0.into())
    );
    assert!(
        violation["text"]
            .as_str()
            .is_some_and(|text| text.contains("detect_within = 1s"))
    );
    assert!(
        violation["members"]
            .as_array()
            .is_some_and(|members| members.len() == 2)
    );
    let fault = &told["faults"][0];
    assert_eq!(
        (&fault["kind"], &fault["at_s"]),
        (&"crash".into(), &5.0.into())
    );
    assert_eq!(fault["fired"], 1);
}

#[test]
fn a_run_that_shows_nothing_ends_with_3_and_says_why() {
    let said = sim("run crash --nodes 12 --for 8s --json");
    assert_eq!(said.code, 3, "{said:?}");
    let told = object(&said);
    assert_eq!(told["verdict"], "vacuous");
    let why = "detect_within = 15s: nobody crashed and stayed away for so long";
    assert_eq!(told["unshown"][0], why);
    assert!(said.err.contains(why), "{said:?}");
    let path = file(
        "idle",
        "nodes = 4\nduration = \"5s\"\n[[fault]]\nat = \"1s\"\nfor = \"1ms\"\nkind = \"size-limit\"\nbytes = 1400\n",
    );
    let said = sim(&format!("run {path}"));
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.err.contains("size-limit at 1s had no effect"),
        "{said:?}"
    );
}

#[test]
fn a_frozen_minute_must_be_a_death() {
    let death = "[[expect.deaths]]\nnodes = \"n3\"\nreason = \"a minute is long\"\n";
    for (time, code) in [("60s", 0), ("1s", 1)] {
        let text = format!(
            "nodes = 8\nduration = \"90s\"\n[[fault]]\nat = \"5s\"\nfor = \"{time}\"\nkind = \"pause\"\nnodes = \"n3\"\n{death}"
        );
        let path = file(&format!("frozen-{time}"), &text);
        let said = sim(&format!("run {path} --json"));
        assert_eq!(said.code, code, "{said:?}");
    }
}

#[test]
fn the_same_run_whatever_is_written_on_the_way() {
    let folder = folder("outputs");
    let at = |name: &str| folder.join(name).display().to_string();
    let hash = |more: &str| {
        let said = sim(&format!("run bridge --for 30s --json {more}"));
        object(&said)["trace_hash"].clone()
    };
    let plain = hash("");
    for more in [
        format!("--jsonl {}", at("run.jsonl")),
        format!("--html {}", at("run.html")),
        format!(
            "--jsonl {} --datagrams --html {}",
            at("all.jsonl"),
            at("all.html")
        ),
    ] {
        assert_eq!(hash(&more), plain, "{more}");
    }
    let summary = sim("run bridge --for 30s");
    assert!(
        summary.out.contains(plain.as_str().expect("text")),
        "{summary:?}"
    );
    assert_ne!(hash("--seed 2"), plain);
}

#[test]
fn values_are_changed_from_outside() {
    let said = sim(
        "run crash --nodes 9 --for 30s --seed 4 --profile memberlist-lan --set network.loss=1% --set fault.1.at=3s --json",
    );
    let told = object(&said);
    assert_eq!((&told["nodes"], &told["seed"]), (&9.into(), &4.into()));
    assert_eq!(
        (&told["simulated_s"], &told["faults"][0]["at_s"]),
        (&30.0.into(), &3.0.into())
    );
}

#[test]
fn bad_input_is_told_before_anything_runs_and_ends_with_2() {
    let fault = |rest: &str| format!("nodes = 5\nduration = \"10s\"\n[[fault]]\n{rest}\n");
    for (number, (text, why)) in [
        ("nodez = 5\n".to_owned(), "did you mean \"nodes\"?"),
        (
            fault("at = \"1s\"\nkind = \"crahs\"\nnodes = \"n1\""),
            "did you mean \"crash\"?",
        ),
        (
            fault("at = \"20s\"\nkind = \"crash\"\nnodes = \"n1\""),
            "the scenario ends at 10s",
        ),
        (
            fault("at = \"1s\"\nfor = \"0s\"\nkind = \"pause\"\nnodes = \"n1\""),
            "it would never be",
        ),
        (
            fault("at = \"1s\"\nfor = \"2s\"\nkind = \"crash\"\nnodes = \"n1\""),
            "write restart_after",
        ),
        (
            fault("at = \"1s\"\nkind = \"crash\"\nnodes = \"n7\""),
            "the last node is n4",
        ),
        (
            fault("at = \"1s\"\nkind = \"crash\"\nnodes = \"not:all\""),
            "matches no node",
        ),
        (
            fault("at = \"1s\"\nkind = \"crash\"\nnodes = \"rack\""),
            "no group \"rack\"",
        ),
        ("nodes = 0\n".to_owned(), "there must be 1 to"),
        ("duration = \"0s\"\n".to_owned(), "nothing can happen"),
        ("duration = \"soon\"\n".to_owned(), "write one such as"),
        (
            "duration = \"9999999d\"\n".to_owned(),
            "it would take too long to run",
        ),
        (
            "[expect]\ndetect_within = \"0s\"\n".to_owned(),
            "known everywhere at once",
        ),
        (
            "[[expect.breaks]]\ninvariant = \"L3\"\n".to_owned(),
            "missing field `reason`",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let path = file(&format!("bad-{number}"), &text);
        let said = sim(&format!("run {path} --json"));
        assert_eq!(said.code, 2, "{text}\n{said:?}");
        assert!(
            said.out.is_empty() && said.err.contains(why),
            "{text}\n{said:?}"
        );
        assert!(said.err.starts_with("swim sim run: "), "{said:?}");
    }
    for (words, why) in [
        ("run spilt-brain", "did you mean \"split-brain\"?"),
        ("run nowhere/at-all.toml", "cannot read nowhere/at-all.toml"),
        ("run crash --set nodez=3", "nodez"),
        ("run crash --set fault.1.att=3s", "did you mean \"at\"?"),
        (
            "run crash --set fault.1.nodes=zone:a",
            "name some nodes so in [zones]",
        ),
        ("run crash --set nodes", "no value"),
        ("run crash --profile lam", "did you mean \"lan\"?"),
        (
            "run crash --nodes 900000",
            "nodes that know each other need about",
        ),
        (
            "run crash --html nowhere/page.html",
            "--html nowhere/page.html: cannot create it",
        ),
        (
            "run crash --jsonl nowhere/run.jsonl",
            "--jsonl nowhere/run.jsonl: cannot create it",
        ),
        (
            "init nowhere/mine.toml",
            "nowhere/mine.toml: cannot create it",
        ),
        ("init --zones a", "--zones"),
        ("init --zones a=3 --rtt a-b=2ms", "--rtt"),
    ] {
        let said = sim(words);
        assert_eq!(said.code, 2, "{words}: {said:?}");
        assert!(said.err.contains(why), "{words}: {said:?}");
    }
}

#[test]
fn a_time_beyond_the_end_of_the_run_is_noted() {
    let fault =
        "[[fault]]\nat = \"2s\"\nkind = \"crash\"\nnodes = \"n1\"\nrestart_after = \"40s\"\n";
    let path = file("late", &format!("{FOUR_LINES}{fault}"));
    let said = sim(&format!("run {path}"));
    assert_eq!(said.code, 0, "{said:?}");
    let note =
        "swim sim run: note: fault 1 (crash): restart_after = \"40s\" reaches beyond the end";
    assert!(said.err.starts_with(note), "{said:?}");
    // A file that is not there is no preset misspelt.
    let said = sim("replay nothing");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(!said.err.contains("did you mean"), "{said:?}");
}

#[test]
fn what_init_writes_runs() {
    let folder = folder("init");
    let path = folder.join("zones.toml").display().to_string();
    let said = sim(&format!(
        "init {path} --zones a=3,b=3,c=4 --rtt a-b=2ms,a-c=40ms --profile wan"
    ));
    assert_eq!(said.code, 0, "{said:?}");
    let text = fs::read_to_string(&path).expect("written");
    assert!(
        text.contains("a-c = \"40ms\"") && text.contains("profile = \"wan\""),
        "{text}"
    );
    assert!(
        text.lines().filter(|line| line.starts_with('#')).count() > 5,
        "{text}"
    );
    let ran = sim(&format!("run {path} --json"));
    assert!([0, 3].contains(&ran.code), "{ran:?}");
    assert_eq!(object(&ran)["nodes"], 10);
    let again = sim(&format!("init {path}"));
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.err.contains("exists already"), "{again:?}");

    let knobs = folder.join("memberlist.json");
    fs::write(&knobs, r#"{"ProbeInterval": "2s", "GossipNodes": 4}"#).expect("written");
    let said = sim(&format!("init --from-memberlist {}", knobs.display()));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.contains("\"2s\"") && said.out.contains("memberlist"),
        "{said:?}"
    );
    let path = file("from-memberlist", &said.out);
    let ran = sim(&format!("run {path} --json"));
    // What memberlist's settings are worth is not the question here.
    assert_ne!(ran.code, 2, "{ran:?}");
    assert_eq!(object(&ran)["faults"][0]["kind"], "partition");
}

#[test]
fn what_a_configuration_sets_twice_or_wrongly_is_told() {
    let folder = folder("init-consul");
    let path = folder.join("consul.json");
    let init = |text: &str| {
        fs::write(&path, text).expect("written");
        sim(&format!("init --from-memberlist {}", path.display()))
    };
    let said = init(
        r#"{"server": true, "gossip_lan": {"probe_interval": "2s"}, "gossip_wan": {"probe_interval": "6s"}}"#,
    );
    assert_eq!(said.code, 0, "{said:?}");
    for part in [
        "probe.interval = \"2s\"",
        "# probe_interval = 6s: of gossip_wan",
        "nothing here is like it: server",
    ] {
        assert!(said.out.contains(part), "{part}: {said:?}");
    }
    let ran = sim(&format!("run {} --json", file("consul", &said.out)));
    assert_ne!(ran.code, 2, "{ran:?}");
    for (text, why) in [
        (r#"{"ProbeInterval": "-2s"}"#, "no length of time"),
        (
            r#"{"ProbeInterval": "1s", "ProbeTimeout": "3s"}"#,
            "probe.timeout",
        ),
        (r#"{"GossipNodes": 1000}"#, "would not run"),
    ] {
        let said = init(text);
        assert_eq!(said.code, 2, "{text}: {said:?}");
        assert!(said.out.is_empty() && said.err.contains(why), "{said:?}");
    }
}

#[test]
fn the_schema_is_json_and_names_what_a_scenario_has() {
    let schema: Value = serde_json::from_str(&sim("schema").out).expect("JSON");
    for key in ["name", "nodes", "duration", "seed", "fault", "expect"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
}

#[test]
fn one_scenario_runs_one_way() {
    let path = file("determined", FOUR_LINES);
    let said = sim(&format!("check-determinism {path} crash --json"));
    assert_eq!(said.code, 0, "{said:?}");
    let told = object(&said);
    let hash =
        |scenario: &str| object(&sim(&format!("run {scenario} --json")))["trace_hash"].clone();
    for (row, name) in [(0, &*path), (1, "crash")] {
        assert_eq!(told[row]["name"], name);
        assert_eq!(told[row]["deterministic"], true);
        assert_eq!(told[row]["trace_hash"], hash(name));
    }
}

#[test]
fn lists_have_names() {
    for what in ["presets", "faults"] {
        let told = object(&sim(&format!("list {what} --json")));
        let rows = told.as_array().expect("an array");
        assert!(
            rows.len() >= 12 && rows.iter().all(|row| row["name"].is_string()),
            "{what}"
        );
    }
}
