//! A disk that is full, and one that does not answer.

use std::time::{Duration, Instant};

use nix::sys::stat::Mode;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;
use tradepost_tests::packs::TICK;
use tradepost_tests::small_disk::SmallDisk;
use tradepost_tests::{Answer, PackBuilder, TestApp};

#[tokio::test]
async fn put_on_a_full_disk_says_so_and_raises_the_alert() {
    let app = TestApp::start();
    let objects = app.state.join("objects");
    let Some(_small) = SmallDisk::mount(&objects) else {
        return;
    };
    let token = app.trusted("carl");
    let bytes = vec![7; 4 << 20];
    let started = app
        .announce(&token, bytes.len(), &hex::encode(Sha256::digest(&bytes)))
        .await;
    let put = app.http.put(started["put"]["url"].as_str().unwrap()).body(bytes);
    let answer = Answer::to(put).await;
    assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
    assert_eq!(answer.problem(StatusCode::INSUFFICIENT_STORAGE)["code"], "disk-full");
    app.until("/v1/alerts", |alerts| alerts.to_string().contains("disk-full"))
        .await;
    assert_eq!(
        std::fs::read_dir(objects.join("tmp")).unwrap().count(),
        0,
        "nothing is kept"
    );
}

/// A named pipe stands for a disk that does not answer: opening it waits until somebody writes.
#[tokio::test]
async fn file_that_can_not_be_opened_keeps_nobody_else_waiting() {
    let mut app = TestApp::start();
    let token = app.trusted("ann");
    let pack = PackBuilder::new("Ticks").file("icons/tick.svg", TICK).build();
    app.upload_and_settle(&token, &pack).await;
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let (_, detail) = app.get(&format!("/v1/items/{item}"), None).await;
    let rendition = detail["renditions"][0]["url"].as_str().unwrap().to_owned();
    let name = rendition.rsplit('/').next().unwrap();
    let stored = app.stored("r", name);
    std::fs::remove_file(&stored).unwrap();
    nix::unistd::mkfifo(&stored, Mode::from_bits_truncate(0o666)).unwrap();

    let mut readers = JoinSet::new();
    for _ in 0..40 {
        let request = app.request(Method::GET, &format!("/r/{name}"));
        readers.spawn(async move { request.send().await?.json::<Value>().await });
    }
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        assert_eq!(app.get("/livez", None).await.0, StatusCode::OK);
        app.look("/v1/overview").await;
        assert!(
            asked.elapsed() < Duration::from_secs(2),
            "answered after {:?}",
            asked.elapsed()
        );
    }
    let stopping = Instant::now();
    assert_eq!(app.stop(), Some(0));
    println!("stopped after {:?}", stopping.elapsed());
    let late = "did not end within";
    assert!(!app.log().contains(late), "the stop waits for the disk: {}", app.log());
    let told: Vec<Value> = readers.join_all().await.into_iter().filter_map(Result::ok).collect();
    assert!(!told.is_empty(), "those that wait are told so");
    for problem in told {
        assert_eq!(problem["code"], "unavailable", "{problem}");
    }
}
