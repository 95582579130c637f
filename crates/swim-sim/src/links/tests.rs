use std::time::Duration;

use super::*;

const ANY: Scope = Scope::OneWay(Group::Everyone, Group::Everyone);
const MS: fn(u64) -> Delay = |millis| Delay::Constant(Duration::from_millis(millis));

fn links() -> Links {
    Links::new(Draws::new(9), Delay::LAN)
}

fn flight(from: u32, to: u32, count: u32) -> Flight {
    Flight {
        from,
        to,
        count,
        now: u64::from(count) * 1_000,
        bytes: 100,
        says: Said::default(),
    }
}

fn fates(links: &mut Links) -> Vec<Fate> {
    (0..500)
        .map(|count| links.fate(flight(0, 1, count)))
        .collect()
}

fn arrives(links: &mut Links, from: u32, to: u32) -> bool {
    matches!(links.fate(flight(from, to, 0)), Fate::Arrives(_))
}

fn count(fates: &[Fate], of: impl Fn(&Arrives) -> bool) -> usize {
    let arrivals = fates.iter().filter_map(|fate| match fate {
        Fate::Arrives(arrives) => Some(arrives),
        Fate::Dropped(_) => None,
    });
    arrivals.filter(|arrives| of(arrives)).count()
}

#[test]
fn a_cut_goes_one_way_and_ends() {
    let mut links = links();
    let scope = Scope::OneWay(Group::of([0]), Group::Everyone);
    let cut = links.impose(scope, Effect::Cut(Carries::All));
    assert_eq!(links.fate(flight(0, 1, 0)), Fate::Dropped(Cause::Cut));
    assert_eq!(links.stream_way(0, 1, 0), None);
    assert!(links.is_cut(0, 70, Carries::Datagrams) && !links.is_cut(70, 0, Carries::Datagrams));
    assert!(!links.is_open(0, 1) && links.is_open(1, 0));
    assert!(arrives(&mut links, 1, 0));
    assert_eq!(links.fired(cut), 3);
    links.lift(cut);
    assert!(arrives(&mut links, 0, 1));
    assert_eq!(links.fired(cut), 3);
}

#[test]
fn a_cut_of_datagrams_lets_streams_through_and_the_other_way_round() {
    let mut links = links();
    let cut = links.impose(ANY, Effect::Cut(Carries::Datagrams));
    assert!(!arrives(&mut links, 0, 1) && links.stream_way(0, 1, 0).is_some());
    assert!(!links.is_cut(0, 1, Carries::Streams));
    links.lift(cut);
    links.impose(ANY, Effect::Cut(Carries::Streams));
    assert!(arrives(&mut links, 0, 1) && links.stream_way(0, 1, 0).is_none());
    assert!(links.is_cut(0, 1, Carries::Streams) && links.is_open(0, 1));
}

#[test]
fn where_cuts_overlap_each_has_fired() {
    let mut links = links();
    let cut = |links: &mut Links, what| {
        let scope = Scope::Around(Group::of([1]));
        links.impose(scope, Effect::Cut(what))
    };
    let all = cut(&mut links, Carries::All);
    let datagrams = cut(&mut links, Carries::Datagrams);
    let streams = cut(&mut links, Carries::Streams);
    assert!(!arrives(&mut links, 1, 2));
    assert!(links.is_cut(1, 2, Carries::Datagrams));
    assert_eq!(links.stream_way(2, 1, 0), None);
    let fired = [all, datagrams, streams].map(|fault| links.fired(fault));
    assert_eq!(fired, [3, 2, 1]);
}

#[test]
fn a_jam_names_the_fault_that_is_waited_for() {
    let mut links = links();
    let jam = links.impose(ANY, Effect::Jam(Carries::All));
    assert_eq!(
        count(&fates(&mut links), |arrives| arrives.jam == Some(jam)),
        500
    );
    assert_eq!(links.stream_way(0, 1, 0).and_then(|way| way.jam), Some(jam));
    assert!(!links.is_open(0, 1));
}

#[test]
fn taking_one_fault_away_leaves_every_other_datagrams_fate_as_it_was() {
    let (mut both, mut one) = (links(), links());
    for links in [&mut both, &mut one] {
        links.impose(ANY, Effect::Loss(Chance::percent(20)));
    }
    let hold = Delay::Uniform(Duration::from_millis(1), Duration::from_millis(50));
    let link = Scope::OneWay(Group::of([0]), Group::of([1]));
    let fault = both.impose(link, Effect::Reorder(Chance::percent(10), hold));
    let (with, without) = (fates(&mut both), fates(&mut one));
    let moved = with.iter().zip(&without).filter(|(a, b)| a != b).count();
    assert!((20..70).contains(&moved), "{moved}");
    assert!(both.fired(fault) >= moved as u64);
    both.lift(fault);
    assert_eq!(fates(&mut both), without);
}

#[test]
fn no_fault_touches_what_travels_over_another_link() {
    let some = Chance::percent(40);
    let bursts = Bursts::new(some, Duration::from_millis(20));
    let rate = Effect::Rate {
        bytes_per_second: 1_000,
        queue: 200,
    };
    let others = |links: &mut Links| -> Vec<Fate> {
        let ways = [(1, 0), (0, 2), (2, 1)];
        let flights = (0..200).flat_map(|count| ways.map(|(from, to)| flight(from, to, count)));
        flights.map(|flight| links.fate(flight)).collect()
    };
    let mut alone = links();
    alone.impose(ANY, Effect::Loss(Chance::percent(10)));
    let expected = others(&mut alone);
    for effect in [
        Effect::Cut(Carries::All),
        Effect::Jam(Carries::Datagrams),
        Effect::Loss(some),
        Effect::Bursts(bursts),
        Effect::Slow(MS(5)),
        Effect::Add(MS(5), Carries::All),
        Effect::Duplicate(some, MS(5)),
        Effect::Reorder(some, MS(5)),
        Effect::Replay(some, MS(5)),
        Effect::Corrupt(some, 3),
        Effect::Truncate(some),
        Effect::SizeLimit(50),
        rate,
    ] {
        let mut links = links();
        links.impose(ANY, Effect::Loss(Chance::percent(10)));
        let link = Scope::OneWay(Group::of([0]), Group::of([1]));
        let fault = links.impose(link, effect);
        assert_ne!(fates(&mut links), fates(&mut alone), "{effect:?}");
        assert!(links.fired(fault) > 0, "{effect:?}");
        assert_eq!(others(&mut links), expected, "{effect:?}");
    }
}

#[test]
fn the_effects_of_several_rules_add_up() {
    let mut links = links();
    for _ in 0..2 {
        let scope = Scope::OneWay(Group::Everyone, Group::of([1]));
        links.impose(scope, Effect::Loss(Chance::percent(50)));
    }
    links.impose(ANY, Effect::Duplicate(Chance::ALWAYS, MS(9_000)));
    links.impose(ANY, Effect::Replay(Chance::ALWAYS, MS(60_000)));
    links.impose(
        Scope::OneWay(Group::of([0]), Group::of([1])),
        Effect::Slow(MS(3)),
    );
    links.impose(ANY, Effect::Add(MS(2), Carries::All));
    let fates = fates(&mut links);
    let whole = |arrives: &Arrives| {
        arrives.after == 5_000 && arrives.again == [Some(9_000_000), Some(60_000_000)]
    };
    let arrived = count(&fates, whole);
    assert!((90..160).contains(&arrived), "{arrived}");
    let lost = fates
        .iter()
        .filter(|fate| **fate == Fate::Dropped(Cause::Lost))
        .count();
    assert_eq!(arrived + lost, fates.len());
    assert_eq!(links.stream_way(0, 1, 0).map(|way| way.after), Some(5_000));
}

#[test]
fn harm_is_done_to_its_share() {
    let mut links = links();
    let corrupt = links.impose(ANY, Effect::Corrupt(Chance::percent(20), 3));
    links.impose(ANY, Effect::Truncate(Chance::percent(20)));
    let fates = fates(&mut links);
    let flipped = count(&fates, |arrives| matches!(arrives.harm.flips, Some((3, _))));
    let cut = count(&fates, |arrives| arrives.harm.cut.is_some());
    assert!(
        (70..130).contains(&flipped) && (70..130).contains(&cut),
        "{flipped} {cut}"
    );
    assert_eq!(links.fired(corrupt), flipped as u64);
}

#[test]
fn what_is_too_long_vanishes() {
    let mut links = links();
    links.impose(ANY, Effect::SizeLimit(100));
    assert!(arrives(&mut links, 0, 1));
    let long = Flight {
        bytes: 101,
        ..flight(0, 1, 1)
    };
    assert_eq!(links.fate(long), Fate::Dropped(Cause::TooLong));
}

#[test]
fn a_limited_rate_makes_datagrams_wait_and_drops_what_finds_no_room() {
    let mut links = Links::new(Draws::new(9), MS(0));
    let rate = Effect::Rate {
        bytes_per_second: 1_000,
        queue: 250,
    };
    let fault = links.impose(ANY, rate);
    let at = |now| Flight {
        now,
        ..flight(0, 1, 0)
    };
    let after = |fate| match fate {
        Fate::Arrives(arrives) => Ok(arrives.after),
        Fate::Dropped(cause) => Err(cause),
    };
    // Each takes 100 ms of the line.
    let sent: Vec<_> = (0..5).map(|_| after(links.fate(at(0)))).collect();
    assert_eq!(
        sent,
        [
            Ok(0),
            Ok(200_000),
            Ok(300_000),
            Err(Cause::Full),
            Err(Cause::Full)
        ]
    );
    assert_eq!(links.fired(fault), 4);
    assert_eq!(
        after(links.fate(at(300_000))),
        Ok(0),
        "the line is free again"
    );
    assert_eq!(
        after(links.fate(Flight { from: 7, ..at(0) })),
        Ok(0),
        "and another's always was"
    );
}

#[test]
fn zones_are_as_far_apart_as_the_matrix_says() {
    let mut links = Links::new(Draws::new(9), MS(1));
    let zones = Zones {
        of: vec![Some(0), Some(1), None],
        way: vec![vec![0, 20_000], vec![20_000, 0]],
    };
    links.set_usual(Chance::NEVER, zones);
    for (from, to, after) in [(0, 1, 21_000), (1, 0, 21_000), (0, 0, 1_000), (0, 2, 1_000)] {
        assert_eq!(
            links.stream_way(from, to, 0).map(|way| way.after),
            Some(after)
        );
        assert!(
            matches!(links.fate(flight(from, to, 0)), Fate::Arrives(way) if way.after == after)
        );
    }
}
