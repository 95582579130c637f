//! A schedule as the engine plays it: what happens when, and which fault it belongs to.

use crate::act::{Act, Planned};
use crate::links::{Effect, FaultId, Scope};
use crate::run::What;
use crate::sim::Sim;
use crate::trace::duration;

/// One act of a script.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    /// Microseconds from the scenario's beginning.
    pub(crate) at: u64,
    /// The fault that it belongs to, by its place in the schedule.
    pub(crate) fault: u32,
    pub(crate) act: Scripted,
}

/// What happens.
#[derive(Clone, Debug)]
pub(crate) enum Scripted {
    /// The fault begins.
    Begins,
    /// Something befalls links.
    Impose(Scope, Effect),
    /// All that this fault did to links is over.
    Lift,
    /// Something befalls a machine.
    On(u32, Act),
    /// What befell a machine is made good again, which proves nothing.
    Undo(u32, Act),
    /// The fault ends.
    Ends,
}

/// All acts, and what each fault has done so far.
#[derive(Debug, Default)]
pub(crate) struct Script {
    acts: Vec<Timed>,
    faults: Vec<Progress>,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    rules: Vec<FaultId>,
    fired: u64,
}

impl Sim {
    /// Plans all acts, from now on.
    pub(crate) fn follow(&mut self, acts: &[Timed], faults: usize) {
        for (number, act) in acts.iter().enumerate() {
            let number = u32::try_from(number).expect("fewer than 2³² acts");
            self.plan(duration(act.at), Planned::Scripted(number));
        }
        self.script = Script {
            acts: acts.to_vec(),
            faults: vec![Progress::default(); faults],
        };
    }

    /// Plays the act of that number.
    pub(crate) fn play(&mut self, number: u32) {
        let Some(Timed { fault, act, .. }) = self.script.acts.get(number as usize).cloned() else {
            return;
        };
        let place = fault as usize;
        match act {
            Scripted::Begins => self.sights.see(self.now, || What::FaultBegins(place)),
            Scripted::Ends => self.sights.see(self.now, || What::FaultEnds(place)),
            Scripted::Impose(scope, effect) => {
                let rule = self.impose(scope, effect);
                self.script.faults[place].rules.push(rule);
            }
            Scripted::Lift => {
                for rule in self.script.faults[place].rules.clone() {
                    self.end(rule);
                }
            }
            Scripted::On(machine, act) => {
                if let Act::Throttle(..) = act {
                    self.hosts[machine as usize].slow.fault = Some(fault);
                }
                let done = self.act(machine, act);
                self.script.faults[place].fired += u64::from(done);
            }
            Scripted::Undo(machine, act) => {
                self.act(machine, act);
            }
        }
    }

    /// Something that arrived at a throttled machine has to wait.
    pub(crate) fn count_throttled(&mut self, at: u32) {
        let fault = self.hosts[at as usize].slow.fault;
        if let Some(progress) = fault.and_then(|fault| self.script.faults.get_mut(fault as usize)) {
            progress.fired += 1;
        }
    }

    /// How often a fault of the script has done something so far.
    #[must_use]
    pub fn fault_fired(&self, fault: usize) -> u64 {
        let Some(progress) = self.script.faults.get(fault) else {
            return 0;
        };
        let by_links = progress.rules.iter().map(|rule| self.links.fired(*rule));
        progress.fired + by_links.sum::<u64>()
    }
}
