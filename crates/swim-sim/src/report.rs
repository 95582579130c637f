//! What a run has shown, for people and for programs.
//!
//! | what | how |
//! |---|---|
//! | a summary for the terminal | [`Recorder::summary`] |
//! | a page that shows it all | [`Recorder::page`] |
//! | every sight as a line of JSON | [`Lines`] |
//! | a cluster that really runs, as the same page | [`Live`] |
//! | two ways to run the same days | [`compare()`] of [`Recorder::metrics`] |
//!
//! All of these look on ([`Observer`](crate::run::Observer)): a run is the same with them and without.

mod beliefs;
mod compare;
mod epochs;
mod faults;
mod heat;
mod lines;
mod live;
mod load;
mod metrics;
mod page;
mod recorder;
mod spread;
mod story;
mod summary;
mod times;
mod words;

pub use compare::{Compared, Table, compare};
pub use lines::{LINES_VERSION, Lines};
pub use live::{Live, Sent, Told};
pub use metrics::FIGURES;
pub use recorder::Recorder;
