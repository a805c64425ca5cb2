//! A private PostgreSQL cluster, made from the installed binaries, that lives and dies with the daemon.
//!
//! The folder of the cluster holds `data/`, `socket/`, the configuration, which is written at every start, and
//! `postgres.log`. There is no TCP: who may enter the socket's folder (the cluster's user and root) is who may connect.

mod binaries;
mod initialize;
mod pid_file;
mod recovery;
mod settings;

pub use binaries::{Binaries, NoBinaries, OLDEST_MAJOR};
pub use pid_file::PidFile;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::Signal;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::time::{Instant, sleep, sleep_until};

use super::account::Account;
use super::child::{Child, Launch, StopSteps};
use super::server_dir::ServerDir;

/// The owner of everything in the cluster.
const SUPERUSER: &str = "tradepost";
const PORT: u16 = 5432;
const SOCKET_FILE: &str = ".s.PGSQL.5432";
const READY_WITHIN: Duration = Duration::from_secs(60);
/// A server that ends so often does not recover by being started again.
const MANY_ENDS: usize = 5;
const MANY_ENDS_WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// SIGINT ends open sessions; SIGTERM would wait for the pool's.
const STOP: StopSteps = &[
    (Signal::SIGINT, Duration::from_secs(15)),
    (Signal::SIGQUIT, Duration::from_secs(3)),
    (Signal::SIGKILL, Duration::from_secs(2)),
];

/// The cluster to start.
#[derive(Debug, Clone, Default)]
pub struct ClusterSpec {
    /// The folder of the cluster; made where it is missing.
    pub dir: PathBuf,
    /// The folder of `initdb` and `postgres`; looked for when it is not given.
    pub bin_dir: Option<PathBuf>,
    /// The user of the cluster when the daemon is root: by default the owner of an existing cluster, else `postgres`, else `nobody`.
    pub user: Option<String>,
}

/// A running cluster. Dropping it stops the server in the background; [`Cluster::stop`] waits for the end.
#[derive(Debug)]
pub struct Cluster {
    /// Replaced when the server is started again.
    child: Mutex<Arc<Child>>,
    dir: Arc<ServerDir>,
    binaries: Binaries,
    account: Account,
}

impl Cluster {
    /// Starts the cluster of the folder, made when it is not there yet, and returns once it answers. Whatever a former daemon
    /// left running there is stopped first. A start that fails or is cancelled leaves no process behind.
    pub async fn start(spec: ClusterSpec) -> anyhow::Result<Self> {
        let dir = Arc::new(ServerDir::take(&spec.dir).await?);
        let data = dir.inside("data");
        let account = Account::choose(spec.user.as_deref(), &data, &["postgres", "nobody"])?;
        recovery::clear(&data).await?;
        let existing = initialize::existing_major(&data, &account)?;
        let binaries = Binaries::find(spec.bin_dir.as_deref(), existing)?;
        if existing.is_none() {
            initialize::run(&dir, &binaries, &account).await?;
        }
        settings::write(&dir)?;
        dir.folder("socket", &account)?;
        let child = Child::start(server(&dir, &binaries, account.clone())).await?;
        let cluster = Self {
            child: Mutex::new(Arc::new(child)),
            dir,
            binaries,
            account,
        };
        match cluster.become_ready().await {
            Ok(()) => Ok(cluster),
            Err(fault) => {
                cluster.stop().await;
                Err(fault)
            }
        }
    }

    /// Starts the server again whenever it ends. Its socket stays where it was, so that pools connect again by themselves.
    ///
    /// # Errors
    /// It does not start, or ended too often.
    pub async fn keep_running(&self) -> anyhow::Result<()> {
        let mut ends = VecDeque::new();
        loop {
            let (status, ended) = (self.wait().await, Instant::now());
            let log = self.log_tail().await;
            ends.push_back(ended);
            ends.retain(|end| ended - *end < MANY_ENDS_WITHIN);
            if ends.len() >= MANY_ENDS {
                bail!(
                    "the private PostgreSQL cluster ended {MANY_ENDS} times in a minute ({status}); its log ends with:\n{log}"
                );
            }
            tracing::error!(%status, "the private PostgreSQL cluster ended and is started again; its log ends with:\n{log}");
            self.restart()
                .await
                .context("starting the private PostgreSQL cluster again")?;
            tracing::info!(
                after_ms = ended.elapsed().as_millis(),
                "the private PostgreSQL cluster runs again"
            );
        }
    }

    async fn restart(&self) -> anyhow::Result<()> {
        recovery::clear(&self.dir.inside("data")).await?;
        let child = Child::start(server(&self.dir, &self.binaries, self.account.clone())).await?;
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(child);
        self.become_ready().await
    }

    fn child(&self) -> Arc<Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The major version of the server.
    pub fn major(&self) -> u32 {
        self.binaries.major
    }

    /// The process id of the server.
    pub fn pid(&self) -> u32 {
        self.child().pid().as_raw().cast_unsigned()
    }

    /// The connection options of the database `name`, valid as long as the cluster runs.
    pub fn options(&self, name: &str) -> PgConnectOptions {
        options(&self.dir).database(name)
    }

    /// Makes the database `name` (lower case letters, digits and underscores) where it is missing.
    pub async fn ensure_database(&self, name: &str) -> anyhow::Result<()> {
        anyhow::ensure!(is_plain_name(name), "{name:?} is not a valid name of a database");
        let mut connection = self
            .options("postgres")
            .connect()
            .await
            .context("connecting to the private cluster")?;
        let made = make_database(&mut connection, name)
            .await
            .with_context(|| format!("making the database {name}"));
        connection.close().await.ok();
        made
    }

    /// Waits for the end of the server.
    pub async fn wait(&self) -> ExitStatus {
        self.child().wait().await
    }

    /// The last lines of the server's log.
    pub async fn log_tail(&self) -> String {
        self.child().tail().text().await
    }

    /// Stops the server: fast shutdown, and harder when that takes too long. Bounded by 20 seconds.
    pub async fn stop(self) -> ExitStatus {
        self.child().stop().await
    }

    async fn become_ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        let data = self.dir.inside("data");
        let fault = tokio::select! {
            ready = self.answers(&data) => return ready,
            status = self.wait() => format!("the database server ended at its start ({status})"),
            () = sleep_until(deadline) => format!("the database server is not ready after {} s", READY_WITHIN.as_secs()),
        };
        bail!(
            "{fault}; the end of {}:\n{}",
            self.dir.inside("postgres.log").display(),
            self.log_tail().await
        )
    }

    async fn answers(&self, data: &Path) -> anyhow::Result<()> {
        let is_ready = || PidFile::read(data).is_some_and(|file| file.pid == self.child().pid() && file.is_ready);
        while !is_ready() {
            sleep(POLL).await;
        }
        let connection = self
            .options("postgres")
            .connect()
            .await
            .context("connecting to the private cluster")?;
        connection.close().await.context("connecting to the private cluster")
    }
}

/// Finds the cluster that a running daemon has in this folder, for commands beside it. `None` when none is ready, or this user
/// may not look into it.
pub fn find_running(dir: &Path) -> Option<PgConnectOptions> {
    let data = dir.join("data");
    let file = PidFile::read(&data).filter(|file| file.is_ready)?;
    if !recovery::processes_in(&data).contains(&file.pid) {
        return None;
    }
    let opened = ServerDir::open(dir).ok()?;
    let found = options(&opened);
    // The options of a deep folder name the descriptor: it stays open for the rest of the command, which is short.
    std::mem::forget(opened);
    Some(found)
}

fn options(dir: &ServerDir) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(dir.for_socket("socket", SOCKET_FILE))
        .port(PORT)
        .username(SUPERUSER)
        .ssl_mode(PgSslMode::Disable)
}

fn server(dir: &Arc<ServerDir>, binaries: &Binaries, account: Account) -> Launch {
    let setting = |name: &str, file: &str| format!("{name}={}", dir.by_descriptor(file).display()).into();
    Launch {
        name: "postgres",
        program: binaries.postgres(),
        arguments: vec![
            "-D".into(),
            dir.by_descriptor("data").into(),
            "-k".into(),
            dir.by_descriptor("socket").into(),
            "-c".into(),
            setting("config_file", "postgresql.conf"),
            "-c".into(),
            setting("hba_file", "pg_hba.conf"),
            "-c".into(),
            setting("ident_file", "pg_ident.conf"),
        ],
        account,
        dir: Arc::clone(dir),
        folder: None,
        log: "postgres.log",
        when_orphaned: Signal::SIGINT,
        stop_steps: STOP,
    }
}

async fn make_database(connection: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        let statement = format!("create database {name} template template0");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    }
    Ok(())
}

fn is_plain_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.len() <= 63
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}
