//! The ids of operations that contain some texts. Operations are deleted after a while: there are too few for an index.

use sqlx::{PgExecutor, PgPool};
use tradepost_common::ids::OperationId;
use tradepost_common::operations::OperationState;
use uuid::Uuid;

use crate::pager::{Cursor, Sorted, Texts};

/// Operations of some kinds that contain the texts: `$1` to `$3`.
macro_rules! matching {
    ($select:literal, $rest:literal, $kinds:expr, $texts:expr $(, $parameter:expr)*) => {
        sqlx::query!(
            $select + r#"
            cross join lateral (select concat_ws(' ', operation.id, operation.kind, operation.state, operation.phase, operation.what,
                operation.actor, operation.reason, operation.note) as words) searched
            where operation.kind = any($1) and ($2::text is null or searched.words ilike $2)
                and ($3::text is null or searched.words not ilike $3)
            "# + $rest,
            $kinds,
            $texts.with.as_deref(),
            $texts.without.as_deref()
            $(, $parameter)*
        )
    };
}

pub async fn newest(
    db: &PgPool,
    kinds: &[String],
    texts: &Texts,
    before: Option<OperationId>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<OperationId>>> {
    let rows = matching!(
        "select operation.id from operations operation",
        "and ($4::uuid is null or operation.id < $4) order by operation.id desc limit $5",
        kinds,
        texts,
        before.map(|id| id.0),
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Cursor {
            id: row.id.into(),
            key: None,
        })
        .collect())
}

pub async fn sorted(
    db: &PgPool,
    kinds: &[String],
    texts: &Texts,
    sorted: Sorted<'_, OperationId>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<OperationId>>> {
    let rows = matching!(
        r#"
        select operation.id, sorted.key as "key!" from operations operation cross join lateral (select case $4::text
            when 'kind' then operation.kind
            when 'state' then lpad(array_position($5::text[], operation.state)::text, 20, '0')
            when 'total' then lpad(operation.selected::text, 20, '0')
            when 'rate' then lpad((operation.rate * 1000)::int8::text, 20, '0')
            when 'succeeded' then lpad(operation.succeeded::text, 20, '0')
            when 'refailed' then lpad(operation.refailed::text, 20, '0')
            when 'target' then lower(operation.what)
            when 'user' then operation.actor
            else operation.id::text end collate "C" as key) sorted
        "#,
        r#"
        and ($6::text is null or (sorted.key = $6 and operation.id < $7) or case when $8 then sorted.key < $6 else sorted.key > $6 end)
        order by case when $8::bool then sorted.key end desc, case when not $8 then sorted.key end, operation.id desc limit $9
        "#,
        kinds,
        texts,
        sorted.column,
        &OperationState::ALL.map(|state| state.as_str().to_owned()),
        sorted.after_key,
        sorted.after_id.map(|id| id.0),
        sorted.is_falling,
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Cursor {
            id: row.id.into(),
            key: Some(row.key),
        })
        .collect())
}

pub async fn count(db: &PgPool, kinds: &[String], texts: &Texts) -> sqlx::Result<i64> {
    let row = matching!(
        r#"select count(*) as "rows!" from operations operation"#,
        "",
        kinds,
        texts
    );
    Ok(row.fetch_one(db).await?.rows)
}

/// Operations with ids of a range, and their titles.
pub async fn in_range(
    db: impl PgExecutor<'_>,
    (first, last): (Uuid, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        r#"select id, kind || ' of ' || what as "title!" from operations where id between $1 and $2 order by id limit $3"#,
        first,
        last,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}
