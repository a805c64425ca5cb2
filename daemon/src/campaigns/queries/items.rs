//! Statements about `campaign_items`.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;
use tradepost_common::campaigns::{Failure, FailureKind};
use tradepost_common::ids::{ItemId, OperationId, UploadId};
use uuid::Uuid;

/// An item that is to be drawn, as it was planned and as it is now.
#[derive(Debug)]
pub(in crate::campaigns) struct Due {
    pub position: i32,
    pub item_id: Uuid,
    pub kind: String,
    pub source_sha256: Vec<u8>,
    pub canary: bool,
    pub path: Option<String>,
    pub state: Option<String>,
    pub source_now: Option<Vec<u8>>,
}

/// Items of a campaign, by position.
#[derive(Debug, Clone, Copy)]
pub(in crate::campaigns) struct Range {
    pub from: i32,
    pub to: i32,
    pub only_canary: bool,
}

/// The next items of a range that are not settled.
pub(in crate::campaigns) async fn waiting(
    db: &PgPool,
    id: OperationId,
    range: Range,
    limit: i64,
) -> sqlx::Result<Vec<Due>> {
    sqlx::query_as!(
        Due,
        r#"
        select due.position, due.item_id, due.kind, due.source_sha256, due.canary, item.path as "path?", item.state as "state?",
            coalesce(item.file_sha256, item.sha256) as source_now
        from campaign_items due left join items item on item.id = due.item_id and item.kind = due.kind
        where due.campaign_id = $1 and due.state = 'waiting' and due.position >= $2 and due.position < $3 and (due.canary or not $4)
        order by due.position limit $5
        "#,
        id.0,
        range.from,
        range.to,
        range.only_canary,
        limit
    )
    .fetch_all(db)
    .await
}

/// Counts the items of a range that are not settled.
pub(in crate::campaigns) async fn count_waiting(
    db: impl PgExecutor<'_>,
    id: OperationId,
    range: Range,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "waiting!" from campaign_items
        where campaign_id = $1 and state = 'waiting' and position >= $2 and position < $3 and (canary or not $4)
        "#,
        id.0,
        range.from,
        range.to,
        range.only_canary
    )
    .fetch_one(db)
    .await
}

/// The first position that is not settled.
pub(in crate::campaigns) async fn first_waiting(tx: &mut PgConnection, id: OperationId) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select min(position) from campaign_items where campaign_id = $1 and state = 'waiting'",
        id.0
    )
    .fetch_one(tx)
    .await
}

tradepost_common::text_enum! {
    /// The end of an item.
    pub(in crate::campaigns) enum ItemOutcome {
        Done = "done",
        Failed = "failed",
        Skipped = "skipped",
    }
}

/// One item with its outcome.
#[derive(Debug)]
pub(in crate::campaigns) struct Settled {
    pub position: i32,
    pub outcome: ItemOutcome,
    pub failure: Option<FailureKind>,
    pub reason: Option<String>,
}

/// Settles items that were not settled before. Answers with their positions.
pub(in crate::campaigns) async fn settle(
    tx: &mut PgConnection,
    id: OperationId,
    settled: &[Settled],
) -> sqlx::Result<Vec<i32>> {
    let positions: Vec<i32> = settled.iter().map(|one| one.position).collect();
    let states: Vec<String> = settled.iter().map(|one| one.outcome.as_str().to_owned()).collect();
    let failures: Vec<Option<String>> = settled
        .iter()
        .map(|one| one.failure.map(|kind| kind.as_str().to_owned()))
        .collect();
    let reasons: Vec<Option<String>> = settled.iter().map(|one| one.reason.clone()).collect();
    sqlx::query_scalar!(
        r#"
        update campaign_items due set state = one.state, failure = one.failure, reason = one.reason, at = now()
        from unnest($2::int4[], $3::text[], $4::text[], $5::text[]) as one (position, state, failure, reason)
        where due.campaign_id = $1 and due.position = one.position and due.state = 'waiting' returning due.position
        "#,
        id.0,
        &positions,
        &states,
        &failures as &[Option<String>],
        &reasons as &[Option<String>]
    )
    .fetch_all(tx)
    .await
}

/// Gives up the items of a range that are not settled. Answers with their number.
pub(in crate::campaigns) async fn give_up(
    tx: &mut PgConnection,
    id: OperationId,
    range: Range,
    reason: &str,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update campaign_items set state = 'failed', failure = 'given_up', reason = $5, at = now()
        where campaign_id = $1 and state = 'waiting' and position >= $2 and position < $3 and (canary or not $4)
        "#,
        id.0,
        range.from,
        range.to,
        range.only_canary,
        reason
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Items that could not be drawn, in the order of the plan, with the position of each.
pub(in crate::campaigns) async fn failures(
    db: &PgPool,
    id: OperationId,
    after: i32,
    limit: i64,
) -> sqlx::Result<Vec<(i32, Failure)>> {
    let rows = sqlx::query!(
        r#"
        select due.position, due.item_id, due.kind, due.failure as "failure!: FailureKind", due.reason as "reason!", due.at as "at!: OffsetDateTime",
            item.path, item.title, sets.upload_id
        from campaign_items due join items item on item.id = due.item_id and item.kind = due.kind join sets on sets.id = item.set_id
        where due.campaign_id = $1 and due.state = 'failed' and due.position > $2 order by due.position limit $3
        "#,
        id.0,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    let told = rows.into_iter().map(|row| {
        let failure = Failure {
            item: ItemId(row.item_id),
            path: row.path,
            title: row.title,
            kind: row.kind,
            upload_id: UploadId(row.upload_id),
            failure: row.failure,
            reason: row.reason,
            at: row.at,
        };
        (row.position, failure)
    });
    Ok(told.collect())
}

/// Forgets the items of a campaign, some at a time. Answers with their number.
pub(in crate::campaigns) async fn forget_items(
    tx: &mut PgConnection,
    id: OperationId,
    limit: i64,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        delete from campaign_items where campaign_id = $1 and state <> 'failed' and position in (
            select position from campaign_items where campaign_id = $1 and state <> 'failed' order by position limit $2)
        "#,
        id.0,
        limit
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}
