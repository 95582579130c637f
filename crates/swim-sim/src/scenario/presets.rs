//! Scenarios that come with the simulator: questions that people ask of a cluster.

use super::{Nearest, Scenario, ScenarioError};

/// A scenario that comes with the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! presets {
    ($($name:literal,)*) => {
        /// All presets, by name.
        pub const PRESETS: &[Preset] = &[
            $(Preset { name: $name, text: include_str!(concat!("../../presets/", $name, ".toml")) },)*
        ];
    };
}

presets! {
    "another-name-at-its-address",
    "bridge",
    "crash",
    "flapping-link",
    "forged-goodbyes",
    "forgotten",
    "frozen-minute",
    "join-storm",
    "leave-during-partition",
    "long-split",
    "loss-30",
    "mass-restart",
    "one-way",
    "only-seed-dead-then-split",
    "paused-nodes",
    "quarter-dies",
    "restart-at-new-address",
    "ring",
    "rolling-restart",
    "slow-processing",
    "split-brain",
}

impl Preset {
    /// The scenario in its file.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        let read = self.text.parse();
        read.unwrap_or_else(|error| panic!("presets/{}.toml: {error}", self.name))
    }
}

impl Scenario {
    /// The preset of that name.
    ///
    /// # Errors
    /// There is none; the nearest name is told.
    pub fn preset(name: &str) -> Result<Self, ScenarioError> {
        let preset = PRESETS.iter().find(|preset| preset.name == name);
        preset.map(Preset::scenario).ok_or_else(|| {
            let nearest = Nearest::of(name, PRESETS.iter().map(|preset| preset.name));
            ScenarioError::new(format!("there is no preset {name:?}{nearest}"))
        })
    }
}
