//! Screen Orders: what buyers bought.
//!
//! - `GET /v1/orders?account=&state=&text=&without=&sort=&cursor=&limit=`: newest first (`Page<OrderRow>`)
//! - `GET /v1/orders/{id}`: one with its lines ([`OrderView`])
//! - `POST /v1/orders/{id}/refund` [`Refund`]: pays it back, all or a part, the way it was paid; answers with its [`OrderView`]
//! - `GET /v1/orders/{id}/story`: everything that happened to it ([`OrderStory`])
//! - `POST /v1/orders/{id}/receipt`: mails the receipt again and answers with the [`OrderView`]

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::OrderId;
use crate::payments::{CardPayment, RefundRow};
use crate::sales::{Licence, Product};

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

crate::text_enum! {
    /// A column that orders can be sorted by.
    pub enum OrderColumn {
        Placed = "placed",
        Account = "account",
        State = "state",
        Total = "total",
        Products = "products",
        Took = "took",
    }
}

impl OrderState {
    /// The money has moved at some time.
    pub fn was_paid(self) -> bool {
        !matches!(self, Self::AwaitingPayment | Self::Placed | Self::Failed)
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
    /// Lines of the order.
    pub products: i64,
    /// The part of the total that is tax.
    pub tax_minor: i64,
    /// The country in which the buyer is taxed, ISO 3166-1; `None`: not told.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Z]{2}$", max_length = 2))]
    pub tax_country: Option<String>,
    /// The rate of the price without tax, in hundredths of a percent; `None`: placed before rates were kept.
    #[serde(default)]
    pub tax_basis_points: Option<i32>,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Z0-9]{4,20}$", max_length = 20))]
    pub tax_number: Option<String>,
    /// The buyer is a business of another country, and owes the tax itself.
    #[serde(default)]
    pub is_reverse_charge: bool,
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

/// A product in an order, as it was when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderLine {
    pub product: Product,
    #[cfg_attr(feature = "openapi", schema(max_length = 120))]
    pub name: String,
    #[cfg_attr(feature = "openapi", schema(max_length = 63))]
    pub contributor: String,
    pub licence: Licence,
    /// The version of the licence's terms.
    pub terms_version: i32,
    /// Minor units of the order's currency, after the credit and before the discount.
    pub price_minor: i64,
    /// Paid before for a lesser licence of the product, which this one upgrades.
    #[serde(default)]
    pub credit_minor: i64,
    pub discount_minor: i64,
    /// The part of what is paid that is tax.
    pub tax_minor: i64,
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

crate::text_enum! {
    /// The part of the system that an event of an order is from.
    pub enum StorySource {
        /// The order itself.
        Order = "order",
        /// A transaction or a hold.
        Ledger = "ledger",
        /// A message that failed.
        Queue = "queue",
        /// The payment provider.
        Payment = "payment",
        /// A mail or a webhook.
        Notice = "notice",
        Download = "download",
        /// An act of an operator.
        Operator = "operator",
    }
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryEvent {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub source: StorySource,
    /// A few words: `placed`, `refund posted`, `attempt 2 failed`.
    pub what: String,
    /// The amounts, the error, the reason; a line each.
    pub details: Vec<String>,
    /// Somebody should look at it.
    pub is_fault: bool,
}

/// An order and everything that happened to it, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderStory {
    #[serde(flatten)]
    pub view: OrderView,
    pub events: Vec<StoryEvent>,
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

/// Answer to letting what an order bought be downloaded anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetPurchases {
    /// Products of the order.
    pub purchases: i64,
}
