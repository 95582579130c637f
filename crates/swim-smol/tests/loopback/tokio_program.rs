//! A program on tokio that knows nothing of smol.

use std::time::Duration;

use swim_smol::{EventKind, State};

use crate::support::*;

#[tokio::test]
async fn everything_works_inside_tokio() {
    let a = node("a").start().await.expect("starts");
    let b = node("b").start().await.expect("starts");
    let mut events = a.events();
    let joining = b.join([a.local_addr().to_string()]);
    let report = tokio::spawn(joining).await.expect("a future that may move");
    assert_eq!(report.answered, 1);

    let joined = tokio::time::timeout(PATIENCE, events.next())
        .await
        .expect("in time");
    let joined = joined.expect("running");
    assert_eq!(
        (joined.kind, joined.member.name.as_str()),
        (EventKind::Join, "b")
    );

    b.update(b"hello").await.expect("fits");
    let next = tokio::time::timeout(PATIENCE, events.next())
        .await
        .expect("in time");
    assert_eq!(next.expect("running").member.meta, b"hello");

    b.leave(PATIENCE).await.expect("told");
    while state(&a, "b") != Some(State::Left) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    b.shutdown().await;
    a.shutdown().await;
    while events.next().await.is_some() {}
}
