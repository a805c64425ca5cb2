//! `tradepost upload`: uploads packs over the public API, as a contributor does.

mod api;
mod progress;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use sha2::{Digest, Sha256};
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::UploadState;

use crate::cli::Output;
use crate::format;
use api::{Api, ApiError, PublicTrace, Start};
use progress::Progress;

/// Between two questions about the same uploads: short at first, so that small packs end at once.
const FIRST_POLL: Duration = Duration::from_millis(200);
const LAST_POLL: Duration = Duration::from_secs(2);
/// A daemon that restarts is back sooner than that.
const PATIENCE: Duration = Duration::from_secs(90);
const NOT_ACCEPTED: u8 = 1;

/// The name of the subcommand.
pub const NAME: &str = "upload";

/// Upload packs as a contributor, over the public API.
#[derive(Debug, Args)]
pub struct UploadArgs {
    /// ZIP files with a manifest.
    #[arg(required = true, value_name = "PACK")]
    packs: Vec<PathBuf>,
    /// Address of the public API.
    #[arg(
        long,
        value_name = "URL",
        env = "TRADEPOST_API",
        default_value = "http://127.0.0.1:8780"
    )]
    api: String,
    /// File with the contributor's token [default: TRADEPOST_TOKEN].
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Wait until every pack is published, in review or rejected.
    #[arg(long)]
    wait: bool,
}

/// One pack and what became of it.
pub struct Pack {
    path: PathBuf,
    /// The name of the file, as the contributor knows it.
    name: String,
    id: Option<UploadId>,
    /// The current step, in words.
    step: String,
    trace: Option<PublicTrace>,
    /// The reason why the API refused it.
    refused: Option<String>,
}

impl Pack {
    fn new(path: &Path) -> anyhow::Result<Self> {
        let name = path
            .file_name()
            .with_context(|| format!("{} is not a file", path.display()))?;
        let meta = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        if !meta.is_file() {
            bail!("{} is not a file", path.display());
        }
        Ok(Self {
            path: path.to_owned(),
            name: name.to_string_lossy().into_owned(),
            id: None,
            step: "waiting".to_owned(),
            trace: None,
            refused: None,
        })
    }

    fn state(&self) -> Option<UploadState> {
        self.trace.as_ref().map(|t| t.upload.state)
    }

    fn is_done(&self) -> bool {
        self.refused.is_some() || self.state().is_some_and(UploadState::is_settled)
    }

    /// Published, or in the hands of a moderator, or (without `--wait`) on its way.
    fn is_accepted(&self) -> bool {
        let bad = matches!(self.state(), Some(UploadState::Rejected | UploadState::Expired));
        self.refused.is_none() && !bad
    }
}

pub async fn run(args: UploadArgs, output: Output) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.api, &read_token(args.token_file.as_deref())?)?;
    let packs = args.packs.iter().map(|path| Pack::new(path));
    let mut packs = packs.collect::<anyhow::Result<Vec<_>>>()?;
    let mut progress = Progress::new(output);
    for i in 0..packs.len() {
        match send(&api, &mut packs, i, &mut progress).await {
            Ok(()) => {}
            Err(ApiError::Refused(why)) => packs[i].refused = Some(why),
            Err(ApiError::Away(why)) => bail!("{}: {why}", packs[i].name),
        }
    }
    if args.wait {
        wait(&api, &mut packs, &mut progress).await?;
    }
    progress.finish();
    report::print(&packs, output)?;
    let all_accepted = packs.iter().all(Pack::is_accepted);
    Ok(if all_accepted {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_ACCEPTED)
    })
}

/// Never from the command line: everybody on the machine could read it there.
fn read_token(file: Option<&Path>) -> anyhow::Result<String> {
    let token = match file {
        Some(path) => {
            std::fs::read_to_string(path).with_context(|| format!("cannot read the token from {}", path.display()))?
        }
        None => std::env::var("TRADEPOST_TOKEN").context("no token: pass --token-file FILE or set TRADEPOST_TOKEN")?,
    };
    let token = token.trim();
    if token.is_empty() {
        bail!("the token is empty");
    }
    Ok(token.to_owned())
}

/// Digest, start, bytes, complete.
async fn send(api: &Api, packs: &mut [Pack], i: usize, progress: &mut Progress) -> Result<(), ApiError> {
    progress.step(packs, i, "reading");
    let path = packs[i].path.clone();
    let digest = tokio::task::spawn_blocking(move || digest(&path)).await;
    let (size_bytes, sha256) = digest
        .map_err(|e| ApiError::Refused(format!("cannot be read: {e}")))?
        .map_err(|e| ApiError::Refused(format!("cannot be read: {e}")))?;
    let start = Start {
        file_name: packs[i].name.clone(),
        size_bytes,
        sha256,
    };
    let started = loop {
        match api.start(&start).await? {
            api::Started::Upload(upload) => break upload,
            api::Started::TooMany(wait) => {
                progress.step(packs, i, &format!("too many uploads; waiting {} s", wait.as_secs()));
                tokio::time::sleep(wait).await;
            }
        }
    };
    packs[i].id = Some(started.id);
    progress.step(packs, i, &format!("uploading {}", format::bytes(size_bytes as i64)));
    let path = packs[i].path.clone();
    api.put(&started.put, &path, size_bytes, |sent| {
        progress.sent(packs, i, sent, size_bytes)
    })
    .await?;
    api.complete(started.id).await?;
    progress.step(packs, i, "uploaded");
    Ok(())
}

fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    use std::io::Read;
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok((size, hex::encode(hasher.finalize())));
        }
        size += n as u64;
        hasher.update(&buffer[..n]);
    }
}

/// Until nothing more happens by itself to any pack.
async fn wait(api: &Api, packs: &mut [Pack], progress: &mut Progress) -> anyhow::Result<()> {
    let mut pause = FIRST_POLL;
    let mut heard = Instant::now();
    while packs.iter().any(|pack| !pack.is_done()) {
        for i in 0..packs.len() {
            let Some(id) = packs[i].id.filter(|_| !packs[i].is_done()) else {
                continue;
            };
            match api.trace(id).await {
                Ok(trace) => {
                    heard = Instant::now();
                    let step = progress::in_words(&trace.upload);
                    packs[i].trace = Some(trace);
                    progress.step(packs, i, &step);
                }
                Err(ApiError::Refused(why)) => packs[i].refused = Some(why),
                Err(ApiError::Away(why)) if heard.elapsed() > PATIENCE => bail!("{why}"),
                Err(ApiError::Away(_)) => progress.step(packs, i, "no answer from the daemon; retrying"),
            }
        }
        if packs.iter().any(|pack| !pack.is_done()) {
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LAST_POLL);
        }
    }
    Ok(())
}
