//! The simulator: its queue, and whole clusters at rest.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use swim_sim::{Queue, Sim};

/// One entry out, one in, with a queue that holds as many: four in five are packets, the rest timers.
fn queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue, one out and one in");
    for pending in [1_000_u64, 30_000, 1_000_000] {
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut delay = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            if random.is_multiple_of(5) {
                200_000 + random % 800_000
            } else {
                250 + random % 500
            }
        };
        let mut queue = Queue::default();
        for entry in 0..pending {
            queue.push(delay(), entry % 64, entry);
        }
        group.bench_function(BenchmarkId::from_parameter(pending), |bencher| {
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

criterion_group!(benches, queue, clusters);
criterion_main!(benches);
