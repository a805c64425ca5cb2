//! The outbox: nothing is lost between a transaction and SQS, whichever process is killed.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;
use tradepost_common::queues::Backend;
use tradepost_queue::sqs::SendResult;
use tradepost_queue::{Message, NewMessage, Queue, outbox};
use tradepost_tests::queues::Bench;
use tradepost_tests::wait::eventually;
use tradepostd::jobs::{QUEUES, RENDER};
use tradepostd::operations::outcomes::OutcomeLog;

use super::messages::new_message;
use super::sqs_with;

const QUEUE: Queue = RENDER;
const LONG: Duration = Duration::from_secs(600);

async fn expire_claims(bench: &Bench) {
    sqlx::query("update outbox set claimed_until = now() where claim is not null")
        .execute(&bench.db)
        .await
        .unwrap();
}

/// Waits until the outbox has so many rows.
async fn until_rows(bench: &Bench, number: i64) {
    eventually("the outbox has its rows", async || match rows(bench).await {
        found if found == number => Ok(()),
        found => Err(format!("{found} rows")),
    })
    .await;
}

async fn rows(bench: &Bench) -> i64 {
    let count = sqlx::query_scalar("select count(*) from outbox").fetch_one(&bench.db);
    count.await.unwrap()
}

fn distinct(messages: &[Message]) -> usize {
    messages.iter().map(Message::id).collect::<BTreeSet<_>>().len()
}

#[tokio::test]
async fn relay_killed_between_send_and_delete_loses_nothing() {
    let Some(mut bench) = sqs_with(|_| {}).await else {
        return;
    };
    let messages: Vec<_> = (0..30).map(|n| new_message(json!(n))).collect();
    bench.send(&messages).await;
    // A relay dies before it sends, the next one after it has sent.
    let first = outbox::claim(&bench.db, &QUEUES, 10).await.unwrap();
    let second = outbox::claim(&bench.db, &QUEUES, 10).await.unwrap();
    assert_eq!((first.rows.len(), second.rows.len()), (10, 10));
    assert_eq!(bench.sqs().send(&second.messages()).await, vec![SendResult::Sent; 10]);
    assert_eq!(rows(&bench).await, 30);
    drop((first, second));
    expire_claims(&bench).await;
    bench.relay();
    let received = bench.receive(QUEUE, 40, LONG).await;
    assert_eq!(
        (received.len(), distinct(&received)),
        (40, 30),
        "ten came twice, none was lost"
    );
    until_rows(&bench, 0).await;
    bench.close().await;
}

#[tokio::test]
async fn two_relays_send_every_message_once() {
    let Some(bench) = sqs_with(|_| {}).await else { return };
    let messages: Vec<_> = (0..300).map(|n| new_message(json!(n))).collect();
    bench.send(&messages).await;
    let relay = async || {
        loop {
            let claim = outbox::claim(&bench.db, &QUEUES, 20).await.unwrap();
            if claim.rows.is_empty() {
                return;
            }
            let results = bench.sqs().send(&claim.messages()).await;
            outbox::settle(&bench.db, &OutcomeLog, claim, results).await.unwrap();
        }
    };
    tokio::join!(relay(), relay(), relay());
    let received = bench.receive(QUEUE, 300, LONG).await;
    assert_eq!((received.len(), distinct(&received)), (300, 300));
    assert_eq!(rows(&bench).await, 0);
    bench.close().await;
}

#[tokio::test]
async fn relay_takes_over_when_another_is_gone() {
    let Some(mut bench) = sqs_with(|_| {}).await else {
        return;
    };
    let lease = tradepost_leases::hold(&bench.db, "outbox", "another", Duration::from_secs(3)).await;
    assert!(lease.unwrap().is_some());
    bench.relay();
    bench.send(&[new_message(json!(1))]).await;
    bench.receive_one(QUEUE, LONG).await;
    bench.close().await;
}

#[tokio::test]
async fn message_that_sqs_refuses_for_good_becomes_a_dead_letter() {
    let Some(mut bench) = sqs_with(|_| {}).await else {
        return;
    };
    let (server, url) = (bench.server().client(), bench.server().url("render").await);
    let smaller = server.set_queue_attributes().queue_url(url);
    let smaller = smaller
        .attributes(QueueAttributeName::MaximumMessageSize, "1024")
        .send();
    smaller.await.unwrap();
    let refused = NewMessage {
        redrives: 1,
        ..new_message(json!({ "text": "x".repeat(2_000) }))
    };
    let taken = new_message(json!({ "text": "x" }));
    bench.send(&[refused.clone(), taken.clone()]).await;
    let claim = outbox::claim(&bench.db, &QUEUES, 10).await.unwrap();
    let outcomes = bench.sqs().send(&claim.messages()).await;
    assert!(matches!(outcomes[0], SendResult::Refused(_)), "{outcomes:?}");
    assert_eq!(outcomes[1], SendResult::Sent, "the other is not to blame");

    // It has been refused as often as it may be but once.
    sqlx::query("update outbox set tries = $1")
        .bind(outbox::MAX_TRIES - 1)
        .execute(&bench.db)
        .await
        .unwrap();
    expire_claims(&bench).await;
    bench.relay();
    let letter = bench.dead_lettered(refused.id).await;
    assert!(
        letter.row.error.starts_with("could not be sent: "),
        "{}",
        letter.row.error
    );
    assert_eq!((letter.payload, letter.row.redrives), (refused.payload, 1));
    until_rows(&bench, 0).await;
    bench.close().await;
}

#[tokio::test]
async fn refused_message_is_tried_again_later() {
    let Some(bench) = sqs_with(|_| {}).await else { return };
    bench.send(&[new_message(json!(1)), new_message(json!(2))]).await;
    let claim = outbox::claim(&bench.db, &QUEUES, 10).await.unwrap();
    let outcomes = vec![
        SendResult::Refused("no".to_owned()),
        SendResult::Failed("not now".to_owned()),
    ];
    outbox::settle(&bench.db, &OutcomeLog, claim, outcomes).await.unwrap();
    assert_eq!(
        outbox::claim(&bench.db, &QUEUES, 10).await.unwrap().rows.len(),
        0,
        "not at once"
    );
    let noted: Vec<(i32, String)> = sqlx::query_as("select tries, error from outbox order by id")
        .fetch_all(&bench.db)
        .await
        .unwrap();
    assert_eq!(noted, [(1, "no".to_owned()), (0, "not now".to_owned())]);
    expire_claims(&bench).await;
    assert_eq!(outbox::claim(&bench.db, &QUEUES, 10).await.unwrap().rows.len(), 2);
    bench.close().await;
}

#[tokio::test]
async fn message_for_much_later_waits_in_the_outbox() {
    let Some(bench) = Bench::start(Backend::Sqs).await else {
        return;
    };
    let late = new_message(json!("late")).with_delay(Duration::from_secs(3_600));
    bench.send(&[late.clone(), new_message(json!("now"))]).await;
    bench.receive_one(QUEUE, LONG).await;
    // A message is there before the relay has deleted its row.
    until_rows(&bench, 1).await;
    assert_eq!(outbox::claim(&bench.db, &QUEUES, 10).await.unwrap().rows.len(), 0);
    sqlx::query("update outbox set visible_at = now() + interval '2 seconds'")
        .execute(&bench.db)
        .await
        .unwrap();
    assert_eq!(bench.receive_one(QUEUE, LONG).await.id(), late.id);
    bench.close().await;
}
