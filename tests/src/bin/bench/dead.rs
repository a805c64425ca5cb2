//! `make bench-dead`: a million dead letters in 50 groups, looked at, planned, redriven at a limit, cancelled.
//!
//! Everything goes through the control socket of a real daemon; only the letters are put into its database by hand.
//! Figures are printed, none is asserted.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tradepost_tests::dead::{id, impatient};
use tradepost_tests::{Options, TestApp};

const SAMPLES: usize = 15;
const LIMIT: u32 = 2_000;

/// 100,000 in five groups of `render`, 900,000 in 45 groups of `preview`; their jobs are done at once, what they are about is gone.
const A_MILLION: &str = "
    insert into dead_letters (id, queue, payload, subject, attempts, error, fingerprint, enqueued_at, died_at)
    select gen_random_uuid(), case when n % 50 < 5 then 'render' else 'preview' end,
        case when n % 50 < 5
            then jsonb_build_object('job', 'render', 'upload_id', gen_random_uuid(), 'set_id', gen_random_uuid(), 'item_id', gen_random_uuid(),
                'kind', 'icon', 'path', 'icons/file-' || n || '.svg')
            else jsonb_build_object('job', 'preview', 'upload_id', gen_random_uuid(), 'set_id', gen_random_uuid()) end,
        'icons/file-' || n || '.svg', 5, 'reading the file: cause ' || n % 50 || ': connection refused after ' || n || ' ms',
        lpad(to_hex(n % 50), 16, '0'), now() - n * interval '1 s', now() - n * interval '0.9 s'
    from generate_series(1, 1000000) n;
    analyze dead_letters";

pub async fn run() {
    // Many permits, so that the handlers do not hold the redrive up.
    let app = TestApp::start_with(quick());
    eprintln!("putting a million dead letters into the database ...");
    app.sql(A_MILLION).await;
    println!("| what | median | slowest of {SAMPLES} | goal |\n|---|---|---|---|");
    for (what, path) in [
        ("the groups", "/v1/dead/groups"),
        ("the groups, filtered by text", "/v1/dead/groups?text=cause%207"),
        ("first page of all", "/v1/dead"),
        (
            "first page of a group",
            "/v1/dead?fingerprint=0000000000000007&limit=200",
        ),
        ("a page in the middle of all", "/v1/dead?cursor=500000"),
        (
            "the last page of a group",
            "/v1/dead?fingerprint=0000000000000007&cursor=900",
        ),
        ("by a text that a dozen have", "/v1/dead?text=file-77777"),
        ("by a text that all have", "/v1/dead?text=refused"),
        ("by a text that none has", "/v1/dead?text=nothing-has-this"),
        (
            "a text within a group",
            "/v1/dead?fingerprint=0000000000000007&text=file-1",
        ),
        ("only those redriven before (none)", "/v1/dead?redriven=true"),
        ("the Overview", "/v1/overview"),
    ] {
        look(&app, what, path).await;
    }
    redrive(&app).await;
    cancel(&app).await;
}

fn quick() -> Options {
    impatient().set("QUEUES__CONCURRENCY", r#"{render=50,preview=50}"#)
}

async fn look(app: &TestApp, what: &str, path: &str) {
    let mut took = Vec::new();
    for _ in 0..SAMPLES {
        let started = Instant::now();
        app.look(path).await;
        took.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    println!(
        "| {what} | {:.1} ms | {:.1} ms | 200 ms |",
        took[SAMPLES / 2],
        took[SAMPLES - 1]
    );
}

/// 100,000 at 2,000 a second.
async fn redrive(app: &TestApp) {
    let started = Instant::now();
    let plan = app
        .plan(json!({ "kind": "redrive", "selection": { "queue": "render" }, "pace": { "rate_per_second": LIMIT, "canary": 10 } }))
        .await;
    println!(
        "| dry run of {} | {:.2} s | | |",
        plan["selected"],
        started.elapsed().as_secs_f64()
    );
    app.tell(&plan, "start").await;
    let path = format!("/v1/operations/{}", id(&plan));
    app.until(&path, |now| now["phase"] == "ramp").await;
    let (begun, mut seen) = (Instant::now(), Vec::new());
    let mut eta = None;
    let done = loop {
        let now = app.look(&path).await;
        let (at, acted) = (begun.elapsed().as_secs_f64(), now["acted"].as_f64().unwrap());
        seen.push((at, acted));
        if eta.is_none() && acted > 50_000.0 {
            eta = now["eta_seconds"].as_f64().map(|eta| (at, eta));
        }
        if now["state"] == "done" || now["phase"] == "settle" {
            break now;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    // The ramp takes four seconds; the last window is cut short by the end.
    let rates = windows(&seen, 5.0, 4.0);
    let (low, high) = (
        rates.iter().copied().fold(f64::MAX, f64::min),
        rates.iter().copied().fold(0.0, f64::max),
    );
    let whole = seen.last().unwrap();
    println!(
        "| redrive of 100,000 at 2,000/s: rate after the ramp, windows of 5 s | {:.0} to {:.0}/s | | 1,800 to 2,200/s |",
        low, high
    );
    println!(
        "| redrive of 100,000: all sent, ramp included | {:.1} s ({:.0}/s) | | 50 s + 10 % |",
        whole.0,
        whole.1 / whole.0
    );
    if let Some((at, eta)) = eta {
        println!(
            "| ETA told at the half / how long it took | {eta:.1} s / {:.1} s | | |",
            whole.0 - at
        );
    }
    println!(
        "| sent, succeeded so far, failed again | {}, {}, {} | | |",
        done["acted"], done["succeeded"], done["refailed"]
    );
    println!("| sent twice | {} | | 0 |", app.number(SENT_TWICE).await);
}

const SENT_TWICE: &str = "select count(*) from (
    select message_id from operation_items where state <> 'left_out' group by message_id having count(*) > 1) twice";

/// Messages a second in windows of `length`, from `from` on.
fn windows(seen: &[(f64, f64)], length: f64, from: f64) -> Vec<f64> {
    let mut rates = Vec::new();
    let mut first = seen.iter().position(|(at, _)| *at >= from);
    while let Some(start) = first {
        let Some(end) = seen.iter().position(|(at, _)| *at >= seen[start].0 + length) else {
            break;
        };
        rates.push((seen[end].1 - seen[start].1) / (seen[end].0 - seen[start].0));
        first = Some(end);
    }
    // Nothing of the end is in it: it may have been over before.
    rates.pop();
    rates
}

/// The time from the cancel of a running operation to its end.
async fn cancel(app: &TestApp) {
    let mut took = Vec::new();
    let mut late = 0;
    for _ in 0..5 {
        let operation = app
            .start_operation(
                json!({ "kind": "redrive", "selection": { "fingerprint": "0000000000000011" },
                "pace": { "rate_per_second": LIMIT, "canary": 0 } }),
            )
            .await;
        let path = format!("/v1/operations/{}", id(&operation));
        app.until(&path, |now| now["acted"].as_i64() > Some(1_000)).await;
        let started = Instant::now();
        let (_, cancelled) = app.tell(&operation, "cancel").await;
        took.push(started.elapsed().as_secs_f64() * 1_000.0);
        tokio::time::sleep(Duration::from_millis(500)).await;
        late += acted(&app.look(&path).await) - acted(&cancelled);
    }
    took.sort_by(f64::total_cmp);
    println!(
        "| cancel of a running redrive, answered | {:.0} ms | {:.0} ms of 5 | 1 s |",
        took[2], took[4]
    );
    println!("| messages sent after the answer | {late} | | 0 |");
}

fn acted(operation: &Value) -> i64 {
    operation["acted"].as_i64().unwrap()
}
