//! Questions, answers and appeals.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::{CaseId, UploadId};
use tradepost_common::review::{CaseOutcome, Letter, LetterKind, QuestionState};
use uuid::Uuid;

pub async fn insert(
    tx: &mut PgConnection,
    case: CaseId,
    kind: LetterKind,
    (author, body): (&str, &str),
    decision: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into letters (case_id, kind, author, body, decision_id) values ($1, $2, $3, $4, $5)",
        case.0,
        kind.as_str(),
        author,
        body,
        decision
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn list(db: impl PgExecutor<'_>, case: CaseId) -> sqlx::Result<Vec<Letter>> {
    sqlx::query_as!(
        Letter,
        r#"select kind as "kind: LetterKind", author as "from", body as text, at from letters where case_id = $1 order by id"#,
        case.0
    )
    .fetch_all(db)
    .await
}

/// Takes a case out of the queue until an answer comes.
pub async fn set_waiting(tx: &mut PgConnection, case: CaseId, days: u32) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update cases set question = 'asked', asked_at = now(), waiting_until = now() + make_interval(days => $2),
            claimed_by = null, claim_until = null
        where id = $1
        "#,
        case.0,
        days.cast_signed()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Puts a case back into the queue; the time it waited does not count against its target.
pub async fn set_answered(tx: &mut PgConnection, case: CaseId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update cases set question = 'answered', waiting_until = null,
            due_at = due_at + case when waiting_until is null then interval '0' else now() - asked_at end
        where id = $1
        "#,
        case.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Puts cases whose contributors never answered back into the queue. Answers with how many.
pub async fn end_waiting(db: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update cases set waiting_until = null, due_at = due_at + (now() - asked_at)
        where outcome is null and waiting_until is not null and waiting_until < now()
        "#
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// Opens a decided case again for an appeal.
pub async fn set_appealed(tx: &mut PgConnection, case: CaseId, against: &str, target_hours: u32) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update cases set outcome = null, decided_by = null, decided_at = null, decision_reason = null, decision_id = null,
            items_published = 0, items_rejected = 0, appeal_against = $2, due_at = now() + make_interval(hours => $3)
        where id = $1
        "#,
        case.0,
        against,
        target_hours.cast_signed()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The case of an upload, as its contributor may see it.
pub struct OwnCase {
    pub outcome: Option<CaseOutcome>,
    pub reason: Option<String>,
    pub decided_at: Option<OffsetDateTime>,
    pub items_published: i64,
    pub items_rejected: i64,
    pub items_left_out: i64,
    pub is_final: bool,
    pub appealed: bool,
    pub question: Option<QuestionState>,
    pub question_text: Option<String>,
    pub asked_at: Option<OffsetDateTime>,
    pub waiting_until: Option<OffsetDateTime>,
    /// The state before the decision is known.
    pub has_before: bool,
}

pub async fn own_case(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Option<OwnCase>> {
    sqlx::query_as!(
        OwnCase,
        r#"
        select cases.outcome as "outcome: CaseOutcome", cases.decision_reason as reason, cases.decided_at, cases.items_published, cases.items_rejected,
            coalesce(decision.items_left_out, 0) as "items_left_out!", coalesce(decision.final, false) as "is_final!",
            cases.appeal_against is not null as "appealed!", cases.question as "question: QuestionState",
            (select body from letters where case_id = cases.id and kind = 'question' order by id desc limit 1) as question_text,
            cases.asked_at, cases.waiting_until, decision.before is not null as "has_before!"
        from cases left join decisions decision on decision.id = cases.decision_id where cases.upload_id = $1
        "#,
        upload.0
    )
    .fetch_optional(db)
    .await
}
