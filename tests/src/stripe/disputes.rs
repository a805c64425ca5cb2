//! Disputes, and the events about them and about refunds, which the server does not have.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Lines, WEBHOOK_SECRET};

/// The bank's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Won,
    Lost,
}

/// A dispute.
#[derive(Debug, Clone)]
pub struct Dispute {
    pub id: String,
    pub intent: String,
    pub amount: i64,
    pub currency: String,
    pub created: u64,
    pub outcome: Option<Outcome>,
}

impl Dispute {
    pub fn to_json(&self) -> Value {
        let status = match self.outcome {
            None => "needs_response",
            Some(Outcome::Won) => "won",
            Some(Outcome::Lost) => "lost",
        };
        json!({ "id": self.id, "object": "dispute", "amount": self.amount, "currency": self.currency, "reason": "fraudulent",
            "status": status, "payment_intent": self.intent, "created": self.created })
    }

    /// The bank takes the money at once, and gives it back when the seller wins.
    pub fn add_to(&self, lines: &mut Lines) {
        if self.outcome != Some(Outcome::Won) {
            lines.insert(self.id.clone(), -self.amount);
        }
    }
}

/// The body of an event about an object.
pub fn event(kind: &str, object: &Value) -> String {
    let id = format!("evt_{}", uuid::Uuid::now_v7().simple());
    json!({ "id": id, "object": "event", "type": kind, "created": now(), "data": { "object": object } }).to_string()
}

/// The header `Stripe-Signature`.
pub fn sign(body: &[u8], time: u64) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).expect("every length is a key");
    let mac = mac.chain_update(format!("{time}.")).chain_update(body);
    format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// Seconds of the Unix epoch.
pub fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("it is after 1970").as_secs()
}
