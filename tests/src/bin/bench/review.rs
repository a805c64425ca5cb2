//! `make bench-review`: 10,000 open cases: listed, walked, claimed and decided.
//!
//! Everything goes through the control socket of a real daemon; only the cases are put into its database by hand.
//! Figures are printed, none is asserted.

use std::time::Instant;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::TestApp;

const CASES: u32 = 10_000;
const LOOKS: usize = 30;
const DECISIONS: usize = 300;

pub async fn run() {
    let app = TestApp::start();
    eprintln!("putting {CASES} cases into the database ...");
    app.put_cases(CASES).await;
    println!("| what | median | p95 | goal |\n|---|---|---|---|");
    let middle = middle(&app).await;
    let cluster = cluster(&app).await;
    for (what, path) in [
        ("first page of 100", "/v1/cases".to_owned()),
        ("first page of 200", "/v1/cases?limit=200".to_owned()),
        ("a page in the middle", format!("/v1/cases?limit=200&cursor={middle}")),
        (
            "a contributor's 50",
            "/v1/cases?contributor=seed-7&limit=200".to_owned(),
        ),
        ("a cluster's 100", format!("/v1/cases?cluster={cluster}&limit=200")),
        ("those that wait (none)", "/v1/cases?which=waiting".to_owned()),
        ("the Overview", "/v1/overview".to_owned()),
    ] {
        let mut took = Vec::new();
        for _ in 0..LOOKS {
            took.push(timed(app.look(&path)).await.1);
        }
        tell(what, took, "200 ms");
    }
    walk(&app).await;
    decide(&app).await;
    bulk(&app).await;
}

/// Every page of 200, one after the other.
async fn walk(app: &TestApp) {
    let (mut took, mut rows, mut path) = (Vec::new(), 0, "/v1/cases?limit=200".to_owned());
    loop {
        let (page, ms) = timed(app.look(&path)).await;
        took.push(ms);
        rows += page["rows"].as_array().unwrap().len();
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/cases?limit=200&cursor={next}"),
            None => break,
        }
    }
    println!(
        "| the whole walk: {rows} cases in {} pages | {:.0} ms | | |",
        took.len(),
        took.iter().sum::<f64>()
    );
    tell("a page of the walk", took, "200 ms");
}

/// Decides case after case: the next case, its detail, a decision.
async fn decide(app: &TestApp) {
    let (mut next, mut detail, mut approve, mut reject, mut undo) = (vec![], vec![], vec![], vec![], vec![]);
    for number in 0..DECISIONS {
        let ((_, case), ms) = timed(app.act("/v1/cases/next", json!({}))).await;
        next.push(ms);
        let path = format!("/v1/cases/{}", case["id"].as_str().unwrap());
        detail.push(timed(app.look(&path)).await.1);
        let (verb, body, figures) = match number % 2 {
            0 => ("approve", json!({}), &mut approve),
            _ => ("reject", json!({ "template": "quality" }), &mut reject),
        };
        let ((status, decision), ms) = timed(app.act(&format!("{path}/{verb}"), body)).await;
        assert_eq!(status, StatusCode::OK, "{decision}");
        figures.push(ms);
        if number % 10 == 0 {
            undo.push(timed(app.act(&format!("{path}/undo"), json!({}))).await.1);
            app.act(&format!("{path}/skip"), json!({})).await;
        }
    }
    let both = approve
        .iter()
        .chain(&reject)
        .zip(&next)
        .map(|(decision, next)| decision + next);
    let both: Vec<f64> = both.zip(&detail).map(|(sum, detail)| sum + detail).collect();
    tell("the next case", next, "");
    tell("its detail", detail, "");
    tell("approve", approve, "");
    tell("reject", reject, "");
    tell("undo", undo, "");
    tell(
        "decision, next case and its detail, one after the other",
        both,
        "100 ms",
    );
}

/// 500 cases of the tail of the queue at once.
async fn bulk(app: &TestApp) {
    let ids = app
        .look("/v1/cases?limit=200&cursor=0.2.0.00000000000000000000000000000000")
        .await;
    let ids: Vec<Value> = ids["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].clone())
        .collect();
    let body = json!({ "act": "approve", "which": { "cases": ids } });
    let ((_, plan), planned) = timed(app.act("/v1/cases/bulk/plan", body)).await;
    let body = json!({ "act": "approve", "cases": plan["cases"], "confirm": plan["confirm"] });
    let ((_, done), ran) = timed(app.act("/v1/cases/bulk", body)).await;
    let decided = done["decided"].as_array().unwrap().len();
    println!("| plan of {} cases | {planned:.0} ms | | |", ids.len());
    println!("| bulk approval of {decided} cases | {ran:.0} ms | | |");
}

async fn middle(app: &TestApp) -> String {
    let mut cursor = String::new();
    for _ in 0..25 {
        let joint = if cursor.is_empty() { "" } else { "&cursor=" };
        let page = app.look(&format!("/v1/cases?limit=200{joint}{cursor}")).await;
        cursor = page["next"].as_str().unwrap().to_owned();
    }
    cursor
}

async fn cluster(app: &TestApp) -> String {
    let (_, rows) = app
        .control(reqwest::Method::GET, "/v1/cases?contributor=seed-150", None)
        .await;
    let rows = rows["rows"].as_array().unwrap().clone();
    let found = rows.iter().find_map(|row| row["cluster"].as_str().map(str::to_owned));
    found.unwrap()
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, f64) {
    let started = Instant::now();
    let done = work.await;
    (done, started.elapsed().as_secs_f64() * 1_000.0)
}

fn tell(what: &str, mut took: Vec<f64>, goal: &str) {
    took.sort_by(f64::total_cmp);
    let p95 = took[(took.len() * 95 / 100).min(took.len() - 1)];
    println!("| {what} | {:.1} ms | {p95:.1} ms | {goal} |", took[took.len() / 2]);
}
