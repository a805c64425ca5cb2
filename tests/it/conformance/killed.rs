//! Workers that die, and those that only take long.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tradepost_queue::worker::Policy;
use tradepost_queue::{Lane, NewMessage, Outcome, Queue, attempts};
use tradepost_tests::queues::{Bench, Script, Tally, policy};
use tradepostd::dead_letters::service as dead_letters;
use tradepostd::jobs::RENDER;

use super::messages::new_message;

const QUEUE: Queue = RENDER;

on_both! {
    orphan_of_a_killed_worker_comes_back
    poison_message_is_dead_lettered
    heartbeat_keeps_a_long_handler_alone
    every_message_is_handled_when_workers_come_and_go
}

async fn orphan_of_a_killed_worker_comes_back(bench: &Bench) {
    let stuck = Arc::new(Semaphore::new(0));
    let short = Policy {
        visibility: Duration::from_secs(2),
        ..policy()
    };
    let started = stuck.clone();
    let hanging = Script::new(move |_| {
        started.add_permits(1);
        std::future::pending()
    });
    let message = new_message(json!(1));
    bench.send(std::slice::from_ref(&message)).await;
    let killed = bench.work(QUEUE, short.clone(), hanging);
    stuck.acquire().await.unwrap().forget();
    killed.kill().await;

    let tally = Tally::default();
    let worker = bench.work(QUEUE, short, tally.script());
    tally.reaches(1).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(tally.runs(message.id), 1);
    assert_eq!(
        attempts::list_for_message(&bench.db, message.id).await.unwrap().len(),
        0
    );
}

async fn poison_message_is_dead_lettered(bench: &Bench) {
    let message = new_message(json!(1));
    bench.send(std::slice::from_ref(&message)).await;
    // Each of these stands for a worker that dies with it.
    for _ in 0..6 {
        bench.receive_one(QUEUE, Duration::from_secs(1)).await;
    }
    let worker = bench.work(
        QUEUE,
        policy(),
        Script::new(async |_| panic!("it must not be tried again")),
    );
    let letter = bench.dead_lettered(message.id).await;
    worker.finish().await;
    assert_eq!(letter.row.error, "6 workers were lost with it");
}

async fn heartbeat_keeps_a_long_handler_alone(bench: &Bench) {
    let tally = Tally::default();
    let calls = tally.clone();
    let slow = Script::new(move |message| {
        calls.count(message.id());
        async {
            tokio::time::sleep(Duration::from_secs(14)).await;
            Ok(Outcome::Done)
        }
    });
    let message = new_message(json!(1));
    bench.send(std::slice::from_ref(&message)).await;
    let short = Policy {
        visibility: Duration::from_secs(9),
        ..policy()
    };
    let worker = bench.work(QUEUE, short, slow);
    tally.reaches(1).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(tally.runs(message.id), 1);
}

async fn every_message_is_handled_when_workers_come_and_go(bench: &Bench) {
    let tally = Tally::default();
    let messages: Vec<_> = (0..200)
        .map(|n| NewMessage {
            lane: Lane::ALL[n % 2],
            ..new_message(json!(n))
        })
        .collect();
    let short = Policy {
        visibility: Duration::from_secs(2),
        ..policy()
    };
    let slow = || {
        let tally = tally.clone();
        Script::new(move |message| {
            let tally = tally.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                tally.count(message.id());
                Ok(Outcome::Done)
            }
        })
    };
    for some in messages.chunks(50) {
        bench.send(some).await;
        let killed = bench.work(QUEUE, short.clone(), slow());
        let handled = tally.messages();
        tally.reaches(handled + 10).await;
        killed.kill().await;
    }
    let worker = bench.work(QUEUE, short, slow());
    tally.reaches(messages.len()).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(dead_letters::count_by_queue(&bench.db).await.unwrap(), []);
}
