//! Exchanges of rosters, both sides of a whole conversation.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use swim_benches::{Converse, Operation, SIZES, Views, allocations, time};

fn exchanges(criterion: &mut Criterion) {
    for (name, views) in [("same views", Views::Same), ("10 differ", Views::TenDiffer)] {
        let mut group = criterion.benchmark_group(format!("exchange, {name}"));
        for members in SIZES.into_iter().chain([1_000]) {
            let mut converse = Converse::new(members, views);
            converse.prepare(1);
            let allocated = allocations(|| converse.run());
            let bytes = converse.bytes();
            println!("exchange, {name}, {members} members: {bytes} bytes, {allocated} allocations");
            group.bench_function(BenchmarkId::from_parameter(members), |bencher| {
                bencher.iter_custom(|iterations| time(&mut converse, iterations));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, exchanges);
criterion_main!(benches);
