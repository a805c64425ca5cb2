//! Statements about cases. Lists read a page by its index first, and count only for the rows of that page.

pub mod bulk;
pub mod claims;
pub mod decisions;
pub mod letters;
pub mod list;
pub mod standing;

use sqlx::PgExecutor;
use tradepost_common::ids::{AccountId, CaseId, ItemId, SetId, UploadId};
use tradepost_common::review::{CaseRow, QuestionState, Trust};
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

/// A case to be opened.
pub struct NewCase<'a> {
    pub upload: UploadId,
    pub severity: FindingSeverity,
    pub reason: &'a str,
    pub target_hours: u32,
}

pub async fn open_case(db: impl PgExecutor<'_>, new: &NewCase<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into cases (id, upload_id, severity, reason, due_at) values ($1, $2, $3, $4, now() + make_interval(hours => $5))
        on conflict (upload_id) do nothing
        "#,
        Uuid::now_v7(),
        new.upload.0,
        new.severity.as_str(),
        new.reason,
        new.target_hours.cast_signed()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Opens the case of an upload, whether it has none, an open or a decided one.
pub async fn open_again(db: impl PgExecutor<'_>, new: &NewCase<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into cases as known (id, upload_id, severity, reason, due_at)
        values ($1, $2, $3, $4, now() + make_interval(hours => $5))
        on conflict (upload_id) do update set severity = excluded.severity, reason = excluded.reason, due_at = excluded.due_at,
            outcome = null, decided_by = null, decided_at = null, decision_reason = null, decision_id = null,
            items_published = 0, items_rejected = 0, waiting_until = null
        "#,
        Uuid::now_v7(),
        new.upload.0,
        new.severity.as_str(),
        new.reason,
        new.target_hours.cast_signed()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The rows of those cases, in the order of `$page`'s ids: what a list shows of each.
macro_rules! case_rows {
    ($page:literal, $order:literal, $($parameter:expr),+) => {
        sqlx::query_as!(
            CaseRow,
            "with page as (select case_.* from cases case_ " + $page + "),
            sizes as (select cluster_id, count(*) as open from cases
                where outcome is null and cluster_id in (select cluster_id from page) group by cluster_id)
            select page.id, page.upload_id, coalesce(upload.title, upload.file_name) as \"title!\",
                account.name as contributor,
                account.trust as \"trust: Trust\", page.severity as \"severity: FindingSeverity\",
                page.reason, (select count(*) from findings where upload_id = page.upload_id) as \"findings!\",
                coalesce(set_.files, 0)::int8 as \"items!\",
                (select count(*) from items where set_id = set_.id and state = 'blocked') as \"items_blocked!\",
                page.opened_at, page.due_at, page.appeal_against is not null as \"appeal!\",
                page.question as \"question: QuestionState\", page.cluster_id as cluster,
                coalesce(sizes.open, 1) as \"cluster_size!\",
                case when page.claim_until > now() then page.claimed_by end as claimed_by
            from page join uploads upload on upload.id = page.upload_id join accounts account on account.id = upload.account_id
            left join sets set_ on set_.upload_id = page.upload_id left join sizes on sizes.cluster_id = page.cluster_id
            order by " + $order,
            $($parameter),+
        )
    };
}

/// The rows of those cases, in the order of the ids.
pub async fn rows(db: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<CaseRow>> {
    case_rows!("where case_.id = any($1)", "array_position($1, page.id)", ids)
        .fetch_all(db)
        .await
}

/// The decision that holds.
pub async fn current_decision(db: impl PgExecutor<'_>, id: CaseId) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select decision_id from cases where id = $1", id.0)
        .fetch_one(db)
        .await
}

pub async fn find(db: impl PgExecutor<'_>, id: CaseId) -> sqlx::Result<Option<CaseRow>> {
    case_rows!("where case_.id = $1", "page.id", id.0)
        .fetch_optional(db)
        .await
}

/// Upload and account of a case.
pub async fn upload_and_account(
    db: impl PgExecutor<'_>,
    id: CaseId,
) -> sqlx::Result<Option<(UploadId, AccountId, String)>> {
    let row = sqlx::query!(
        r#"
        select upload.id, account.id as account_id, account.name from cases
        join uploads upload on upload.id = cases.upload_id join accounts account on account.id = upload.account_id
        where cases.id = $1
        "#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (UploadId(row.id), AccountId(row.account_id), row.name)))
}

pub async fn case_of_upload(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Option<CaseId>> {
    let id = sqlx::query_scalar!("select id from cases where upload_id = $1", upload.0)
        .fetch_optional(db)
        .await?;
    Ok(id.map(CaseId))
}

/// Cases of an account that are open and held by nobody else.
pub async fn open_of_account(
    db: impl PgExecutor<'_>,
    account: AccountId,
    moderator: &str,
    limit: i64,
) -> sqlx::Result<Vec<CaseId>> {
    let ids = sqlx::query_scalar!(
        r#"
        select cases.id from cases join uploads upload on upload.id = cases.upload_id
        where upload.account_id = $1 and outcome is null and (claim_until is null or claim_until < now() or claimed_by = $2)
        order by cases.id limit $3
        "#,
        account.0,
        moderator,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(CaseId).collect())
}

/// Open cases.
pub async fn count_open(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "open!" from cases where outcome is null"#)
        .fetch_one(db)
        .await
}

/// The paths of those of `items` that are in the set.
pub async fn paths(db: impl PgExecutor<'_>, set: SetId, items: &[ItemId]) -> sqlx::Result<Vec<String>> {
    let ids: Vec<Uuid> = items.iter().map(|id| id.0).collect();
    sqlx::query_scalar!(
        "select path from items where set_id = $1 and id = any($2) order by path",
        set.0,
        &ids
    )
    .fetch_all(db)
    .await
}
