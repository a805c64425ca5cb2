//! Everything that runs beside the screen: reads side by side, writes one after the other,
//! pictures off to the side. All channels are bounded; a key press only ever tries to send.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::conn;
use crate::picture::{Maker, PictureKey, Studio};
use crate::shell::{AnyRequest, Effect, Update};
use crate::signals::{self, Signals};

const WAITING_UPDATES: usize = 256;
const WAITING_REQUESTS: usize = 64;
const READS_AT_ONCE: usize = 4;
const LAST_WRITES: Duration = Duration::from_millis(500);

type BoxedRequest = Box<dyn AnyRequest>;

/// The ends of the channels that the loop holds.
pub struct Tasks {
    reads: Sender<BoxedRequest>,
    writes: Sender<BoxedRequest>,
    pictures: Sender<PictureKey>,
    exports: Sender<(PathBuf, String)>,
    /// Ends every task when it is dropped.
    running: JoinSet<()>,
    /// The one that is waited for at the end.
    writer: JoinSet<()>,
}

/// Too much is waiting already; the effect comes back.
#[derive(Debug)]
pub struct Busy(pub Box<Effect>);

impl Tasks {
    /// Starts the tasks; what they have to say comes through the receiver.
    pub fn start(client: &Client, studio: Studio, signals: Signals) -> (Self, Receiver<Update>) {
        let (updates, inbox) = mpsc::channel(WAITING_UPDATES);
        let (reads, read_requests) = mpsc::channel(WAITING_REQUESTS);
        let (writes, write_requests) = mpsc::channel(WAITING_REQUESTS);
        let (pictures, picture_requests) = mpsc::channel(WAITING_REQUESTS);
        let (exports, export_requests) = mpsc::channel(1);
        let mut running = JoinSet::new();
        running.spawn(signals::enforce(signals));
        running.spawn(conn::follow(client.clone(), updates.clone()));
        running.spawn(serve_reads(client.clone(), read_requests, updates.clone()));
        let maker = Maker::new(client.clone(), studio);
        running.spawn(serve_pictures(maker, picture_requests, updates.clone()));
        let writes_task = serve_writes(client.clone(), write_requests, updates.clone());
        running.spawn(serve_exports(export_requests, updates));
        let mut writer = JoinSet::new();
        writer.spawn(writes_task);
        let tasks = Self {
            reads,
            writes,
            pictures,
            exports,
            running,
            writer,
        };
        (tasks, inbox)
    }

    /// Hands the effect to its task; what the loop does itself is not for here.
    pub fn send(&self, effect: Effect) -> Result<(), Busy> {
        match effect {
            Effect::Read(read) => busy(self.reads.try_send(read), Effect::Read),
            Effect::Write(write) => busy(self.writes.try_send(write), Effect::Write),
            Effect::Picture(key) => busy(self.pictures.try_send(key), Effect::Picture),
            Effect::Export { page, json } => {
                let sent = self.exports.try_send((export_name(page), json));
                busy(sent, |(_, json)| Effect::Export { page, json })
            }
            _ => Ok(()),
        }
    }

    /// Comes back when a task ended that should not have, with why.
    pub async fn ended(&mut self) -> String {
        let ended = tokio::select! {
            Some(ended) = self.running.join_next() => ended,
            Some(ended) = self.writer.join_next() => ended,
        };
        match ended {
            Ok(()) => "a task of the terminal ended early".to_owned(),
            Err(e) => format!("a task of the terminal ended early: {e}"),
        }
    }

    /// Lets the writes that are waiting go out, then ends everything.
    pub async fn finish(mut self, inbox: Receiver<Update>) {
        drop((self.writes, inbox));
        self.running.shutdown().await;
        // The daemon frees claims by itself; leaving must not hang on a dead line.
        let _ = tokio::time::timeout(LAST_WRITES, self.writer.join_next()).await;
        self.writer.shutdown().await;
    }
}

fn busy<T>(sent: Result<(), TrySendError<T>>, effect: impl FnOnce(T) -> Effect) -> Result<(), Busy> {
    sent.map_err(|e| Busy(Box::new(effect(e.into_inner()))))
}

async fn serve_reads(client: Client, mut requests: Receiver<BoxedRequest>, updates: Sender<Update>) {
    let mut running = JoinSet::new();
    while let Some(read) = requests.recv().await {
        while running.len() >= READS_AT_ONCE {
            running.join_next().await;
        }
        let (client, updates) = (client.clone(), updates.clone());
        running.spawn(async move {
            let answer = read.perform(client).await;
            // Nobody listens only when the terminal is closing.
            let _ = updates.send(Update::Call(answer)).await;
        });
    }
}

async fn serve_writes(client: Client, mut requests: Receiver<BoxedRequest>, updates: Sender<Update>) {
    while let Some(write) = requests.recv().await {
        let answer = write.perform(client.clone()).await;
        // The acts still waiting are done even when nobody listens: they were asked for.
        let _ = updates.send(Update::Call(answer)).await;
    }
}

async fn serve_pictures(mut maker: Maker, mut requests: Receiver<PictureKey>, updates: Sender<Update>) {
    while let Some(key) = requests.recv().await {
        let shown = maker.make(key.clone()).await;
        if updates.send(Update::Picture(key, shown)).await.is_err() {
            return;
        }
    }
}

async fn serve_exports(mut requests: Receiver<(PathBuf, String)>, updates: Sender<Update>) {
    while let Some((path, json)) = requests.recv().await {
        let written = match write_new(&path, json).await {
            Ok(()) => Ok(path),
            Err(e) => Err(format!("{}: {e}", path.display())),
        };
        let _ = updates.send(Update::Exported(written)).await;
    }
}

/// Never over a file that is there.
async fn write_new(path: &std::path::Path, json: String) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt;
    let mut file = tokio::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .await?;
    file.write_all(json.as_bytes()).await?;
    file.flush().await
}

fn export_name(page: &str) -> PathBuf {
    let now = time::OffsetDateTime::now_utc();
    PathBuf::from(format!(
        "tradepost-{page}-{}{:02}{:02}T{:02}{:02}{:02}.{:03}Z.json",
        now.year(),
        u8::from(now.month()),
        now.day(),
        now.hour(),
        now.minute(),
        now.second(),
        now.millisecond()
    ))
}
