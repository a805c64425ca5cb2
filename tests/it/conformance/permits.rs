//! Permits: the number of handlers, the order of lanes, paused queues, stopping.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tradepost_queue::worker::Policy;
use tradepost_queue::{Lane, NewMessage, Outcome, Queue, attempts, settings};
use tradepost_tests::queues::{Bench, Script, Tally, policy};
use tradepost_tests::wait::eventually;
use tradepostd::dead_letters::service as dead_letters;
use tradepostd::jobs::{QUEUES, RENDER};

use super::messages::new_message;

const QUEUE: Queue = RENDER;

on_both! {
    interactive_messages_pass_a_backlog_of_bulk_ones
    paused_queue_is_left_alone
    concurrency_changes_while_handlers_run
    stop_gives_back_what_is_not_finished
}

/// The backlog never ends by itself: bulk messages come back until the interactive one was handled.
async fn interactive_messages_pass_a_backlog_of_bulk_ones(bench: &Bench) {
    let passed = Arc::new(Semaphore::new(0));
    let (bulk_runs, signal) = (Arc::new(AtomicU32::new(0)), passed.clone());
    let runs = bulk_runs.clone();
    let script = Script::new(move |message| {
        let (runs, signal) = (runs.clone(), signal.clone());
        async move {
            match message.in_flight.lane {
                Lane::Interactive => signal.add_permits(1),
                Lane::Bulk if signal.available_permits() > 0 => {}
                Lane::Bulk => {
                    runs.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    return Ok(Outcome::Retry(Duration::ZERO));
                }
            }
            Ok(Outcome::Done)
        }
    });
    let bulk = |n| NewMessage {
        lane: Lane::Bulk,
        ..new_message(json!(n))
    };
    bench.send(&(0..30).map(bulk).collect::<Vec<_>>()).await;
    let alone = Policy {
        concurrency: 1,
        ..policy()
    };
    let worker = bench.work(QUEUE, alone, script);
    eventually("bulk work runs", async || match bulk_runs.load(Ordering::Relaxed) {
        0..10 => Err("it does not".to_owned()),
        _ => Ok(()),
    })
    .await;
    bench.send(&[new_message(json!("now"))]).await;
    let waited = tokio::time::timeout(tradepost_tests::wait::PATIENCE, passed.acquire()).await;
    assert!(waited.is_ok(), "the interactive message starves");
    drop(waited);
    bench.until_empty(QUEUE).await;
    worker.finish().await;
}

async fn paused_queue_is_left_alone(bench: &Bench) {
    let tally = Tally::default();
    let worker = bench.work(QUEUE, policy(), tally.script());
    pause(bench, Some("ann")).await;
    bench.send(&[new_message(json!(1)), new_message(json!(2))]).await;
    // Long enough for a poll that was under way.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(tally.messages(), 0, "it was paused");
    let decided = settings::read(&bench.db, &QUEUES).await.unwrap();
    assert_eq!(decided[&QUEUE].paused_by.as_deref(), Some("ann"));
    pause(bench, None).await;
    tally.reaches(2).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(dead_letters::count_by_queue(&bench.db).await.unwrap(), []);
}

async fn concurrency_changes_while_handlers_run(bench: &Bench) {
    let (running, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
    let (now, may_end) = (running.clone(), gate.clone());
    let script = Script::new(move |_| {
        let (now, may_end) = (now.clone(), may_end.clone());
        async move {
            now.fetch_add(1, Ordering::SeqCst);
            may_end.acquire().await.unwrap().forget();
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(Outcome::Done)
        }
    });
    let run_at_once = async |count: u32| {
        eventually(&format!("{count} run at once"), async || {
            match running.load(Ordering::SeqCst) {
                now if now == count => Ok(()),
                now => Err(format!("{now} do")),
            }
        })
        .await;
    };
    let messages: Vec<_> = (0..40).map(|n| new_message(json!(n))).collect();
    bench.send(&messages).await;
    let alone = Policy {
        concurrency: 1,
        ..policy()
    };
    let worker = bench.work(QUEUE, alone, script);
    run_at_once(1).await;
    set_concurrency(bench, 5).await;
    run_at_once(5).await;
    set_concurrency(bench, 2).await;
    eventually("no more than two run at once", async || {
        match running.load(Ordering::SeqCst) {
            ..=2 => Ok(()),
            now => {
                gate.add_permits(1);
                Err(format!("{now} do"))
            }
        }
    })
    .await;
    run_at_once(2).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(running.load(Ordering::SeqCst), 2, "no more than that");
    gate.add_permits(100);
    bench.until_empty(QUEUE).await;
    worker.finish().await;
}

async fn stop_gives_back_what_is_not_finished(bench: &Bench) {
    let started = Arc::new(Semaphore::new(0));
    let (signal, seen) = (started.clone(), Mutex::new(HashSet::new()));
    let hanging = Script::new(move |message| {
        // A message may come twice.
        if seen.lock().unwrap().insert(message.in_flight.id) {
            signal.add_permits(1);
        }
        std::future::pending()
    });
    let hurried = Policy {
        // No permit is free when it stops: what SQS delivers at that moment would be hidden for the visibility timeout.
        concurrency: 3,
        visibility: Duration::from_secs(600),
        stop_deadline: Duration::from_millis(100),
        ..policy()
    };
    let messages: Vec<_> = (0..3).map(|n| new_message(json!(n))).collect();
    bench.send(&messages).await;
    let stopped = bench.work(QUEUE, hurried, hanging);
    started.acquire_many(3).await.unwrap().forget();
    stopped.finish().await;

    // Within the visibility timeout of the one that was stopped.
    let tally = Tally::default();
    let worker = bench.work(QUEUE, policy(), tally.script());
    tally.reaches(3).await;
    worker.finish().await;
    for message in messages {
        assert_eq!(
            attempts::list_for_message(&bench.db, message.id).await.unwrap().len(),
            0
        );
    }
}

/// Waits until the workers know it.
async fn pause(bench: &Bench, by: Option<&str>) {
    let mut tx = bench.db.begin().await.unwrap();
    settings::set_paused(&mut tx, QUEUE, by).await.unwrap();
    tx.commit().await.unwrap();
    let mut known = bench.settings.clone();
    let is_so = |known: &settings::Settings| known.get(&QUEUE).is_some_and(|now| now.paused_by.as_deref() == by);
    known.wait_for(is_so).await.unwrap();
}

async fn set_concurrency(bench: &Bench, concurrency: u32) {
    let mut tx = bench.db.begin().await.unwrap();
    settings::set_concurrency(&mut tx, QUEUE, Some(concurrency), "ann")
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
