//! Payouts to contributors.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{PayoutBatchId, PayoutId};

crate::text_enum! {
    /// State of the payout of one contributor.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum PayoutState {
        /// The money is held.
        Requested = "requested",
        /// The bank has the file.
        Sent = "sent",
        /// The bank has paid.
        Paid = "paid",
        /// The bank has not, and the contributor has the money again.
        Failed = "failed",
    }
}

/// Body of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPayouts {
    /// ISO 4217.
    pub currency: String,
    /// Contributors who earned less wait.
    pub minimum_minor: i64,
    /// A second request with this key answers with the first batch.
    pub key: String,
}

/// A batch without its payouts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutBatch {
    pub id: PayoutBatchId,
    pub currency: String,
    pub requested_by: String,
    #[serde(with = "time::serde::rfc3339")]
    pub requested_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub sent_at: Option<OffsetDateTime>,
    pub payouts: i64,
    pub total_minor: i64,
    /// Neither paid nor failed.
    pub open: i64,
    pub failed: i64,
}

/// The payout of one contributor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRow {
    pub id: PayoutId,
    pub account: String,
    pub holder: String,
    pub iban: String,
    pub amount_minor: i64,
    pub state: PayoutState,
    /// The reason why it failed.
    pub note: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
}

/// A batch with its payouts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutBatchView {
    #[serde(flatten)]
    pub batch: PayoutBatch,
    pub rows: Vec<PayoutRow>,
}

crate::text_enum! {
    /// Formats of the file for the bank.
    pub enum PayoutFormat {
        /// ISO 20022 `pain.001.001.03`, for euros.
        Pain = "pain",
        Csv = "csv",
    }
}

/// A file for the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutFile {
    pub name: String,
    pub text: String,
}

/// Body of what the bank has done: with all payouts of the batch that are sent, or with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlePayouts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payout: Option<PayoutId>,
    /// `None`: the bank has paid. Else the reason why it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}
