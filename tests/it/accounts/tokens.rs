//! Tokens that accounts make themselves, and their scopes.

use super::*;

async fn make(app: &TestApp, cookie: &str, scopes: &[&str]) -> Value {
    let body = json!({ "label": "test", "scopes": scopes, "expires_days": 1 });
    let answer = with_session(app, Method::POST, "/v1/tokens", cookie, Some(body)).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn token_has_its_scopes_until_it_is_deleted() {
    let app = TestApp::start();
    let cookie = sign_up(&app, "ann@example.org", "contributor").await;
    let reader = make(&app, &cookie, &["read"]).await;
    let secret = reader["secret"].as_str().unwrap();
    assert_eq!(app.get("/v1/account", Some(secret)).await.0, StatusCode::OK);
    let upload = json!({ "file_name": "a.zip", "size_bytes": 1, "sha256": "0".repeat(64) });
    let (status, problem) = app.call(Method::POST, "/v1/uploads", Some(secret), Some(upload)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("forbidden")),
        "{problem}"
    );
    assert!(
        problem["detail"].as_str().unwrap().contains("scope upload"),
        "{problem}"
    );
    assert_eq!(app.get("/v1/tokens", Some(secret)).await.0, StatusCode::FORBIDDEN);

    // A token gives no scope that it has not.
    let manager = make(&app, &cookie, &["manage"]).await;
    let body = json!({ "label": "more", "scopes": ["buy"], "expires_days": 1 });
    let manager = manager["secret"].as_str().unwrap();
    assert_eq!(
        app.call(Method::POST, "/v1/tokens", Some(manager), Some(body)).await.0,
        StatusCode::FORBIDDEN
    );

    let (_, list) = app.get("/v1/tokens", Some(manager)).await;
    assert_eq!(list["rows"].as_array().unwrap().len(), 2, "{list}");
    assert!(
        list["rows"][1]["last_used_at"].is_string() && list["rows"][1].get("secret").is_none(),
        "{list}"
    );
    let path = format!("/v1/tokens/{}", reader["id"].as_str().unwrap());
    assert_eq!(
        app.call(Method::DELETE, &path, Some(manager), None).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        app.call(Method::DELETE, &path, Some(manager), None).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(app.get("/v1/account", Some(secret)).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn token_of_somebody_else_is_not_there() {
    let app = TestApp::start();
    let ann = sign_up(&app, "ann@example.org", "buyer").await;
    let bob = sign_up(&app, "bob@example.org", "buyer").await;
    let token = make(&app, &ann, &["read"]).await;
    let path = format!("/v1/tokens/{}", token["id"].as_str().unwrap());
    let answer = with_session(&app, Method::DELETE, &path, &bob, None).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.get("/v1/account", token["secret"].as_str()).await.0, StatusCode::OK);
}

#[tokio::test]
async fn secret_of_a_session_is_no_token_and_the_other_way_round() {
    let app = TestApp::start();
    let cookie = sign_up(&app, "ann@example.org", "buyer").await;
    let secret = cookie.split_once('=').unwrap().1;
    assert_eq!(app.get("/v1/account", Some(secret)).await.0, StatusCode::UNAUTHORIZED);
    let token = make(&app, &cookie, &["read"]).await;
    let forged = format!("__Host-tradepost={}", token["secret"].as_str().unwrap());
    let answer = with_session(&app, Method::GET, "/v1/account", &forged, None).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}
