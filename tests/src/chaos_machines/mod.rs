//! Three machines on one database behind nginx, under load: the leader is killed, frozen and cut off. Then everything is counted.

mod load;
mod network;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use nix::sys::signal::Signal;
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::Options as Settings;
use crate::daemon::Daemon;
use crate::nginx::{Nginx, free_port};
use crate::rollout::for_load;
use crate::server::Server;
use crate::shop::{self, Books};
use load::Load;
use network::Network;

const MACHINES: usize = 3;
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Between two faults, and after the last one.
const QUIET: Duration = Duration::from_secs(12);
/// For a machine to take over.
const TAKEN_WITHIN: Duration = Duration::from_secs(120);
/// The leases that are watched.
const LEASE: &str = "scheduler";

/// The amount of chaos.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Reads a second.
    #[arg(long, default_value_t = 180)]
    pub reads: u32,
    /// Orders a second.
    #[arg(long, default_value_t = 20)]
    pub orders: u32,
    /// Seconds for which the leader is frozen, and for which another one is cut off.
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// Seconds within which another machine must lead.
    #[arg(long, default_value_t = 10)]
    pub takeover_seconds: u64,
}

/// Runs the whole story and prints what came of it. `false`: something was lost, doubled, done by a stale holder, or too late.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    let Some(mut network) = Network::create(MACHINES)? else {
        return Ok(true);
    };
    let server = Server::start().await?;
    let buyers = u64::from(options.orders) * (4 * options.seconds + 120);
    let settings = Settings::default().set("DATABASE__URL", server.url());
    let set = shop::furnish(settings, &server.pool, buyers).await?.set;
    let url = network.connect(&server).await?;
    let folder = tempfile::tempdir()?;
    let mut machines = Machines::start(&network, &url, folder);
    let addresses: Vec<_> = (0..MACHINES)
        .map(|machine| format!("{}:8780", network.machine(machine)))
        .collect();
    let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
    let nginx =
        Nginx::start(free_port(), &addresses, for_load).context("nginx is missing: apt-get install nginx-light")?;
    let client = nginx.client("127.0.0.1");
    let load = Load::start(&client, &nginx.url, &set, (options.reads, options.orders), buyers);
    let watch = Watch::start(server.pool.clone());
    let started = Instant::now();

    sleep(QUIET).await;
    let mut takeovers = Vec::new();
    let fault = Duration::from_secs(options.seconds);
    for story in [Story::Killed, Story::Frozen, Story::CutOff] {
        let (leader, epoch) = machines.leader(&server.pool).await?;
        match story {
            Story::Killed => machines.daemons[leader].signal(Signal::SIGKILL),
            Story::Frozen => machines.daemons[leader].signal(Signal::SIGSTOP),
            Story::CutOff => network.cut_off(leader)?,
        }
        let since = Instant::now();
        let took = machines.successor(&server.pool, leader, epoch).await?;
        println!(
            "{story:?}: machine {leader} led with epoch {epoch}; another one does after {:.1} s",
            took.as_secs_f64()
        );
        takeovers.push(took);
        sleep(fault.saturating_sub(since.elapsed())).await;
        match story {
            Story::Killed => machines.restart(leader),
            Story::Frozen => machines.daemons[leader].signal(Signal::SIGCONT),
            Story::CutOff => network.join(leader)?,
        }
        sleep(QUIET).await;
    }
    let counts = load.counts.clone();
    let orders = load.stop().await;
    let seconds = started.elapsed().as_secs_f64();
    let [reads, failed, tries] =
        [&counts.reads, &counts.failed_reads, &counts.tries].map(|count| count.load(Ordering::Relaxed));
    println!(
        "{:.0} requests a second for {seconds:.0} s; {failed} of {reads} reads failed; {orders} orders in {tries} tries",
        (reads + tries) as f64 / seconds
    );
    let stale = watch.stop().await;
    println!("acts of the lease by a stale holder: {stale}");
    let limit = Duration::from_secs(options.takeover_seconds);
    let in_time = takeovers.iter().all(|took| *took <= limit);
    Ok(judge(&server.pool, orders, &machines).await? && in_time && stale == 0)
}

#[derive(Debug, Clone, Copy)]
enum Story {
    Killed,
    Frozen,
    CutOff,
}

/// The daemons, each in its namespace.
struct Machines {
    daemons: Vec<Daemon>,
    settings: Vec<Settings>,
    folder: TempDir,
}

impl Machines {
    fn start(network: &Network, url: &str, folder: TempDir) -> Self {
        let settings: Vec<_> = (0..MACHINES)
            .map(|machine| {
                Settings {
                    namespace: Some(network.namespace(machine)),
                    ..Settings::default()
                }
                .set("DATABASE__URL", url)
                .set("DATABASE__MAX_CONNECTIONS", 6)
                .set("SCANNER__SOCKET", "/nonexistent")
                .set("DAEMON__NAME", format!("machine-{machine}"))
                .set("HTTP__LISTEN", format!("{}:8780", network.machine(machine)))
                .set("HTTP__TRUSTED_PROXIES", 1)
            })
            .collect();
        let daemons = settings.iter().enumerate();
        let daemons = daemons.map(|(machine, settings)| Daemon::start(&state(&folder, machine), settings));
        Self {
            daemons: daemons.collect(),
            settings,
            folder,
        }
    }

    fn restart(&mut self, machine: usize) {
        self.daemons[machine].wait();
        self.daemons[machine] = Daemon::start(&state(&self.folder, machine), &self.settings[machine]);
    }

    /// The machine that leads, and its epoch.
    async fn leader(&self, db: &PgPool) -> anyhow::Result<(usize, i64)> {
        let started = Instant::now();
        loop {
            let found = holder(db).await?.and_then(|(pid, epoch)| {
                let machine = self.daemons.iter().position(|daemon| daemon.pid().as_raw() == pid)?;
                Some((machine, epoch))
            });
            match found {
                Some(found) => return Ok(found),
                None => anyhow::ensure!(started.elapsed() < TAKEN_WITHIN, "nobody leads"),
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until another machine leads. Answers with the time.
    async fn successor(&self, db: &PgPool, former: usize, epoch: i64) -> anyhow::Result<Duration> {
        let started = Instant::now();
        loop {
            let (leader, now) = self.leader(db).await?;
            if leader != former && now > epoch {
                return Ok(started.elapsed());
            }
            anyhow::ensure!(started.elapsed() < TAKEN_WITHIN, "nobody takes over");
            sleep(LOOK_EVERY).await;
        }
    }
}

fn state(folder: &TempDir, machine: usize) -> std::path::PathBuf {
    folder.path().join(format!("machine-{machine}"))
}

/// The process that holds the lease, and the epoch.
async fn holder(db: &PgPool) -> anyhow::Result<Option<(i32, i64)>> {
    let query = "select holder, epoch from leases where name = $1 and expires_at > now()";
    let row: Option<(String, i64)> = sqlx::query_as(query).bind(LEASE).fetch_optional(db).await?;
    let Some((holder, epoch)) = row else { return Ok(None) };
    let pid = holder.rsplit(':').next().unwrap_or_default().parse()?;
    Ok(Some((pid, epoch)))
}

/// Looks again and again whether a lease goes back to an epoch or a holder that it had.
struct Watch {
    stop: tokio_util::sync::CancellationToken,
    task: tokio::task::JoinHandle<usize>,
}

impl Watch {
    fn start(db: PgPool) -> Self {
        let stop = tokio_util::sync::CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let (mut stale, mut last) = (0, None::<(i32, i64)>);
            while !stopped.is_cancelled() {
                if let Ok(Some((pid, epoch))) = holder(&db).await {
                    let is_stale =
                        last.is_some_and(|(before, known)| epoch < known || (epoch == known && pid != before));
                    stale += usize::from(is_stale);
                    last = Some((pid, epoch));
                }
                sleep(LOOK_EVERY).await;
            }
            stale
        });
        Self { stop, task }
    }

    async fn stop(self) -> usize {
        self.stop.cancel();
        self.task.await.unwrap_or(usize::MAX)
    }
}

/// Compares the orders that were taken with what is there.
async fn judge(db: &PgPool, taken: u64, machines: &Machines) -> anyhow::Result<bool> {
    let books = Books::read(db, &state(&machines.folder, 0).join("control.sock")).await?;
    let lost = i64::try_from(taken)? - books.paid;
    println!("{taken} orders taken, {lost} lost; {books:?}");
    Ok(lost == 0 && books.are_right())
}
