//! A private PostgreSQL for what needs the queues but no daemon: migrated, crashed when asked to, gone when dropped.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::PgPool;
use tempfile::TempDir;
use tradepostd::database;
use tradepostd::embedded::postgres::{Cluster, ClusterSpec};

use crate::engine::Place;

const DATABASE: &str = "tradepost";
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

/// A running server with every migration, in a temporary folder.
pub struct Server {
    pub pool: PgPool,
    /// Its address.
    pub place: Place,
    cluster: Option<Cluster>,
    // Last: deleted when nothing runs in it any more.
    folder: TempDir,
}

impl Server {
    /// Starts a server with the settings of the embedded mode.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("tradepost-queues-").tempdir()?;
        let cluster = start(folder.path()).await?;
        cluster.ensure_database(DATABASE).await?;
        let place = Place::new(&folder.path().join("postgres/socket"));
        let pool = place.connect(8).await?;
        database::migrate(&pool).await?;
        Ok(Self {
            pool,
            place,
            cluster: Some(cluster),
            folder,
        })
    }

    /// The `database.url` of a daemon that uses it.
    pub fn url(&self) -> String {
        self.place.url()
    }

    /// Stops the server as a crash does: no checkpoint, clients are cut off.
    pub async fn crash(&mut self) -> anyhow::Result<()> {
        let cluster = self.cluster.take().context("the server does not run")?;
        kill(Pid::from_raw(cluster.pid().cast_signed()), Signal::SIGQUIT)?;
        tokio::time::timeout(STOPPED_WITHIN, cluster.wait()).await?;
        Ok(())
    }

    /// Starts the server again after a crash.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.cluster = Some(start(self.folder.path()).await?);
        Ok(())
    }
}

/// A server that is of no use any more needs no clean end; its folder can only go after it.
impl Drop for Server {
    fn drop(&mut self) {
        let Some(cluster) = self.cluster.take() else { return };
        let pid = Pid::from_raw(cluster.pid().cast_signed());
        let started = Instant::now();
        // An error: it has ended and was waited for.
        while started.elapsed() < STOPPED_WITHIN && kill(pid, Signal::SIGQUIT).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

async fn start(folder: &Path) -> anyhow::Result<Cluster> {
    let spec = ClusterSpec {
        dir: folder.join("postgres"),
        ..ClusterSpec::default()
    };
    Cluster::start(spec).await
}
