//! Every preset asks its question, gets an answer, and runs as it always did.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use swim_sim::run::{Verdict, run};
use swim_sim::scenario::PRESETS;
use swim_sim::verdict::INVARIANTS;

/// How to write the golden hashes anew.
const WRITE: &str = "SWIM_GOLDEN=write cargo test -p swim-sim --test presets";

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("presets/golden-hashes.txt")
}

#[test]
fn every_preset_passes_its_faults_fire_its_hash_is_golden_and_together_they_look_at_all() {
    let mut hashes = format!(
        "# What happens in each preset, as one number. When it is meant to move: {WRITE}\n# and CHANGELOG.md says why.\n"
    );
    let mut unlooked: Vec<&str> = INVARIANTS.iter().map(|invariant| invariant.id).collect();
    for preset in PRESETS {
        let scenario = preset.scenario();
        assert_eq!(scenario.name, preset.name);
        assert!(scenario.about.ends_with('?') && preset.text.starts_with("# "));
        let schedule = scenario
            .expand()
            .unwrap_or_else(|error| panic!("{}: {error}", preset.name));
        let outcome = run(&schedule, &mut ());
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:#?}");
        unlooked.retain(|id| outcome.unlooked.contains(id));
        writeln!(hashes, "{:016x} {}", outcome.trace_hash, preset.name).expect("room");
    }
    // What no preset has anything to look at for is shown by none.
    assert_eq!(unlooked, Vec::<&str>::new());
    if std::env::var_os("SWIM_GOLDEN").is_some_and(|wish| wish == "write") {
        fs::write(golden(), &hashes).expect("golden-hashes.txt");
    }
    let stored = fs::read_to_string(golden()).expect("golden-hashes.txt");
    assert_eq!(
        hashes, stored,
        "the simulator, or the protocol in it, does something else than before; if that is meant: {WRITE}"
    );
}
