//! P11: the order in a datagram, and news that everybody knows.

mod stage;

use core::time::Duration;

use swim_core::Config;

use stage::*;

/// News rides on probes and answers only, so that a story sees each ride.
const CONFIG: Config = Config::LAN
    .with_gossip_interval(Duration::ZERO)
    .with_exchange_interval(Duration::ZERO)
    .with_rush(false);

fn crowd(config: Config, size: usize) -> Stage {
    let mut stage = Stage::new(config);
    stage.meets_crowd(size).settles().run_ms(60_000).new_act();
    stage
}

/// What "a" answers to a ping of `name`.
fn answer_to(stage: &mut Stage, name: &'static str) -> Vec<Said> {
    stage.hears(name, &[ping_by(name, 7)]);
    stage.datagrams().remove(0).1
}

#[test]
fn p11_what_concerns_the_receiver_comes_first_then_our_own_then_what_overturned() {
    let mut stage = crowd(CONFIG, 8);
    stage.resigns("m000").resigns("m001");
    stage.hears("m002", &[alive("m003", 2), alive("m004", 2)]);
    stage.hears("m002", &[suspect("m001", 1, "m002"), alive("m001", 2)]);
    stage.hears(
        "m002",
        &[suspect("m000", 1, "m002"), suspect("a", 1, "m002")],
    );
    let said = answer_to(&mut stage, "m000");
    let news: Vec<&Said> = said.iter().filter(|one| one.is_news()).collect();
    assert_eq!(*news[0], suspect("m000", 1, "m002"), "{said:?}");
    assert_eq!(*news[1], alive("a", 2), "{said:?}");
    assert_eq!(*news[2], alive("m001", 2), "{said:?}");
    assert!(news[3..].contains(&&alive("m003", 2)), "{said:?}");
}

#[test]
fn p11_what_overturned_takes_at_most_half_of_the_rest() {
    let mut stage = crowd(CONFIG, 30);
    stage.datagrams_of(8 + 8 + 10 * 48 + 20);
    for number in 0..12 {
        let name = crowd_name(number);
        stage.resigns(name);
        stage.hears("m020", &[suspect(name, 1, "m020"), alive(name, 2)]);
    }
    for number in 12..20 {
        stage.hears("m020", &[alive(crowd_name(number), 2)]);
    }
    let said = answer_to(&mut stage, "m025");
    let overturned = (0..12).filter(|number| said.contains(&alive(crowd_name(*number), 2)));
    let overturned = overturned.count();
    let plain = (12..20)
        .filter(|number| said.contains(&alive(crowd_name(*number), 2)))
        .count();
    assert!((4..=6).contains(&overturned), "{overturned} of {said:?}");
    assert!((4..=6).contains(&plain), "{plain} of {said:?}");
}

#[test]
fn p11_then_what_was_sent_least() {
    let mut stage = crowd(CONFIG, 8);
    stage.hears("m002", &[alive("m003", 2)]);
    answer_to(&mut stage, "m001");
    stage.hears("m002", &[alive("m004", 2)]);
    // Room for one record besides the ack and the digest.
    stage.datagrams_of(8 + 8 + 48 + 24);
    let said = answer_to(&mut stage, "m001");
    assert!(said.contains(&alive("m004", 2)), "{said:?}");
    let said = answer_to(&mut stage, "m001");
    assert!(
        said.contains(&alive("m003", 2)) || said.contains(&alive("m004", 2)),
        "{said:?}"
    );
}

#[test]
fn p11_two_records_fit_beside_a_ping() {
    let mut stage = crowd(CONFIG, 4);
    stage.hears("m002", &[alive("m003", 2), alive("m002", 2)]);
    stage.datagrams_of(8 + 28 + 2 * 48 + 12);
    stage.next_ping("m000");
    let (_, said) = stage.datagrams().pop().expect("the ping");
    assert_eq!(
        said.iter().filter(|one| one.is_news()).count(),
        2,
        "{said:?}"
    );
}

#[test]
fn p11_a_record_that_never_fits_is_counted_and_blocks_nothing() {
    let mut stage = crowd(CONFIG.with_gossip_interval(Duration::from_millis(200)), 8);
    // Smaller than any Alive, large enough for a Left.
    stage.datagrams_of(8 + 28 + 8);
    stage.hears("m002", &[alive("m003", 2)]);
    stage.silence("m004").hears("m004", &[left("m004", 1)]);
    stage.run_ms(10_000);
    assert!(stage.node.stats().records_oversized > 0);
    assert_eq!(stage.times(&alive("m003", 2)), 0);
    assert!(stage.times(&left("m004", 1)) > 0, "{}", stage.script());
}

// ---- news that everybody knows ----

/// Twelve members, news that no datagram has room for, and so many members that then show our digest in their acks.
fn known_by(config: Config, news: &[Said], showing: usize) -> Stage {
    let mut stage = crowd(config, 12);
    // A ping and the digest, no more: nothing uses up a send.
    stage.datagrams_of(8 + 28 + 12);
    stage.hears("m011", news);
    let digest = stage.node.digest();
    for number in 0..showing {
        stage.shows(crowd_name(number), digest);
    }
    stage.run_ms(15_000).datagrams_of(1_400);
    stage
}

#[test]
fn p11_news_is_dropped_once_eight_members_showed_our_digest() {
    for (showing, dropped) in [(7, 0), (8, 1)] {
        let mut stage = known_by(CONFIG, &[alive("m010", 2)], showing);
        assert_eq!(stage.node.stats().news_known, dropped, "{showing} members");
        let said = answer_to(&mut stage, "m009");
        assert_eq!(said.contains(&alive("m010", 2)), dropped == 0, "{said:?}");
    }
}

#[test]
fn p11_suspicions_are_never_dropped_for_equal_digests() {
    let calm = CONFIG.with_last_call(false).with_tell_suspect(false);
    let mut stage = known_by(calm, &[suspect("m010", 1, "m011")], 9);
    assert_eq!(stage.node.stats().news_known, 0);
    let said = answer_to(&mut stage, "m009");
    assert!(said.contains(&suspect("m010", 1, "m011")), "{said:?}");
}

#[test]
fn p11_a_tombstone_over_a_tombstone_is_told_in_full_since_no_digest_shows_it() {
    for late in [left("m010", 1), dead("m010", 5), left("m010", 7)] {
        let mut stage = crowd(CONFIG.with_verify(false).with_reconnect(false), 12);
        stage.silence("m010").hears("m011", &[dead("m010", 1)]);
        stage.run_ms(60_000);
        let digest = stage.node.digest();
        for number in 0..10 {
            stage.shows(crowd_name(number), digest);
        }
        stage.run_ms(15_000).new_act();
        assert!(stage.node.agreement().equal >= 8);
        stage.hears("m011", core::slice::from_ref(&late));
        assert_eq!(stage.node.digest(), digest);
        stage.run_ms(15_000);
        assert!(stage.times(&late) >= 8, "{late:?}:\n{}", stage.script());
    }
}

#[test]
fn p11_switched_off_news_is_sent_its_full_number_of_times() {
    let mut config = CONFIG;
    config.gossip.drop_known = false;
    let mut stage = known_by(config, &[alive("m010", 2)], 9);
    assert_eq!(stage.node.stats().news_known, 0);
    let said = answer_to(&mut stage, "m009");
    assert!(said.contains(&alive("m010", 2)), "{said:?}");
}

#[test]
fn p2_what_a_stranger_draws_uses_up_no_sends() {
    // A name that nobody has; and a member's name, said from an address that is not the member's.
    for name in ["x", "m001"] {
        let mut stage = crowd(CONFIG, 8);
        stage.hears("m002", &[alive("m003", 2)]);
        for seq in 0..50 {
            let said = stage
                .hears("x", &[ping_by(name, seq)])
                .datagrams()
                .remove(0)
                .1;
            assert!(said.contains(&ack(seq)), "{said:?}");
        }
        let said = answer_to(&mut stage, "m000");
        assert!(said.contains(&alive("m003", 2)), "{said:?}");
    }
}

#[test]
fn p14_a_stranger_gets_an_answer_no_longer_than_its_question() {
    for name in ["x", "m001"] {
        let mut stage = Stage::new(CONFIG);
        stage.meets_crowd(40);
        // All of them are news still.
        stage.hears("x", &[ping_by(name, 7)]);
        let said = stage.datagrams().remove(0).1;
        assert!(!said.iter().any(Said::is_news), "{said:?}");
        // What is held against whoever it says that it is, it still hears (P8).
        stage.resigns("m001");
        stage.hears("m002", &[suspect("m001", 1, "m002")]);
        stage.hears("x", &[ping_by(name, 8)]);
        let said = stage.datagrams().remove(0).1;
        let told = said.contains(&suspect("m001", 1, "m002"));
        assert_eq!(told, name == "m001", "{said:?}");
    }
}
