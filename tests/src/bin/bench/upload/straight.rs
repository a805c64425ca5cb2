//! Uploads by presigned PUT straight to S3: the CPU time that the daemon spends on the start and on the completion of each.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::time::sleep;
use tradepost_tests::objects::ObjectServer;
use tradepost_tests::{PackBuilder, TestApp};

use super::cpu_seconds;

/// The daemon without requests is measured for so long before the first round.
const IDLE: Duration = Duration::from_secs(10);

pub async fn run(rounds: usize, uploads: usize) -> anyhow::Result<()> {
    let server = ObjectServer::create()
        .await
        .context("the S3 server is missing: make/sqs")?;
    let options = server
        .options()
        .set("LIMITS__UPLOAD_STARTS_PER_MINUTE", 1_000_000)
        .set("LIMITS__ACCOUNT_UNPUBLISHED_MIB", 1_048_576);
    let app = TestApp::start_with(options);
    // The messages stay: scans are no part of this.
    app.act("/v1/queues/scan/pause", json!({})).await;
    let token = app.trusted("ann");
    round(&app, &token, 20).await?;
    let (before, since) = (cpu_seconds(app.pid())?, Instant::now());
    sleep(IDLE).await;
    let idle = (cpu_seconds(app.pid())? - before) / since.elapsed().as_secs_f64();
    println!(
        "idle: {:.1} ms of CPU time a second, part of the figures below\n",
        idle * 1e3
    );
    println!(
        "| round | uploads | daemon's CPU time of a start, ms | of a completion, ms | of both, ms | time of a start, of a PUT, of a completion, ms |\n|---|---|---|---|---|---|"
    );
    for number in 1..=rounds {
        let [start, put, complete] = round(&app, &token, uploads).await?;
        println!(
            "| {number} | {uploads} | {:.2} | {:.2} | {:.2} | {:.1}, {:.1}, {:.1} |",
            start.cpu_ms,
            complete.cpu_ms,
            start.cpu_ms + complete.cpu_ms,
            start.time_ms,
            put.time_ms,
            complete.time_ms
        );
    }
    Ok(())
}

/// Means of one step of an upload.
struct Step {
    cpu_ms: f64,
    time_ms: f64,
}

/// Starts all uploads, sends all bytes, completes all uploads, one after the other: each step is measured alone.
async fn round(app: &TestApp, token: &str, uploads: usize) -> anyhow::Result<[Step; 3]> {
    let pack = PackBuilder::ticks("Straight", 4).build();
    let sha256 = hex::encode(tradepost_store::sha256(&pack));
    let mut started = Vec::new();
    let start = measure(app, uploads, async || {
        started.push(app.announce(token, pack.len(), &sha256).await);
        Ok(())
    })
    .await?;
    let mut waiting = started.iter();
    let put = measure(app, uploads, async || {
        let upload = waiting.next().context("each upload has started")?;
        let (status, answer) = app.put(upload, pack.clone()).await;
        anyhow::ensure!(status.is_success(), "{status}: {answer}");
        Ok(())
    })
    .await?;
    let mut waiting = started.iter();
    let complete = measure(app, uploads, async || {
        let upload = waiting.next().map(|upload| &upload["id"]).and_then(Value::as_str);
        let (status, answer) = app.complete(token, upload.context("an upload has an id")?).await;
        anyhow::ensure!(status == 202, "{status}: {answer}");
        Ok(())
    })
    .await?;
    Ok([start, put, complete])
}

async fn measure(
    app: &TestApp,
    times: usize,
    mut step: impl AsyncFnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Step> {
    let (cpu, clock) = (cpu_seconds(app.pid())?, Instant::now());
    for _ in 0..times {
        step().await?;
    }
    let mean_ms = |seconds: f64| seconds * 1e3 / times as f64;
    Ok(Step {
        cpu_ms: mean_ms(cpu_seconds(app.pid())? - cpu),
        time_ms: mean_ms(clock.elapsed().as_secs_f64()),
    })
}
