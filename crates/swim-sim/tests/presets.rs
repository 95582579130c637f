//! Every preset asks its question, and gets an answer.

use swim_sim::run::{Verdict, run};
use swim_sim::scenario::PRESETS;

#[test]
fn every_preset_passes_and_all_its_faults_fire() {
    for preset in PRESETS {
        let scenario = preset.scenario();
        assert_eq!(scenario.name, preset.name);
        assert!(scenario.about.ends_with('?') && preset.text.starts_with("# "));
        let schedule = scenario
            .expand()
            .unwrap_or_else(|error| panic!("{}: {error}", preset.name));
        let outcome = run(&schedule, &mut ());
        assert_eq!(outcome.verdict, Verdict::Pass, "{outcome:#?}");
    }
}
