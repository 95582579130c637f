//! Memory: none is allocated while the protocol runs, and a member takes little.
#![cfg(feature = "wire")]
#![allow(unsafe_code, reason = "an allocator can't be written without")]
#![allow(unreachable_pub, reason = "shared with crates/proofs")]

#[path = "../../proofs/src/radio.rs"]
mod radio;
#[path = "../../proofs/src/station.rs"]
mod station;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use radio::Radio;
use station::{Memory, story};
use swim_core::{Peer, Roster, Slot, Space};

/// The system's allocator, with a count for each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u32> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u32 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn a_whole_run_of_the_protocol_allocates_nothing() {
    assert_eq!(allocations(|| drop(Box::new(1))), 1, "the count counts");
    static STEPS: [&str; 4] = [
        "two nodes met\n",
        "one fell silent, the other found it dead\n",
        "it spoke again, and both are alive to both\n",
        "it said goodbye, and was heard\n",
    ];
    let mut memory = [Memory::new(), Memory::new()];
    let mut told = 0;
    let mut outcome = Ok(());
    let count = allocations(|| {
        outcome = story(&mut memory, |step| {
            assert_eq!(step, STEPS[told]);
            told += 1;
        });
    });
    assert_eq!((outcome, told), (Ok(()), 4));
    assert_eq!(count, 0, "allocations during the run");
}

/// As large as the peer value of `swim-smol`, and with a niche as that has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Usual {
    name: [u64; 12],
    is_set: bool,
}

impl Peer for Usual {
    type Key<'a> = u64;
    type Addr = u64;

    fn key(&self) -> u64 {
        self.name[0]
    }

    fn has_key(&self, key: u64) -> bool {
        self.name[0] == key
    }

    fn addr(&self) -> &u64 {
        &self.name[1]
    }
}

/// Bytes for each of 1,024 members beside the peer value, all that is stored for them included.
fn bytes_a_member<P: Peer>(what: &str) -> usize {
    const MEMBERS: usize = 1_024;
    let (peer, slot) = (size_of::<P>(), size_of::<Slot<P>>());
    let (space, roster) = (size_of::<Space<P, MEMBERS>>(), size_of::<Roster<'_, P>>());
    let tables = space - slot * MEMBERS;
    let all = (space + roster).div_ceil(MEMBERS) - peer;
    println!("{what}: a peer value of {peer} bytes");
    println!("  in the slot beside it: {}", slot - peer);
    println!("  in the tables: {}", tables / MEMBERS);
    println!("  heads of the lists of news and tombstones, counts: {roster} bytes for all members");
    println!("  together {all} bytes a member beside the peer value");
    all
}

#[test]
fn a_member_takes_at_most_64_bytes_beside_its_peer_value() {
    assert!(bytes_a_member::<Usual>("usual") <= 64);
    assert!(bytes_a_member::<Radio>("radio") <= 64);
}
