//! Money, cards, payouts, mails and webhooks.

use tradepost_common::money::is_iban;

use super::Check;
use crate::config::{MailConfig, MailSecurity, MoneyConfig, PaymentsConfig, PayoutsConfig, WebhooksConfig};

impl Check<'_> {
    pub(super) fn money(&mut self, money: &MoneyConfig) {
        self.between("money.fee_basis_points", money.fee_basis_points, 0..=10_000);
        self.between("money.tax_basis_points", money.tax_basis_points, 0..=10_000);
        let is_country = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        let ok = money.country.as_deref().is_none_or(is_country);
        self.require(ok, "money.country", "must be two capital letters, as DE");
        self.between(
            "money.downloads_per_purchase",
            money.downloads_per_purchase,
            1..=1_000_000,
        );
        self.between(
            "money.clawback_limit_minor",
            money.clawback_limit_minor,
            0..=1_000_000_000,
        );
    }

    pub(super) fn payouts(&mut self, payouts: &PayoutsConfig) {
        let ok = payouts
            .holder
            .as_deref()
            .is_none_or(|holder| (1..=70).contains(&holder.chars().count()));
        self.require(ok, "payouts.holder", "must be 1 to 70 characters");
        let ok = payouts.iban.as_deref().is_none_or(is_iban);
        self.require(ok, "payouts.iban", "must be an IBAN without spaces");
        let together = payouts.holder.is_some() == payouts.iban.is_some();
        self.require(together, "payouts.iban", "comes with payouts.holder");
        self.between(
            "payouts.daily_minimum_minor",
            payouts.daily_minimum_minor,
            0..=1_000_000_000,
        );
    }

    pub(super) fn webhooks(&mut self, webhooks: &WebhooksConfig) {
        self.between("webhooks.per_account", webhooks.per_account, 0..=1_000);
        self.between("webhooks.disable_after_hours", webhooks.disable_after_hours, 1..=8_760);
        self.between("webhooks.timeout_seconds", webhooks.timeout_seconds, 1..=30);
    }

    pub(super) fn mail(&mut self, mail: &MailConfig) {
        let from = mail.from.parse::<lettre::message::Mailbox>();
        self.require(
            from.is_ok(),
            "mail.from",
            "must be an address, as Tradepost <shop@example.org>",
        );
        let is_local = matches!(mail.host.as_deref(), None | Some("localhost" | "127.0.0.1" | "::1"));
        self.require(
            mail.security != MailSecurity::None || is_local,
            "mail.security",
            "must be tls or starttls, unless mail.host is this machine",
        );
        self.require(
            mail.user.is_some() == mail.password.is_some(),
            "mail.password",
            "must be set with mail.user, and only with it",
        );
        for (at, value) in [
            ("mail.per_address_per_day", mail.per_address_per_day),
            ("mail.per_unproven_address_per_day", mail.per_unproven_address_per_day),
            ("mail.free_orders_per_set_per_hour", mail.free_orders_per_set_per_hour),
            ("mail.free_orders_per_hour", mail.free_orders_per_hour),
            ("mail.links_per_hour", mail.links_per_hour),
        ] {
            self.between(at, value, 0..=1_000_000);
        }
    }

    pub(super) fn payments(&mut self, payments: &PaymentsConfig) {
        let url = payments.stripe_url.parse::<axum::http::Uri>();
        let is_safe = url.is_ok_and(|url| match url.scheme_str() {
            Some("https") => url.host().is_some(),
            Some("http") => matches!(url.host(), Some("127.0.0.1" | "localhost" | "[::1]")),
            _ => false,
        });
        let message = "must be a URL that starts with https://, or with http:// on this machine";
        self.require(is_safe, "payments.stripe_url", message);
        let is_whole = payments.secret_key_file.is_none() || payments.webhook_secrets_file.is_some();
        let message = "must be set where payments.secret_key_file is";
        self.require(is_whole, "payments.webhook_secrets_file", message);
        self.between("payments.timeout_seconds", payments.timeout_seconds, 1..=80);
        self.between("payments.sweep_seconds", payments.sweep_seconds, 1..=86_400);
        self.between("payments.statement_seconds", payments.statement_seconds, 1..=86_400);
        self.between("payments.expire_minutes", payments.expire_minutes, 1..=1_380);
        let declines = &payments.declines;
        self.between("payments.declines.per_account", declines.per_account, 1..=1_000_000);
        self.between("payments.declines.per_network", declines.per_network, 1..=1_000_000);
        self.between("payments.declines.per_card", declines.per_card, 1..=1_000_000);
        self.between("payments.declines.per_product", declines.per_product, 1..=1_000_000);
    }
}
