//! `swim sim list`: what there is.

use serde::Serialize;
use swim_sim::scenario::{FaultKind, PRESETS, Preset, Reach};

use crate::args::ListArgs;
use crate::errors::Failure;
use crate::output;
use crate::text;

/// One thing that there is.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<Reach>,
    about: String,
}

/// Lists presets or faults.
pub(crate) fn run(args: &ListArgs) -> Result<(), Failure> {
    let entries: Vec<Entry> = match &*args.what {
        "presets" => PRESETS.iter().map(preset).collect(),
        _ => faults(),
    };
    if args.json {
        return output::json(&entries);
    }
    let rows: Vec<_> = entries
        .into_iter()
        .map(|entry| [entry.name.to_owned(), entry.about])
        .collect();
    output::print(&text::table(["NAME", "ABOUT"], &rows))
}

fn preset(preset: &Preset) -> Entry {
    Entry {
        name: preset.name,
        reach: None,
        about: preset.scenario().about,
    }
}

fn faults() -> Vec<Entry> {
    let faults = FaultKind::ALL.iter().map(|kind| Entry {
        name: kind.name,
        reach: Some(kind.reach),
        about: kind.about.to_owned(),
    });
    faults.collect()
}
