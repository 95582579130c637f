//! `swim sim sweep`: many runs, and a folder of what failed.

use std::ops::Range;
use std::path::Path;

use swim_sim::run::Verdict;
use swim_sim::sweep::{Build, Found, Ledger, NODES, Report, Source, Sweep, break_protocol, each};

use super::interrupt::Interrupt;
use super::progress::Progress;
use super::reports::{self, quoted};
use super::{memory, subject};
use crate::args::{Subject, SweepArgs, range};
use crate::errors::Failure;
use crate::output;
use crate::text;

/// If more runs of a hundred show nothing, the sweep has not looked where it seems to.
const VACUOUS_PERCENT: u64 = 5;

/// The commit that this program is built from.
pub(crate) const COMMIT: &str = env!("SWIM_COMMIT");

/// Runs the sweep, or what is left of it, and tells what came of it.
pub(crate) fn run(args: &SweepArgs) -> Result<(), Failure> {
    if !args.merge.is_empty() {
        let whole = Ledger::merge(&args.merge, args.keep.as_deref());
        let whole = whole.map_err(|error| Failure::usage(format!("--merge: {error}")))?;
        went_one_way(&whole)?;
        return tell(&whole.report(), args.json, "");
    }
    break_protocol(args.mutant.as_deref())
        .map_err(|error| Failure::usage(format!("--mutant: {error}")))?;
    let plan = Plan::new(args)?;
    let mut ledger = plan.ledger(args.keep.as_deref())?;
    let before = ledger.len();
    let interrupt = Interrupt::listen()?;
    let to_do = ledger.to_do();
    let mut progress = Progress::new(to_do.len());
    plan.run(&mut ledger, &to_do, &mut progress, &interrupt)?;
    if interrupt.came() && !ledger.to_do().is_empty() {
        progress.finish();
        return Err(interrupted(args, &ledger));
    }
    ledger.finish().map_err(failed)?;
    plan.run_twice(&mut ledger, &interrupt)?;
    ledger.finish_again().map_err(failed)?;
    went_one_way(&ledger)?;
    if interrupt.came() && !ledger.to_do_again().is_empty() {
        progress.finish();
        return Err(interrupted(args, &ledger));
    }
    let took = progress.elapsed();
    progress.finish();
    let mut how = format!(" in {}", text::took(took));
    if before > 0 {
        how = format!("{how}, {before} of them before");
    }
    tell(&ledger.report(), args.json, &how)
}

fn failed(error: impl ToString) -> Failure {
    Failure::failed(error.to_string())
}

/// What is to be run.
struct Plan {
    source: Source,
    sweep: Sweep,
    jobs: usize,
    /// Repeats a run, but for its seed.
    subject: Option<Subject>,
    nodes: Range<u32>,
}

impl Plan {
    fn new(args: &SweepArgs) -> Result<Self, Failure> {
        if args.scenario.is_none() && !args.swarm {
            return Err(Failure::usage(
                "nothing to run (name a preset or a file, or take random scenarios: --swarm)",
            ));
        }
        let nodes = nodes(args)?;
        let subject = args.scenario.as_ref().map(|name| Subject {
            nodes: nodes.as_ref().map(|nodes| nodes.start),
            lasting: args.changes.lasting,
            profile: args.changes.profile.clone(),
            set: args.changes.set.clone(),
            ..Subject::named(name)
        });
        let nodes = nodes.unwrap_or(NODES);
        let mut jobs = args.jobs.map_or_else(processors, usize::from);
        let (source, what) = match &subject {
            None => {
                jobs = jobs.min(memory::check_swarm(&nodes)?);
                let what = format!("swarm {}..{}", nodes.start, nodes.end);
                (Source::Swarm(nodes.clone()), what)
            }
            Some(subject) => {
                // What can't be run is told before anything is.
                let scenario = subject::scenario(subject)?;
                let schedule = subject::expanded(&subject.scenario, &scenario)?;
                jobs = jobs.min(memory::fitting(&schedule));
                let scenario = scenario.seed(0);
                let what = scenario.to_toml();
                (Source::Scenario(Box::new(scenario)), what)
            }
        };
        let build = Build::this(COMMIT).with_mutant(args.mutant.as_deref());
        let sweep = Sweep::new(build, what, args.seeds.clone()).shard(args.shard);
        Ok(Self {
            source,
            sweep,
            jobs,
            subject,
            nodes,
        })
    }

    fn ledger(&self, keep: Option<&Path>) -> Result<Ledger, Failure> {
        match keep {
            None => Ok(Ledger::in_memory(self.sweep.clone())),
            Some(path) => Ledger::open(path, self.sweep.clone())
                .map_err(|error| Failure::usage(format!("--keep: {error}"))),
        }
    }

    /// The command that repeats the run of a seed.
    fn repeats(&self, seed: u64) -> String {
        if let Some(subject) = &self.subject {
            return reports::again(subject, seed);
        }
        let Range { start, end } = self.nodes;
        let mutant = self.sweep.build.mutant.as_deref();
        let mutant = mutant.map_or_else(String::new, |name| format!(" --mutant {}", quoted(name)));
        let seeds = format!("--seeds {seed}..{}", seed + 1);
        format!("swim sim sweep --swarm --nodes {start}..{end} {seeds}{mutant}")
    }

    fn run(
        &self,
        ledger: &mut Ledger,
        seeds: &[u64],
        progress: &mut Progress,
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        let mut unkept = None;
        let ended = each(&self.source, seeds, self.jobs, |one| {
            let repeats = self.repeats(one.seed);
            unkept = ledger.add(&one, &self.source, repeats).err();
            progress.step(|| text::count(ledger.failures(), "failure"));
            unkept.is_none() && !interrupt.came()
        });
        ended.map_err(|error| Failure::usage(error.to_string()))?;
        unkept.map_or(Ok(()), |error| Err(failed(error)))
    }

    /// Runs some seeds once more: they must go as they went before.
    fn run_twice(&self, ledger: &mut Ledger, interrupt: &Interrupt) -> Result<(), Failure> {
        let seeds = ledger.to_do_again();
        let mut unkept = None;
        let ended = each(&self.source, &seeds, self.jobs, |one| {
            unkept = ledger.add_again(one.seed, one.outcome.trace_hash).err();
            unkept.is_none() && !interrupt.came()
        });
        ended.map_err(|error| Failure::usage(error.to_string()))?;
        unkept.map_or(Ok(()), |error| Err(failed(error)))
    }
}

/// No run went two ways, the first time or the second.
fn went_one_way(ledger: &Ledger) -> Result<(), Failure> {
    let Some(apart) = ledger.apart() else {
        return Ok(());
    };
    Err(Failure::nondeterministic(format!(
        "seed {} did not run the same way twice: its trace was {}, then {} (this is a fault of the simulator, or the program was changed meanwhile: please report it)",
        apart.seed, apart.before, apart.again
    )))
}

/// As many threads as there are processors.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// `--nodes`: of a swarm a range, of a scenario one number.
fn nodes(args: &SweepArgs) -> Result<Option<Range<u32>>, Failure> {
    let Some(text) = &args.nodes else {
        return Ok(None);
    };
    let one = text.trim().parse().ok().filter(|nodes| *nodes > 0);
    let nodes = if args.swarm {
        let small = |number: u64| u32::try_from(number).ok();
        let ends = range(text).and_then(|ends| Some(small(ends.start)?..small(ends.end)?));
        ends.filter(|ends| ends.start > 0)
            .or_else(|| one.map(|nodes| nodes..nodes + 1))
    } else {
        one.map(|nodes: u32| nodes..nodes + 1)
    };
    let form = if args.swarm {
        "a swarm takes a range such as 3..40, the end left out"
    } else {
        "a scenario takes one number such as 50"
    };
    nodes
        .map(Some)
        .ok_or_else(|| Failure::usage(format!("--nodes {text}: {form}")))
}

fn interrupted(args: &SweepArgs, ledger: &Ledger) -> Failure {
    let (done, all) = (ledger.len(), ledger.len() + ledger.to_do().len());
    let next = match &args.keep {
        Some(_) => "the same words go on from there",
        None => "nothing of it is kept: with --keep DIR it could go on from there",
    };
    let again = match ledger.to_do_again().len() {
        left if done == all => format!(", of which {left} are still to be done a second time"),
        _ => String::new(),
    };
    Failure::interrupted(format!(
        "interrupted after {done} of {all} runs{again} ({next})"
    ))
}

/// Tells what came of it, and ends accordingly.
fn tell(report: &Report, json: bool, how: &str) -> Result<(), Failure> {
    if json {
        output::json(report)?;
    } else {
        output::print(&table(report, how))?;
    }
    let count = report.count;
    if let Some(first) = report.failures.first() {
        return Err(Failure::violated(format!(
            "{} of {} runs violated something, first seed {}: {}",
            count.violated, count.runs, first.seed, first.fingerprint
        )));
    }
    if count.vacuous * 100 > count.runs * VACUOUS_PERCENT {
        return Err(Failure::vacuous(format!(
            "{} of {} runs showed nothing, since a fault of theirs never had an effect; at most {VACUOUS_PERCENT} % may",
            count.vacuous, count.runs
        )));
    }
    Ok(())
}

fn table(report: &Report, how: &str) -> String {
    let count = report.count;
    let verdicts = [
        (Verdict::Pass, count.pass),
        (Verdict::Violated, count.violated),
        (Verdict::Vacuous, count.vacuous),
    ];
    let verdicts = verdicts.map(|(verdict, runs)| format!("{runs} {}", verdict.name()));
    let runs = usize::try_from(count.runs).unwrap_or(usize::MAX);
    let head = format!(
        "{}{how}: {}\n",
        text::count(runs, "run"),
        verdicts.join(", ")
    );
    if report.failures.is_empty() {
        return head;
    }
    let row = |found: &Found| {
        let dir = found.dir.as_deref();
        [
            found.fingerprint.clone(),
            found.times.to_string(),
            found.seed.to_string(),
            dir.map_or_else(|| "-".to_owned(), |dir| dir.display().to_string()),
        ]
    };
    let rows: Vec<_> = report.failures.iter().map(row).collect();
    head + &text::table(["FINGERPRINT", "RUNS", "FIRST SEED", "KEPT IN"], &rows)
}
