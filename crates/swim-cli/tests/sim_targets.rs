//! `swim sim targets` and `swim sim matrix`, as people call them.

use std::process::Command;

use serde_json::Value;

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn sim(args: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_swim"))
        .arg("sim")
        .args(args)
        .output()
        .expect("the program starts");
    Said {
        code: output.status.code().expect("it ends by itself"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn json(said: &Said) -> Vec<Value> {
    serde_json::from_str(&said.out)
        .unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err))
}

#[test]
fn a_row_is_measured_and_told_beside_its_target() {
    let said = sim(&["targets", "--row", "crash-64", "--seeds", "0..3", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let goals = json(&said);
    assert_eq!(goals.len(), 2);
    for goal in &goals {
        assert_eq!(
            (&goal["target"], &goal["figure"], &goal["seeds"]),
            (&"crash-64".into(), &"whole".into(), &3.into())
        );
        let reached = goal["reached"].as_f64().expect("seconds");
        let at_most = goal["at_most"].as_f64().expect("seconds");
        assert_eq!(goal["met"], reached <= at_most, "{goal}");
    }
    let table = sim(&[
        "targets", "--row", "crash-64", "--seeds", "0..3", "--jobs", "1",
    ]);
    assert!(table.out.starts_with("TARGET"), "{}", table.out);
    let median = goals[0]["median"].as_f64().expect("seconds");
    assert!(table.out.contains(&format!("{median:.2}")), "{}", table.out);
    assert_eq!(table.err, "", "no bar where there is no terminal");
}

#[test]
fn what_is_shown_is_a_scenario_that_runs() {
    let shown = sim(&["targets", "--row", "moved-16", "--show"]);
    assert!(
        shown
            .out
            .starts_with("# Target moved-16, measured from 2s on.")
    );
    let file = std::env::temp_dir().join(format!("swim-target-{}.toml", std::process::id()));
    std::fs::write(&file, &shown.out).expect("a temporary file");
    let said = sim(&["run", file.to_str().expect("UTF-8"), "--json"]);
    let _ = std::fs::remove_file(&file);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let outcome: Value = serde_json::from_str(&said.out).expect("an object");
    assert_eq!(outcome["nodes"], 16);
}

#[test]
fn a_row_that_there_is_not_is_refused_with_the_nearest() {
    let said = sim(&["targets", "--row", "split-65"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("\"split-64\""), "{}", said.err);
}

#[test]
fn a_grid_has_a_cell_for_each_combination() {
    let args = [
        "matrix",
        "crash",
        "--vary",
        "nodes=8,16",
        "--vary",
        "profile=lan,memberlist-lan",
        "--for",
        "30s",
        "--seeds",
        "0..2",
    ];
    let said = sim(&[&args[..], &["--json"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    let cells = json(&said);
    assert_eq!(cells.len(), 4);
    assert_eq!(cells[1]["settings"]["profile"], "memberlist-lan");
    assert_eq!(cells[1]["settings"]["nodes"], "8");
    assert_eq!(cells[0]["seeds"], 2);
    assert!(
        cells[0]["figures"]["crash_known_p50_s"]
            .as_f64()
            .expect("seconds")
            > 1.0
    );
    let table = sim(&[&args[..], &["--figure", "crash_known_p50_s", "--csv"]].concat());
    let lines: Vec<_> = table.out.lines().collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0], "nodes,profile,crash_known_p50_s");
    assert!(lines[4].starts_with("16,memberlist-lan,"), "{}", table.out);
}

#[test]
fn what_a_grid_can_not_have_is_told_before_anything_runs() {
    for (vary, why) in [
        ("nodes", "nodes=10,100"),
        ("nodez=3", "did you mean \"nodes\"?"),
        ("nodes=3,many", "nodes=many"),
    ] {
        let said = sim(&["matrix", "crash", "--vary", vary]);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains(why), "{vary}: {}", said.err);
    }
    let said = sim(&[
        "matrix", "crash", "--vary", "nodes=5", "--seeds", "0..1", "--figure", "speed",
    ]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("crash_known_p50_s"), "{}", said.err);
}
