//! The result: every figure is counted in the database after the last message.

use std::time::Duration;

use sqlx::PgPool;
use tradepost_common::ids::MessageId;
use uuid::Uuid;

use super::{ATTEMPTS, Options};

/// Figures that the parent process knows.
#[derive(Debug, Default)]
pub struct Story {
    pub kills: u32,
    pub restarts: u32,
    pub rolled_back: Vec<MessageId>,
}

/// The counted figures.
#[derive(Debug)]
pub struct Verdict {
    rows: Vec<Row>,
    /// Details of poison messages with another number of attempts than configured.
    odd: Vec<String>,
}

/// One line of the table.
#[derive(Debug)]
struct Row {
    what: &'static str,
    counted: i64,
    /// The required figure; `None`: any.
    wanted: Option<i64>,
}

/// Counted for the record. In all statements `$1` is the number of attempts, `$2` the ids that were rolled back.
const COUNTED: &[(&str, &str)] = &[
    ("deliveries", "select count(*) from chaos_runs where kind <> 'twin'"),
    (
        "deliveries handled twice at once",
        "select count(*) from chaos_runs where kind = 'twin'",
    ),
    (
        "deliveries reordered",
        "select count(*) from chaos_runs where kind = 'reordered'",
    ),
    (
        "attempts failed by chance",
        "select count(*) from chaos_runs where kind = 'failed'",
    ),
    (
        "deliveries lost with their worker",
        "select coalesce(sum(lost), 0)::int8 from
            (select max(receives - attempt) as lost from chaos_runs group by message_id) as message",
    ),
    (
        "effects that were there already",
        "select coalesce(sum(repeats), 0)::int8 from chaos_effects",
    ),
];

/// Counts that must be 0.
const FAULTS: &[(&str, &str)] = &[
    (
        "lost",
        "select count(*) from chaos_sent where not poison
            and not exists (select from chaos_effects where chaos_effects.message_id = chaos_sent.message_id)",
    ),
    (
        "doubled",
        "select (select sum(ticks) from chaos_counters)::int8 - (select count(*) from chaos_effects)",
    ),
    (
        "ran though never sent",
        "select (select count(*) from chaos_runs where message_id = any($2)) + (select count(*) from chaos_effects
            where message_id not in (select message_id from chaos_sent where not poison))",
    ),
    (
        "poison without its exact attempts",
        "select count(*) from chaos_sent where poison and
            (select array_agg(attempt order by id) from attempts where attempts.message_id = chaos_sent.message_id)
            is distinct from (select array_agg(n) from generate_series(1, $1) as n)",
    ),
    (
        "attempts recorded twice",
        "select count(*) from (select from attempts group by message_id, attempt having count(*) > 1) as twice",
    ),
    (
        "other dead letters",
        "select count(*) from dead_letters where id not in (select message_id from chaos_sent where poison)",
    ),
    (
        "still queued",
        "select (select count(*) from queue_messages) + (select count(*) from outbox)",
    ),
];

const SENT: &str = "select count(*) from chaos_sent";
const DEAD: &str = "select count(*) from dead_letters join chaos_sent on message_id = dead_letters.id and poison";

impl Verdict {
    pub async fn count(db: &PgPool, options: &Options, story: Story, took: Duration) -> sqlx::Result<Self> {
        let rolled_back: Vec<Uuid> = story.rolled_back.iter().map(|id| id.0).collect();
        let count = async |statement| count(db, statement, &rolled_back).await;
        let mut rows = vec![
            Row::wanted("messages sent", count(SENT).await?, options.messages),
            Row::known("messages rolled back", rolled_back.len() as i64),
            Row::wanted("workers killed", story.kills.into(), options.kills),
            Row::wanted("crashes of PostgreSQL", story.restarts.into(), options.restarts),
        ];
        for (what, statement) in COUNTED {
            rows.push(Row::known(what, count(statement).await?));
        }
        let dead = count(DEAD).await?;
        rows.push(Row::wanted("poison among the dead letters", dead, options.poison));
        for (what, statement) in FAULTS {
            rows.push(Row::wanted(what, count(statement).await?, 0));
        }
        rows.push(Row::known("seconds", took.as_secs() as i64));
        let odd = odd_poison(db).await?;
        Ok(Self { rows, odd })
    }

    pub fn print(&self) {
        println!("| what | counted | wanted |\n|---|---|---|");
        for Row { what, counted, wanted } in &self.rows {
            let wanted = wanted.map(|wanted| wanted.to_string()).unwrap_or_default();
            println!("| {what} | {counted} | {wanted} |");
        }
        for odd in &self.odd {
            println!("{odd}");
        }
    }

    pub fn is_good(&self) -> bool {
        self.rows
            .iter()
            .all(|row| row.wanted.is_none_or(|wanted| wanted == row.counted))
    }
}

impl Row {
    fn known(what: &'static str, counted: i64) -> Self {
        Self {
            what,
            counted,
            wanted: None,
        }
    }

    fn wanted(what: &'static str, counted: i64, wanted: u32) -> Self {
        Self {
            what,
            counted,
            wanted: Some(wanted.into()),
        }
    }
}

/// Poison with its runs, its recorded attempts and its death.
async fn odd_poison(db: &PgPool) -> sqlx::Result<Vec<String>> {
    let statement = "
        select format('poison %s: ran as attempt/receive %s; recorded %s; dead after %s receives: %s', number,
            (select string_agg(format('%s/%s', attempt, receives), ' ' order by id) from chaos_runs run
                where run.message_id = sent.message_id),
            (select string_agg(format('%s %s', attempt, outcome), ', ' order by id) from attempts
                where attempts.message_id = sent.message_id),
            receives, error)
        from chaos_sent sent left join dead_letters on dead_letters.id = sent.message_id
        where poison and (select count(*) from attempts where attempts.message_id = sent.message_id) <> $1
        limit 10";
    sqlx::query_scalar(statement)
        .bind(i64::from(ATTEMPTS))
        .fetch_all(db)
        .await
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
