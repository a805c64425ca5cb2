//! Queues without a daemon: a backend, a database of its own, and workers that do what a test says.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tradepostd::config::{Config, QueueBackend, QueuesConfig};
use tradepostd::database::{self, Database};
use tradepostd::queue::settings::{self, Settings};
use tradepostd::queue::sqs::Sqs;
use tradepostd::queue::stats::QueueStats;
use tradepostd::queue::wake::{self, Wake};
use tradepostd::queue::worker::{self, Engine, Policy, Work};
use tradepostd::queue::{Broker, Held, Message, NewMessage, Outcome, QueueName, collector, outbox};
use tradepostd::store::Store;

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
            let polls = self.broker.polls().iter();
            let polls = polls.map(|poll| self.broker.receive(queue, *poll, limit, visibility));
            for received in join_all(polls).await {
                messages.extend(received.expect("the backend answers"));
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

    /// Gives a message back at once after a failed attempt.
    pub async fn release(&self, held: &Held) {
        let mut tx = self.db.begin().await.expect("the database answers");
        let released = self.broker.release_in(&mut tx, held, Duration::ZERO).await;
        released.expect("the database answers");
        tx.commit().await.expect("the database answers");
        let released = self.broker.release_after_commit(held, Duration::ZERO).await;
        released.expect("the backend answers");
    }

    /// Waits until no message is anywhere in the queue.
    pub async fn until_empty(&self, queue: QueueName) {
        eventually("the queue is empty", async || {
            let depths = self.broker.depths().await.expect("the backend answers");
            let depth = depths.into_iter().find(|(name, _)| *name == queue);
            let depth = depth.map(|(_, depth)| depth).unwrap_or_default();
            match depth.ready + depth.in_flight + depth.delayed {
                0 => Ok(()),
                _ => Err(format!("{depth:?}")),
            }
        })
        .await;
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
        let task = tokio::spawn(worker::run(Arc::new(engine), Arc::new(work), queue, policy, stop.clone()));
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

/// A running worker.
pub struct Running {
    pub stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Stops it as the daemon does, and waits for its end.
    pub async fn finish(self) {
        self.stop.cancel();
        self.task.await.expect("the worker does not panic").expect("a worker never fails");
    }

    /// Ends it as a killed process ends: nothing is settled.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

type Handler = dyn Fn(Message) -> BoxFuture<'static, anyhow::Result<Outcome>> + Send + Sync;

/// What a worker of a test does.
pub struct Script(Box<Handler>);

impl Script {
    pub fn new<F: Future<Output = anyhow::Result<Outcome>> + Send + 'static>(
        handle: impl Fn(Message) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(move |message| Box::pin(handle(message))))
    }
}

impl Work for Script {
    async fn until_ready(&self, _: QueueName) {}

    async fn handle(&self, message: &Message) -> anyhow::Result<Outcome> {
        (self.0)(message.clone()).await
    }

    fn buried(&self, _: &Message) {}
}
