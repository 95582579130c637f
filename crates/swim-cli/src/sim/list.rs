//! `swim sim list`: what there is.

use serde::Serialize;
use swim_sim::scenario::{FaultKind, PRESETS, Preset, Reach};
use swim_sim::verdict::{Bounds, INVARIANTS, Invariant};

use super::subject::profile;
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

/// One invariant with its bound.
#[derive(Serialize)]
struct Bounded {
    #[serde(flatten)]
    invariant: Invariant,
    /// In seconds: what it waits for at most, or of S8 at least; `null` where it holds at every moment.
    bound_s: Option<f64>,
}

/// Lists presets, faults or invariants.
pub(crate) fn run(args: &ListArgs) -> Result<(), Failure> {
    if args.what == "invariants" {
        return invariants(args);
    }
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

fn invariants(args: &ListArgs) -> Result<(), Failure> {
    let bounds = Bounds::of(&profile(&args.profile)?.config(), args.nodes);
    let bounded = INVARIANTS.iter().map(|invariant| Bounded {
        invariant: *invariant,
        bound_s: bounds
            .of_invariant(invariant.id)
            .map(|bound| bound.0.as_secs_f64()),
    });
    let bounded: Vec<Bounded> = bounded.collect();
    if args.json {
        return output::json(&bounded);
    }
    let rows = bounded.iter().map(|one| {
        let bound = one.bound_s.map(|bound| format!("{bound:.1} s"));
        [
            one.invariant.id.to_owned(),
            bound.unwrap_or_else(|| "always".to_owned()),
            one.invariant.property.to_owned(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    output::print(&text::table(["NAME", "WITHIN", "PROPERTY"], &rows))
}
