//! Webhooks: events that are posted to a server of an account, signed as Standard Webhooks says.
//!
//! A delivery is a row and a message of the queue `webhook`, written in the transaction of the job that tells people. No webhook
//! reaches an address of this machine or of its networks (`guard.rs`).

mod guard;
pub mod job;
mod queries;
pub mod routes;
pub mod service;
mod signature;

pub use self::signature::sign;

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

tradepost_common::text_enum! {
    /// An event that a webhook may ask for.
    #[derive(ToSchema)]
    pub enum WebhookEvent {
        OrderPaid = "order.paid",
        OrderFailed = "order.failed",
        OrderRefunded = "order.refunded",
        /// To each seller of a paid order.
        SaleCreated = "sale.created",
        SaleRefunded = "sale.refunded",
        DisputeOpened = "dispute.opened",
        DisputeClosed = "dispute.closed",
        UploadPublished = "upload.published",
        UploadRejected = "upload.rejected",
    }
}

tradepost_common::text_enum! {
    #[derive(ToSchema)]
    pub enum DeliveryState {
        Queued = "queued",
        Delivered = "delivered",
        /// An operator gave it up, or the webhook was disabled.
        Failed = "failed",
    }
}

/// A webhook without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    pub id: Uuid,
    #[schema(max_length = 500)]
    pub url: String,
    #[schema(max_items = 20)]
    pub events: Vec<WebhookEvent>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The first failure since the last success.
    #[serde(with = "time::serde::rfc3339::option")]
    pub failing_since: Option<OffsetDateTime>,
    /// It failed for too long, and gets nothing any more.
    #[serde(with = "time::serde::rfc3339::option")]
    pub disabled_at: Option<OffsetDateTime>,
}

/// An event on its way to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    pub id: Uuid,
    /// The header `webhook-id`.
    pub event_id: Uuid,
    pub event: WebhookEvent,
    pub state: DeliveryState,
    pub attempts: i32,
    /// Status of the last answer.
    pub last_status: Option<i32>,
    #[schema(max_length = 500)]
    pub last_error: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub delivered_at: Option<OffsetDateTime>,
}
