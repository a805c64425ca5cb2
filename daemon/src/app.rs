//! State that all parts of the daemon share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use prometheus_client::metrics::counter::Counter;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tokio::sync::{Notify, Semaphore, watch};
use tradepost_common::events::Revisions;
use tradepost_common::overview::DaemonMode;

use crate::bulk::BulkWork;
use crate::cache::Cache;
use crate::clamd::ScannerStatus;
use crate::cloudfront::Cloudfront;
use crate::config::Config;
use crate::counters::Counts;
use crate::jobs::{self, Job};
use crate::minisign::MinisignKey;
use crate::rate_limit::UploadLimits;
use crate::rate_limit::requests::RequestLimits;
use crate::replica::Replica;
use crate::scanner::Scans;
use crate::search_index::Search;
use crate::stripe::Stripe;
use crate::telemetry::alerts::Alerts;
use crate::telemetry::cloudwatch;
use crate::telemetry::latency::Latency;
use crate::telemetry::pools::Pools;
use crate::telemetry::process::ProcessMeter;
use tradepost_jail::Jail;
use tradepost_queue::notification::{Notifier, Topic};
use tradepost_queue::settings::Settings;
use tradepost_queue::{Broker, Queue};
use tradepost_render::presets::Preset;
use tradepost_store::Store;
use tradepost_store::presigned::Signer;

/// An operation was planned, started, paused or cancelled.
pub const OPERATIONS: Topic = Topic::new("operations");
/// Something changed that the search index has to look at again.
pub const SEARCH: Topic = Topic::new("search");
/// A machine was told to drain, or to work again.
pub const MACHINES: Topic = Topic::new("machines");

/// A machine takes on work, or leaves it to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    Serving,
    /// An operator drains it.
    Drained,
    /// It was told to stop: everything goes on, and load balancers must send nothing new.
    Stopping,
}

/// Settles what waits for a job that an operator gave up on: `dispatch::give_up`, which features can not import.
pub type GiveUp = for<'a> fn(&'a App, &'a mut PgConnection, &'a Job, &'a str) -> BoxFuture<'a, sqlx::Result<()>>;

/// The state behind every handler and job.
///
/// Each edge has its own `App` with its own connections to the database, so that none waits for the load of another one.
#[derive(Clone)]
pub struct App {
    pub db: PgPool,
    /// Uses the connections of `db`.
    pub broker: Broker,
    pub shared: Arc<Shared>,
}

/// State that the parts of the daemon share.
pub struct Shared {
    pub config: Config,
    pub store: Store,
    pub signer: Signer,
    /// `None`: no card is taken.
    pub stripe: Option<Stripe>,
    /// `None`: files are sent by the daemon.
    pub cloudfront: Option<Cloudfront>,
    /// `None`: the primary answers all reads.
    pub replica: Option<Arc<Replica>>,
    /// Signs licence certificates.
    pub certificates: MinisignKey,
    pub jail: Jail,
    /// Children the jail has at most.
    pub jail_children: usize,
    pub presets: Arc<[Preset]>,
    pub scanner: watch::Receiver<ScannerStatus>,
    pub scans: Scans,
    pub bulk: BulkWork,
    pub give_up: GiveUp,
    pub notifier: Arc<Notifier>,
    pub settings: watch::Receiver<Settings>,
    pub latency: Arc<Latency>,
    pub alerts: Alerts,
    pub process: ProcessMeter,
    pub pools: Pools,
    /// Bytes of packs that arrived whole.
    pub received_bytes: Counter,
    pub cloudwatch: cloudwatch::Meter,
    pub limits: UploadLimits,
    pub requests: RequestLimits,
    pub cache: Cache,
    /// Passwords that are hashed at once: each takes 19 MiB and a core.
    pub hashing: Semaphore,
    pub search: Search,
    /// Views and downloads that are not written down yet.
    pub counts: Counts,
    pub changed: Changes,
    pub duty: watch::Sender<Duty>,
    pub started_at: OffsetDateTime,
    /// Name of this process in attempts and leases: `host:pid`.
    pub worker: String,
    pub mode: DaemonMode,
    /// Address of the public API: `http://127.0.0.1:8780`.
    pub api_url: String,
}

/// The state of a handler.
pub type SharedApp = Arc<App>;

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl App {
    /// The application on other connections to the database.
    pub fn on(&self, db: PgPool) -> SharedApp {
        Arc::new(Self {
            broker: self.broker.on(db.clone()),
            db,
            shared: self.shared.clone(),
        })
    }
}

impl Shared {
    /// Base of presigned URLs.
    pub fn public_url(&self) -> &str {
        self.config.http.public_url.as_deref().unwrap_or(&self.api_url)
    }

    /// Waits while an operator drains this machine.
    pub async fn until_on_duty(&self) {
        // An error: there is no sender without this.
        let _ = self.duty.subscribe().wait_for(|duty| *duty != Duty::Drained).await;
    }

    /// Base of the URLs of files.
    pub fn files_url(&self) -> &str {
        self.config.http.files_url.as_deref().unwrap_or(self.public_url())
    }

    /// Handlers that run at once on a queue when no operator decided otherwise.
    pub fn concurrency(&self, queue: Queue) -> u32 {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
        let configured = self.config.queues.concurrency.get(queue.as_str());
        configured
            .copied()
            .unwrap_or_else(|| jobs::default_concurrency(queue, cores))
    }
}

/// Counts changes of what operators look at, so that their screens know when to read again.
#[derive(Debug, Default)]
pub struct Changes {
    uploads: AtomicU64,
    cases: AtomicU64,
    /// Rung at every change.
    pub bell: Notify,
}

impl Changes {
    pub fn uploads(&self) {
        self.uploads.fetch_add(1, Ordering::Relaxed);
        self.bell.notify_waiters();
    }

    pub fn cases(&self) {
        self.cases.fetch_add(1, Ordering::Relaxed);
        self.bell.notify_waiters();
    }

    /// An upload came to rest: cases and uploads changed.
    pub fn everything(&self) {
        self.cases();
        self.uploads();
    }

    /// The counters of this process, with those that the database keeps.
    pub fn revisions(&self, audit: i64, dead: i64, operations: i64) -> Revisions {
        Revisions {
            uploads: self.uploads.load(Ordering::Relaxed),
            cases: self.cases.load(Ordering::Relaxed),
            audit: audit.unsigned_abs(),
            dead: dead.unsigned_abs(),
            operations: operations.unsigned_abs(),
        }
    }
}
