//! Tells people outside about alerts, by SNS, mail and webhook: grouped, once each, again when nobody acknowledges, and when it is over.
//!
//! Each message to a channel is a job of the queue `notify`, so that a channel that fails is tried again and becomes a dead letter. While the
//! database is away, messages are sent at once and without that.

mod channels;
pub mod job;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tradepost_common::overview::Alert;
use tradepost_leases as leases;
use uuid::Uuid;

use self::watch::{Happening, Notice, Watch};
use crate::app::App;
use crate::config::AlertsConfig;
use crate::jobs::{AlertChannel, AlertJob, Job};
use crate::telemetry::alerts::AlertCode;

const EVERY: Duration = Duration::from_secs(1);
/// The machine with the lease of an alert tells about it; others that raise it are silent.
const LEASE: Duration = Duration::from_secs(60);
/// SNS takes 100 characters.
const MAX_SUBJECT: usize = 100;

/// Watches the alerts of this process until `stop` is cancelled.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let config = &app.config.alerts;
    let mut watch = Watch::new(config);
    let (mut ticks, mut renewals) = (interval(EVERY), interval(LEASE / 3));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = renewals.tick() => {
                ours(&app, watch.open()).await;
                continue;
            }
            _ = ticks.tick() => {}
        }
        for mut notice in watch.step(OffsetDateTime::now_utc(), &app.alerts.list()) {
            if notice.happening == Happening::Raised {
                notice.alerts = ours(&app, notice.alerts).await;
                watch.told(&notice.alerts);
            }
            if !notice.alerts.is_empty() {
                tell(&app, &notice).await;
            }
        }
    }
}

/// The alerts that no other machine tells about. Without the database, every machine tells.
async fn ours(app: &App, alerts: Vec<Alert>) -> Vec<Alert> {
    let mut ours = Vec::new();
    for alert in alerts {
        let code = AlertCode::ALL.iter().find(|code| code.as_str() == alert.code);
        let Some(code) = code else { continue };
        match leases::hold(&app.db, code.as_str(), &app.worker, LEASE).await {
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => ours.push(alert),
        }
    }
    ours
}

async fn tell(app: &App, notice: &Notice) {
    for job in jobs(&app.config.alerts, &app.worker, notice) {
        let message = Job::Alert(job.clone()).message();
        let sent = async {
            let mut tx = app.db.begin().await?;
            app.broker.send(&mut tx, &[message]).await?;
            tx.commit().await?;
            anyhow::Ok(())
        };
        if let Err(error) = sent.await {
            tracing::warn!(error = format!("{error:#}"), "an alert is told without the queue");
            if let Err(error) = channels::send(app, &job).await {
                tracing::error!(
                    channel = job.channel.as_str(),
                    error = format!("{error:#}"),
                    "an alert could not be told"
                );
            }
        }
    }
}

/// A job for each channel that a notice goes to.
fn jobs(config: &AlertsConfig, machine: &str, notice: &Notice) -> Vec<AlertJob> {
    let mut to: Vec<(AlertChannel, &String)> = Vec::new();
    to.extend(config.sns_topic.iter().map(|topic| (AlertChannel::Sns, topic)));
    to.extend(config.mail.iter().map(|address| (AlertChannel::Mail, address)));
    to.extend(config.webhook_url.iter().map(|url| (AlertChannel::Webhook, url)));
    if notice.was_escalated {
        to.extend(config.escalate_sns_topic.iter().map(|topic| (AlertChannel::Sns, topic)));
        to.extend(config.escalate_mail.iter().map(|address| (AlertChannel::Mail, address)));
    }
    let (subject, text) = (subject(notice), text(machine, notice));
    let alerts = notice.alerts.iter().map(|alert| {
        json!({ "code": alert.code, "severity": alert.severity, "message": alert.message, "since": alert.since.format(&Rfc3339).ok() })
    });
    let body = json!({ "type": notice.happening.as_str(), "machine": machine, "alerts": alerts.collect::<Vec<_>>() });
    let job = |(channel, to): (AlertChannel, &String)| AlertJob {
        id: Uuid::now_v7(),
        channel,
        to: to.clone(),
        subject: subject.clone(),
        text: text.clone(),
        body: body.clone(),
    };
    to.into_iter().map(job).collect()
}

/// `[critical] Tradepost: scanner-down, disk-full`
fn subject(notice: &Notice) -> String {
    let codes: Vec<_> = notice.alerts.iter().map(|alert| alert.code.as_str()).collect();
    let worst = notice.alerts.iter().map(|alert| alert.severity).max();
    let mark = match notice.happening {
        Happening::Resolved => "resolved",
        Happening::Escalated => "nobody acknowledged",
        Happening::Raised => worst.map_or("", |severity| severity.as_str()),
    };
    let subject = format!("[{mark}] Tradepost: {}", codes.join(", "));
    subject.chars().take(MAX_SUBJECT).collect()
}

fn text(machine: &str, notice: &Notice) -> String {
    let since = |alert: &Alert| alert.since.format(&Rfc3339).unwrap_or_default();
    let lines = notice.alerts.iter().map(|alert| {
        format!(
            "{} ({}, since {}):\n  {}\n",
            alert.code,
            alert.severity,
            since(alert),
            alert.message
        )
    });
    let what = match notice.happening {
        Happening::Raised => "These alerts are raised",
        Happening::Escalated => "Nobody has acknowledged these alerts",
        Happening::Resolved => "These alerts are over",
    };
    let hint = "tradepost alerts shows them, tradepost alerts acknowledge CODE tells the others that you are on it;\n\
                docs/OPERATIONS.md, Alerts, says what to do.";
    format!(
        "{what} on {machine}.\n\n{}\n{hint}\n",
        lines.collect::<Vec<_>>().join("\n")
    )
}
