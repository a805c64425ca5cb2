//! Payments by card: what the provider is asked for, what it tells, and what may not be tried again.
//!
//! A payment is committed with its idempotency key before the provider is called, and only the provider's own answer about its
//! current state changes it; a webhook is a hint to ask. Both final states, succeeded and canceled, are final at the provider
//! too: nothing that was told late, twice or in another order can change the books. Here is the provider's side; the money is
//! moved by `orders`.

pub mod declines;
mod queries;
mod reach;
pub mod routes;
pub mod service;

use tradepost_common::ids::{AccountId, OrderId, PaymentId};
use tradepost_common::payments::{CardPayment, PaymentPurpose, PaymentState};
use uuid::Uuid;

pub use reach::{Reached, client, reach, state_of};

/// A message of a sweep counts as lost after so many times the interval of sweeps.
pub const LOST_AFTER: i32 = 10;
/// The event of the sweep of disputes.
const SWEEP_EVENT: &str = "sweep";

/// A payment by card.
#[derive(Debug, Clone)]
pub struct Payment {
    pub id: PaymentId,
    pub account_id: AccountId,
    /// Name of the account.
    pub account: String,
    pub purpose: PaymentPurpose,
    pub order_id: Option<OrderId>,
    pub amount_minor: i64,
    pub currency: String,
    pub state: PaymentState,
    /// The provider's name of the card; `None`: the client confirms.
    pub method: Option<String>,
    pub provider_id: Option<String>,
    pub client_secret: Option<String>,
    pub fingerprint: Option<String>,
    pub network: String,
    pub products: Vec<Uuid>,
    pub note: Option<String>,
    /// Nobody waits for it any more.
    pub is_given_up: bool,
}

/// A payment to be inserted.
#[derive(Debug, Clone, Copy)]
pub struct NewPayment<'a> {
    pub id: PaymentId,
    pub account: AccountId,
    pub order: Option<OrderId>,
    /// The key of a top-up.
    pub idempotency_key: Option<&'a str>,
    pub amount_minor: i64,
    pub currency: &'a str,
    pub method: Option<&'a str>,
    pub network: &'a str,
    pub products: &'a [Uuid],
}

/// Both are final at the provider as well.
pub fn is_final(state: PaymentState) -> bool {
    matches!(state, PaymentState::Succeeded | PaymentState::Canceled)
}

impl Payment {
    /// As its buyer sees it.
    pub fn for_buyer(self) -> CardPayment {
        let open = !is_final(self.state);
        CardPayment {
            client_secret: self.client_secret.clone().filter(|_| open),
            ..self.for_operators()
        }
    }

    /// Without the secret.
    pub fn for_operators(self) -> CardPayment {
        CardPayment {
            id: self.id,
            purpose: self.purpose,
            state: self.state,
            amount_minor: self.amount_minor,
            currency: self.currency,
            provider_id: self.provider_id,
            client_secret: None,
            note: self.note,
        }
    }
}
