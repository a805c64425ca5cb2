//! The private cluster: its life.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};
use tradepostd::embedded::postgres::{Cluster, ClusterSpec, find_running};

use crate::support::{is_root, nothing_left};

pub fn spec(dir: &Path) -> ClusterSpec {
    ClusterSpec {
        dir: dir.to_owned(),
        ..ClusterSpec::default()
    }
}

pub async fn start(dir: &Path) -> anyhow::Result<Cluster> {
    let began = Instant::now();
    let cluster = Cluster::start(spec(dir)).await?;
    println!("ready after {} ms", began.elapsed().as_millis());
    Ok(cluster)
}

/// The message of a start that must fail.
pub async fn refusal(spec: ClusterSpec) -> anyhow::Result<String> {
    match Cluster::start(spec).await {
        Ok(cluster) => {
            cluster.stop().await;
            anyhow::bail!("the cluster started")
        }
        Err(fault) => Ok(format!("{fault:#}")),
    }
}

async fn run(cluster: &Cluster, statement: &'static str) -> anyhow::Result<()> {
    let mut connection = cluster.options("postgres").connect().await?;
    sqlx::raw_sql(statement).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

pub async fn count(cluster: &Cluster) -> anyhow::Result<i64> {
    let mut connection = cluster.options("postgres").connect().await?;
    let count = sqlx::query_scalar("select count(*) from kept")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(count)
}

/// A cluster with one row that must survive.
pub async fn start_with_a_row(dir: &Path) -> anyhow::Result<Cluster> {
    let cluster = start(dir).await?;
    run(&cluster, "create table kept (id int); insert into kept values (1)").await?;
    Ok(cluster)
}

pub async fn starts_with_the_row(dir: &Path) -> anyhow::Result<()> {
    let cluster = start(dir).await?;
    assert_eq!(count(&cluster).await?, 1);
    cluster.stop().await;
    nothing_left(dir).await
}

#[tokio::test]
async fn a_cluster_starts_answers_and_stops() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let cluster = start(folder.path()).await?;
    assert!(cluster.major() >= 15);
    cluster.ensure_database("tradepost").await?;
    cluster.ensure_database("tradepost").await?;
    assert!(cluster.ensure_database("x; drop table y").await.is_err());
    let mut beside = find_running(folder.path())
        .context("the running cluster")?
        .database("tradepost")
        .connect()
        .await?;
    let (encoding, sorted): (String, bool) = sqlx::query_as("select getdatabaseencoding()::text, 'B' < 'a'")
        .fetch_one(&mut beside)
        .await?;
    assert_eq!((encoding.as_str(), sorted), ("UTF8", true));
    let tcp: String = sqlx::query_scalar("select current_setting('listen_addresses')")
        .fetch_one(&mut beside)
        .await?;
    assert_eq!(tcp, "");
    // An open session does not delay the end.
    let began = Instant::now();
    assert!(cluster.stop().await.success());
    println!("stopped after {} ms", began.elapsed().as_millis());
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(find_running(folder.path()).is_none());
    nothing_left(folder.path()).await
}

#[tokio::test]
async fn nothing_of_the_cluster_is_open_to_others() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let cluster = start(folder.path()).await?;
    for name in ["data", "socket"] {
        assert_eq!(
            fs::metadata(folder.path().join(name))?.permissions().mode() & 0o777,
            0o700,
            "{name}"
        );
    }
    let owner = fs::metadata(format!("/proc/{}", cluster.pid()))?.uid();
    assert_eq!(fs::metadata(folder.path().join("data"))?.uid(), owner);
    assert_ne!(owner, 0);
    let environment = fs::read_to_string(format!("/proc/{}/environ", cluster.pid()))?;
    assert!(!environment.contains("CARGO"), "{environment}");
    cluster.stop().await;
    nothing_left(folder.path()).await
}

#[tokio::test]
async fn a_second_daemon_is_refused() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let cluster = start(folder.path()).await?;
    let message = refusal(spec(folder.path())).await?;
    assert!(message.contains("in use by another running daemon"), "{message}");
    run(&cluster, "select 1").await?;
    cluster.stop().await;
    nothing_left(folder.path()).await
}

#[tokio::test]
async fn a_database_of_another_version_names_the_package() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    start(folder.path()).await?.stop().await;
    fs::write(folder.path().join("data/PG_VERSION"), "14\n")?;
    let message = refusal(spec(folder.path())).await?;
    assert!(message.contains("apt-get install postgresql-14"), "{message}");
    nothing_left(folder.path()).await
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    start(folder.path()).await?.stop().await;
    fs::write(folder.path().join("postgresql.local.conf"), "shared_buffers = lots\n")?;
    let message = refusal(spec(folder.path())).await?;
    assert!(
        message.contains("invalid value for parameter \"shared_buffers\": \"lots\""),
        "{message}"
    );
    nothing_left(folder.path()).await
}

#[test]
fn a_cluster_outlives_the_thread_that_started_it() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let path = folder.path().to_owned();
    let started = thread::spawn(move || block_on(start_with_a_row(&path)));
    let cluster = started.join().map_err(|_| anyhow::anyhow!("the thread failed"))??;
    block_on(async {
        assert!(timeout(Duration::from_millis(300), cluster.wait()).await.is_err());
        assert_eq!(count(&cluster).await?, 1);
        cluster.stop().await;
        nothing_left(folder.path()).await
    })
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

#[tokio::test]
async fn a_deep_folder_does_not_exceed_the_length_of_a_socket_path() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let deep: PathBuf = folder
        .path()
        .join("a-rather-long-name-of-a-folder-".repeat(4))
        .join("b".repeat(100));
    let cluster = start_with_a_row(&deep).await?;
    find_running(&deep)
        .context("the running cluster")?
        .database("postgres")
        .connect()
        .await?
        .close()
        .await?;
    cluster.stop().await;
    starts_with_the_row(&deep).await
}

#[tokio::test]
async fn a_closed_home_of_root_does_not_keep_the_server_out() -> anyhow::Result<()> {
    if !is_root("a_closed_home_of_root_does_not_keep_the_server_out") {
        return Ok(());
    }
    let home = TempDir::new()?;
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700))?;
    let folder = home.path().join("state/postgres");
    let cluster = start_with_a_row(&folder).await?;
    let status = fs::read_to_string(format!("/proc/{}/status", cluster.pid()))?;
    assert!(status.contains("CapEff:\t0000000000000000"), "{status}");
    cluster.stop().await;
    starts_with_the_row(&folder).await
}

#[tokio::test]
async fn the_user_can_be_chosen_and_stays() -> anyhow::Result<()> {
    if !is_root("the_user_can_be_chosen_and_stays") {
        return Ok(());
    }
    let folder = TempDir::new()?;
    let nobody = nix::unistd::User::from_name("nobody")?.context("the user nobody")?;
    let chosen = ClusterSpec {
        user: Some("nobody".to_owned()),
        ..spec(folder.path())
    };
    Cluster::start(chosen).await?.stop().await;
    let cluster = start(folder.path()).await?;
    assert_eq!(
        fs::metadata(format!("/proc/{}", cluster.pid()))?.uid(),
        nobody.uid.as_raw()
    );
    cluster.stop().await;
    let absent = ClusterSpec {
        user: Some("no-such-user".to_owned()),
        ..spec(folder.path())
    };
    assert!(refusal(absent).await?.contains("no user no-such-user"));
    nothing_left(folder.path()).await
}
