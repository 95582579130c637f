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
