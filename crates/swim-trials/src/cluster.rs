//! A cluster of agents and what can be said of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::agent::{Agent, Birth, Kin};
use crate::http;
use crate::report::{Report, Stop};
use crate::rooms::Room;
use crate::sky::{Look, Sighting, Sky, State, Watch};

/// Any port of this machine.
pub(crate) const ANY_PORT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// The ports in rooms.
const PORT: u16 = 7_946;
const CONTROL_PORT: u16 = 7_373;
/// How much longer than its bound a step is awaited, so that a miss shows by how much.
const GRACE: Duration = Duration::from_secs(20);
/// How soon after a fault all digests must be equal, once all lists are.
const ONE_DIGEST: Duration = Duration::from_secs(5);
/// How often digests are asked for.
const GLANCE: Duration = Duration::from_millis(50);

/// Agents, each watched.
#[derive(Debug)]
pub(crate) struct Cluster {
    kin: Kin,
    agents: BTreeMap<String, (Agent, Watch)>,
    pub(crate) sky: Arc<Sky>,
}

/// What of `/v1/info` is of interest.
#[derive(Debug, Deserialize)]
struct Info {
    digest: String,
}

impl Cluster {
    /// Nobody yet.
    ///
    /// # Errors
    /// Agents could not be started here.
    pub(crate) fn new() -> Result<Self, Stop> {
        Ok(Self {
            kin: Kin::new()?,
            agents: BTreeMap::new(),
            sky: Arc::default(),
        })
    }

    /// `n1` to `n…` on loopback, all but the first joining through the first; the moment of the last start.
    ///
    /// # Errors
    /// One of them does not start.
    pub(crate) fn form(&mut self, size: usize) -> Result<Instant, Stop> {
        self.start("n1", ANY_PORT, None)?;
        let mut last = Instant::now();
        for number in 2..=size {
            last = Instant::now();
            self.start(&format!("n{number}"), ANY_PORT, Some("n1"))?;
        }
        Ok(last)
    }

    /// Starts an agent on loopback that joins through another.
    ///
    /// # Errors
    /// It does not start, or the other does not run.
    pub(crate) fn start(
        &mut self,
        name: &str,
        bind: SocketAddr,
        through: Option<&str>,
    ) -> Result<(), Stop> {
        let join = through
            .map(|seed| self.agent(seed).map(|seed| seed.bind))
            .transpose()?;
        let birth = Birth {
            name: name.to_owned(),
            bind,
            control: ANY_PORT,
            join: join.into_iter().collect(),
        };
        self.give_birth(&birth, None)
    }

    /// Starts an agent in a room that joins through the one in another room.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) fn start_in(
        &mut self,
        room: &Room,
        name: &str,
        through: Option<&Room>,
    ) -> Result<(), Stop> {
        let birth = Birth {
            name: name.to_owned(),
            bind: room.at(PORT),
            control: room.at(CONTROL_PORT),
            join: through.map(|seed| seed.at(PORT)).into_iter().collect(),
        };
        self.give_birth(&birth, Some(room))
    }

    fn give_birth(&mut self, birth: &Birth, room: Option<&Room>) -> Result<(), Stop> {
        let agent = self.kin.start(birth, room)?;
        let watch = self.sky.watch(&birth.name, agent.control);
        self.agents.insert(birth.name.clone(), (agent, watch));
        Ok(())
    }

    /// A running agent.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn agent(&self, name: &str) -> Result<&Agent, Stop> {
        let found = self.agents.get(name).map(|(agent, _)| agent);
        found.ok_or_else(|| Stop::Failed(format!("there is no agent {name}")))
    }

    /// Takes an agent out: it is watched no more.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn take(&mut self, name: &str) -> Result<Agent, Stop> {
        let found = self.agents.remove(name).map(|(agent, _)| agent);
        found.ok_or_else(|| Stop::Failed(format!("there is no agent {name}")))
    }

    /// All that run, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        self.agents.keys().cloned().collect()
    }

    /// All that run but these.
    pub(crate) fn names_but(&self, but: &[&str]) -> Vec<String> {
        self.names()
            .into_iter()
            .filter(|name| !but.contains(&name.as_str()))
            .collect()
    }

    /// Each observer must come to list each member so, in views asked for after `since`.
    pub(crate) fn all_list(
        &self,
        report: &mut Report,
        step: &'static str,
        (observers, members, state): (&[String], &[String], State),
        (since, within): (Instant, Duration),
    ) -> bool {
        let pairs = observers.len() * members.len();
        let count = |look: &Look<'_>| look.count(observers, members, state);
        let took = self
            .sky
            .wait(since, within + GRACE, |look| count(look) == pairs);
        let (these, those) = (some(observers), some(members));
        let expected = format!("{these} list {those} {state:?}").to_lowercase();
        let seen = format!(
            "{} of {pairs} views say so",
            self.sky.look(since, |look| count(look))
        );
        report.within(step, &expected, within, took, &seen)
    }

    /// All that run must list each other alive.
    pub(crate) fn all_know_all(
        &self,
        report: &mut Report,
        step: &'static str,
        when: (Instant, Duration),
    ) -> bool {
        let names = self.names();
        self.all_list(report, step, (&names, &names, State::Alive), when)
    }

    /// `info` must come to show one digest on all that run; asked for once their lists are as they should be.
    pub(crate) fn one_digest(&self, report: &mut Report) -> bool {
        let since = Instant::now();
        let (mut digests, mut took) = (self.digests(), None);
        while took.is_none() && since.elapsed() <= ONE_DIGEST + GRACE {
            if digests.len() == 1 {
                took = Some(since.elapsed());
            } else {
                thread::sleep(GLANCE);
                digests = self.digests();
            }
        }
        let expected = format!("one digest on all {}", self.agents.len());
        let seen = digests.into_iter().collect::<Vec<_>>().join(" ");
        report.within("digest", &expected, ONE_DIGEST, took, &seen)
    }

    fn digests(&self) -> BTreeSet<String> {
        let agents = self.agents.values().map(|(agent, _)| agent);
        let asked = agents.map(|agent| http::get::<Info>(agent.control, "/v1/info"));
        // No answer is a view of its own.
        asked
            .map(|info| info.map_or_else(|error| error.to_string(), |info| info.digest))
            .collect()
    }

    /// Nobody may ever have been listed dead, as far as it is of interest.
    pub(crate) fn nobody_dead(
        &self,
        report: &mut Report,
        expected: &str,
        of_interest: impl Fn(&Sighting) -> bool,
    ) -> bool {
        let dead = self.sky.ever(State::Dead, of_interest);
        let seen = match dead.first() {
            None => "nobody was".to_owned(),
            Some(first) => format!("{first} (and {} more)", dead.len() - 1),
        };
        report.holds("justice", expected, dead.is_empty(), &seen)
    }

    /// The end of a trial: logs are kept if something was missed.
    pub(crate) fn end(self, report: &Report) {
        let logs = self.kin.logs.clone();
        drop(self);
        if report.is_good() {
            // What can't be removed from the folder of temporary files is no harm.
            let _ = fs::remove_dir_all(logs);
        } else {
            report.say(&format!("  logs of the agents: {}", logs.display()));
        }
    }
}

/// One by name, more by number.
fn some(names: &[String]) -> String {
    match names {
        [one] => one.clone(),
        more => format!("all {}", more.len()),
    }
}
