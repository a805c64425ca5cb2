//! Packs while the daemon is killed and its PostgreSQL crashes; then every file, row and object is counted.

mod verdict;

use std::time::{Duration, Instant};

use clap::Args;
use nix::sys::signal::{Signal, kill};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tradepostd::embedded::postgres::{PidFile, find_running};

use crate::{Options as Daemon, PackBuilder, TestApp};
pub use verdict::Verdict;

const TICK: Duration = Duration::from_millis(20);
/// An event comes up to this long after its part of the work is done: at a random moment.
const JITTER: Duration = Duration::from_millis(300);

/// The amount of chaos.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Files of all packs together.
    #[arg(long, default_value_t = 2_000)]
    pub files: usize,
    #[arg(long, default_value_t = 4)]
    pub packs: usize,
    /// Times that the daemon is killed with SIGKILL.
    #[arg(long, default_value_t = 20)]
    pub kills: u32,
    /// Crashes of PostgreSQL under a running daemon.
    #[arg(long, default_value_t = 5)]
    pub crashes: u32,
    /// Given up after this time.
    #[arg(long, default_value_t = 1_800)]
    pub limit_seconds: u64,
}

/// Runs the whole story and prints the outcome. `false`: something was lost, doubled, or not as it should be.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    anyhow::ensure!(
        (1..=options.files).contains(&options.packs),
        "between one pack and as many as there are files"
    );
    let started = Instant::now();
    let mut scene = Scene::open(options).await;
    let limit = Duration::from_secs(options.limit_seconds);
    if tokio::time::timeout(limit, scene.tell(options)).await.is_err() {
        eprintln!("chaos: not done after {} s", limit.as_secs());
    }
    let verdict = Verdict::count(&scene).await?;
    verdict.print(&scene, options, started.elapsed());
    Ok(verdict.is_good() && (scene.kills, scene.crashes) == (options.kills, options.crashes))
}

/// The daemon with the packs.
struct Scene {
    app: TestApp,
    /// Connections to its PostgreSQL, while that runs.
    db: Option<PgPool>,
    files: usize,
    packs: usize,
    kills: u32,
    crashes: u32,
}

impl Scene {
    /// Starts a daemon that is slow enough to be interrupted, and completes the uploads of all packs.
    async fn open(options: &Options) -> Self {
        let slow = Daemon::default()
            .set("QUEUES__CONCURRENCY__RENDER", 2)
            .set("JAIL__CHILDREN", 1);
        let app = TestApp::start_with(slow);
        let mut ids = Vec::new();
        for number in 0..options.packs {
            let token = app.trusted(&format!("phoenix-{}", number % 3));
            // The first ones have what is left over.
            let files = options.files / options.packs + usize::from(number < options.files % options.packs);
            ids.push((
                app.receive(&token, &PackBuilder::drawn(number, files).build()).await,
                token,
            ));
        }
        for (id, token) in ids {
            let (status, body) = app.complete(&token, &id).await;
            assert!(status.is_success(), "{status}: {body}");
        }
        Self {
            app,
            db: None,
            files: options.files,
            packs: options.packs,
            kills: 0,
            crashes: 0,
        }
    }

    /// Kills and crashes, evenly over the work, until every pack is at rest.
    async fn tell(&mut self, options: &Options) {
        loop {
            tokio::time::sleep(TICK).await;
            let Some(done) = self.done().await else {
                // The server is away, or was just started again: with other connections next time.
                self.db = None;
                continue;
            };
            if is_due(done, self.crashes, options.crashes) {
                tokio::time::sleep(JITTER.mul_f64(rand::random())).await;
                self.crash();
            } else if is_due(done, self.kills, options.kills) {
                tokio::time::sleep(JITTER.mul_f64(rand::random())).await;
                self.app.kill();
                self.app.restart();
                self.kills += 1;
            } else if done >= 1.0 {
                return;
            }
        }
    }

    fn crash(&mut self) {
        let running = PidFile::read(&self.app.state.join("postgres/data")).filter(|server| server.is_ready);
        if running.is_some_and(|server| kill(server.pid, Signal::SIGQUIT).is_ok()) {
            self.crashes += 1;
        }
    }

    /// The part of the work that is done: settled files, and packs at rest. `None`: PostgreSQL does not answer.
    async fn done(&mut self) -> Option<f64> {
        let done = "
            select (select count(*) from items where state <> 'pending') + (select count(*) from uploads where settled_at is not null)";
        let db = self.database().await?;
        let done: i64 = sqlx::query_scalar(done).fetch_one(&db).await.ok()?;
        Some(done as f64 / (self.files + self.packs) as f64)
    }

    async fn database(&mut self) -> Option<PgPool> {
        if self.db.is_none() {
            let options = find_running(&self.app.state.join("postgres"))?.database("tradepost");
            let pool = PgPoolOptions::new().max_connections(2);
            self.db = pool.connect_with(options).await.ok();
        }
        self.db.clone()
    }
}

/// The events are spread evenly over the work; the first one comes before anything is done.
fn is_due(done: f64, happened: u32, events: u32) -> bool {
    happened < events && done >= f64::from(happened) / f64::from(events)
}
