//! `swim sim record`: a cluster that really runs, on the page of a simulated one.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use smol::future::FutureExt;
use smol::{LocalExecutor, Timer};
use swim_sim::report::{Live, Sent, Told};
use swim_sim::scenario::Span;

use super::reports::{check_writable, show, written};
use crate::agent::Signals;
use crate::args::RecordArgs;
use crate::control::Client;
use crate::control::json::{InfoView, MemberView};
use crate::errors::Failure;
use crate::output;

/// An agent that has not answered after so long stands still.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was recorded, for a script.
#[derive(Debug, Serialize)]
struct Recorded {
    agents: usize,
    members: usize,
    recorded_s: f64,
    sentences: [String; 3],
}

/// Asks the agents until the time is over or somebody interrupts, and draws what they told.
pub(super) fn run(args: &RecordArgs) -> Result<(), Failure> {
    if args.every == Span::default() {
        return Err(Failure::usage(
            "--every 0s: the agents would be asked without a rest (give it a time, such as 250ms)",
        ));
    }
    check_writable("--html", &args.html)?;
    let mut signals = Signals::new()?;
    let addresses = args.addresses()?;
    let live = RefCell::new(Live::new());
    let began = Instant::now();
    let names = smol::block_on(begin(&addresses, &live, began))?;
    say(args);
    let tasks = LocalExecutor::new();
    for (address, name) in addresses.into_iter().zip(names) {
        let every = args.every.0;
        let asking = follow(address, name, every, &live, began);
        tasks.spawn(asking).detach();
    }
    let over = async {
        Timer::after(args.lasting.0).await;
    };
    let interrupted = async {
        signals.next().await;
    };
    smol::block_on(tasks.run(over.or(interrupted)));
    drop(tasks);
    finish(args, &live.into_inner(), began.elapsed())
}

/// The first question: somebody must answer, or there is nothing to draw. Returns the names of those who do.
async fn begin(
    addresses: &[SocketAddr],
    live: &RefCell<Live>,
    began: Instant,
) -> Result<Vec<Option<String>>, Failure> {
    let mut names = Vec::new();
    let mut refused = None;
    for address in addresses {
        match ask(*address).await {
            Ok(answer) => {
                names.push(Some(answer.name.clone()));
                answer.enter(began, live);
                continue;
            }
            Err(Absence::Gone(failure)) => refused = Some(failure),
            Err(Absence::Silent) => {}
        }
        names.push(None);
    }
    if live.borrow().agents() > 0 {
        return Ok(names);
    }
    Err(refused.unwrap_or_else(|| {
        Failure::no_agent(format!(
            "none of {} agents answers within {PATIENCE:?} (are they running? name their control faces with --control)",
            addresses.len()
        ))
    }))
}

/// Asks one agent again and again; `name` is who answered there last.
async fn follow(
    address: SocketAddr,
    mut name: Option<String>,
    every: Duration,
    live: &RefCell<Live>,
    began: Instant,
) {
    loop {
        let answer = ask(address).await;
        let at = began.elapsed();
        match (answer, &name) {
            (Ok(answer), before) => {
                let now = answer.name.clone();
                if let Some(before) = before.as_ref().filter(|before| **before != now) {
                    // Another agent took the place of the one that was here.
                    live.borrow_mut().gone(at, before);
                }
                answer.enter(began, live);
                name = Some(now);
            }
            (Err(Absence::Gone(_)), Some(name)) => live.borrow_mut().gone(at, name),
            (Err(Absence::Silent), Some(name)) => live.borrow_mut().silent(at, name),
            (Err(_), None) => {}
        }
        Timer::after(every).await;
    }
}

/// What an agent answered.
struct Answer {
    name: String,
    members: Vec<Told>,
    sent: Sent,
}

impl Answer {
    fn enter(self, began: Instant, live: &RefCell<Live>) {
        let at = began.elapsed();
        let mut live = live.borrow_mut();
        live.answered(at, &self.name, &self.members, self.sent);
    }
}

/// Why there is no answer.
enum Absence {
    /// Nothing is there, or no agent.
    Gone(Failure),
    /// Something is there, and does not answer in time.
    Silent,
}

async fn ask(address: SocketAddr) -> Result<Answer, Absence> {
    let client = Client::new(address);
    let answer = async {
        let info: InfoView = client.get("/v1/info").await?;
        let members: Vec<MemberView> = client.get("/v1/members").await?;
        Ok((info, members))
    };
    let late = async {
        Timer::after(PATIENCE).await;
        Err(None)
    };
    let answer = async { answer.await.map_err(Some) };
    let (info, members) = answer.or(late).await.map_err(|failure| match failure {
        Some(failure) => Absence::Gone(failure),
        None => Absence::Silent,
    })?;
    let count = |name: &str| info.counters.get(name).copied().unwrap_or_default();
    Ok(Answer {
        sent: Sent {
            datagrams: count("datagrams_sent"),
            bytes: count("datagram_bytes_sent"),
        },
        members: members.into_iter().map(told).collect(),
        name: info.name,
    })
}

fn told(member: MemberView) -> Told {
    Told {
        state: member.state.into(),
        incarnation: member.incarnation,
        name: member.name,
    }
}

/// Says to a person what goes on, as nothing else is seen of it for a while.
fn say(args: &RecordArgs) {
    let lasting = args.lasting;
    let path = args.html.display();
    output::note(&format!(
        "recording for {lasting}; Ctrl-C ends it, and {path} shows what there is by then"
    ));
}

fn finish(args: &RecordArgs, live: &Live, length: Duration) -> Result<(), Failure> {
    let (page, sentences) = live.page(length, "Recorded", &again(args));
    written("--html", &args.html, &page)?;
    if args.open {
        show(&args.html)?;
    }
    let (agents, members) = (live.agents(), live.members());
    if args.json {
        let recorded_s = length.as_secs_f64();
        return output::json(&Recorded {
            agents,
            members,
            recorded_s,
            sentences,
        });
    }
    let text = sentences.join("\n");
    let path = Path::display(&args.html);
    output::print(&format!(
        "{text}\n {agents} of {} agents answered, {members} members\n page      {path}\n",
        args.control.len(),
    ))
}

fn again(args: &RecordArgs) -> String {
    let addresses = args.control.join(" ");
    let (lasting, html) = (args.lasting, args.html.display());
    format!("swim sim record --control {addresses} --for {lasting} --html {html}")
}
