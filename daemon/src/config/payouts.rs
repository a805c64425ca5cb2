//! `[payouts]`: what contributors earned leaves by files for the bank.

use serde::Deserialize;

/// The marketplace's bank account, and when payouts are requested by themselves.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PayoutsConfig {
    /// Holder and IBAN of the account that pays. Without them the file for the bank is CSV only.
    pub holder: Option<String>,
    pub iban: Option<String>,
    /// Once a day, payouts in EUR to all who earned this much are requested; 0: operators request them.
    pub daily_minimum_minor: i64,
}
