//! What happens in the demo, act by act. Each act stands on the one before.

use std::time::{Duration, Instant};

use super::picture::LEGEND;
use super::show::{Expectation, LONGEST, Show, name};
use super::sky::Sky;
use super::stage::Outcome;
use super::told::Told;
use crate::control::LEAVE_TIMEOUT;
use crate::control::json::{Departure, MetaWish, StateView};
use crate::errors::Failure;
use crate::metadata::Pairs;
use crate::text;

/// Bound for: the views of all have become one, after a start, a return, a leave or a change.
const WITHIN_NEWS: Duration = Duration::from_secs(5);

/// Bound for: somebody has noticed that the killed agent does not answer.
const WITHIN_SUSPICION: Duration = Duration::from_secs(8);

/// Plays all acts. What is late is noted, and the play goes on; it stops at what never came.
pub(super) async fn play(show: &mut Show) -> Result<(), Failure> {
    let profile = show.profile().to_owned();
    show.stage.say(&format!(
        "swim demo: {} agents, profile {profile}, each a process of its own on this machine",
        show.nodes
    ))?;
    show.stage.say(&format!("           {LEGEND}"))?;
    let _all_seen = meet(show).await?
        && change(show).await?
        && lose(show).await?
        && take_back(show).await?
        && part(show).await?
        && conclude(show)?;
    Ok(())
}

/// The first node is the one through which all others join, and the one that will be killed: no node is special.
fn victim() -> String {
    name(0)
}

/// The node that will leave in peace.
fn leaver() -> String {
    name(1)
}

/// A node that stays to the end.
fn stayer() -> String {
    name(2)
}

async fn meet(show: &mut Show) -> Result<bool, Failure> {
    show.stage
        .title(&format!("1. Strangers meet: all join through {}", victim()))?;
    show.start(victim(), None, None).await?;
    let seed = show.agent(&victim())?.bind;
    for index in 1..show.nodes {
        show.start(name(index), None, Some(seed)).await?;
    }
    let (names, nodes) = (show.names(), show.nodes);
    let what = expectation(
        "meet",
        format!("all {nodes} list all {nodes} alive"),
        WITHIN_NEWS,
    );
    let views = nodes * nodes;
    let alive = move |sky: &Sky| -> usize {
        names
            .iter()
            .map(|observer| count(sky, &names, observer, StateView::Alive))
            .sum()
    };
    let met = show.expect(
        what,
        |sky| alive(sky) == views,
        |sky| format!("{} of {views} views say alive", alive(sky)),
    );
    let met = met.await?;
    show.picture()?;
    Ok(met)
}

async fn change(show: &mut Show) -> Result<bool, Failure> {
    let teller = stayer();
    show.stage.title(&format!(
        "2. News travels: {teller} tells mood=curious of itself"
    ))?;
    let meta = Pairs::from([("mood".to_owned(), "curious".to_owned())]);
    let client = show.agent(&teller)?.client();
    let what = expectation(
        "change",
        format!("all {} know {teller}'s mood", show.nodes),
        WITHIN_NEWS,
    );
    let _: MetaWish = client
        .post("/v1/meta", &MetaWish { meta: meta.clone() }, LEAVE_TIMEOUT)
        .await?;
    let names = show.names();
    let all = names.len();
    let knowing = move |sky: &Sky| {
        let knows = |observer: &&String| {
            sky.member(observer, &teller)
                .is_some_and(|member| member.meta == meta)
        };
        names.iter().filter(knows).count()
    };
    let known = show.expect(
        what,
        |sky| knowing(sky) == all,
        |sky| format!("{} of {all} know it", knowing(sky)),
    );
    known.await
}

async fn lose(show: &mut Show) -> Result<bool, Failure> {
    let victim = victim();
    let already = show.sky.ever(StateView::Dead);
    if let Some(first) = already.first() {
        return Err(Failure::failed(format!(
            "{} listed {} dead before anybody was killed",
            first.observer, first.member
        )));
    }
    let pid = show.agent(&victim)?.pid();
    show.stage.title(&format!(
        "3. Sudden death: {victim}, pid {pid}, is killed with SIGKILL"
    ))?;
    let (name, signal) = (victim.as_str(), "SIGKILL");
    show.stage.object(&Told::Killed { name, pid, signal })?;
    let since = Instant::now();
    show.take(&victim)?.kill().await?;
    let survivors = show.names();
    let all = survivors.len();
    let so_far = |sky: &Sky| {
        let suspecting = seeing(sky, &survivors, &victim, StateView::Suspect);
        let dead = seeing(sky, &survivors, &victim, StateView::Dead);
        format!("{suspecting} of {all} suspect {victim}, to {dead} of {all} it is dead")
    };
    let expected = format!("a survivor suspects {victim}");
    let what = Expectation {
        step: "suspicion",
        expected,
        within: WITHIN_SUSPICION,
        since,
    };
    let suspected = |sky: &Sky| {
        sky.ever(StateView::Suspect)
            .iter()
            .any(|sighting| sighting.member == victim)
    };
    if !show.expect(what, suspected, so_far).await? {
        return Ok(false);
    }
    show.picture()?;
    let expected = format!("all {all} survivors list {victim} dead");
    let what = Expectation {
        step: "death",
        expected,
        within: show.within_death,
        since,
    };
    let dead = |sky: &Sky| seeing(sky, &survivors, &victim, StateView::Dead) == all;
    let dead = show.expect(what, dead, so_far).await?;
    show.picture()?;
    Ok(dead)
}

async fn take_back(show: &mut Show) -> Result<bool, Failure> {
    let (victim, host, nodes) = (victim(), stayer(), show.nodes);
    show.stage.title(&format!(
        "4. Forgiveness: {victim} starts again and joins through {host}"
    ))?;
    let seed = show.agent(&host)?.bind;
    let old = show.sky.member(&host, &victim).map(|member| member.addr);
    show.start(victim.clone(), old, Some(seed)).await?;
    let names = show.names();
    let what = expectation(
        "return",
        format!("all {nodes} list {victim} alive, and {victim} all {nodes}"),
        WITHIN_NEWS,
    );
    let welcoming = |sky: &Sky| seeing(sky, &names, &victim, StateView::Alive);
    let knowing = |sky: &Sky| count(sky, &names, &victim, StateView::Alive);
    let back = show.expect(
        what,
        |sky| welcoming(sky) == nodes && knowing(sky) == nodes,
        |sky| {
            format!(
                "alive to {} of {nodes}, and it knows {} of {nodes}",
                welcoming(sky),
                knowing(sky)
            )
        },
    );
    let back = back.await?;
    show.picture()?;
    Ok(back)
}

async fn part(show: &mut Show) -> Result<bool, Failure> {
    let leaver = leaver();
    show.stage
        .title(&format!("5. Farewell: {leaver} leaves in peace"))?;
    let mut leaving = show.take(&leaver)?;
    let stayers = show.names();
    let all = stayers.len();
    let what = expectation(
        "leave",
        format!("the other {all} list {leaver} left"),
        WITHIN_NEWS,
    );
    let client = leaving.client();
    let goodbye = show.meanwhile(async move {
        let said: Result<Departure, _> = client.post("/v1/leave", &(), LEAVE_TIMEOUT * 2).await;
        said
    });
    let left = |sky: &Sky| seeing(sky, &stayers, &leaver, StateView::Left);
    let gone = show.expect(
        what,
        |sky| left(sky) == all,
        |sky| format!("{} of {all} list it left", left(sky)),
    );
    let gone = gone.await?;
    let so_far = || format!("{leaver} says goodbye, and ends");
    let ending = async {
        goodbye.await?;
        leaving.ended().await
    };
    let ended = show
        .stage
        .patiently("leave", Instant::now(), so_far, ending)
        .await??;
    if !ended.success() {
        let text = format!("{leaver} left, but its process ended badly: {ended}");
        return Err(Failure::failed(text));
    }
    show.picture()?;
    Ok(gone)
}

/// The verdict on all that was seen from the first moment to the last.
fn conclude(show: &mut Show) -> Result<bool, Failure> {
    let victim = victim();
    show.stage.title("6. Justice")?;
    let expected = format!(
        "nobody but {victim} was ever listed dead by anybody, within {} in all",
        text::took(LONGEST)
    );
    show.stage.say(&format!("  expected  {expected}"))?;
    let deaths = show.sky.ever(StateView::Dead);
    let wrong = deaths.iter().find(|death| death.member != victim);
    let seen = match wrong {
        Some(wrong) => format!("{} listed {} dead", wrong.observer, wrong.member),
        None => format!(
            "{} listed {victim} dead, and nobody else",
            text::count(deaths.len(), "node")
        ),
    };
    let took = wrong.is_none().then(|| show.began.elapsed());
    show.conclude(Outcome {
        step: "justice",
        expected,
        within: LONGEST,
        seen,
        took,
    })
}

/// Something that is awaited from now on.
fn expectation(step: &'static str, expected: String, within: Duration) -> Expectation {
    Expectation {
        step,
        expected,
        within,
        since: Instant::now(),
    }
}

/// How many of the members `observer` sees in that state.
fn count(sky: &Sky, members: &[String], observer: &str, state: StateView) -> usize {
    members
        .iter()
        .filter(|member| sky.state(observer, member) == Some(state))
        .count()
}

/// How many of the observers see `member` in that state.
fn seeing(sky: &Sky, observers: &[String], member: &str, state: StateView) -> usize {
    observers
        .iter()
        .filter(|observer| sky.state(observer, member) == Some(state))
        .count()
}
