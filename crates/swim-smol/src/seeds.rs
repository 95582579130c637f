//! Joining: through seeds that somebody names, and through the configured ones until one answers.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smol::Timer;
use smol::channel::Receiver;
use smol::future::FutureExt;
use swim_core::ExchangeFailed;
use tracing::{info, warn};

use crate::error::JoinError;
use crate::runtime;
use crate::seed::Seed;
use crate::shared::Shared;

/// The wait after the first vain round over all seeds; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait between two rounds over all seeds.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Who wants to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// The application, now: after a leave this begins a new life.
    Application,
    /// The settings: never again once the node has left.
    Settings,
}

/// What a round over all configured seeds came to.
enum Round {
    /// One answered, or the node has left: there is nothing more to try.
    Over,
    /// There is nobody else to call.
    OnlyOurselves,
    /// Nobody answered.
    Silent,
}

/// Joins through one seed, as the application wishes.
pub(crate) async fn join(shared: Arc<Shared>, text: String) -> Result<(), JoinError> {
    let seed = Seed::parse(&text).ok_or(JoinError::Malformed)?;
    let addrs = seed.resolve().await?;
    call_seed(&shared, &seed, addrs, Wish::Application).await
}

/// Joins through the first of a seed's addresses that answers.
async fn call_seed(
    shared: &Shared,
    seed: &Seed,
    addrs: Vec<SocketAddr>,
    wish: Wish,
) -> Result<(), JoinError> {
    let node = shared.place.name.as_str();
    let mut outcome = Err(JoinError::Ourselves);
    for addr in addrs.into_iter().filter(|addr| !shared.is_ours(*addr)) {
        info!(node, %seed, %addr, "joining");
        outcome = call(shared, addr, wish).await;
        match &outcome {
            Ok(()) => {
                info!(node, %seed, %addr, "the seed answered");
                break;
            }
            Err(error) => warn!(node, %seed, %addr, %error, "the seed did not answer"),
        }
    }
    outcome
}

/// One join through one address.
async fn call(shared: &Shared, addr: SocketAddr, wish: Wish) -> Result<(), JoinError> {
    let now = shared.clock.now();
    let answer = {
        let mut state = shared.state();
        if state.ended || (wish == Wish::Settings && state.node.has_departed()) {
            return Err(JoinError::Ended);
        }
        let id = state.node.join(now, addr);
        let id = id.map_err(|_| JoinError::Overloaded)?;
        state.waiting.join(id)
    };
    shared.wake();
    // The exchange ends by its own deadline; this one is for the case that the node drops it unopened.
    let patience = shared
        .state()
        .node
        .config()
        .exchange
        .timeout
        .saturating_mul(2);
    let late = async {
        Timer::after(patience).await;
        Ok(Err(ExchangeFailed::TimedOut))
    };
    match answer.recv().or(late).await {
        Ok(how) => how.map_err(JoinError::Failed),
        Err(_) => Err(JoinError::Ended),
    }
}

/// The configured seeds: tried until one answers, and known to the core for good, which tries them again for ever.
pub(crate) struct Seeds {
    shared: Arc<Shared>,
    /// Each with the addresses that it had last: a resolver that is down must not make us forget them.
    seeds: Vec<(Seed, Vec<SocketAddr>)>,
    tried: Receiver<()>,
}

impl Seeds {
    pub(crate) fn new(shared: Arc<Shared>, seeds: Vec<Seed>, tried: Receiver<()>) -> Self {
        Self {
            shared,
            seeds: seeds.into_iter().map(|seed| (seed, Vec::new())).collect(),
            tried,
        }
    }

    /// Runs until the task is dropped.
    pub(crate) async fn run(mut self) {
        self.join().await;
        // The core tries seeds by address: behind a name there may be another one by now.
        let named = self.seeds.iter().any(|(seed, _)| seed.is_name());
        while named && self.tried.recv().await.is_ok() {
            self.resolve().await;
        }
    }

    async fn join(&mut self) {
        let shared = Arc::clone(&self.shared);
        let node = shared.place.name.as_str();
        let mut wait = FIRST_WAIT;
        loop {
            match self.round().await {
                Round::Over => return,
                Round::OnlyOurselves => {
                    info!(
                        node,
                        "every seed is this node itself: it starts the cluster"
                    );
                    return;
                }
                Round::Silent if shared.state().joined => return,
                Round::Silent => {
                    let pause = spread(wait);
                    let retry_in = format_args!("{:.1} s", pause.as_secs_f32()).to_string();
                    warn!(node, retry_in, "no seed answers: alone, and trying again");
                    Timer::after(pause).await;
                    // A seed that was busy may have named others, and one of them answered meanwhile.
                    if shared.state().joined {
                        return;
                    }
                    wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                }
            }
        }
    }

    /// Resolves all seeds and calls them, all at once.
    async fn round(&mut self) -> Round {
        self.resolve().await;
        let calls: Vec<_> = self
            .seeds
            .iter()
            .filter(|(_, addrs)| !addrs.is_empty())
            .cloned()
            .map(|(seed, addrs)| {
                let shared = Arc::clone(&self.shared);
                let call = async move { call_seed(&shared, &seed, addrs, Wish::Settings).await };
                runtime::spawn(call)
            })
            .collect();
        let (mut over, mut ourselves) = (false, 0);
        for call in calls {
            match call.await {
                Ok(()) | Err(JoinError::Ended) => over = true,
                Err(JoinError::Ourselves) => ourselves += 1,
                Err(_) => {}
            }
        }
        if over {
            Round::Over
        } else if ourselves == self.seeds.len() {
            Round::OnlyOurselves
        } else {
            Round::Silent
        }
    }

    /// Asks for the addresses of all seeds anew, and tells them to the core.
    async fn resolve(&mut self) {
        let ask = |(seed, _): &(Seed, _)| {
            let seed = seed.clone();
            runtime::spawn(async move { seed.resolve().await })
        };
        let asked: Vec<_> = self.seeds.iter().map(ask).collect();
        for (answer, (seed, last)) in asked.into_iter().zip(&mut self.seeds) {
            match answer.await {
                Ok(addrs) => *last = addrs,
                Err(error) => {
                    warn!(node = self.shared.place.name, %seed, %error, "the seed does not resolve");
                }
            }
        }
        let all = self
            .seeds
            .iter()
            .flat_map(|(_, addrs)| addrs.iter().copied());
        let others: Vec<_> = all.filter(|addr| !self.shared.is_ours(*addr)).collect();
        self.shared.state().node.set_seeds(others);
        self.shared.wake();
    }
}

/// Between 75 % and 125 % of it: nodes that were started together do not retry together.
fn spread(wait: Duration) -> Duration {
    let part = u32::try_from(random() % 512).unwrap_or(0);
    (wait / 1_024).saturating_mul(768 + part)
}

/// A number that nobody can foresee: the standard library's hash keys are the system's randomness.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_spread_by_a_quarter() {
        let waits: Vec<_> = (0..200).map(|_| spread(Duration::from_secs(1))).collect();
        let within = Duration::from_millis(749)..Duration::from_millis(1_251);
        assert!(waits.iter().all(|wait| within.contains(wait)));
        assert!(waits.iter().min() != waits.iter().max());
    }
}
