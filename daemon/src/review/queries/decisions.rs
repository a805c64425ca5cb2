//! Decisions: a row each, never changed; taking one back is a row as well.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::{CaseId, UploadId};
use tradepost_common::review::{CaseOutcome, Decision, DecisionAct, QuestionState, Trust};
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

/// A case that is locked for a decision.
#[derive(Debug, Clone)]
pub struct CaseState {
    pub id: CaseId,
    pub upload_id: UploadId,
    pub severity: FindingSeverity,
    pub decision_id: Option<Uuid>,
    pub decided: bool,
    /// Holder of the claim.
    pub claimed_by: Option<String>,
    pub appeal_against: Option<String>,
    pub question: Option<QuestionState>,
    pub waiting: bool,
}

pub async fn lock(tx: &mut PgConnection, id: CaseId) -> sqlx::Result<Option<CaseState>> {
    sqlx::query_as!(
        CaseState,
        r#"
        select id, upload_id, severity as "severity: FindingSeverity", decision_id, outcome is not null as "decided!", appeal_against,
            question as "question: QuestionState", waiting_until is not null as "waiting!", case when claim_until > now() then claimed_by end as claimed_by
        from cases where id = $1 for update
        "#,
        id.0
    )
    .fetch_optional(tx)
    .await
}

/// The columns of a case that a decision changes, for `put_back`.
pub async fn remember(tx: &mut PgConnection, id: CaseId) -> sqlx::Result<Value> {
    sqlx::query_scalar!(
        r#"
        select jsonb_build_object('claimed_by', claimed_by, 'claim_until', claim_until, 'waiting_until', waiting_until) as "before!"
        from cases where id = $1
        "#,
        id.0
    )
    .fetch_one(tx)
    .await
}

/// Opens a decided case as it was before.
pub async fn put_back(tx: &mut PgConnection, id: CaseId, before: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update cases set outcome = null, decided_by = null, decided_at = null, decision_reason = null, decision_id = null,
            items_published = 0, items_rejected = 0, claimed_by = $2::jsonb ->> 'claimed_by',
            claim_until = ($2::jsonb ->> 'claim_until')::timestamptz, waiting_until = ($2::jsonb ->> 'waiting_until')::timestamptz
        where id = $1
        "#,
        id.0,
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A decision to be stored.
#[derive(Debug, Clone)]
pub struct NewDecision<'a> {
    pub id: Uuid,
    pub case: CaseId,
    pub act: DecisionAct,
    pub by: &'a str,
    pub template: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub items_published: i64,
    pub items_rejected: i64,
    pub items_left_out: i64,
    pub is_final: bool,
    pub part_of: Option<Uuid>,
    pub undoes: Option<Uuid>,
    pub before: Option<&'a Value>,
    /// Before and after.
    pub trust: Option<(Trust, Trust)>,
}

impl<'a> NewDecision<'a> {
    pub fn new(case: CaseId, act: DecisionAct, by: &'a str) -> Self {
        Self {
            id: Uuid::now_v7(),
            case,
            act,
            by,
            template: None,
            reason: None,
            items_published: 0,
            items_rejected: 0,
            items_left_out: 0,
            is_final: false,
            part_of: None,
            undoes: None,
            before: None,
            trust: None,
        }
    }
}

pub async fn insert(tx: &mut PgConnection, new: &NewDecision<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into decisions (id, case_id, act, actor, template, reason, items_published, items_rejected, items_left_out, final,
            part_of, undoes, before, trust_before, trust_after)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        "#,
        new.id,
        new.case.0,
        new.act.as_str(),
        new.by,
        new.template,
        new.reason,
        new.items_published,
        new.items_rejected,
        new.items_left_out,
        new.is_final,
        new.part_of,
        new.undoes,
        new.before,
        new.trust.map(|(before, _)| before.as_str()),
        new.trust.map(|(_, after)| after.as_str())
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes a decision the one that holds.
pub async fn set_outcome(tx: &mut PgConnection, outcome: CaseOutcome, new: &NewDecision<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update cases set outcome = $2, decided_by = $3, decided_at = now(), decision_reason = $4, items_published = $5,
            items_rejected = $6, decision_id = $7, claimed_by = null, claim_until = null, waiting_until = null
        where id = $1
        "#,
        new.case.0,
        outcome.as_str(),
        new.by,
        new.reason,
        new.items_published,
        new.items_rejected,
        new.id
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A decision as it was made.
#[derive(Debug, Clone)]
pub struct DecisionRow {
    pub id: Uuid,
    pub act: DecisionAct,
    pub actor: String,
    pub at: OffsetDateTime,
    pub reason: Option<String>,
    pub items_published: i64,
    pub items_rejected: i64,
    pub items_left_out: i64,
    pub is_final: bool,
    pub before: Option<Value>,
    pub trust_before: Option<Trust>,
    pub trust_after: Option<Trust>,
    pub undone_by: Option<String>,
    pub appealed: bool,
}

impl DecisionRow {
    /// The end that the decision brought to its case.
    pub fn outcome(&self) -> CaseOutcome {
        self.act.outcome().unwrap_or(CaseOutcome::Rejected)
    }

    /// The trust before and after it, where it moved trust.
    pub fn trust(&self) -> Option<(Trust, Trust)> {
        self.trust_before.zip(self.trust_after)
    }

    /// The view for moderators; `undo_until` only while it can be undone.
    pub fn into_decision(self, undo_until: Option<OffsetDateTime>) -> Decision {
        Decision {
            outcome: self.outcome(),
            by: self.actor,
            reason: self.reason,
            at: self.at,
            items_published: self.items_published,
            items_rejected: self.items_rejected,
            banned: self.act == DecisionAct::Ban,
            undo_until,
            undone_by: self.undone_by,
        }
    }
}

/// The decisions that a case had so far, the latest first; without their memories.
pub async fn list(db: impl PgExecutor<'_>, case: CaseId) -> sqlx::Result<Vec<DecisionRow>> {
    sqlx::query_as!(
        DecisionRow,
        r#"
        select decision.id, decision.act as "act: DecisionAct", decision.actor, decision.at, decision.reason, decision.items_published,
            decision.items_rejected, decision.items_left_out, decision.final as is_final, null::jsonb as before,
            decision.trust_before as "trust_before: Trust", decision.trust_after as "trust_after: Trust", undo.actor as "undone_by?",
            exists (select 1 from letters where decision_id = decision.id) as "appealed!"
        from decisions decision left join decisions undo on undo.undoes = decision.id
        where decision.case_id = $1 and decision.act in ('approve', 'reject', 'ban') order by decision.at desc, decision.id desc
        limit 100
        "#,
        case.0
    )
    .fetch_all(db)
    .await
}

/// One decision with everything that is needed to take it back.
pub async fn find(db: impl PgExecutor<'_>, id: Uuid) -> sqlx::Result<DecisionRow> {
    sqlx::query_as!(
        DecisionRow,
        r#"
        select decision.id, decision.act as "act: DecisionAct", decision.actor, decision.at, decision.reason, decision.items_published,
            decision.items_rejected, decision.items_left_out, decision.final as is_final, decision.before,
            decision.trust_before as "trust_before: Trust", decision.trust_after as "trust_after: Trust", undo.actor as "undone_by?",
            exists (select 1 from letters where decision_id = decision.id) as "appealed!"
        from decisions decision left join decisions undo on undo.undoes = decision.id where decision.id = $1
        "#,
        id
    )
    .fetch_one(db)
    .await
}

/// Decisions that a ban made along with its own, and that still hold.
pub async fn parts(tx: &mut PgConnection, ban: Uuid) -> sqlx::Result<Vec<(Uuid, CaseId)>> {
    let rows = sqlx::query!(
        r#"
        select decision.id, decision.case_id from decisions decision join cases on cases.decision_id = decision.id
        where decision.part_of = $1 order by decision.case_id
        "#,
        ban
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, CaseId(row.case_id))).collect())
}
