//! A clock that stands still and one that jumps, in the simulator: the very core, eight nodes, the LAN profile.

use std::time::Duration;

use swim_core::Config;
use swim_sim::{Act, Sim};

use crate::local::figure;
use crate::report::{Report, Stop};

const NODES: u32 = 8;
const SEED: u64 = 20_260_731;
/// The one whose clock is strange.
const STRANGE: &str = "c";
const HOUR: i64 = 3_600_000_000;
const MINUTE: Duration = Duration::from_secs(60);
const WITHIN: Duration = Duration::from_secs(10);

/// Holds the trial.
///
/// # Errors
/// Never.
pub(crate) fn run(report: &mut Report) -> Result<(), Stop> {
    report.say(&format!("  simulated, seed {SEED}"));
    // The simulator's clocks can't stop: a millionth of the truth is as slow as they run.
    strange(
        report,
        "standstill",
        "stands still for a minute",
        &[Act::DriftClock(-1_000_000), Act::DriftClock(0)],
    );
    strange(
        report,
        "forward",
        "jumps an hour forward, twice",
        &[Act::JumpClock(HOUR), Act::JumpClock(HOUR)],
    );
    strange(
        report,
        "back",
        "jumps ten seconds back, twice",
        &[Act::JumpClock(-10_000_000), Act::JumpClock(-10_000_000)],
    );
    strange(
        report,
        "fast",
        "runs four times as fast for a minute",
        &[Act::DriftClock(3_000_000), Act::DriftClock(0)],
    );
    Ok(())
}

/// These happen to a clock, a minute apart; then all must agree.
fn strange(report: &mut Report, step: &'static str, what: &str, acts: &[Act]) {
    let mut sim = Sim::builder(SEED)
        .nodes(NODES)
        .config(Config::LAN)
        .watched()
        .start();
    sim.run_for(MINUTE);
    let before = sent(&sim);
    for act in acts {
        sim.node(STRANGE).act(act.clone());
        sim.run_for(MINUTE);
    }
    let seconds = 60.0 * f64::from(u32::try_from(acts.len()).unwrap_or(1));
    let [strange, usual] = [0, 1].map(|whose| figure(sent(&sim)[whose] - before[whose]) / seconds);
    let whole = sim
        .run_until(|sim| sim.each().knows(NODES) && sim.each().agrees(), WITHIN)
        .ok();
    let false_deaths = sim.false_deaths().count();
    let broken = sim.violations().len();
    let expected = format!(
        "{STRANGE}'s clock {what}: nobody is found dead, no law is broken, and all agree afterwards"
    );
    let seen = format!("{false_deaths} false deaths, {broken} laws broken");
    let took = whole.filter(|_| false_deaths == 0 && broken == 0);
    report.within(step, &expected, WITHIN, took, &seen);
    report.figure(
        "datagrams that it sent meanwhile",
        strange,
        "/s",
        &format!("{usual:.1} by another"),
    );
    let bounded = strange <= 8.0 * usual.max(1.0);
    report.holds(
        "cost",
        "no storm: at most eight times what another sends",
        bounded,
        &format!("{strange:.1} to {usual:.1}"),
    );
}

/// Datagrams sent so far by the strange one, and by another.
fn sent(sim: &Sim) -> [u64; 2] {
    [STRANGE, "d"].map(|label| sim.view(label).map_or(0, |view| view.traffic().datagrams))
}
