//! When an upload entered and left each stage.

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::StageTime;

/// The stages in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Receive,
    Scan,
    Unpack,
    Render,
    Preview,
    Review,
}

impl Stage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Scan => "scan",
            Self::Unpack => "unpack",
            Self::Render => "render",
            Self::Preview => "preview",
            Self::Review => "review",
        }
    }
}

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
        select stage, entered_at, left_at, extract(epoch from coalesce(left_at, now()) - entered_at)::float8 as "seconds!"
        from upload_stages where upload_id = $1 order by entered_at, stage
        "#,
        upload.0
    )
    .fetch_all(db)
    .await
}
