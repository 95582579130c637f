//! Every kind of fault does what it says, proves that it fired, and is made explicit before the run.

use swim_sim::run::{Outcome, Verdict};
use swim_sim::scenario::{FaultKind, Scenario, Schedule};

fn schedule(text: &str) -> Schedule {
    let scenario: Scenario = text
        .parse()
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    scenario
        .expand()
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn run(text: &str) -> Outcome {
    swim_sim::run::run(&schedule(text), &mut ())
}

/// Eight nodes for half a minute, and this fault.
fn with(fault: &str) -> String {
    format!(
        "name = \"one fault\"\nnodes = 8\nduration = \"30s\"\nprotocol.exchange.interval = \"5s\"\n[[fault]]\nat = \"2s\"\n{fault}\n"
    )
}

/// One fault of every kind, each of which does something.
const EVERY_KIND: [&str; 40] = [
    "kind = 'partition'\nshape = 'split'\nfor = '5s'",
    "kind = 'partition'\nshape = 'split'\nfor = '5s'\nmode = 'jam'",
    "kind = 'partition'\nshape = 'split'\nfor = '5s'\nmode = 'slow'\nby = '30ms'",
    "kind = 'partition'\nshape = 'isolate'\nnodes = 'n3'\nfor = '5s'\ncarries = 'datagrams'",
    "kind = 'partition'\nshape = 'isolate'\nnodes = 'all'\nfor = '28s'\ncarries = 'streams'",
    "kind = 'partition'\nshape = 'one-way'\nfrom = 'n3'\nto = 'all'\nfor = '5s'",
    "kind = 'partition'\nshape = 'between'\nfrom = '0..4'\nto = '4..8'\nfor = '5s'",
    "kind = 'partition'\nshape = 'bridge'\nfor = '5s'",
    "kind = 'partition'\nshape = 'ring'\nneighbours = 2\nfor = '5s'",
    "kind = 'partition'\nshape = 'chain'\nfor = '5s'",
    "kind = 'partition'\nshape = 'random-links'\nshare = 0.3\nfor = '5s'",
    "kind = 'loss'\nshare = '10%'\nfor = '5s'\nflap = { down = '1s', up = '1s' }",
    "kind = 'loss'\nshare = '30%'\nburst = '200ms'\nfor = '10s'",
    "kind = 'loss'\nshare = '20%'\nonly = 'acks'\nfor = '5s'",
    "kind = 'loss'\nshare = '20%'\nonly = 'pings'\nfor = '5s'",
    "kind = 'loss'\nshare = 1\nonly = 'gossip'\nlinks = 'n1'\nfor = '10s'\n[[fault]]\nat = '3s'\nkind = 'metadata'\nnodes = 'n1'",
    "kind = 'loss'\nshare = 1\nonly = 'indirect'\nfor = '20s'\n[[fault]]\nat = '3s'\nkind = 'crash'\nnodes = 'n7'",
    "kind = 'loss'\nshare = '10%'\nastray = true\nfor = '5s'",
    "kind = 'swizzle'\nfor = '6s'",
    "kind = 'partition'\nshape = 'asymmetric'\nshare = 0.3\nfor = '5s'",
    "kind = 'pause'\nnodes = 'n2'\nbuffer = 3\nfor = '3s'",
    "kind = 'drop'\nnumbers = [3, 5]\nlinks = 'n1'\nfor = '20s'",
    "kind = 'delay'\nlaw = '20ms'\nlinks = 'n1'\nfor = '5s'",
    "kind = 'delay'\nlaw = { dist = 'pareto', min = '1ms', p99 = '50ms' }\nadd = true\nfor = '5s'",
    "kind = 'reorder'\nshare = 0.2\nby = '50ms'\nfor = '5s'",
    "kind = 'duplicate'\nshare = 0.2\nfor = '5s'",
    "kind = 'replay'\nshare = 0.1\nage = '10s'\nfor = '10s'",
    "kind = 'corrupt'\nshare = 0.1\nfor = '5s'",
    "kind = 'truncate'\nshare = 0.1\nfor = '5s'",
    "kind = 'size-limit'\nbytes = 40\nfor = '2s'",
    "kind = 'rate-limit'\nnodes = 'n1'\nbytes_per_second = 40\nfor = '10s'",
    "kind = 'deaf'\nnodes = '0..2'\nshare = 0.3\nmin = '100ms'\nmax = '300ms'\nfor = '20s'",
    "kind = 'rolling-restart'\nnodes = '1..4'\nevery = '5s'\ndown = '2s'",
    "kind = 'clone'\nnodes = 'n2'\nfor = '10s'",
    "kind = 'pause'\nnodes = 'random:2'\nfor = '2s'",
    "kind = 'throttle'\nnodes = 'n5'\nper_datagram = '100ms'\nfor = '5s'",
    "kind = 'clock-rate'\nnodes = 'n5'\nppm = 500\nfor = '5s'",
    "kind = 'metadata'\nnodes = 'n5'\nevery = '1s'\nfor = '5s'",
    "kind = 'churn'\nevery = '3s'\ndown = '5s'\nleave = 0.5",
    "kind = 'forge'\nto = 'n1'\nabout = 'n2'\nsays = 'dead'\nevery = '1s'\nfor = '3s'",
];

/// Those that happen at once.
const AT_ONCE: [&str; 9] = [
    "kind = 'crash'\nnodes = 'n3'",
    "kind = 'crash'\nnodes = 'n3'\nrestart_after = '10s'\nmemory = 'kept'",
    "kind = 'crash'\nnodes = 'n3'\nrestart_after = '10s'\nmemory = 'no-clock'\naddress = 'new'",
    "kind = 'crash'\nnodes = 'n3'\nrestart_after = '8s'\nmemory = 'incarnation'",
    "kind = 'crash'\nnodes = 'n3'\nrestart_after = '8s'\nmemory = 'incarnation'\naddress = 'new'",
    "kind = 'clock-jump'\nnodes = 'n5'\nby = '3s'\nback = true",
    "kind = 'join'\nnodes = '6..8'\nwithin = '1s'",
    "kind = 'leave'\nnodes = 'n5'\ncrash_after = '1s'\nrejoin_after = '10s'",
    "kind = 'forge'\nto = 'n1'\nabout = 'n2'\nsays = 'noise'",
];

#[test]
fn every_fault_fires() {
    let mut kinds = Vec::new();
    for fault in EVERY_KIND.iter().chain(&AT_ONCE) {
        let outcome = run(&with(fault));
        assert_ne!(
            outcome.verdict,
            Verdict::Vacuous,
            "{fault}: {:?}",
            outcome.faults
        );
        assert!(
            outcome.violations.is_empty(),
            "{fault}: {:?}",
            outcome.violations
        );
        kinds.push(outcome.faults[0].kind);
    }
    for kind in FaultKind::ALL.iter().filter(|kind| kind.name != "heal") {
        assert!(kinds.contains(&kind.name), "no {} was tried", kind.name);
    }
}

#[test]
fn what_was_expanded_runs_as_what_was_written() {
    for fault in EVERY_KIND.iter().chain(&AT_ONCE) {
        let first = schedule(&with(fault));
        let again = schedule(&first.scenario().to_toml());
        assert_eq!(first.scenario(), again.scenario(), "{fault}");
        assert_eq!(first.faults().len(), first.scenario().faults.len());
        let run = |schedule| swim_sim::run::run(schedule, &mut ()).trace_hash;
        assert_eq!(run(&first), run(&again), "{fault}");
    }
}

/// What became of datagrams, by cause, in the lines of a run.
fn dropped(text: &str, cause: &str) -> usize {
    let mut lines = swim_sim::report::Lines::new(Vec::new()).with_datagrams();
    swim_sim::run::run(&schedule(text), &mut lines);
    let text = String::from_utf8(lines.finish().unwrap()).unwrap();
    let cause = format!("\"cause\":\"{cause}\"");
    let of = |line: &&str| line.contains("\"k\":\"dropped\"") && line.contains(&cause);
    text.lines().filter(of).count()
}

#[test]
fn what_a_datagram_says_decides_whether_it_is_lost() {
    for only in ["pings", "acks"] {
        let one = |nodes| {
            format!("kind = 'loss'\nshare = 1\nonly = '{only}'\nfor = '4s'\nlinks = '{nodes}'")
        };
        // Whatever is lost says that: of the two ends of a ping only one sends it.
        let fired = |links| run(&with(&one(links))).faults[0].fired;
        assert!(fired("n1 -> all") > 0 && fired("all -> n1") > 0, "{only}");
    }
    // In a calm cluster nobody asks others to ping.
    let idle = run(&with(
        "kind = 'loss'\nshare = 1\nonly = 'indirect'\nfor = '4s'",
    ));
    assert_eq!((idle.faults[0].fired, idle.verdict), (0, Verdict::Vacuous));
}

#[test]
fn what_finds_no_room_while_a_process_stands_still_is_lost() {
    let pause = |more: &str| with(&format!("kind = 'pause'\nnodes = 'n2'\nfor = '6s'\n{more}"));
    assert_eq!(dropped(&pause(""), "full"), 0);
    let some = dropped(&pause("buffer = 4"), "full");
    let all = dropped(&pause("buffer = 0"), "full");
    assert!(some > 0 && all >= some + 4, "{some} of {all}");
}

#[test]
fn a_swizzle_cuts_off_in_the_first_half_and_lets_back_in_in_the_second() {
    let schedule = schedule(&with("kind = 'swizzle'\nnodes = '1..7'\nfor = '10s'"));
    let faults = &schedule.scenario().faults;
    assert_eq!(faults.len(), 6);
    let times: Vec<_> = faults
        .iter()
        .map(|fault| (fault.at.0, fault.at.0 + fault.lasts.unwrap().0))
        .collect();
    for (from, until) in &times {
        let [from, until] = [from, until].map(std::time::Duration::as_secs_f64);
        assert!((2.0..7.0).contains(&from) && (7.0..=12.1).contains(&until));
    }
    assert!(times.is_sorted() && !times.iter().map(|time| time.1).is_sorted());
}

#[test]
fn another_name_runs_at_the_address_of_one_that_died() {
    let died = "kind = 'crash'\nnodes = 'n3'\nrestart_after = '10s'";
    let taken = "kind = 'join'\nnodes = 'n7'\naddress_of = 'n3'";
    let schedule = schedule(&with(&format!("{died}\n[[fault]]\nat = '3s'\n{taken}")));
    assert_eq!(schedule.absent(), [7]);
    let mut lines = swim_sim::report::Lines::new(Vec::new()).with_datagrams();
    let outcome = swim_sim::run::run(&schedule, &mut lines);
    // Whose address was taken comes back at another one.
    let fired: Vec<u64> = outcome.faults.iter().map(|fault| fault.fired).collect();
    assert_eq!(fired, [1, 1]);
    let text = String::from_utf8(lines.finish().unwrap()).unwrap();
    let lives = |node: &str| {
        let told = format!("\"o\":\"{node}\"");
        let lines = text.lines().filter(|line| line.contains("\"k\":\"life\""));
        lines.filter(|line| line.contains(&told)).count()
    };
    assert_eq!((lives("n3"), lives("n7")), (2, 1), "down and up; up");
}

#[test]
fn who_joins_at_the_address_of_one_that_runs_does_not() {
    let join = "kind = 'join'\nnodes = 'n7'\naddress_of = 'n3'";
    let outcome = run(&with(join));
    assert_eq!(outcome.verdict, Verdict::Vacuous, "{outcome:?}");
    for (fault, why) in [
        (
            "kind = 'join'\nnodes = '6..8'\naddress_of = 'n3'",
            "name one for each",
        ),
        (
            "kind = 'join'\nnodes = 'n3'\naddress_of = 'n3'",
            "restart it",
        ),
    ] {
        let scenario: Scenario = with(fault).parse().unwrap();
        let error = scenario.expand().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
