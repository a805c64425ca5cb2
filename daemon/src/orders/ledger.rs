//! Store credit and balances.

use serde_json::json;
use sqlx::PgPool;
use tradepost_common::audit::AuditAct;
use tradepost_common::ledger::{AccountBalance, Credit};
use tradepost_ledger::{Entry, LedgerError, Posted, Posting, post, statement};

use super::refund;
use crate::accounts::service as accounts;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::books;
use crate::error::{ApiError, ApiResult};

/// More than this is a typing error.
const MAX_CREDIT_MINOR: i64 = 100_000_000;

/// Gives an account store credit. Answers with its balance.
///
/// # Errors
/// Invalid; not found; unprocessable when the key gave another credit.
pub async fn credit(app: &App, actor: &Actor, name: &str, credit: &Credit) -> ApiResult<AccountBalance> {
    let is_currency = credit.currency.len() == 3 && credit.currency.bytes().all(|byte| byte.is_ascii_uppercase());
    ApiError::unless_all([
        (
            "amount_minor",
            (1..=MAX_CREDIT_MINOR).contains(&credit.amount_minor),
            format!("must be 1 to {MAX_CREDIT_MINOR}"),
        ),
        (
            "currency",
            is_currency,
            "must be three capital letters, as EUR".to_owned(),
        ),
        (
            "key",
            (1..=100).contains(&credit.key.len()),
            "must be 1 to 100 characters".to_owned(),
        ),
    ])?;
    refund::check_reason(&credit.reason)?;
    accounts::find(&app.db, name).await?;
    let mut tx = app.db.begin().await?;
    let wallet = books::wallet(&mut tx, name, &credit.currency).await?;
    let key = format!("credit:{name}:{}", credit.key);
    let source = books::credits(&mut tx, &credit.currency, &key).await?;
    let amount = credit.amount_minor;
    let entries = [
        Entry {
            account: wallet,
            amount,
        },
        Entry {
            account: source,
            amount: -amount,
        },
    ];
    let posted = post(
        &mut tx,
        &Posting {
            key: &key,
            kind: "credit",
            entries: &entries,
        },
    )
    .await;
    let posted = posted.map_err(|error| match error {
        LedgerError::KeyReused { .. } => {
            ApiError::unprocessable("key-reused", "This key gave another credit. Use a new key.")
        }
        other => anyhow::Error::new(other).into(),
    })?;
    if let Posted::Applied(id) = posted {
        let detail =
            json!({ "amount_minor": amount, "currency": credit.currency, "reason": credit.reason, "transaction": id });
        audit::record(
            &mut tx,
            actor,
            AuditAct::AccountCredit,
            &format!("account:{name}"),
            detail,
        )
        .await?;
    }
    tx.commit().await?;
    let wallet = books::wallet_name(name);
    let balances = balances(&app.db, &[wallet]).await?;
    let balance = balances.into_iter().find(|balance| balance.currency == credit.currency);
    balance.ok_or(ApiError::NotFound("balance"))
}

/// Balances of accounts of the ledger, by name and currency.
pub async fn balances(db: &PgPool, names: &[String]) -> sqlx::Result<Vec<AccountBalance>> {
    let lines = statement::balances(db, names).await?.into_iter();
    Ok(lines
        .map(|line| AccountBalance {
            name: line.name,
            currency: line.currency,
            balance_minor: line.balance,
            held_minor: line.held,
        })
        .collect())
}
