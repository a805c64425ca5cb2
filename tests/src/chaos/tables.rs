//! Tables that sender and handlers write, so that everything can be counted in the end. These tables are no part of the schema, so
//! their statements are checked when they run.

use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::MessageId;

/// The counter has several rows, so that handlers do not queue up for one.
const COUNTERS: i32 = 16;

const SCHEMA: &str = "
    -- What was committed together with its message.
    create table chaos_sent (message_id uuid primary key, number integer not null unique, poison boolean not null);
    -- The effect of a message, and how often a handler came to do it again.
    create table chaos_effects (message_id uuid primary key, repeats integer not null default 0);
    -- Ticks once for each effect.
    create table chaos_counters (id integer primary key, ticks bigint not null default 0);
    insert into chaos_counters select id from generate_series(0, 15) as id;
    -- Every start of a handler.
    create table chaos_runs (
        id bigint generated always as identity primary key,
        message_id uuid not null,
        worker integer not null,
        attempt integer not null,
        receives integer not null,
        kind text not null,
        at timestamptz not null default clock_timestamp()
    );
";

/// Makes the tables.
pub async fn create(db: &PgPool) -> sqlx::Result<()> {
    sqlx::raw_sql(SCHEMA).execute(db).await?;
    Ok(())
}

/// The progress.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Count {
    pub effects: i64,
    pub dead: i64,
    pub sent: i64,
}

impl Count {
    /// Messages that are done, or dead.
    pub fn done(self) -> i64 {
        self.effects + self.dead
    }
}

pub async fn count(db: &PgPool) -> sqlx::Result<Count> {
    let statement = "
        select (select count(*) from chaos_effects) as effects, (select count(*) from dead_letters) as dead,
            (select count(*) from chaos_sent) as sent
    ";
    sqlx::query_as(statement).fetch_one(db).await
}

/// Notes that a message is sent, in the transaction that sends it. `false`: a transaction that did so has committed.
pub async fn note_sent(tx: &mut PgConnection, id: MessageId, number: u32, poison: bool) -> sqlx::Result<bool> {
    let done = sqlx::query("insert into chaos_sent values ($1, $2, $3) on conflict do nothing")
        .bind(id.0)
        .bind(number.cast_signed())
        .bind(poison)
        .execute(tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The start of a handler.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub message: MessageId,
    pub attempt: u32,
    pub receives: u32,
    pub kind: &'a str,
}

pub async fn note_run(db: &PgPool, run: Run<'_>) -> sqlx::Result<()> {
    sqlx::query("insert into chaos_runs (message_id, worker, attempt, receives, kind) values ($1, $2, $3, $4, $5)")
        .bind(run.message.0)
        .bind(std::process::id().cast_signed())
        .bind(run.attempt.cast_signed())
        .bind(run.receives.cast_signed())
        .bind(run.kind)
        .execute(db)
        .await?;
    Ok(())
}

/// The effect of a message: idempotent, as every handler's must be.
pub async fn apply(db: &PgPool, message: MessageId) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    if insert_effect(&mut tx, message).await? {
        tick(&mut tx, message).await?;
    } else {
        note_repeat(&mut tx, message).await?;
    }
    tx.commit().await
}

async fn insert_effect(tx: &mut PgConnection, message: MessageId) -> sqlx::Result<bool> {
    let done = sqlx::query("insert into chaos_effects (message_id) values ($1) on conflict do nothing")
        .bind(message.0)
        .execute(tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn tick(tx: &mut PgConnection, message: MessageId) -> sqlx::Result<()> {
    sqlx::query("update chaos_counters set ticks = ticks + 1 where id = $1")
        .bind(i32::from(message.0.as_bytes()[15]) % COUNTERS)
        .execute(tx)
        .await?;
    Ok(())
}

async fn note_repeat(tx: &mut PgConnection, message: MessageId) -> sqlx::Result<()> {
    sqlx::query("update chaos_effects set repeats = repeats + 1 where message_id = $1")
        .bind(message.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// Counts the starts of a message's handler.
pub async fn runs_of(db: &PgPool, message: MessageId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from chaos_runs where message_id = $1")
        .bind(message.0)
        .fetch_one(db)
        .await
}
