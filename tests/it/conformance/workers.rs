//! The worker loop on either backend.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tradepost_common::ids::MessageId;
use tradepost_tests::queues::{Bench, Script, policy};
use tradepost_tests::wait::eventually;
use tradepostd::queue::worker::Policy;
use tradepostd::queue::{Lane, NewMessage, Outcome, QueueName, attempts, dead, settings};

use super::messages::new_message;

const QUEUE: QueueName = QueueName::Image;

on_both! {
    waiting_worker_gets_what_is_sent
    poison_becomes_a_dead_letter_after_exactly_the_attempts
    panic_is_a_failed_attempt
    retry_is_no_attempt
    discarded_message_is_gone
    redriven_message_starts_again_with_its_id
    orphan_of_a_killed_worker_comes_back
    message_that_kills_its_workers_is_buried
    heartbeat_keeps_a_long_handler_alone
    interactive_messages_pass_a_backlog_of_bulk_ones
    paused_queue_is_left_alone
    concurrency_changes_while_handlers_run
    stop_gives_back_what_is_not_finished
    every_message_is_handled_when_workers_come_and_go
}

/// Counts by message.
#[derive(Debug, Clone, Default)]
struct Tally(Arc<Mutex<BTreeMap<MessageId, u32>>>);

impl Tally {
    fn count(&self, id: MessageId) {
        *self.0.lock().unwrap().entry(id).or_default() += 1;
    }

    fn of(&self, id: MessageId) -> u32 {
        self.0.lock().unwrap().get(&id).copied().unwrap_or(0)
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    async fn reaches(&self, count: usize) {
        eventually(&format!("{count} messages are handled"), async || match self.len() {
            enough if enough >= count => Ok(()),
            fewer => Err(format!("{fewer} are")),
        })
        .await;
    }
}

fn counting(tally: &Tally) -> Script {
    let tally = tally.clone();
    Script::new(move |message| {
        tally.count(message.id());
        async { Ok(Outcome::Done) }
    })
}

async fn buried(bench: &Bench, id: MessageId) -> dead::Letter {
    eventually("it is a dead letter", async || {
        let found = dead::service::find(&bench.db, id).await;
        found.map_err(|error| format!("{error:?}"))
    })
    .await
}

async fn waiting_worker_gets_what_is_sent(bench: &Bench) {
    let tally = Tally::default();
    let worker = bench.work(QUEUE, policy(), counting(&tally));
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
    let letter = buried(bench, poison.id).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;

    assert_eq!((tally.of(poison.id), seen.lock().unwrap().as_slice()), (3, [1, 2, 3].as_slice()));
    assert_eq!((letter.row.attempts, letter.row.redrives), (3, 0));
    assert_eq!((&letter.payload, letter.row.upload_id), (&poison.payload, poison.upload_id));
    assert_eq!((letter.attributes.lane.as_str(), letter.attributes.backend.as_str()), ("bulk", bench.broker.name()));
    let history = attempts::of_message(&bench.db, poison.id).await.unwrap();
    let history: Vec<_> = history.iter().map(|a| (a.attempt.attempt, a.attempt.outcome.as_str())).collect();
    assert_eq!(history, [(3, "dead"), (2, "retry"), (1, "retry")]);
}

async fn panic_is_a_failed_attempt(bench: &Bench) {
    let message = new_message(json!(1));
    bench.send(std::slice::from_ref(&message)).await;
    let once = Policy { attempts: 1, ..policy() };
    let worker = bench.work(QUEUE, once, Script::new(async |_| panic!("this is what the test wants")));
    assert_eq!(buried(bench, message.id).await.row.error, "the handler panicked");
    worker.finish().await;
}

async fn retry_is_no_attempt(bench: &Bench) {
    let tally = Tally::default();
    let calls = tally.clone();
    let script = Script::new(move |message| {
        calls.count(message.id());
        assert_eq!(message.attempt, 1);
        let outcome = match calls.of(message.id()) {
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
    assert_eq!(tally.of(message.id), 10);
    assert_eq!(attempts::of_message(&bench.db, message.id).await.unwrap().len(), 0);
}

async fn discarded_message_is_gone(bench: &Bench) {
    bench.send(&[new_message(json!(1))]).await;
    let worker = bench.work(QUEUE, policy(), Script::new(async |_| Ok(Outcome::Discard("its upload is gone".to_owned()))));
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(dead::service::counts(&bench.db).await.unwrap(), []);
}

async fn redriven_message_starts_again_with_its_id(bench: &Bench) {
    let message = new_message(json!({ "path": "icons/a.svg" }));
    bench.send(std::slice::from_ref(&message)).await;
    let failing = bench.work(QUEUE, policy(), Script::new(async |_| anyhow::bail!("not yet")));
    let letter = buried(bench, message.id).await;
    failing.finish().await;

    let redriven = dead::service::message(&letter, QUEUE);
    let mut tx = bench.db.begin().await.unwrap();
    dead::service::remove(&mut tx, &[letter]).await.unwrap();
    bench.broker.send(&mut tx, std::slice::from_ref(&redriven)).await.unwrap();
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
    assert_eq!((received.payload, received.buried), (message.payload, false));
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
    let worker = bench.work(QUEUE, short, counting(&tally));
    tally.reaches(1).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(tally.of(message.id), 1);
    assert_eq!(attempts::of_message(&bench.db, message.id).await.unwrap().len(), 0);
}

async fn message_that_kills_its_workers_is_buried(bench: &Bench) {
    let message = new_message(json!(1));
    bench.send(std::slice::from_ref(&message)).await;
    // Each of these stands for a worker that dies with it.
    for _ in 0..6 {
        bench.receive_one(QUEUE, Duration::from_secs(1)).await;
    }
    let worker = bench.work(QUEUE, policy(), Script::new(async |_| panic!("it must not be tried again")));
    let letter = buried(bench, message.id).await;
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
    assert_eq!(tally.of(message.id), 1);
}

/// The backlog never ends by itself: bulk messages come back until the interactive one was handled.
async fn interactive_messages_pass_a_backlog_of_bulk_ones(bench: &Bench) {
    let passed = Arc::new(Semaphore::new(0));
    let (bulk_runs, signal) = (Arc::new(AtomicU32::new(0)), passed.clone());
    let runs = bulk_runs.clone();
    let script = Script::new(move |message| {
        let (runs, signal) = (runs.clone(), signal.clone());
        async move {
            match message.held.lane {
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
    let worker = bench.work(QUEUE, policy(), counting(&tally));
    pause(bench, Some("ann")).await;
    bench.send(&[new_message(json!(1)), new_message(json!(2))]).await;
    // Long enough for a poll that was under way.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(tally.len(), 0, "it was paused");
    let decided = settings::read(&bench.db).await.unwrap();
    assert_eq!(decided[&QUEUE].paused_by.as_deref(), Some("ann"));
    pause(bench, None).await;
    tally.reaches(2).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(dead::service::counts(&bench.db).await.unwrap(), []);
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
        eventually(&format!("{count} run at once"), async || match running.load(Ordering::SeqCst) {
            now if now == count => Ok(()),
            now => Err(format!("{now} do")),
        })
        .await;
    };
    let messages: Vec<_> = (0..12).map(|n| new_message(json!(n))).collect();
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
    gate.add_permits(4);
    run_at_once(2).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(running.load(Ordering::SeqCst), 2, "no more than that");
    gate.add_permits(100);
    bench.until_empty(QUEUE).await;
    worker.finish().await;
}

async fn set_concurrency(bench: &Bench, concurrency: u32) {
    let mut tx = bench.db.begin().await.unwrap();
    settings::set_concurrency(&mut tx, QUEUE, Some(concurrency), "ann").await.unwrap();
    tx.commit().await.unwrap();
}

async fn stop_gives_back_what_is_not_finished(bench: &Bench) {
    let started = Arc::new(Semaphore::new(0));
    let signal = started.clone();
    let hanging = Script::new(move |_| {
        signal.add_permits(1);
        std::future::pending()
    });
    let hurried = Policy {
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
    let worker = bench.work(QUEUE, policy(), counting(&tally));
    tally.reaches(3).await;
    worker.finish().await;
    for message in messages {
        assert_eq!(attempts::of_message(&bench.db, message.id).await.unwrap().len(), 0);
    }
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
        let handled = tally.len();
        tally.reaches(handled + 10).await;
        killed.kill().await;
    }
    let worker = bench.work(QUEUE, short, slow());
    tally.reaches(messages.len()).await;
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    assert_eq!(dead::service::counts(&bench.db).await.unwrap(), []);
}
