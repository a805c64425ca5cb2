//! The objects of the API, as far as they are used.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer};

/// A PaymentIntent.
#[derive(Debug, Clone, Deserialize)]
pub struct Intent {
    pub id: String,
    /// Minor units.
    pub amount: i64,
    /// Small letters.
    pub currency: String,
    pub status: IntentStatus,
    pub client_secret: Option<String>,
    pub last_payment_error: Option<Failure>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
}

/// The state of a PaymentIntent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Processing,
    Succeeded,
    Canceled,
}

/// The reason why a charge failed.
#[derive(Debug, Clone, Deserialize)]
pub struct Failure {
    pub message: Option<String>,
}

/// A refund.
#[derive(Debug, Clone, Deserialize)]
pub struct Refund {
    pub id: String,
    pub amount: i64,
    pub status: RefundStatus,
    #[serde(default, deserialize_with = "id_of")]
    pub payment_intent: Option<String>,
    pub failure_reason: Option<String>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
}

/// The state of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    Pending,
    RequiresAction,
    Succeeded,
    Failed,
    Canceled,
}

/// A dispute.
#[derive(Debug, Clone, Deserialize)]
pub struct Dispute {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub reason: String,
    pub status: DisputeStatus,
    #[serde(default, deserialize_with = "id_of")]
    pub payment_intent: Option<String>,
}

/// The state of a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeStatus {
    /// The bank only asks: no money has moved.
    Inquiry,
    Open,
    Won,
    Lost,
}

impl<'de> Deserialize<'de> for DisputeStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let status = String::deserialize(deserializer)?;
        Ok(match status.as_str() {
            "won" => Self::Won,
            "lost" => Self::Lost,
            "prevented" => Self::Inquiry,
            warning if warning.starts_with("warning_") => Self::Inquiry,
            _ => Self::Open,
        })
    }
}

/// A movement of money on the provider's account (`balance_transaction`).
#[derive(Debug, Clone, Deserialize)]
pub struct Movement {
    pub id: String,
    /// `charge`, `refund`, `fee`, `payout`, ...
    pub reporting_category: String,
    /// Small letters: the currency of the account.
    pub currency: String,
    /// Minor units, before the fee; negative when it left the account.
    pub amount: i64,
    pub fee: i64,
    /// Seconds of the Unix epoch.
    pub created: i64,
    /// Only of what was converted.
    pub exchange_rate: Option<f64>,
}

/// An event of a webhook: only which object it is about.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub data: EventData,
}

/// The object of an event.
#[derive(Debug, Clone, Deserialize)]
pub struct EventData {
    pub object: EventObject,
}

/// The id and the type of an object of an event.
#[derive(Debug, Clone, Deserialize)]
pub struct EventObject {
    pub id: String,
    /// `payment_intent`, `charge`, `refund`, `dispute`.
    pub object: String,
    #[serde(default, deserialize_with = "id_of")]
    pub payment_intent: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, Deserialize)]
pub struct List<T> {
    pub data: Vec<T>,
    pub has_more: bool,
}

/// A card or another means of payment.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Method {
    pub card: Option<Card>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Card {
    pub fingerprint: Option<String>,
}

/// The body of a refusal.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub error: RefusalError,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RefusalError {
    pub code: Option<String>,
    pub message: Option<String>,
}

/// An object, where it was asked to be expanded, has its id inside.
fn id_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Reference {
        Id(String),
        Object { id: String },
    }
    let reference = Option::<Reference>::deserialize(deserializer)?;
    Ok(reference.map(|(Reference::Id(id) | Reference::Object { id })| id))
}
