//! The channels to people outside.

use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sns::Client;
use time::OffsetDateTime;

use crate::app::App;
use crate::aws;
use crate::config::Secret;
use crate::jobs::{AlertChannel, AlertJob};
use crate::mail;
use crate::webhooks::sign;

/// For one try of a channel.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Hands a message to its channel.
pub async fn send(app: &App, job: &AlertJob) -> anyhow::Result<()> {
    match job.channel {
        AlertChannel::Sns => publish(app, job).await,
        AlertChannel::Mail => mail::send_now(app, job.id, &job.to, &job.subject, &job.text).await,
        AlertChannel::Webhook => post(app, job).await,
    }
}

async fn publish(app: &App, job: &AlertJob) -> anyhow::Result<()> {
    let client = Client::new(&aws::load(&app.config.aws, ANSWER_TIMEOUT).await?);
    let publishing = client
        .publish()
        .topic_arn(&job.to)
        .subject(&job.subject)
        .message(&job.text);
    publishing
        .send()
        .await
        .map_err(|error| anyhow::Error::new(error.into_service_error()))
        .context("publishing to SNS")?;
    Ok(())
}

async fn post(app: &App, job: &AlertJob) -> anyhow::Result<()> {
    let (body, now) = (job.body.to_string(), OffsetDateTime::now_utc().unix_timestamp());
    let secret = app.config.alerts.webhook_secret.as_ref().map_or("", Secret::expose);
    let client = reqwest::Client::builder().timeout(ANSWER_TIMEOUT).build()?;
    let request = client
        .post(&job.to)
        .header("content-type", "application/json")
        .header("webhook-id", job.id.to_string())
        .header("webhook-timestamp", now.to_string())
        .header("webhook-signature", sign(secret.as_bytes(), job.id, now, &body))
        .body(body);
    let answer = request
        .send()
        .await
        .map_err(reqwest::Error::without_url)
        .context("posting to alerts.webhook_url")?;
    anyhow::ensure!(
        answer.status().is_success(),
        "alerts.webhook_url answered with {}",
        answer.status()
    );
    Ok(())
}
