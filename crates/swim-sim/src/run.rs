//! A scenario is run: who looks on, and what comes out.

mod observer;
mod outcome;

pub use observer::{Bytes, Cause, Held, Life, Observer, Sight, What};
pub use outcome::{FaultFired, Metrics, Outcome, Verdict, Violation};
