//! What the messages of each queue do: the table from queue to feature.
//! Here a payload becomes a job, is checked against what the queue takes, and is given up on.

use std::sync::Arc;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use tradepost_common::problem::Fault;
use tradepost_common::uploads::{Stage, UploadState};

use crate::app::App;
use crate::campaigns::job::CampaignJob;
use crate::preview::job::PreviewJob;
use crate::queue::dead::Letter;
use crate::queue::worker::Work;
use crate::queue::{Lane, Message, Needs, Outcome, QueueName};
use crate::render::job::RenderJob;
use crate::scan::job::ScanJob;
use crate::unpack::job::UnpackJob;
use crate::uploads::service as uploads;
use crate::{campaigns, preview, render, scan, takedown, unpack};

/// The jobs of the daemon, as the worker loop wants them.
pub struct Jobs(pub Arc<App>);

impl Work for Jobs {
    /// Waits while the scanner is away, for queues that need it.
    async fn until_ready(&self, queue: QueueName) {
        let mut scanner = self.0.scanner.clone();
        if queue.needs() == Needs::Scanner {
            // An error: nobody looks for the scanner any more, the daemon stops.
            let _ = scanner.wait_for(|status| status.scanner().is_some()).await;
        }
    }

    async fn handle(&self, message: &Message) -> anyhow::Result<Outcome> {
        let result = handle(&self.0, message).await;
        scan::waiting::instead_of_failing(&self.0, message, result).await
    }

    fn buried(&self, _: &Message) {
        self.0.changed.uploads();
    }
}

/// Runs the handler of one message.
///
/// # Errors
/// Whatever keeps the work from being done now; the attempt counts.
pub async fn handle(app: &Arc<App>, message: &Message) -> anyhow::Result<Outcome> {
    let is_interactive = message.held.lane == Lane::Interactive;
    let _working = is_interactive.then(|| app.campaigns.courtesy.working());
    match message.queue() {
        QueueName::Scan => {
            let job: ScanJob = parse(message)?;
            match job.again {
                Some(number) => takedown::rescan::run(app, job.upload_id, number).await,
                None => scan::job::run(app, job).await,
            }
        }
        QueueName::Unpack => unpack::job::run(app, parse(message)?, message.attempt).await,
        QueueName::Render if campaigns::job::is_one(&message.payload) => {
            campaigns::job::run(app, parse(message)?, message.attempt).await
        }
        QueueName::Render => render::job::run(app, parse(message)?, message.attempt).await,
        QueueName::Preview => preview::job::run(app, parse(message)?, message.attempt).await,
    }
}

fn parse<T: DeserializeOwned>(message: &Message) -> anyhow::Result<T> {
    T::deserialize(&message.payload)
        .with_context(|| format!("the payload is no job of the queue {}", message.queue().as_str()))
}

/// Whether a payload is a job of the queue.
///
/// # Errors
/// What is wrong with it, and where (a JSON pointer).
pub fn check(queue: QueueName, payload: &Value) -> Result<(), Fault> {
    match queue {
        QueueName::Scan => check_as::<ScanJob>(payload),
        QueueName::Unpack => check_as::<UnpackJob>(payload),
        QueueName::Render if campaigns::job::is_one(payload) => check_as::<CampaignJob>(payload),
        QueueName::Render => check_as::<RenderJob>(payload),
        QueueName::Preview => check_as::<PreviewJob>(payload),
    }
}

/// Settles what waits for a message that an operator gave up on, in the transaction that takes the message away.
///
/// # Errors
/// When the database does not answer.
pub async fn give_up(app: &App, tx: &mut PgConnection, letter: &Letter, reason: &str) -> sqlx::Result<()> {
    let Some(queue) = QueueName::parse(&letter.row.queue) else {
        return Ok(());
    };
    // Nothing waits for a message that never was a job.
    match queue {
        QueueName::Scan => match ScanJob::deserialize(&letter.payload) {
            // Nothing waits for one that scans again.
            Ok(job) if job.again.is_none() => {
                uploads::give_up(tx, job.upload_id, UploadState::Scanning, Stage::Scan, reason).await
            }
            _ => Ok(()),
        },
        QueueName::Unpack => match UnpackJob::deserialize(&letter.payload) {
            Ok(job) => uploads::give_up(tx, job.upload_id, UploadState::Unpacking, Stage::Unpack, reason).await,
            Err(_) => Ok(()),
        },
        QueueName::Render if campaigns::job::is_one(&letter.payload) => {
            match CampaignJob::deserialize(&letter.payload) {
                Ok(job) => campaigns::job::give_up(tx, &job, reason).await,
                Err(_) => Ok(()),
            }
        }
        QueueName::Render => match RenderJob::deserialize(&letter.payload) {
            Ok(job) => render::job::give_up(app, tx, &job, reason).await,
            Err(_) => Ok(()),
        },
        QueueName::Preview => match PreviewJob::deserialize(&letter.payload) {
            Ok(job) => preview::job::give_up(tx, &job, reason).await,
            Err(_) => Ok(()),
        },
    }
}

/// Whether doing a job over does any good, as far as the state of its upload tells.
pub fn is_pointless(queue: QueueName, upload: UploadState) -> bool {
    // The contact sheet of a published set may be drawn anew.
    let redraws = queue == QueueName::Preview && matches!(upload, UploadState::Published | UploadState::InReview);
    upload.is_settled() && !redraws
}

fn check_as<T: DeserializeOwned + Serialize>(payload: &Value) -> Result<(), Fault> {
    let job: T = serde_path_to_error::deserialize(payload).map_err(|error| Fault {
        at: pointer(error.path()),
        message: error.inner().to_string(),
    })?;
    let known = serde_json::to_value(job).expect("a job is always JSON");
    let unknown = payload
        .as_object()
        .and_then(|fields| fields.keys().find(|key| *key != "job" && known.get(key).is_none()));
    match unknown {
        Some(key) => Err(Fault {
            at: format!("/payload/{key}"),
            message: "the queue knows no such field".to_owned(),
        }),
        None => Ok(()),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = "/payload".to_owned();
    for segment in path {
        pointer += &format!("/{segment}");
    }
    pointer
}
