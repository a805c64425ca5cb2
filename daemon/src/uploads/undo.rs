//! Snapshots of an upload before a decision, kept as JSON and restored exactly.

use serde_json::Value;
use sqlx::PgConnection;
use tradepost_common::ids::UploadId;

/// The upload's state, its stages and the newest of its findings. The caller has locked the upload.
pub async fn remember(tx: &mut PgConnection, id: UploadId) -> sqlx::Result<Value> {
    sqlx::query_scalar!(
        r#"
        select jsonb_build_object(
            'state', upload.state, 'settled_at', upload.settled_at,
            'finding', coalesce((select max(id) from findings where upload_id = upload.id), 0),
            'stages', (select coalesce(jsonb_object_agg(stage, left_at), '{}') from upload_stages where upload_id = upload.id)
        ) as "before!"
        from uploads upload where upload.id = $1
        "#,
        id.0
    )
    .fetch_one(tx)
    .await
}

/// Restores the upload, and deletes the findings of the decision.
pub async fn put_back(tx: &mut PgConnection, id: UploadId, before: &Value) -> sqlx::Result<()> {
    set_state(&mut *tx, id, before).await?;
    set_stages(&mut *tx, id, before).await?;
    forget_rejections(tx, id, before).await
}

async fn set_state(tx: &mut PgConnection, id: UploadId, before: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        "update uploads set state = $2::jsonb ->> 'state', settled_at = ($2::jsonb ->> 'settled_at')::timestamptz where id = $1",
        id.0,
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn set_stages(tx: &mut PgConnection, id: UploadId, before: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update upload_stages set left_at = old.left_at
        from (select key as stage, value::timestamptz as left_at from jsonb_each_text($2::jsonb -> 'stages')) old
        where upload_stages.upload_id = $1 and upload_stages.stage = old.stage
            and upload_stages.left_at is distinct from old.left_at
        "#,
        id.0,
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn forget_rejections(tx: &mut PgConnection, id: UploadId, before: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from findings where upload_id = $1 and rule = 'rejected' and id > ($2::jsonb ->> 'finding')::int8",
        id.0,
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}
