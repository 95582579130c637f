//! Invariants of amounts: S14, S16, S20, and in a calm network L9.

use super::Scene;
use super::catalogue::Id;
use crate::run::{Sight, What};

/// Datagrams that one datagram may cause at most: an ack, a relay's ping, and the pings that verify deaths, of which
/// there are sixteen in 100 ms (P6).
const ANSWERS: u32 = 20;
/// Besides, who finds itself held at another address tells so many members at once (P12), but only once in
/// [`GREETING_WINDOWS`] windows of ten probe intervals.
const GREETINGS: u32 = 64;
const GREETING_WINDOWS: u64 = 3;
/// So often a node may be woken at one instant.
const WAKES: u32 = 64;
/// Datagrams of a calm node in each probe interval: its ping, its ack, a ping to somebody dead, and a tenth more.
const IDLE_TENTHS: u64 = 33;

#[derive(Clone, Copy, Debug, Default)]
struct Amounts {
    heard: u32,
    wished: bool,
    woken: (u64, u32),
    /// Before this instant it may not greet again.
    greets_from: u64,
}

/// What has to be counted for them.
#[derive(Debug, Default)]
pub(super) struct Limits {
    nodes: Vec<Amounts>,
    last: u64,
    /// When the present window began, and datagrams sent in it.
    window: (u64, u64),
}

impl Limits {
    fn node(&mut self, node: u32) -> &mut Amounts {
        let place = node as usize;
        if self.nodes.len() <= place {
            self.nodes.resize(place + 1, Amounts::default());
        }
        &mut self.nodes[place]
    }

    pub(super) fn see(&mut self, sight: &Sight, scene: &mut Scene<'_>) {
        let now = scene.truth.now;
        if now != self.last {
            scene.hold(Id::S20, now > self.last, [None, None], || {
                format!("time went back from {} us to {now} us", self.last)
            });
            self.last = now;
        }
        match &sight.what {
            What::Sent { from, to, .. } => {
                self.window.1 += 1;
                scene.hold(Id::S9, *to != Some(*from), [Some(*from), None], || {
                    format!("n{from} sent itself a datagram")
                });
            }
            What::Delivered { from, to, .. } => {
                self.node(*to).heard += 1;
                crossing(*from, *to, scene);
            }
            What::Streamed { from, to, .. } => {
                self.node(*from).wished = true;
                self.node(*to).wished = true;
            }
            What::Life { node, .. } => self.node(*node).wished = true,
            What::Drained {
                node,
                datagrams,
                woke,
            } => self.drained(*node, *datagrams, *woke, scene),
            What::FaultEnds(_) | What::Sample => books(scene),
            _ => {}
        }
        self.traffic(scene);
    }

    fn drained(&mut self, node: u32, datagrams: u32, woke: bool, scene: &mut Scene<'_>) {
        let now = scene.truth.now;
        let amounts = std::mem::take(self.node(node));
        self.node(node).greets_from = amounts.greets_from;
        if !woke && !amounts.wished && amounts.heard > 0 {
            let mut most = amounts.heard.saturating_mul(ANSWERS);
            if datagrams > most && amounts.greets_from <= now {
                most = most.saturating_add(GREETINGS);
                let pause = scene.bounds.window.micros() * GREETING_WINDOWS;
                self.node(node).greets_from = now + pause;
            }
            scene.hold(Id::S14, datagrams <= most, [Some(node), None], || {
                format!(
                    "{} datagrams came in, {datagrams} went out at once",
                    amounts.heard
                )
            });
        }
        let times = if woke && amounts.woken.0 == now {
            amounts.woken.1 + 1
        } else {
            u32::from(woke)
        };
        self.node(node).woken = (now, times);
        if woke {
            scene.hold(Id::S16, times <= WAKES, [Some(node), None], || {
                format!("woken {times} times at one instant")
            });
        }
    }

    /// L9: at the end of each window.
    fn traffic(&mut self, scene: &mut Scene<'_>) {
        let (now, window) = (scene.truth.now, scene.bounds.window.micros());
        let (began, sent) = self.window;
        if now < began + window {
            return;
        }
        self.window = (now, 0);
        let lives = &scene.truth.machines;
        let turns = lives
            .iter()
            .map(|machine| machine.turned.max(machine.updated));
        let turned = turns.max().unwrap_or(0);
        let quiet = quiet_after(turned, scene) + (now - began);
        let settled = now >= turned + quiet && !lives.iter().any(|machine| machine.shared);
        let steady = scene.truth.is_perfect_for(quiet) && !scene.forged_within(scene.bounds.forged);
        if !settled || !steady || began == 0 {
            return;
        }
        let up = lives.iter().filter(|machine| machine.is_up()).count() as u64;
        let interval = window / 10;
        let intervals = (now - began).div_ceil(interval.max(1));
        let most = up * (intervals + 1) * IDLE_TENTHS / 10;
        if let Some(times) = &mut scene.docket.times {
            times.add(Id::L9, sent, most);
        }
        scene.hold(Id::L9, sent <= most, [None, None], || {
            format!("{up} nodes sent {sent} datagrams in {intervals} intervals of a calm cluster; at most {most} are their probes")
        });
    }
}

/// How long after the last turn of a life nobody has anything to say any more: whoever died is pinged, suspected and told of
/// until all know (L1), and news of it goes round for a while longer.
fn quiet_after(turned: u64, scene: &Scene<'_>) -> u64 {
    let (truth, bounds) = (scene.truth, scene.bounds);
    let known = if truth.is_decimated() || truth.was_thinned(turned) {
        bounds.split.micros() + bounds.heal.micros()
    } else {
        bounds.crash.max(bounds.heal).micros()
    };
    known + bounds.update.micros()
}

/// S16: whoever was woken has done what was due, and wants to be woken later, or at this very instant; never in the past.
pub(super) fn timer(node: u32, scene: &mut Scene<'_>) {
    let Some(host) = scene.sim.hosts.get(node as usize) else {
        return;
    };
    let Some(until) = host.alarm.until.filter(|_| host.is_awake()) else {
        return;
    };
    let here = host.clock.at(scene.sim.now);
    scene.hold(Id::S16, is_to_come(until, here), [Some(node), None], || {
        format!("woken, and wants to be woken {} us ago", here - until)
    });
}

/// Whether a timer for this moment can be set now.
pub(super) const fn is_to_come(until: u64, now: u64) -> bool {
    until >= now
}

/// S20: what was delivered did not cross a cut. (What waits in a jam is let go only when the jam ends.)
fn crossing(from: Option<u32>, to: u32, scene: &mut Scene<'_>) {
    let Some(from) = from.filter(|_| scene.truth.has_only_cuts()) else {
        return;
    };
    scene.hold(
        Id::S20,
        scene.sim.is_open(from, to),
        [Some(from), Some(to)],
        || format!("a datagram from n{from} to n{to} crossed a cut"),
    );
}

fn books(scene: &mut Scene<'_>) {
    let tally = scene.sim.tally();
    scene.hold(Id::S20, tally.is_whole(), [None, None], || {
        format!("datagrams are not accounted for: {tally:?}")
    });
}
