//! The limits of `docs/protocol.md`, section 5: at each of them something stated happens, and it is counted.

mod stage;

use swim_core::{Busy, Config, State, Stats};

use stage::*;

const CONFIG: Config = Config::LAN.with_stream_ping(false);

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

#[test]
fn a_full_roster_refuses_newcomers_and_says_so_once() {
    let mut stage = crowd(CONFIG, SEATS - 1);
    for number in SEATS..SEATS + 5 {
        stage.hears("m000", &[alive(crowd_name(number), 1)]);
    }
    assert_eq!(stage.node.stats().crowded, 5);
    let told = |event: &&&swim_core::Event<Person>| ***event == swim_core::Event::Crowded;
    assert_eq!(stage.events().iter().filter(told).count(), 1);
    // Those who are in stay in, and their news is taken.
    stage.hears("m000", &[alive("m001", 2)]);
    assert_eq!(stage.holds("m001"), Some((State::Alive, 2)));
}

#[test]
fn a_death_makes_room_also_while_it_is_news() {
    let mut stage = crowd(CONFIG.with_verify(false), SEATS - 1);
    stage.silence("m000").hears("m001", &[dead("m000", 1)]);
    // The first word makes the room: what is forgotten is told before its slot is given away.
    stage
        .hears("m001", &[alive("x", 1)])
        .hears("m001", &[alive("x", 1)]);
    assert_eq!(stage.holds("x"), Some((State::Alive, 1)));
    assert_eq!(stage.holds("m000"), None);
    assert_eq!(stage.story_of("m000"), ["dead", "reaped"]);
    assert_eq!(stage.node.stats().tombstones_evicted, 1);
}

/// Found by a review: each newcomer that came before the node was drained cost one more tombstone, and was refused all the same.
#[test]
fn newcomers_that_come_at_once_cost_a_full_roster_one_tombstone() {
    let mut stage = crowd(CONFIG.with_verify(false), SEATS - 1);
    let deaths: Vec<Said> = (0..10).map(|number| dead(crowd_name(number), 1)).collect();
    stage.hears("m020", &deaths).run_ms(5_000);
    let evicted = stage.node.stats().tombstones_evicted;
    let newcomers: Vec<Said> = (0..6)
        .map(|number| alive(crowd_name(SEATS + number), 1))
        .collect();
    stage.hears("m020", &newcomers);
    let stats = stage.node.stats();
    assert_eq!(stats.tombstones_evicted - evicted, 1);
    assert_eq!(stats.crowded, 6);
    assert!(!stage.was_told(|event| *event == swim_core::Event::Crowded));
    // One after the other they all get in.
    for newcomer in newcomers {
        stage.hears("m020", &[newcomer]);
    }
    assert_eq!(stage.node.stats().crowded, 6);
}

/// Found by a review: whoever had refused somebody showed its view to nobody until the next newcomer came, if ever.
#[test]
fn who_refused_somebody_shows_its_digest_once_there_is_room() {
    let mut stage = crowd(
        CONFIG.with_tombstone(core::time::Duration::from_secs(5)),
        SEATS - 1,
    );
    stage.hears("m000", &[alive(crowd_name(SEATS), 1)]);
    let shows = |stage: &Stage| stage.count(|said| matches!(said, Said::Digest(_)));
    stage.new_act().run_ms(2_000);
    assert_eq!(shows(&stage), 0);
    stage.silence("m001").hears("m000", &[left("m001", 1)]);
    stage.run_ms(12_000).new_act().run_ms(2_000);
    assert!(shows(&stage) > 0, "{}", stage.script());
}

#[test]
fn of_too_many_replies_owed_the_oldest_are_dropped() {
    let mut stage = crowd(CONFIG, 3);
    let pings: Vec<Said> = (0..100).map(|seq| ping_by("m000", seq)).collect();
    stage.hears("m000", &pings);
    let acked: Vec<u32> = stage
        .datagrams()
        .into_iter()
        .flat_map(|datagram| datagram.1)
        .filter_map(|one| match one {
            Said::Ack { seq, .. } => Some(seq),
            _ => None,
        })
        .collect();
    assert_eq!(acked, (68..100).collect::<Vec<u32>>());
    assert_eq!(stage.node.stats().replies_dropped, 68);
}

#[test]
fn of_too_many_pings_at_once_the_newest_are_not_sent() {
    let mut stage = crowd(CONFIG.with_rush(false), 100);
    // Ninety suspicions of one instant: ninety last calls of one instant.
    for number in 0..90 {
        let name = crowd_name(number);
        stage.resigns(name);
        stage.hears("m099", &[suspect(name, 1, "m099")]);
    }
    stage.run_ms(4_400);
    assert!(
        stage.node.stats().pings_dropped >= 26,
        "{:?}",
        stage.node.stats()
    );
    // It goes on: whoever was not called is called by its probe.
    stage.run_ms(60_000);
    assert_eq!(stage.node.counts().suspect, 0);
}

#[test]
fn pings_for_others_leave_room_for_our_own() {
    let mut stage = crowd(CONFIG, 6);
    stage.silence("m000");
    let asked: Vec<Said> = (0..40).map(|seq| ping_req("m000", seq)).collect();
    stage.new_act().hears("m001", &asked);
    assert_eq!(stage.pings("m000").len(), 16, "{}", stage.script());
    assert_eq!(stage.node.stats().relays_refused, 24);
    stage.next_ping("m002");
    assert_eq!(stage.node.stats().pings_dropped, 0);
}

#[test]
fn too_many_exchanges_of_our_own_are_refused() {
    let mut stage = crowd(CONFIG, 3);
    stage.holds_streams();
    for _ in 0..8 {
        assert!(stage.wish(|node, now| node.join(now, 77)).is_ok());
    }
    assert_eq!(stage.wish(|node, now| node.join(now, 77)), Err(Busy));
    assert_eq!(stage.node.stats().exchanges_refused, 1);
    assert_eq!(stage.exchanges().len(), 8);
}

#[test]
fn every_counter_that_the_page_names_exists() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md");
    let page = std::fs::read_to_string(page).expect("docs/protocol.md is readable");
    let (_, table) = page.split_once("| counter |").expect("the table of limits");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let named: Vec<&str> = table
        .lines()
        .filter_map(|row| row.trim_end_matches([' ', '|']).rsplit('|').next())
        .filter_map(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'))
        .filter(|name| !name.contains('.'))
        .collect();
    assert!(named.len() >= 14, "{named:?}");
    let counters: Vec<&str> = Stats::default().iter().map(|(name, _)| name).collect();
    for name in named {
        assert!(counters.contains(&name), "no counter is called {name}");
    }
}

#[test]
fn every_setting_that_the_page_names_exists() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md");
    let page = std::fs::read_to_string(page).expect("docs/protocol.md is readable");
    let config = Config::LAN;
    let groups = [
        ("probe", format!("{:?}", config.probe)),
        ("suspicion", format!("{:?}", config.suspicion)),
        ("health", format!("{:?}", config.health)),
        ("gossip", format!("{:?}", config.gossip)),
        ("exchange", format!("{:?}", config.exchange)),
        ("recovery", format!("{:?}", config.recovery)),
    ];
    let mut found = 0;
    for quoted in page.split('`').skip(1).step_by(2) {
        let Some((group, field)) = quoted.split_once('.') else {
            continue;
        };
        let Some((_, fields)) = groups.iter().find(|known| known.0 == group) else {
            continue;
        };
        found += 1;
        let is_there = fields.contains(&format!(" {field}: "));
        assert!(is_there, "there is no setting {quoted}");
    }
    assert!(found > 40, "only {found} settings were found on the page");
}
