//! A streaming replica of a test's PostgreSQL, which is behind by a fixed time; and pairs of a write and the read after it.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::header::COOKIE;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;
use tradepostd::embedded::postgres::Binaries;

use crate::server::Server;
use crate::wait::eventually;
use crate::{PackBuilder, TestApp};

/// The header that tells a client its floor.
const FLOOR: &str = "x-tradepost-floor";

/// A running replica; killed when dropped.
pub struct Replica {
    pub pool: PgPool,
    server: Child,
    // Last: deleted when nothing runs in it any more.
    folder: TempDir,
}

impl Replica {
    /// Copies a server and follows it, `delay` behind: `5s`.
    pub async fn start(server: &Server, delay: &str) -> anyhow::Result<Self> {
        server.let_replicate().await?;
        let primary = server.place.socket_folder();
        let user = std::fs::metadata(primary)?;
        let folder = tempfile::Builder::new().prefix("tradepost-replica-").tempdir()?;
        chown(folder.path(), Some(user.uid()), Some(user.gid()))?;
        let bin = Binaries::find(None, None)?.folder;
        let as_user = |program: &str| {
            let mut command = Command::new(bin.join(program));
            if user.uid() != nix::unistd::geteuid().as_raw() {
                command.uid(user.uid()).gid(user.gid());
            }
            command.current_dir("/").stdin(Stdio::null());
            command
        };
        let data = folder.path().join("data");
        let connection = format!("host={} port=5432 user=tradepost", primary.display());
        let copied = as_user("pg_basebackup")
            .args([
                "--checkpoint=fast",
                "--wal-method=stream",
                "--write-recovery-conf",
                "-d",
                &connection,
                "-D",
            ])
            .arg(&data)
            .output()?;
        anyhow::ensure!(
            copied.status.success(),
            "pg_basebackup: {}",
            String::from_utf8_lossy(&copied.stderr)
        );
        let log = std::fs::File::create(folder.path().join("log"))?;
        let setting = |name: &str, value: &str| ["-c".to_owned(), format!("{name}={value}")];
        let mut start = as_user("postgres");
        start
            .arg("-D")
            .arg(&data)
            .args(setting("listen_addresses", ""))
            .args(setting("unix_socket_directories", &folder.path().display().to_string()))
            .args(setting("recovery_min_apply_delay", delay))
            .args(setting("fsync", "off"))
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut replica = Self {
            pool: PgPoolOptions::new().connect_lazy(&url(folder.path()))?,
            server: start.spawn().context("starting the replica")?,
            folder,
        };
        eventually("the replica answers", async || {
            let streaming = "select count(*) from pg_stat_wal_receiver";
            match sqlx::query_scalar::<_, i64>(streaming).fetch_one(&replica.pool).await {
                Ok(1) => Ok(()),
                other => Err(format!("{other:?}\n{}", replica.log())),
            }
        })
        .await;
        anyhow::ensure!(replica.server.try_wait()?.is_none(), "it has ended: {}", replica.log());
        Ok(replica)
    }

    /// The `database.replica_url` of a daemon.
    pub fn url(&self) -> String {
        url(self.folder.path())
    }

    /// Waits until it has applied all that its server has written by now.
    pub async fn until_caught_up(&self, server: &Server) -> anyhow::Result<()> {
        let position = "select pg_current_wal_flush_lsn()::text";
        let position: String = sqlx::query_scalar(position).fetch_one(&server.pool).await?;
        eventually("the replica has caught up", async || {
            let has_come = sqlx::query_scalar::<_, bool>("select pg_last_wal_replay_lsn() >= $1::pg_lsn");
            match has_come.bind(&position).fetch_one(&self.pool).await {
                Ok(true) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        Ok(())
    }

    /// Stops applying what comes.
    pub async fn pause(&self) -> anyhow::Result<()> {
        sqlx::query("select pg_wal_replay_pause()").execute(&self.pool).await?;
        Ok(())
    }

    /// Ends as by a crash.
    pub fn kill(&mut self) {
        // An error: it has ended.
        let _ = kill(Pid::from_raw(self.server.id().cast_signed()), Signal::SIGQUIT);
        let _ = self.server.wait();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.kill();
    }
}

fn url(folder: &Path) -> String {
    format!("postgres://tradepost@localhost/tradepost?host={}", folder.display())
}

impl Server {
    /// Lets replicas connect, and those of another folder through its own.
    pub async fn let_replicate(&self) -> anyhow::Result<()> {
        let folder: PathBuf = self.place.socket_folder().join("../..").canonicalize()?;
        std::fs::set_permissions(&folder, Permissions::from_mode(0o711))?;
        let rules = folder.join("postgres/pg_hba.conf");
        let text = std::fs::read_to_string(&rules)? + "local replication all trust\n";
        std::fs::write(&rules, text)?;
        sqlx::query("select pg_reload_conf()").execute(&self.pool).await?;
        Ok(())
    }
}

/// A contributor who takes an item out of the catalogue and puts it back, again and again.
pub struct Writer<'a> {
    app: &'a TestApp,
    token: String,
    item: String,
}

/// The place of a client's floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Client {
    /// It sends its token and knows nothing of floors.
    Token,
    /// It sends its token and the header.
    Header,
    /// It reads without its token, with the cookie.
    Cookie,
}

impl<'a> Writer<'a> {
    /// Publishes two items.
    pub async fn publish(app: &'a TestApp) -> Self {
        let token = app.trusted("ann");
        let trace = app
            .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 2).build())
            .await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
        let (_, page) = app.get("/v1/items", Some(&token)).await;
        let item = page["rows"][0]["id"].as_str().expect("an id").to_owned();
        Self { app, token, item }
    }

    /// The path of the item.
    pub fn path(&self) -> String {
        format!("/v1/items/{}", self.item)
    }

    /// Takes the item out or puts it back. Answers with the floor.
    pub async fn write(&self, listing: &str) -> String {
        let path = format!("/v1/listings/item/{}", self.item);
        let request = self.app.request(Method::PUT, &path).bearer_auth(&self.token);
        let response = request
            .json(&json!({ "listing": listing }))
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        let floor = response.headers().get(FLOOR).expect("a floor");
        floor.to_str().expect("text").to_owned()
    }

    /// Writes and reads so often, and answers with the number of reads that missed the write.
    pub async fn misses(&self, pairs: usize, client: Client) -> usize {
        let mut misses = 0;
        for pair in 0..pairs {
            let (listing, expected) = match pair % 2 {
                0 => ("delisted", StatusCode::NOT_FOUND),
                _ => ("listed", StatusCode::OK),
            };
            let floor = self.write(listing).await;
            let request = self.app.request(Method::GET, &self.path());
            let request = match client {
                Client::Token => request.bearer_auth(&self.token),
                Client::Header => request.bearer_auth(&self.token).header(FLOOR, floor),
                Client::Cookie => request.header(COOKIE, format!("__Host-tradepost-floor={floor}")),
            };
            let status = request.send().await.expect("an answer").status();
            misses += usize::from(status != expected);
        }
        misses
    }
}
