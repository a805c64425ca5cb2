//! Many readers: the control socket, the watchdog and contributors do not feel them.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use tokio::task::JoinSet;
use tradepost_tests::watchdog::Watchdog;
use tradepost_tests::{Answer, Options, PackBuilder, TestApp};

const READERS: usize = 300;
/// More than any of it takes on a busy machine, and less than a connection of the pool is waited for.
const PROMPT: Duration = Duration::from_secs(2);
const WATCHDOG_GAP: Duration = Duration::from_secs(5);

async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let started = Instant::now();
    let result = work.await;
    (started.elapsed(), result)
}

/// Readers that ask again and again on connections that stay open.
fn read(app: &TestApp, path: &str) -> JoinSet<()> {
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (http, url) = (app.http.clone(), format!("{}{path}", app.api));
        readers.spawn(async move {
            loop {
                // Refusals are the point.
                let _ = http.get(&url).send().await.map(drop);
            }
        });
    }
    readers
}

/// Every reader waits for the same lock in the database.
#[tokio::test]
async fn readers_that_wait_for_the_database_stop_neither_watchdog_nor_control_socket() {
    let folder = tempfile::tempdir().unwrap();
    let watchdog = Watchdog::listen(folder.path());
    let app = TestApp::start_with(Options::default().notify_socket(&watchdog.path));
    let database = app.database().await;
    let mut locked = database.begin().await.unwrap();
    sqlx::raw_sql("lock table presets in access exclusive mode")
        .execute(&mut *locked)
        .await
        .unwrap();
    let readers = read(&app, "/v1/presets");
    let watched = tokio::task::spawn_blocking(move || watchdog.longest_gap(Duration::from_secs(12)));
    let (took, shed) = timed(async {
        loop {
            // One that is let in waits for the lock.
            let asked = Answer::to(app.request(Method::GET, "/v1/presets"));
            match tokio::time::timeout(Duration::from_millis(200), asked).await {
                Ok(answer) if answer.json()["code"] == "overloaded" => return answer,
                _ => {}
            }
        }
    })
    .await;
    assert!(took < PROMPT, "load is shed after {took:?}");
    assert_eq!(shed.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!shed.header("retry-after").is_empty(), "{shed:?}");
    let mut events = app.events().await;
    while !watched.is_finished() {
        let (took, overview) = timed(app.look("/v1/overview")).await;
        assert!(took < PROMPT, "the control socket answers after {took:?}");
        assert!(!overview["alerts"].to_string().contains("database-down"), "{overview}");
        let (took, live) = timed(app.get("/livez", None)).await;
        assert!(
            took < PROMPT && live.0 == StatusCode::OK,
            "/livez: {live:?} after {took:?}"
        );
        events.wait().await;
    }
    let gap = watched.await.unwrap();
    assert!(gap < WATCHDOG_GAP, "no sign of life for {gap:?}");
    drop((readers, locked));
}

#[tokio::test]
async fn contributors_upload_while_many_read() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    let readers = read(&app, "/v1/items?limit=200");
    let (mut slowest, started) = (Duration::ZERO, Instant::now());
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 3).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    for _ in 0..10 {
        slowest = slowest.max(timed(app.look("/v1/overview")).await.0);
    }
    assert!(slowest < PROMPT, "the control socket answers after {slowest:?}");
    println!(
        "published after {:?}; the control socket answers within {slowest:?}",
        started.elapsed()
    );
    drop(readers);
}
