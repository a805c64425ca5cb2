//! Records of contributors, and moves of the trust in them.

use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::AccountId;
use tradepost_common::review::{ContributorRecord, Trust};
use uuid::Uuid;

use super::queries::standing as queries;
use crate::accounts::trust;
use crate::config::TrustConfig;

/// A contributor's record.
pub async fn record(db: &PgPool, account: AccountId, rules: &TrustConfig) -> sqlx::Result<ContributorRecord> {
    let row = queries::record(db, account).await?;
    let facts = queries::facts(db, account).await?;
    Ok(ContributorRecord {
        account: row.name,
        trust_rule: trust::next_move(row.trust, facts, rules),
        trust: row.trust,
        banned: row.banned,
        uploads: row.uploads,
        published: row.published,
        rejected: row.rejected,
        rejected_lately: row.rejected_lately,
        since: row.since,
    })
}

/// A move of trust that is yet to be written down.
#[derive(Debug, Clone)]
pub struct Move {
    pub before: Trust,
    pub after: Trust,
    pub reason: String,
}

impl Move {
    /// No move at all.
    pub fn none(trust: Trust) -> Self {
        Self::to(trust, trust, "")
    }

    pub fn to(before: Trust, after: Trust, reason: impl Into<String>) -> Self {
        Self {
            before,
            after,
            reason: reason.into(),
        }
    }

    /// The move that a publication makes, which the caller has written already.
    pub async fn by_publication(
        tx: &mut PgConnection,
        account: AccountId,
        trust: Trust,
        rules: &TrustConfig,
    ) -> sqlx::Result<Self> {
        let facts = queries::facts(&mut *tx, account).await?;
        let moved = trust::after_publication(trust, facts, rules);
        Ok(moved.map_or_else(|| Self::none(trust), |(after, reason)| Self::to(trust, after, reason)))
    }

    /// Writes it down. The caller holds the account's lock.
    pub async fn write(&self, tx: &mut PgConnection, account: AccountId, decision: Option<Uuid>) -> sqlx::Result<()> {
        trust::set(tx, account, (self.before, self.after), &self.reason, decision).await?;
        Ok(())
    }
}
