//! What grows when a thousand times as many members are known.

use std::time::Duration;

use swim_benches::Figure;

use crate::line::{Line, Target};

const FEW: u32 = 64;
const MANY: u32 = 65_536;

struct Point {
    what: &'static str,
    members: u32,
    took: Duration,
    instructions: Option<u64>,
}

/// Costs at the smallest and the largest number of members.
#[derive(Default)]
pub(crate) struct Growth {
    points: Vec<Point>,
}

impl Growth {
    pub(crate) fn note(
        &mut self,
        figure: &Figure,
        members: u32,
        took: Duration,
        instructions: Option<u64>,
    ) {
        if members == FEW || members == MANY {
            self.points.push(Point {
                what: figure.what,
                members,
                took,
                instructions,
            });
        }
    }

    /// Instructions must not grow by more than a tenth (look-ups in a fuller or emptier table), time by 2.5 at most: more
    /// members than the cache holds.
    pub(crate) fn print(&self) {
        let few = self.points.iter().filter(|point| point.members == FEW);
        for few in few {
            let same = |many: &&Point| many.members == MANY && many.what == few.what;
            let Some(many) = self.points.iter().find(same) else {
                continue;
            };
            let times = many.took.as_secs_f64() / few.took.as_secs_f64();
            line(few.what, "CPU time", Some(times), 2.5);
            let counts = few.instructions.zip(many.instructions);
            let times = counts.map(|(few, many)| many as f64 / few as f64);
            line(few.what, "instructions", times, 1.1);
        }
    }
}

fn line(what: &str, unit: &str, times: Option<f64>, most: f64) {
    Line {
        what: format!("{what}, from {FEW} to {MANY} known: {unit}"),
        reached: times.map_or_else(|| "not counted".into(), |times| format!("× {times:.2}")),
        target: Some(Target {
            text: format!("≤ × {most}"),
            met: times.map(|times| times <= most),
        }),
    }
    .print();
}
