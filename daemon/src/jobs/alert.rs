//! The job that tells people outside about alerts.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

tradepost_common::text_enum! {
    /// The way to somebody outside.
    pub enum AlertChannel {
        /// A topic of Amazon SNS.
        Sns = "sns",
        Mail = "mail",
        Webhook = "webhook",
    }
}

/// Tells one channel about some alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertJob {
    /// The same in every attempt.
    pub id: Uuid,
    pub channel: AlertChannel,
    /// ARN of the topic, mail address, or URL.
    pub to: String,
    pub subject: String,
    pub text: String,
    /// The same for programs: the body of a webhook.
    pub body: serde_json::Value,
}
