//! Rolling deploys of two machines behind nginx, under load; then versions that do not work, which are taken back by themselves.

mod report;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::Options as Settings;
use crate::clamd::Clamd;
use crate::load::{Load, Lost, Rates, Target};
use crate::nginx::{Nginx, free_port};
use crate::objects::ObjectServer;
use crate::program;
use crate::rollout::{Machine, for_load, scripted_programs};
use crate::server::Server;
use crate::shop::{self, Books};
use report::{BadVersion, Report};

const MACHINES: usize = 2;
/// Before the first deploy and after the last one.
const QUIET: Duration = Duration::from_secs(3);
/// Seconds of a deploy of one machine for which there are buyers.
const DEPLOY_SECONDS: u32 = 15;
/// nginx bounds the connections of one address.
const ADDRESSES: [&str; 4] = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"];

/// The number of deploys, and the load beside them.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Rolling deploys; each brings the next version to both machines.
    #[arg(long, default_value_t = 20)]
    pub deploys: u32,
    /// Reads a second.
    #[arg(long, default_value_t = 80)]
    pub reads: u32,
    /// New carts a second.
    #[arg(long, default_value_t = 14)]
    pub carts: u32,
    /// Orders a second.
    #[arg(long, default_value_t = 5)]
    pub orders: u32,
    /// Packs a second, each of one file. Needs the S3 server of the tests (make/sqs).
    #[arg(long, default_value_t = 1)]
    pub uploads: u32,
    /// Seconds within which a version that does not work is taken back.
    #[arg(long, default_value_t = 30)]
    pub rollback_seconds: u64,
    /// A folder with the programs of the version before. They run on both machines at first, then beside the new version.
    #[arg(long)]
    pub before: Option<PathBuf>,
    /// Seconds for which the version before and the new one run side by side.
    #[arg(long, default_value_t = 600)]
    pub beside_seconds: u64,
}

/// Runs the whole story and prints what came of it. `false`: a request failed, a write was lost, or a bad version stayed too long.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    let scene = Scene::set(options).await?;
    let nginx = scene.nginx()?;
    let load = scene.load(&nginx, options);
    let started = Instant::now();
    sleep(QUIET).await;

    let mut deploys = Vec::new();
    let mut failed_beside = None;
    if options.before.is_some() {
        deploys.push(scene.roll(&scene.machines[0], "1-next").await?);
        sleep(Duration::from_secs(options.beside_seconds)).await;
        failed_beside = Some(load.failed());
        println!("the versions ran side by side, {} requests failed", load.failed());
    }
    for deploy in 0..options.deploys {
        for machine in &scene.machines {
            deploys.push(scene.roll(machine, &(deploy + 2).to_string()).await?);
        }
        if (deploy + 1) % 5 == 0 {
            println!("{} deploys, {} requests failed", deploy + 1, load.failed());
        }
    }
    let failed_deploying = load.failed();
    let mut bad = Vec::new();
    for (kind, script) in scene.bad_versions() {
        let before = load.failed();
        let took = scene.roll_back(kind, &script).await?;
        bad.push(BadVersion {
            kind,
            took,
            failed: load.failed() - before,
        });
    }
    sleep(QUIET).await;
    let tally = load.stop().await?;
    let seconds = started.elapsed().as_secs_f64();
    let lost = Lost::count(&scene.server.pool, &tally).await?;
    let books = Books::read(&scene.server.pool, &scene.machines[0].socket()).await?;
    let report = Report {
        seconds,
        deploys,
        failed_beside,
        failed_deploying,
        bad,
        tally,
        lost,
        books,
    };
    report.print();
    if report.tally.failed > 0 {
        print_first_lines(&nginx.errors());
    }
    Ok(report.is_good(Duration::from_secs(options.rollback_seconds)))
}

/// Two machines with the first version, on one database, one bucket and one scanner.
struct Scene {
    machines: Vec<Machine>,
    shop: shop::Shop,
    server: Server,
    has_bucket: bool,
    _clamd: Clamd,
    // Last: deleted when nothing runs in it any more.
    folder: TempDir,
}

impl Scene {
    async fn set(options: &Options) -> anyhow::Result<Self> {
        let server = Server::start().await?;
        let folder = tempfile::tempdir()?;
        let scanner = folder.path().join("clamd");
        std::fs::create_dir(&scanner)?;
        let socket = scanner.join("socket");
        let clamd = Clamd::start(&scanner, &socket).context("clamd is missing: apt-get install clamav-daemon")?;
        let bucket = ObjectServer::create().await;
        let settings = bucket.as_ref().map_or_else(Settings::default, ObjectServer::options);
        let settings = settings
            .set("DATABASE__URL", server.url())
            .set("DATABASE__MAX_CONNECTIONS", 6)
            .set("SCANNER__SOCKET", socket.display());
        let beside = options.before.as_ref().map_or(0, |_| options.beside_seconds);
        let seconds = u64::from((options.deploys + 3) * DEPLOY_SECONDS * 2 + 60) + beside;
        let buyers = u64::from(options.orders) * seconds;
        let shop = shop::furnish(settings.clone(), &server.pool, buyers.max(1)).await?;
        let machines: Vec<_> = (0..MACHINES)
            .map(|number| {
                let settings = settings.clone().set("DAEMON__NAME", format!("machine-{number}"));
                Machine::new(folder.path(), &format!("m{number}"), &settings)
            })
            .collect();
        let scene = Self {
            machines,
            shop,
            server,
            has_bucket: bucket.is_some(),
            _clamd: clamd,
            folder,
        };
        let first = options.before.clone().map_or_else(programs, Ok)?;
        for machine in &scene.machines {
            scene.bring(machine, "1", &first).await?;
        }
        Ok(scene)
    }

    fn nginx(&self) -> anyhow::Result<Nginx> {
        let addresses: Vec<_> = self.machines.iter().map(|machine| machine.address.as_str()).collect();
        Nginx::start(free_port(), &addresses, for_load).context("nginx is missing: apt-get install nginx-light")
    }

    fn load(&self, nginx: &Nginx, options: &Options) -> Load {
        let rates = Rates {
            reads: options.reads,
            carts: options.carts,
            orders: options.orders,
            uploads: if self.has_bucket { options.uploads } else { 0 },
        };
        let targets = ADDRESSES.map(|address| Target {
            client: nginx.client(address),
            url: nginx.url.clone(),
        });
        Load::start(targets.into(), self.shop.clone(), rates)
    }

    /// Brings a version with the programs of this build to a machine. Answers with the time.
    async fn roll(&self, machine: &Machine, version: &str) -> anyhow::Result<Duration> {
        self.bring(machine, version, &programs()?).await
    }

    /// Brings a version with the programs of a folder to a machine. Answers with the time.
    async fn bring(&self, machine: &Machine, version: &str, programs: &Path) -> anyhow::Result<Duration> {
        let (before, started) = (machine.pid(), Instant::now());
        let output = deploy(machine, version, programs).await?;
        anyhow::ensure!(output.status.success(), "{output:?}\n{}", machine.log());
        anyhow::ensure!(machine.current() == version && machine.pid() != before, "{output:?}");
        Ok(started.elapsed())
    }

    /// Brings a version that does not work to the first machine. Answers with the time until the version before is well again.
    async fn roll_back(&self, kind: &str, script: &str) -> anyhow::Result<Duration> {
        let version = kind.replace(' ', "-");
        let programs = scripted_programs(self.folder.path(), &version, script);
        let (machine, started) = (&self.machines[0], Instant::now());
        let before = machine.current();
        let output = deploy(machine, &version, &programs).await?;
        let took = started.elapsed();
        anyhow::ensure!(
            output.status.code() == Some(1),
            "{version}: {output:?}\n{}",
            machine.log()
        );
        anyhow::ensure!(machine.current() == before, "{version} stayed: {output:?}");
        Ok(took)
    }

    /// Versions that do not work: a description, and the script that is their program.
    fn bad_versions(&self) -> [(&'static str, String); 3] {
        let good = program("tradepostd");
        [
            ("ends at once", "exit 1".to_owned()),
            ("never gets ready", "exec sleep 600".to_owned()),
            // Well for too short a time.
            ("stops after 2 s", format!("exec timeout 2 {} \"$@\"", good.display())),
        ]
    }
}

/// The folder of the programs of this build.
fn programs() -> anyhow::Result<PathBuf> {
    let program = program("tradepostd");
    Ok(program.parent().context("a program is in a folder")?.to_owned())
}

/// Prints the first lines of nginx' log of errors. A machine that is being deployed refuses connections, which is as it should be.
fn print_first_lines(errors: &str) {
    let expected = ["connect() failed (111", "temporarily disabled"];
    let lines = errors
        .lines()
        .filter(|line| !expected.iter().any(|text| line.contains(text)));
    println!("\nnginx says, first:");
    lines.take(40).for_each(|line| println!("{line}"));
}

async fn deploy(machine: &Machine, version: &str, programs: &Path) -> anyhow::Result<Output> {
    let programs = programs.to_str().context("the path is UTF-8")?;
    let mut command = machine.deployment(&["folder", version, programs]);
    Ok(tokio::task::spawn_blocking(move || command.output()).await??)
}
