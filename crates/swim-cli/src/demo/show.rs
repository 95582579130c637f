//! The show that is going on: the cast, what is seen of it, and what was missed.

use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use smol::future::FutureExt;
use smol::{LocalExecutor, Task, Timer};

use super::agents::{Agent, Birth};
use super::picture;
use super::sky::Sky;
use super::stage::{Outcome, Stage};
use super::told::Told;
use crate::args::DemoArgs;
use crate::errors::Failure;
use crate::text;

/// After this a demo ends, whatever is still awaited.
pub(super) const LONGEST: Duration = Duration::from_secs(55);

/// How long something late is still awaited, so that the demo can tell how late it was.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often the demo looks whether its agents still live.
const WATCHDOG: Duration = Duration::from_millis(200);

/// Good swimmers.
const NAMES: [&str; 16] = [
    "otter", "heron", "seal", "newt", "swan", "pike", "beaver", "eel", "crab", "duck", "carp",
    "whale", "squid", "trout", "frog", "gull",
];

/// The show.
#[derive(Debug)]
pub(super) struct Show {
    pub(super) stage: Stage,
    pub(super) sky: Rc<Sky>,
    pub(super) within_death: Duration,
    pub(super) nodes: usize,
    pub(super) began: Instant,
    profile: String,
    speed: u32,
    cast: Vec<(Agent, Task<()>)>,
    executor: Rc<LocalExecutor<'static>>,
    missed: Vec<String>,
}

/// What is expected, and since when it is awaited.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) step: &'static str,
    pub(super) expected: String,
    pub(super) within: Duration,
    pub(super) since: Instant,
}

/// The name of the demo's nth node.
pub(super) fn name(index: usize) -> String {
    let name = NAMES[index % NAMES.len()];
    match index / NAMES.len() {
        0 => name.to_owned(),
        round => format!("{name}-{}", round + 1),
    }
}

impl Show {
    pub(super) fn new(args: &DemoArgs, executor: Rc<LocalExecutor<'static>>) -> Self {
        Self {
            stage: Stage::new(args.json),
            sky: Rc::new(Sky::default()),
            within_death: args.within_death,
            nodes: usize::from(args.nodes),
            began: Instant::now(),
            profile: args.profile.clone(),
            speed: args.speed,
            cast: Vec::new(),
            executor,
            missed: Vec::new(),
        }
    }

    /// The kind of network that the agents believe in.
    pub(super) fn profile(&self) -> &str {
        &self.profile
    }

    /// Brings an agent on stage, and watches it from then on.
    pub(super) async fn start(
        &mut self,
        name: String,
        bind: Option<SocketAddr>,
        join: Option<SocketAddr>,
    ) -> Result<(), Failure> {
        let bind = bind.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let (profile, speed) = (self.profile.clone(), self.speed);
        let birth = Birth {
            name,
            bind,
            join,
            profile,
            speed,
        };
        let starting = Agent::start(&birth, &self.executor);
        let so_far = || format!("{} is starting", birth.name);
        let agent = self
            .stage
            .patiently("start", Instant::now(), so_far, starting)
            .await??;
        let (pid, bind, control) = (agent.pid(), agent.bind, agent.control);
        let name = &agent.name;
        self.stage.object(&Told::Agent {
            name,
            pid,
            bind,
            control,
        })?;
        self.stage.say(&format!(
            "  {name:<9} pid {pid:<8} {bind:<22} control {control}"
        ))?;
        let watch = Rc::clone(&self.sky).watch(agent.name.clone(), agent.client());
        self.cast.push((agent, self.executor.spawn(watch)));
        Ok(())
    }

    /// An agent on stage.
    ///
    /// # Errors
    /// There is none of that name.
    pub(super) fn agent(&self, name: &str) -> Result<&Agent, Failure> {
        let found = self.cast.iter().find(|(agent, _)| agent.name == name);
        found
            .map(|(agent, _)| agent)
            .ok_or_else(|| Failure::failed(format!("no agent {name} is on stage")))
    }

    /// Takes an agent off stage, alive or not; what it saw is forgotten.
    ///
    /// # Errors
    /// There is none of that name.
    pub(super) fn take(&mut self, name: &str) -> Result<Agent, Failure> {
        let place = self.cast.iter().position(|(agent, _)| agent.name == name);
        let place = place.ok_or_else(|| Failure::failed(format!("no agent {name} is on stage")))?;
        self.sky.forget(name);
        Ok(self.cast.remove(place).0)
    }

    /// Has something done while the play goes on.
    pub(super) fn meanwhile<T: 'static>(&self, work: impl Future<Output = T> + 'static) -> Task<T> {
        self.executor.spawn(work)
    }

    /// Who is on stage.
    pub(super) fn names(&self) -> Vec<String> {
        self.cast
            .iter()
            .map(|(agent, _)| agent.name.clone())
            .collect()
    }

    /// Waits for what is expected, and tells how it came; whether it came at all.
    ///
    /// # Errors
    /// An agent ended though nobody had told it to, or the output is lost.
    pub(super) async fn expect(
        &mut self,
        what: Expectation,
        so: impl Fn(&Sky) -> bool,
        so_far: impl Fn(&Sky) -> String,
    ) -> Result<bool, Failure> {
        let Expectation {
            step,
            expected,
            within,
            since,
        } = what;
        self.stage.say(&format!(
            "  expected  {expected}, within {}",
            text::took(within)
        ))?;
        let sky = Rc::clone(&self.sky);
        let seen = async {
            sky.wait(&so).await;
            Ok(true)
        };
        let patience = PATIENCE
            .max(within)
            .min(LONGEST.saturating_sub(self.began.elapsed()));
        let given_up = async {
            Timer::at(since + patience).await;
            Ok(false)
        };
        let wait = seen.or(given_up).or(watchdog(&mut self.cast));
        let seen = self
            .stage
            .patiently(step, since, || so_far(&sky), wait)
            .await??;
        let took = seen.then(|| since.elapsed());
        let seen = if seen { expected.clone() } else { so_far(&sky) };
        self.conclude(Outcome {
            step,
            expected,
            within,
            seen,
            took,
        })
    }

    /// Tells how a step ended; whether its end was seen at all.
    ///
    /// # Errors
    /// The output is lost.
    pub(super) fn conclude(&mut self, outcome: Outcome) -> Result<bool, Failure> {
        self.stage.outcome(&outcome)?;
        if !outcome.is_good() {
            self.missed.push(outcome.complaint());
        }
        Ok(outcome.took.is_some())
    }

    /// Draws how those on stage see each other, and those of `others`.
    ///
    /// # Errors
    /// The output is lost.
    pub(super) fn picture(&self) -> Result<(), Failure> {
        let members: Vec<String> = (0..self.nodes).map(name).collect();
        let mut observers = self.names();
        observers.sort_by_key(|name| members.iter().position(|member| member == name));
        let lines = picture::draw(&self.stage, &self.sky, &observers, &members);
        lines.iter().try_for_each(|line| self.stage.say(line))
    }

    /// Ends all agents, and tells the verdict on what was `played`.
    ///
    /// # Errors
    /// The play broke off, or something was missed.
    pub(super) async fn close(&mut self, played: Result<(), Failure>) -> Result<(), Failure> {
        for (agent, _) in self.cast.drain(..) {
            agent.kill().await?;
        }
        let took = self.began.elapsed();
        let mut missed = self.missed.clone();
        missed.extend(played.as_ref().err().map(ToString::to_string));
        let ok = missed.is_empty();
        self.stage.object(&Told::Verdict {
            ok,
            missed: &missed,
            took,
        })?;
        played?;
        if ok {
            let done = format!(
                "All of it was seen within its bounds, in {}.",
                text::took(took)
            );
            return self.stage.title(&done);
        }
        self.stage.title(&format!(
            "Not all of it was seen within its bounds, in {}:",
            text::took(took)
        ))?;
        missed
            .iter()
            .try_for_each(|missed| self.stage.say(&format!("  {missed}")))?;
        Err(Failure::failed(format!("missed: {}", missed.join("; "))))
    }
}

/// Watches over the agents' processes; ends only if one of them does.
async fn watchdog(cast: &mut [(Agent, Task<()>)]) -> Result<bool, Failure> {
    loop {
        Timer::after(WATCHDOG).await;
        for (agent, _) in &mut *cast {
            agent.check_alive()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_nodes_share_a_name() {
        let names: BTreeSet<String> = (0..32).map(name).collect();
        assert_eq!(names.len(), 32);
    }
}
