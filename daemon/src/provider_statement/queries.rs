use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::payments::ProviderBalance;
use uuid::Uuid;

use crate::stripe::Movement;

/// The time from which on movements may be new: where the last reading ended, or the first payment. `None`: it was read within these
/// seconds, or nothing was ever paid.
pub async fn due_from(tx: &mut PgConnection, seconds: i32) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        r#"
        select coalesce(statement.read_to, (select min(created_at) from payments))
        from (select true) one left join provider_statement statement on true
        where statement.read_at is null or statement.read_at < now() - make_interval(secs => $1)
        "#,
        f64::from(seconds)
    )
    .fetch_optional(tx)
    .await
    .map(Option::flatten)
}

/// `read_at` is `None` while there is more to read at once.
pub async fn set_read(
    tx: &mut PgConnection,
    read_to: OffsetDateTime,
    read_at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into provider_statement (read_to, read_at) values ($1, $2)
        on conflict (only_row) do update set read_to = excluded.read_to, read_at = excluded.read_at
        "#,
        read_to,
        read_at
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// `false`: it is known.
pub async fn insert(tx: &mut PgConnection, movement: &Movement, currency: &str) -> sqlx::Result<bool> {
    let created_at = OffsetDateTime::from_unix_timestamp(movement.created).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let done = sqlx::query!(
        r#"
        insert into provider_movements (id, category, currency, amount_minor, fee_minor, created_at) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing
        "#,
        movement.id,
        movement.reporting_category,
        currency,
        movement.amount,
        movement.fee,
        created_at
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn set_booked(tx: &mut PgConnection, id: &str, transaction: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update provider_movements set transaction_id = $2 where id = $1",
        id,
        transaction
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The balance by the statement and by the books, in each currency. Assets are negative in the ledger.
pub async fn balances(db: &PgPool) -> sqlx::Result<Vec<ProviderBalance>> {
    sqlx::query_as!(
        ProviderBalance,
        r#"
        select movement.currency, sum(movement.amount_minor - movement.fee_minor)::bigint as "statement_minor!",
            coalesce((select -sum(balance) from ledger_accounts where name = 'assets:provider' and currency = movement.currency), 0)::bigint
                as "books_minor!",
            coalesce((select coalesce(read_at, read_to) from provider_statement), max(movement.created_at)) as "read_at!"
        from provider_movements movement group by movement.currency order by movement.currency
        "#
    )
    .fetch_all(db)
    .await
}
