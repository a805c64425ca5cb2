//! The state of a campaign.

crate::text_enum! {
    /// The state of a campaign: that of its operation, refined while it runs and after the swap.
    pub enum CampaignState {
        /// The items are counted.
        Planning = "planning",
        /// Waits to be started.
        Planned = "planned",
        /// A few items are drawn first.
        Canary = "canary",
        /// The canary is drawn: somebody must look at it, then resume or abort.
        Waiting = "waiting",
        Running = "running",
        /// An operator paused it, or it paused itself; `note` says why.
        Paused = "paused",
        /// Too much failed: it stopped by itself; `note` says why.
        Stopped = "stopped",
        /// All is drawn, and nothing of it is visible yet.
        Rendered = "rendered",
        /// Its renditions are public.
        Swapped = "swapped",
        /// The previous renditions are public again.
        RolledBack = "rolled_back",
        Aborted = "aborted",
        /// It can not go on; `note` says why.
        Failed = "failed",
    }
}

impl CampaignState {
    /// The daemon works on it.
    pub fn is_moving(self) -> bool {
        matches!(self, Self::Planning | Self::Canary | Self::Running)
    }

    /// Nothing is drawn in it any more.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Rendered | Self::Swapped | Self::RolledBack | Self::Aborted | Self::Failed
        )
    }
}
