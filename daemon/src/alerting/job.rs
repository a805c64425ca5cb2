//! The job of the queue `notify` that tells one channel about alerts.

use tradepost_queue::Outcome;

use super::channels;
use crate::app::App;
use crate::jobs::AlertJob;

/// Sends once. A failure is an attempt: the message is tried again, and is a dead letter in the end.
pub async fn run(app: &App, job: AlertJob) -> anyhow::Result<Outcome> {
    channels::send(app, &job).await?;
    Ok(Outcome::Done)
}
