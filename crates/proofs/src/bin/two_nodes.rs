#![no_std]
#![no_main]
use core::panic::PanicInfo;
use swim_proofs as _;
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    swim_proofs::system::exit(101)
}
extern "C" fn main() -> ! {
    swim_proofs::system::exit(0)
}
swim_proofs::start_with!(main);
