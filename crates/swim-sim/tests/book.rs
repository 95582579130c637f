//! The reference in `docs/simulator.md` names what there is, and its files can be read.

use swim_sim::report::{FIGURES, Recorder};
use swim_sim::run::run;
use swim_sim::scenario::{FaultKind, PRESETS, Scenario};

const BOOK: &str = include_str!("../../../docs/simulator.md");

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let parts = BOOK.split(fence.as_str()).skip(1);
    parts.filter_map(|part| part.split("```").next()).collect()
}

#[test]
fn every_kind_of_fault_is_in_the_reference_with_its_fields() {
    for kind in FaultKind::ALL {
        let row = format!("| `{}` |", kind.name);
        assert!(BOOK.contains(&row), "docs/simulator.md has no row {row}");
    }
}

#[test]
fn every_figure_is_in_the_reference() {
    let preset = PRESETS.iter().find(|preset| preset.name == "crash");
    let scenario: Scenario = preset
        .expect("there is one")
        .text
        .parse()
        .expect("it reads");
    let mut recorder = Recorder::new();
    let outcome = run(&scenario.expand().expect("it makes sense"), &mut recorder);
    let measured = recorder.metrics();
    for name in measured.keys().chain(outcome.metrics.keys()) {
        assert!(FIGURES.contains(name), "FIGURES lacks {name}");
    }
    for name in FIGURES {
        let row = format!("`{name}`");
        assert!(
            BOOK.contains(&row),
            "docs/simulator.md does not tell what {row} is"
        );
    }
}

#[test]
fn the_files_in_the_tutorial_are_scenarios() {
    let files = blocks("toml");
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let scenario: Result<Scenario, _> = file.parse();
        let scenario = scenario.unwrap_or_else(|error| panic!("{error}\n{file}"));
        scenario
            .expand()
            .unwrap_or_else(|error| panic!("{error}\n{file}"));
    }
}

/// With one blank between two words, however the lines are broken.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_tutorial_shows_is_what_comes_out() {
    let book = flowing(BOOK);
    for name in ["one-way", "split-brain"] {
        let preset = PRESETS.iter().find(|preset| preset.name == name);
        let scenario: Scenario = preset
            .expect("there is one")
            .text
            .parse()
            .expect("it reads");
        let mut recorder = Recorder::new();
        let outcome = run(&scenario.expand().expect("it makes sense"), &mut recorder);
        for sentence in recorder.sentences(&outcome) {
            assert!(book.contains(&sentence), "{name} says now: {sentence}");
        }
        if !book.contains(&format!("{name} n=")) {
            continue;
        }
        // The line with the name has the time that the run took, which is another one each time.
        let summary = recorder.summary(&outcome);
        let figures = summary.lines().skip_while(|line| !line.contains("n="));
        for line in figures.skip(1).map(flowing) {
            assert!(book.contains(&line), "{name} says now: {line}");
        }
        let trace = format!("trace {:016x}", outcome.trace_hash);
        assert!(book.contains(&trace), "{name} says now: {trace}");
    }
}
