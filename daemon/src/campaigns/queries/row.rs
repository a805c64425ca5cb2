//! A row of `campaigns`.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use time::OffsetDateTime;
use tradepost_common::campaigns::{CampaignState, Scope};
use tradepost_common::ids::CampaignId;
use tradepost_render::presets::Preset;
use uuid::Uuid;

/// A preset as it was when the campaign was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::campaigns) struct Pinned {
    pub preset: Preset,
    /// Its hash then, in hexadecimal: another release may draw it otherwise.
    pub sha256: String,
}

impl Pinned {
    pub fn new(preset: &Preset) -> Self {
        Self {
            preset: preset.clone(),
            sha256: hex::encode(preset.hash()),
        }
    }

    /// Whether this program draws what was planned.
    pub fn is_ours(&self) -> bool {
        hex::encode(self.preset.hash()) == self.sha256
    }
}

/// Which part of the drawing goes on, or was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::campaigns) enum Phase {
    Canary,
    Running,
}

impl Phase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Running => "running",
        }
    }
}

/// A campaign as the database has it.
#[derive(Debug, Clone)]
pub(in crate::campaigns) struct Row {
    pub id: CampaignId,
    pub generation: i64,
    pub state: CampaignState,
    pub phase: Phase,
    pub run: i32,
    pub actor: String,
    pub reason: String,
    pub scope: Scope,
    pub presets: Vec<Pinned>,
    pub canary: i32,
    pub auto_min_psnr_db: Option<f64>,
    pub rate_per_second: Option<u32>,
    pub stop_at_percent: u32,
    pub planned_to: Uuid,
    pub sent_to: i32,
    pub items: i64,
    pub done: i64,
    pub failed: i64,
    pub skipped: i64,
    pub outputs: i64,
    pub bytes_before: i64,
    pub bytes_after: i64,
    pub cpu_seconds: f64,
    pub forgiven_done: i64,
    pub forgiven_failed: i64,
    pub item_cpu_seconds: f64,
    pub item_bytes: f64,
    pub has_history: bool,
    pub rate: f64,
    pub note: Option<String>,
    pub created_at: OffsetDateTime,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    pub swapped_at: Option<OffsetDateTime>,
    pub collect_at: Option<OffsetDateTime>,
    pub collecting_at: Option<OffsetDateTime>,
    pub collected_at: Option<OffsetDateTime>,
    pub freed_bytes: i64,
}

impl Row {
    /// Items that something was done about.
    pub fn settled(&self) -> i64 {
        self.done + self.failed + self.skipped
    }

    /// Whether this program draws what was planned.
    pub fn is_ours(&self) -> bool {
        self.presets.iter().all(Pinned::is_ours)
    }
}

pub(super) struct Raw {
    pub id: Uuid,
    pub generation: i64,
    pub state: String,
    pub phase: Option<String>,
    pub run: i32,
    pub actor: String,
    pub reason: String,
    pub scope: Json<Scope>,
    pub presets: Json<Vec<Pinned>>,
    pub canary: i32,
    pub auto_min_psnr_db: Option<f64>,
    pub rate_per_second: Option<i32>,
    pub stop_at_percent: i32,
    pub planned_to: Uuid,
    pub sent_to: i32,
    pub items: i64,
    pub done: i64,
    pub failed: i64,
    pub skipped: i64,
    pub outputs: i64,
    pub bytes_before: i64,
    pub bytes_after: i64,
    pub cpu_seconds: f64,
    pub forgiven_done: i64,
    pub forgiven_failed: i64,
    pub item_cpu_seconds: f64,
    pub item_bytes: f64,
    pub basis: String,
    pub rate: f64,
    pub note: Option<String>,
    pub created_at: OffsetDateTime,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    pub swapped_at: Option<OffsetDateTime>,
    pub collect_at: Option<OffsetDateTime>,
    pub collecting_at: Option<OffsetDateTime>,
    pub collected_at: Option<OffsetDateTime>,
    pub freed_bytes: i64,
}

impl From<Raw> for Row {
    fn from(raw: Raw) -> Self {
        Self {
            id: CampaignId(raw.id),
            generation: raw.generation,
            state: raw.state.parse().expect("the schema knows every state"),
            phase: match raw.phase.as_deref() {
                Some("running") => Phase::Running,
                _ => Phase::Canary,
            },
            run: raw.run,
            actor: raw.actor,
            reason: raw.reason,
            scope: raw.scope.0,
            presets: raw.presets.0,
            canary: raw.canary,
            auto_min_psnr_db: raw.auto_min_psnr_db,
            rate_per_second: raw.rate_per_second.map(i32::cast_unsigned),
            stop_at_percent: raw.stop_at_percent.cast_unsigned(),
            planned_to: raw.planned_to,
            sent_to: raw.sent_to,
            items: raw.items,
            done: raw.done,
            failed: raw.failed,
            skipped: raw.skipped,
            outputs: raw.outputs,
            bytes_before: raw.bytes_before,
            bytes_after: raw.bytes_after,
            cpu_seconds: raw.cpu_seconds,
            forgiven_done: raw.forgiven_done,
            forgiven_failed: raw.forgiven_failed,
            item_cpu_seconds: raw.item_cpu_seconds,
            item_bytes: raw.item_bytes,
            has_history: raw.basis == "history",
            rate: raw.rate,
            note: raw.note,
            created_at: raw.created_at,
            started_at: raw.started_at,
            finished_at: raw.finished_at,
            swapped_at: raw.swapped_at,
            collect_at: raw.collect_at,
            collecting_at: raw.collecting_at,
            collected_at: raw.collected_at,
            freed_bytes: raw.freed_bytes,
        }
    }
}
