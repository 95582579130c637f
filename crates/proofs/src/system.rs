//! The little that these programs need of the system, and their entry point.

use core::ffi::c_int;

unsafe extern "C" {
    safe fn _exit(code: c_int) -> !;
    fn read(file: c_int, buffer: *mut u8, length: usize) -> isize;
    fn write(file: c_int, buffer: *const u8, length: usize) -> isize;
}

/// Ends the program.
pub fn exit(code: u8) -> ! {
    _exit(c_int::from(code))
}

/// Reads from standard input and says how much came. What came, and how much, is unknown when the program is linked.
pub fn read_input(buffer: &mut [u8]) -> usize {
    // SAFETY: pointer and length are those of a slice that is borrowed for writing.
    let length = unsafe { read(0, buffer.as_mut_ptr(), buffer.len()) };
    usize::try_from(length).unwrap_or(0)
}

/// Writes to standard output, as far as the system takes it.
pub fn print(text: &[u8]) {
    // SAFETY: pointer and length are those of a borrowed slice.
    let _written = unsafe { write(1, text.as_ptr(), text.len()) };
}

/// Makes `$main`, an `extern "C" fn() -> !`, the first thing that runs, on a stack aligned as C expects it.
#[macro_export]
macro_rules! start_with {
    ($main:path) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn _start() -> ! {
            core::arch::naked_asm!("xor ebp, ebp", "and rsp, -16", "call {main}", "ud2", main = sym $main)
        }
    };
}

/// Debug builds of `core` name the unwinder although nothing unwinds.
#[cfg(debug_assertions)]
mod unwinder {
    #[unsafe(no_mangle)]
    extern "C" fn rust_eh_personality() {}
    #[unsafe(no_mangle)]
    extern "C" fn _Unwind_Resume() {}
}

/// Bytes of the stack that [`paint_stack`] paints.
const PAINTED: usize = 64 * 1_024;
/// Bytes below the caller that are left as they are: the frame of the painter.
const SPARED: usize = 512;
const PAINT: u8 = 0xA5;

/// Paints the stack below the caller's frame and says where that is, for [`stack_used`].
#[inline(never)]
pub fn paint_stack() -> usize {
    let here = 0_u8;
    let base = (&raw const here).expose_provenance();
    for depth in SPARED..PAINTED {
        // SAFETY: the stack of a program's first thread grows by 8 MiB before the system says no, nothing that lives is
        // below the frame of the function that runs, and there are no signal handlers.
        unsafe { core::ptr::with_exposed_provenance_mut::<u8>(base - depth).write_volatile(PAINT) };
    }
    base
}

/// How deep below `base` the stack was used since it was painted: at least what the painter spared, at most what it painted.
#[inline(never)]
#[must_use]
pub fn stack_used(base: usize) -> usize {
    let is_used = |depth: &usize| {
        // SAFETY: painted before, so it is there.
        let byte =
            unsafe { core::ptr::with_exposed_provenance::<u8>(base - depth).read_volatile() };
        byte != PAINT
    };
    let deepest = (SPARED..PAINTED).rev().find(is_used);
    deepest.unwrap_or(SPARED)
}
