//! Bytes that went past the daemon: events of the bucket that name them, and a sweep for those that nobody names.
//!
//! Events come late, twice, in another order or never. All of them end in [`complete::finish`].

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::Message;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tradepost_common::ids::UploadId;

use super::notification::{self, Created};
use super::{complete, queries};
use crate::app::App;
use crate::error::ApiError;
use crate::queues;
use crate::telemetry::alerts::AlertCode;

/// As many as SQS gives at once.
const BATCH: i32 = 10;
/// After this time SQS gives an event again that was not deleted.
const VISIBILITY_SECONDS: i32 = 60;
/// Between two tries while SQS does not answer.
const AWAY: Duration = Duration::from_secs(5);
/// Uploads that one sweep looks for.
const SWEEP_UPLOADS: i64 = 100;

/// Follows the events of the bucket until `stop` is cancelled.
pub async fn follow(app: Arc<App>, queue: String, stop: CancellationToken) -> anyhow::Result<()> {
    let client = queues::sqs_client(&app.config.aws).await?;
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            received = async {
                app.until_on_duty().await;
                receive(&app, &client, &queue).await
            } => received,
        };
        match received {
            Ok(messages) => {
                app.alerts.clear(AlertCode::ObjectEventsDown);
                for message in messages {
                    take(&app, &client, &queue, message).await;
                }
            }
            Err(error) => {
                let what = format!(
                    "the queue of the bucket's events gives none, so that uploads wait for the sweep: {error:#}"
                );
                app.alerts.raise(AlertCode::ObjectEventsDown, what);
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = sleep(AWAY) => {}
                }
            }
        }
    }
}

async fn receive(app: &App, client: &Client, queue: &str) -> anyhow::Result<Vec<Message>> {
    let wait = i32::try_from(app.config.queues.long_poll_seconds).context("a wait of 20 s at most")?;
    let receive = client.receive_message().queue_url(queue).max_number_of_messages(BATCH);
    let receive = receive.wait_time_seconds(wait).visibility_timeout(VISIBILITY_SECONDS);
    let answer = receive.send().await.map_err(aws_sdk_sqs::Error::from)?;
    Ok(answer.messages.unwrap_or_default())
}

/// Takes one event. One that could not be taken comes again.
async fn take(app: &App, client: &Client, queue: &str, message: Message) {
    let body = message.body.unwrap_or_default();
    let created = match notification::parse(&body) {
        Ok(created) => created,
        Err(reason) => {
            tracing::warn!(
                reason,
                "deleted a message from the queue of the bucket's events that is no event"
            );
            Vec::new()
        }
    };
    for object in &created {
        if let Err(error) = arrived(app, object).await {
            tracing::warn!(
                key = object.key,
                error = format!("{error:#}"),
                "could not take an event of the bucket"
            );
            return;
        }
    }
    let Some(handle) = message.receipt_handle else { return };
    let deleted = client
        .delete_message()
        .queue_url(queue)
        .receipt_handle(handle)
        .send()
        .await;
    if let Err(error) = deleted.map_err(aws_sdk_sqs::Error::from) {
        tracing::warn!(%error, "could not delete an event of the bucket; it comes again");
    }
}

/// Completes the upload that an object belongs to, if it waits for it.
async fn arrived(app: &App, object: &Created) -> anyhow::Result<()> {
    let Some(bucket) = app
        .store
        .bucket()
        .filter(|bucket| bucket.settings().name == object.bucket)
    else {
        return Ok(());
    };
    match bucket.upload_of(&object.key) {
        Some(id) => finish(app, UploadId(id)).await,
        None => Ok(()),
    }
}

/// Looks for the bytes of uploads that nobody completed: once after a minute, and once after their URL has expired.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    if app.store.bucket().is_none() {
        return Ok(());
    }
    for id in queries::look_for(&app.db, SWEEP_UPLOADS).await? {
        finish(app, id).await?;
    }
    Ok(())
}

async fn finish(app: &App, id: UploadId) -> anyhow::Result<()> {
    let Some(upload) = queries::find(&app.db, id).await? else {
        return Ok(());
    };
    match complete::finish(app, &upload).await {
        Ok(()) => Ok(()),
        Err(error @ (ApiError::Internal(_) | ApiError::DiskFull)) => {
            anyhow::bail!("completing the upload {id}: {error:?}")
        }
        // Nothing has arrived, it was too late, or its account is banned.
        Err(error) => {
            tracing::debug!(upload.id = %id, ?error, "an upload is not completed");
            Ok(())
        }
    }
}
