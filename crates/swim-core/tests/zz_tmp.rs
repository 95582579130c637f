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
fn join256() {
   for seed in 0..3 {
        let mut sim = Sim::builder(seed).nodes(256).start();
        let mut last=0;
        for i in 0..40 {
          sim.run_for(Duration::from_millis(500));
          let min=sim.each().iter().map(|v|v.node().counts().alive).min().unwrap();
          let sum:u32=sim.each().iter().map(|v|v.node().counts().alive).sum();
          if min!=last {println!("{seed} {i} min {min} avg {}", sum/256);} last=min;
        }
        let e=sim.each();
        let v=e.iter().min_by_key(|v|v.node().counts().alive).unwrap();
        println!("{} {:?} {:?}", v.label(), v.node().counts(), v.node().stats());
   }
}
