//! The job of the queue `webhook`: posts a delivery.

use anyhow::Context as _;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tradepost_queue::Outcome;

use super::queries::DueDelivery;
use super::{guard, queries, signature};
use crate::app::App;
use crate::jobs::WebhookJob;
use crate::notices::{self, Event};

/// Characters of an error that the account reads.
const MAX_ERROR: usize = 500;

/// Posts a delivery. Anything but a 2xx answer is an attempt that failed; redirects are not followed, bodies of answers not read.
pub async fn run(app: &App, job: WebhookJob) -> anyhow::Result<Outcome> {
    let id = job.delivery_id;
    let Some(due) = queries::due(&app.db, id).await? else {
        return Ok(Outcome::Done);
    };
    let answer = post(app, &due).await;
    let mut tx = app.db.begin().await?;
    let failure = match answer {
        Ok(status) if (200..300).contains(&status) => {
            queries::set_delivered(&mut tx, id, status).await?;
            queries::set_working(&mut tx, due.webhook_id).await?;
            tx.commit().await?;
            return Ok(Outcome::Done);
        }
        Ok(status) => {
            let text = format!("answered with {status}");
            queries::note_failure(&mut tx, id, Some(status), &text).await?;
            text
        }
        Err(error) => {
            let text: String = format!("{error:#}").chars().take(MAX_ERROR).collect();
            queries::note_failure(&mut tx, id, None, &text).await?;
            text
        }
    };
    let hours = i32::try_from(app.config.webhooks.disable_after_hours).unwrap_or(i32::MAX);
    if queries::set_failing(&mut tx, due.webhook_id, hours).await? {
        queries::set_failed(&mut tx, id, &failure).await?;
        notices::emit(&app.broker, &mut tx, &[Event::WebhookDisabled(due.webhook_id)]).await?;
        tx.commit().await?;
        return Ok(Outcome::Done);
    }
    tx.commit().await?;
    anyhow::bail!("the webhook failed: {failure}")
}

/// Posts once. Answers with the status.
async fn post(app: &App, due: &DueDelivery) -> anyhow::Result<i32> {
    let config = &app.config.webhooks;
    // The rules may be stricter than when it was made.
    let url =
        guard::check(config, &due.url).map_err(|error| anyhow::anyhow!("{error}: {:?}", error.problem().detail))?;
    let timestamp = OffsetDateTime::now_utc().unix_timestamp();
    let request = guard::client(config)?
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", due.event_id.to_string())
        .header("webhook-timestamp", timestamp.to_string())
        .header(
            "webhook-signature",
            signature::sign(&due.secret, due.event_id, timestamp, &due.body),
        )
        .body(due.body.clone());
    // A URL in an error would be in the log, too, and may hold a secret of the account.
    let answer = request
        .send()
        .await
        .map_err(reqwest::Error::without_url)
        .context("posting it")?;
    Ok(i32::from(answer.status().as_u16()))
}

/// Gives up the delivery of a message that an operator discards.
pub async fn give_up(tx: &mut PgConnection, job: &WebhookJob, reason: &str) -> sqlx::Result<()> {
    queries::set_failed(tx, job.delivery_id, reason).await
}
