//! Random histories of a whole cluster.

use std::time::Duration;

use proptest::prelude::*;
use swim_core::wire::{self, Counters, Datagram, Envelope, Sink};
use swim_core::{Compose, Config, Incarnation, Message, Name, State};
use swim_sim::{
    Act, Builder, Carries, Chance, Delay, Effect, FaultId, Return, Sim, SimAddr, SimName, SimPeer,
};

/// How long a cluster may take to agree after the last fault, whatever happened before: a forged word at the largest
/// incarnation takes half a minute to be forgotten, a node's wait between two rounds over its seeds as long.
pub(crate) const CALM: Duration = Duration::from_secs(180);

/// What happened to a cluster: it can be played again.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) seed: u64,
    pub(crate) nodes: u32,
    pub(crate) steps: Vec<Step>,
}

impl History {
    /// How many datagrams of noise are in it.
    pub(crate) fn noise(&self) -> u64 {
        let noise = self
            .steps
            .iter()
            .filter(|step| matches!(step, Step::Noise { .. }));
        noise.count() as u64
    }
}

/// A history, and how many members fit into each roster: fewer than there are, as many, or plenty.
pub(crate) fn in_small_rooms() -> impl Strategy<Value = (History, usize)> {
    histories().prop_flat_map(|history| {
        let most = history.nodes as usize;
        (Just(history), 2..=most)
    })
}

/// One thing that happens. Machines are numbers, taken modulo their count.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(u16),
    Act(u32, Act),
    Link(u32, u32, Effect),
    Split(u32),
    Heal,
    Lie { to: u32, about: u32, what: Lie },
    Noise { to: u32, bytes: Vec<u8> },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Lie {
    Alive(u32),
    Suspect(u32),
    Dead(u32),
    Left(u32),
}

pub(crate) fn histories() -> impl Strategy<Value = History> {
    let steps = prop::collection::vec(step(), 1..40);
    (any::<u64>(), 2_u32..7, steps).prop_map(|(seed, nodes, steps)| History { seed, nodes, steps })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_u16..4_000).prop_map(Step::Wait),
        1 => (10_000_u16..40_000).prop_map(Step::Wait),
        5 => (0_u32..7, act()).prop_map(|(host, act)| Step::Act(host, act)),
        3 => (0_u32..8, 0_u32..8, effect()).prop_map(|(from, to, effect)| Step::Link(from, to, effect)),
        1 => (1_u32..6).prop_map(Step::Split),
        2 => Just(Step::Heal),
        2 => (0_u32..7, 0_u32..8, lie()).prop_map(|(to, about, what)| Step::Lie { to, about, what }),
        1 => (0_u32..7, prop::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(to, bytes)| Step::Noise { to, bytes }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let again = (
        any::<bool>(),
        prop::option::weighted(0.3, 1_u32..2_000_000_000),
    );
    prop_oneof![
        2 => Just(Act::Crash),
        3 => again.prop_map(|(elsewhere, incarnation)| Act::Restart(Return { elsewhere, incarnation })),
        1 => Just(Act::Start),
        2 => Just(Act::Freeze),
        3 => Just(Act::Thaw),
        2 => (-20_000_000_i64..20_000_000).prop_map(Act::JumpClock),
        1 => (-500_000_i32..1_000_000).prop_map(Act::DriftClock),
        2 => Just(Act::Neglect),
        2 => Just(Act::Attend),
        1 => Just(Act::Leave),
        2 => (0_u32..2).prop_map(Act::Join),
        2 => (0_u32..9).prop_map(Act::Update),
    ]
}

fn effect() -> impl Strategy<Value = Effect> {
    let chance = || (1_u32..70).prop_map(Chance::percent);
    let delay = || {
        let millis = Duration::from_millis;
        (0_u64..300, 0_u64..300)
            .prop_map(move |(least, more)| Delay::Uniform(millis(least), millis(least + more)))
    };
    prop_oneof![
        2 => Just(Effect::Cut(Carries::All)),
        3 => chance().prop_map(Effect::Loss),
        1 => delay().prop_map(Effect::Slow),
        2 => (chance(), delay()).prop_map(|(chance, delay)| Effect::Duplicate(chance, delay)),
        2 => (chance(), delay()).prop_map(|(chance, delay)| Effect::Reorder(chance, delay)),
        1 => (chance(), delay()).prop_map(|(chance, delay)| Effect::Replay(chance, delay)),
        1 => (chance(), 1_u32..4).prop_map(|(chance, bits)| Effect::Corrupt(chance, bits)),
        1 => chance().prop_map(Effect::Truncate),
    ]
}

fn lie() -> impl Strategy<Value = Lie> {
    let incarnation = prop_oneof![
        3 => 1_799_999_990_u32..1_800_000_100,
        1 => 1_u32..20,
        1 => Incarnation::LIMIT - 3..Incarnation::LIMIT + 3,
        1 => any::<u32>(),
    ];
    incarnation.prop_flat_map(|incarnation| {
        prop_oneof![
            Just(Lie::Alive(incarnation)),
            Just(Lie::Suspect(incarnation)),
            Just(Lie::Dead(incarnation)),
            Just(Lie::Left(incarnation)),
        ]
    })
}

/// Plays a history on a cluster that has just been started.
pub(crate) fn play(history: &History, builder: Builder) -> Sim {
    play_and_look(history, builder, |_| Ok(())).unwrap().0
}

/// The same, with a look at the cluster after every step. Tells also how many datagrams were damaged on their way.
pub(crate) fn play_and_look(
    history: &History,
    builder: Builder,
    look: impl Fn(&Sim) -> Result<(), TestCaseError>,
) -> Result<(Sim, u64), TestCaseError> {
    let builder = builder.nodes(history.nodes).seeds(2).config(Config::LAN);
    let mut sim = builder.start_within(Duration::from_secs(2));
    let mut harm = Vec::new();
    for step in &history.steps {
        harm.extend(take(&mut sim, history.nodes, step));
        look(&sim)?;
    }
    let damaged = harm.iter().map(|fault| sim.fired(*fault)).sum();
    Ok((sim, damaged))
}

/// One step. A fault that damages datagrams is named.
fn take(sim: &mut Sim, nodes: u32, step: &Step) -> Option<FaultId> {
    let one = |number: u32| number % nodes..number % nodes + 1;
    // The number 7 stands for all machines.
    let some = |number: u32| if number == 7 { 0..nodes } else { one(number) };
    match step {
        Step::Wait(millis) => sim.run_for(Duration::from_millis(u64::from(*millis))),
        Step::Act(host, act) => sim.machine(host % nodes).act(act.clone()),
        Step::Link(from, to, effect) => {
            let fault = sim.link(some(*from), some(*to)).suffer(*effect);
            return matches!(effect, Effect::Corrupt(..) | Effect::Truncate(_)).then_some(fault);
        }
        Step::Split(at) => {
            let at = at % nodes;
            sim.split([0..at, at..nodes]);
        }
        Step::Heal => sim.heal(),
        Step::Lie { to, about, what } => {
            let to = format!("{:?}", SimName::new(to % nodes));
            tell(sim, &to, SimName::new(about % nodes), *what);
        }
        Step::Noise { to, bytes } => {
            let from = SimAddr::new(1);
            let bytes = bytes.clone();
            sim.machine(to % nodes).act(Act::Inject { from, bytes });
        }
    }
    None
}

fn tell(sim: &mut Sim, to: &str, about: SimName, what: Lie) {
    let key = about;
    // As the member itself would say it, but for the metadata; a liar that knows nothing of addresses.
    let peer = SimPeer::new(about, SimAddr::new(about.number() + 1), 666);
    let accuser = Name::Hash(4_711);
    let message = match what {
        Lie::Alive(at) => Message::Alive {
            peer: &peer,
            incarnation: Incarnation(at),
        },
        Lie::Suspect(at) => Message::Suspect {
            key,
            incarnation: Incarnation(at),
            accuser,
        },
        Lie::Dead(at) => Message::Dead {
            key,
            incarnation: Incarnation(at),
        },
        Lie::Left(at) => Message::Left {
            key,
            incarnation: Incarnation(at),
        },
    };
    sim.forge(SimAddr::new(2), to, &[message]);
}

/// Ends all faults, and has everybody run: those that departed or were silenced as namesakes begin anew. Says how many.
pub(crate) fn calm(sim: &mut Sim, history: &History) -> u32 {
    sim.heal();
    for host in 0..history.nodes {
        sim.machine(host).act(Act::Attend);
        sim.machine(host).act(Act::Thaw);
        sim.machine(host).act(Act::DriftClock(0));
    }
    // What was told to a frozen node takes effect first.
    sim.run_for(Duration::from_secs(1));
    for host in 0..history.nodes {
        let label = sim.label_of(host).to_owned();
        if sim
            .view(&label)
            .is_none_or(|view| view.node().has_departed())
        {
            sim.machine(host).act(Act::Restart(Return::default()));
        }
    }
    history.nodes
}

/// Reads a datagram of the cluster, and writes what it says into another.
pub(crate) fn read_and_written(datagram: &[u8]) -> Result<Vec<u8>, TestCaseError> {
    struct Copyist<'b>(Datagram<'b>, bool);
    impl Sink<SimPeer> for Copyist<'_> {
        fn wants(&self, _: SimName, _: Incarnation, _: State) -> bool {
            true
        }
        fn message(&mut self, message: &Message<'_, SimPeer>) {
            self.1 &= self.0.push(message).is_ok();
        }
        fn user(&mut self, _: &[u8]) {
            self.1 = false;
        }
    }
    let envelope = Envelope::new(b"").unwrap();
    let mut buffer = [0; 1_400];
    let mut copyist = Copyist(Datagram::new(&mut buffer, envelope), true);
    let read = wire::read(datagram, envelope, &mut Counters::default(), &mut copyist);
    prop_assert!(read.is_ok() && copyist.1, "{read:?}: {datagram:02x?}");
    Ok(copyist.0.finish().to_vec())
}
