//! Datagrams: received, answered, gossiped. Each line stands beside its target.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use swim_benches::{Acks, Gossip, Known, New, News, Operation, SIZES, allocations, time};

fn measure<O: Operation>(
    criterion: &mut Criterion,
    name: &str,
    target: &str,
    new: impl Fn(u32) -> O,
) {
    let mut group = criterion.benchmark_group(format!("{name} (target {target})"));
    for members in SIZES {
        let mut operation = new(members);
        let round = operation.prepare(1_024);
        let allocated = allocations(|| operation.run());
        println!("{name}, {members} members: {allocated} allocations in {round} operations");
        group.bench_function(BenchmarkId::from_parameter(members), |bencher| {
            bencher.iter_custom(|iterations| time(&mut operation, iterations));
        });
    }
    group.finish();
}

fn datagrams(criterion: &mut Criterion) {
    measure(criterion, "receive 20 known", "0.6 µs", Known::new);
    measure(criterion, "receive 20 news", "2.5 µs", |members| {
        News::new(members, New::Incarnation)
    });
    measure(criterion, "ping to ack", "0.12 µs", |members| {
        Acks::new(members, false)
    });
    measure(criterion, "ping to ack, 6 rumours", "0.4 µs", |members| {
        Acks::new(members, true)
    });
    measure(criterion, "a datagram of gossip", "none", Gossip::new);
}

criterion_group!(benches, datagrams);
criterion_main!(benches);
