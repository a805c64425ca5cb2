//! The job of the queue `notify`.

use sqlx::PgConnection;
use tradepost_common::ids::PayoutId;
use tradepost_common::money::money;
use tradepost_common::payouts::PayoutState;
use tradepost_queue::Outcome;
use uuid::Uuid;

use super::orders::{self, Told};
use super::uploads;
use crate::accounts::links;
use crate::app::App;
use crate::database::begin_by_key;
use crate::jobs::{Event, NotifyJob};
use crate::mail::{self, Cause, Letter};
use crate::payouts::{self, ToldPayout};
use crate::webhooks::WebhookEvent;
use crate::{accounts, orders as purchases, webhooks};

/// Tells everybody whom the event concerns, in one transaction: a message that comes twice finds the mails and deliveries written.
pub async fn run(app: &App, job: NotifyJob) -> anyhow::Result<Outcome> {
    let mut tx = begin_by_key(&app.db).await?;
    tell(app, &mut tx, job.id, job.event).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

async fn tell(app: &App, tx: &mut PgConnection, id: Uuid, event: Event) -> anyhow::Result<()> {
    match event {
        Event::OrderPaid(order) => orders::paid(app, tx, id, order).await,
        Event::ReceiptAsked(order) => orders::receipt(app, tx, id, order).await,
        Event::OrderFailed(order) => orders::tell_buyer(app, tx, id, order, Told::Failed).await,
        Event::OrderRefunded(order) => orders::refunded(app, tx, id, order).await,
        Event::DisputeOpened(order) => orders::disputed(app, tx, id, order, WebhookEvent::DisputeOpened).await,
        Event::DisputeClosed(order) => orders::disputed(app, tx, id, order, WebhookEvent::DisputeClosed).await,
        Event::PayoutSettled(payout) => payout_settled(app, tx, id, payout).await,
        Event::UploadPublished(upload) => uploads::tell(app, tx, id, upload, WebhookEvent::UploadPublished).await,
        Event::UploadRejected(upload) => uploads::tell(app, tx, id, upload, WebhookEvent::UploadRejected).await,
        Event::LinkRequested(link) => links::write(app, tx, link, id).await,
        Event::AddressProven(account) => Ok(purchases::library::adopt_guests(tx, account).await?),
        Event::WebhookDisabled(webhook) => webhook_disabled(app, tx, id, webhook).await,
    }
}

async fn payout_settled(app: &App, tx: &mut PgConnection, id: Uuid, payout: PayoutId) -> anyhow::Result<()> {
    let Some(payout) = payouts::told(&mut *tx, payout).await? else {
        return Ok(());
    };
    let contact = accounts::service::contact_of(&mut *tx, payout.account_id).await?;
    match contact.email {
        Some(email) => mail::write(app, tx, id, &email, &payout_letter(&payout), Cause::Owed).await,
        None => Ok(()),
    }
}

fn payout_letter(payout: &ToldPayout) -> Letter {
    let (kind, subject, text) = match payout.state {
        PayoutState::Failed => (
            "payout_failed",
            "Your payout failed",
            "The money is in your balance again. Check the bank account that you gave.",
        ),
        _ => ("payout_paid", "Your payout is paid", "Your bank has the money."),
    };
    let end = payout.iban.len().saturating_sub(4);
    let mut lines = vec![
        ("Amount".to_owned(), money(payout.amount_minor, &payout.currency)),
        ("Account".to_owned(), format!("…{}", &payout.iban[end..])),
    ];
    lines.extend(payout.note.clone().map(|note| ("Reason".to_owned(), note)));
    Letter {
        kind,
        subject: subject.to_owned(),
        paragraphs: vec![text.to_owned()],
        lines,
        links: Vec::new(),
    }
}

async fn webhook_disabled(app: &App, tx: &mut PgConnection, id: Uuid, webhook: Uuid) -> anyhow::Result<()> {
    let Some((account, url)) = webhooks::service::owner(&mut *tx, webhook).await? else {
        return Ok(());
    };
    let contact = accounts::service::contact(&mut *tx, &account).await?;
    let Some(email) = contact.and_then(|contact| contact.email) else {
        return Ok(());
    };
    let hours = app.config.webhooks.disable_after_hours;
    let letter = Letter {
        kind: "webhook_disabled",
        subject: "A webhook of yours was disabled".to_owned(),
        paragraphs: vec![format!(
            "It only failed for {hours} hours, and gets nothing any more. Delete it and make a new one when its server works."
        )],
        lines: vec![("URL".to_owned(), url)],
        links: Vec::new(),
    };
    mail::write(app, tx, id, &email, &letter, Cause::Owed).await
}
