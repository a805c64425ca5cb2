//! Looks for what no webhook told: payments and refunds that are open for long.

use super::refund::queries as refunds;
use crate::app::App;
use crate::jobs::{Job, RefundJob};
use crate::payments::service as payments;

/// Refunds of one sweep.
const SWEPT: i64 = 200;

/// Sends the messages that bring payments and refunds on.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    if app.stripe.is_none() {
        return Ok(());
    }
    payments::sweep(app).await?;
    let seconds = i32::try_from(app.config.payments.sweep_seconds)?;
    let mut tx = app.db.begin().await?;
    let due = refunds::due(&mut tx, seconds, SWEPT).await?;
    let messages = due
        .into_iter()
        .map(|refund_id| Job::Refund(RefundJob { refund_id }).message());
    app.broker.send(&mut tx, &messages.collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(())
}
