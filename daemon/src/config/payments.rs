//! `[payments]`: the card provider, and the limits against misuse.

use std::path::PathBuf;

use serde::Deserialize;

/// Payments by card. Without a secret key no card is taken, and orders are paid with store credit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentsConfig {
    /// The file with the secret key of the provider's API (`sk_...`).
    pub secret_key_file: Option<PathBuf>,
    /// The file with the secrets of webhooks (`whsec_...`), one a line: two while they are changed.
    pub webhook_secrets_file: Option<PathBuf>,
    /// The base of the provider's API.
    pub stripe_url: String,
    /// Seconds for one call of the provider.
    pub timeout_seconds: u32,
    /// Seconds after which the provider is asked again about a payment or refund that is open.
    pub sweep_seconds: u32,
    /// Seconds after which the provider's statement is read again.
    pub statement_seconds: u32,
    /// Minutes after which an order that nobody paid is canceled.
    pub expire_minutes: u32,
    pub declines: DeclinesConfig,
}

impl Default for PaymentsConfig {
    fn default() -> Self {
        Self {
            secret_key_file: None,
            webhook_secrets_file: None,
            stripe_url: "https://api.stripe.com".to_owned(),
            timeout_seconds: 20,
            sweep_seconds: 60,
            statement_seconds: 3_600,
            expire_minutes: 60,
            declines: DeclinesConfig::default(),
        }
    }
}

/// Declined cards an hour after which no more cards are tried.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeclinesConfig {
    pub per_account: u32,
    /// The declines of one client address; of IPv6 those of the network of 64 bits.
    pub per_network: u32,
    pub per_card: u32,
    /// The declines of one set: card testers like one that is cheap.
    pub per_product: u32,
}

impl Default for DeclinesConfig {
    fn default() -> Self {
        Self {
            per_account: 5,
            per_network: 20,
            per_card: 5,
            per_product: 100,
        }
    }
}
