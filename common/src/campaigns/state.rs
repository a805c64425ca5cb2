//! How far a campaign can be.

use serde::{Deserialize, Serialize};

/// How far a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// The items are counted.
    Planning,
    /// Waits to be started.
    Planned,
    /// A few items are drawn first.
    Canary,
    /// The canary is drawn: somebody must look at it, then resume or abort.
    Waiting,
    Running,
    /// An operator paused it, or it paused itself; `note` says why.
    Paused,
    /// Too much failed: it stopped by itself; `note` says why.
    Stopped,
    /// All is drawn, and nothing of it is visible yet.
    Rendered,
    /// What it drew is what everybody sees.
    Swapped,
    /// What was there before is visible again.
    RolledBack,
    Aborted,
    /// It can not go on; `note` says why.
    Failed,
}

impl CampaignState {
    pub const ALL: [Self; 12] = [
        Self::Planning,
        Self::Planned,
        Self::Canary,
        Self::Waiting,
        Self::Running,
        Self::Paused,
        Self::Stopped,
        Self::Rendered,
        Self::Swapped,
        Self::RolledBack,
        Self::Aborted,
        Self::Failed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Planned => "planned",
            Self::Canary => "canary",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Rendered => "rendered",
            Self::Swapped => "swapped",
            Self::RolledBack => "rolled_back",
            Self::Aborted => "aborted",
            Self::Failed => "failed",
        }
    }

    /// Whether the daemon is at it.
    pub fn is_moving(self) -> bool {
        matches!(self, Self::Planning | Self::Canary | Self::Running)
    }

    /// Whether nothing is drawn in it any more.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Rendered | Self::Swapped | Self::RolledBack | Self::Aborted | Self::Failed
        )
    }
}

impl std::str::FromStr for CampaignState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| format!("unknown state {text:?}"))
    }
}
