//! `[mail]`: the mail server, and how many mails strangers can cause.

use serde::Deserialize;

use super::Secret;

/// Mails to buyers and contributors. Without `host` they are kept in the database, for operators to read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The name of the SMTP server.
    pub host: Option<String>,
    /// Default: 465 with `tls`, 587 with `starttls`, 25 without.
    pub port: Option<u16>,
    pub security: MailSecurity,
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// The sender: `Tradepost <shop@example.org>`.
    pub from: String,
    /// The start of links in mails. Default: `http.public_url`.
    pub link_url: Option<String>,
    /// Mails that anybody can cause to an address that was proven, in a day.
    pub per_address_per_day: u32,
    /// The same to an address that nobody has proven.
    pub per_unproven_address_per_day: u32,
    /// Mails about free orders of one set to unproven addresses, in an hour.
    pub free_orders_per_set_per_hour: u32,
    /// Mails about free orders to unproven addresses, in an hour.
    pub free_orders_per_hour: u32,
    /// Mails with links to unproven addresses, in an hour.
    pub links_per_hour: u32,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            security: MailSecurity::Starttls,
            user: None,
            password: None,
            from: "Tradepost <tradepost@localhost>".to_owned(),
            link_url: None,
            per_address_per_day: 20,
            per_unproven_address_per_day: 5,
            free_orders_per_set_per_hour: 60,
            free_orders_per_hour: 150,
            links_per_hour: 300,
        }
    }
}

/// Protection of the connection to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    Tls,
    Starttls,
    /// To a server on this machine only.
    None,
}
