//! Reports: what is said of a run is what happened, and nothing of it changes the run.

use swim_sim::report::{LINES_VERSION, Lines, Recorder};
use swim_sim::run::{Outcome, run};
use swim_sim::scenario::{PRESETS, Scenario};

const ONE_WAY: &str = r#"
    name = "one-way"
    nodes = 12
    duration = "60s"
    seed = 3

    [[fault]]
    at = "10s"
    for = "25s"
    kind = "partition"
    shape = "one-way"
    from = "0..8"
    to = "8..12"
"#;

const CRASH: &str = r#"
    name = "crash"
    nodes = 8
    duration = "30s"
    seed = 5

    [[fault]]
    at = "5s"
    kind = "crash"
    nodes = "n3"
"#;

fn recorded(scenario: &str, mut recorder: Recorder) -> (Outcome, Recorder) {
    let schedule = scenario.parse::<Scenario>().unwrap().expand().unwrap();
    let outcome = run(&schedule, &mut recorder);
    (outcome, recorder)
}

#[test]
fn a_summary_begins_with_three_sentences() {
    let (outcome, recorder) = recorded(CRASH, Recorder::new());
    let [broke, wrong, well] = recorder.sentences(&outcome);
    assert_eq!(broke, "At 5 s n3 crashed.");
    assert!(
        wrong.starts_with("Nobody that ran was held dead; whoever was gone was held alive"),
        "{wrong}"
    );
    assert!(well.starts_with("All was well again at"), "{well}");
    let summary = recorder.summary(&outcome);
    assert!(
        summary.starts_with("At 5 s n3 crashed.\nNobody that ran"),
        "{summary}"
    );
    assert!(
        summary.contains(&format!("{:016x}", outcome.trace_hash)),
        "{summary}"
    );
    assert!(
        summary.is_ascii() || !summary.contains('\u{1b}'),
        "no colours"
    );
}

#[test]
fn a_cut_in_one_direction_is_told_from_both_sides() {
    let (outcome, recorder) = recorded(ONE_WAY, Recorder::new());
    println!("{}", recorder.summary(&outcome));
    let [broke, wrong, well] = recorder.sentences(&outcome);
    assert_eq!(
        broke,
        "From 10 s to 35 s nothing from n0–n7 reached n8–n11; the way back was open."
    );
    assert!(!wrong.contains("Nobody believed anything wrong"), "{wrong}");
    assert!(well.starts_with("All was well"), "{well}");
}

#[test]
fn what_is_told_of_one_node_is_told_in_the_singular() {
    let alone = "nodes = 8\nduration = '60s'\n[[fault]]\nat = '5s'\nfor = '30s'\nkind = 'partition'\nshape = 'isolate'\nnodes = 'n3'\n";
    let (outcome, recorder) = recorded(alone, Recorder::new());
    let [broke, ..] = recorder.sentences(&outcome);
    assert_eq!(broke, "From 5 s to 35 s n3 was cut off from everybody.");
    let moved = "nodes = 8\nduration = '20s'\n[[fault]]\nat = '5s'\nkind = 'crash'\nnodes = 'n3'\nrestart_after = '2s'\naddress = 'new'\n";
    let (outcome, recorder) = recorded(moved, Recorder::new());
    let [broke, ..] = recorder.sentences(&outcome);
    assert_eq!(
        broke,
        "At 5 s n3 crashed, to be back at a new address 2 s later."
    );
}

#[test]
fn single_datagrams_that_were_lost_are_named() {
    let one = "nodes = 3\nduration = '10s'\n[[fault]]\nat = '0s'\nkind = 'drop'\nnumbers = [3]\nlinks = 'n1 -> n0'\n";
    let (outcome, recorder) = recorded(one, Recorder::new());
    let [broke, ..] = recorder.sentences(&outcome);
    assert_eq!(broke, "Datagram 3 from n1 to n0 got lost.");
    assert_eq!(outcome.faults[0].fired, 1);
}

#[test]
fn a_datagram_can_be_dropped_by_the_number_that_its_line_has() {
    let calm = "nodes = 3\nduration = '10s'\n";
    let sent = |text: &str| -> Vec<serde_json::Value> {
        let schedule = text.parse::<Scenario>().unwrap().expand().unwrap();
        let mut lines = Lines::new(Vec::new()).with_datagrams();
        run(&schedule, &mut lines);
        let text = String::from_utf8(lines.finish().unwrap()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let lines = sent(calm);
    let fifth = lines.iter().filter(|line| line["k"] == "sent").nth(5);
    let (from, to, nth) = fifth.map_or_else(Default::default, |line| {
        (
            line["from"].clone(),
            line["to"].clone(),
            line["nth"].clone(),
        )
    });
    let (from, to) = (from.as_str().unwrap(), to.as_str().unwrap());
    let without = sent(&format!(
        "{calm}[[fault]]\nat = '0s'\nkind = 'drop'\nnumbers = [{nth}]\nlinks = '{from} -> {to}'\n"
    ));
    let dropped: Vec<_> = without
        .iter()
        .filter(|line| line["k"] == "dropped")
        .collect();
    let [dropped] = &dropped[..] else {
        panic!("{dropped:?}");
    };
    assert_eq!(
        (&dropped["cause"], &dropped["to"]),
        (&"lost".into(), &to.into())
    );
}

#[test]
fn who_is_not_known_yet_is_a_wrong_belief() {
    let storm = "nodes = 16\nduration = '20s'\n[[fault]]\nat = '1s'\nkind = 'join'\nnodes = 'not:n0'\nwithin = '1s'\n";
    let (outcome, recorder) = recorded(storm, Recorder::new());
    let [_, wrong, well] = recorder.sentences(&outcome);
    assert!(
        wrong
            .starts_with("Nobody that ran was held dead; somebody was not known to all others for"),
        "{wrong}"
    );
    assert!(well.starts_with("All was well again at"), "{well}");
}

#[test]
fn a_run_is_the_same_whoever_looks_on() {
    let schedule = ONE_WAY.parse::<Scenario>().unwrap().expand().unwrap();
    let alone = run(&schedule, &mut ());
    let mut all = (
        Recorder::for_a_page(),
        Lines::new(Vec::new()).with_datagrams(),
    );
    let watched = run(&schedule, &mut all);
    assert_eq!(watched.trace_hash, alone.trace_hash);
    assert_eq!(watched.events, alone.events);
    assert_eq!(watched.violations, alone.violations);
}

#[test]
fn lines_begin_with_their_version_and_end_with_the_verdict() {
    let schedule = CRASH.parse::<Scenario>().unwrap().expand().unwrap();
    let mut lines = Lines::new(Vec::new());
    let outcome = run(&schedule, &mut lines);
    let text = String::from_utf8(lines.finish().unwrap()).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["version"], LINES_VERSION);
    assert_eq!(lines[0]["nodes"], 8);
    let last = lines.last().unwrap();
    assert_eq!(last["verdict"], outcome.verdict.name());
    assert_eq!(last["trace_hash"], format!("{:016x}", outcome.trace_hash));
    let buried = lines
        .iter()
        .filter(|line| line["k"] == "view" && line["m"] == "n3");
    let dead = buried.filter(|line| {
        line["to"]
            .as_str()
            .is_some_and(|to| to.starts_with("dead@"))
    });
    assert_eq!(
        dead.count(),
        7,
        "each of the others holds n3 dead in the end"
    );
    assert!(
        lines[1..]
            .iter()
            .all(|line| line["t"].is_number() || line["verdict"].is_string())
    );
    assert!(
        lines
            .iter()
            .any(|line| line["k"] == "fault" && line["kind"] == "crash")
    );
    assert!(
        lines.iter().all(|line| line["k"] != "sent"),
        "datagrams only if wanted"
    );
}

#[test]
fn a_writer_that_fails_is_told_of_in_the_end() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let schedule = CRASH.parse::<Scenario>().unwrap().expand().unwrap();
    let mut lines = Lines::new(Full);
    run(&schedule, &mut lines);
    assert!(lines.finish().err().unwrap().to_string().contains("full"));
}

#[test]
fn each_page_stands_alone_and_says_how_to_see_it_again() {
    // One of each kind of picture: a cut, one direction, all links but few, restarts, goodbyes.
    let pictures = [
        "leave-during-partition",
        "one-way",
        "ring",
        "rolling-restart",
        "split-brain",
    ];
    for preset in PRESETS
        .iter()
        .filter(|preset| pictures.contains(&preset.name))
    {
        let name = preset.name;
        let (outcome, recorder) = recorded(preset.text, Recorder::for_a_page());
        println!("{}", recorder.summary(&outcome));
        let page = recorder.page(&outcome, "swim sim run <x> --seed 3");
        let file = format!("{}/{name}.html", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(file, &page).unwrap();
        for outside in ["http:", "https:", "src=", "@import", "<link"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("swim sim run &lt;x&gt; --seed 3"));
        assert!(page.contains(&format!("{:016x}", outcome.trace_hash)));
        for tag in ["svg", "section", "figure", "table", "g", "a", "text"] {
            let opened = page.matches(&format!("<{tag} ")).count()
                + page.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert!(
            !page.contains("NaN") && !page.contains("inf"),
            "all places are numbers"
        );
        assert!(page.len() < 1_000_000, "{} bytes", page.len());
    }
}

/// Nobody can be reached in time, and the run ends while they are still wrong about each other.
const FAR: &str = r#"
    name = "far"
    nodes = 12
    duration = "30s"

    [network]
    delay = "5s"

    [[fault]]
    at = "10s"
    kind = "partition"
    shape = "isolate"
    nodes = "0..4"
"#;

#[test]
fn a_page_is_coloured_by_what_it_says_and_folds_what_is_too_much() {
    let (outcome, recorder) = recorded(FAR, Recorder::for_a_page());
    let page = recorder.page(&outcome, "");
    let [broke, wrong, end] = recorder.sentences(&outcome);
    assert!(end.starts_with("At the end"), "{end}");
    for (colour, sentence) in [("broke", broke), ("bad", wrong), ("bad", end)] {
        assert!(
            page.contains(&format!("<li class=\"{colour}\">{sentence}</li>")),
            "{sentence}"
        );
    }
    let violations = outcome.violations.len();
    assert!(violations > 8, "{violations}");
    let more = format!("<summary>{} more violations</summary>", violations - 8);
    assert!(page.contains(&more), "{more}");
    assert_eq!(page.matches("<li id=\"v").count(), violations);
    let (outcome, recorder) = recorded(CRASH, Recorder::for_a_page());
    let page = recorder.page(&outcome, "");
    let [broke, wrong, well] = recorder.sentences(&outcome);
    for (colour, sentence) in [("broke", broke), ("odd", wrong), ("good", well)] {
        assert!(
            page.contains(&format!("<li class=\"{colour}\">{sentence}</li>")),
            "{sentence}"
        );
    }
}

#[test]
fn a_bridge_is_named_and_no_kind_is_cut_short() {
    let bridge = "nodes = 9\nduration = \"20s\"\n[[fault]]\nat = \"5s\"\nfor = \"90s\"\nkind = \"partition\"\nshape = \"bridge\"\nnodes = \"n4\"\n";
    let (outcome, recorder) = recorded(bridge, Recorder::new());
    let [broke, ..] = recorder.sentences(&outcome);
    assert!(
        broke.starts_with("From 5 s on "),
        "it does not end before the run: {broke}"
    );
    assert!(broke.ends_with(", but n4 reached both."), "{broke}");
    let rolling = "nodes = 4\nduration = \"30s\"\n[[fault]]\nat = \"5s\"\nkind = \"rolling-restart\"\nnodes = \"n2\"\nevery = \"5s\"\ndown = \"2s\"\n";
    let (outcome, recorder) = recorded(rolling, Recorder::new());
    let summary = recorder.summary(&outcome);
    assert!(summary.contains("\n rolling-restart ·"), "{summary}");
    assert!(summary.contains("\n wrong           "), "{summary}");
}

#[test]
fn a_page_tells_of_every_invariant_whether_it_held() {
    let (outcome, recorder) = recorded(CRASH, Recorder::for_a_page());
    let page = recorder.page(&outcome, "");
    let rows = |class: &str, id: &str, word: &str| {
        page.contains(&format!("<li class=\"{class}\"><b>{id}</b><em>{word}</em>"))
    };
    for invariant in &swim_sim::verdict::INVARIANTS {
        let id = invariant.id;
        let seen = !outcome.unlooked.contains(&id);
        assert_eq!(rows("pass", id, "pass"), seen, "{id}");
        assert_eq!(rows("vacuous", id, "not seen"), !seen, "{id}");
    }
    assert!(
        page.contains("</em><i>600 ms</i><span>A leave is known"),
        "its bound"
    );
    let (outcome, recorder) = recorded(FAR, Recorder::for_a_page());
    let page = recorder.page(&outcome, "");
    assert!(outcome.violations.iter().any(|one| one.id == "L3"));
    assert!(page.contains("<li class=\"violated\"><b>L3</b><em>violated</em>"));
}

#[test]
fn labels_of_faults_stay_within_the_chart_and_above_all_lines() {
    let long = "nodes = 9\nduration = '60s'\n[[fault]]\nat = '4s'\nfor = '54s'\nkind = 'partition'\nshape = 'bridge'\nnodes = 'n4'\n";
    let (outcome, recorder) = recorded(long, Recorder::for_a_page());
    let page = recorder.page(&outcome, "");
    let label = page.find("class=\"told within\"").expect("in its bar");
    let line = page.rfind("class=\"guide\"").expect("there are some");
    assert!(label > line, "no line is drawn over it");
    let shown = page[label..].split('>').nth(1).expect("a text");
    assert!(shown.contains("but n4 reached both"), "{shown}");
}

#[test]
fn one_node_has_its_metadata_and_many_have_theirs() {
    for (nodes, said) in [
        ("n4", "At 5 s n4 changed its metadata."),
        ("2..5", "At 5 s n2–n4 changed their metadata."),
    ] {
        let text = format!(
            "nodes = 9\nduration = '9s'\n[[fault]]\nat = '5s'\nkind = 'metadata'\nnodes = '{nodes}'\n"
        );
        let (outcome, recorder) = recorded(&text, Recorder::new());
        assert_eq!(recorder.sentences(&outcome)[0], said);
    }
}

#[test]
fn figures_stand_below_each_other_by_their_points() {
    let (mut outcome, recorder) = recorded(CRASH, Recorder::for_a_page());
    outcome.metrics.insert("crash_known_p50_s", 6.25);
    let page = recorder.page(&outcome, "");
    let row = "<td class=\"n\">6<td class=\"part\">.250<td class=\"unit\">s";
    assert!(page.contains(row));
}
