//! Queues without a daemon: a backend, and a database of its own.

mod script;

pub use script::{Running, Script, Tally};

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tradepost_common::ids::MessageId;
use tradepost_store::Store;
use tradepostd::config::{Config, QueueBackend, QueuesConfig};
use tradepostd::database::{self, Database};
use tradepostd::queue::attempts::{self, Failure};
use tradepostd::queue::dead::{self, Letter};
use tradepostd::queue::settings::{self, Settings};
use tradepostd::queue::sqs::Sqs;
use tradepostd::queue::stats::QueueStats;
use tradepostd::queue::wake::{self, Wake};
use tradepostd::queue::worker::{self, Engine, Policy, Work};
use tradepostd::queue::{Broker, Message, NewMessage, QueueName, collector, outbox};

use crate::sqs as server;
use crate::wait::eventually;

/// A backend, ready to be sent to.
pub struct Bench {
    pub broker: Broker,
    pub db: PgPool,
    pub store: Store,
    pub wake: Arc<Wake>,
    pub settings: watch::Receiver<Settings>,
    pub stats: Arc<QueueStats>,
    pub config: Config,
    /// The server of SQS, where that is the backend.
    pub server: Option<server::Sqs>,
    database: Option<Database>,
    tasks: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
    // Last: deleted when nothing runs in it any more.
    folder: TempDir,
}

/// A policy that fails fast; to be changed.
pub fn policy() -> Policy {
    Policy {
        concurrency: 4,
        visibility: Duration::from_secs(30),
        attempts: 3,
        backoff: Duration::ZERO,
        stop_deadline: Duration::from_secs(10),
    }
}

impl Bench {
    /// Queues with everything that moves messages. `None`, with a word about it, where there is no such backend.
    pub async fn start(backend: QueueBackend) -> Option<Self> {
        let mut bench = Self::open(backend, |_| {}).await?;
        bench.relay();
        bench.collect();
        Some(bench)
    }

    /// Queues without relay and collector, configured by `change`.
    pub async fn open(backend: QueueBackend, change: impl FnOnce(&mut QueuesConfig)) -> Option<Self> {
        let folder = tempfile::Builder::new()
            .prefix("tradepost-test-")
            .tempdir()
            .expect("a temporary folder");
        let mut config = Config::default();
        config.queues.backend = backend;
        config.queues.long_poll_seconds = 1;
        change(&mut config.queues);
        let server = match backend {
            QueueBackend::Postgres => None,
            QueueBackend::Sqs => Some(server::Sqs::start()?),
        };
        let database = database(folder.path(), &config).await;
        let (db, stats) = (database.pool.clone(), Arc::<QueueStats>::default());
        let store = Store::open(folder.path().join("objects")).expect("the folder is ours");
        let broker = match &server {
            None => Broker::postgres(db.clone(), stats.clone()),
            Some(server) => {
                let sqs = connect(server, &mut config, &db, &store).await;
                Broker::sqs(sqs, db.clone(), stats.clone())
            }
        };
        let (decided, settings) = watch::channel(Settings::default());
        let (wake, stop) = (Arc::<Wake>::default(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(wake::run(db.clone(), wake.clone(), stop.clone()));
        tasks.spawn(settings::run(db.clone(), wake.clone(), decided, stop.clone()));
        Some(Self {
            broker,
            db,
            store,
            wake,
            settings,
            stats,
            config,
            server,
            database: Some(database),
            tasks,
            stop,
            folder,
        })
    }

    /// Starts a relay, where the backend has one.
    pub fn relay(&mut self) {
        if let Some(sqs) = self.broker.as_sqs() {
            let (sqs, wake, stop) = (sqs.clone(), self.wake.clone(), self.stop.clone());
            self.tasks
                .spawn(outbox::run(self.db.clone(), sqs, wake, "test".to_owned(), stop));
        }
    }

    /// Starts a collector, where the backend has one.
    pub fn collect(&mut self) {
        if let Some(sqs) = self.broker.as_sqs() {
            let (sqs, stop) = (sqs.clone(), self.stop.clone());
            self.tasks
                .spawn(collector::run(self.db.clone(), sqs, "test".to_owned(), stop));
        }
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The backend, which is SQS.
    pub fn sqs(&self) -> &Arc<Sqs> {
        self.broker.as_sqs().expect("this test is about SQS")
    }

    /// The server of SQS.
    pub fn server(&self) -> &server::Sqs {
        self.server.as_ref().expect("this test is about SQS")
    }

    /// Sends messages in a transaction of their own.
    pub async fn send(&self, messages: &[NewMessage]) {
        let mut tx = self.db.begin().await.expect("the database answers");
        self.broker.send(&mut tx, messages).await.expect("the database answers");
        tx.commit().await.expect("the database answers");
    }

    /// Receives until there are so many messages, or gives up.
    pub async fn receive(&self, queue: QueueName, count: usize, visibility: Duration) -> Vec<Message> {
        let mut messages = Vec::new();
        eventually(&format!("{count} messages come"), async || {
            let limit = (count - messages.len()).clamp(1, 10) as u32;
            let before = messages.len();
            // One lane after the other: a poll that finds nothing takes its time.
            for poll in self.broker.polls() {
                if messages.len() == before {
                    let received = self.broker.receive(queue, *poll, limit, visibility).await;
                    messages.extend(received.expect("the backend answers"));
                }
            }
            match messages.len() {
                enough if enough >= count => Ok(()),
                came => Err(format!("{came} came")),
            }
        })
        .await;
        messages
    }

    /// Receives one message.
    pub async fn receive_one(&self, queue: QueueName, visibility: Duration) -> Message {
        self.receive(queue, 1, visibility).await.remove(0)
    }

    /// Says that an attempt has failed, as a worker does.
    pub async fn fail(&self, message: &Message, error: &str) {
        let failure = Failure {
            message,
            backend: self.broker.name(),
            worker: "test",
            error,
            started_at: message.enqueued_at,
            took: Duration::ZERO,
        };
        let (held, delay) = (&message.held, Duration::ZERO);
        let mut tx = self.db.begin().await.expect("the database answers");
        let released = self.broker.release_in(&mut tx, held, delay).await;
        assert!(released.expect("the database answers"), "the receipt is lost");
        attempts::record_retry(&mut *tx, &failure)
            .await
            .expect("the database answers");
        tx.commit().await.expect("the database answers");
        let released = self.broker.release_after_commit(held, delay).await;
        released.expect("the backend answers");
    }

    /// Waits until a message is a dead letter.
    pub async fn buried(&self, id: MessageId) -> Letter {
        eventually("it is a dead letter", async || {
            let found = dead::service::find(&self.db, id).await;
            found.map_err(|error| format!("{error:?}"))
        })
        .await
    }

    /// Waits until no message is anywhere in the queue.
    pub async fn until_empty(&self, queue: QueueName) {
        eventually("the queue is empty", async || match self.count(queue).await {
            0 => Ok(()),
            left => Err(format!("{left} messages")),
        })
        .await;
    }

    /// How many messages there are, wherever they are. The broker may answer from its memory.
    async fn count(&self, queue: QueueName) -> i64 {
        let Some(server) = &self.server else {
            return self
                .number("select count(*) from queue_messages where queue = $1", queue)
                .await;
        };
        let waiting = self.number("select count(*) from outbox where queue = $1", queue).await;
        let lanes = ["", "-bulk"].map(|lane| format!("{}{lane}", queue.as_str()));
        let there = join_all(lanes.iter().map(|name| server.count(name))).await;
        waiting + there.iter().sum::<i64>()
    }

    async fn number(&self, query: &'static str, queue: QueueName) -> i64 {
        let number = sqlx::query_scalar(query).bind(queue.as_str()).fetch_one(&self.db);
        number.await.expect("the query is right")
    }

    /// Starts a worker.
    pub fn work(&self, queue: QueueName, policy: Policy, work: impl Work) -> Running {
        let engine = Engine {
            db: self.db.clone(),
            broker: self.broker.clone(),
            wake: self.wake.clone(),
            settings: self.settings.clone(),
            stats: self.stats.clone(),
            latency: Arc::default(),
            worker: "test".to_owned(),
        };
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker::run(
            Arc::new(engine),
            Arc::new(work),
            queue,
            policy,
            stop.clone(),
        ));
        Running { stop, task }
    }

    /// Ends everything that runs.
    pub async fn close(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("no task panics").expect("no task fails");
        }
        self.database.take().expect("closed once").close().await;
    }
}

async fn database(folder: &Path, config: &Config) -> Database {
    let database = database::open(&config.database, folder).await;
    let database = database.expect("PostgreSQL starts");
    database::migrate(&database.pool).await.expect("the migrations fit");
    database
}

async fn connect(server: &server::Sqs, config: &mut Config, db: &PgPool, store: &Store) -> Arc<Sqs> {
    config.queues.prefix.clone_from(&server.prefix);
    let (attempts, options) = (config.queues.attempts, server.options());
    let made = server.queues_with(&["create"], &options.set("QUEUES__ATTEMPTS", attempts));
    assert!(made.status.success(), "{made:?}");
    let connected = Sqs::connect_by(server.client(), config, db.clone(), store.clone()).await;
    connected.expect("the queues are there")
}
