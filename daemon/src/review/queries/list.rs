//! The ids of a page of cases.

use sqlx::PgExecutor;
use time::OffsetDateTime;
use tradepost_common::ids::CaseId;
use uuid::Uuid;

use crate::pager::{Cursor, Sorted, Texts};
use crate::review::service::Which;

/// Filter of a list of cases. Everything given must match.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub which: Which,
    pub cluster: Option<Uuid>,
    pub contributor: Option<String>,
    /// Searches id, reason, severity and holder of the case, and id, file name, title and account of its upload.
    pub texts: Texts,
}

/// Start of a page of open cases.
#[derive(Debug, Clone)]
pub struct OpenPage<'a> {
    /// For whom: what that moderator skipped is listed by itself.
    pub moderator: &'a str,
    pub skipped: bool,
    pub after: CaseKey,
    pub limit: i64,
}

/// Keyset: after the case with this rank, target and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseKey {
    pub rank: i16,
    pub due_at: OffsetDateTime,
    pub id: Uuid,
}

/// Cases that pass a filter without its state: `$1` to `$4`.
macro_rules! matching {
    ($select:literal, $rest:literal, $filter:expr $(, $parameter:expr)*) => {
        sqlx::query!(
            $select + r#"
            where ($1::uuid is null or case_.cluster_id = $1)
                and ($2::text is null or case_.upload_id in (select upload.id from uploads upload
                    where upload.account_id = (select id from accounts where name = $2)))
                and ($3::text is null
                    or (case_.id::text || ' ' || case_.severity || ' ' || case_.reason || ' ' || coalesce(case_.claimed_by, '')) ilike $3
                    or case_.upload_id = any(array(select upload.id from uploads upload
                        where (upload.id::text || ' ' || upload.file_name || ' ' || coalesce(upload.title, '')) ilike $3
                            or upload.account_id = any(array(select id from accounts where name ilike $3)))))
                and ($4::text is null
                    or ((case_.id::text || ' ' || case_.severity || ' ' || case_.reason || ' ' || coalesce(case_.claimed_by, '')) not ilike $4
                    and case_.upload_id <> all(array(select upload.id from uploads upload
                        where (upload.id::text || ' ' || upload.file_name || ' ' || coalesce(upload.title, '')) ilike $4
                            or upload.account_id = any(array(select id from accounts where name ilike $4))))))
            "# + $rest,
            $filter.cluster,
            $filter.contributor.as_deref(),
            $filter.texts.with.as_deref(),
            $filter.texts.without.as_deref()
            $(, $parameter)*
        )
    };
}

/// Open cases: the most severe first, then those due first.
pub async fn open(db: impl PgExecutor<'_>, filter: &Filter, page: &OpenPage<'_>) -> sqlx::Result<Vec<Uuid>> {
    let rows = matching!(
        "select case_.id from cases case_",
        "and case_.outcome is null and (case_.waiting_until is not null) = $5
            and (case_.severity_rank, case_.due_at, case_.id) > ($6, $7, $8)
            and exists (select 1 from case_skips skip where skip.case_id = case_.id and skip.moderator = $9
                and skip.skipped_until > now()) = $10
         order by case_.severity_rank, case_.due_at, case_.id limit $11",
        filter,
        filter.which == Which::Waiting,
        page.after.rank,
        page.after.due_at,
        page.after.id,
        page.moderator,
        page.skipped,
        page.limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Decided cases with the time of the decision, the latest first.
pub async fn decided(
    db: impl PgExecutor<'_>,
    filter: &Filter,
    before: (OffsetDateTime, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<(Uuid, OffsetDateTime)>> {
    let rows = matching!(
        r#"select case_.id, case_.decided_at as "decided_at!" from cases case_"#,
        "and case_.outcome is not null and (case_.decided_at, case_.id) < ($5, $6)
         order by case_.decided_at desc, case_.id desc limit $7",
        filter,
        before.0,
        before.1,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.decided_at)).collect())
}

/// Cases of the filter's state in another order; skipped ones are among them.
pub async fn sorted(
    db: impl PgExecutor<'_>,
    filter: &Filter,
    sorted: Sorted<'_, CaseId>,
    limit: i64,
) -> sqlx::Result<Vec<Cursor<CaseId>>> {
    let rows = matching!(
        r#"
        select case_.id, sorted.key as "key!" from cases case_ cross join lateral (select case $5::text
            when 'severity' then case_.severity_rank::text
            when 'due' then lpad((extract(epoch from case_.due_at) * 1000)::int8::text, 20, '0')
            when 'title' then lower((select coalesce(upload.title, upload.file_name) from uploads upload where upload.id = case_.upload_id))
            when 'contributor' then (select account.name from uploads upload join accounts account on account.id = upload.account_id
                where upload.id = case_.upload_id)
            when 'trust' then (select array_position('{new,trusted,elite}', account.trust)::text from uploads upload
                join accounts account on account.id = upload.account_id where upload.id = case_.upload_id)
            when 'reason' then lower(case_.reason)
            when 'holder' then coalesce(case when case_.claim_until > now() then case_.claimed_by end, '')
            when 'files' then lpad(coalesce((select files from sets where upload_id = case_.upload_id), 0)::text, 20, '0')
            when 'findings' then lpad((select count(*) from findings where upload_id = case_.upload_id)::text, 20, '0')
            else lpad((extract(epoch from case_.opened_at) * 1000)::int8::text, 20, '0') end collate "C" as key) sorted
        "#,
        r#"
        and (case_.outcome is not null) = $6 and (case_.outcome is not null or (case_.waiting_until is not null) = $7)
        and ($8::text is null or (sorted.key = $8 and case_.id < $9) or case when $10 then sorted.key < $8 else sorted.key > $8 end)
        order by case when $10::bool then sorted.key end desc, case when not $10 then sorted.key end, case_.id desc limit $11
        "#,
        filter,
        sorted.column,
        filter.which == Which::Decided,
        filter.which == Which::Waiting,
        sorted.after_key,
        sorted.after_id.map(|id| id.0),
        sorted.is_falling,
        limit
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Cursor {
            id: CaseId(row.id),
            key: Some(row.key),
        })
        .collect())
}

/// Cases that pass the filter.
pub async fn count(db: impl PgExecutor<'_>, filter: &Filter) -> sqlx::Result<i64> {
    let row = matching!(
        r#"select count(*) as "rows!" from cases case_"#,
        "and (case_.outcome is not null) = $5 and (case_.outcome is not null or (case_.waiting_until is not null) = $6)",
        filter,
        filter.which == Which::Decided,
        filter.which == Which::Waiting
    );
    Ok(row.fetch_one(db).await?.rows)
}

/// Cases with ids of a range, and their titles.
pub async fn in_range(
    db: impl PgExecutor<'_>,
    (first, last): (Uuid, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    let rows = sqlx::query!(
        r#"select case_.id, coalesce(upload.title, upload.file_name) as "title!" from cases case_ join uploads upload on upload.id = case_.upload_id
        where case_.id between $1 and $2 order by case_.id limit $3"#,
        first,
        last,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}
