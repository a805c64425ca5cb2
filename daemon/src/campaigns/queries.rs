//! Statements about `campaigns`.

mod generations;
mod items;
mod renditions;
mod row;
mod scope;

use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use tradepost_common::campaigns::{CampaignState, Scope};
use tradepost_common::ids::CampaignId;
use uuid::Uuid;

pub(super) use self::generations::*;
pub(super) use self::items::*;
pub(super) use self::renditions::*;
use self::row::Raw;
pub(super) use self::row::{Phase, Pinned, Row};
pub(super) use self::scope::*;
use crate::audit::Actor;

/// All columns of a campaign, and what follows the name of the table.
macro_rules! select {
    ($rest:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            Raw,
            r#"
            select id, generation, state, phase, run, actor, reason, scope as "scope: Json<Scope>", presets as "presets: Json<Vec<Pinned>>",
                canary, auto_min_psnr_db, rate_per_second, stop_at_percent, planned_to, sent_to, items, done, failed, skipped, outputs,
                bytes_before, bytes_after, cpu_seconds, forgiven_done, forgiven_failed, item_cpu_seconds, item_bytes, basis, rate, note,
                created_at, started_at, finished_at, swapped_at, collect_at, collecting_at, collected_at, freed_bytes
            from campaigns "# + $rest
            $(, $argument)*
        )
    };
}

/// A campaign to be kept.
pub(super) struct New<'a> {
    pub id: CampaignId,
    pub actor: &'a Actor,
    pub reason: &'a str,
    pub scope: &'a Scope,
    pub presets: &'a [Pinned],
    pub canary: u32,
    pub auto_min_psnr_db: Option<f64>,
    pub rate_per_second: Option<u32>,
    pub stop_at_percent: u32,
}

pub(super) async fn insert(tx: &mut PgConnection, new: &New<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into campaigns (id, state, actor, uid, reason, scope, presets, canary, auto_min_psnr_db, rate_per_second, stop_at_percent)
        values ($1, 'planning', $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        new.id.0,
        new.actor.user,
        i64::from(new.actor.uid),
        new.reason,
        Json(new.scope) as _,
        Json(new.presets) as _,
        new.canary.cast_signed(),
        new.auto_min_psnr_db,
        new.rate_per_second.map(u32::cast_signed),
        new.stop_at_percent.cast_signed()
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn find(db: impl PgExecutor<'_>, id: CampaignId) -> sqlx::Result<Option<Row>> {
    Ok(select!("where id = $1", id.0).fetch_optional(db).await?.map(Row::from))
}

/// The campaign, locked until the caller's transaction ends.
pub(super) async fn lock(tx: &mut PgConnection, id: CampaignId) -> sqlx::Result<Option<Row>> {
    // Rows that refer to it may come meanwhile.
    let raw = select!("where id = $1 for no key update", id.0)
        .fetch_optional(tx)
        .await?;
    Ok(raw.map(Row::from))
}

pub(super) async fn list(db: &PgPool, before: Uuid, limit: i64) -> sqlx::Result<Vec<Row>> {
    let rows = select!("where id < $1 order by id desc limit $2", before, limit)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// Those that the daemon has to do something for, the oldest first.
pub(super) async fn moving(db: &PgPool) -> sqlx::Result<Vec<Row>> {
    let rows = select!("where state in ('planning', 'canary', 'running') or (collecting_at is not null and collected_at is null) order by id limit 20")
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// The one that was started last.
pub(super) async fn newest_drawn(db: &PgPool) -> sqlx::Result<Option<Row>> {
    let raw = select!("where started_at is not null order by id desc limit 1")
        .fetch_optional(db)
        .await?;
    Ok(raw.map(Row::from))
}

/// Those that stopped by themselves and wait for an operator.
pub(super) async fn stopped(db: &PgPool) -> sqlx::Result<Vec<Row>> {
    let rows = select!("where state = 'stopped' order by id limit 20")
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// Those that nobody has collected in time, the oldest first.
pub(super) async fn to_collect(db: &PgPool) -> sqlx::Result<Vec<Row>> {
    let rows = select!("where collect_at <= now() and collecting_at is null order by swapped_at, id limit 20")
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// Grows with every change of a campaign.
pub(super) async fn revision(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce((extract(epoch from max(updated_at)) * 1000000)::int8, 0) as "revision!" from campaigns"#
    )
    .fetch_one(db)
    .await
}

/// Moves a campaign to another state. The caller has it locked.
pub(super) async fn set_state(
    tx: &mut PgConnection,
    id: CampaignId,
    state: CampaignState,
    note: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update campaigns set state = $2, note = $3, updated_at = now(), rate = 0,
            finished_at = case when $4 then coalesce(finished_at, now()) end
        where id = $1
        "#,
        id.0,
        state.as_str(),
        note,
        state.is_over()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets a campaign draw: from where something is left, with messages of a new run. The caller has it locked.
pub(super) async fn set_running(tx: &mut PgConnection, id: CampaignId, phase: Phase) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update campaigns set state = $2, phase = $2, run = run + 1, note = null, updated_at = now(), rate = 0,
            started_at = coalesce(started_at, now()), sent_to = case when $2 = 'canary' then 0 else coalesce(
                (select min(position) from campaign_items where campaign_id = $1 and state = 'waiting'), items::int4) end
        where id = $1
        "#,
        id.0,
        phase.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Failures up to now do not count against the campaign any more.
pub(super) async fn forgive(tx: &mut PgConnection, id: CampaignId) -> sqlx::Result<()> {
    sqlx::query!(
        "update campaigns set forgiven_done = done, forgiven_failed = failed where id = $1",
        id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn set_rate(tx: &mut PgConnection, id: CampaignId, rate: Option<u32>) -> sqlx::Result<()> {
    sqlx::query!(
        "update campaigns set rate_per_second = $2, updated_at = now() where id = $1",
        id.0,
        rate.map(u32::cast_signed)
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes how fast it is, items a second.
pub(super) async fn note_rate(db: &PgPool, id: CampaignId, rate: f64) -> sqlx::Result<()> {
    sqlx::query!(
        "update campaigns set rate = $2, updated_at = now() where id = $1 and rate <> $2 and state in ('canary', 'running')",
        id.0,
        rate
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How far messages were sent. The caller has it locked.
pub(super) async fn set_sent(tx: &mut PgConnection, id: CampaignId, sent_to: i32) -> sqlx::Result<()> {
    sqlx::query!("update campaigns set sent_to = $2 where id = $1", id.0, sent_to)
        .execute(tx)
        .await?;
    Ok(())
}

/// What one batch came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub done: i64,
    pub failed: i64,
    pub skipped: i64,
    pub outputs: i64,
    pub bytes_before: i64,
    pub bytes_after: i64,
    pub cpu_seconds: f64,
}

/// Adds what one batch came to. The caller has the campaign locked.
pub(super) async fn add(tx: &mut PgConnection, id: CampaignId, tally: &Tally) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update campaigns set done = done + $2, failed = failed + $3, skipped = skipped + $4, outputs = outputs + $5,
            bytes_before = bytes_before + $6, bytes_after = bytes_after + $7, cpu_seconds = cpu_seconds + $8, updated_at = now()
        where id = $1
        "#,
        id.0,
        tally.done,
        tally.failed,
        tally.skipped,
        tally.outputs,
        tally.bytes_before,
        tally.bytes_after,
        tally.cpu_seconds
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Aborts plans that nobody started within a day.
pub(super) async fn abort_stale(db: &PgPool) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update campaigns set state = 'aborted', note = 'nobody started it within a day', finished_at = now(), updated_at = now(),
            collect_at = now()
        where state = 'planned' and updated_at < now() - interval '1 day'
        "#
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
