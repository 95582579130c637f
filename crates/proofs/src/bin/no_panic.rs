#![no_std]
#![no_main]
use core::panic::PanicInfo;
use swim_proofs as _;

unsafe extern "C" {
    fn swim_has_a_path_that_panics() -> !;
}
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe { swim_has_a_path_that_panics() }
}

extern "C" fn main() -> ! {
    let mut buf = [0u8; 64];
    let n = swim_proofs::system::read_input(&mut buf);
    #[cfg(feature = "planted")]
    swim_proofs::system::print(&[buf[n]]);
    if let Some(b) = buf.get(n) {
        swim_proofs::system::print(&[*b]);
    }
    swim_proofs::system::exit(0)
}
swim_proofs::start_with!(main);
