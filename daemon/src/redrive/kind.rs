//! Dead letters as entries of an operation: taken away and sent again, or given up.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::PgConnection;
use tradepost_common::operations::{ItemState, OperationKind, OperationState, Phase, Selection};
use tradepost_queue::Lane;

use super::plan;
use crate::app::App;
use crate::dead_letters::DeadLetter;
use crate::dead_letters::service as dead_letters;
use crate::jobs::Job;
use crate::operations::OperationRow;
use crate::operations::items::{self, NewItem};
use crate::operations::kind::{Answer, Kind, Op, Outcomes, Rules, Step, Tx};

/// An operation on more messages than this sends them in the bulk lane.
const FEW: i64 = 20;
/// The last outcomes are waited for this long.
const SETTLE: Duration = Duration::from_mins(10);

const RULES: Rules = Rules {
    name: "",
    noun: "operation",
    state_conflict: "operation-state",
    empty_conflict: ("operation-empty", "The plan has no messages."),
    plan_expires: (Duration::from_hours(1), "not started within an hour"),
    delete_after: Some(Duration::from_hours(30 * 24)),
    tick: Duration::from_millis(50),
    count_every: Duration::from_millis(500),
    // The second pass finds what somebody else had locked and let go.
    passes: 2,
    gone: "redriven, discarded or dead-lettered again since the plan",
};

/// One kind of operation on dead letters.
pub(super) struct DeadLetters(pub OperationKind);

impl Kind for DeadLetters {
    fn rules(&self) -> Rules {
        Rules {
            name: self.0.as_str(),
            ..RULES
        }
    }

    fn plan<'a>(&'a self, app: &'a App, tx: Tx<'a>, row: Op<'a>) -> Answer<'a, Step> {
        Box::pin(plan::step(app, tx, row, self.0))
    }

    fn act<'a>(&'a self, app: &'a App, tx: Tx<'a>, row: Op<'a>, limit: u64) -> Answer<'a, Step> {
        Box::pin(act(app, tx, row, self.0, limit))
    }

    fn outcomes<'a>(&'a self, app: &'a App, row: Op<'a>) -> Answer<'a, Outcomes> {
        Box::pin(async move {
            Ok(if self.0.sends() {
                items::count_outcomes(&app.db, row.id).await?
            } else {
                Outcomes {
                    succeeded: 0,
                    failed: 0,
                    unknown: 0,
                }
            })
        })
    }

    fn stop_note(&self, row: &OperationRow, failed: i64, known: i64) -> String {
        match row.phase {
            Some(Phase::Watch) => format!("{failed} of the canary's {known} messages failed again"),
            _ => {
                let limit = row.limits.stop_at_percent;
                format!("{failed} of {known} known outcomes are failures: more than {limit} %")
            }
        }
    }

    fn overdue_note(&self, row: &OperationRow, unknown: i64) -> Option<String> {
        let (waited, sent) = (row.time_in_phase(), row.acted);
        if row.phase == Some(Phase::Watch) {
            let most = row.limits.canary_wait_seconds;
            let is_overdue = waited > Duration::from_secs(most.into());
            return is_overdue.then(|| {
                format!(
                    "the outcome of {unknown} of the canary's {sent} messages is not known after {most} s: is their queue paused or behind?"
                )
            });
        }
        (waited > SETTLE).then(|| format!("the outcome of {unknown} messages is not known yet"))
    }

    fn first_phase(&self, row: &OperationRow) -> Phase {
        let canary = i64::from(row.limits.canary);
        if self.0.sends() && canary > 0 && row.eligible() > canary {
            Phase::Canary
        } else {
            Phase::Ramp
        }
    }

    fn resumed_phase(&self, row: &OperationRow) -> Phase {
        match (row.state, row.phase) {
            // Whoever resumes it has seen what became of the canary.
            (OperationState::Stopped, Some(Phase::Watch)) => Phase::Ramp,
            (_, phase) => phase.unwrap_or(Phase::Ramp),
        }
    }

    fn ended(&self, app: &App) {
        // Discarding messages has settled uploads.
        app.changed.everything();
    }
}

/// Takes the next messages away, and sends them or gives them up.
async fn act(
    app: &App,
    tx: &mut PgConnection,
    row: &OperationRow,
    kind: OperationKind,
    limit: u64,
) -> anyhow::Result<Step> {
    let selection: Selection = serde_json::from_value(row.selection.0.clone())?;
    let letters = dead_letters::lock_next(&mut *tx, &plan::range(&selection, row, limit.cast_signed())).await?;
    let mut step = Step {
        position: letters.last().map_or(row.position_seq, |letter| letter.row.seq),
        more: !letters.is_empty(),
        ..Step::default()
    };
    let ids: Vec<_> = letters.iter().map(|letter| letter.row.id.0).collect();
    let noted: HashSet<_> = items::noted(&mut *tx, row.id, &ids).await?.into_iter().collect();
    // Messages that the plan skipped stay skipped: the operator agreed to that.
    let letters = letters.into_iter().filter(|letter| !noted.contains(&letter.row.id.0));
    let letters: Vec<_> = letters.collect();
    let acted = if kind.sends() {
        // The world may have changed since the plan.
        let mut reasons = dead_letters::skip_reasons(&app.db, &letters).await?;
        let (skipped, sent): (Vec<_>, Vec<_>) = letters
            .iter()
            .map(|letter| (letter, reasons.remove(&letter.row.id)))
            .partition(|(_, reason)| reason.is_some());
        let skipped = skipped
            .into_iter()
            .filter_map(|(letter, reason)| Some((letter, reason?)));
        plan::skip(&mut *tx, row.id, skipped.collect(), &mut step).await?;
        let sent: Vec<_> = sent.into_iter().map(|(letter, _)| letter).collect();
        send_again(app, tx, row, &sent).await?;
        sent.len()
    } else {
        give_up(app, tx, row, kind, &letters).await?;
        letters.len()
    };
    step.acted = acted as i64;
    step.taken = acted as u64;
    Ok(step)
}

async fn send_again(app: &App, tx: &mut PgConnection, row: &OperationRow, letters: &[&DeadLetter]) -> sqlx::Result<()> {
    let messages: Vec<_> = letters
        .iter()
        .filter_map(|letter| dead_letters::message(letter))
        .map(|message| match row.selected {
            ..=FEW => message,
            // New uploads do not wait behind a hundred thousand old ones.
            _ => message.with_lane(Lane::Bulk),
        })
        .collect();
    dead_letters::delete(&mut *tx, letters.iter().copied()).await?;
    items::insert(
        &mut *tx,
        row.id,
        ItemState::Sent,
        letters.iter().map(|letter| plan::item(letter)),
    )
    .await?;
    app.broker.send(tx, &messages).await
}

async fn give_up(
    app: &App,
    tx: &mut PgConnection,
    row: &OperationRow,
    kind: OperationKind,
    letters: &[DeadLetter],
) -> sqlx::Result<()> {
    let reason = row.reason.as_deref().unwrap_or_default();
    for letter in letters {
        // Nothing waits for a payload that is no job.
        if let Ok(job) = Job::parse(&letter.payload) {
            (app.give_up)(app, &mut *tx, &job, reason).await?;
        }
    }
    let discarded = letters.iter().map(|letter| NewItem {
        payload: (kind == OperationKind::Discard).then(|| letter.payload.clone()),
        ..plan::item(letter)
    });
    items::insert(&mut *tx, row.id, ItemState::Discarded, discarded).await?;
    dead_letters::delete(tx, letters).await
}
