//! `make bench-readers`: thousands of anonymous readers of a list, each on a connection that stays open; what others feel of them.
//!
//! Nothing is asserted: a figure is a figure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tradepost_tests::watchdog::Watchdog;
use tradepost_tests::{Options, PackBuilder, TestApp};

const READERS: [usize; 3] = [0, 4_000, 10_000];
const TIME: Duration = Duration::from_secs(40);
const FILES: usize = 250;
const LOOK_EVERY: Duration = Duration::from_millis(100);
const REQUEST: &[u8] = b"GET /v1/items?limit=200 HTTP/1.1\r\nhost: bench\r\n\r\n";

pub async fn run() {
    println!(
        "| readers | lists a second, answered / refused with 503 | watchdog, longest gap (goal 5 s) | control socket, median / max \
         (goal 200 ms) | uploads in {} s: published, median / slowest |\n|---|---|---|---|---|",
        TIME.as_secs()
    );
    for readers in READERS {
        measure(readers).await;
    }
}

async fn measure(readers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let watchdog = Watchdog::listen(folder.path());
    let app = TestApp::start_with(Options::default().notify_socket(&watchdog.path));
    let token = app.trusted("carl");
    let pack = PackBuilder::ticks("Ticks", FILES).build();
    let trace = app.upload_and_settle(&token, &pack).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");

    let answers = Arc::new(Answers::default());
    let mut reading = JoinSet::new();
    for _ in 0..readers {
        let address = app.api.strip_prefix("http://").unwrap().to_owned();
        reading.spawn(read(address, answers.clone()));
    }
    let watched = tokio::task::spawn_blocking(move || watchdog.longest_gap(TIME));
    let (looks, uploads) = tokio::join!(look(&app), upload(&app, &token));
    let gap = watched.await.unwrap();
    let [listed, refused] = [&answers.listed, &answers.refused].map(|count| rate(count.load(Ordering::Relaxed)));
    println!(
        "| {readers} | {listed:.0} / {refused:.0} | {:.1} s | {} | {}: {} |",
        gap.as_secs_f64(),
        spread(looks),
        uploads.len(),
        spread(uploads)
    );
}

#[derive(Default)]
struct Answers {
    listed: AtomicU64,
    refused: AtomicU64,
}

/// Asks again as soon as there is an answer, on the same connection as long as it lasts.
async fn read(address: String, answers: Arc<Answers>) {
    loop {
        // An error: the connection is closed, because others wait for its place.
        let _ = read_on_one(&address, &answers).await;
    }
}

async fn read_on_one(address: &str, answers: &Answers) -> std::io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    loop {
        stream.write_all(REQUEST).await?;
        let count = match ask(&mut stream).await? {
            StatusCode::OK => &answers.listed,
            _ => &answers.refused,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads one answer whole.
async fn ask(stream: &mut BufReader<TcpStream>) -> std::io::Result<StatusCode> {
    let (mut line, mut status, mut length) = (String::new(), None, 0);
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        match text.split_once(": ") {
            None => status = text.split(' ').nth(1).and_then(|code| code.parse().ok()),
            Some(("content-length", value)) => length = value.parse().unwrap_or(0),
            Some(_) => {}
        }
    }
    let body = tokio::io::copy(&mut stream.take(length), &mut tokio::io::sink()).await?;
    status
        .filter(|_| body == length)
        .ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

/// The control socket, asked again and again.
async fn look(app: &TestApp) -> Vec<Duration> {
    let (started, mut took) = (Instant::now(), Vec::new());
    while started.elapsed() < TIME {
        let asked = Instant::now();
        app.look("/v1/overview").await;
        took.push(asked.elapsed());
        sleep(LOOK_EVERY).await;
    }
    took
}

/// An honest contributor, pack after pack: the time from the announcement to the catalogue. A refusal is tried again, as clients do.
async fn upload(app: &TestApp, token: &str) -> Vec<Duration> {
    let (started, mut took) = (Instant::now(), Vec::new());
    loop {
        let began = Instant::now();
        let pack = PackBuilder::ticks(&format!("Pack {}", took.len()), 3).build();
        // A pack that is not published when the time is over is not counted.
        match timeout(TIME.saturating_sub(started.elapsed()), publish(app, token, &pack)).await {
            Ok(()) => took.push(began.elapsed()),
            Err(_) => return took,
        }
    }
}

async fn publish(app: &TestApp, token: &str, pack: &[u8]) {
    let id = loop {
        match try_upload(app, token, pack).await {
            Some(id) => break id,
            None => sleep(LOOK_EVERY).await,
        }
    };
    app.until(&format!("/v1/uploads/{id}"), |trace| {
        trace["upload"]["state"] == "published"
    })
    .await;
}

async fn try_upload(app: &TestApp, token: &str, pack: &[u8]) -> Option<String> {
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(pack));
    let body = json!({ "file_name": "pack.zip", "size_bytes": pack.len(), "sha256": sha256 });
    let start = app.request(reqwest::Method::POST, "/v1/uploads").bearer_auth(token);
    let started: serde_json::Value = start.json(&body).send().await.ok()?.json().await.ok()?;
    let put = app.http.put(started["put"]["url"].as_str()?).body(pack.to_vec());
    put.send().await.ok()?.error_for_status().ok()?;
    let id = started["id"].as_str()?;
    let complete = app.request(reqwest::Method::POST, &format!("/v1/uploads/{id}/complete"));
    complete.bearer_auth(token).send().await.ok()?.error_for_status().ok()?;
    Some(id.to_owned())
}

fn rate(count: u64) -> f64 {
    count as f64 / TIME.as_secs_f64()
}

fn spread(mut took: Vec<Duration>) -> String {
    took.sort();
    match (took.get(took.len() / 2), took.last()) {
        (Some(median), Some(slowest)) => {
            let [median, slowest] = [median, slowest].map(|time| time.as_secs_f64() * 1_000.0);
            format!("{median:.0} / {slowest:.0} ms")
        }
        _ => "none".to_owned(),
    }
}
