//! Messages that a worker on PostgreSQL claims before a handler is free for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tradepost_common::queues::Backend;
use tradepost_queue::worker::Policy;
use tradepost_queue::{Lane, NewMessage, Outcome, Queue};
use tradepost_tests::queues::{Bench, Script, policy};
use tradepost_tests::wait::eventually;
use tradepostd::dead_letters::service as dead_letters;
use tradepostd::jobs::RENDER;

use super::messages::new_message;
use super::run;

const QUEUE: Queue = RENDER;
const PREFETCH: u32 = 10;

fn alone() -> Policy {
    Policy {
        concurrency: 1,
        prefetch: PREFETCH,
        ..policy()
    }
}

fn bulk(count: u32) -> Vec<NewMessage> {
    let bulk = |number| NewMessage {
        lane: Lane::Bulk,
        ..new_message(json!(number))
    };
    (0..count).map(bulk).collect()
}

async fn claimed(bench: &Bench) -> i64 {
    let claimed = sqlx::query_scalar("select count(*) from queue_messages where receipt is not null");
    claimed.fetch_one(&bench.db).await.unwrap()
}

#[tokio::test]
async fn an_interactive_message_waits_for_the_prefetch_and_one_more_claim_at_most() {
    run(Backend::Postgres, interactive_among_bulk).await;
}

async fn interactive_among_bulk(bench: &Bench) {
    const SENT_AFTER: u32 = 100;
    let (started, passed) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (started_here, passed_here) = (started.clone(), passed.clone());
    let (db, broker) = (bench.db.clone(), bench.broker.clone());
    let script = Script::new(move |message| {
        let (started, passed) = (started_here.clone(), passed_here.clone());
        let (db, broker) = (db.clone(), broker.clone());
        async move {
            if message.lane() == Lane::Interactive {
                passed.store(started.load(Ordering::SeqCst) - SENT_AFTER, Ordering::SeqCst);
            } else if started.fetch_add(1, Ordering::SeqCst) + 1 == SENT_AFTER {
                let mut tx = db.begin().await?;
                broker.send(&mut tx, &[new_message(json!("now"))]).await?;
                tx.commit().await?;
            }
            Ok(Outcome::Done)
        }
    });
    passed.store(u32::MAX, Ordering::SeqCst);
    bench.send(&bulk(500)).await;
    let worker = bench.work(QUEUE, alone(), script);
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(started.load(Ordering::SeqCst), 500);
    let passed = passed.load(Ordering::SeqCst);
    // A claim that was sent after the message may overtake it in the database; it has at most as many as may be ahead.
    assert!(passed <= 2 * PREFETCH, "{passed} bulk messages started before it");
}

#[tokio::test]
async fn what_was_claimed_ahead_is_released_when_handlers_become_slow() {
    run(Backend::Postgres, handlers_become_slow).await;
}

async fn handlers_become_slow(bench: &Bench) {
    let (runs, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
    let (runs_here, may_go_on) = (runs.clone(), gate.clone());
    let script = Script::new(move |_| {
        let (runs, gate) = (runs_here.clone(), may_go_on.clone());
        async move {
            if runs.fetch_add(1, Ordering::SeqCst) >= 50 {
                gate.acquire().await?.forget();
            }
            Ok(Outcome::Done)
        }
    });
    bench.send(&bulk(100)).await;
    let worker = bench.work(QUEUE, alone(), script);
    eventually("only the running one is claimed", async || {
        match (runs.load(Ordering::SeqCst), claimed(bench).await) {
            (51, 1) => Ok(()),
            other => Err(format!("(runs, claimed) is {other:?}")),
        }
    })
    .await;
    gate.add_permits(1_000);
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(runs.load(Ordering::SeqCst), 100, "each once");
}

#[tokio::test]
async fn a_stop_releases_what_was_claimed_ahead() {
    run(Backend::Postgres, stop_with_a_backlog).await;
}

async fn stop_with_a_backlog(bench: &Bench) {
    let (runs, stuck) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
    let started = stuck.clone();
    let script = Script::new(move |_| {
        let (run, started) = (runs.fetch_add(1, Ordering::SeqCst), started.clone());
        async move {
            if run == 50 {
                started.add_permits(1);
                std::future::pending::<()>().await;
            }
            Ok(Outcome::Done)
        }
    });
    let hurried = Policy {
        visibility: Duration::from_secs(600),
        stop_deadline: Duration::from_millis(100),
        ..alone()
    };
    let messages = bulk(100);
    bench.send(&messages).await;
    let worker = bench.work(QUEUE, hurried, script);
    stuck.acquire().await.unwrap().forget();
    worker.finish().await;
    let ready =
        "select count(*) from queue_messages where receipt is null and receive_count = 0 and visible_at <= now()";
    let ready: i64 = sqlx::query_scalar(ready).fetch_one(&bench.db).await.unwrap();
    assert_eq!(ready, 50, "as if they had never been claimed");
}

#[tokio::test]
async fn a_yielding_message_lets_others_of_its_lane_pass_and_waits_for_nobody() {
    run(Backend::Postgres, yielding).await;
}

async fn yielding(bench: &Bench) {
    let minutes = |count: u32| Duration::from_secs(60) * count;
    let [bulk, later, soon, plain] = [
        bulk(1).remove(0),
        new_message(json!(1)).with_yield(minutes(5)),
        new_message(json!(2)).with_yield(minutes(1)),
        new_message(json!(3)),
    ];
    let sent = [bulk.clone(), later.clone(), soon.clone(), plain.clone()];
    for message in &sent {
        bench.send(std::slice::from_ref(message)).await;
    }
    let depths = bench.broker.depths().await.unwrap();
    let (_, depth) = depths.iter().find(|(queue, _)| *queue == QUEUE).unwrap();
    assert_eq!((depth.ready, depth.delayed), (4, 0));
    for expected in [plain, soon, later, bulk] {
        assert_eq!(
            bench.receive_one(QUEUE, Duration::from_secs(60)).await.id(),
            expected.id
        );
    }
    // Its time has passed when it comes back: it is like any other.
    let released = "select count(*) from queue_messages where yielding";
    let released: i64 = sqlx::query_scalar(released).fetch_one(&bench.db).await.unwrap();
    assert_eq!(released, 0);
}

#[tokio::test]
async fn messages_that_yield_leave_a_handler_to_others_and_do_not_starve() {
    run(Backend::Postgres, handler_is_left).await;
}

async fn handler_is_left(bench: &Bench) {
    let (yielding, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
    let (yielding_here, may_end) = (yielding.clone(), gate.clone());
    let (passed, plain) = (Arc::new(Semaphore::new(0)), new_message(json!("plain")));
    let (passed_here, plain_id) = (passed.clone(), plain.id);
    let script = Script::new(move |message| {
        let (yielding, gate, passed) = (yielding_here.clone(), may_end.clone(), passed_here.clone());
        async move {
            if message.id() == plain_id {
                passed.add_permits(1);
            } else {
                yielding.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await?.forget();
            }
            Ok(Outcome::Done)
        }
    });
    let minute = Duration::from_secs(60);
    let yields = (0..9).map(|number| new_message(json!(number)).with_yield(minute));
    bench.send(&yields.collect::<Vec<_>>()).await;
    let worker = bench.work(QUEUE, policy(), script);
    let are_at_work = async |count: u32| {
        eventually("messages that yield are at work", async || {
            match yielding.load(Ordering::SeqCst) {
                now if now == count => Ok(()),
                now => Err(format!("{now} of {count}")),
            }
        })
        .await;
    };
    are_at_work(3).await;
    bench.send(&[plain]).await;
    passed.acquire().await.unwrap().forget();
    assert_eq!(yielding.load(Ordering::SeqCst), 3, "of four handlers one is left");
    // With a handler that becomes free the next one starts.
    gate.add_permits(1);
    are_at_work(4).await;
    gate.add_permits(100);
    bench.until_empty(QUEUE).await;
    worker.finish().await;
}

#[tokio::test]
async fn a_message_that_ends_its_workers_takes_no_others_with_it() {
    run(Backend::Postgres, poison_among_others).await;
}

/// Each round begins with messages that are handled quickly, so that the worker claims ahead when it comes to the poison.
async fn poison_among_others(bench: &Bench) {
    let short = Policy {
        visibility: Duration::from_secs(1),
        ..alone()
    };
    let poison = new_message(json!("poison"));
    let others: Vec<_> = (0..PREFETCH).map(|number| new_message(json!(number))).collect();
    let stuck = Arc::new(Semaphore::new(0));
    let script = |stuck: Arc<Semaphore>| {
        Script::new(move |message| {
            let stuck = stuck.clone();
            async move {
                if message.payload == json!("poison") {
                    stuck.add_permits(1);
                    std::future::pending::<()>().await;
                }
                Ok(Outcome::Done)
            }
        })
    };
    let mut first = vec![poison.clone()];
    first.extend(others);
    for round in 0..6 {
        bench
            .send(&(0..5).map(|number| new_message(json!(number))).collect::<Vec<_>>())
            .await;
        if round == 0 {
            bench.send(&first).await;
        } else {
            // Until the timeout of the killed worker has passed.
            eventually("the poison is visible", async || {
                let visible = "select visible_at <= now() from queue_messages where id = $1";
                match sqlx::query_scalar(visible)
                    .bind(poison.id.0)
                    .fetch_one(&bench.db)
                    .await
                    .unwrap()
                {
                    true => Ok(()),
                    false => Err("not yet".to_owned()),
                }
            })
            .await;
        }
        let worker = bench.work(QUEUE, short.clone(), script(stuck.clone()));
        stuck.acquire().await.unwrap().forget();
        // Long enough for what was claimed with it to be released, and not for what only waits too long.
        tokio::time::sleep(Duration::from_millis(150)).await;
        worker.kill().await;
    }
    let worker = bench.work(QUEUE, short, script(stuck));
    bench.dead_lettered(poison.id).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    let dead: i64 = dead_letters::count_by_queue(&bench.db)
        .await
        .unwrap()
        .iter()
        .map(|(_, count)| *count)
        .sum();
    assert_eq!(dead, 1, "only the poison");
}
