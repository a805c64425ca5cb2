//! The proxy between the daemon and the server, in both directions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::disputes::{Dispute, Outcome, event, now, sign};
use super::faults::{Faults, happens, late_answer, late_webhook};
use super::statement::Statement;
use super::{Lines, SECRET_KEY};

/// Tries of a webhook that is not taken.
const TRIES: u32 = 4;

pub struct Proxy {
    upstream: String,
    http: reqwest::Client,
    state: Mutex<ProxyState>,
}

#[derive(Default)]
struct ProxyState {
    target: Option<String>,
    faults: Faults,
    /// The answer by idempotency key, with the request that it answers; none: the request runs.
    answers: HashMap<String, (String, Option<(u16, Value)>)>,
    disputes: Vec<Dispute>,
    statement: Statement,
}

impl Proxy {
    pub async fn start(upstream: &str) -> (Arc<Self>, String, JoinHandle<()>) {
        // An error: another test of this process has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let proxy = Arc::new(Self {
            upstream: upstream.to_owned(),
            // The server ends idle connections, at the moment of a call, too.
            http: reqwest::Client::builder()
                .pool_max_idle_per_host(0)
                .build()
                .expect("a client"),
            state: Mutex::default(),
        });
        let router = Router::new()
            .route("/hook", post(hook))
            .fallback(call)
            .with_state(proxy.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the proxy serves");
        });
        (proxy, url, serving)
    }

    pub fn set_target(&self, target: Option<String>) {
        self.with(|state| state.target = target);
    }

    pub fn set_faults(&self, faults: Faults) {
        self.with(|state| state.faults = faults);
    }

    pub fn change_statement(&self, change: impl FnOnce(&mut Statement)) {
        self.with(|state| change(&mut state.statement));
    }

    async fn statement(&self, path: &str) -> (u16, Value) {
        let url = reqwest::Url::parse("http://proxy").expect("a URL").join(path);
        let query = url.expect("a path").query_pairs().into_owned().collect();
        let (_, intents) = self
            .upstream(Method::GET, "/v1/payment_intents?limit=1000000", "")
            .await;
        let (_, refunds) = self.upstream(Method::GET, "/v1/refunds?limit=1000000", "").await;
        let page = self.with(|state| state.statement.page((&intents, &refunds), &state.disputes, &query));
        (200, page)
    }

    fn faults(&self) -> Faults {
        self.with(|state| state.faults)
    }

    fn with<T>(&self, change: impl FnOnce(&mut ProxyState) -> T) -> T {
        change(&mut self.state.lock().expect("nothing panics with it"))
    }

    /// A call of the server itself.
    pub async fn upstream(&self, method: Method, path: &str, body: &str) -> (u16, Value) {
        let request = self.http.request(method.clone(), format!("{}{path}", self.upstream));
        let mut request = request.bearer_auth(SECRET_KEY);
        if method == Method::POST {
            let kind = "application/x-www-form-urlencoded";
            request = request.header("content-type", kind).body(body.to_owned());
        }
        let answer = request.send().await.expect("the server answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// One delivery of a webhook. Answers with the status; 0: nobody is there.
    pub async fn deliver(&self, signature: String, body: Bytes) -> u16 {
        let Some(target) = self.with(|state| state.target.clone()) else {
            return 0;
        };
        let request = self.http.post(target).header("stripe-signature", signature).body(body);
        let answer = request.timeout(Duration::from_secs(10)).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// Delivers a webhook as well as a misbehaving provider does.
    fn relay(self: Arc<Self>, signature: String, body: Bytes) {
        let faults = self.faults();
        if happens(faults.lost_webhooks) {
            return;
        }
        let copies = if happens(faults.doubled_webhooks) { 2 } else { 1 };
        for _ in 0..copies {
            let (proxy, signature, body) = (self.clone(), signature.clone(), body.clone());
            let delay = happens(faults.late_webhooks).then(late_webhook);
            tokio::spawn(async move {
                tokio::time::sleep(delay.unwrap_or_default()).await;
                for attempt in 0..TRIES {
                    let status = proxy.deliver(signature.clone(), body.clone()).await;
                    if (200..300).contains(&status) {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
                }
            });
        }
    }

    fn tell(self: &Arc<Self>, kind: &str, object: &Value) {
        let body = event(kind, object);
        let signature = sign(body.as_bytes(), now());
        self.clone().relay(signature, body.into());
    }

    pub async fn open_dispute(self: &Arc<Self>, intent: &str) -> String {
        let (_, paid) = self
            .upstream(Method::GET, &format!("/v1/payment_intents/{intent}"), "")
            .await;
        let refunded = paid["latest_charge"]["amount_refunded"].as_i64().unwrap_or_default();
        let dispute = Dispute {
            id: format!("dp_{}", uuid::Uuid::now_v7().simple()),
            intent: intent.to_owned(),
            amount: paid["amount"].as_i64().expect("an intent has an amount") - refunded,
            currency: paid["currency"].as_str().expect("an intent has a currency").to_owned(),
            created: now(),
            outcome: None,
        };
        self.with(|state| state.disputes.push(dispute.clone()));
        self.tell("charge.dispute.created", &dispute.to_json());
        dispute.id
    }

    pub fn close_dispute(self: &Arc<Self>, id: &str, outcome: Outcome) {
        let closed = self.with(|state| {
            let dispute = state.disputes.iter_mut().find(|dispute| dispute.id == id);
            let dispute = dispute.expect("there is this dispute");
            dispute.outcome = Some(outcome);
            dispute.to_json()
        });
        self.tell("charge.dispute.closed", &closed);
    }

    pub fn dispute_lines(&self) -> Lines {
        let mut lines = Lines::new();
        self.with(|state| state.disputes.iter().for_each(|dispute| dispute.add_to(&mut lines)));
        lines
    }

    fn disputes(&self, path: &str) -> (u16, Value) {
        let all: Vec<_> = self.with(|state| state.disputes.iter().map(Dispute::to_json).collect());
        match path.strip_prefix("/v1/disputes/") {
            Some(id) => match all.into_iter().find(|dispute| dispute["id"] == id) {
                Some(found) => (200, found),
                None => (404, json!({ "error": { "message": "no such dispute" } })),
            },
            None => (200, json!({ "object": "list", "data": all, "has_more": false })),
        }
    }

    /// A call with an idempotency key is done once; later ones get the same answer.
    async fn once(&self, key: &str, path: &str, body: &str) -> (u16, Value) {
        let request = format!("{path} {body}");
        let earlier = self.with(|state| match state.answers.get(key) {
            Some((known, answer)) => Some((*known == request, answer.clone())),
            None => {
                state.answers.insert(key.to_owned(), (request.clone(), None));
                None
            }
        });
        match earlier {
            Some((false, _)) => (400, json!({ "error": { "code": "idempotency_key_reused" } })),
            Some((true, None)) => (409, json!({ "error": { "code": "idempotency_key_in_use" } })),
            Some((true, Some(answer))) => answer,
            None => {
                let answer = self.upstream(Method::POST, path, body).await;
                self.with(|state| state.answers.insert(key.to_owned(), (request, Some(answer.clone()))));
                answer
            }
        }
    }
}

/// A webhook of the server.
async fn hook(State(proxy): State<Arc<Proxy>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get("stripe-signature").and_then(|header| header.to_str().ok());
    proxy.relay(signature.unwrap_or_default().to_owned(), body);
    StatusCode::OK
}

/// A call of the daemon. It is done even if nobody waits for its answer any more.
async fn call(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let answered = tokio::spawn(answer(proxy, request)).await;
    let (status, body) = answered.expect("the proxy answers");
    let status = StatusCode::from_u16(status).expect("a status");
    (status, body.to_string()).into_response()
}

async fn answer(proxy: Arc<Proxy>, request: Request) -> (u16, Value) {
    let faults = proxy.faults();
    let error = (500, json!({ "error": { "message": "out of order" } }));
    if happens(faults.errors) {
        return error;
    }
    let method = request.method().clone();
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    let key = request.headers().get("idempotency-key").cloned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20)
        .await
        .expect("a body comes");
    let body = String::from_utf8_lossy(&body).into_owned();
    let answer = match key.as_ref().and_then(|key| key.to_str().ok()) {
        _ if path.starts_with("/v1/disputes") => proxy.disputes(&path),
        _ if path.starts_with("/v1/balance_transactions") => proxy.statement(&path).await,
        Some(key) if method == Method::POST => proxy.once(key, &path, &body).await,
        _ => proxy.upstream(method.clone(), &path, &body).await,
    };
    if method == Method::POST && path == "/v1/refunds" && answer.0 == 200 {
        proxy.tell("refund.created", &answer.1);
    }
    if happens(faults.late_answers) {
        tokio::time::sleep(late_answer()).await;
    }
    if happens(faults.lost_answers) { error } else { answer }
}

/// A body of pairs.
pub fn form(pairs: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://form").expect("a URL");
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}
