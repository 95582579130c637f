use std::time::Duration;
use swim_core::State;
use swim_sim::{Figures,Sim};
const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
#[test]
fn crash64() {
    let f=Figures::over(0..100, |seed| {
        let mut sim = Sim::builder(seed).nodes(64).settled();
        sim.node("g").crash();
        let r= sim.run_until(|sim| sim.each().holds("g", State::Dead), secs(30)).unwrap();
        if r>secs(10) {println!("seed {seed} {r:?}");}
        r
    });
    println!("crash {f}");
}
#[test]
fn split64() {
    for (half,n) in [(32,64),(128,256)] {
    let f=Figures::over(0..if n==64 {40} else {4}, |seed| {
        let mut sim = Sim::builder(seed).nodes(n).settled();
        let cut = sim.split([0..half, half..n]);
        sim.run_for(secs(60));
        sim.end(cut);
        let r=sim.run_until(|sim| sim.each().knows(n) && sim.each().agrees(), secs(120)).unwrap();
        if r>secs(2) {println!("seed {seed} {r:?}");}
        r
    });
    println!("split {n} {f}");
    }
}
