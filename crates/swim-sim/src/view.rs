//! Who is looked at: one running node, or each; and the picture of the whole.

use std::fmt::{self, Display};

use swim_core::{MemberRef, Peer, State, Stats};

use crate::host::{SimNode, Traffic};
use crate::peer::{SimAddr, SimPeer};
use crate::select::Hosts;
use crate::sim::Sim;

/// One running node, to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct View<'s> {
    sim: &'s Sim,
    host: u32,
    node: &'s SimNode,
}

/// Some running nodes, to be looked at together.
#[derive(Clone, Debug)]
pub struct Each<'s>(Vec<View<'s>>);

impl Sim {
    /// The running node with that label, if it runs.
    ///
    /// # Panics
    /// If no machine has that label.
    #[must_use]
    #[track_caller]
    pub fn view(&self, label: &str) -> Option<View<'_>> {
        self.view_of(self.place_of(label))
    }

    /// All nodes that run and have not left.
    #[must_use]
    pub fn each(&self) -> Each<'_> {
        let hosts = 0..u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
        let views = hosts.filter_map(|host| self.view_of(host));
        Each(views.filter(|view| !view.node.has_departed()).collect())
    }

    fn view_of(&self, host: u32) -> Option<View<'_>> {
        let node = self.hosts.get(host as usize)?.node.as_deref()?;
        Some(View {
            sim: self,
            host,
            node,
        })
    }
}

impl<'s> View<'s> {
    /// The label of its machine.
    #[must_use]
    pub fn label(&self) -> &'s str {
        self.sim.label_of(self.host)
    }

    /// The node itself.
    #[must_use]
    pub const fn node(&self) -> &'s SimNode {
        self.node
    }

    /// What its machine has sent.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.sim.hosts[self.host as usize].traffic
    }

    /// What it says about itself.
    #[must_use]
    pub fn peer(&self) -> SimPeer {
        *self.node.me().peer
    }

    /// Its address.
    #[must_use]
    pub fn addr(&self) -> SimAddr {
        *self.peer().addr()
    }

    /// The member of that label as this node holds it.
    ///
    /// # Panics
    /// If no machine has that label.
    #[must_use]
    #[track_caller]
    pub fn member(&self, label: &str) -> Option<MemberRef<'s, SimPeer>> {
        let place = self.sim.place_of(label);
        self.node.member(self.sim.hosts[place as usize].peer.name())
    }

    /// Whether it holds exactly so many members alive, itself included, and none suspect.
    #[must_use]
    pub fn knows(&self, members: u32) -> bool {
        let counts = self.node.counts();
        counts.alive == members && counts.suspect == 0
    }

    /// Whether it holds that member in that state.
    ///
    /// # Panics
    /// If no machine has that label.
    #[must_use]
    #[track_caller]
    pub fn holds(&self, label: &str, state: State) -> bool {
        self.member(label)
            .is_some_and(|member| member.state == state)
    }
}

impl<'s> Each<'s> {
    /// The views one by one.
    pub fn iter(&self) -> impl Iterator<Item = View<'s>> {
        self.0.iter().copied()
    }

    /// How many.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// All of them but that machine's.
    #[must_use]
    pub fn but(mut self, label: &str) -> Self {
        self.0.retain(|view| view.label() != label);
        self
    }

    /// Those of them on these machines.
    ///
    /// # Panics
    /// If a label names no machine.
    #[must_use]
    #[track_caller]
    pub fn of(mut self, hosts: impl Into<Hosts>) -> Self {
        if let Some(first) = self.0.first() {
            let group = first.sim.group(&hosts.into());
            self.0.retain(|view| group.has(view.host));
        }
        self
    }

    /// Whether this is so for each, and there is at least one.
    #[must_use]
    pub fn all(&self, condition: impl Fn(&View<'s>) -> bool) -> bool {
        !self.0.is_empty() && self.0.iter().all(condition)
    }

    /// Whether each holds exactly so many members alive, and none suspect.
    #[must_use]
    pub fn knows(&self, members: u32) -> bool {
        self.all(|view| view.knows(members))
    }

    /// Whether each holds that member in that state.
    ///
    /// # Panics
    /// If no machine has that label.
    #[must_use]
    #[track_caller]
    pub fn holds(&self, label: &str, state: State) -> bool {
        self.all(|view| view.holds(label, state))
    }

    /// The sum of one of the nodes' counters.
    #[must_use]
    pub fn sum(&self, counter: impl Fn(&Stats) -> u32) -> u64 {
        self.0
            .iter()
            .map(|view| u64::from(counter(view.node.stats())))
            .sum()
    }

    /// Whether all show one digest: their views of who is up are one.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let mut digests = self.0.iter().map(|view| view.node.digest());
        let first = digests.next();
        first.is_some_and(|first| digests.all(|digest| digest == first))
    }
}

/// Machines shown in a picture; of larger clusters the first ones.
const SHOWN: usize = 40;
/// Up to so many machines, each member held is shown by name; beyond, only those that are not alive.
const NAMED: usize = 16;

/// The picture of the cluster: a line for each machine, with what it holds.
impl Display for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "at {:?}, trace {:016x}", self.now(), self.trace_hash())?;
        for host in self.hosts.iter().take(SHOWN) {
            let addr = format!("{:?}", host.peer.addr());
            write!(f, "{:>6} {addr:>15} ", host.label)?;
            match &host.node {
                None => f.write_str("down")?,
                Some(_) if host.pause.frozen => f.write_str("frozen")?,
                Some(node) if node.has_departed() => f.write_str("departed")?,
                Some(_) => {}
            }
            if let Some(node) = &host.node {
                show_view(f, node, self.hosts.len() <= NAMED)?;
            }
            writeln!(f)?;
        }
        if self.hosts.len() > SHOWN {
            writeln!(f, "and {} more", self.hosts.len() - SHOWN)?;
        }
        for violation in self.violations() {
            writeln!(f, "{violation}")?;
        }
        Ok(())
    }
}

fn show_view(f: &mut fmt::Formatter<'_>, node: &SimNode, all: bool) -> fmt::Result {
    let (health, digest, counts) = (node.health(), node.digest(), node.counts());
    write!(
        f,
        "health {health} digest {digest:016x} alive {}:",
        counts.alive
    )?;
    for member in node.members() {
        let mark = match member.state {
            State::Alive if !all => continue,
            State::Alive => "",
            State::Suspect => "?",
            State::Dead => "+",
            State::Left => "-",
        };
        write!(f, " {:?}{mark}@{}", member.peer.name(), member.incarnation)?;
    }
    Ok(())
}
