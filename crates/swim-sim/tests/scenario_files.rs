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
        (
            "[protocol]\ngossip_interval = \"200ms\"",
            "did you mean \"gossip.interval\"?",
        ),
        ("[protocol]\nfanout = 4", "did you mean \"gossip.fanout\"?"),
        ("[protocol]\ngosip.fanout = 4", "did you mean \"gossip\"?"),
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

/// What is said of one fault in ten nodes that run for half a minute; nothing if it can be.
fn refusal(fault: &str) -> Option<String> {
    let text = format!("{HEAD}nodes = 10\nduration = \"30s\"\n[[fault]]\nat = \"5s\"\n{fault}\n");
    read(&text).expand().err().map(|error| error.to_string())
}

#[test]
fn a_fault_that_would_do_nothing_is_refused() {
    for (fault, why) in [
        ("kind = 'clock-rate'\nnodes = 'n1'\nppm = 0", "ppm = 0"),
        (
            "kind = 'clock-jump'\nnodes = 'n1'\nby = '0s'",
            "by = \"0s\"",
        ),
        ("kind = 'corrupt'\nshare = 1\nbits = 0", "bits = 0"),
        ("kind = 'delay'\nlaw = '0s'\nadd = true", "law = \"0s\""),
        ("kind = 'reorder'\nshare = 1\nby = '0s'", "by = \"0s\""),
        (
            "kind = 'partition'\nshape = 'split'\nmode = 'slow'\nby = '0s'",
            "by = \"0s\"",
        ),
        (
            "kind = 'partition'\nshape = 'split'\nmode = 'slow'\nby = { dist = 'uniform', min = '0s', max = '0s' }",
            "by = \"0s\"",
        ),
        (
            "kind = 'throttle'\nnodes = 'n1'\nper_datagram = '0s'",
            "per_datagram = \"0s\": reading would take no time",
        ),
        (
            "kind = 'metadata'\nnodes = 'n1'\nevery = '0s'",
            "every = \"0s\": it would happen without end",
        ),
        (
            "kind = 'rolling-restart'\nat_once = 0\nevery = '1s'\ndown = '1s'",
            "nobody's turn would ever come",
        ),
    ] {
        let said = refusal(fault).unwrap_or_default();
        assert!(said.contains(why), "{fault}:\n{said}");
        // The value is named, and what to do about it.
        assert!(
            said.starts_with("fault 1 (") && said.ends_with(')'),
            "{said}"
        );
    }
    // No time at all is a time where it is not added to another.
    for fault in [
        "kind = 'delay'\nlaw = '0s'",
        "kind = 'duplicate'\nshare = 1\nafter = '0s'",
    ] {
        assert_eq!(refusal(fault), None, "{fault}");
    }
}

#[test]
fn what_has_no_end_is_refused_before_it_begins() {
    for (fault, why) in [
        (
            "kind = 'metadata'\nnodes = 'n1'\nevery = '1us'",
            "it happens 25000000 times",
        ),
        (
            "kind = 'metadata'\nnodes = 'all'\nevery = '249us'",
            "1004020 times counted for each node",
        ),
        (
            "kind = 'forge'\nto = 'all'\nabout = 'all'\nsays = 'dead'\nevery = '1ms'",
            "2500000 times counted for each node",
        ),
        (
            "kind = 'metadata'\nnodes = 'n1'\nevery = '100us'\nflap = { down = '1s', up = '1ms' }",
            "are possible",
        ),
        (
            "kind = 'corrupt'\nshare = 1\nbits = 4000000000",
            "take at most 11200",
        ),
    ] {
        let said = refusal(fault).unwrap_or_default();
        assert!(said.contains(why), "{fault}:\n{said}");
    }
    let often = "kind = 'metadata'\nnodes = 'all'\nevery = '1ms'";
    assert_eq!(refusal(often), None);
}

#[test]
fn times_that_cannot_be_are_refused_and_those_beyond_the_end_are_told() {
    for (fault, why) in [
        (
            "kind = 'leave'\nnodes = 'n1'\ncrash_after = '5s'\nrejoin_after = '2s'",
            "comes after rejoin_after",
        ),
        (
            "kind = 'clock-jump'\nnodes = 'n1'\nby = '300d'",
            "take at most 30d",
        ),
        (
            "kind = 'clock-rate'\nnodes = 'n1'\nppm = 2000000000",
            "take at most 1000000",
        ),
    ] {
        let said = refusal(fault).unwrap_or_default();
        assert!(said.contains(why), "{fault}:\n{said}");
    }
    let remarks = |fault: &str| {
        let text = format!("{HEAD}duration = \"30s\"\n[[fault]]\nat = \"5s\"\n{fault}\n");
        read(&text).cut_short()
    };
    let late = remarks("kind = 'crash'\nnodes = 'n1'\nrestart_after = '40s'");
    let said = "fault 1 (crash): restart_after = \"40s\" reaches beyond the end of the run at 30s: nobody comes back";
    assert_eq!(late, [said]);
    let long = remarks("for = '100d'\nkind = 'pause'\nnodes = 'n1'");
    assert!(long[0].ends_with("it ends with the run"), "{long:?}");
    let right = remarks("for = '25s'\nkind = 'pause'\nnodes = 'n1'");
    assert!(right.is_empty(), "{right:?}");
}
