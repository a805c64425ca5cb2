//! Orders and the ledger.

use std::time::Duration;

use reqwest::Method;
use tradepost_common::Page;
use tradepost_common::ids::{OrderId, PayoutBatchId};
use tradepost_common::ledger::{AccountBalance, AccountRow, Credit, JournalRow, LedgerView, Proof};
use tradepost_common::orders::{OrderRow, OrderStory, OrderView, Refund, ResetPurchases};
use tradepost_common::payments::PaymentsView;
use tradepost_common::payouts::{NewPayouts, PayoutBatch, PayoutBatchView, PayoutFile, PayoutFormat, SettlePayouts};
use tradepost_common::sales::{NewTaxRate, TaxRate};

use super::{Client, NOTHING, Reply};
use crate::query::{Query, segment};

/// The whole journal is read.
const PROOF_TIMEOUT: Duration = Duration::from_secs(600);

impl Client {
    pub async fn orders(&self, query: &Query) -> Reply<Page<OrderRow>> {
        self.get(&query.append_to("/v1/orders")).await
    }

    pub async fn order_story(&self, id: OrderId) -> Reply<OrderStory> {
        self.get(&format!("/v1/orders/{id}/story")).await
    }

    pub async fn refund(&self, id: OrderId, refund: &Refund) -> Reply<OrderView> {
        self.act(Method::POST, &format!("/v1/orders/{id}/refund"), Some(refund))
            .await
    }

    pub async fn mail_receipt(&self, id: OrderId) -> Reply<OrderView> {
        self.act(Method::POST, &format!("/v1/orders/{id}/receipt"), NOTHING)
            .await
    }

    pub async fn payouts(&self) -> Reply<Vec<PayoutBatch>> {
        self.get("/v1/payouts").await
    }

    pub async fn payout_batch(&self, id: PayoutBatchId) -> Reply<PayoutBatchView> {
        self.get(&format!("/v1/payouts/{id}")).await
    }

    pub async fn request_payouts(&self, new: &NewPayouts) -> Reply<PayoutBatchView> {
        self.act(Method::POST, "/v1/payouts", Some(new)).await
    }

    pub async fn payout_file(&self, id: PayoutBatchId, format: PayoutFormat) -> Reply<PayoutFile> {
        self.get(&format!("/v1/payouts/{id}/file?format={format}")).await
    }

    pub async fn send_payouts(&self, id: PayoutBatchId) -> Reply<PayoutBatchView> {
        self.act(Method::POST, &format!("/v1/payouts/{id}/sent"), NOTHING).await
    }

    pub async fn settle_payouts(&self, id: PayoutBatchId, what: &SettlePayouts) -> Reply<PayoutBatchView> {
        self.act(Method::POST, &format!("/v1/payouts/{id}/settle"), Some(what))
            .await
    }

    pub async fn tax_rates(&self) -> Reply<Vec<TaxRate>> {
        self.get("/v1/tax-rates").await
    }

    pub async fn set_tax_rate(&self, rate: &NewTaxRate) -> Reply<TaxRate> {
        self.act(Method::POST, "/v1/tax-rates", Some(rate)).await
    }

    pub async fn reset_downloads(&self, id: OrderId) -> Reply<ResetPurchases> {
        self.act(Method::POST, &format!("/v1/orders/{id}/reset-downloads"), NOTHING)
            .await
    }

    pub async fn credit(&self, account: &str, credit: &Credit) -> Reply<AccountBalance> {
        let path = format!("/v1/accounts/{}/credit", segment(account));
        self.act(Method::POST, &path, Some(credit)).await
    }

    pub async fn ledger(&self) -> Reply<LedgerView> {
        self.get("/v1/ledger").await
    }

    pub async fn payments(&self) -> Reply<PaymentsView> {
        self.get("/v1/payments").await
    }

    pub async fn prove_ledger(&self) -> Reply<Proof> {
        let path = "/v1/ledger/prove";
        self.read(path, self.request(Method::POST, path).timeout(PROOF_TIMEOUT))
            .await
    }

    pub async fn ledger_accounts(&self, query: &Query) -> Reply<Page<AccountRow>> {
        self.get(&query.append_to("/v1/ledger/accounts")).await
    }

    pub async fn journal(&self, query: &Query) -> Reply<Page<JournalRow>> {
        self.get(&query.append_to("/v1/ledger/journal")).await
    }
}

/// A key that no credit had before.
pub fn new_credit_key() -> String {
    OrderId::new().to_string()
}
