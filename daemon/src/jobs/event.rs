//! The events that people are told about.

use serde::{Deserialize, Serialize};
use tradepost_common::ids::{AccountId, OrderId, PayoutId, UploadId};
use uuid::Uuid;

/// A fact that somebody is told. It carries ids only: the job of the queue `notify` reads what it writes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Event {
    /// The buyer gets the receipt; each seller hears of the sale.
    OrderPaid(OrderId),
    OrderFailed(OrderId),
    OrderRefunded(OrderId),
    /// An operator has the receipt mailed again.
    ReceiptAsked(OrderId),
    /// The buyer's bank asks the payment of an order back.
    DisputeOpened(OrderId),
    DisputeClosed(OrderId),
    /// The bank has paid a payout, or has not.
    PayoutSettled(PayoutId),
    UploadPublished(UploadId),
    UploadRejected(UploadId),
    /// Somebody asked for a link by mail: to confirm an address, to set a password, to open a library.
    LinkRequested(Uuid),
    /// The holder of an account has proven its address: what guests bought with it is theirs.
    AddressProven(AccountId),
    /// A webhook failed for too long and gets nothing any more.
    WebhookDisabled(Uuid),
}

impl Event {
    pub fn order_id(self) -> Option<OrderId> {
        match self {
            Self::OrderPaid(id)
            | Self::OrderFailed(id)
            | Self::OrderRefunded(id)
            | Self::ReceiptAsked(id)
            | Self::DisputeOpened(id)
            | Self::DisputeClosed(id) => Some(id),
            _ => None,
        }
    }
}
