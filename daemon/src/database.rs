//! The database: a private cluster in the state directory, or the server that the configuration names.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::Context as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, Postgres, Transaction};

use crate::config::DatabaseConfig;
use crate::embedded::postgres::{Cluster, ClusterSpec, find_running};

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("../migrations");
    // Those of a newer program; `refuse_too_new` says when they are too new.
    migrator.set_ignore_missing(true);
    migrator
});

/// A connection that was idle for longer than this is tested before it is used.
const TESTED_AFTER: Duration = Duration::from_secs(1);

/// The database of a private cluster.
const NAME: &str = "tradepost";

/// Connections that are kept for the control socket, whatever else the daemon does.
const CONTROL_CONNECTIONS: u32 = 4;

/// An open database, and the cluster behind it when that is ours.
#[derive(Debug)]
pub struct Database {
    /// The connections of workers, scheduler and commands.
    pub pool: PgPool,
    pub cluster: Option<Arc<Cluster>>,
    /// A connection outside every pool.
    pub options: PgConnectOptions,
    max_connections: u32,
}

/// Opens the database: starts the private cluster, or connects to the server that is configured.
pub async fn open(config: &DatabaseConfig, state: &Path) -> anyhow::Result<Database> {
    if config.url.is_some() {
        return connect(config, server_options(config)?, None).await;
    }
    let spec = ClusterSpec {
        dir: state.join("postgres"),
        bin_dir: config.bin_dir.clone(),
        user: config.user.clone(),
    };
    let cluster = Cluster::start(spec).await?;
    cluster.ensure_database(NAME).await?;
    let options = cluster.options(NAME);
    connect(config, options, Some(Arc::new(cluster))).await
}

/// Opens the database for a command that may run beside a daemon: its cluster is used when it runs, else started for a while.
pub async fn open_beside(config: &DatabaseConfig, state: &Path) -> anyhow::Result<Database> {
    if config.url.is_none()
        && let Some(options) = find_running(&state.join("postgres"))
    {
        return connect(config, options.database(NAME), None).await;
    }
    let database = open(config, state).await?;
    migrate(&database.pool).await?;
    Ok(database)
}

impl Database {
    /// The connections of the public API: half as many as those of the workers. A request is rather refused than kept waiting.
    pub fn public_pool(&self) -> PgPool {
        let connections = (self.max_connections / 2).max(2);
        let options = [("lock_timeout", "5s"), ("statement_timeout", "20s")];
        pool_options(connections, Duration::from_secs(3)).connect_lazy_with(self.options.clone().options(options))
    }

    /// The connections of the control socket.
    pub fn control_pool(&self) -> PgPool {
        pool_options(CONTROL_CONNECTIONS, Duration::from_secs(5)).connect_lazy_with(self.options.clone())
    }

    /// Closes all connections and stops the cluster if it is ours.
    pub async fn close(self) {
        self.pool.close().await;
        if let Some(cluster) = self.cluster {
            match Arc::try_unwrap(cluster) {
                Ok(cluster) => {
                    cluster.stop().await;
                }
                Err(_) => tracing::error!("the private cluster is still in use while stopping"),
            }
        }
    }
}

/// Brings the schema up to date. An index over a large table takes longer than any statement of a request may.
///
/// # Errors
/// A newer program took something away that this one needs.
pub async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    refuse_too_new(pool).await?;
    let options = PgConnectOptions::clone(&pool.connect_options())
        .options([("statement_timeout", "0")])
        .disable_statement_logging();
    let mut connection = options.connect().await.context("connecting to the database")?;
    MIGRATOR.run(&mut connection).await.context("migrating the database")?;
    Ok(connection.close().await?)
}

/// A newer program may have added to the schema; this one works beside it, unless the floor of the schema says otherwise.
async fn refuse_too_new(pool: &PgPool) -> anyhow::Result<()> {
    let has_floor: bool = sqlx::query_scalar("select to_regclass('schema_floor') is not null")
        .fetch_one(pool)
        .await?;
    if !has_floor {
        return Ok(());
    }
    let floor: Option<i64> = sqlx::query_scalar("select migration from schema_floor")
        .fetch_optional(pool)
        .await?;
    let known = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0);
    anyhow::ensure!(
        floor.is_none_or(|floor| floor <= known),
        "the database is too new: it needs a program that knows migration {}, and this one knows those up to {known}. Install the newer \
         version, or restore a backup from before the upgrade",
        floor.unwrap_or_default()
    );
    Ok(())
}

fn server_options(config: &DatabaseConfig) -> anyhow::Result<PgConnectOptions> {
    let url = config.url.as_ref().context("no database.url")?;
    // The error would quote the URL, and with it the password.
    PgConnectOptions::from_str(url.expose()).map_err(|_| anyhow::anyhow!("database.url is not a valid postgres:// URL"))
}

async fn connect(
    config: &DatabaseConfig,
    options: PgConnectOptions,
    cluster: Option<Arc<Cluster>>,
) -> anyhow::Result<Database> {
    // Filters that are not set must not keep a plan from using the index of the one that is.
    let options = options.application_name("tradepostd").options([
        ("lock_timeout", "30s"),
        ("statement_timeout", "60s"),
        ("plan_cache_mode", "force_custom_plan"),
    ]);
    let pool = pool_options(config.max_connections, Duration::from_secs(15))
        .connect_with(options.clone())
        .await
        .context("connecting to the database")?;
    Ok(Database {
        pool,
        cluster,
        options,
        max_connections: config.max_connections,
    })
}

/// Begins a transaction whose statements find rows by their keys: their plans are kept. All other statements are planned for their values.
///
/// # Errors
/// The database is away.
pub async fn begin_by_key(db: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    db.begin_with("begin; set local plan_cache_mode = force_generic_plan")
        .await
}

/// The connections to the replica, as many as the public API has to the primary. Nobody waits for it: the primary answers, too.
pub fn replica_pool(config: &DatabaseConfig) -> PgPoolOptions {
    pool_options((config.max_connections / 2).max(2), Duration::from_secs(1))
}

/// A caller waits for a connection no longer than `patience`.
fn pool_options(connections: u32, patience: Duration) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(patience)
        .idle_timeout(Duration::from_secs(60))
        // A connection is tested when it comes back; asking again before every statement would double the round trips.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TESTED_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}
