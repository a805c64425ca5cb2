//! Screen Orders: what buyers bought.
//!
//! - `GET /v1/orders?account=&state=&cursor=&limit=`: newest first (`Page<OrderRow>`)
//! - `GET /v1/orders/{id}`: one with its lines ([`OrderView`])
//! - `POST /v1/orders/{id}/refund` [`Refund`]: pays it back, all or a part, the way it was paid; answers with its [`OrderView`]

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{OrderId, SetId};
use crate::payments::{CardPayment, RefundRow};

crate::text_enum! {
    /// State of an order.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum OrderState {
        /// The buyer's card is to be charged.
        AwaitingPayment = "awaiting_payment",
        /// The funds are held; the message that settles it is on its way.
        Placed = "placed",
        /// The money has moved, and the buyer may download.
        Paid = "paid",
        /// Nothing was paid. The note says why.
        Failed = "failed",
        /// The money was paid back, and the buyer may not download any more.
        Refunded = "refunded",
        /// The buyer disputes the payment at the bank: the money is frozen, and the buyer may not download.
        Disputed = "disputed",
        /// The bank gave the money back to the buyer.
        ChargedBack = "charged_back",
    }
}

impl OrderState {
    /// An order of this state may become one of that state.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::AwaitingPayment => matches!(next, Self::Placed | Self::Failed),
            Self::Placed => matches!(next, Self::Paid | Self::Failed),
            Self::Paid => matches!(next, Self::Refunded | Self::Disputed),
            Self::Disputed => matches!(next, Self::Paid | Self::ChargedBack),
            Self::Failed | Self::Refunded | Self::ChargedBack => false,
        }
    }
}

/// An order without its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderRow {
    pub id: OrderId,
    #[cfg_attr(feature = "openapi", schema(max_length = 63))]
    pub account: String,
    pub state: OrderState,
    /// Minor units of `currency`.
    pub total_minor: i64,
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Z]{3}$", max_length = 3))]
    pub currency: String,
    /// The part of the total that went back to the buyer, or is on its way.
    pub refunded_minor: i64,
    /// Sets in the order.
    pub sets: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
    /// `None`: it waits to be settled.
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub refunded_at: Option<OffsetDateTime>,
    /// The reason why it failed or was refunded.
    #[cfg_attr(feature = "openapi", schema(max_length = 600))]
    pub note: Option<String>,
}

/// A set in an order, as it was when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderLine {
    pub set_id: SetId,
    #[cfg_attr(feature = "openapi", schema(max_length = 80))]
    pub set: String,
    #[cfg_attr(feature = "openapi", schema(max_length = 63))]
    pub contributor: String,
    #[cfg_attr(feature = "openapi", schema(max_length = 40))]
    pub licence: String,
    /// Minor units of the order's currency.
    pub price_minor: i64,
}

/// An order with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderView {
    #[serde(flatten)]
    pub order: OrderRow,
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub lines: Vec<OrderLine>,
    /// The payment by card; `None`: it was paid with store credit, or costs nothing.
    pub payment: Option<CardPayment>,
    #[cfg_attr(feature = "openapi", schema(max_items = 200))]
    pub refunds: Vec<RefundRow>,
}

/// Body of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// The buyer reads it.
    pub reason: String,
    /// Minor units of the order's currency; `None`: all that is left of the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
}
