//! The real private clamd killed under load, and a disk that is full.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tradepost_tests::daemon::processes_in;
use tradepost_tests::small_disk::SmallDisk;
use tradepost_tests::{Options, PackBuilder, TestApp};

use super::{until_cleared, until_raised};

const KILLS: usize = 4;
const FILES: usize = 60;

/// The private clamd of the daemon.
fn clamd(app: &TestApp) -> Option<Pid> {
    let processes = processes_in(&app.state);
    let line = processes
        .iter()
        .find(|line| line.contains("clamd") && !line.contains("tradepostd"))?;
    line.split(':').next()?.parse().ok().map(Pid::from_raw)
}

#[tokio::test]
async fn a_private_clamd_that_is_killed_under_load_costs_no_attempt_and_no_file() {
    let app = TestApp::start_with(Options::default().set("QUEUES__CONCURRENCY__RENDER", 2));
    let token = app.trusted("phoenix");
    until_scanner_is_scanning(&app).await;
    let mut ids = Vec::new();
    for n in 0..KILLS {
        ids.push(
            app.upload(&token, &PackBuilder::ticks(&format!("Ashes {n}"), FILES).build())
                .await,
        );
        tokio::time::sleep(Duration::from_millis(400)).await;
        if let Some(pid) = clamd(&app) {
            // It may have ended by itself meanwhile: it was killed a moment ago.
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
    let killed = Instant::now();
    for id in &ids {
        let trace = app.settled(id).await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
        assert_eq!(
            (&trace["attempts"], &trace["upload"]["dead_letters"]),
            (&json!([]), &json!(0)),
            "{trace}"
        );
    }
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(60), "{} s", took.as_secs());
    println!("all published {:.1} s after the last kill", took.as_secs_f64());
    assert_eq!(app.rows("/v1/items").await.len(), KILLS * FILES);
}

/// A private clamd without signatures is no `ok`, but it scans.
async fn until_scanner_is_scanning(app: &TestApp) {
    app.until("/v1/overview", |overview| {
        let parts = overview["parts"].as_array().unwrap();
        parts
            .iter()
            .any(|part| part["name"] == "scanner" && part["health"] != "down")
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_means_waiting() {
    let app = TestApp::start();
    let objects = app.state.join("objects");
    let Some(_small) = SmallDisk::mount(&objects) else {
        return;
    };
    let token = app.trusted("patient");
    app.act("/v1/queues/render/pause", json!({})).await;
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 4).build()).await;
    let path = format!("/v1/uploads/{id}");
    app.until(&path, |trace| trace["upload"]["state"] == "rendering").await;
    let filler = objects.join("filler");
    let full = std::fs::write(&filler, vec![0; 4 << 20]).unwrap_err();
    assert_eq!(full.raw_os_error(), Some(28), "{full}");
    app.act("/v1/queues/render/resume", json!({})).await;
    until_raised(&app, "disk-full").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    app.assert_nothing_is_published().await;
    let trace = app.look(&path).await;
    assert_eq!(trace["attempts"], json!([]), "waiting is no attempt: {trace}");
    std::fs::remove_file(filler).unwrap();
    let room = Instant::now();
    let trace = app.settled(&id).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    println!("published {:.1} s after there was room", room.elapsed().as_secs_f64());
    until_cleared(&app, "disk-full").await;
}
