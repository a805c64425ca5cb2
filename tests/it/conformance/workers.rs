//! The worker loop on either backend.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tradepost_queue::worker::Policy;
use tradepost_queue::{Lane, NewMessage, Outcome, Queue, attempts};
use tradepost_tests::queues::{Bench, Script, Tally, policy};
use tradepostd::dead_letters::service as dead_letters;
use tradepostd::jobs::RENDER;

use super::messages::new_message;

const QUEUE: Queue = RENDER;

on_both! {
    waiting_worker_gets_what_is_sent
    poison_becomes_a_dead_letter_after_exactly_the_attempts
    panic_is_a_failed_attempt
    retry_is_no_attempt
    discarded_message_is_gone
    redriven_message_starts_again_with_its_id
}

async fn waiting_worker_gets_what_is_sent(bench: &Bench) {
    let tally = Tally::default();
    let worker = bench.work(QUEUE, policy(), tally.script());
    for n in 1..=5 {
        bench.send(&[new_message(json!(n))]).await;
        tally.reaches(n).await;
    }
    bench.until_empty(QUEUE).await;
    worker.finish().await;
}

async fn poison_becomes_a_dead_letter_after_exactly_the_attempts(bench: &Bench) {
    let tally = Tally::default();
    let (calls, seen) = (tally.clone(), Arc::new(Mutex::new(Vec::new())));
    let attempts_seen = seen.clone();
    let script = Script::new(move |message| {
        calls.count(message.id());
        attempts_seen.lock().unwrap().push(message.attempt);
        async move { anyhow::bail!("can not open \"{}\"", message.payload["path"]) }
    });
    let poison = NewMessage {
        lane: Lane::Bulk,
        ..new_message(json!({ "path": "icons/bad.svg" }))
    };
    bench.send(std::slice::from_ref(&poison)).await;
    let worker = bench.work(QUEUE, policy(), script);
    let letter = bench.dead_lettered(poison.id).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;

    assert_eq!(
        (tally.runs(poison.id), seen.lock().unwrap().as_slice()),
        (3, [1, 2, 3].as_slice())
    );
    assert_eq!((letter.row.attempts, letter.row.redrives), (3, 0));
    assert_eq!(
        (&letter.payload, letter.row.upload_id.map(|id| id.0)),
        (&poison.payload, poison.correlation_id)
    );
    assert_eq!((letter.lane, letter.backend), (Lane::Bulk, bench.broker.backend()));
    let history = attempts::list_for_message(&bench.db, poison.id).await.unwrap();
    let history: Vec<_> = history
        .iter()
        .map(|a| (a.attempt.attempt, a.attempt.outcome.as_str()))
        .collect();
    assert_eq!(history, [(3, "dead"), (2, "retry"), (1, "retry")]);
}

async fn panic_is_a_failed_attempt(bench: &Bench) {
    let message = new_message(json!(1));
    bench.send(std::slice::from_ref(&message)).await;
    let once = Policy {
        attempts: 1,
        ..policy()
    };
    let worker = bench.work(
        QUEUE,
        once,
        Script::new(async |_| panic!("this is what the test wants")),
    );
    assert_eq!(bench.dead_lettered(message.id).await.row.error, "the handler panicked");
    worker.finish().await;
}

async fn retry_is_no_attempt(bench: &Bench) {
    let tally = Tally::default();
    let calls = tally.clone();
    let script = Script::new(move |message| {
        calls.count(message.id());
        assert_eq!(message.attempt, 1);
        let outcome = match calls.runs(message.id()) {
            10 => Outcome::Done,
            odd if odd % 3 == 0 => Outcome::Retry(Duration::from_millis(500)),
            _ => Outcome::Retry(Duration::ZERO),
        };
        async { Ok(outcome) }
    });
    let message = new_message(json!({ "path": "icons/a.svg" }));
    bench.send(std::slice::from_ref(&message)).await;
    let worker = bench.work(QUEUE, policy(), script);
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(tally.runs(message.id), 10);
    assert_eq!(
        attempts::list_for_message(&bench.db, message.id).await.unwrap().len(),
        0
    );
}

async fn discarded_message_is_gone(bench: &Bench) {
    bench.send(&[new_message(json!(1))]).await;
    let worker = bench.work(
        QUEUE,
        policy(),
        Script::new(async |_| Ok(Outcome::Discard("its upload no longer exists".to_owned()))),
    );
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(dead_letters::count_by_queue(&bench.db).await.unwrap(), []);
}

async fn redriven_message_starts_again_with_its_id(bench: &Bench) {
    let message = new_message(json!({ "path": "icons/a.svg" }));
    bench.send(std::slice::from_ref(&message)).await;
    let failing = bench.work(QUEUE, policy(), Script::new(async |_| anyhow::bail!("not yet")));
    let letter = bench.dead_lettered(message.id).await;
    failing.finish().await;

    let redriven = dead_letters::message(&letter).unwrap();
    let mut tx = bench.db.begin().await.unwrap();
    dead_letters::delete(&mut tx, &[letter]).await.unwrap();
    bench
        .broker
        .send(&mut tx, std::slice::from_ref(&redriven))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let received = Arc::new(Mutex::new(None));
    let seen = received.clone();
    let worker = bench.work(
        QUEUE,
        policy(),
        Script::new(move |message| {
            *seen.lock().unwrap() = Some(message);
            async { Ok(Outcome::Done) }
        }),
    );
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    let received = received.lock().unwrap().take().unwrap();
    assert_eq!((received.id(), received.attempt, received.redrives), (message.id, 1, 1));
    assert_eq!((received.payload, received.is_dead_lettered), (message.payload, false));
}
