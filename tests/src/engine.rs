//! The daemon's own worker loop with handlers of the tests in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradepost_store::Store;
use tradepostd::config::Config;
use tradepostd::database;
use tradepostd::queue::settings::Settings;
use tradepostd::queue::stats::QueueStats;
use tradepostd::queue::wake::{self, Wake};
use tradepostd::queue::worker::{self, Engine, Policy, Work};
use tradepostd::queue::{self, Broker, QueueName, attempts, collector, outbox};

use crate::sqs::Sqs;

/// Where the queues are; told to worker processes as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    socket_folder: PathBuf,
    sqs: Option<SqsPlace>,
}

/// Queues of an SQS server; the credentials are in the environment.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SqsPlace {
    endpoint: String,
    prefix: String,
}

impl Place {
    pub fn of(socket_folder: &Path) -> Self {
        Self {
            socket_folder: socket_folder.to_owned(),
            sqs: None,
        }
    }

    /// The same server, with the messages on SQS.
    pub fn with_sqs(&self, sqs: &Sqs) -> Self {
        Self {
            sqs: Some(SqsPlace {
                endpoint: sqs.endpoint.clone(),
                prefix: sqs.prefix.clone(),
            }),
            ..self.clone()
        }
    }

    /// The folder of the server's socket.
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    fn config(&self, connections: u32) -> Config {
        let url = format!(
            "postgres://tradepost@localhost/tradepost?host={}",
            self.socket_folder.display()
        );
        let mut config = json!({"database": {"url": url, "max_connections": connections}});
        if let Some(SqsPlace { endpoint, prefix }) = &self.sqs {
            config["queues"] = json!({"backend": "sqs", "prefix": prefix, "long_poll_seconds": 2});
            config["aws"] = json!({"region": "eu-central-1", "endpoint": endpoint});
        }
        serde_json::from_value(config).expect("a valid configuration")
    }

    /// Connects as the daemon does.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn connect(&self, connections: u32) -> anyhow::Result<PgPool> {
        // The folder is for a private cluster, which this is not.
        let database = database::open(&self.config(connections).database, Path::new("/nonexistent")).await?;
        Ok(database.pool)
    }

    /// The broker of these queues.
    ///
    /// # Errors
    /// When the backend does not answer.
    pub async fn broker(&self, db: &PgPool) -> anyhow::Result<Broker> {
        let store = Store::open(self.socket_folder.join("../../objects"))?;
        queue::connect(&self.config(1), db, &store, &Arc::<QueueStats>::default()).await
    }
}

/// The worker loops of one process, and what they stand on.
pub struct Workers {
    pub stop: CancellationToken,
    engine: Arc<Engine>,
    // The loops wait for a change of the settings as long as somebody could make one.
    _settings: watch::Sender<Settings>,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Workers {
    /// Starts what the loops stand on.
    pub fn new(db: PgPool, broker: Broker) -> Self {
        let (decided, settings) = watch::channel(Settings::default());
        let stop = CancellationToken::new();
        let wake = Arc::<Wake>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(wake::run(db.clone(), wake.clone(), stop.clone()));
        let engine = Arc::new(Engine {
            db,
            broker,
            wake,
            settings,
            stats: Arc::default(),
            latency: Arc::default(),
            worker: attempts::worker_name(),
        });
        Self {
            stop,
            engine,
            _settings: decided,
            tasks,
        }
    }

    /// Relays and collects, where the backend needs that.
    pub fn relay(&mut self) {
        let engine = &self.engine;
        let Some(sqs) = engine.broker.as_sqs().cloned() else {
            return;
        };
        let (db, wake, worker, stop) = (&engine.db, &engine.wake, &engine.worker, &self.stop);
        let relay = outbox::run(db.clone(), sqs.clone(), wake.clone(), worker.clone(), stop.clone());
        let collector = collector::run(db.clone(), sqs, worker.clone(), stop.clone());
        self.tasks.spawn(relay);
        self.tasks.spawn(collector);
    }

    /// Works on a queue until stopped.
    pub fn work<W: Work>(&mut self, work: Arc<W>, queue: QueueName, policy: Policy) {
        let run = worker::run(self.engine.clone(), work, queue, policy, self.stop.clone());
        self.tasks.spawn(run);
    }

    /// Stops everything and waits for its end.
    pub async fn finish(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}
