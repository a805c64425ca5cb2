//! `make bench-api`: the public API at a fixed rate over a large sample catalogue.
//!
//! An open loop: a request is due at its time, whether those before it have their answers or not, and is measured from then on. A
//! daemon that stalls is charged for all that waits meanwhile (coordinated omission). Nothing is asserted: a figure is a figure.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Args;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::StatusCode;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tradepost_tests::daemon::Daemon;
use tradepost_tests::{Options as Settings, TestApp};

use crate::upload::memory;

/// Texts that are searched for: the first have a typing error.
const TEXTS: [&str; 6] = ["arow", "hart left", "user", "flying bird", "small star", "coffee cup"];
/// Pages that are walked to before the measurement.
const FAR_PAGE: usize = 500;

/// Size of the benchmark.
#[derive(Debug, Clone, Args)]
pub struct Options {
    #[arg(long, default_value_t = 100_000)]
    pub items: usize,
    /// Requests a second.
    #[arg(long, default_value_t = 500)]
    pub rate: u32,
    #[arg(long, default_value_t = 60)]
    pub seconds: u32,
    /// Asks for other items and pages each time, so that hardly any answer is kept already.
    #[arg(long)]
    pub cold: bool,
    /// Rebuilds the search index afterwards, then makes a backup, restores it elsewhere and waits for a shop that answers.
    #[arg(long)]
    pub recover: bool,
}

/// The kinds of requests, each with its share in percent.
const MIX: [(&str, u32); 6] = [
    ("item", 35),
    ("set", 15),
    ("newest", 15),
    ("popular, by category and style", 10),
    ("page 500", 5),
    ("search with two facets", 20),
];

pub async fn run(options: &Options) -> anyhow::Result<()> {
    let app = TestApp::start();
    let begun = Instant::now();
    let made = app.tradepostd(&["sample", "catalogue", "--items", &options.items.to_string()]);
    anyhow::ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    println!("{}", String::from_utf8_lossy(&made.stdout).trim());
    let status = until_indexed(&app, options.items).await;
    println!(
        "index: {} documents, {:.1} MB, fresh {:.0} s after the first item was made\n",
        status["documents"],
        status["size_bytes"].as_f64().unwrap_or_default() / 1e6,
        begun.elapsed().as_secs_f64()
    );
    let paths = Arc::new(Paths::read(&app, options).await?);
    let answers = load(&app, &paths, options).await;
    println!(
        "{} requests a second for {} s, {} items:\n",
        options.rate, options.seconds, options.items
    );
    println!("| request | number | median ms | p95 ms | p99 ms | max ms | refused |\n|---|---|---|---|---|---|---|");
    for (name, mut answers) in answers {
        answers.took.sort_unstable();
        let of = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a rank"
            )]
            let rank = ((answers.took.len().saturating_sub(1)) as f64 * share) as usize;
            answers.took.get(rank).map_or(0.0, |took| took.as_secs_f64() * 1e3)
        };
        println!(
            "| {name} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {} |",
            answers.took.len(),
            of(0.5),
            of(0.95),
            of(0.99),
            of(1.0),
            answers.refused
        );
    }
    let [now, most] = ["VmRSS", "VmHWM"].map(|name| memory(app.pid(), name).unwrap_or_default());
    println!("\nmemory of the daemon: {now} MiB (most so far: {most})");
    if options.recover {
        rebuild(&app, options.items).await?;
        recover(app).await?;
    }
    Ok(())
}

async fn rebuild(app: &TestApp, items: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    let (status, answer) = app.act("/v1/search/rebuild", serde_json::json!({})).await;
    anyhow::ensure!(status.is_success(), "{answer}");
    while app.look("/v1/search").await["rebuild"].is_null() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until_indexed(app, items).await;
    println!("search index rebuilt in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// From a backup to a shop that answers, on an empty folder.
async fn recover(app: TestApp) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let [backup, restored] = ["backup", "restored"].map(|name| folder.path().join(name));
    let backup = backup.display().to_string();
    let timed = |what: &str, state: &Path, action: &str| -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut command = tradepost_tests::command("tradepostd");
        let output = command
            .args(["backup", action, &backup, "--state"])
            .arg(state)
            .output()?;
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        println!("{what}: {:.1} s", begun.elapsed().as_secs_f64());
        Ok(())
    };
    timed("backup made while the daemon runs", &app.state, "create")?;
    drop(app);
    let begun = Instant::now();
    timed("backup restored", &restored, "restore")?;
    let daemon = Daemon::start(&restored, &Settings::default());
    let answer = reqwest::get(format!("{}/v1/items", daemon.api)).await?;
    anyhow::ensure!(answer.status().is_success(), "{}", daemon.log());
    println!(
        "from the loss to a shop that answers: {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

pub async fn until_indexed(app: &TestApp, items: usize) -> serde_json::Value {
    loop {
        let status = app.look("/v1/search").await;
        let is_fresh = status["waiting"] == 0 && status["rebuild"].is_null();
        if is_fresh && status["documents"].as_u64().unwrap_or_default() >= items as u64 {
            return status;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Paths of things that there are.
struct Paths {
    items: Vec<String>,
    sets: Vec<String>,
    /// The cursors of pages by popularity, up to one that is far from the first.
    cursors: Vec<String>,
    is_cold: bool,
}

impl Paths {
    async fn read(app: &TestApp, options: &Options) -> anyhow::Result<Self> {
        let ids = |list: &str, page: &serde_json::Value| {
            let rows = page["rows"].as_array().cloned().unwrap_or_default();
            rows.iter()
                .filter_map(|row| Some(format!("/v1/{list}/{}", row["id"].as_str()?)))
                .collect::<Vec<_>>()
        };
        let (_, sets) = app.get("/v1/sets?order=popular&limit=200", None).await;
        let (_, items) = app.get("/v1/items?order=popular&limit=200", None).await;
        let (sets, mut items) = (ids("sets", &sets), ids("items", &items));
        let (mut cursors, mut next) = (Vec::new(), String::new());
        for _ in 1..FAR_PAGE {
            let (_, page) = app.get(&format!("/v1/items?order=popular{next}"), None).await;
            if options.cold {
                items.extend(ids("items", &page));
            }
            let Some(cursor) = page["next"].as_str() else { break };
            next = format!("&cursor={cursor}");
            cursors.push(cursor.to_owned());
        }
        anyhow::ensure!(!items.is_empty() && !sets.is_empty(), "the catalogue is empty");
        Ok(Self {
            items,
            sets,
            cursors,
            is_cold: options.cold,
        })
    }

    fn draw(&self, random: &mut StdRng) -> (&'static str, String) {
        let mut drawn = random.random_range(0..MIX.iter().map(|(_, share)| share).sum());
        let (name, _) = MIX
            .iter()
            .find(|(_, share)| {
                let is_it = drawn < *share;
                drawn = drawn.saturating_sub(*share);
                is_it
            })
            .unwrap_or(&MIX[0]);
        let mut any = |of: &[String]| of[random.random_range(0..of.len())].clone();
        let path = match *name {
            "item" => any(&self.items),
            "set" => any(&self.sets),
            // The last part of a path is the id, which is the cursor of the newest before it.
            "newest" if self.is_cold => {
                let item = any(&self.items);
                format!("/v1/items?cursor={}", item.rsplit('/').next().unwrap_or_default())
            }
            "newest" => "/v1/items".to_owned(),
            "page 500" => format!(
                "/v1/items?order=popular&cursor={}",
                self.cursors[self.cursors.len() - 1]
            ),
            "search with two facets" => {
                let text = TEXTS[random.random_range(0..TEXTS.len())].replace(' ', "+");
                let offset = if self.is_cold { random.random_range(0..2_000) } else { 0 };
                format!("/v1/search?q={text}&kind=icon&style=outline&cursor={offset}")
            }
            _ if self.is_cold => {
                let cursor = any(&self.cursors);
                format!("/v1/items?order=popular&category=nature&style=outline&cursor={cursor}")
            }
            _ => "/v1/items?order=popular&category=nature&style=outline".to_owned(),
        };
        (name, path)
    }
}

#[derive(Default)]
struct Answers {
    took: Vec<Duration>,
    refused: u64,
}

async fn load(app: &TestApp, paths: &Arc<Paths>, options: &Options) -> BTreeMap<&'static str, Answers> {
    let answers = Arc::new(Mutex::new(BTreeMap::<&'static str, Answers>::new()));
    let mut random = StdRng::seed_from_u64(1);
    let (mut running, begun) = (JoinSet::new(), Instant::now());
    for number in 0..options.rate * options.seconds {
        let due = begun + Duration::from_secs(1) * number / options.rate;
        sleep_until(due.into()).await;
        let (name, path) = paths.draw(&mut random);
        let (request, answers) = (app.http.get(format!("{}{path}", app.api)), answers.clone());
        running.spawn(async move {
            let status = match request.send().await {
                Ok(response) => {
                    let status = response.status();
                    response
                        .bytes()
                        .await
                        .map_or(StatusCode::INTERNAL_SERVER_ERROR, |_| status)
                }
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let mut answers = answers.lock().unwrap();
            let own = answers.entry(name).or_default();
            own.took.push(due.elapsed());
            own.refused += u64::from(status != StatusCode::OK);
        });
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
    std::mem::take(&mut *answers.lock().unwrap())
}
