//! Claims, viewers and skips of cases.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::CaseId;

pub async fn set_claim(db: impl PgExecutor<'_>, id: CaseId, by: &str, seconds: f64) -> sqlx::Result<()> {
    sqlx::query!(
        "update cases set claimed_by = $2, claim_until = now() + make_interval(secs => $3) where id = $1",
        id.0,
        by,
        seconds
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn clear_claim(db: impl PgExecutor<'_>, id: CaseId) -> sqlx::Result<()> {
    sqlx::query!(
        "update cases set claimed_by = null, claim_until = null where id = $1",
        id.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Appeals against the moderator's own decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnAppeals {
    Excluded,
    Included,
}

/// Claims the first case of the queue that nobody holds and this moderator did not skip. A row that somebody else is
/// about to claim is passed over, so that two never get the same one and nobody waits.
pub async fn claim_next(
    tx: &mut PgConnection,
    moderator: &str,
    seconds: f64,
    own_appeals: OwnAppeals,
) -> sqlx::Result<Option<CaseId>> {
    let id = sqlx::query_scalar!(
        r#"
        update cases set claimed_by = $1, claim_until = now() + make_interval(secs => $2)
        where id = (
            select id from cases where outcome is null and waiting_until is null
                and (claim_until is null or claim_until <= now())
                and not exists (select 1 from case_skips skip
                    where skip.moderator = $1 and skip.case_id = cases.id and skip.skipped_until > now())
                and ($3 or appeal_against is null or appeal_against <> $1)
            order by severity_rank, due_at, id limit 1 for update skip locked)
        returning id
        "#,
        moderator,
        seconds,
        own_appeals == OwnAppeals::Included
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(CaseId))
}

pub async fn claim_until(db: impl PgExecutor<'_>, id: CaseId) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        "select case when claim_until > now() then claim_until end from cases where id = $1",
        id.0
    )
    .fetch_one(db)
    .await
}

pub async fn skip(db: impl PgExecutor<'_>, id: CaseId, moderator: &str, minutes: u32) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into case_skips (case_id, moderator, skipped_until) values ($1, $2, now() + make_interval(mins => $3))
        on conflict (case_id, moderator) do update set skipped_until = excluded.skipped_until
        "#,
        id.0,
        moderator,
        minutes.cast_signed()
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn see(db: impl PgExecutor<'_>, id: CaseId, viewer: &str) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into case_viewers (case_id, viewer) values ($1, $2)
        on conflict (case_id, viewer) do update set seen_at = excluded.seen_at
        "#,
        id.0,
        viewer
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn look_away(db: impl PgExecutor<'_>, id: CaseId, viewer: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from case_viewers where case_id = $1 and viewer = $2",
        id.0,
        viewer
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn viewers(db: impl PgExecutor<'_>, id: CaseId, seconds: f64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select viewer from case_viewers where case_id = $1 and seen_at > now() - make_interval(secs => $2) order by viewer",
        id.0,
        seconds
    )
    .fetch_all(db)
    .await
}

/// Deletes viewers who left and skips that are over.
pub async fn forget_viewers(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("delete from case_viewers where seen_at < now() - interval '1 minute'")
        .execute(db)
        .await?;
    Ok(())
}

pub async fn forget_skips(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("delete from case_skips where skipped_until < now()")
        .execute(db)
        .await?;
    Ok(())
}
