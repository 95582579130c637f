//! What a calm time shows: L3 and L4 hold because nothing happens, so they are looked at when a while has passed in which
//! nothing did.

use swim_core::State;

use super::Scene;
use super::catalogue::Id;

/// Since when the present while lasts.
#[derive(Debug, Default)]
pub(super) struct Calm {
    began: u64,
}

impl Calm {
    /// At the end of each while.
    pub(super) fn see(&mut self, scene: &mut Scene<'_>) {
        let (now, while_lasts) = (scene.truth.now, scene.bounds.window.micros());
        if now < self.began.saturating_add(while_lasts) {
            return;
        }
        let lasted = now - std::mem::replace(&mut self.began, now);
        if scene.forged_within(scene.bounds.forged) {
            return;
        }
        // Whoever had been suspected in it would have been seen (L3), or told dead (L4).
        let calm = scene.bounds.calm.micros() + lasted;
        if scene.truth.is_perfect_for(calm) && two_ran_for(calm, scene) {
            scene.docket.looked(Id::L3, 1);
        }
        let long = scene.bounds.refutation.micros() + lasted;
        if scene.truth.is_calm_for(long) && !scene.truth.is_lossy() {
            nobody_is_suspect(long, scene);
        }
    }
}

/// Whether two have run for so long: one alone can't suspect anybody.
fn two_ran_for(micros: u64, scene: &Scene<'_>) -> bool {
    let truth = scene.truth;
    let mut steady = truth.machines.iter().filter(|machine| {
        machine.is_up() && !machine.shared && truth.is_since(machine.turned, micros)
    });
    steady.nth(1).is_some()
}

/// L4: after so long a calm nobody holds a running member suspect that it can reach.
fn nobody_is_suspect(long: u64, scene: &mut Scene<'_>) {
    for (by, host) in (0_u32..).zip(&scene.sim.hosts) {
        let (Some(node), Some(part)) = (host.node.as_deref(), scene.truth.part(by)) else {
            continue;
        };
        let steady = |at: u32| {
            let machine = scene.truth.machines.get(at as usize);
            let machine = machine.filter(|one| one.is_up() && !one.shared)?;
            let ran = scene.truth.is_since(machine.turned, long);
            (ran && scene.truth.part(at) == Some(part)).then_some(machine)
        };
        if steady(by).is_none() || scene.truth.is_alone(by) {
            continue;
        }
        // The counter is asked first: mostly nobody is suspected, and then no roster is walked through.
        let suspected = (node.counts().suspect > 0).then(|| {
            let suspects = node.members().filter(|one| one.state == State::Suspect);
            let mut wrongly = suspects.filter_map(|one| {
                let of = one.peer.name().number();
                steady(of).map(|_| (of, one.incarnation))
            });
            wrongly.next()
        });
        let suspected = suspected.flatten();
        let who = [Some(by), suspected.map(|(of, _)| of)];
        scene
            .docket
            .hold(scene.at, Id::L4, suspected.is_none(), who, || {
                let incarnation = suspected.map(|(_, incarnation)| incarnation);
                format!(
                    "holds it suspect @{}, and nothing has stood between them for {} s",
                    incarnation.unwrap_or_default(),
                    long / 1_000_000
                )
            });
    }
}
