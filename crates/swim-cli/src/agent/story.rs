//! What happens to the node, told to the logs and kept for the control face.

use std::rc::Rc;

use swim_smol::{Event, EventKind, Events};

use crate::control::Face;
use crate::control::json::EventView;

/// Tells each event until the node is shut down.
pub(super) async fn tell(face: Rc<Face>, mut events: Events) {
    while let Some(event) = events.next().await {
        face.counts.events_lost.set(events.lost());
        match EventView::of(&event, face.journal.next_seq()) {
            Some(view) => {
                log(&event, &view);
                face.journal.record(&view);
            }
            None => log_condition(&event),
        }
    }
}

/// A line for what others can follow too.
fn log(event: &Event, view: &EventView) {
    let (member, addr) = (view.member.name.as_str(), view.member.addr);
    let (incarnation, event_name) = (view.member.incarnation, view.event.name());
    let sentence = view.sentence();
    match event.kind {
        EventKind::NameTaken { .. } => tracing::error!(
            event = event_name, member, %addr, incarnation,
            "an older node has our name: this one is silent from now on (start it again with another --name)"
        ),
        EventKind::Suspect | EventKind::Dead | EventKind::Conflict { .. } => {
            tracing::warn!(event = event_name, member, %addr, incarnation, "{sentence}");
        }
        _ => tracing::info!(event = event_name, member, %addr, incarnation, "{sentence}"),
    }
}

/// A line for what concerns this node alone.
fn log_condition(event: &Event) {
    match event.kind {
        EventKind::Crowded => {
            tracing::warn!("the roster is full: newcomers are refused (raise --max-members)");
        }
        EventKind::Welcome => tracing::info!("joined the cluster"),
        EventKind::Unreachable => tracing::warn!(
            "the member that answered our join can't reach the address that we advertise (correct --advertise)"
        ),
        EventKind::SettingsDiffer => tracing::warn!(
            member = event.member.name, addr = %event.member.addr,
            "a member runs with other intervals or suspicion settings (give all members one --profile)"
        ),
        _ => tracing::info!(
            event = event.kind.name(),
            member = event.member.name,
            "noticed"
        ),
    }
}
