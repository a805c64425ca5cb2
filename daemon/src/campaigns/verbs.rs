//! What moves a campaign from one state to another because an operator wants it.

use sqlx::PgConnection;
use tradepost_common::campaigns::{Campaign, CampaignState};
use tradepost_common::ids::CampaignId;

use super::queries::{self, Phase, Row};
use super::service::{audit_row, find, lock, tell};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{self, ApiError, ApiResult};

/// What an operator wants of a campaign that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Start,
    Pause,
    Resume,
    Abort,
    Swap,
    Rollback,
    Collect,
}

impl Verb {
    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Abort => "abort",
            Self::Swap => "swap",
            Self::Rollback => "rollback",
            Self::Collect => "collect",
        }
    }

    /// Whether it makes sense in a state.
    fn fits(self, row: &Row) -> bool {
        use CampaignState::{
            Aborted, Canary, Failed, Paused, Planned, Planning, Rendered, RolledBack, Running, Stopped, Swapped,
            Waiting,
        };
        let is_whole = row.collecting_at.is_none();
        match self {
            Self::Start => matches!(row.state, Planned | Waiting),
            Self::Pause => matches!(row.state, Canary | Running),
            Self::Resume => matches!(row.state, Paused | Stopped | Waiting),
            Self::Abort => matches!(
                row.state,
                Planning | Planned | Canary | Waiting | Running | Paused | Stopped | Rendered
            ),
            Self::Swap => matches!(row.state, Rendered | RolledBack) && is_whole,
            Self::Rollback => row.state == Swapped && is_whole,
            Self::Collect => matches!(row.state, Swapped | RolledBack | Aborted | Failed) && is_whole,
        }
    }
}

/// Does what an operator wants of a campaign.
pub async fn act(app: &App, actor: &Actor, id: CampaignId, verb: Verb) -> ApiResult<Campaign> {
    let mut tx = app.db.begin().await?;
    let row = lock(&mut tx, id).await?;
    if !verb.fits(&row) {
        let collected = if row.collecting_at.is_some() {
            " and collected"
        } else {
            ""
        };
        let detail = format!(
            "The campaign is {}{collected}: it can not {}.",
            row.state.as_str(),
            verb.as_str()
        );
        return Err(ApiError::conflict("campaign-state", detail));
    }
    match verb {
        Verb::Start | Verb::Resume => go_on(&mut tx, &row).await?,
        Verb::Pause => queries::set_state(&mut tx, id, CampaignState::Paused, None).await?,
        Verb::Abort => abort(&mut tx, id).await?,
        Verb::Swap => swap(app, &mut tx, &row).await?,
        Verb::Rollback => roll_back(app, &mut tx, &row).await?,
        Verb::Collect => collect(&mut tx, &row).await?,
    }
    audit_row(&mut tx, actor, &format!("campaign.{}", verb.as_str()), &row).await?;
    tell(&mut tx).await?;
    tx.commit().await?;
    find(app, id).await
}

async fn go_on(tx: &mut PgConnection, row: &Row) -> ApiResult<()> {
    if row.items == 0 {
        return Err(ApiError::conflict("campaign-empty", "The plan has no item to draw."));
    }
    let phase = match row.state {
        CampaignState::Planned if row.canary > 0 => Phase::Canary,
        CampaignState::Planned | CampaignState::Waiting => Phase::Running,
        _ => row.phase,
    };
    if row.state == CampaignState::Stopped {
        // Whoever resumes it has seen why it stopped.
        queries::forgive(&mut *tx, row.id).await?;
    }
    match queries::set_running(tx, row.id, phase).await {
        Err(error) if error::constraint(&error) == Some("campaigns_one_draws") => Err(ApiError::conflict(
            "campaign-other",
            "Another campaign is drawing: pause or abort it first, or wait for its end.",
        )),
        other => Ok(other?),
    }
}

async fn abort(tx: &mut PgConnection, id: CampaignId) -> ApiResult<()> {
    queries::set_state(&mut *tx, id, CampaignState::Aborted, None).await?;
    Ok(queries::begin_collecting(tx, id).await?)
}

async fn swap(app: &App, tx: &mut PgConnection, row: &Row) -> ApiResult<()> {
    queries::activate(&mut *tx, row.generation).await?;
    queries::set_state(&mut *tx, row.id, CampaignState::Swapped, None).await?;
    Ok(queries::note_shown(tx, row.id, true, keep_days(app)).await?)
}

async fn roll_back(app: &App, tx: &mut PgConnection, row: &Row) -> ApiResult<()> {
    if let (Some(over), _) = queries::neighbours(&mut *tx, row.generation).await? {
        let detail = format!("The campaign {over} was swapped in over it: roll that one back first.");
        return Err(ApiError::conflict("campaign-covered", detail));
    }
    queries::deactivate(&mut *tx, row.generation).await?;
    queries::set_state(&mut *tx, row.id, CampaignState::RolledBack, None).await?;
    Ok(queries::note_shown(tx, row.id, false, keep_days(app)).await?)
}

/// Lets the daemon take a campaign apart.
pub(super) async fn collect(tx: &mut PgConnection, row: &Row) -> ApiResult<()> {
    if row.state == CampaignState::Swapped
        && let (_, Some(under)) = queries::neighbours(&mut *tx, row.generation).await?
    {
        let detail = format!("The campaign {under} lies under it: collect that one first.");
        return Err(ApiError::conflict("campaign-covers", detail));
    }
    Ok(queries::begin_collecting(tx, row.id).await?)
}

fn keep_days(app: &App) -> i32 {
    i32::try_from(app.config.campaigns.keep_days).unwrap_or(i32::MAX)
}
