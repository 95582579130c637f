//! `swim agent`: a node with its control face, until a signal or a wish makes it leave.

mod ready;
mod signals;
mod story;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;

use clap::ArgMatches;
use smol::LocalExecutor;
use smol::future::FutureExt;
use swim_smol::StartError;

use crate::args::AgentArgs;
use crate::control::Face;
use crate::control::server::Server;
use crate::errors::{Failure, reason};
use crate::settings::Settings;
use crate::{logs, output};
pub(crate) use signals::Signals;

/// Runs the agent, or only checks its settings.
pub(crate) fn run(args: &AgentArgs, matches: &ArgMatches) -> Result<(), Failure> {
    let filter = logs::filter()?;
    let (settings, layers) = Settings::read(args, matches)?;
    if args.run.check {
        warn_of_unknown_seeds(&settings);
        return output::print(&settings.print(&layers, args.run.config.as_deref()));
    }
    logs::start(settings.log_format, filter);
    let executor = Rc::new(LocalExecutor::new());
    let run = live(&settings, args.run.until_stdin_closes, Rc::clone(&executor));
    smol::block_on(executor.run(run))
}

/// A seed whose name can't be looked up is no error: names come and go, and the agent asks again. A typing error it may be.
fn warn_of_unknown_seeds(settings: &Settings) {
    for seed in &settings.join {
        if let Err(error) = seed.resolve() {
            output::note(&format!(
                "swim agent: --join: {error}; the agent would start alone and go on asking"
            ));
        }
    }
}

/// A life: from the first port to the last word.
async fn live(
    settings: &Settings,
    until_stdin_closes: bool,
    executor: Rc<LocalExecutor<'static>>,
) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let server = settings.control.map(listen).transpose()?.map(Rc::new);
    let builder = settings.builder().map_err(Failure::usage)?;
    let (cluster, events) = builder
        .start_subscribed_blocking()
        .map_err(|error| not_started(&error))?;
    let control = server.as_ref().map(|server| server.address()).transpose();
    let control =
        control.map_err(|error| Failure::failed(format!("no control face: {}", reason(&error))))?;
    output::line(&ready::line(&cluster, control, settings.log_format))?;

    let face = Rc::new(Face::new(cluster, settings.profile, settings.events_kept));
    executor
        .spawn(story::keep(Rc::clone(&face), events))
        .detach();
    if let Some(server) = &server {
        let serving = Rc::clone(server).run(Rc::clone(&face), Rc::clone(&executor));
        executor.spawn(serving).detach();
    }
    match why_end(&face, &mut signals, until_stdin_closes).await {
        End::Signal(name) => leave(&face, name, &mut signals).await?,
        End::Wish => tracing::info!("the node has left, as it was told to"),
        End::Abandoned => return Ok(()),
    }
    face.journal.close();
    if let Some(server) = server {
        server.finish().await;
    }
    face.cluster().shutdown().await;
    Ok(())
}

/// Why a life ends.
enum End {
    /// Somebody sent this signal.
    Signal(&'static str),
    /// Somebody asked at the control face, and the node has left.
    Wish,
    /// Standard input has closed.
    Abandoned,
}

async fn why_end(face: &Face, signals: &mut Signals, until_stdin_closes: bool) -> End {
    let signal = async { End::Signal(signals.next().await) };
    let wish = async {
        face.departure().await;
        End::Wish
    };
    let abandoned = async {
        if until_stdin_closes {
            signals::stdin_closed().await;
            return End::Abandoned;
        }
        std::future::pending().await
    };
    signal.or(wish).or(abandoned).await
}

/// Leaves gracefully, unless a second signal comes.
async fn leave(face: &Face, signal: &'static str, signals: &mut Signals) -> Result<(), Failure> {
    tracing::info!(
        signal,
        "leaving the cluster; a second signal ends the agent at once"
    );
    let gracefully = async {
        let departure = face.leave().await;
        tracing::info!(told = departure.told, "the node has left");
        Ok(())
    };
    let at_once = async {
        let second = signals.next().await;
        Err(Failure::failed(format!(
            "ended at once by a second signal, {second}: members will find this node dead"
        )))
    };
    gracefully.or(at_once).await
}

fn listen(address: SocketAddr) -> Result<Server, Failure> {
    Server::bind(address).map_err(|error| {
        Failure::failed(format!(
            "cannot bind the control face to {address}: {} (is another agent running? choose another address with --control, or none)",
            reason(&error)
        ))
    })
}

fn not_started(error: &StartError) -> Failure {
    match error {
        StartError::Bind { addr, error } => {
            let advice = match error.kind() {
                ErrorKind::AddrNotAvailable => "choose an address of this machine with --bind",
                ErrorKind::PermissionDenied => "choose a port from 1024 up with --bind",
                _ => "is another agent running? choose another with --bind",
            };
            let reason = reason(error);
            Failure::failed(format!("cannot bind {addr}: {reason} ({advice})"))
        }
        other => Failure::failed(other.to_string()),
    }
}
