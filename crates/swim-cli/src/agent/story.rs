//! What happens to the node, kept for the control face. (The library itself tells it to the logs.)

use std::rc::Rc;

use swim_smol::Events;

use crate::control::Face;
use crate::control::json::EventView;

/// Keeps each event until the node is shut down.
pub(super) async fn keep(face: Rc<Face>, mut events: Events) {
    while let Some(event) = events.next().await {
        face.counts.events_overrun.set(events.lost());
        if let Some(view) = EventView::of(&event, face.journal.next_seq()) {
            face.journal.record(&view);
        }
    }
}
