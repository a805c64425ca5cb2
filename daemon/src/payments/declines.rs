//! Velocity rules against card testing: after too many declined cards no more are tried for a while.
//!
//! Only the bank's own no counts. A provider that is away counts nothing.

use std::net::IpAddr;

use sqlx::PgConnection;
use time::OffsetDateTime;
use tradepost_common::ids::AccountId;
use uuid::Uuid;

use super::{Payment, queries};
use crate::app::App;
use crate::error::{ApiError, ApiResult};

const HOUR_SECONDS: i64 = 3_600;

/// Refuses to try another card for this account, address or set.
///
/// # Errors
/// Too many declines, with the time to wait.
pub async fn refuse_tester(
    app: &App,
    tx: &mut PgConnection,
    account: AccountId,
    network: &str,
    products: &[Uuid],
) -> ApiResult<()> {
    let limits = &app.config.payments.declines;
    let mut looked_at = vec![
        ("account", account.to_string(), limits.per_account),
        ("network", network.to_owned(), limits.per_network),
    ];
    looked_at.extend(
        products
            .iter()
            .map(|set| ("product", set.to_string(), limits.per_product)),
    );
    for (kind, key, limit) in looked_at {
        if let Some(at) = queries::decline_at(&mut *tx, kind, &key, limit).await? {
            return Err(refusal(kind, at));
        }
    }
    Ok(())
}

fn refusal(kind: &str, at: OffsetDateTime) -> ApiError {
    let wait = HOUR_SECONDS - (OffsetDateTime::now_utc() - at).whole_seconds();
    let what = match kind {
        "network" => "from your address",
        "product" => "for this set",
        _ => "by your account",
    };
    ApiError::TooMany {
        code: "too-many-declines",
        detail: format!("Too many cards were declined {what}. Try again later, or pay with store credit."),
        retry_after_seconds: wait.clamp(1, HOUR_SECONDS).unsigned_abs(),
    }
}

/// True if this card was declined too often, whoever tried it.
pub async fn is_tested(app: &App, fingerprint: &str) -> sqlx::Result<bool> {
    let limit = app.config.payments.declines.per_card;
    Ok(queries::decline_at(&app.db, "card", fingerprint, limit)
        .await?
        .is_some())
}

/// Counts the decline of a payment once.
pub async fn count(tx: &mut PgConnection, payment: &Payment) -> sqlx::Result<()> {
    if !queries::set_declined(&mut *tx, payment.id).await? {
        return Ok(());
    }
    queries::insert_decline(&mut *tx, "account", &payment.account_id.to_string()).await?;
    queries::insert_decline(&mut *tx, "network", &payment.network).await?;
    if let Some(fingerprint) = &payment.fingerprint {
        queries::insert_decline(&mut *tx, "card", fingerprint).await?;
    }
    for set in &payment.products {
        queries::insert_decline(&mut *tx, "product", &set.to_string()).await?;
    }
    Ok(())
}

/// The address that declines are counted for: of IPv6 the network.
pub fn network(address: IpAddr) -> String {
    crate::rate_limit::network(address).to_string()
}
