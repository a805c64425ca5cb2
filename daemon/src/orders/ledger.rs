//! Store credit, balances, the journal and its proof.

use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::audit::AuditAct;
use tradepost_common::ledger::{AccountBalance, Credit, Difference, JournalEntry, JournalRow, LedgerView, Proof};
use tradepost_ledger::{Entry, LedgerError, Posted, Posting, post, proof, statement};
use uuid::Uuid;

use super::{books, refund};
use crate::accounts::service as accounts;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::telemetry::alerts::AlertCode;

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
    let lines = statement::balances(db, Some(names)).await?;
    Ok(lines.into_iter().map(balance).collect())
}

fn balance(line: statement::Line) -> AccountBalance {
    AccountBalance {
        name: line.name,
        currency: line.currency,
        balance_minor: line.balance,
        held_minor: line.held,
    }
}

/// All balances and a new proof.
pub async fn view(app: &App) -> sqlx::Result<LedgerView> {
    let accounts = statement::balances(&app.db, None).await?;
    Ok(LedgerView {
        accounts: accounts.into_iter().map(balance).collect(),
        proof: prove(app).await?,
    })
}

/// Proves the books; raises or clears the alert.
pub async fn prove(app: &App) -> sqlx::Result<Proof> {
    let found = proof::differences(&app.db).await?;
    let differences: Vec<_> = found
        .into_iter()
        .map(|difference| Difference {
            rule: difference.rule,
            subject: difference.subject,
            expected: difference.expected,
            found: difference.found,
        })
        .collect();
    match differences.first() {
        None => app.alerts.clear(AlertCode::LedgerDrift),
        Some(first) => {
            let message = format!(
                "the ledger has {} differences, first {} of {}: expected {}, found {}. Stop refunds and credits; see tradepost ledger.",
                differences.len(),
                first.rule,
                first.subject,
                first.expected,
                first.found
            );
            app.alerts.raise(AlertCode::LedgerDrift, message);
        }
    }
    Ok(Proof {
        at: OffsetDateTime::now_utc(),
        entries: statement::entries(&app.db).await?,
        differences,
    })
}

/// Transactions, oldest first.
pub async fn journal(db: &PgPool, after: Option<Uuid>, limit: u32) -> sqlx::Result<Page<JournalRow>> {
    let rows = statement::journal(db, after, limit.into()).await?;
    let rows = rows.into_iter().map(|(transaction, entries)| JournalRow {
        id: transaction.id,
        at: transaction.posted_at,
        kind: transaction.kind,
        key: transaction.key,
        reverses: transaction.reverses,
        entries: entries
            .into_iter()
            .map(|entry| JournalEntry {
                account: entry.name,
                currency: entry.currency,
                amount_minor: entry.amount,
            })
            .collect(),
    });
    Ok(Page::from_rows(rows.collect(), limit, |row| row.id))
}
