//! Two nodes without an allocator: static memory, datagrams and exchanges handed over in memory, virtual time.
//!
//! They meet, lose each other, find each other again, and part. Ends with 0 if all of that happened.
#![no_std]
#![no_main]

use core::panic::PanicInfo;
use core::ptr::addr_of_mut;

use swim_proofs::{Memory, start_with, story, system};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    system::exit(101)
}

start_with!(main);

static mut MEMORY: [Memory; 2] = [Memory::new(), Memory::new()];

extern "C" fn main() -> ! {
    // SAFETY: the program has one thread, and this is the only place that names the memory.
    let memory = unsafe { &mut *addr_of_mut!(MEMORY) };
    match story(memory, |step| system::print(step.as_bytes())) {
        Ok(()) => system::exit(0),
        Err(what) => {
            system::print(what.as_bytes());
            system::print(b"\n");
            system::exit(1)
        }
    }
}
