//! Kinds and states of what is in the catalogue.

pub use tradepost_base::Kind;

crate::text_enum! {
    /// State of one file of a set.
    pub enum FileState {
        /// Not settled: it is still to be scanned, inspected and rendered.
        Pending = "pending",
        /// Clean and rendered: may be published.
        Ready = "ready",
        /// A check forbids to publish it.
        Blocked = "blocked",
        Published = "published",
        /// Taken out of the catalogue by its contributor: only its buyers have it.
        Delisted = "delisted",
        Rejected = "rejected",
    }
}

crate::text_enum! {
    pub enum SetState {
        Draft = "draft",
        Published = "published",
        /// Taken out of the catalogue by its contributor: only its buyers have it.
        Delisted = "delisted",
        Rejected = "rejected",
    }
}
