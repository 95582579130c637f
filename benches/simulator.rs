//! The simulator: its queue beside the standard library's heap, whole clusters at rest, whole runs with all checks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use swim_sim::scenario::{Scenario, Schedule};
use swim_sim::{Queue, Sim};

/// How long until something is due: four in five are packets, the rest timers.
fn delays() -> impl FnMut() -> u64 {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if random.is_multiple_of(5) {
            200_000 + random % 800_000
        } else {
            250 + random % 500
        }
    }
}

/// One entry out, one in, with a queue that holds as many.
fn queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue, one out and one in");
    for pending in [1_000_u64, 30_000, 1_000_000] {
        let mut delay = delays();
        let mut heap = BinaryHeap::new();
        for entry in 0..pending {
            heap.push(Reverse((delay(), entry % 64, entry)));
        }
        group.bench_function(BenchmarkId::new("binary heap", pending), |bencher| {
            bencher.iter(|| {
                let Reverse((now, _, entry)) = heap.pop().expect("never empty");
                heap.push(Reverse((now + delay(), entry % 64, entry)));
            });
        });
        let mut delay = delays();
        let mut queue = Queue::default();
        for entry in 0..pending {
            queue.push(delay(), entry % 64, entry);
        }
        group.bench_function(BenchmarkId::new("radix heap", pending), |bencher| {
            bencher.iter(|| {
                let (now, entry) = queue.pop_until(u64::MAX).expect("never empty");
                queue.push(now + delay(), entry % 64, entry);
            });
        });
    }
    group.finish();
}

/// A second of a cluster at rest; the throughput counts events of the trace.
fn clusters(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a second of a cluster at rest");
    group.sample_size(10);
    for nodes in [50, 1_000] {
        let mut sim = Sim::builder(1).nodes(nodes).settled();
        let before = sim.events();
        sim.run_for(Duration::from_secs(10));
        group.throughput(Throughput::Elements((sim.events() - before) / 10));
        group.bench_function(BenchmarkId::from_parameter(nodes), |bencher| {
            bencher.iter(|| sim.run_for(Duration::from_secs(1)));
        });
    }
    group.finish();
}

/// Whole runs, with all checks: two minutes of 50 nodes, ten seconds of 1,000. The throughput counts events.
fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a run with all checks");
    group.sample_size(10);
    for (nodes, seconds) in [(50, 120), (1_000, 10)] {
        let schedule = crash(nodes, seconds);
        let outcome = swim_sim::run::run(&schedule, &mut ());
        group.throughput(Throughput::Elements(outcome.events));
        let name = format!("{nodes} nodes, {seconds} s");
        group.bench_function(name, |bencher| {
            bencher.iter(|| swim_sim::run::run(&schedule, &mut ()));
        });
    }
    group.finish();
}

/// Two of so many nodes crash.
fn crash(nodes: u32, seconds: u64) -> Schedule {
    let text = format!(
        "nodes = {nodes}\nduration = \"{seconds}s\"\n[[fault]]\nat = \"1s\"\nkind = \"crash\"\nnodes = \"n1,n2\"\n"
    );
    let scenario: Scenario = text.parse().expect("a scenario");
    scenario.expand().expect("it can be")
}

criterion_group!(benches, queue, clusters, runs);
criterion_main!(benches);
