//! Times at which an upload entered and left each stage.

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Stage, StageTime};

/// Enters a stage; entering it again changes nothing.
pub async fn enter(tx: &mut PgConnection, upload: UploadId, stage: Stage) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into upload_stages (upload_id, stage) values ($1, $2) on conflict do nothing",
        upload.0,
        stage.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Leaves a stage; leaving it again changes nothing.
pub async fn leave(tx: &mut PgConnection, upload: UploadId, stage: Stage) -> sqlx::Result<()> {
    sqlx::query!(
        "update upload_stages set left_at = now() where upload_id = $1 and stage = $2 and left_at is null",
        upload.0,
        stage.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The stages of an upload so far, in the order they were entered.
pub async fn list(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Vec<StageTime>> {
    sqlx::query_as!(
        StageTime,
        r#"
        select stage as "stage: Stage", entered_at, left_at, extract(epoch from coalesce(left_at, now()) - entered_at)::float8 as "seconds!"
        from upload_stages where upload_id = $1 order by entered_at, stage
        "#,
        upload.0
    )
    .fetch_all(db)
    .await
}
