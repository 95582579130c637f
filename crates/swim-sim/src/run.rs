//! A scenario is run: who looks on, and what comes out.

mod conduct;
pub mod cpu;
mod determinism;
mod expectations;
mod observer;
mod outcome;
mod script;

pub use conduct::run;
pub use determinism::{Divergence, check_determinism};
pub use observer::{Bytes, Cause, Held, Life, Observer, Sight, What};
pub use outcome::{FaultFired, Metrics, Outcome, Verdict, Violation};
pub(crate) use script::{Script, Scripted, Timed};
