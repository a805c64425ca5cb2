//! Chores that one process does for all: it holds a lease, and whoever takes the lease over has a higher epoch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::App;
use crate::dead_letters::service as dead_letters;
use crate::jobs::QUEUES;
use crate::rate_limit::strangers;
use crate::telemetry::alerts::AlertCode;
use crate::{
    accounts, duplicates, mail, orders, payouts, provider_statement, review, sales, search, takedown, uploads, webhooks,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tradepost_leases as leases;
use tradepost_queue::Queue;

const EVERY: Duration = Duration::from_secs(10);
/// The lease is renewed this often, and before each chore: whoever was paused past its end finds another holder and does nothing.
const RENEW_EVERY: Duration = Duration::from_secs(2);
/// Another process does the chores within ten seconds of the end of this one.
const LEASE: Duration = Duration::from_secs(7);
/// New entries are read, and once a day the whole journal.
const PROVE_EVERY: Duration = Duration::from_secs(60);
/// A message that is ready and not worked on for this long is news.
const STUCK_SECONDS: f64 = 300.0;

/// Does the chores until `stop` is cancelled.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        swept = uploads::service::sweep(&app) => match swept {
            Ok(0) => {}
            Ok(versions) => tracing::info!(versions, "deleted versions that no upload has"),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "could not sweep the store"),
        }
    }
    let (mut ticks, mut renewals) = (interval(EVERY), interval(RENEW_EVERY));
    let mut proven: Option<Instant> = None;
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = renewals.tick() => {
                // An error: the database is away, and the next tick tries again.
                let _ = holds(&app).await;
                continue;
            }
            _ = ticks.tick() => {}
        }

        if proven.is_none_or(|at| at.elapsed() >= PROVE_EVERY) {
            proven = Some(Instant::now());
            if let Err(error) = orders::prove_due(&app).await {
                tracing::warn!(%error, "could not prove the ledger");
            }
        }
        if let Err(error) = chores(&app).await {
            tracing::warn!(error = format!("{error:#}"), "a chore failed");
        }
    }
}

async fn chores(app: &App) -> anyhow::Result<()> {
    watch_queues(app).await?;
    for chore in CHORES {
        if !holds(app).await? {
            return Ok(());
        }
        do_chore(app, chore).await?;
    }
    Ok(())
}

/// Takes or renews the lease.
async fn holds(app: &App) -> sqlx::Result<bool> {
    let lease = leases::lead(&app.db, "scheduler", &app.worker, LEASE).await?;
    Ok(lease.is_some())
}

/// Work that one process does for all, a step at a time.
#[derive(Debug, Clone, Copy)]
enum Chore {
    ExpireUploads,
    PlanRescans,
    TidyReviews,
    TidyAccounts,
    TidyMails,
    TidyWebhooks,
    SweepOrders,
    SweepCarts,
    RequestPayouts,
    ReadStatement,
    TidySearch,
    TakeColours,
}

const CHORES: [Chore; 12] = [
    Chore::ExpireUploads,
    Chore::PlanRescans,
    Chore::TidyReviews,
    Chore::TidyAccounts,
    Chore::TidyMails,
    Chore::TidyWebhooks,
    Chore::SweepOrders,
    Chore::SweepCarts,
    Chore::RequestPayouts,
    Chore::ReadStatement,
    Chore::TidySearch,
    Chore::TakeColours,
];

async fn do_chore(app: &App, chore: Chore) -> anyhow::Result<()> {
    match chore {
        Chore::ExpireUploads => {
            uploads::arrivals::sweep(app).await?;
            let expired = uploads::service::expire(app).await?;
            if expired > 0 {
                tracing::info!(expired, "expired uploads whose bytes never came");
            }
        }
        Chore::PlanRescans => {
            takedown::rescan::plan(app).await?;
        }
        Chore::TidyReviews => {
            review::letters::end_waiting(app).await?;
            review::claims::tidy(app).await?;
        }
        Chore::TidyAccounts => {
            accounts::service::tidy(&app.db).await?;
            strangers::tidy(&app.db).await?;
        }
        Chore::TidyMails => {
            mail::tidy(&app.db).await?;
            let held = mail::held_back(&app.db).await?;
            let held: Vec<_> = (held > 0).then(|| held.to_string()).into_iter().collect();
            let what = "caps hold mails back that strangers cause, in this hour";
            raise_or_clear(app, AlertCode::MailsHeldBack, what, &held);
        }
        Chore::TidyWebhooks => webhooks::service::tidy(&app.db).await?,
        Chore::SweepOrders => orders::sweep::sweep(app).await?,
        Chore::SweepCarts => {
            sales::carts::sweep(app).await?;
        }
        Chore::RequestPayouts => {
            payouts::service::request_daily(app).await?;
        }
        Chore::ReadStatement => provider_statement::read_due(app).await?,
        Chore::TidySearch => search::service::tidy(&app.db).await?,
        Chore::TakeColours => {
            duplicates::colours::take_missing(app).await?;
        }
    }
    Ok(())
}

async fn watch_queues(app: &App) -> anyhow::Result<()> {
    let dead: Vec<_> = dead_letters::count_by_queue(&app.db)
        .await?
        .iter()
        .map(|(queue, dead)| format!("{dead} in {queue}"))
        .collect();
    let what = "messages failed too often; their uploads wait for an operator";
    raise_or_clear(app, AlertCode::DeadLetters, what, &dead);
    let decided = app.settings.borrow().clone();
    let paused_by = |queue: &Queue| decided.get(queue).and_then(|setting| setting.paused_by.clone());
    let depths = app.broker.depths().await?;
    let fault: Vec<_> = app.broker.as_sqs().and_then(|sqs| sqs.fault()).into_iter().collect();
    let what = "SQS does not answer; all queues wait";
    raise_or_clear(app, AlertCode::QueuesDown, what, &fault);
    let stuck: Vec<_> = depths
        .iter()
        .filter(|(queue, _)| paused_by(queue).is_none())
        .filter(|(_, depth)| depth.oldest_age_seconds.is_some_and(|age| age > STUCK_SECONDS))
        .map(|(queue, depth)| format!("{} ({} ready)", queue.as_str(), depth.ready))
        .collect();
    let what = "messages are ready for 5 minutes and no worker takes them";
    raise_or_clear(app, AlertCode::QueueStuck, what, &stuck);
    let paused: Vec<_> = QUEUES
        .iter()
        .filter_map(|queue| Some(format!("{} by {}", queue.as_str(), paused_by(queue)?)))
        .collect();
    raise_or_clear(app, AlertCode::QueuePaused, "paused", &paused);
    Ok(())
}

fn raise_or_clear(app: &App, code: AlertCode, what: &str, which: &[String]) {
    if which.is_empty() {
        app.alerts.clear(code);
    } else {
        app.alerts.raise(code, format!("{what}: {}", which.join(", ")));
    }
}
