//! Lists of uploads: the ids of a page first, by an index where there is one, then the rows of those ids.

use sqlx::PgExecutor;
use tradepost_common::ids::{AccountId, UploadId};
use tradepost_common::uploads::{UploadRow, UploadState};
use uuid::Uuid;

use crate::pager::{Cursor, Sorted, Texts};

/// Filter of a list of uploads. Everything given must match.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    pub account_id: Option<AccountId>,
    pub account: Option<String>,
    pub state: Option<UploadState>,
    /// Searches id, file name, title, account and state.
    pub texts: Texts,
}

/// The states, in the order of an upload's life.
fn states() -> Vec<String> {
    UploadState::ALL.map(|state| state.as_str().to_owned()).into()
}

/// Uploads that pass a filter, which is `$1` to `$6`.
macro_rules! matching {
    ($select:literal, $rest:literal, $filter:expr $(, $parameter:expr)*) => {
        sqlx::query!(
            $select + r#"
            where ($1::uuid is null or upload.account_id = $1)
                and ($2::text is null or upload.account_id = (select id from accounts where name = $2))
                and ($3::text is null or upload.state = $3)
                and ($4::text is null
                    or (upload.id::text || ' ' || upload.file_name || ' ' || coalesce(upload.title, '')) ilike $4
                    or upload.account_id = any(array(select id from accounts where name ilike $4))
                    or upload.state = any(array(select state from unnest($6::text[]) state where replace(state, '_', ' ') ilike $4)))
                and ($5::text is null
                    or ((upload.id::text || ' ' || upload.file_name || ' ' || coalesce(upload.title, '')) not ilike $5
                    and upload.account_id <> all(array(select id from accounts where name ilike $5))
                    and upload.state <> all(array(select state from unnest($6::text[]) state where replace(state, '_', ' ') ilike $5))))
            "# + $rest,
            $filter.account_id.map(|id| id.0),
            $filter.account.as_deref(),
            $filter.state.map(UploadState::as_str),
            $filter.texts.with.as_deref(),
            $filter.texts.without.as_deref(),
            &states()
            $(, $parameter)*
        )
    };
}

/// The newest ones older than `before`.
pub async fn newest(
    db: impl PgExecutor<'_>,
    filter: &Filter,
    before: Option<UploadId>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<UploadId>>> {
    let rows = matching!(
        "select upload.id from uploads upload",
        "and ($7::uuid is null or upload.id < $7) order by upload.id desc limit $8",
        filter,
        before.map(|id| id.0),
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Cursor {
            id: UploadId(row.id),
            key: None,
        })
        .collect())
}

pub async fn sorted(
    db: impl PgExecutor<'_>,
    filter: &Filter,
    sorted: Sorted<'_, UploadId>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<UploadId>>> {
    let rows = matching!(
        r#"
        select upload.id, sorted.key as "key!" from uploads upload cross join lateral (select case $7::text
            when 'state' then lpad(array_position($6, upload.state)::text, 20, '0')
            when 'pack' then lower(coalesce(upload.title, upload.file_name))
            when 'account' then (select name from accounts where id = upload.account_id)
            when 'size' then lpad(upload.size_bytes::text, 20, '0')
            when 'files' then lpad(coalesce((select files from sets where upload_id = upload.id), 0)::text, 20, '0')
            when 'findings' then lpad((select count(*) from findings where upload_id = upload.id)::text, 20, '0')
            when 'dead_letters' then lpad((select count(*) from dead_letters where correlation_id = upload.id)::text, 20, '0')
            when 'took' then lpad((extract(epoch from coalesce(upload.settled_at, now()) - upload.created_at) * 1000)::int8::text, 20, '0')
            else upload.id::text end collate "C" as key) sorted
        "#,
        r#"
        and ($8::text is null or (sorted.key = $8 and upload.id < $9) or case when $10 then sorted.key < $8 else sorted.key > $8 end)
        order by case when $10::bool then sorted.key end desc, case when not $10 then sorted.key end, upload.id desc limit $11
        "#,
        filter,
        sorted.column,
        sorted.after_key,
        sorted.after_id.map(|id| id.0),
        sorted.is_falling,
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Cursor {
            id: UploadId(row.id),
            key: Some(row.key),
        })
        .collect())
}

pub async fn count(db: impl PgExecutor<'_>, filter: &Filter) -> sqlx::Result<i64> {
    let row = matching!(r#"select count(*) as "rows!" from uploads upload"#, "", filter);
    Ok(row.fetch_one(db).await?.rows)
}

/// The rows of those uploads, in the order of the ids.
pub async fn rows(db: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<UploadRow>> {
    sqlx::query_as!(
        UploadRow,
        r#"
        select upload.id, account.name as account, upload.file_name, upload.size_bytes, upload.state as "state: UploadState", upload.created_at,
            upload.settled_at, upload.title, coalesce(sets.files, 0)::int8 as "files!",
            coalesce(sets.files - sets.pending, 0)::int8 as "files_done!",
            (select count(*) from findings where upload_id = upload.id) as "findings!",
            (select count(*) from dead_letters where correlation_id = upload.id) as "dead_letters!"
        from uploads upload
        join accounts account on account.id = upload.account_id
        left join sets on sets.upload_id = upload.id
        where upload.id = any($1) order by array_position($1, upload.id)
        "#,
        ids
    )
    .fetch_all(db)
    .await
}

/// Uploads with ids of a range, and their titles.
pub async fn in_range(
    db: impl PgExecutor<'_>,
    (first, last): (Uuid, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        r#"select id, coalesce(title, file_name) as "title!" from uploads where id between $1 and $2 order by id limit $3"#,
        first,
        last,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}
