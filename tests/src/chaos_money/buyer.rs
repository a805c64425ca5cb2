//! A buyer, who tries again whenever nobody answers, and then wants the money back in one way or another.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rand::seq::IndexedRandom as _;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::scene::Surroundings;
use crate::stripe::{Outcome, Stripe};

const GOOD: &str = "pm_card_visa";
const DECLINED: &str = "pm_card_chargeCustomerFail";
const BETWEEN_TRIES: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(900);

/// The way in which a buyer pays.
#[derive(Debug, Clone, Copy)]
enum Way {
    Card,
    /// With a card that is declined first.
    AfterDecline,
    /// The client confirms the payment.
    Client,
    /// Store credit, which a card pays.
    TopUp,
}

/// The end of a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Kept,
    Refunded,
    RefundedInPart,
    Won,
    Lost,
}

/// A purchase, as its buyer saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The order that was paid.
    pub order: String,
    pub ending: Ending,
    /// Orders of this buyer that failed.
    pub declined: u32,
}

pub struct Buyer {
    token: String,
    around: Surroundings,
    stripe: Arc<Stripe>,
    api: Client,
    control: Client,
    started: Instant,
}

impl Buyer {
    pub fn new(number: u32, around: Surroundings, stripe: Arc<Stripe>) -> Self {
        let client = || Client::builder().timeout(Duration::from_secs(15));
        let control = client().unix_socket(around.socket.clone()).build();
        Self {
            token: format!("tp_buyer-{number}"),
            around,
            stripe,
            api: client().build().expect("a client"),
            control: control.expect("a client"),
            started: Instant::now(),
        }
    }

    pub async fn live(self) -> anyhow::Result<Seen> {
        let ways = [
            Way::Card,
            Way::Card,
            Way::Card,
            Way::AfterDecline,
            Way::Client,
            Way::TopUp,
        ];
        let way = *ways.choose(&mut rand::rng()).expect("there are ways");
        let mut declined = 0;
        if matches!(way, Way::AfterDecline) {
            let refused = self
                .order("declined", json!({ "pay_with": "card", "payment_method": DECLINED }))
                .await?;
            let refused = self.until(&refused, |order| !is_open(order)).await?;
            anyhow::ensure!(refused["state"] == "failed", "a declined card paid: {refused}");
            declined = 1;
        }
        let placed = match way {
            Way::Card | Way::AfterDecline => {
                self.order("paid", json!({ "pay_with": "card", "payment_method": GOOD }))
                    .await?
            }
            Way::Client => self.confirmed().await?,
            Way::TopUp => self.topped_up().await?,
        };
        let paid = self.until(&placed, |order| !is_open(order)).await?;
        anyhow::ensure!(paid["state"] == "paid", "a good card did not pay: {paid}");
        let endings = [
            Ending::Kept,
            Ending::Kept,
            Ending::Kept,
            Ending::Refunded,
            Ending::RefundedInPart,
            Ending::Won,
            Ending::Lost,
        ];
        let mut ending = *endings.choose(&mut rand::rng()).expect("there are endings");
        if matches!(way, Way::TopUp) && matches!(ending, Ending::Won | Ending::Lost) {
            ending = Ending::Kept;
        }
        self.end(&paid, ending).await?;
        Ok(Seen {
            order: paid["id"].as_str().context("an id")?.to_owned(),
            ending,
            declined,
        })
    }

    async fn order(&self, key: &str, mut body: Value) -> anyhow::Result<Value> {
        body["lines"] = json!([{ "set": self.around.set }]);
        self.insist(&self.api, Method::POST, "/v1/orders", key, &body).await
    }

    /// The client confirms, as soon as it has the provider's id.
    async fn confirmed(&self) -> anyhow::Result<Value> {
        let placed = self.order("paid", json!({ "pay_with": "card" })).await?;
        let known = self
            .until(&placed, |order| order["payment"]["provider_id"].is_string())
            .await?;
        let intent = known["payment"]["provider_id"].as_str().context("an intent")?;
        self.stripe.pay(intent, GOOD).await;
        Ok(placed)
    }

    async fn topped_up(&self) -> anyhow::Result<Value> {
        let body = json!({ "amount_minor": 900, "currency": "EUR", "payment_method": GOOD });
        let payment = self
            .insist(&self.api, Method::POST, "/v1/wallet/top-ups", "top-up", &body)
            .await?;
        let path = format!("/v1/wallet/top-ups/{}", payment["id"].as_str().context("an id")?);
        loop {
            let payment = self.insist(&self.api, Method::GET, &path, "", &Value::Null).await?;
            match payment["state"].as_str() {
                Some("succeeded") => return self.order("paid", json!({})).await,
                Some("canceled") => bail!("a good card did not pay: {payment}"),
                _ => self.wait(&path).await?,
            }
        }
    }

    async fn end(&self, paid: &Value, ending: Ending) -> anyhow::Result<()> {
        let intent = || paid["payment"]["provider_id"].as_str().context("an intent");
        match ending {
            Ending::Kept => {}
            Ending::Refunded => self.refund(paid, json!({ "reason": "chaos" })).await?,
            Ending::RefundedInPart => {
                let amount = rand::random_range(1..900);
                self.refund(paid, json!({ "reason": "chaos", "amount_minor": amount }))
                    .await?;
            }
            Ending::Won | Ending::Lost => {
                let dispute = self.stripe.dispute(intent()?).await;
                self.until(paid, |order| order["state"] == "disputed").await?;
                let (outcome, state) = match ending {
                    Ending::Won => (Outcome::Won, "paid"),
                    _ => (Outcome::Lost, "charged_back"),
                };
                self.stripe.decide(&dispute, outcome);
                self.until(paid, |order| order["state"] == state).await?;
            }
        }
        Ok(())
    }

    /// An operator refunds; when nobody answered, it shows whether it was done.
    async fn refund(&self, paid: &Value, body: Value) -> anyhow::Result<()> {
        let path = format!("/v1/orders/{}", paid["id"].as_str().context("an id")?);
        loop {
            let order = self.insist(&self.control, Method::GET, &path, "", &Value::Null).await?;
            if order["refunds"].as_array().is_some_and(|refunds| !refunds.is_empty()) {
                break;
            }
            let request = self.control.post(format!("http://localhost{path}/refund")).json(&body);
            // The next look tells.
            let _ = request.send().await;
            self.wait(&path).await?;
        }
        let is_pending = |refund: &Value| refund["state"] == "pending";
        let done = |order: &Value| {
            !order["refunds"]
                .as_array()
                .is_some_and(|refunds| refunds.iter().any(is_pending))
        };
        self.until(paid, done).await?;
        Ok(())
    }

    async fn until(&self, order: &Value, good: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let path = format!("/v1/orders/{}", order["id"].as_str().context("an id")?);
        loop {
            let order = self.insist(&self.api, Method::GET, &path, "", &Value::Null).await?;
            if good(&order) {
                return Ok(order);
            }
            self.wait(&format!("{path}: {order}")).await?;
        }
    }

    /// Asks until somebody answers.
    async fn insist(
        &self,
        client: &Client,
        method: Method,
        path: &str,
        key: &str,
        body: &Value,
    ) -> anyhow::Result<Value> {
        let base = if std::ptr::eq(client, &self.api) {
            self.around.api.as_str()
        } else {
            "http://localhost"
        };
        loop {
            let mut request = client
                .request(method.clone(), format!("{base}{path}"))
                .bearer_auth(&self.token);
            if method == Method::POST {
                request = request.header("idempotency-key", key).json(body);
            }
            let instead = match request.send().await {
                Ok(answer) => {
                    let status = answer.status();
                    let body: Value = answer.json().await.unwrap_or_default();
                    match status.as_u16() {
                        200..300 if body.is_object() => return Ok(body),
                        // It runs already, or the daemon is not there.
                        200..300 | 500.. => {}
                        409 if body["code"] == "in-flight" => {}
                        _ => bail!("{path} was refused: {status} {body}"),
                    }
                    format!("{status} {body}")
                }
                Err(error) => format!("{error:?}"),
            };
            self.wait(&format!("{path}: {instead}")).await?;
        }
    }

    async fn wait(&self, what: &str) -> anyhow::Result<()> {
        anyhow::ensure!(self.started.elapsed() < PATIENCE, "a buyer waited in vain at {what}");
        tokio::time::sleep(BETWEEN_TRIES).await;
        Ok(())
    }
}

fn is_open(order: &Value) -> bool {
    matches!(order["state"].as_str(), Some("awaiting_payment" | "placed"))
}
