//! Every deliberately broken protocol is found by the swarm, and the protocol itself is not.
//!
//! `RUSTFLAGS="--cfg swim_mutants" cargo test -p swim-sim --test mutants --target-dir target/mutants -- --nocapture`
#![cfg(swim_mutants)]

use swim_sim::sweep::{NODES, Source, mutants};

/// Each mutant has been found well within so many seeds; a thousand are what it may take.
const SEEDS: u64 = 200;

#[test]
fn the_swarm_finds_every_mutant_and_nothing_else() {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let swarm = Source::Swarm(NODES);
    let table = mutants(&swarm, 0..SEEDS, jobs, |row| {
        let by = row.by.as_deref().unwrap_or("-");
        println!("{:28} {:>5} seeds  {by}", row.name, row.seeds);
    });
    let table = table.expect("every scenario of the swarm can be");
    for row in table {
        assert_eq!(row.killed, row.name != "none", "{row:?}");
    }
}
