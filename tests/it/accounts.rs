//! Accounts: sign-up, sessions, tokens, guests, mails, and who may call which route.

mod access;
mod floods;
mod guests;
mod mails;
mod sign_up;
mod tokens;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::packs::PackBuilder;

/// A strong enough password.
const PASSWORD: &str = "correct horse battery";

/// Sends a request with the cookie of a session, as a client that is no browser.
async fn with_session(app: &TestApp, method: Method, path: &str, cookie: &str, body: Option<Value>) -> Response {
    let mut request = app
        .request(method, path)
        .header("cookie", cookie)
        .header("x-requested-with", "test");
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.unwrap()
}

/// `name=secret` of the cookie that an answer sets.
fn cookie_of(answer: &Response) -> String {
    let cookie = answer.headers().get("set-cookie").expect("a cookie is set");
    cookie.to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// The text of the newest mail of a kind to an address, from the outbox.
async fn outbox(app: &TestApp, address: &str, kind: &str) -> Value {
    let path = format!("/v1/mails?recipient={address}");
    let page = app
        .until(&path, |page| {
            page["rows"].as_array().unwrap().iter().any(|mail| mail["kind"] == kind)
        })
        .await;
    let rows = page["rows"].as_array().unwrap();
    let mail = rows.iter().find(|mail| mail["kind"] == kind).unwrap();
    app.look(&format!("/v1/mails/{}", mail["id"].as_str().unwrap())).await
}

/// Signs an address up and confirms it. Answers with the cookie of its session.
pub async fn sign_up(app: &TestApp, email: &str, role: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD, "role": role });
    let (status, answer) = app.call(Method::POST, "/v1/accounts", None, Some(body)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let mail = outbox(app, email, "verification").await;
    let token = tradepost_tests::receivers::token_in(&mail["text"]);
    let confirm = json!({ "token": token, "password": PASSWORD });
    let answer = app
        .request(Method::POST, "/v1/accounts/confirm")
        .json(&confirm)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    cookie_of(&answer)
}

/// A published set without a price, by ann.
async fn free_set(app: &TestApp, name: &str) -> String {
    let seller = app.trusted("ann");
    let pack = PackBuilder::ticks(name, 1).build();
    app.upload_and_settle(&seller, &pack).await;
    app.sql("update sets set price_minor = 0").await;
    let sets = app.rows("/v1/sets").await;
    let set = sets.iter().find(|set| set["name"] == name).unwrap_or(&sets[0]);
    set["id"].as_str().unwrap().to_owned()
}

/// A guest's order.
async fn guest_order(app: &TestApp, email: &str, key: &str, set: &str) -> Response {
    app.request(Method::POST, "/v1/orders")
        .header("idempotency-key", key)
        .json(&json!({ "lines": [{ "set": set }], "email": email }))
        .send()
        .await
        .unwrap()
}
