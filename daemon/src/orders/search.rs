//! Lists of orders: the ids of a page first, by an index where there is one, then the rows of those ids.

use sqlx::{PgExecutor, PgPool};
use tradepost_common::Page;
use tradepost_common::ids::OrderId;
use tradepost_common::orders::{OrderColumn, OrderRow, OrderState};
use uuid::Uuid;

use super::queries;
use crate::pager::{self, Cursor, Place, Sorted, Texts};

/// Orders that wait to be settled for longer are stuck.
const STUCK_MINUTES: i32 = 5;

/// The conditions of a list of orders. Everything given must match.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    pub account: Option<String>,
    pub state: Option<OrderState>,
    /// Searches id, account, state, currency and note.
    pub texts: Texts,
}

/// Orders that pass a filter, which is `$1` to `$4`.
macro_rules! matching {
    ($select:literal, $rest:literal, $filter:expr $(, $parameter:expr)*) => {
        sqlx::query!(
            $select + r#"
            where ($1::text is null or orders.account_id = (select id from accounts where name = $1))
                and ($2::text is null or orders.state = $2)
                and ($3::text is null
                    or (orders.id::text || ' ' || orders.state || ' ' || orders.currency || ' ' || coalesce(orders.note, '')) ilike $3
                    or orders.account_id = any(array(select id from accounts where name ilike $3)))
                and ($4::text is null
                    or ((orders.id::text || ' ' || orders.state || ' ' || orders.currency || ' ' || coalesce(orders.note, '')) not ilike $4
                    and orders.account_id <> all(array(select id from accounts where name ilike $4))))
            "# + $rest,
            $filter.account.as_deref(),
            $filter.state.map(OrderState::as_str),
            $filter.texts.with.as_deref(),
            $filter.texts.without.as_deref()
            $(, $parameter)*
        )
    };
}

/// The orders that pass a filter, newest first or sorted.
pub async fn list(
    db: &PgPool,
    filter: &Filter,
    place: &Place<OrderColumn, OrderId>,
    limit: u32,
) -> sqlx::Result<Page<OrderRow>> {
    let found = match place.sorted() {
        Some(sorted) => find_sorted(db, filter, sorted, limit.into()).await?,
        None => find_newest(db, filter, place.after_id(), limit.into()).await?,
    };
    let ids: Vec<_> = found.iter().map(|cursor| cursor.id.0).collect();
    Ok(pager::page(&found, queries::rows(db, &ids).await?, limit))
}

async fn find_newest(
    db: &PgPool,
    filter: &Filter,
    before: Option<OrderId>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<OrderId>>> {
    let rows = matching!(
        "select orders.id from orders",
        "and ($5::uuid is null or orders.id < $5) order by orders.id desc limit $6",
        filter,
        before.map(|id| id.0),
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Cursor {
            id: OrderId(row.id),
            key: None,
        })
        .collect())
}

async fn find_sorted(
    db: &PgPool,
    filter: &Filter,
    sorted: Sorted<'_, OrderId>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<OrderId>>> {
    let rows = matching!(
        r#"
        select orders.id, sorted.key as "key!" from orders cross join lateral (select case $5::text
            when 'account' then (select name from accounts where id = orders.account_id)
            when 'state' then lpad(array_position($6::text[], orders.state)::text, 20, '0')
            when 'total' then lpad(orders.total_minor::text, 20, '0')
            when 'products' then lpad((select count(*) from order_lines where order_id = orders.id)::text, 20, '0')
            when 'took' then lpad((extract(epoch from coalesce(orders.settled_at, now()) - orders.placed_at) * 1000)::int8::text, 20, '0')
            else orders.id::text end collate "C" as key) sorted
        "#,
        r#"
        and ($7::text is null or (sorted.key = $7 and orders.id < $8) or case when $9 then sorted.key < $7 else sorted.key > $7 end)
        order by case when $9::bool then sorted.key end desc, case when not $9 then sorted.key end, orders.id desc limit $10
        "#,
        filter,
        sorted.column,
        &OrderState::ALL.map(|state| state.as_str().to_owned()),
        sorted.after_key,
        sorted.after_id.map(|id| id.0),
        sorted.is_falling,
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Cursor {
            id: OrderId(row.id),
            key: Some(row.key),
        })
        .collect())
}

pub async fn count(db: &PgPool, filter: &Filter) -> sqlx::Result<i64> {
    let row = matching!(r#"select count(*) as "rows!" from orders"#, "", filter);
    Ok(row.fetch_one(db).await?.rows)
}

/// Orders that wait to be settled for too long, oldest first; a hundred at most.
pub async fn stuck(db: &PgPool) -> sqlx::Result<Vec<OrderRow>> {
    let ids = sqlx::query_scalar!(
        "select id from orders where state = 'placed' and placed_at < now() - make_interval(mins => $1) order by placed_at limit 100",
        STUCK_MINUTES
    )
    .fetch_all(db)
    .await?;
    queries::rows(db, &ids).await
}

/// Orders with ids of a range, and their buyers.
pub async fn in_range(
    db: impl PgExecutor<'_>,
    (first, last): (Uuid, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        r#"
        select orders.id, 'order of ' || account.name as "title!" from orders join accounts account on account.id = orders.account_id
        where orders.id between $1 and $2 order by orders.id limit $3
        "#,
        first,
        last,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}
