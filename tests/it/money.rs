//! Money: orders, refunds, and the ledger behind them.

mod cards;
mod chaos;
mod delivery;
mod disputes;
mod invariants;
mod ledger;
mod mutants;
mod orders;
mod payments;
mod payouts;
mod proofs;
mod refunds;
mod sales;
mod statement;
mod terminal;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::packs::PackBuilder;
use tradepost_tests::{Options, TestApp};

/// A marketplace with a published set of 9.00 EUR by ann, and a buyer with store credit.
struct Shop {
    app: TestApp,
    buyer: String,
    set: String,
}

impl Shop {
    async fn open(credit_minor: i64) -> Self {
        Self::open_with(Options::default(), credit_minor).await
    }

    async fn open_with(options: Options, credit_minor: i64) -> Self {
        let app = TestApp::start_with(options);
        let seller = app.trusted("ann");
        app.upload_and_settle(&seller, &PackBuilder::ticks("Ticks", 2).build())
            .await;
        let set = app.rows("/v1/sets").await[0]["id"].as_str().unwrap().to_owned();
        let buyer = app.token(&["--account", "bob", "--role", "buyer"]);
        if credit_minor > 0 {
            let (status, balance) = credit(&app, "bob", credit_minor, "first").await;
            assert_eq!(status, StatusCode::OK, "{balance}");
        }
        Self { app, buyer, set }
    }

    async fn order(&self, key: &str) -> (StatusCode, Value) {
        order(&self.app, &self.buyer, key, &[&self.set]).await
    }

    /// Waits until an order is settled.
    async fn settled(&self, order: &Value) -> Value {
        let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
        self.app.until(&path, |order| order["state"] != "placed").await
    }

    async fn balance(&self, account: &str) -> i64 {
        self.account(account).await["balance_minor"].as_i64().unwrap_or(0)
    }

    /// An account of the ledger in euros; null before it is opened.
    async fn account(&self, name: &str) -> Value {
        let page = self.app.look(&format!("/v1/ledger/accounts?text={name}")).await;
        let mut accounts = page["rows"].as_array().unwrap().iter();
        let found = accounts.find(|account| account["name"] == name && account["currency"] == "EUR");
        found.cloned().unwrap_or_default()
    }

    /// The daemon compares all balances with the journal: what is new, and the whole.
    async fn assert_books_are_right(&self) {
        let ledger = self.app.look("/v1/ledger").await;
        assert_eq!(ledger["proof"]["differences"], json!([]));
        let (status, proof) = self.app.act("/v1/ledger/prove", json!({})).await;
        assert_eq!((status, &proof["differences"]), (StatusCode::OK, &json!([])), "{proof}");
    }
}

async fn order(app: &TestApp, buyer: &str, key: &str, sets: &[&str]) -> (StatusCode, Value) {
    let lines: Vec<_> = sets.iter().map(|set| json!({ "set": set })).collect();
    place(app, buyer, key, json!({ "lines": lines })).await
}

/// Places an order with this body.
async fn place(app: &TestApp, buyer: &str, key: &str, body: Value) -> (StatusCode, Value) {
    let request = app
        .request(Method::POST, "/v1/orders")
        .bearer_auth(buyer)
        .header("idempotency-key", key)
        .json(&body);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn credit(app: &TestApp, account: &str, amount_minor: i64, key: &str) -> (StatusCode, Value) {
    let body = json!({ "amount_minor": amount_minor, "currency": "EUR", "reason": "a gift", "key": key });
    app.act(&format!("/v1/accounts/{account}/credit"), body).await
}
