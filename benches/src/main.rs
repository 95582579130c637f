//! One operation, so many times, for a profiler: `swim-operation OPERATION MEMBERS TIMES`.

use std::process::ExitCode;

use swim_benches::{Acks, Converse, Gossip, Known, News, Operation, Views};

fn repeat(mut operation: impl Operation, times: usize) -> ExitCode {
    let mut left = times;
    while left > 0 {
        left = left.saturating_sub(operation.prepare(left));
        operation.run();
    }
    if operation.is_true() {
        ExitCode::SUCCESS
    } else {
        eprintln!("swim-operation: it took another path than the one it is named for");
        ExitCode::FAILURE
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<u32>().ok());
    let (Some(operation), Some(members), Some(times)) = (arguments.first(), number(1), number(2))
    else {
        eprintln!(
            "usage: swim-operation known|news|ack|ack-rumours|gossip|same|differ MEMBERS TIMES"
        );
        return ExitCode::from(2);
    };
    let times = times as usize;
    match operation.as_str() {
        "known" => repeat(Known::new(members), times),
        "news" => repeat(News::new(members), times),
        "ack" => repeat(Acks::new(members, false), times),
        "ack-rumours" => repeat(Acks::new(members, true), times),
        "gossip" => repeat(Gossip::new(members), times),
        "same" => repeat(Converse::new(members, Views::Same), times),
        "differ" => repeat(Converse::new(members, Views::TenDiffer), times),
        other => {
            eprintln!("swim-operation: there is no operation {other:?}");
            ExitCode::from(2)
        }
    }
}
