//! Prints what was measured beside what was wanted: `cargo run --release -p swim-benches`.
//!
//! Arguments choose figures by name; none means all. `figures operation NAME MEMBERS TIMES` runs one operation so many
//! times, for a profiler; that is how instructions are counted.

mod growth;
mod instructions;
mod line;

use std::process::ExitCode;
use std::time::Duration;

use swim_benches::{FIGURES, Figure, Operation, Rest, allocations, operation, time};

use growth::Growth;
use line::{Line, Target, micros};

/// Blocks of which the median is taken, and operations in each.
const BLOCKS: usize = 61;
const BLOCK: u64 = 1_024;

/// What one operation costs: median and least CPU time of many blocks.
#[derive(Clone, Copy, Debug)]
struct Cost {
    median: Duration,
    least: Duration,
}

fn cost(operation: &mut dyn Operation, block: u64) -> Cost {
    let mut blocks: Vec<_> = (0..BLOCKS)
        .map(|_| time(operation, block).div_f64(block as f64))
        .collect();
    blocks.sort_unstable();
    Cost {
        median: blocks[BLOCKS / 2],
        least: blocks[0],
    }
}

fn measure(figure: &Figure, growth: &mut Growth) {
    for members in figure.members {
        let Some(mut operation) = operation(figure.name, *members) else {
            continue;
        };
        let what = format!("{}, {members} known", figure.what);
        let operations = operation.prepare(64);
        let allocated = allocations(|| operation.run());
        // An exchange is a thousand times dearer than a datagram.
        let block = if figure.times < 100 { 32 } else { BLOCK };
        let cost = cost(&mut *operation, block);
        let counted = instructions::of(figure.name, *members, figure.times);
        let is_stated = *members == 1_024;
        Line {
            what: format!("{what}: CPU time"),
            reached: format!("{} ({} at best)", micros(cost.median), micros(cost.least)),
            target: figure.micros.filter(|_| is_stated).map(|most| Target {
                text: format!("≤ {most} µs"),
                met: Some(cost.median.as_secs_f64() * 1e6 <= most),
            }),
        }
        .print();
        Line {
            what: format!("{what}: instructions"),
            reached: counted.map_or_else(|| "not counted".into(), |counted| counted.to_string()),
            target: figure
                .instructions
                .filter(|_| is_stated)
                .map(|most| Target {
                    text: format!("≤ {most}"),
                    met: counted.map(|counted| counted <= most),
                }),
        }
        .print();
        Line {
            what: format!("{what}: allocations in {operations}"),
            reached: allocated.to_string(),
            target: Some(Target {
                text: "0".into(),
                met: Some(allocated == 0),
            }),
        }
        .print();
        growth.note(figure, *members, cost.least, counted);
    }
}

/// A cluster at rest, without sockets.
fn measure_rest() {
    for nodes in [64, 256, 1_024] {
        let mut rest = Rest::new(nodes);
        let mut costs: Vec<_> = (0..5)
            .map(|_| rest.measure(Duration::from_secs(10)))
            .collect();
        costs.sort_by_key(|(cost, _)| *cost);
        let (median, datagrams) = costs[2];
        let (least, _) = costs[0];
        assert!(rest.is_at_rest(), "somebody was accused");
        Line {
            what: format!(
                "a node-second at rest, {nodes} nodes ({datagrams:.2} datagrams): CPU time"
            ),
            reached: format!("{} ({} at best)", micros(median), micros(least)),
            target: Some(Target {
                text: "≤ 1.5 µs".into(),
                met: Some(median.as_secs_f64() * 1e6 <= 1.5),
            }),
        }
        .print();
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "operation") {
        return instructions::run(&arguments[1..]);
    }
    let names = || FIGURES.iter().map(|figure| figure.name).chain(["rest"]);
    if let Some(unknown) = arguments
        .iter()
        .find(|name| names().all(|known| known != *name))
    {
        let names: Vec<_> = names().collect();
        eprintln!(
            "figures: there is no figure {unknown:?}; there are {}",
            names.join(", ")
        );
        return ExitCode::from(2);
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|each| each == name);
    if !instructions::can_be_counted() {
        println!("Instructions are not counted: that takes valgrind (apt-get install valgrind).\n");
    }
    Line::head();
    let mut growth = Growth::default();
    for figure in FIGURES.iter().filter(|figure| wanted(figure.name)) {
        measure(figure, &mut growth);
    }
    growth.print();
    if wanted("rest") {
        measure_rest();
    }
    ExitCode::SUCCESS
}
