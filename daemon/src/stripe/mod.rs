//! A client of Stripe's API: PaymentIntents, refunds, disputes and the signature of its webhooks. It knows no order.
//!
//! Every call that changes something carries an idempotency key, so that a call whose answer got lost can be made again.

mod client;
mod signature;
mod wire;

pub use client::{NewIntent, NewRefund, Stripe};
pub use signature::{SignatureError, verify};
pub use wire::{Dispute, DisputeStatus, Event, Intent, IntentStatus, Movement, Refund, RefundStatus};

/// The name of the metadata field that holds our own id of an intent or refund.
pub const OUR_ID: &str = "tradepost_id";

/// The reason why the provider did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StripeError {
    /// The bank refused the card.
    #[error("the card was declined: {message}")]
    Declined { message: String },
    /// The request makes no sense to the provider, now or ever.
    #[error("the provider refused with {status}: {message}")]
    Refused { status: u16, code: String, message: String },
    /// An outage, or a fault of this installation: it may work later.
    #[error("the provider did not answer as it should: {0}")]
    Away(String),
}
