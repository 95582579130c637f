//! `swim demo`: a real cluster on this machine, and what it does when one of it dies.
//!
//! Every node is a process of its own, started from this very program. All that is claimed was read from the nodes' control
//! faces. The nodes end when the demo ends, in whatever way: each watches a pipe of which the demo holds the other end.

mod agents;
mod picture;
mod show;
mod sky;
mod stage;
mod story;
mod told;

use std::rc::Rc;

use smol::LocalExecutor;

use crate::args::DemoArgs;
use crate::errors::Failure;
use show::Show;

/// Shows the demo; ends well only if everything was seen within its bound.
pub(crate) fn run(args: &DemoArgs) -> Result<(), Failure> {
    let executor = Rc::new(LocalExecutor::new());
    let mut show = Show::new(args, Rc::clone(&executor));
    smol::block_on(executor.run(async {
        let played = story::play(&mut show).await;
        show.close(played).await
    }))
}
