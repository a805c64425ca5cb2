//! Sending, receiving and settling, without a worker.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;
use tradepost_common::ids::MessageId;
use tradepost_queue::{Lane, Message, NewMessage, Queue};
use tradepost_tests::queues::Bench;
use tradepostd::jobs::RENDER;
use uuid::Uuid;

const QUEUE: Queue = RENDER;
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(600);

on_both! {
    batch_is_sent_received_and_deleted
    message_arrives_as_it_was_sent
    delayed_message_is_not_received_before_its_time
    received_message_is_hidden_and_comes_back
    extended_message_stays_hidden
    lost_receipt_handle_is_worth_nothing
    failed_message_has_one_attempt_more
    released_message_has_not_been_received
    rolled_back_transaction_sends_nothing
    depths_tell_ready_from_in_flight_and_delayed
}

pub fn new_message(payload: serde_json::Value) -> NewMessage {
    NewMessage::new(QUEUE, &payload).with_correlation(Uuid::new_v4())
}

fn ids(messages: &[Message]) -> BTreeSet<MessageId> {
    messages.iter().map(Message::id).collect()
}

async fn batch_is_sent_received_and_deleted(bench: &Bench) {
    let sent: Vec<_> = (0..45).map(|n| new_message(json!({ "n": n }))).collect();
    bench.send(&sent).await;
    let received = bench.receive(QUEUE, sent.len(), LONG).await;
    assert_eq!(ids(&received), sent.iter().map(|message| message.id).collect());
    assert_eq!(received.len(), sent.len(), "each came once");
    let in_flight: Vec<_> = received.into_iter().map(|message| message.in_flight).collect();
    bench.broker.delete(&in_flight).await.unwrap();
    bench.until_empty(QUEUE).await;
}

async fn message_arrives_as_it_was_sent(bench: &Bench) {
    let sent = NewMessage {
        lane: Lane::Bulk,
        redrives: 3,
        trace_parent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        ..new_message(json!({ "path": "icons/a.svg" }))
    };
    bench.send(std::slice::from_ref(&sent)).await;
    let received = bench.receive_one(QUEUE, LONG).await;
    assert_eq!((received.id(), received.queue()), (sent.id, sent.queue));
    assert_eq!((received.lane(), received.redrives), (sent.lane, sent.redrives));
    assert_eq!(
        (&received.payload, received.correlation_id, &received.trace_parent),
        (&sent.payload, sent.correlation_id, &sent.trace_parent)
    );
    assert_eq!((received.attempt, received.receives), (1, 1));
    assert_eq!((received.is_dead_lettered, &received.fault), (false, &None));
    let made_at = sent.id.0.get_timestamp().unwrap().to_unix().0.cast_signed();
    let enqueued_at = received.enqueued_at.unix_timestamp();
    assert!(
        (made_at..made_at + 90).contains(&enqueued_at),
        "{made_at} {enqueued_at}"
    );
}

async fn delayed_message_is_not_received_before_its_time(bench: &Bench) {
    let delay = Duration::from_secs(3);
    let sent = Instant::now();
    bench.send(&[new_message(json!(1)).with_delay(delay)]).await;
    bench.receive_one(QUEUE, LONG).await;
    assert!(sent.elapsed() >= delay, "{:?}", sent.elapsed());
}

async fn received_message_is_hidden_and_comes_back(bench: &Bench) {
    bench.send(&[new_message(json!(1))]).await;
    let before = Instant::now();
    let first = bench.receive_one(QUEUE, SHORT).await;
    let second = bench.receive_one(QUEUE, LONG).await;
    assert!(before.elapsed() >= SHORT, "{:?}", before.elapsed());
    assert_eq!(second.id(), first.id());
    assert_ne!(second.in_flight.receipt_handle, first.in_flight.receipt_handle);
    assert_eq!((first.receives, second.receives), (1, 2));
    assert_eq!(second.attempt, 1, "nobody has said that it failed");
}

async fn extended_message_stays_hidden(bench: &Bench) {
    bench.send(&[new_message(json!(1)), new_message(json!(2))]).await;
    let received = bench.receive(QUEUE, 2, LONG).await;
    let in_flight: Vec<_> = received.into_iter().map(|message| message.in_flight).collect();
    let extension = Duration::from_secs(4);
    let before = Instant::now();
    assert_eq!(bench.broker.extend(&in_flight, extension).await.unwrap(), [true, true]);
    let again = bench.receive(QUEUE, 2, LONG).await;
    assert!(before.elapsed() >= extension, "{:?}", before.elapsed());
    assert_eq!(ids(&again), in_flight.iter().map(|message| message.id).collect());
}

async fn lost_receipt_handle_is_worth_nothing(bench: &Bench) {
    bench.send(&[new_message(json!(1))]).await;
    let lost = bench.receive_one(QUEUE, SHORT).await.in_flight;
    let kept = bench.receive_one(QUEUE, LONG).await.in_flight;
    let both = [lost.clone(), kept.clone()];
    assert_eq!(bench.broker.extend(&both, LONG).await.unwrap(), [false, true]);
    bench.broker.delete(std::slice::from_ref(&lost)).await.unwrap();
    bench.broker.release_aborted(&lost).await.unwrap();
    assert_eq!(
        bench.broker.extend(&[kept], LONG).await.unwrap(),
        [true],
        "it is still ours"
    );
}

async fn failed_message_has_one_attempt_more(bench: &Bench) {
    bench.send(&[new_message(json!(1))]).await;
    for attempt in 1..=3 {
        let message = bench.receive_one(QUEUE, LONG).await;
        assert_eq!((message.attempt, message.receives), (attempt, attempt));
        bench.fail(&message, "it is Monday").await;
    }
}

async fn released_message_has_not_been_received(bench: &Bench) {
    let sent = new_message(json!({ "path": "icons/a.svg" }));
    bench.send(std::slice::from_ref(&sent)).await;
    // More often than lost workers are forgiven.
    for _ in 0..8 {
        let message = bench.receive_one(QUEUE, LONG).await;
        assert_eq!((message.id(), &message.payload), (sent.id, &sent.payload));
        assert_eq!((message.correlation_id, message.attempt), (sent.correlation_id, 1));
        assert!(message.receives <= 3, "{}", message.receives);
        bench.broker.release(&message, Duration::ZERO).await.unwrap();
    }
    let message = bench.receive_one(QUEUE, LONG).await;
    let (delay, before) = (Duration::from_secs(2), Instant::now());
    bench.broker.release(&message, delay).await.unwrap();
    let again = bench.receive_one(QUEUE, LONG).await;
    assert!(before.elapsed() >= delay, "{:?}", before.elapsed());
    assert_eq!((again.id(), again.attempt, again.receives), (sent.id, 1, 1));
    bench.broker.delete(&[again.in_flight]).await.unwrap();
    bench.until_empty(QUEUE).await;
}

async fn rolled_back_transaction_sends_nothing(bench: &Bench) {
    let (never, sent) = (new_message(json!("never")), new_message(json!("sent")));
    let mut tx = bench.db.begin().await.unwrap();
    bench.broker.send(&mut tx, &[never]).await.unwrap();
    tx.rollback().await.unwrap();
    bench.send(std::slice::from_ref(&sent)).await;
    let received = bench.receive_one(QUEUE, LONG).await;
    assert_eq!(received.id(), sent.id);
    bench.broker.delete(&[received.in_flight]).await.unwrap();
    bench.until_empty(QUEUE).await;
}

async fn depths_tell_ready_from_in_flight_and_delayed(bench: &Bench) {
    let bulk = NewMessage {
        lane: Lane::Bulk,
        ..new_message(json!(2))
    };
    let later = [
        new_message(json!(3)).with_delay(LONG),
        new_message(json!(4)).with_delay(LONG * 2),
    ];
    bench.send(&[new_message(json!(1))]).await;
    bench.receive_one(QUEUE, LONG).await;
    bench.send(&[vec![bulk], later.to_vec()].concat()).await;
    tradepost_tests::wait::eventually("one is ready, one in flight, two are delayed", async || {
        let depths = bench.broker.depths().await.unwrap();
        let found = depths.iter().find(|(queue, _)| *queue == QUEUE);
        let depth = found.map(|(_, depth)| depth.clone()).unwrap_or_default();
        match (depth.ready, depth.in_flight, depth.delayed, depth.oldest_age_seconds) {
            (1, 1, 2, Some(age)) if age >= 0.0 => Ok(()),
            _ => Err(format!("{depth:?}")),
        }
    })
    .await;
}
