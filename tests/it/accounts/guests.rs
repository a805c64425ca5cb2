//! Checkout without an account, and what becomes of it.

use tradepost_tests::receivers::token_in;

use super::*;

async fn library(app: &TestApp, cookie: &str) -> Vec<Value> {
    let answer = with_session(app, Method::GET, "/v1/library", cookie, None).await;
    let library: Value = answer.json().await.unwrap();
    library["rows"].as_array().unwrap().clone()
}

#[tokio::test]
async fn guest_buys_downloads_at_once_and_by_the_mailed_link() {
    let app = TestApp::start();
    let set = free_set(&app, "Ticks").await;
    let answer = guest_order(&app, "gus@example.org", "one", &set).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let own = cookie_of(&answer);
    let order: Value = answer.json().await.unwrap();
    let again = guest_order(&app, "gus@example.org", "one", &set).await;
    assert!(
        again.headers().get("set-cookie").is_none(),
        "the first answer only: who knows the key is not who bought"
    );
    assert_eq!(again.json::<Value>().await.unwrap()["id"], order["id"]);
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    app.until(&path, |order| order["state"] == "paid").await;
    assert_eq!(library(&app, &own).await.len(), 1);

    let receipt = outbox(&app, "gus@example.org", "receipt").await;
    let certificate = format!("/v1/orders/{}/certificate", order["id"].as_str().unwrap());
    assert!(receipt["text"].as_str().unwrap().contains(&certificate), "{receipt}");
    let token = token_in(&receipt["text"]);
    for _ in 0..2 {
        let opened = app
            .request(Method::GET, &format!("/v1/library?token={token}"))
            .send()
            .await
            .unwrap();
        assert_eq!(opened.status(), StatusCode::OK);
        let cookie = cookie_of(&opened);
        assert_eq!(
            opened.json::<Value>().await.unwrap()["rows"][0]["product"]["id"],
            json!(set)
        );
        let seen = with_session(&app, Method::GET, &path, &cookie, None).await;
        assert_eq!(seen.status(), StatusCode::OK);
        let certified = with_session(&app, Method::GET, &certificate, &cookie, None).await;
        assert_eq!(certified.status(), StatusCode::OK);
    }
    let void = app.get(&format!("/v1/library?token={}", "0".repeat(64)), None).await;
    assert_eq!((void.0, &void.1["code"]), (StatusCode::NOT_FOUND, &json!("link-void")));
}

#[tokio::test]
async fn stranger_who_types_an_address_sees_nothing_of_its_owner() {
    let app = TestApp::start();
    let set = free_set(&app, "Ticks").await;
    let owner = guest_order(&app, "gus@example.org", "one", &set).await;
    let order: Value = owner.json().await.unwrap();
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    app.until(&path, |order| order["state"] == "paid").await;
    // The same set, by the same address: no conflict tells that it was bought.
    let stranger = guest_order(&app, "gus@example.org", "two", &set).await;
    assert_eq!(stranger.status(), StatusCode::ACCEPTED);
    let seen = with_session(&app, Method::GET, &path, &cookie_of(&stranger), None).await;
    assert_eq!(seen.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn guest_who_signs_up_later_gets_the_purchases() {
    let app = TestApp::start();
    let set = free_set(&app, "Ticks").await;
    let guest = guest_order(&app, "gus@example.org", "one", &set).await;
    let order: Value = guest.json().await.unwrap();
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    app.until(&path, |order| order["state"] == "paid").await;
    let cookie = sign_up(&app, "gus@example.org", "buyer").await;
    let account = with_session(&app, Method::GET, "/v1/account", &cookie, None).await;
    let account: Value = account.json().await.unwrap();
    app.until(&path, |order| order["account"] == account["name"]).await;
    assert_eq!(library(&app, &cookie).await[0]["product"]["id"], json!(set));
}

#[tokio::test]
async fn order_needs_an_account_or_an_address() {
    let app = TestApp::start();
    let body = json!({ "lines": [{ "set": uuid::Uuid::now_v7() }] });
    let request = app.request(Method::POST, "/v1/orders").header("idempotency-key", "one");
    assert_eq!(
        request.json(&body).send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let answer = guest_order(&app, "no address", "one", &uuid::Uuid::now_v7().to_string()).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}
