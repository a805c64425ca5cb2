//! Many cases at once.

use sqlx::PgExecutor;
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

/// A case that may be decided with others.
pub struct Candidate {
    pub id: Uuid,
    pub upload_id: Uuid,
    pub account_id: Uuid,
    pub title: String,
    pub severity: FindingSeverity,
    pub decided: bool,
    pub waiting: bool,
    pub banned: bool,
    /// Holder of the claim.
    pub claimed_by: Option<String>,
}

pub async fn candidates(db: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<Candidate>> {
    sqlx::query_as!(
        Candidate,
        r#"
        select cases.id, cases.upload_id, upload.account_id, coalesce(upload.title, upload.file_name) as "title!",
            cases.severity as "severity: FindingSeverity",
            cases.outcome is not null as "decided!", cases.waiting_until is not null as "waiting!",
            account.banned_at is not null as "banned!",
            case when cases.claim_until > now() then cases.claimed_by end as claimed_by
        from cases join uploads upload on upload.id = cases.upload_id join accounts account on account.id = upload.account_id
        where cases.id = any($1)
        "#,
        ids
    )
    .fetch_all(db)
    .await
}

pub async fn of_cluster(db: impl PgExecutor<'_>, cluster: Uuid, limit: i64) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from cases where outcome is null and cluster_id = $1 order by severity_rank, due_at, id limit $2",
        cluster,
        limit
    )
    .fetch_all(db)
    .await
}

pub async fn of_contributor(db: impl PgExecutor<'_>, name: &str, limit: i64) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select cases.id from accounts account join uploads upload on upload.account_id = account.id
        join cases on cases.upload_id = upload.id
        where account.name = $1 and cases.outcome is null order by cases.severity_rank, cases.due_at, cases.id limit $2
        "#,
        name,
        limit
    )
    .fetch_all(db)
    .await
}
