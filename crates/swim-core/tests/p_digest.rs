//! P3: one number for a whole view. P4: when a difference starts an exchange.

mod stage;

use core::time::Duration;

use swim_core::{Config, Exchanged, Incarnation, Instant, Node, Reason, Space};

use stage::*;

const CONFIG: Config = Config::LAN;
const DIFFERENT: Exchanged = Exchanged {
    same: false,
    unreachable: false,
};

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles();
    stage
}

/// The digest at the end of a datagram.
fn last_digest(said: &[Said]) -> Option<u64> {
    match said.last() {
        Some(Said::Digest(digest)) => Some(*digest),
        _ => None,
    }
}

// ---- P3 ----

#[test]
fn p3_the_digest_ends_pings_and_acks() {
    let mut stage = crowd(CONFIG, 3);
    let digest = stage.node.digest();
    stage.next_ping("m000");
    let (_, said) = stage.datagrams().pop().expect("the ping");
    assert_eq!(last_digest(&said), Some(digest), "{said:?}");
    stage.hears("m001", &[ping_by("m001", 7)]);
    let (_, said) = stage.datagrams().remove(0);
    assert_eq!(last_digest(&said), Some(digest), "{said:?}");
}

#[test]
fn p3_equal_views_have_one_digest_whatever_the_way_and_the_node() {
    let mut one = Stage::seeded(CONFIG, 1);
    one.meets_at("b", 3).meets_at("c", 5);
    let two = Box::leak(Box::new(Space::<Person, 8>::new()));
    let now = Instant::from_millis(77);
    let mut two = Node::new(person("c"), Incarnation(5), CONFIG, two, 99, now).expect("valid");
    for said in [alive("b", 2), alive("a", 1), alive("b", 3)] {
        two.handle_message(now, &9, &said.message());
    }
    assert_eq!(one.node.digest(), two.digest());
}

#[test]
fn p3_an_incarnation_a_death_and_a_newcomer_change_it() {
    let mut stage = crowd(CONFIG.with_verify(false), 3);
    let mut seen = vec![stage.node.digest()];
    for said in [alive("m000", 2), alive("x", 1), dead("m001", 1)] {
        stage.hears("m002", &[said]);
        assert!(!seen.contains(&stage.node.digest()));
        seen.push(stage.node.digest());
    }
}

#[test]
fn p3_a_suspicion_is_no_difference_nor_are_the_dead() {
    let mut stage = crowd(CONFIG, 3);
    let digest = stage.node.digest();
    stage.hears("m001", &[suspect("m000", 1, "m001")]);
    assert_eq!(stage.node.digest(), digest);
    stage.hears("m001", &[alive("x", 1), left("x", 1)]);
    assert_eq!(stage.node.digest(), digest);
}

#[test]
fn p3_who_knows_nobody_or_refused_somebody_sends_none() {
    let mut stage = Stage::new(CONFIG);
    stage.hears("b", &[ping_by("b", 7)]);
    assert_eq!(last_digest(&stage.datagrams()[0].1), None);

    let mut stage = Stage::new(CONFIG);
    stage.meets_crowd(SEATS - 1);
    stage.hears("m000", &[ping_by("m000", 7)]);
    assert!(last_digest(&stage.datagrams()[0].1).is_some());
    stage.hears("m000", &[alive(crowd_name(SEATS), 1)]);
    assert_eq!(stage.node.stats().crowded, 1);
    stage.hears("m000", &[ping_by("m000", 8)]);
    assert_eq!(last_digest(&stage.datagrams()[0].1), None);
}

#[test]
fn p3_switched_off_nobody_sends_or_minds_one() {
    let mut stage = crowd(
        CONFIG.with_digest(false).with_exchange_on_difference(false),
        3,
    );
    stage.shows("m000", 7).shows("m001", 7).shows("m002", 7);
    stage.run_ms(20_000);
    assert_eq!(stage.count(|said| matches!(said, Said::Digest(_))), 0);
    assert_eq!(stage.exchanges_for(Reason::Differs), []);
}

// ---- P4 ----

/// All members show another digest than ours.
fn differing(config: Config) -> Stage {
    let mut stage = crowd(config.with_exchange_interval(Duration::ZERO), 3);
    for name in ["m000", "m001", "m002"] {
        stage.shows(name, 7);
    }
    stage
}

fn starts(stage: &Stage) -> Vec<u64> {
    stage
        .exchanges_for(Reason::Differs)
        .iter()
        .map(|exchange| exchange.0)
        .collect()
}

#[test]
fn p4_a_difference_that_lasts_starts_an_exchange_with_who_showed_it() {
    let mut stage = differing(CONFIG);
    stage.run_ms(4_000);
    let first = stage.exchanges_for(Reason::Differs)[0];
    let pings = stage.all_pings();
    let asked = pings
        .iter()
        .rev()
        .find(|ping| ping.0 < first.0)
        .expect("a ping");
    assert_eq!(asked.1, first.2, "{}", stage.script());
    // Three gossip intervals after the first difference was heard: so not on the first ack, which is a period earlier.
    assert!(first.0 >= pings[0].0 + 600, "{}", stage.script());
}

#[test]
fn p4_an_equal_digest_meanwhile_ends_the_difference() {
    let mut stage = differing(CONFIG);
    let own = stage.node.digest();
    stage
        .shows("m000", own)
        .shows("m001", own)
        .shows("m002", own);
    for _ in 0..10 {
        // One member differs, every other ack agrees: views are on their way.
        stage.next_ping("m000");
        stage.run_ms(10);
        stage.shows("m000", 7).next_ping("m000");
        stage.run_ms(10).shows("m000", own);
        stage.next_ping("m001");
        stage.run_ms(10);
    }
    assert_eq!(starts(&stage), [0; 0], "{}", stage.script());
}

#[test]
fn p4_the_pinged_never_opens_it() {
    let mut stage = differing(CONFIG);
    let own = stage.node.digest();
    for name in ["m000", "m001", "m002"] {
        stage.shows(name, own);
    }
    for seq in 0..50 {
        stage
            .hears("m000", &[ping_by("m000", seq), Said::Digest(7)])
            .run_ms(100);
    }
    assert_eq!(starts(&stage), [0; 0], "{}", stage.script());
}

#[test]
fn p4_the_gap_doubles_while_exchanges_leave_a_difference() {
    let mut stage = differing(CONFIG);
    stage.outcome = DIFFERENT;
    stage.run_ms(300_000);
    let starts = starts(&stage);
    let gaps: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (gap, least) in gaps.iter().zip([2, 4, 8, 16, 32, 64, 64]) {
        let least = least * 1_000;
        assert!((least..=least + 4_000).contains(gap), "{gaps:?}");
    }
    assert!(gaps.len() >= 6, "{gaps:?}");
}

#[test]
fn p4_our_own_change_makes_the_next_one_due_at_once() {
    let mut stage = differing(CONFIG);
    stage.outcome = DIFFERENT;
    stage.run_ms(40_000);
    stage
        .new_act()
        .hears("m001", &[alive("x", 1)])
        .run_ms(4_000);
    assert_eq!(starts(&stage).len(), 1, "{}", stage.script());
}

#[test]
fn p4_who_is_held_beyond_its_reach_goes_on_asking_until_they_forget() {
    let mut stage = differing(CONFIG);
    stage.outcome = DIFFERENT;
    stage.run_ms(40_000);
    let waiting = starts(&stage).len();
    // No node outbids that: they will forget it in ten periods, and their digests will not show it (P8).
    for _ in 0..10 {
        stage.hears("m001", &[dead("a", Incarnation::LIMIT - 1)]);
        stage.run_ms(1_000);
    }
    let asked = starts(&stage).len() - waiting;
    assert!((3..=10).contains(&asked), "{asked}: {}", stage.script());
}

#[test]
fn p4_one_at_a_time() {
    let mut stage = differing(CONFIG);
    stage.holds_streams().run_ms(9_000);
    assert_eq!(starts(&stage).len(), 1, "{}", stage.script());
}

#[test]
fn p4_switched_off_a_difference_starts_nothing() {
    let mut stage = differing(CONFIG.with_exchange_on_difference(false));
    stage.run_ms(60_000);
    assert_eq!(starts(&stage), [0; 0]);
}

#[test]
fn p4_after_a_join_views_are_settled_in_quick_succession() {
    let mut stage = Stage::new(CONFIG);
    for number in 0..5 {
        stage.meets(crowd_name(number)).shows(crowd_name(number), 7);
    }
    stage.new_act();
    stage
        .wish(|node, now| node.join(now, address("m000")))
        .expect("free");
    stage.run_ms(12_000);
    let settling = stage.exchanges_for(Reason::Settle);
    assert!((18..=30).contains(&settling.len()), "{}", stage.script());
    for pair in settling.windows(2) {
        let gap = pair[1].0 - pair[0].0;
        assert!((300..=510).contains(&gap), "{gap} ms");
    }
    let last = settling.last().expect("some").0;
    assert!((9_000..=10_700).contains(&last), "{last} ms");
    let mut partners: Vec<u16> = settling.iter().map(|exchange| exchange.2).collect();
    partners.sort_unstable();
    partners.dedup();
    assert!(partners.len() >= 3, "{partners:?}");
}

#[test]
fn p4_settling_ends_when_nothing_differs_any_more() {
    let mut stage = Stage::new(CONFIG);
    stage.meets_crowd(5).run_ms(3_000);
    let own = stage.node.digest();
    for number in 0..5 {
        stage.shows(crowd_name(number), own);
    }
    stage.new_act();
    stage
        .wish(|node, now| node.join(now, address("m000")))
        .expect("free");
    stage.run_ms(12_000);
    let settling = stage.exchanges_for(Reason::Settle).len();
    assert!(settling <= 3, "{settling}: {}", stage.script());
}
