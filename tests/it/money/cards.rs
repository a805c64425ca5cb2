//! A shop that takes cards, for the tests of payments, refunds and disputes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::Options;
use tradepost_tests::chaos_money::verdict::our_lines;
use tradepost_tests::stripe::{Lines, Stripe};
use tradepost_tests::wait::eventually;

use super::Shop;

/// A card that is charged, one that the bank declines, and one whose bank wants to hear from the buyer.
pub const GOOD: &str = "pm_card_visa";
pub const DECLINED: &str = "pm_card_chargeCustomerFail";
pub const SECURE_NUMBER: &str = "4000002500003155";

pub struct CardShop {
    pub shop: Shop,
    pub stripe: Stripe,
}

impl CardShop {
    /// `None`: no payment server is installed here.
    pub async fn open() -> Option<Self> {
        Self::open_with(|options| options).await
    }

    pub async fn open_with(change: impl FnOnce(Options) -> Options) -> Option<Self> {
        let stripe = Stripe::start().await?;
        let shop = Shop::open_with(change(stripe.options()), 0).await;
        stripe.deliver_to(&shop.app.api);
        Some(Self { shop, stripe })
    }

    /// Orders the set with a card, or without one that is named.
    pub async fn order(&self, key: &str, card: Option<&str>) -> (StatusCode, Value) {
        self.order_as(&self.shop.buyer, key, card).await
    }

    pub async fn order_as(&self, buyer: &str, key: &str, card: Option<&str>) -> (StatusCode, Value) {
        let mut body = json!({ "lines": [{ "set": self.shop.set }], "pay_with": "card" });
        if let Some(card) = card {
            body["payment_method"] = json!(card);
        }
        let request = self.shop.app.request(Method::POST, "/v1/orders").bearer_auth(buyer);
        let answer = request.header("idempotency-key", key).json(&body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Waits until an order is neither awaiting its payment nor being settled.
    pub async fn settled(&self, order: &Value) -> Value {
        let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
        let open = ["placed", "awaiting_payment"];
        self.until(&path, |order| !open.contains(&order["state"].as_str().unwrap()))
            .await
    }

    /// Looks until it is good: what the provider tells rings no bell of the control socket.
    pub async fn until(&self, path: &str, good: impl Fn(&Value) -> bool) -> Value {
        eventually(path, async || {
            let page = self.shop.app.look(path).await;
            if good(&page) {
                Ok(page)
            } else {
                Err(format!("{page}\n{}", self.shop.app.log()))
            }
        })
        .await
    }

    /// A paid order.
    pub async fn bought(&self, key: &str) -> Value {
        let (status, placed) = self.order(key, Some(GOOD)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{placed}");
        let paid = self.settled(&placed).await;
        assert_eq!(paid["state"], "paid", "{paid}");
        paid
    }

    pub async fn refund(&self, order: &Value, body: Value) -> (StatusCode, Value) {
        let path = format!("/v1/orders/{}/refund", order["id"].as_str().unwrap());
        self.shop.app.act(&path, body).await
    }

    /// Waits until no refund of an order is pending.
    pub async fn refunded(&self, order: &Value) -> Value {
        let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
        let is_pending = |refund: &Value| refund["state"] == "pending";
        self.until(&path, |order| {
            !order["refunds"].as_array().unwrap().iter().any(is_pending)
        })
        .await
    }

    /// Our movements of the provider's money, by the provider's ids.
    async fn our_lines(&self) -> Lines {
        our_lines(&self.shop.app.database().await).await.unwrap()
    }

    /// The books are right, and line by line those of the provider.
    pub async fn assert_books_are_right(&self) {
        self.shop.assert_books_are_right().await;
        assert_eq!(self.our_lines().await, self.stripe.lines().await);
        let payments = self.shop.app.look("/v1/payments").await;
        assert_eq!(payments["differences"], json!([]), "{payments}");
    }
}
