//! Payments by card: what the provider was asked for, and where our books and its differ.
//!
//! - `GET /v1/payments`: payments and refunds that take too long, open disputes, differences ([`PaymentsView`])
//! - `POST /v1/payments/resolve` [`ResolveDifference`]: takes a difference off the list
//! - `GET /v1/payments/{id}`: a payment with the provider's events ([`PaymentView`])
//! - `GET /v1/disputes?cursor=&limit=`: newest first (`Page<DisputeRow>`)
//! - `GET /v1/disputes/{id}/evidence`: the file of evidence, as JSON

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{DisputeId, OrderId, PaymentId, RefundId};

crate::text_enum! {
    /// State of a payment.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum PaymentState {
        /// The provider does not know it yet.
        New = "new",
        /// The client names a card.
        RequiresMethod = "requires_method",
        /// The client does what the bank asks for (3-D Secure).
        RequiresAction = "requires_action",
        /// The bank decides.
        Processing = "processing",
        /// The provider has the money.
        Succeeded = "succeeded",
        /// Declined, expired or given up. Nothing was paid.
        Canceled = "canceled",
    }
}

crate::text_enum! {
    /// The reason for a payment.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum PaymentPurpose {
        Order = "order",
        TopUp = "top_up",
    }
}

crate::text_enum! {
    /// State of a refund.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum RefundState {
        /// The provider has not paid it yet.
        Pending = "pending",
        Succeeded = "succeeded",
        /// The provider can not pay it: the buyer has the money as store credit.
        Failed = "failed",
    }
}

crate::text_enum! {
    /// State of a dispute.
    pub enum DisputeState {
        Open = "open",
        Won = "won",
        Lost = "lost",
    }
}

/// A payment by card, as its buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CardPayment {
    pub id: PaymentId,
    pub purpose: PaymentPurpose,
    pub state: PaymentState,
    /// Minor units of `currency`.
    pub amount_minor: i64,
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Z]{3}$", max_length = 3))]
    pub currency: String,
    /// The provider's id of the payment. `None`: the provider does not know it yet.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub provider_id: Option<String>,
    /// With it, the client confirms the payment at the provider. Only its buyer gets it, while the payment is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub client_secret: Option<String>,
    /// The reason why it was canceled.
    #[cfg_attr(feature = "openapi", schema(max_length = 600))]
    pub note: Option<String>,
}

/// A refund of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefundRow {
    pub id: RefundId,
    pub state: RefundState,
    /// Minor units of the order's currency.
    pub amount_minor: i64,
    #[cfg_attr(feature = "openapi", schema(max_length = 600))]
    pub reason: String,
    /// The provider's id; `None`: it was paid as store credit, or is not paid yet.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub provider_id: Option<String>,
    #[cfg_attr(feature = "openapi", schema(max_length = 600))]
    pub note: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
}

/// A payment, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRow {
    pub id: PaymentId,
    pub account: String,
    pub purpose: PaymentPurpose,
    pub order_id: Option<OrderId>,
    pub state: PaymentState,
    pub amount_minor: i64,
    pub currency: String,
    pub provider_id: Option<String>,
    pub note: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The last look at the provider.
    #[serde(with = "time::serde::rfc3339")]
    pub checked_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
}

/// An event that the provider told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEvent {
    pub id: String,
    /// `payment_intent.succeeded`.
    pub kind: String,
    pub object_id: String,
    /// Times that it was delivered.
    pub deliveries: i32,
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub handled_at: Option<OffsetDateTime>,
}

/// A payment with its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentView {
    #[serde(flatten)]
    pub payment: PaymentRow,
    pub events: Vec<PaymentEvent>,
}

/// A refund that the provider has not paid yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRefund {
    pub order_id: OrderId,
    #[serde(flatten)]
    pub refund: RefundRow,
}

/// A payment that its buyer disputes at the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeRow {
    pub id: DisputeId,
    pub provider_id: String,
    pub payment_id: PaymentId,
    pub order_id: Option<OrderId>,
    pub account: String,
    pub state: DisputeState,
    pub amount_minor: i64,
    pub currency: String,
    pub reason: String,
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub closed_at: Option<OffsetDateTime>,
}

/// A place where the provider and our books differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentDifference {
    /// `amount`, `unknown-payment`, `unknown-refund`, `paid-after-cancel`, `refund-failed`, `statement`.
    pub rule: String,
    pub subject: String,
    pub expected: String,
    pub found: String,
    #[serde(with = "time::serde::rfc3339")]
    pub seen_at: OffsetDateTime,
}

/// Body of `POST /v1/payments/resolve`: an operator has looked at a difference and settled it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolveDifference {
    pub rule: String,
    pub subject: String,
    /// For the audit log.
    pub reason: String,
}

/// Everything about payments that an operator should look at. At most 100 rows each.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentsView {
    /// Payments that are open for longer than 15 minutes, oldest first.
    pub stuck: Vec<PaymentRow>,
    /// Refunds that are pending for longer than 15 minutes, oldest first.
    pub refunds: Vec<PendingRefund>,
    /// Open disputes, newest first.
    pub disputes: Vec<DisputeRow>,
    pub differences: Vec<PaymentDifference>,
    /// The provider's account by its statement and by the books, in each currency.
    pub balances: Vec<ProviderBalance>,
}

/// The balance of the provider's account. The two agree when nothing is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderBalance {
    pub currency: String,
    /// Minor units: the sum of the statement, less its fees.
    pub statement_minor: i64,
    /// Minor units: the account `assets:provider`.
    pub books_minor: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub read_at: OffsetDateTime,
}
