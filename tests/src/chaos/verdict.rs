//! What came of it: every figure is counted in the database after the last message.

use std::time::Duration;

use sqlx::PgPool;
use tradepost_common::ids::MessageId;
use uuid::Uuid;

use super::{ATTEMPTS, Options};

/// What the parent knows by itself.
#[derive(Debug, Default)]
pub struct Story {
    pub kills: u32,
    pub restarts: u32,
    pub rolled_back: Vec<MessageId>,
}

/// What was counted.
#[derive(Debug)]
pub struct Verdict {
    rows: Vec<Row>,
}

/// One line of the table.
#[derive(Debug)]
struct Row {
    what: &'static str,
    counted: i64,
    /// What it must be; `None`: it is what it is.
    wanted: Option<i64>,
}

/// Each is one figure. `$1` is the number of attempts, `$2` the ids that were rolled back.
const SENT: &str = "select count(*) from chaos_sent";
const DELIVERIES: &str = "select count(*) from chaos_runs where kind <> 'twin'";
const TWINS: &str = "select count(*) from chaos_runs where kind = 'twin'";
const REORDERED: &str = "select count(*) from chaos_runs where kind = 'reordered'";
const FAILED: &str = "select count(*) from chaos_runs where kind = 'failed'";
const ORPHANS: &str = "
    select coalesce(sum(lost), 0)::int8 from
        (select max(receives - attempt) as lost from chaos_runs group by message_id) as message";
const REPEATS: &str = "select coalesce(sum(repeats), 0)::int8 from chaos_effects";
const LOST: &str = "
    select count(*) from chaos_sent where not poison
        and not exists (select from chaos_effects where chaos_effects.message_id = chaos_sent.message_id)";
const DOUBLED: &str = "select (select sum(ticks) from chaos_counters)::int8 - (select count(*) from chaos_effects)";
const UNCALLED: &str = "
    select (select count(*) from chaos_runs where message_id = any($2))
        + (select count(*) from chaos_effects where message_id not in (select message_id from chaos_sent where not poison))";
const DEAD: &str = "select count(*) from dead_letters join chaos_sent on message_id = dead_letters.id and poison";
const OTHER_DEAD: &str = "
    select count(*) from dead_letters where id not in (select message_id from chaos_sent where poison)";
const WRONG_ATTEMPTS: &str = "
    select count(*) from chaos_sent where poison and
        (select array_agg(attempt order by id) from attempts where attempts.message_id = chaos_sent.message_id)
        is distinct from (select array_agg(n) from generate_series(1, $1) as n)";
const ATTEMPTS_TWICE: &str = "
    select count(*) from (select from attempts group by message_id, attempt having count(*) > 1) as twice";
const QUEUED: &str = "select (select count(*) from queue_messages) + (select count(*) from outbox)";

impl Verdict {
    pub async fn of(db: &PgPool, options: &Options, story: Story, took: Duration) -> anyhow::Result<Self> {
        let rolled_back: Vec<Uuid> = story.rolled_back.iter().map(|id| id.0).collect();
        let known = |what, counted: i64, wanted| Row { what, counted, wanted };
        let (messages, poison) = (i64::from(options.messages), i64::from(options.poison));
        let mut rows = Vec::new();
        for (what, statement, wanted) in [
            ("messages sent", SENT, Some(messages)),
            ("deliveries", DELIVERIES, None),
            ("deliveries handled twice at once", TWINS, None),
            ("deliveries reordered", REORDERED, None),
            ("attempts failed by chance", FAILED, None),
            ("deliveries lost with their worker", ORPHANS, None),
            ("effects that were there already", REPEATS, None),
            ("lost", LOST, Some(0)),
            ("doubled", DOUBLED, Some(0)),
            ("ran though never sent", UNCALLED, Some(0)),
            ("poison among the dead letters", DEAD, Some(poison)),
            ("poison without its exact attempts", WRONG_ATTEMPTS, Some(0)),
            ("attempts recorded twice", ATTEMPTS_TWICE, Some(0)),
            ("other dead letters", OTHER_DEAD, Some(0)),
            ("still queued", QUEUED, Some(0)),
        ] {
            let counted = count(db, statement, &rolled_back).await?;
            rows.push(known(what, counted, wanted));
        }
        rows.splice(
            1..1,
            [
                known("messages rolled back", rolled_back.len() as i64, None),
                known("workers killed", story.kills.into(), Some(options.kills.into())),
                known(
                    "crashes of PostgreSQL",
                    story.restarts.into(),
                    Some(options.restarts.into()),
                ),
            ],
        );
        rows.push(known("seconds", took.as_secs() as i64, None));
        Ok(Self { rows })
    }

    pub fn print(&self) {
        println!("| what | counted | wanted |\n|---|---|---|");
        for Row { what, counted, wanted } in &self.rows {
            let wanted = wanted.map(|wanted| wanted.to_string()).unwrap_or_default();
            println!("| {what} | {counted} | {wanted} |");
        }
    }

    pub fn is_good(&self) -> bool {
        self.rows
            .iter()
            .all(|row| row.wanted.is_none_or(|wanted| wanted == row.counted))
    }
}

async fn count(db: &PgPool, statement: &'static str, rolled_back: &[Uuid]) -> sqlx::Result<i64> {
    // Every statement takes both parameters.
    let statement = format!("with parameters as (select $1::int4, $2::uuid[]) {statement}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
        .bind(ATTEMPTS.cast_signed())
        .bind(rolled_back)
        .fetch_one(db)
        .await
}
