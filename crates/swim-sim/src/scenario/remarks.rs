//! What is written and can't happen, since the run ends first. That is no error: `--for` makes runs shorter.

use super::{Fault, FaultKind, Scenario, Span};

impl Scenario {
    /// For each time of a fault that lies beyond the end of the run, a sentence.
    #[must_use]
    pub fn cut_short(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for (number, fault) in (1..).zip(&self.faults) {
            for (field, time, what) in fault.ends() {
                let end = fault.at.micros().saturating_add(time.micros());
                if end > self.duration.micros() {
                    let (kind, run) = (fault.kind.name(), self.duration);
                    remarks.push(format!(
                        "fault {number} ({kind}): {field} = \"{time}\" reaches beyond the end of the run at {run}: {what}"
                    ));
                }
            }
        }
        remarks
    }
}

impl Fault {
    /// The times that it takes from its beginning, with what comes of one that the run is too short for.
    fn ends(&self) -> Vec<(&'static str, Span, &'static str)> {
        let mut ends = Vec::new();
        let mut end = |field, time: Option<Span>, what| {
            ends.extend(time.map(|time| (field, time, what)));
        };
        end("for", self.lasts, "it ends with the run");
        match &self.kind {
            FaultKind::Crash(crash) => {
                end("restart_after", crash.restart_after, "nobody comes back");
            }
            FaultKind::Leave(leave) => {
                end("crash_after", leave.crash_after, "nobody crashes");
                end("rejoin_after", leave.rejoin_after, "nobody comes back");
            }
            FaultKind::Join(join) => {
                let within = Some(join.within);
                end("within", within, "all join before the end");
            }
            _ => {}
        }
        ends
    }
}
