//! Verbs of operators on campaigns: those of every operation, and swap, rollback and collect.

use sqlx::PgConnection;
use tradepost_common::campaigns::{Campaign, CampaignState};
use tradepost_common::ids::OperationId;
use tradepost_common::operations::OperationState;

use super::kind::Rerender;
use super::queries::{self, CampaignRow, Publication};
use super::service::{find, lock};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{ApiError, ApiResult};
use crate::operations::service::{self as operations, Verb};

tradepost_common::text_enum! {
    pub(super) enum CampaignVerb {
        Start = "start",
        Pause = "pause",
        Resume = "resume",
        Abort = "abort",
        Swap = "swap",
        Rollback = "rollback",
        Collect = "collect",
    }
}

impl CampaignVerb {
    fn fits(self, row: &CampaignRow) -> bool {
        use CampaignState::{
            Aborted, Canary, Failed, Paused, Planned, Rendered, RolledBack, Running, Stopped, Swapped, Waiting,
        };
        let state = row.state();
        match self {
            Self::Start => matches!(state, Planned | Waiting),
            Self::Pause => matches!(state, Canary | Running),
            Self::Resume => matches!(state, Paused | Stopped | Waiting),
            Self::Abort => !matches!(state, Swapped | RolledBack | Aborted | Failed),
            Self::Swap => matches!(state, Rendered | RolledBack) && !row.is_collecting(),
            Self::Rollback => state == Swapped && !row.is_collecting(),
            Self::Collect => matches!(state, Swapped | RolledBack | Aborted | Failed) && !row.is_collecting(),
        }
    }
}

/// Does what an operator wants of a campaign.
pub(super) async fn act(app: &App, actor: &Actor, id: OperationId, verb: CampaignVerb) -> ApiResult<Campaign> {
    let mut tx = app.db.begin().await?;
    let mut row = lock(&mut tx, id).await?;
    if !verb.fits(&row) {
        let collected = if row.is_collecting() { " and collected" } else { "" };
        let detail = format!("The campaign is {}{collected}: it cannot {verb}.", row.state());
        return Err(ApiError::conflict("campaign-state", detail));
    }
    record(&mut tx, actor, verb.as_str(), &row).await?;
    let operation = &mut row.operation;
    match verb {
        CampaignVerb::Start => operations::apply(&mut tx, &Rerender, operation, Verb::Start).await?,
        CampaignVerb::Resume => operations::apply(&mut tx, &Rerender, operation, Verb::Resume).await?,
        CampaignVerb::Pause => operations::apply(&mut tx, &Rerender, operation, Verb::Pause).await?,
        CampaignVerb::Abort if operation.state == OperationState::Done => {
            operation.set_state(OperationState::Cancelled, None);
            operations::save(&mut tx, operation).await?;
            queries::begin_collecting(&mut tx, id).await?;
        }
        CampaignVerb::Abort => operations::apply(&mut tx, &Rerender, operation, Verb::Cancel).await?,
        CampaignVerb::Swap => swap(app, &mut tx, &row).await?,
        CampaignVerb::Rollback => roll_back(app, &mut tx, &row).await?,
        CampaignVerb::Collect => collect(&mut tx, &row).await?,
    }
    operations::notify(&mut tx).await?;
    tx.commit().await?;
    find(app, id).await
}

/// Records an act on a campaign, and shows that it has changed.
pub(super) async fn record(tx: &mut PgConnection, actor: &Actor, act: &str, row: &CampaignRow) -> anyhow::Result<()> {
    operations::touch(&mut *tx, row.operation.id).await?;
    operations::record(tx, &Rerender, actor, act, &row.operation).await
}

async fn swap(app: &App, tx: &mut PgConnection, row: &CampaignRow) -> ApiResult<()> {
    queries::activate(&mut *tx, row.parts.generation).await?;
    Ok(queries::set_publication(tx, row.operation.id, Publication::Swapped, keep_days(app)).await?)
}

async fn roll_back(app: &App, tx: &mut PgConnection, row: &CampaignRow) -> ApiResult<()> {
    if let (Some(over), _) = queries::neighbours(&mut *tx, row.parts.generation).await? {
        let detail = format!("The campaign {over} was swapped in over it: roll that one back first.");
        return Err(ApiError::conflict("campaign-covered", detail));
    }
    queries::deactivate(&mut *tx, row.parts.generation).await?;
    Ok(queries::set_publication(tx, row.operation.id, Publication::RolledBack, keep_days(app)).await?)
}

/// Lets the daemon take a campaign apart.
pub(super) async fn collect(tx: &mut PgConnection, row: &CampaignRow) -> ApiResult<()> {
    if row.state() == CampaignState::Swapped
        && let (_, Some(under)) = queries::neighbours(&mut *tx, row.parts.generation).await?
    {
        let detail = format!("The campaign {under} lies under it: collect that one first.");
        return Err(ApiError::conflict("campaign-covers", detail));
    }
    Ok(queries::begin_collecting(tx, row.operation.id).await?)
}

fn keep_days(app: &App) -> i32 {
    i32::try_from(app.config.campaigns.keep_days).unwrap_or(i32::MAX)
}
