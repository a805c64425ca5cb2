//! Places that one screen opens on another.

use tradepost_common::ids::{MessageId, OrderId, UploadId};

/// Something that another screen is asked to show. The screens are asked one after the other; the first that knows it opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The groups of dead letters of one queue.
    DeadLettersOf(String),
    DeadLetter(MessageId),
    /// The trace of one upload.
    Upload(UploadId),
    /// The story of one order.
    Order(OrderId),
}
