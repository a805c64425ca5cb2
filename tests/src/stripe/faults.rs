//! The ways in which a payment provider misbehaves.

use std::time::Duration;

/// Probabilities, from 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Calls that fail before anything was done.
    pub errors: f64,
    /// Calls that are done, and whose answer is an error.
    pub lost_answers: f64,
    /// Calls whose answer comes after their webhook.
    pub late_answers: f64,
    /// Webhooks that never come, come twice, come late and so in another order.
    pub lost_webhooks: f64,
    pub doubled_webhooks: f64,
    pub late_webhooks: f64,
}

impl Faults {
    /// Every fault with this probability.
    pub fn all(probability: f64) -> Self {
        Self {
            errors: probability,
            lost_answers: probability,
            late_answers: probability,
            lost_webhooks: probability,
            doubled_webhooks: probability,
            late_webhooks: probability,
        }
    }

    /// The provider is away.
    pub fn down() -> Self {
        Self {
            errors: 1.0,
            ..Self::default()
        }
    }

    /// No webhook comes.
    pub fn without_webhooks() -> Self {
        Self {
            lost_webhooks: 1.0,
            ..Self::default()
        }
    }
}

/// True with this probability.
pub fn happens(probability: f64) -> bool {
    probability > 0.0 && rand::random_bool(probability.min(1.0))
}

/// A webhook of the server is a second late by itself.
pub fn late_answer() -> Duration {
    Duration::from_millis(rand::random_range(1_000..1_500))
}

pub fn late_webhook() -> Duration {
    Duration::from_millis(rand::random_range(200..3_000))
}
