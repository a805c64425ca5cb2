//! Calls of the API.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::wire::{self, Dispute, Intent, List, Movement, Refund, Refusal};
use super::{OUR_ID, StripeError};
use crate::config::{PaymentsConfig, Secret};

/// The version of the API whose objects [`wire`] knows.
const VERSION: &str = "2024-06-20";
/// Bytes of an answer.
const MAX_ANSWER: usize = 4 << 20;
/// Rows and pages of a list.
const PAGE: u32 = 100;
const MAX_PAGES: usize = 20;

/// A client with the secret key of one account.
#[derive(Debug)]
pub struct Stripe {
    http: reqwest::Client,
    base: Url,
    key: Secret,
    webhook_secrets: Vec<Secret>,
}

/// A PaymentIntent to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewIntent<'a> {
    /// Our id: the idempotency key.
    pub our_id: &'a str,
    pub amount: i64,
    pub currency: &'a str,
    pub method: Option<&'a str>,
}

/// A refund to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewRefund<'a> {
    /// Our id: the idempotency key.
    pub our_id: &'a str,
    pub intent: &'a str,
    pub amount: i64,
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

impl Stripe {
    /// Reads the keys. `None`: no key is configured, and no card is taken.
    pub fn from_config(config: &PaymentsConfig) -> anyhow::Result<Option<Self>> {
        let Some(file) = &config.secret_key_file else {
            return Ok(None);
        };
        let read = |file: &std::path::Path| {
            std::fs::read_to_string(file).with_context(|| format!("reading {} ([payments])", file.display()))
        };
        let lines = |text: String| -> Vec<Secret> {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(|line| Secret::from(line.to_owned())).collect()
        };
        let key = lines(read(file)?).pop().context("payments.secret_key_file is empty")?;
        let webhook_secrets = config.webhook_secrets_file.as_deref().map(read).transpose()?;
        // An error: somebody has installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(config.timeout_seconds.into()))
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("making the client of the payment provider")?;
        Ok(Some(Self {
            http,
            base: Url::parse(&config.stripe_url).context("payments.stripe_url")?,
            key,
            webhook_secrets: lines(webhook_secrets.unwrap_or_default()),
        }))
    }

    /// The secrets that sign webhooks: more than one while they are changed.
    pub fn webhook_secrets(&self) -> &[Secret] {
        &self.webhook_secrets
    }

    pub async fn create_intent(&self, new: NewIntent<'_>) -> Result<Intent, StripeError> {
        let (amount, currency) = (new.amount.to_string(), new.currency.to_ascii_lowercase());
        let metadata = format!("metadata[{OUR_ID}]");
        let mut pairs = vec![
            ("amount", amount.as_str()),
            ("currency", currency.as_str()),
            (metadata.as_str(), new.our_id),
            ("payment_method_types[]", "card"),
        ];
        pairs.extend(new.method.map(|method| ("payment_method", method)));
        self.post("payment_intents", &pairs, new.our_id).await
    }

    pub async fn intent(&self, id: &str) -> Result<Intent, StripeError> {
        self.get(&format!("payment_intents/{id}"), &[]).await
    }

    /// Charges the card. The outcome is the state of the intent, which is to be asked for after a decline.
    pub async fn confirm_intent(&self, id: &str, our_id: &str) -> Result<Intent, StripeError> {
        self.post(
            &format!("payment_intents/{id}/confirm"),
            &[],
            &format!("{our_id}:confirm"),
        )
        .await
    }

    pub async fn cancel_intent(&self, id: &str, our_id: &str) -> Result<Intent, StripeError> {
        self.post(
            &format!("payment_intents/{id}/cancel"),
            &[],
            &format!("{our_id}:cancel"),
        )
        .await
    }

    /// The provider's digest of the number of a card.
    pub async fn fingerprint(&self, method: &str) -> Result<Option<String>, StripeError> {
        let method: wire::Method = self.get(&format!("payment_methods/{method}"), &[]).await?;
        Ok(method.card.and_then(|card| card.fingerprint))
    }

    pub async fn create_refund(&self, new: NewRefund<'_>) -> Result<Refund, StripeError> {
        let (amount, metadata) = (new.amount.to_string(), format!("metadata[{OUR_ID}]"));
        let pairs = [
            ("payment_intent", new.intent),
            ("amount", amount.as_str()),
            (metadata.as_str(), new.our_id),
        ];
        self.post("refunds", &pairs, new.our_id).await
    }

    pub async fn refund(&self, id: &str) -> Result<Refund, StripeError> {
        self.get(&format!("refunds/{id}"), &[]).await
    }

    /// The refunds of an intent.
    pub async fn refunds_of(&self, intent: &str) -> Result<Vec<Refund>, StripeError> {
        self.list("refunds", &[("payment_intent", intent)], |refund: &Refund| {
            refund.id.as_str()
        })
        .await
    }

    pub async fn dispute(&self, id: &str) -> Result<Dispute, StripeError> {
        self.get(&format!("disputes/{id}"), &[]).await
    }

    /// The disputes that were opened since a time, in seconds of the Unix epoch.
    pub async fn disputes_since(&self, time: i64) -> Result<Vec<Dispute>, StripeError> {
        let time = time.to_string();
        self.list("disputes", &[("created[gte]", &time)], |dispute: &Dispute| {
            dispute.id.as_str()
        })
        .await
    }

    /// A page of the movements between two times, in seconds of the Unix epoch, newest first.
    pub async fn movements(&self, (from, to): (i64, i64), after: Option<&str>) -> Result<List<Movement>, StripeError> {
        let [from, to, limit] = [from.to_string(), to.to_string(), PAGE.to_string()];
        let mut pairs = vec![
            ("created[gte]", from.as_str()),
            ("created[lte]", to.as_str()),
            ("limit", limit.as_str()),
        ];
        pairs.extend(after.map(|after| ("starting_after", after)));
        self.get("balance_transactions", &pairs).await
    }

    async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        pairs: Pairs<'_>,
        id: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, StripeError> {
        let (mut rows, limit): (Vec<T>, _) = (Vec::new(), PAGE.to_string());
        for _ in 0..MAX_PAGES {
            let after = rows.last().map(|row| id(row).to_owned());
            let mut pairs = [pairs, &[("limit", limit.as_str())][..]].concat();
            pairs.extend(after.as_deref().map(|after| ("starting_after", after)));
            let page: List<T> = self.get(path, &pairs).await?;
            rows.extend(page.data);
            if !page.has_more {
                break;
            }
        }
        Ok(rows)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, pairs: Pairs<'_>) -> Result<T, StripeError> {
        let mut url = self.url(path)?;
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        self.send(self.http.request(Method::GET, url)).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, pairs: Pairs<'_>, key: &str) -> Result<T, StripeError> {
        let url = self.url(path)?;
        let mut form = url.clone();
        form.query_pairs_mut().extend_pairs(pairs);
        let body = form.query().unwrap_or_default().to_owned();
        let request = self.http.request(Method::POST, url);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.header("idempotency-key", key).body(body)).await
    }

    fn url(&self, path: &str) -> Result<Url, StripeError> {
        let url = self.base.join(&format!("v1/{path}"));
        url.map_err(|error| StripeError::Away(format!("no URL of {path}: {error}")))
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, StripeError> {
        let away = |error: reqwest::Error| StripeError::Away(error.without_url().to_string());
        let request = request.bearer_auth(self.key.expose()).header("stripe-version", VERSION);
        let mut response = request.send().await.map_err(away)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Err(StripeError::Away(format!("an answer of more than {MAX_ANSWER} bytes")));
            }
        }
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|error| StripeError::Away(format!("an answer that is not understood: {error}")));
        }
        Err(refusal(status, &body))
    }
}

/// Tells declines and mistakes from outages. A key that is refused, and a call that runs already, may be mended.
fn refusal(status: StatusCode, body: &[u8]) -> StripeError {
    let error = serde_json::from_slice::<Refusal>(body).unwrap_or_default().error;
    let message: String = error.message.unwrap_or_default().chars().take(300).collect();
    match status.as_u16() {
        402 => StripeError::Declined { message },
        status @ (400 | 404 | 410 | 422) => StripeError::Refused {
            status,
            code: error.code.unwrap_or_default(),
            message,
        },
        status => StripeError::Away(format!("status {status}: {message}")),
    }
}
