//! Statements about `campaigns`: what a campaign has beside its operation.

mod generations;
mod items;
mod renditions;
mod scope;

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;
use tradepost_common::campaigns::{Basis, CampaignState, Scope};
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{OperationState, Phase};
use tradepost_render::presets::Preset;
use uuid::Uuid;

pub(super) use self::generations::*;
pub(super) use self::items::*;
pub(super) use self::renditions::*;
pub(super) use self::scope::*;
use crate::operations::OperationRow;

/// A preset as it was when the campaign was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PinnedPreset {
    pub preset: Preset,
    /// Its hash then, in hexadecimal: another release may draw it otherwise.
    pub sha256: String,
}

impl PinnedPreset {
    pub fn new(preset: &Preset) -> Self {
        Self {
            preset: preset.clone(),
            sha256: hex::encode(preset.hash()),
        }
    }
}

tradepost_common::text_enum! {
    /// The public part of a campaign that was swapped in.
    pub(super) enum Publication {
        Swapped = "swapped",
        RolledBack = "rolled_back",
    }
}

/// The columns of a campaign beside those of its operation.
#[derive(Debug, Clone)]
pub(super) struct CampaignParts {
    pub id: Uuid,
    /// The generation of its renditions.
    pub generation: i64,
    pub publication: Option<Publication>,
    pub presets: Json<Vec<PinnedPreset>>,
    pub auto_min_psnr_db: Option<f64>,
    /// The plan has read items up to this one.
    pub planned_to: Uuid,
    pub outputs: i64,
    pub bytes_before: i64,
    pub bytes_after: i64,
    pub cpu_seconds: f64,
    /// One item takes this, as far as the plan knows.
    pub item_cpu_seconds: f64,
    pub item_bytes: f64,
    pub basis: Basis,
    pub swapped_at: Option<OffsetDateTime>,
    pub collect_at: Option<OffsetDateTime>,
    pub collecting_at: Option<OffsetDateTime>,
    pub collected_at: Option<OffsetDateTime>,
    pub freed_bytes: i64,
}

impl CampaignParts {
    /// This program draws what was planned.
    pub fn is_ours(&self) -> bool {
        self.presets
            .iter()
            .all(|pinned| hex::encode(pinned.preset.hash()) == pinned.sha256)
    }

    pub fn preset_names(&self) -> Vec<String> {
        self.presets.iter().map(|pinned| pinned.preset.name.clone()).collect()
    }
}

/// A campaign: its operation, and what it has beside that.
#[derive(Debug, Clone)]
pub(super) struct CampaignRow {
    pub operation: OperationRow,
    pub parts: CampaignParts,
}

impl CampaignRow {
    pub fn state(&self) -> CampaignState {
        match self.parts.publication {
            Some(Publication::Swapped) => CampaignState::Swapped,
            Some(Publication::RolledBack) => CampaignState::RolledBack,
            None => state(&self.operation),
        }
    }

    pub fn is_collecting(&self) -> bool {
        self.parts.collecting_at.is_some()
    }
}

/// The progress of the campaign of an operation, until it is swapped in.
pub(super) fn state(operation: &OperationRow) -> CampaignState {
    match operation.state {
        OperationState::Planning => CampaignState::Planning,
        OperationState::Planned => CampaignState::Planned,
        OperationState::Running => match operation.phase {
            Some(Phase::Canary | Phase::Watch) => CampaignState::Canary,
            _ => CampaignState::Running,
        },
        OperationState::Waiting => CampaignState::Waiting,
        OperationState::Paused => CampaignState::Paused,
        OperationState::Stopped => CampaignState::Stopped,
        OperationState::Cancelled => CampaignState::Aborted,
        OperationState::Done => CampaignState::Rendered,
        OperationState::Failed => CampaignState::Failed,
    }
}

/// The selection of an operation that is a campaign.
pub(super) fn scope(operation: &OperationRow) -> Scope {
    serde_json::from_value(operation.selection.0.clone()).unwrap_or_default()
}

pub(super) async fn insert(
    tx: &mut PgConnection,
    id: OperationId,
    presets: &[PinnedPreset],
    auto_min_psnr_db: Option<f64>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into campaigns (id, presets, auto_min_psnr_db) values ($1, $2, $3)",
        id.0,
        Json(presets) as _,
        auto_min_psnr_db
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The parts of some campaigns.
pub(super) async fn parts(db: impl PgExecutor<'_>, ids: &[Uuid]) -> sqlx::Result<Vec<CampaignParts>> {
    sqlx::query_as!(
        CampaignParts,
        r#"
        select id, generation, state as "publication: Publication", presets as "presets: Json<Vec<PinnedPreset>>", auto_min_psnr_db,
            planned_to, outputs, bytes_before, bytes_after, cpu_seconds, item_cpu_seconds, item_bytes, basis as "basis: Basis",
            swapped_at, collect_at, collecting_at, collected_at, freed_bytes
        from campaigns where id = any($1)
        "#,
        ids
    )
    .fetch_all(db)
    .await
}

/// Campaigns that are collected, the oldest first.
pub(super) async fn collecting(db: &PgPool) -> sqlx::Result<Vec<OperationId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: OperationId" from campaigns where collecting_at is not null and collected_at is null order by id limit 20
        "#
    )
    .fetch_all(db)
    .await
}

/// Campaigns that nobody has collected in time, the oldest first.
pub(super) async fn to_collect(db: &PgPool) -> sqlx::Result<Vec<OperationId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: OperationId" from campaigns where collect_at <= now() and collecting_at is null order by swapped_at, id limit 20
        "#
    )
    .fetch_all(db)
    .await
}

/// Sums of one batch.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub outputs: i64,
    pub bytes_before: i64,
    pub bytes_after: i64,
    pub cpu_seconds: f64,
}

/// Adds the sums of one batch. The caller has the campaign's operation locked.
pub(super) async fn add(tx: &mut PgConnection, id: OperationId, tally: &Tally) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update campaigns set outputs = outputs + $2, bytes_before = bytes_before + $3, bytes_after = bytes_after + $4,
            cpu_seconds = cpu_seconds + $5
        where id = $1
        "#,
        id.0,
        tally.outputs,
        tally.bytes_before,
        tally.bytes_after,
        tally.cpu_seconds
    )
    .execute(tx)
    .await?;
    Ok(())
}
