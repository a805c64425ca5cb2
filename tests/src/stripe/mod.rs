//! A server that speaks Stripe's API and that nobody here wrote: localstripe, which `make/stripe` installs into `.cache/`. A small
//! proxy in front of it adds what it lacks (idempotency keys, disputes, webhooks of refunds, fees and the statement) and misbehaves when asked to.

mod disputes;
mod faults;
mod proxy;
mod server;
mod statement;

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

use crate::Options;

pub use disputes::Outcome;
pub use faults::Faults;
use proxy::Proxy;
use server::Server;

const SECRET_KEY: &str = "sk_test_tradepost";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_tradepost";

/// A payment provider of one test's own.
pub struct Stripe {
    /// `http://127.0.0.1:<port>`.
    pub url: String,
    proxy: Arc<Proxy>,
    serving: tokio::task::JoinHandle<()>,
    // The files of the keys.
    folder: TempDir,
    _server: Server,
}

/// A movement of money on the provider's account, by the object that moved it: an intent, a refund or a dispute.
pub type Lines = BTreeMap<String, i64>;

impl Stripe {
    /// Starts a server. `None`, with a word about it, where it is not installed.
    pub async fn start() -> Option<Self> {
        let server = Server::start()?;
        let (proxy, url, serving) = Proxy::start(&server.url).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [("key", SECRET_KEY), ("webhooks", WEBHOOK_SECRET)] {
            std::fs::write(folder.path().join(name), format!("{text}\n")).expect("a file is written");
        }
        let stripe = Self {
            url,
            proxy,
            serving,
            folder,
            _server: server,
        };
        let hook = format!("{}/hook", stripe.url);
        let registered = [("url", hook.as_str()), ("secret", WEBHOOK_SECRET)];
        stripe.call(Method::POST, "/_config/webhooks/tests", &registered).await;
        Some(stripe)
    }

    /// Options with which a daemon uses this provider.
    pub fn options(&self) -> Options {
        self.add_to(Options::default())
    }

    /// As [`Stripe::options`], on top of others.
    pub fn add_to(&self, options: Options) -> Options {
        options
            .set("PAYMENTS__SECRET_KEY_FILE", self.folder.path().join("key").display())
            .set(
                "PAYMENTS__WEBHOOK_SECRETS_FILE",
                self.folder.path().join("webhooks").display(),
            )
            .set("PAYMENTS__STRIPE_URL", &self.url)
            .set("PAYMENTS__SWEEP_SECONDS", 1)
    }

    /// Webhooks go to the daemon at this address from now on.
    pub fn deliver_to(&self, api: &str) {
        self.proxy.set_target(Some(format!("{api}/v1/payments/webhook")));
    }

    /// Misbehaves like this from now on.
    pub fn misbehave(&self, faults: Faults) {
        self.proxy.set_faults(faults);
    }

    /// A call of the server itself, past the proxy's faults.
    pub async fn call(&self, method: Method, path: &str, pairs: &[(&str, &str)]) -> Value {
        let (status, body) = self.proxy.upstream(method, path, &proxy::form(pairs)).await;
        assert!(status < 300 || body["error"].is_object(), "{path}: {status} {body}");
        body
    }

    /// A card with this number.
    pub async fn card(&self, number: &str) -> String {
        let pairs = [
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2030"),
            ("card[cvc]", "123"),
        ];
        let method = self.call(Method::POST, "/v1/payment_methods", &pairs).await;
        method["id"].as_str().expect("a card has an id").to_owned()
    }

    /// The buyer's client names a card and confirms the payment.
    pub async fn pay(&self, intent: &str, method: &str) -> Value {
        let path = format!("/v1/payment_intents/{intent}");
        self.call(Method::POST, &path, &[("payment_method", method)]).await;
        self.call(Method::POST, &format!("{path}/confirm"), &[]).await
    }

    /// The buyer does, or does not, what the bank asks for.
    pub async fn authenticate(&self, intent: &str, secret: &str, success: &str) -> Value {
        let path = format!("/v1/payment_intents/{intent}/_authenticate");
        let pairs = [("client_secret", secret), ("success", success)];
        self.call(Method::POST, &path, &pairs).await
    }

    /// The buyer disputes a payment at the bank. Answers with the id of the dispute.
    pub async fn dispute(&self, intent: &str) -> String {
        self.proxy.open_dispute(intent).await
    }

    /// The bank decides a dispute.
    pub fn decide(&self, dispute: &str, outcome: Outcome) {
        self.proxy.close_dispute(dispute, outcome);
    }

    /// Keeps this much of each charge, in minor units.
    pub fn set_fee(&self, fee: i64) {
        self.proxy.change_statement(|statement| statement.fee = fee);
    }

    /// Adds a movement to the statement: a reporting category, and an amount in minor units of EUR.
    pub fn move_money(&self, category: &str, amount: i64) {
        self.proxy.change_statement(|statement| statement.add(category, amount));
    }

    /// Sends a webhook with this signature header and body. Answers with the status.
    pub async fn send_webhook(&self, signature: &str, body: &str) -> u16 {
        self.proxy.deliver(signature.to_owned(), body.to_owned().into()).await
    }

    /// A signature of a body, as of this time in seconds of the Unix epoch.
    pub fn sign(&self, body: &str, time: u64) -> String {
        disputes::sign(body.as_bytes(), time)
    }

    /// All movements of money at the provider.
    pub async fn lines(&self) -> Lines {
        let mut lines = Lines::new();
        for intent in self.all("/v1/payment_intents").await {
            if intent["status"] == "succeeded" {
                add(&mut lines, &intent["id"], intent["amount"].as_i64());
            }
        }
        for refund in self.all("/v1/refunds").await {
            add(
                &mut lines,
                &refund["id"],
                refund["amount"].as_i64().map(|amount| -amount),
            );
        }
        lines.extend(self.proxy.dispute_lines());
        lines
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        let page = self.call(Method::GET, &format!("{path}?limit=1000000"), &[]).await;
        page["data"].as_array().expect("a list has data").clone()
    }
}

fn add(lines: &mut Lines, id: &Value, amount: Option<i64>) {
    let id = id.as_str().expect("an object has an id").to_owned();
    let earlier = lines.insert(id, amount.expect("an amount is a number"));
    assert_eq!(earlier, None, "an object is listed once");
}

impl Drop for Stripe {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
