//! The roster against a simple model, under random histories.

use std::collections::BTreeMap;
use std::vec::Vec;

use super::*;
use crate::random::Random;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Radio(u16);

impl Peer for Radio {
    type Key<'a> = u16;
    type Addr = u16;
    fn key(&self) -> u16 {
        self.0
    }
    fn has_key(&self, key: u16) -> bool {
        self.0 == key
    }
    fn addr(&self) -> &u16 {
        &self.0
    }
}

fn drain(roster: &mut Roster<'_, Radio>) {
    while let Some(seat) = roster.next_change() {
        if roster.mark(seat).has(Flag::Gone) {
            roster.release(seat);
        }
    }
}

fn history(roster: &mut Roster<'_, Radio>, seed: u64) {
    let mut random = Random::new(seed);
    let mut model = BTreeMap::<u16, State>::new();
    roster.set_keys(1, 2);
    for step in 0..4_000 {
        let key = u16::try_from(random.below(200)).expect("small");
        match roster.find(key) {
            None => {
                assert!(!model.contains_key(&key), "step {step}: {key} was lost");
                let full = model.len() == roster.capacity();
                let taken = roster.insert(Radio(key), State::Alive, Incarnation(1), step);
                assert_eq!(taken.is_err(), full, "step {step}: {} members", model.len());
                if let Ok(seat) = taken {
                    model.insert(key, State::Alive);
                    roster.enlist(seat, Link::News, 0);
                    roster.set_timer(seat, random.below(1_000));
                }
            }
            Some(seat) if random.below(3) == 0 => {
                roster.forget(seat);
                model.remove(&key);
                drain(roster);
            }
            Some(seat) => {
                let state = [State::Alive, State::Suspect, State::Dead, State::Left]
                    [random.below(4) as usize];
                roster.hold(seat, state, Incarnation(step), step);
                roster.note_change(seat);
                roster.set_timer(seat, random.below(1_000));
                model.insert(key, state);
            }
        }
        check(roster, &model);
    }
}

fn check(roster: &Roster<'_, Radio>, model: &BTreeMap<u16, State>) {
    assert_eq!(roster.counts().known() as usize, model.len());
    let mut digest = 0_u64;
    let mut earliest: Option<u32> = None;
    for (key, state) in model {
        let seat = roster.find(*key).expect("every member is found by key");
        assert_eq!(roster.find_hash(name_hash(key)), Some(seat));
        assert_eq!(roster.state(seat), *state);
        digest = digest.wrapping_add(roster.share(seat, roster.digest_hash(seat)));
        let when = roster.mark(seat).when;
        earliest = Some(earliest.map_or(when, |least| least.min(when)));
    }
    assert_eq!(
        roster.digest(),
        digest,
        "the digest kept is the digest recomputed"
    );
    assert_eq!(roster.first_timer().map(|(_, when)| when), earliest);
    assert!(roster.used() as usize <= roster.capacity());
}

#[test]
fn p16_lent_storage_keeps_what_a_map_keeps() {
    let mut space = Space::<Radio, 64>::new();
    history(&mut (&mut space).into(), 11);
}

#[cfg(feature = "alloc")]
#[test]
fn p16_owned_storage_grows_and_keeps_what_a_map_keeps() {
    history(&mut Roster::owned(150), 12);
}

#[test]
fn p16_the_lowest_free_slot_comes_first_and_the_end_is_given_back() {
    let mut space = Space::<Radio, 8>::new();
    let mut roster: Roster<'_, Radio> = (&mut space).into();
    for key in 0..8 {
        roster
            .insert(Radio(key), State::Alive, Incarnation(1), 0)
            .expect("room");
    }
    for key in [5, 2, 7, 6] {
        let seat = roster.find(key).expect("held");
        roster.forget(seat);
    }
    assert!(
        !roster.has_room(),
        "a slot is free only when its end was told"
    );
    drain(&mut roster);
    assert_eq!(roster.used(), 5, "empty slots at the end lower the mark");
    let seats: Vec<_> = (10..14)
        .map(|key| {
            roster
                .insert(Radio(key), State::Alive, Incarnation(1), 0)
                .expect("room")
        })
        .collect();
    assert_eq!(seats, [2, 5, 6, 7]);
}

#[test]
fn news_goes_first_in_first_out_within_its_bucket() {
    let mut space = Space::<Radio, 8>::new();
    let mut roster: Roster<'_, Radio> = (&mut space).into();
    for key in 0..4 {
        let seat = roster
            .insert(Radio(key), State::Alive, Incarnation(1), 0)
            .expect("room");
        roster.enlist(seat, Link::News, 0);
    }
    roster.enlist(0, Link::News, 1);
    roster.delist(2);
    assert_eq!(roster.news_head(Link::News, 0), 1);
    assert_eq!(roster.mark(1).next, 3);
    assert_eq!(roster.news_head(Link::News, 1), 0);
    assert_eq!(roster.news_waiting(), 3);
}
