//! Scenario files as people write them, and what is said when they are wrong.

use swim_sim::scenario::{Fault, FaultKind, Scenario, Shape, Span, Start};

fn read(text: &str) -> Scenario {
    text.parse()
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn error(text: &str) -> String {
    text.parse::<Scenario>().expect_err(text).to_string()
}

const HEAD: &str = "name = \"x\"\n";

#[test]
fn four_lines_are_a_scenario_and_none_is_one_too() {
    let four = read("name = \"quiet\"\nnodes = 5\nduration = \"30s\"\nseed = 9\n");
    assert_eq!(
        four,
        Scenario::new("quiet")
            .nodes(5)
            .lasting(Span::secs(30))
            .seed(9)
    );
    assert_eq!(read(""), Scenario::default());
}

#[test]
fn a_scenario_is_written_as_it_is_read() {
    let text = r#"
        name = "all kinds"
        about = "Does everything that is written come back?"
        nodes = 100
        duration = "3m"
        seed = 42
        profile = "memberlist-lan"
        start = "2s"
        seeds = 3
        protocol.probe.interval = "500ms"
        protocol.gossip.retransmit = 4
        protocol.oversleep = true
        [network]
        delay = { dist = "lognormal", median = "0.5ms", p99 = "4ms", min = "0.1ms" }
        loss = 0.001
        rtt.a-b = "40ms"
        [groups]
        web = ["0..10", "n17"]
        [zones]
        a = "0..50"
        b = "50..100"
        [[fault]]
        at = "30s"
        for = "45s"
        kind = "partition"
        shape = "one-way"
        from = "zone:a"
        to = "random:10%:zone:b"
        mode = "jam"
        carries = "datagrams"
        [[fault]]
        at = "30s"
        for = "45s"
        flap = { down = "2s", up = "8s", jitter = "1s" }
        kind = "loss"
        share = "30%"
        burst = "300ms"
        links = "web <-> not:web"
        [[fault]]
        at = "100s"
        kind = "crash"
        nodes = ["n17"]
        memory = "no-clock"
        restart_after = "20s"
        [expect]
        detect_within = "15s"
        false_positives = { max = 0 }
        [[expect.breaks]]
        invariant = "L3"
        reason = "loss without end"
    "#;
    let scenario = read(text);
    assert_eq!(scenario.start, Start::Within(Span::secs(2)));
    let [cut, loss, _] = &scenario.faults[..] else {
        panic!("{:?}", scenario.faults);
    };
    assert!(
        matches!(&cut.kind, FaultKind::Partition(cut) if matches!(cut.shape, Shape::OneWay { .. }))
    );
    assert_eq!(
        (loss.at, loss.lasts),
        (Span::secs(30), Some(Span::secs(45)))
    );
    assert_eq!(
        read(&scenario.to_toml()),
        scenario,
        "{}",
        scenario.to_toml()
    );
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    for (text, offer) in [
        ("nodez = 5", "`nodez`"),
        ("nodez = 5", "did you mean \"nodes\"?"),
        ("profile = \"lam\"", "did you mean \"lan\"?"),
        ("[network]\nlos = 0.1", "did you mean \"loss\"?"),
        (
            "[protocol.probe]\nintervall = \"1s\"",
            "did you mean \"interval\"?",
        ),
        (
            "[[fault]]\nat = \"1s\"\nkind = \"partitoin\"",
            "did you mean \"partition\"?",
        ),
        (
            "[[fault]]\nat = \"1s\"\nkind = \"crash\"\nnodes = \"n1\"\nrestartafter = \"1s\"",
            "did you mean \"restart_after\"?",
        ),
        (
            "[[fault]]\nat = \"1s\"\nkind = \"partition\"\nshape = \"oneway\"",
            "did you mean \"one-way\"?",
        ),
        (
            "[[fault]]\nat = \"1s\"\nkind = \"partition\"\nshape = \"isolate\"\nnodes = \"n1\"\nmod = \"jam\"",
            "`mod`",
        ),
        ("[expect]\ndetect = \"1s\"", "`detect`"),
    ] {
        let error = error(&format!("{HEAD}{text}\n"));
        assert!(error.contains(offer), "{text}:\n{error}");
    }
}

#[test]
fn values_that_are_none_are_refused_in_words() {
    for (text, why) in [
        ("duration = \"soon\"", "write one such as 200ms"),
        ("duration = 60", "a duration such as \"200ms\""),
        ("start = \"warm\"", "is no start (write \"converged\""),
        ("[network]\nloss = 1.5", "is no share of a whole"),
        ("[network]\nloss = -1", "is no share of a whole"),
        (
            "[network]\ndelay = { dist = \"normal\" }",
            "unknown variant `normal`",
        ),
        ("[groups]\na = \"0-5\"", "names no nodes"),
        (
            "[[fault]]\nkind = \"crash\"\nnodes = \"n1\"",
            "missing field `at`",
        ),
        (
            "[[fault]]\nat = \"1s\"\nnodes = \"n1\"",
            "missing field `kind`",
        ),
    ] {
        let error = error(&format!("{HEAD}{text}\n"));
        assert!(error.contains(why), "{text}:\n{error}");
        assert!(error.contains("line "), "{error}");
    }
}

#[test]
fn every_kind_of_fault_says_what_it_does() {
    let kinds = FaultKind::ALL;
    assert!(kinds.len() > 20);
    for kind in kinds {
        assert!(
            kind.about.ends_with('.') && !kind.about.starts_with(' '),
            "{kind:?}"
        );
    }
    let crash: FaultKind = swim_sim::scenario::Heal::default().into();
    assert_eq!(Fault::at(Span::secs(1), crash).kind.name(), "heal");
}
