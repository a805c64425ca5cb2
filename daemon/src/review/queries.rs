use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::{AccountId, CaseId, ItemId, SetId, UploadId};
use tradepost_common::review::{CaseRow, ContributorRecord, Decision};
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

pub async fn trust(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<String> {
    sqlx::query_scalar!("select trust from accounts where id = $1", account.0)
        .fetch_one(db)
        .await
}

pub async fn open_case(
    db: impl PgExecutor<'_>,
    upload: UploadId,
    severity: FindingSeverity,
    reason: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into cases (id, upload_id, severity, reason) values ($1, $2, $3, $4) on conflict (upload_id) do nothing",
        Uuid::now_v7(),
        upload.0,
        severity.as_str(),
        reason
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Where a page of cases starts: after the case with this rank and id.
#[derive(Debug, Clone, Copy)]
pub struct After {
    pub rank: i16,
    pub id: Uuid,
}

struct RawCase {
    id: Uuid,
    upload_id: Uuid,
    title: Option<String>,
    file_name: String,
    contributor: String,
    severity: String,
    reason: String,
    findings: i64,
    items: i64,
    items_blocked: i64,
    opened_at: time::OffsetDateTime,
    claimed_by: Option<String>,
}

impl From<RawCase> for CaseRow {
    fn from(row: RawCase) -> Self {
        Self {
            id: CaseId(row.id),
            upload_id: UploadId(row.upload_id),
            title: row.title.unwrap_or(row.file_name),
            contributor: row.contributor,
            severity: row.severity.parse().expect("the schema knows every severity"),
            reason: row.reason,
            findings: row.findings,
            items: row.items,
            items_blocked: row.items_blocked,
            opened_at: row.opened_at,
            due_at: row.opened_at,
            trust: "new".to_owned(),
            appeal: false,
            question: None,
            cluster: None,
            cluster_size: 1,
            claimed_by: row.claimed_by,
        }
    }
}

/// Open cases, the most severe first, then the oldest.
pub async fn list_open(db: impl PgExecutor<'_>, after: After, limit: i64) -> sqlx::Result<Vec<CaseRow>> {
    let rows = sqlx::query_as!(
        RawCase,
        r#"
        with page as (
            select * from cases where outcome is null and (severity_rank, id) > ($1, $2)
            order by severity_rank, id limit $3
        )
        select page.id, page.upload_id, upload.title, upload.file_name, account.name as contributor, page.severity, page.reason,
            (select count(*) from findings where upload_id = page.upload_id) as "findings!",
            coalesce(set_.files, 0)::int8 as "items!",
            (select count(*) from items where set_id = set_.id and state = 'blocked') as "items_blocked!",
            page.opened_at, case when page.claim_until > now() then page.claimed_by end as claimed_by
        from page join uploads upload on upload.id = page.upload_id join accounts account on account.id = upload.account_id
        left join sets set_ on set_.upload_id = page.upload_id
        order by page.severity_rank, page.id
        "#,
        after.rank,
        after.id,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(CaseRow::from).collect())
}

/// Decided cases, newest first.
pub async fn list_decided(db: impl PgExecutor<'_>, before: Uuid, limit: i64) -> sqlx::Result<Vec<CaseRow>> {
    list_where(db, None, before, limit).await
}

pub async fn find(db: impl PgExecutor<'_>, id: CaseId) -> sqlx::Result<Option<CaseRow>> {
    Ok(list_where(db, Some(id.0), Uuid::max(), 1).await?.pop())
}

async fn list_where(db: impl PgExecutor<'_>, id: Option<Uuid>, before: Uuid, limit: i64) -> sqlx::Result<Vec<CaseRow>> {
    let rows = sqlx::query_as!(
        RawCase,
        r#"
        select page.id, page.upload_id, upload.title, upload.file_name, account.name as contributor, page.severity, page.reason,
            (select count(*) from findings where upload_id = page.upload_id) as "findings!",
            coalesce(set_.files, 0)::int8 as "items!",
            (select count(*) from items where set_id = set_.id and state = 'blocked') as "items_blocked!",
            page.opened_at, case when page.claim_until > now() then page.claimed_by end as claimed_by
        from cases page join uploads upload on upload.id = page.upload_id join accounts account on account.id = upload.account_id
        left join sets set_ on set_.upload_id = page.upload_id
        where (page.id = $1 or ($1::uuid is null and page.outcome is not null)) and page.id < $2
        order by page.id desc limit $3
        "#,
        id,
        before,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(CaseRow::from).collect())
}

/// How a case ended, and which upload it is about.
pub struct CaseState {
    pub upload_id: UploadId,
    pub decided: bool,
    /// Who holds it now.
    pub claimed_by: Option<String>,
}

pub async fn lock(tx: &mut PgConnection, id: CaseId) -> sqlx::Result<Option<CaseState>> {
    let row = sqlx::query!(
        r#"
        select upload_id, outcome is not null as "decided!", case when claim_until > now() then claimed_by end as claimed_by
        from cases where id = $1 for update
        "#,
        id.0
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| CaseState {
        upload_id: UploadId(row.upload_id),
        decided: row.decided,
        claimed_by: row.claimed_by,
    }))
}

pub async fn set_claim(db: impl PgExecutor<'_>, id: CaseId, by: Option<&str>, seconds: f64) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update cases set claimed_by = $2, claim_until = case when $2::text is null then null else now() + make_interval(secs => $3) end
        where id = $1
        "#,
        id.0,
        by,
        seconds
    )
    .execute(db)
    .await?;
    Ok(())
}

pub struct NewDecision<'a> {
    pub outcome: &'a str,
    pub by: &'a str,
    pub reason: Option<&'a str>,
    pub items_published: i64,
    pub items_rejected: i64,
}

pub async fn decide(db: impl PgExecutor<'_>, id: CaseId, decision: &NewDecision<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update cases set outcome = $2, decided_by = $3, decided_at = now(), decision_reason = $4, items_published = $5,
            items_rejected = $6, claimed_by = null, claim_until = null
        where id = $1
        "#,
        id.0,
        decision.outcome,
        decision.by,
        decision.reason,
        decision.items_published,
        decision.items_rejected
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn decision(db: impl PgExecutor<'_>, id: CaseId) -> sqlx::Result<Option<Decision>> {
    let row = sqlx::query!(
        r#"
        select outcome, decided_by, decided_at, decision_reason, items_published, items_rejected from cases
        where id = $1 and outcome is not null
        "#,
        id.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|row| {
        Some(Decision {
            outcome: row.outcome?,
            by: row.decided_by?,
            at: row.decided_at?,
            reason: row.decision_reason,
            items_published: row.items_published,
            items_rejected: row.items_rejected,
            banned: false,
            undo_until: None,
            undone_by: None,
        })
    }))
}

pub async fn record(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<ContributorRecord> {
    let row = sqlx::query!(
        r#"
        select account.name, account.trust, account.created_at, count(other.id) as "uploads!",
            count(other.id) filter (where other.state = 'published') as "published!",
            count(other.id) filter (where other.state = 'rejected') as "rejected!"
        from uploads upload join accounts account on account.id = upload.account_id
        join uploads other on other.account_id = account.id
        where upload.id = $1 group by account.id
        "#,
        upload.0
    )
    .fetch_one(db)
    .await?;
    Ok(ContributorRecord {
        account: row.name,
        trust: row.trust,
        uploads: row.uploads,
        published: row.published,
        rejected: row.rejected,
        trust_rule: String::new(),
        banned: false,
        rejected_lately: 0,
        since: row.created_at,
    })
}

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
