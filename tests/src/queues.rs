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
use tradepost_common::queues::Backend;
use tradepost_queue::attempts::Failure;
use tradepost_queue::notification::{self, Notifier};
use tradepost_queue::running::RunningSet;
use tradepost_queue::settings::{self, Settings};
use tradepost_queue::sqs::Sqs;
use tradepost_queue::worker::{self, Handler, Policy, WorkerContext};
use tradepost_queue::{Broker, Message, NewMessage, Queue, collector, relay};
use tradepost_store::Store;
use tradepostd::config::{Config, QueuesConfig};
use tradepostd::database::{self, Database};
use tradepostd::dead_letters::{DeadLetter, service as dead_letters};
use tradepostd::jobs::QUEUES;
use tradepostd::operations::outcomes::OutcomeLog;
use tradepostd::queues::sqs_config;

use crate::sqs as server;
use crate::wait::eventually;

/// A backend, ready to be sent to.
pub struct Bench {
    pub broker: Broker,
    pub db: PgPool,
    pub store: Store,
    pub notifier: Arc<Notifier>,
    pub settings: watch::Receiver<Settings>,
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
        prefetch: 20,
        visibility: Duration::from_secs(30),
        attempts: 3,
        backoff: Duration::ZERO,
        stop_deadline: Duration::from_secs(10),
    }
}

impl Bench {
    /// Queues with everything that moves messages. `None`, with a word about it, where there is no such backend.
    pub async fn start(backend: Backend) -> Option<Self> {
        let mut bench = Self::open(backend, |_| {}).await?;
        bench.relay();
        bench.collect();
        Some(bench)
    }

    /// Queues without relay and collector, configured by `change`.
    pub async fn open(backend: Backend, change: impl FnOnce(&mut QueuesConfig)) -> Option<Self> {
        let folder = tempfile::Builder::new()
            .prefix("tradepost-test-")
            .tempdir()
            .expect("a temporary folder");
        let mut config = Config::default();
        config.queues.backend = backend;
        config.queues.long_poll_seconds = 1;
        change(&mut config.queues);
        let server = match backend {
            Backend::Postgres => None,
            Backend::Sqs => Some(server::Sqs::start()?),
        };
        let database = database(folder.path(), &config).await;
        let db = database.pool.clone();
        let store = Store::open(folder.path().join("objects")).expect("the folder is ours");
        let sqs = match &server {
            None => None,
            Some(server) => Some(connect(server, &mut config, &db, &store).await),
        };
        let broker = Broker::new(sqs, &QUEUES, db.clone(), Arc::default(), Arc::new(OutcomeLog));
        let (decided, settings) = watch::channel(Settings::default());
        let (notifier, stop) = (Arc::new(Notifier::new(&QUEUES, &[])), CancellationToken::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(notification::run(db.clone(), notifier.clone(), stop.clone()));
        tasks.spawn(settings::run(
            db.clone(),
            &QUEUES,
            notifier.clone(),
            decided,
            stop.clone(),
        ));
        Some(Self {
            broker,
            db,
            store,
            notifier,
            settings,
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
            let (broker, sqs) = (self.broker.clone(), sqs.clone());
            let (notifier, stop) = (self.notifier.clone(), self.stop.clone());
            self.tasks
                .spawn(relay::run(broker, sqs, notifier, "test".to_owned(), stop));
        }
    }

    /// Starts a collector, where the backend has one.
    pub fn collect(&mut self) {
        if let Some(sqs) = self.broker.as_sqs() {
            let (broker, sqs, stop) = (self.broker.clone(), sqs.clone(), self.stop.clone());
            self.tasks.spawn(collector::run(broker, sqs, "test".to_owned(), stop));
        }
    }

    /// The folder of its files.
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
    pub async fn receive(&self, queue: Queue, count: usize, visibility: Duration) -> Vec<Message> {
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
    pub async fn receive_one(&self, queue: Queue, visibility: Duration) -> Message {
        self.receive(queue, 1, visibility).await.remove(0)
    }

    /// Says that an attempt has failed, as a worker does.
    pub async fn fail(&self, message: &Message, error: &str) {
        let failure = Failure {
            message,
            worker: "test",
            error,
            started_at: message.enqueued_at,
            took: Duration::ZERO,
        };
        let released = self.broker.retry(&failure, Duration::ZERO).await;
        assert!(released.expect("the backend answers"), "the receipt handle is lost");
    }

    /// Waits until a message is a dead letter.
    pub async fn dead_lettered(&self, id: MessageId) -> DeadLetter {
        eventually("it is a dead letter", async || {
            let found = dead_letters::find(&self.db, id).await;
            found.map_err(|error| format!("{error:?}"))
        })
        .await
    }

    /// Waits until no message is anywhere in the queue.
    pub async fn until_empty(&self, queue: Queue) {
        eventually("the queue is empty", async || match self.count(queue).await {
            0 => Ok(()),
            left => Err(format!("{left} messages")),
        })
        .await;
    }

    /// Counts messages in all places, without the cache of the broker.
    async fn count(&self, queue: Queue) -> i64 {
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

    async fn number(&self, query: &'static str, queue: Queue) -> i64 {
        let number = sqlx::query_scalar(query).bind(queue.as_str()).fetch_one(&self.db);
        number.await.expect("the query is right")
    }

    /// Starts a worker.
    pub fn work(&self, queue: Queue, policy: Policy, handler: impl Handler) -> Running {
        let context = WorkerContext {
            broker: self.broker.clone(),
            notifier: self.notifier.clone(),
            settings: self.settings.clone(),
            running: RunningSet::default(),
            worker: "test".to_owned(),
        };
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker::run(context, Arc::new(handler), queue, policy, stop.clone()));
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
    let connected = Sqs::connect(server.client(), sqs_config(config), &QUEUES, db.clone(), store.clone()).await;
    connected.expect("the queues are there")
}
