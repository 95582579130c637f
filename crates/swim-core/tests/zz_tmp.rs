use std::time::Duration;
use swim_sim::*;
#[test]
fn tmp() {
    let mut sim = Sim::builder(0)
        .nodes(3)
        .seeds(2)
        .watched()
        .lines()
        .start_within(Duration::from_secs(2));
    sim.machine(1).crash();
    sim.run_for(Duration::from_millis(1160 + 36682));
    sim.machine(0).restart_elsewhere();
    sim.run_for(Duration::from_millis(3400));
    sim.machine(1).restart();
    sim.run_for(Duration::from_secs(100));
    for l in sim.transcript().lines() {
        if l.contains(" c ") || l.contains(" c)") {
            println!("{l}");
        }
    }
    println!("{sim}");
}
