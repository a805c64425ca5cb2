//! The daemon's own worker loop with handlers of the tests in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradepost_queue::notification::{self, Notifier};
use tradepost_queue::running::RunningSet;
use tradepost_queue::settings::Settings;
use tradepost_queue::worker::{self, Handler, Policy, WorkerContext};
use tradepost_queue::{Broker, Queue, collector, relay, worker_name};
use tradepost_store::Store;
use tradepostd::config::Config;
use tradepostd::jobs::QUEUES;
use tradepostd::operations::outcomes::OutcomeLog;
use tradepostd::{database, queues};

use crate::sqs::Sqs;

/// The backend of the queues; passed to worker processes as JSON.
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
    pub fn new(socket_folder: &Path) -> Self {
        Self {
            socket_folder: socket_folder.to_owned(),
            sqs: None,
        }
    }

    /// The server with its messages on SQS.
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

    /// The `database.url` of the server.
    pub fn url(&self) -> String {
        format!(
            "postgres://tradepost@localhost/tradepost?host={}",
            self.socket_folder.display()
        )
    }

    fn config(&self, connections: u32) -> Config {
        let mut config = json!({"database": {"url": self.url(), "max_connections": connections}});
        if let Some(SqsPlace { endpoint, prefix }) = &self.sqs {
            config["queues"] = json!({"backend": "sqs", "prefix": prefix, "long_poll_seconds": 2});
            config["aws"] = json!({"region": "eu-central-1", "endpoint": endpoint});
        }
        serde_json::from_value(config).expect("a valid configuration")
    }

    /// Connects as the daemon does.
    pub async fn connect(&self, connections: u32) -> anyhow::Result<PgPool> {
        // The folder is for a private cluster, which this is not.
        let database = database::open(&self.config(connections).database, Path::new("/nonexistent")).await?;
        Ok(database.pool)
    }

    /// The broker of these queues.
    pub async fn broker(&self, db: &PgPool) -> anyhow::Result<Broker> {
        let store = Store::open(self.socket_folder.join("../../objects"))?;
        queues::connect(&self.config(1), db, &store, Arc::default(), Arc::new(OutcomeLog)).await
    }
}

/// The worker loops of one process, and what they stand on.
pub struct Workers {
    pub stop: CancellationToken,
    context: WorkerContext,
    // The loops wait for a change of the settings as long as somebody could make one.
    _settings: watch::Sender<Settings>,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Workers {
    /// Starts the notifier that the workers need.
    pub fn new(db: PgPool, broker: Broker) -> Self {
        let (decided, settings) = watch::channel(Settings::default());
        let stop = CancellationToken::new();
        let notifier = Arc::new(Notifier::new(&QUEUES, &[]));
        let mut tasks = JoinSet::new();
        tasks.spawn(notification::run(db, notifier.clone(), stop.clone()));
        let context = WorkerContext {
            broker,
            notifier,
            settings,
            running: RunningSet::default(),
            worker: worker_name(),
        };
        Self {
            stop,
            context,
            _settings: decided,
            tasks,
        }
    }

    /// Relays and collects, where the backend needs that.
    pub fn relay(&mut self) {
        let WorkerContext {
            broker,
            notifier,
            worker,
            ..
        } = self.context.clone();
        let Some(sqs) = broker.as_sqs().cloned() else {
            return;
        };
        let relay = relay::run(broker.clone(), sqs.clone(), notifier, worker.clone(), self.stop.clone());
        let collector = collector::run(broker, sqs, worker, self.stop.clone());
        self.tasks.spawn(relay);
        self.tasks.spawn(collector);
    }

    /// Works on a queue until stopped.
    pub fn work<H: Handler>(&mut self, handler: Arc<H>, queue: Queue, policy: Policy) {
        let run = worker::run(self.context.clone(), handler, queue, policy, self.stop.clone());
        self.tasks.spawn(run);
    }

    /// Stops everything and waits for its end.
    pub async fn finish(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}
