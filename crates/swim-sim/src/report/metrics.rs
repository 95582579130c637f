//! Figures of a run by name: what two runs are compared by.

use std::time::Duration;

use super::beliefs::Wrong;
use super::recorder::Recorder;
use super::times::Times;
use crate::run::Metrics;

/// The names of all figures that a run may have, those that the verdict counts included.
pub const FIGURES: [&str; 17] = [
    "crash_first_p50_s",
    "crash_known_p50_s",
    "crash_known_p99_s",
    "deaths",
    "false_deaths",
    "held_alive_wrongly_pair_s",
    "held_dead_wrongly_pair_s",
    "join_known_p99_s",
    "leave_known_p99_s",
    "metadata_known_p99_s",
    "refuted",
    "sent_bytes_per_node_s",
    "sent_datagrams_per_node_s",
    "suspected_wrongly_pair_s",
    "suspicions",
    "unknown_pair_s",
    "well_since_s",
];

impl Recorder {
    /// What was measured, each figure in the unit that its name ends with.
    ///
    /// A figure that has no meaning in this run is left out: nobody crashed, so no crash was detected.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::new();
        let [crash, leave, join, metadata] = self.spread.curves();
        for (name, times, part) in [
            ("crash_first_p50_s", &crash.first, 500),
            ("crash_known_p50_s", &crash.each, 500),
            ("crash_known_p99_s", &crash.each, 990),
            ("leave_known_p99_s", &leave.each, 990),
            ("join_known_p99_s", &join.each, 990),
            ("metadata_known_p99_s", &metadata.each, 990),
        ] {
            if let Some(value) = quantile(times, part) {
                metrics.insert(name, value);
            }
        }
        for (name, way) in [
            ("suspected_wrongly_pair_s", Wrong::Suspected),
            ("held_dead_wrongly_pair_s", Wrong::Buried),
            ("held_alive_wrongly_pair_s", Wrong::Ghost),
            ("unknown_pair_s", Wrong::Missing),
        ] {
            let micros = u64::try_from(self.story.of(way).pair_time).unwrap_or(u64::MAX);
            metrics.insert(name, seconds(micros));
        }
        if let Some(well) = self.story.well_since() {
            metrics.insert("well_since_s", seconds(well));
        }
        let node_seconds = self.beliefs.members().max(1) as f64 * seconds(self.length.max(1));
        let (datagrams, bytes) = self.load.by_node();
        let rate = |sums: &[u64]| sums.iter().sum::<u64>() as f64 / node_seconds;
        metrics.insert("sent_datagrams_per_node_s", rate(&datagrams));
        metrics.insert("sent_bytes_per_node_s", rate(&bytes));
        metrics
    }
}

fn quantile(times: &Times, thousandths: u64) -> Option<f64> {
    times.quantile(thousandths).map(seconds)
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}
