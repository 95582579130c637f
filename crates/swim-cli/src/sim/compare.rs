//! `swim sim compare`: two ways to run the same days.

use std::ops::Range;

use swim_sim::report::{Recorder, Table, compare};
use swim_sim::run::Metrics;
use swim_sim::scenario::{Scenario, Schedule};

use super::subject::Texts;
use super::{many, memory, subject};
use crate::args::{CompareArgs, Subject};
use crate::errors::Failure;
use crate::output;
use crate::text;

/// Without a scenario: what detection is like.
const USUAL: &str = "crash";

/// Runs both over all seeds and tells the differences.
pub(crate) fn run(args: &CompareArgs) -> Result<(), Failure> {
    let [first, second] = subjects(args)?;
    let heading = heading(args, &first, &second);
    let mut texts = Texts::default();
    let mut room = usize::MAX;
    let mut read = |subject: &Subject| {
        let scenario = texts.scenario(subject)?.seed(args.seeds.start);
        // What can't be run is told before anything is.
        let schedule = subject::expanded(&subject.scenario, &scenario)?;
        room = room.min(memory::fitting(&schedule));
        Ok((subject.scenario.clone(), scenario))
    };
    let both = [read(&first)?, read(&second)?];
    let compared = compare(&measure(&both, &args.seeds, room)?);
    if args.json {
        return output::json(&compared);
    }
    output::print(&format!("{heading}{}", Table(&compared)))
}

/// What is compared with what.
fn heading(args: &CompareArgs, first: &Subject, second: &Subject) -> String {
    let words = |subject: &Subject| {
        let mut words = vec![subject.scenario.clone()];
        words.extend(
            subject
                .nodes
                .map(|nodes| text::count(nodes as usize, "node")),
        );
        words.extend(subject.profile.iter().map(|name| format!("profile {name}")));
        words.extend(subject.set.iter().chain(&subject.varied).cloned());
        words.join(", ")
    };
    let (from, to) = (args.seeds.start, args.seeds.end);
    format!(
        "first   {}\nsecond  {}\nseeds   {from}..{to}; a difference is the second less the first, over pairs of equal seeds\n\n",
        words(first),
        words(second)
    )
}

/// The first and the second.
fn subjects(args: &CompareArgs) -> Result<[Subject; 2], Failure> {
    let of = |place: usize, all: &[String]| all.get(place).or_else(|| all.last()).cloned();
    let subject = |place: usize| {
        let name = of(place, &args.scenarios);
        Subject {
            nodes: args.nodes,
            profile: of(place, &args.profiles),
            set: args.set.clone(),
            ..Subject::named(name.as_deref().unwrap_or(USUAL))
        }
    };
    if args.profiles.len() > 2 {
        return Err(Failure::usage(
            "--profile is given more than twice (two are compared: the first and the second)",
        ));
    }
    let differ = args.scenarios.len() == 2 || args.profiles.len() == 2 || !args.with.is_empty();
    if !differ {
        return Err(Failure::usage(
            "both would be the same (give two scenarios, --profile twice, or what is different in the second with --with KEY=VALUE)",
        ));
    }
    for change in &args.with {
        subject::refuse_seed("--with", &subject::pair("--with", change)?.0)?;
    }
    let mut second = subject(1);
    second.varied.clone_from(&args.with);
    Ok([subject(0), second])
}

/// The figures of all pairs, in the order of the seeds, on all processors that there is memory for.
fn measure(
    [first, second]: &[(String, Scenario); 2],
    seeds: &Range<u64>,
    room: usize,
) -> Result<Vec<(Metrics, Metrics)>, Failure> {
    let figures_of = |(name, scenario): &(String, Scenario), place| {
        let scenario = scenario.clone().seed(many::seed(seeds, place));
        subject::expanded(name, &scenario).map(|schedule| figures(&schedule))
    };
    let pairs = usize::try_from(seeds.end - seeds.start).unwrap_or(usize::MAX);
    many::each(pairs, many::jobs(None).min(room), |place| {
        Ok((figures_of(first, place)?, figures_of(second, place)?))
    })
}

/// All figures of one run, those of the verdict included.
pub(super) fn figures(schedule: &Schedule) -> Metrics {
    let mut recorder = Recorder::new();
    let outcome = swim_sim::run::run(schedule, &mut recorder);
    let mut figures = recorder.metrics();
    figures.extend(outcome.metrics);
    figures
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command, SimCommand};

    fn args(line: &str) -> CompareArgs {
        let cli =
            Cli::try_parse_from(format!("swim sim compare {line}").split_whitespace()).unwrap();
        match cli.command {
            Command::Sim(sim) => match sim.command {
                SimCommand::Compare(args) => args,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn two_of_the_same_are_refused() {
        let failure = subjects(&args("crash")).unwrap_err();
        assert!(failure.to_string().contains("--with"), "{failure}");
        assert!(subjects(&args("crash --profile a --profile b --profile c")).is_err());
    }

    #[test]
    fn what_is_given_once_is_of_both() {
        let [first, second] =
            subjects(&args("crash --set seeds=2 --with network.loss=5%")).unwrap();
        assert_eq!((&*first.scenario, &*second.scenario), ("crash", "crash"));
        assert_eq!(first.set, ["seeds=2"]);
        assert_eq!(second.set, ["seeds=2"]);
        assert_eq!(second.varied, ["network.loss=5%"]);
        let refused = subjects(&args("crash --with seed=3")).unwrap_err();
        assert!(refused.to_string().contains("--seeds"), "{refused}");
        let [first, second] = subjects(&args("--profile memberlist-lan --profile lan")).unwrap();
        assert_eq!(first.profile.as_deref(), Some("memberlist-lan"));
        assert_eq!(second.profile.as_deref(), Some("lan"));
    }

    #[test]
    fn the_heading_says_what_is_compared() {
        let args = args("crash --nodes 20 --profile wan --with network.loss=5% --seeds 3..9");
        let [first, second] = subjects(&args).unwrap();
        let heading = heading(&args, &first, &second);
        assert!(
            heading.starts_with("first   crash, 20 nodes, profile wan\nsecond  crash, 20 nodes, profile wan, network.loss=5%\nseeds   3..9;"),
            "{heading}"
        );
    }

    #[test]
    fn pairs_come_in_the_order_of_their_seeds() {
        let [first, second] = subjects(&args("crash --nodes 8 --with network.loss=20%")).unwrap();
        let read = |subject: &Subject| {
            let scenario = subject::scenario(subject).unwrap();
            (subject.scenario.clone(), scenario)
        };
        let both = [read(&first), read(&second)];
        let measured = measure(&both, &(0..3), 2).unwrap();
        assert_eq!(measured.len(), 3);
        for (seed, (before, after)) in (0..).zip(&measured) {
            let [first, second] = both.clone().map(|(_, scenario)| {
                let schedule = scenario.seed(seed).expand().unwrap();
                figures(&schedule)
            });
            assert_eq!((&first, &second), (before, after));
        }
    }
}
