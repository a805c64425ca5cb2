//! A campaign over a large catalogue: what new packs and the public API feel of it, and what `kill -9` does to it.
//!
//! The catalogue is put into the database by hand: many items that share the files of one real pack. Everything else is a real daemon.
//! `measure` asserts nothing: a figure is a figure. `kill` counts, and its exit code tells whether all is well.

use std::time::Instant;

use clap::{Args, Subcommand};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::wait::eventually;
use tradepost_tests::{Options, PackBuilder, TestApp};

const PRESETS: i64 = 9;
/// Files of the real pack that all items share.
const SEEDS: usize = 20;

#[derive(Subcommand)]
pub enum Command {
    /// Finish times of new packs and answers of the public API, without a campaign and with one, by turns.
    Measure(Measure),
    /// Kills the daemon during a campaign again and again, then counts.
    Kill(Kill),
}

#[derive(Args)]
pub struct Measure {
    /// Items of the catalogue.
    #[arg(long, default_value_t = 200_000)]
    items: i64,
    /// New packs of each turn.
    #[arg(long, default_value_t = 10)]
    packs: usize,
    /// Files of each pack.
    #[arg(long, default_value_t = 100)]
    files: usize,
    /// Turns without and with the campaign.
    #[arg(long, default_value_t = 3)]
    turns: usize,
}

#[derive(Args)]
pub struct Kill {
    /// Items of the catalogue.
    #[arg(long, default_value_t = 2_000)]
    items: i64,
    #[arg(long, default_value_t = 10)]
    kills: i64,
}

/// Runs the benchmark. `false`: a check failed.
pub async fn run(command: &Command) -> bool {
    match command {
        Command::Measure(options) => measure(options).await,
        Command::Kill(options) => kill(options).await,
    }
}

/// Measurements of one turn, in ms.
#[derive(Default)]
struct Figures {
    packs: Vec<f64>,
    answers: Vec<f64>,
}

async fn measure(options: &Measure) -> bool {
    let app = TestApp::start();
    let token = fill(&app, options.items).await;
    let campaign = plan(&app).await;
    println!("plan: {} items, {}", campaign["items"], campaign["estimate"]);
    let (mut without, mut with) = (Figures::default(), Figures::default());
    for turn in 0..options.turns {
        packs(&app, options, &token, &format!("without {turn}"), &mut without).await;
        act(&app, &campaign, if turn == 0 { "start" } else { "resume" }).await;
        packs(&app, options, &token, &format!("with {turn}"), &mut with).await;
        let now = app.look(&path(&campaign)).await;
        eprintln!("turn {turn}: {} of {} items drawn", now["done"], now["items"]);
        if now["state"] != "running" {
            eprintln!(
                "the campaign is {} already: more items would measure more",
                now["state"]
            );
            break;
        }
        act(&app, &campaign, "pause").await;
    }
    println!(
        "\n| what | median without | median with | ratio | p95 without | p95 with | ratio |\n|---|---|---|---|---|---|---|"
    );
    tell(&format!("pack of {} files", options.files), without.packs, with.packs);
    tell("answer of the public API", without.answers, with.answers);
    true
}

/// Uploads packs one after the other, and asks the public API meanwhile. They are of one contributor: nobody looks for thefts.
async fn packs(app: &TestApp, options: &Measure, token: &str, name: &str, figures: &mut Figures) {
    for number in 0..options.packs {
        let title = format!("Pack {name} {number}");
        let file = |pack: PackBuilder, index| pack.file(&format!("icons/{index}.svg"), drawing(&title, index));
        let pack = (0..options.files).fold(PackBuilder::new(&title), file).build();
        let started = Instant::now();
        let uploading = app.upload_and_settle(token, &pack);
        tokio::pin!(uploading);
        let trace = loop {
            tokio::select! {
                trace = &mut uploading => break trace,
                ms = ask(app) => figures.answers.push(ms),
            }
        };
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
        figures.packs.push(started.elapsed().as_secs_f64() * 1e3);
    }
}

/// Every file another one.
fn drawing(title: &str, index: usize) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='#000' stroke-width='2'>\
         <!-- {title} --><path d='M{} 12l5 {} L20 {}'/><circle cx='{}' cy='17' r='{}'/></svg>",
        index % 7,
        index % 11,
        index % 13,
        index % 17,
        1 + index % 5
    )
}

/// One page of the catalogue, after a moment.
async fn ask(app: &TestApp) -> f64 {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let started = Instant::now();
    let (status, page) = app.get("/v1/items?limit=50", None).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    started.elapsed().as_secs_f64() * 1e3
}

fn tell(what: &str, without: Vec<f64>, with: Vec<f64>) {
    let (before, after) = (quantiles(without), quantiles(with));
    let ratio = |at: usize| after[at] / before[at];
    println!(
        "| {what} | {:.1} ms | {:.1} ms | {:.2} | {:.1} ms | {:.1} ms | {:.2} |",
        before[0],
        after[0],
        ratio(0),
        before[1],
        after[1],
        ratio(1)
    );
}

/// Median and 95th percentile.
fn quantiles(mut took: Vec<f64>) -> [f64; 2] {
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took.get(((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1)));
    [0.5, 0.95].map(|share| at(share).copied().unwrap_or(f64::NAN))
}

async fn kill(options: &Kill) -> bool {
    let mut app = TestApp::start_with(Options::default().set("CAMPAIGNS__CHUNK_ITEMS", 20));
    fill(&app, options.items).await;
    let campaign = plan(&app).await;
    let items = campaign["items"].as_i64().unwrap();
    let before = digest(&app).await;
    act(&app, &campaign, "start").await;
    for number in 1..=options.kills {
        let least = items * number / (options.kills + 2);
        until(&app, &campaign, |now| now["done"].as_i64() >= Some(least)).await;
        app.kill();
        app.restart();
        eprintln!("killed {number} times");
    }
    let rendered = until(&app, &campaign, |now| now["state"] == "rendered").await;
    let mut well = check("items done", rendered["done"].as_i64().unwrap(), items);
    well &= check(
        "outputs counted",
        rendered["outputs"].as_i64().unwrap(),
        items * PRESETS,
    );
    well &= check(
        "outputs there",
        app.number("select count(*) from campaign_renditions").await,
        items * PRESETS,
    );
    well &= check("unchanged before the swap", i64::from(digest(&app).await == before), 1);
    act(&app, &campaign, "swap").await;
    let stale = "select count(*) from current_renditions where preset_sha256 = sha256('another engine')";
    well &= check("old pictures shown after the swap", app.number(stale).await, 0);
    act(&app, &campaign, "rollback").await;
    well &= check(
        "as before after the roll-back",
        i64::from(digest(&app).await == before),
        1,
    );
    well
}

fn check(what: &str, found: i64, expected: i64) -> bool {
    let verdict = if found == expected { "ok" } else { "WRONG" };
    println!("{what}: {found} of {expected}: {verdict}");
    found == expected
}

/// All that is shown, to the last column, as one number.
async fn digest(app: &TestApp) -> String {
    let pool = app.database().await;
    let digest = sqlx::query_scalar(
        "select md5(string_agg(to_jsonb(shown)::text, ',' order by item_id, preset)) from current_renditions shown",
    )
    .fetch_one(&pool)
    .await;
    pool.close().await;
    digest.unwrap()
}

/// A catalogue of items that share the files of one pack, drawn by another engine.
///
/// Answers with the contributor's token.
async fn fill(app: &TestApp, items: i64) -> String {
    eprintln!("putting {items} items into the catalogue ...");
    let token = app.trusted("seed");
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Seeds", SEEDS).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let pool = app.database().await;
    let copies = (items - SEEDS as i64).max(0) / SEEDS as i64;
    for statement in [
        "create unlogged table copies as select id as source_id, gen_random_uuid() as id, number from items, generate_series(1, $1) number",
        "insert into items (id, kind, set_id, path, title, tags, metadata, sha256, size_bytes, width, height, state, file_sha256, file_size_bytes)
         select copies.id, kind, set_id, copies.number || '/' || path, title, tags, metadata, sha256, size_bytes, width, height, state,
             file_sha256, file_size_bytes from copies join items on items.id = copies.source_id where $1::bigint is not null",
        "insert into renditions select copies.id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256
         from copies join renditions on renditions.item_id = copies.source_id where $1::bigint is not null",
        "update renditions set preset_sha256 = sha256('another engine') where $1::bigint is not null",
    ] {
        sqlx::query(statement).bind(copies).execute(&pool).await.unwrap();
    }
    sqlx::raw_sql("drop table copies; analyze")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    token
}

async fn plan(app: &TestApp) -> Value {
    let (status, planned) = app
        .act("/v1/campaigns", json!({ "reason": "a measurement", "canary": 0 }))
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{planned}");
    until(app, &planned, |now| now["state"] == "planned").await
}

async fn act(app: &TestApp, campaign: &Value, verb: &str) {
    let (status, answer) = app.act(&format!("{}/{verb}", path(campaign)), json!({})).await;
    assert_eq!(status, StatusCode::OK, "{verb}: {answer}");
}

fn path(campaign: &Value) -> String {
    format!("/v1/campaigns/{}", campaign["id"].as_str().unwrap())
}

/// However long it takes, as long as it goes on.
async fn until(app: &TestApp, campaign: &Value, good: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    loop {
        let now = eventually("the campaign goes on", async || {
            let now = app.look(&path(campaign)).await;
            if good(&now) || (&now["items"], &now["done"]) != (&last["items"], &last["done"]) {
                Ok(now)
            } else {
                Err(now.to_string())
            }
        })
        .await;
        if good(&now) {
            return now;
        }
        last = now;
    }
}
