//! Proves the books: what is new every minute, the whole journal once a day and when an operator asks.

use std::time::Instant;

use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use tradepost_common::ledger::{Difference, LedgerView, Proof, ProofScope};
use tradepost_ledger::proof::{self, Proven, RULES};
use tradepost_ledger::statement;

use super::search;
use crate::app::App;
use crate::telemetry::alerts::AlertCode;

/// The whole journal is proven after this.
const WHOLE_EVERY: time::Duration = time::Duration::DAY;

/// The state of the ledger, with a new proof of what came after the last one.
pub async fn view(app: &App) -> sqlx::Result<LedgerView> {
    Ok(LedgerView {
        proof: prove(app, ProofScope::Recent).await?,
        entries: statement::entries(&app.db).await?,
        rules: RULES.map(str::to_owned).into(),
        whole: last_whole(&app.db).await?,
        stuck: search::stuck(&app.db).await?,
    })
}

/// The proof that is due: of what is new, or of the whole journal after a day.
pub async fn prove_due(app: &App) -> sqlx::Result<Proof> {
    let last = last_whole(&app.db).await?;
    let is_due = last.is_none_or(|last| OffsetDateTime::now_utc() - last.at >= WHOLE_EVERY);
    prove(app, if is_due { ProofScope::Whole } else { ProofScope::Recent }).await
}

/// Proves the books and keeps the outcome; raises or clears the alert.
pub async fn prove(app: &App, scope: ProofScope) -> sqlx::Result<Proof> {
    let started = Instant::now();
    let mut connection = app.db.acquire().await?;
    let Proven { entries, differences } = match scope {
        ProofScope::Recent => proof::recent(&mut connection).await?,
        ProofScope::Whole => proof::whole(&mut connection).await?,
    };
    drop(connection);
    let differences = differences.into_iter().map(|difference| Difference {
        rule: difference.rule,
        subject: difference.subject,
        expected: difference.expected,
        found: difference.found,
    });
    let proof = Proof {
        at: OffsetDateTime::now_utc(),
        scope,
        entries,
        took_ms: started.elapsed().as_millis().try_into().unwrap_or(i64::MAX),
        differences: differences.collect(),
    };
    record(&app.db, &proof).await?;
    let whole = match scope {
        ProofScope::Recent => last_whole(&app.db).await?,
        // It finds everything that proofs of new entries find.
        ProofScope::Whole => None,
    };
    let mut found = proof
        .differences
        .iter()
        .chain(whole.iter().flat_map(|whole| &whole.differences));
    match found.next() {
        None => app.alerts.clear(AlertCode::LedgerDrift),
        Some(first) => app.alerts.raise(AlertCode::LedgerDrift, in_words(first, found.count())),
    }
    Ok(proof)
}

fn in_words(first: &Difference, others: usize) -> String {
    format!(
        "the ledger is wrong: {} of {}: expected {}, found {}, and {others} differences more. Stop refunds and credits; see tradepost ledger.",
        first.rule, first.subject, first.expected, first.found
    )
}

async fn record(db: impl PgExecutor<'_>, proof: &Proof) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into ledger_proofs (scope, at, entries, took_ms, differences) values ($1, $2, $3, $4, $5)
        on conflict (scope) do update set at = excluded.at, entries = excluded.entries, took_ms = excluded.took_ms,
            differences = excluded.differences
        "#,
        proof.scope.as_str(),
        proof.at,
        proof.entries,
        proof.took_ms,
        Json(&proof.differences) as _
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The last proof of the whole journal.
async fn last_whole(db: &PgPool) -> sqlx::Result<Option<Proof>> {
    let row = sqlx::query!(
        r#"
        select at, entries, took_ms, differences as "differences: Json<Vec<Difference>>" from ledger_proofs where scope = 'whole'
        "#
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Proof {
        at: row.at,
        scope: ProofScope::Whole,
        entries: row.entries,
        took_ms: row.took_ms,
        differences: row.differences.0,
    }))
}
