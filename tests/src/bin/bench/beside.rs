//! `make bench-api`, second part: item, newest and set page beside Fastify with Objection.js, on the same tables in the same run.
//!
//! A closed loop of as many clients for each. The figure is requests for each second of processor time: of the server alone, and with the
//! share of PostgreSQL. Other load on the machine makes both slower, not one of them cheaper.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tradepost_tests::{Options as AppOptions, TestApp};

use super::api::until_indexed;
use super::pack::{processes, ticks};

/// Clients that ask at once.
const CLIENTS: usize = 16;
/// Products that are asked for.
const PRODUCTS: usize = 5_000;
/// Items that are asked for again and again, as most visitors do.
const POPULAR: usize = 100;
const PER_MINUTE: u32 = 10_000_000;

#[derive(Debug, Clone, Args)]
pub struct Options {
    #[arg(long, default_value_t = 50_000)]
    pub items: usize,
    /// For each of the pages and servers.
    #[arg(long, default_value_t = 15)]
    pub seconds: u32,
}

pub async fn run(options: &Options) -> anyhow::Result<()> {
    let app = TestApp::start_with(
        AppOptions::default()
            .set("LIMITS__PAGES_PER_MINUTE", PER_MINUTE)
            .set("DATABASE__MAX_CONNECTIONS", 16),
    );
    let made = app.tradepostd(&["sample", "catalogue", "--items", &options.items.to_string()]);
    anyhow::ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    until_indexed(&app, options.items).await;
    let peer = Peer::start(&app).await?;
    let paths = Paths::read(&app).await?;
    peer.answers_alike(&app, &paths).await?;
    println!(
        "{} items, {CLIENTS} clients, {} s each; node {}:\n",
        options.items, options.seconds, peer.node
    );
    println!(
        "| page | server | requests/s | requests/CPU s of the server | with PostgreSQL | median ms | errors |\n|---|---|---|---|---|---|---|"
    );
    let within = Duration::from_secs(options.seconds.into());
    let popular = &paths.items[..POPULAR.min(paths.items.len())];
    let pages = [
        ("item", &paths.items[..]),
        ("popular item", popular),
        ("newest", &paths.newest),
        ("set", &paths.sets),
    ];
    for (page, paths) in pages {
        let mut turns = Vec::new();
        for (server, base, pid) in [("tradepostd", &app.api, app.pid()), ("Fastify", &peer.base, peer.pid)] {
            let turn = measure(&app, base, pid, paths, within).await;
            println!(
                "| {page} | {server} | {:.0} | {:.0} | {:.0} | {:.1} | {} |",
                turn.requests / turn.seconds,
                turn.requests / turn.own_cpu,
                turn.requests / (turn.own_cpu + turn.database_cpu),
                turn.median_ms,
                turn.errors
            );
            turns.push(turn);
        }
        let of = |turn: &Turn| {
            (
                turn.requests / turn.own_cpu,
                turn.requests / (turn.own_cpu + turn.database_cpu),
            )
        };
        let (ours, theirs) = (of(&turns[0]), of(&turns[1]));
        println!(
            "| {page} | ratio | | {:.1} | {:.1} | | |",
            ours.0 / theirs.0,
            ours.1 / theirs.1
        );
    }
    Ok(())
}

struct Paths {
    items: Vec<String>,
    newest: Vec<String>,
    sets: Vec<String>,
}

impl Paths {
    async fn read(app: &TestApp) -> anyhow::Result<Self> {
        let pool = app.database().await;
        let ids = async |table: &str| -> anyhow::Result<Vec<String>> {
            // Not in the order of the ids: the cache of PostgreSQL has no easier time than in a shop.
            let select = format!(
                "select '/v1/{table}/' || id from {table} where state = 'published' order by md5(id::text) limit {PRODUCTS}"
            );
            Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(select)).fetch_all(&pool).await?)
        };
        Ok(Self {
            items: ids("items").await?,
            sets: ids("sets").await?,
            newest: vec!["/v1/items".to_owned()],
        })
    }
}

/// The other server.
struct Peer {
    base: String,
    node: String,
    pid: i32,
    _process: Child,
}

impl Peer {
    async fn start(app: &TestApp) -> anyhow::Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/api/server.js");
        let mut process = Command::new("node")
            .arg(script)
            .arg(app.state.join("postgres/socket"))
            .arg("tradepost")
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting node")?;
        let mut lines = BufReader::new(process.stdout.take().context("no pipe from node")?).lines();
        let line = lines.next_line().await?.context("node ended early")?;
        let told: Value = serde_json::from_str(&line)?;
        Ok(Self {
            base: format!("http://127.0.0.1:{}", told["port"]),
            node: told["node"].as_str().unwrap_or("?").to_owned(),
            pid: process.id().context("node has ended")?.cast_signed(),
            _process: process,
        })
    }

    /// Both tell the same of the first products.
    async fn answers_alike(&self, app: &TestApp, paths: &Paths) -> anyhow::Result<()> {
        let get = async |base: &str, path: &str| -> anyhow::Result<Value> {
            Ok(app.http.get(format!("{base}{path}")).send().await?.json().await?)
        };
        for path in paths
            .items
            .iter()
            .take(5)
            .chain(paths.sets.iter().take(5))
            .chain(&paths.newest)
        {
            let (mut ours, mut theirs) = (get(&app.api, path).await?, get(&self.base, path).await?);
            for answer in [&mut ours, &mut theirs] {
                without_spelling(answer);
            }
            anyhow::ensure!(ours == theirs, "{path}: {ours}\n{theirs}");
        }
        Ok(())
    }
}

/// Takes out counts that go on, cursors, and the digits of times.
fn without_spelling(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            fields.retain(|name, _| !["counts", "next", "created_at", "published_at"].contains(&name.as_str()));
            fields.values_mut().for_each(without_spelling);
        }
        Value::Array(values) => values.iter_mut().for_each(without_spelling),
        _ => {}
    }
}

struct Turn {
    requests: f64,
    seconds: f64,
    own_cpu: f64,
    database_cpu: f64,
    median_ms: f64,
    errors: usize,
}

async fn measure(app: &TestApp, base: &str, pid: i32, paths: &[String], within: Duration) -> Turn {
    // The first requests open connections.
    ask(app, base, paths, Duration::from_secs(2)).await;
    let before = (ticks(pid).unwrap_or_default(), database_ticks(app));
    let begun = Instant::now();
    let (mut took, errors) = ask(app, base, paths, within).await;
    let seconds = begun.elapsed().as_secs_f64();
    let own_cpu = (ticks(pid).unwrap_or_default() - before.0) / 100.0;
    let database_cpu = (database_ticks(app) - before.1) / 100.0;
    took.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
    let requests = took.len() as f64;
    Turn {
        requests,
        seconds,
        own_cpu,
        database_cpu,
        median_ms: took.get(took.len() / 2).map_or(0.0, |took| took.as_secs_f64() * 1e3),
        errors,
    }
}

/// Asks for the paths one after the other, by all clients; answers with the times and the number of errors.
async fn ask(app: &TestApp, base: &str, paths: &[String], within: Duration) -> (Vec<Duration>, usize) {
    let (next, errors) = (Arc::<AtomicUsize>::default(), Arc::<AtomicU64>::default());
    let urls: Arc<Vec<String>> = Arc::new(paths.iter().map(|path| format!("{base}{path}")).collect());
    let mut clients = JoinSet::new();
    let end = Instant::now() + within;
    for _ in 0..CLIENTS {
        let (http, urls, next, errors) = (app.http.clone(), urls.clone(), next.clone(), errors.clone());
        clients.spawn(async move {
            let mut took = Vec::new();
            while Instant::now() < end {
                let url = &urls[next.fetch_add(1, Ordering::Relaxed) % urls.len()];
                let begun = Instant::now();
                let answer = async { http.get(url).send().await?.error_for_status()?.bytes().await };
                match answer.await {
                    Ok(_) => took.push(begun.elapsed()),
                    Err(_) => drop(errors.fetch_add(1, Ordering::Relaxed)),
                }
            }
            took
        });
    }
    let took = clients.join_all().await.concat();
    let errors = usize::try_from(errors.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
    (took, errors)
}

/// Clock ticks of PostgreSQL and its backends, those that ended included.
fn database_ticks(app: &TestApp) -> f64 {
    let all = processes();
    let servers: Vec<i32> = all
        .iter()
        .filter(|(pid, parent)| *parent == app.pid() && is_postgres(*pid))
        .map(|(pid, _)| *pid)
        .collect();
    let backends = all
        .iter()
        .filter(|(_, parent)| servers.contains(parent))
        .map(|(pid, _)| *pid);
    backends.chain(servers.iter().copied()).filter_map(ticks).sum()
}

fn is_postgres(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "postgres")
}
