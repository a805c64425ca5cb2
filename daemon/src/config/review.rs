//! `[review]`: time limits of the review, and the rules of the trust level.

use serde::Deserialize;
use tradepost_common::uploads::FindingSeverity;

/// The review desk.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewConfig {
    /// Hours within which a case should be decided, by its severity.
    pub target_hours: TargetHours,
    /// Minutes for which a decision can be undone; 0: it cannot.
    pub undo_minutes: u32,
    /// Minutes for which a skipped case is not given to the same moderator.
    pub skip_minutes: u32,
    /// Days a case waits for the contributor's answer before it is open again.
    pub answer_days: u32,
    /// Days for which a contributor can appeal against a decision.
    pub appeal_days: u32,
    pub trust: TrustConfig,
}

impl Default for ReviewConfig {
    fn default() -> Self {
        Self {
            target_hours: TargetHours::default(),
            undo_minutes: 10,
            skip_minutes: 60,
            answer_days: 7,
            appeal_days: 30,
            trust: TrustConfig::default(),
        }
    }
}

/// Hours by severity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TargetHours {
    pub blocking: u32,
    pub warning: u32,
    pub info: u32,
}

impl Default for TargetHours {
    fn default() -> Self {
        Self {
            blocking: 4,
            warning: 24,
            info: 72,
        }
    }
}

impl TargetHours {
    pub fn for_severity(&self, severity: FindingSeverity) -> u32 {
        match severity {
            FindingSeverity::Blocking => self.blocking,
            FindingSeverity::Warning => self.warning,
            FindingSeverity::Info => self.info,
        }
    }
}

/// The rules of a contributor's trust level.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustConfig {
    /// A new contributor is trusted after so many published packs in a row,
    pub trusted_after: u32,
    /// no rejection for so many days,
    pub trusted_after_days: u32,
    /// so many published files,
    pub trusted_files: u32,
    /// and so many days with an account.
    pub trusted_account_days: u32,
    /// A trusted contributor is elite after so many published packs,
    pub elite_after: u32,
    /// so many published files,
    pub elite_files: u32,
    /// and so many days with an account,
    pub elite_account_days: u32,
    /// when fewer than so many of a hundred decided packs were rejected.
    pub elite_below_percent: f64,
    /// Levels that a rejection costs.
    pub rejection_costs: u8,
    /// Malware or active content in a pack makes its contributor new again.
    pub hostile_makes_new: bool,
}

impl Default for TrustConfig {
    fn default() -> Self {
        Self {
            trusted_after: 3,
            trusted_after_days: 90,
            trusted_files: 20,
            trusted_account_days: 14,
            elite_after: 25,
            elite_files: 250,
            elite_account_days: 90,
            elite_below_percent: 2.0,
            rejection_costs: 1,
            hostile_makes_new: true,
        }
    }
}
