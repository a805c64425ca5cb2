//! Tokens on the control socket: listed by everybody, revoked by operators, and their use noted to the hour.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::peer::{as_stranger, may_be_a_stranger};

use super::peers::{assert_forbidden, group_as, start};

async fn tokens(app: &TestApp, query: &str) -> Vec<Value> {
    let page = app.look(&format!("/v1/tokens{query}")).await;
    page["rows"].as_array().unwrap().clone()
}

async fn status_of(app: &TestApp, token: &str) -> StatusCode {
    app.get("/v1/uploads", Some(token)).await.0
}

#[tokio::test]
async fn tokens_are_listed_newest_first_with_their_state() {
    let app = TestApp::start();
    app.trusted("ann");
    app.token(&["--account", "guest", "--role", "buyer", "--expires-days", "0"]);
    app.trusted("ann");
    let rows = tokens(&app, "").await;
    let seen: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["account"].as_str().unwrap(),
                row["role"].as_str().unwrap(),
                row["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("ann", "contributor", "active"),
            ("guest", "buyer", "expired"),
            ("ann", "contributor", "active")
        ]
    );
    assert_eq!(tokens(&app, "?account=ann").await.len(), 2);
    let first = app.look("/v1/tokens?limit=2").await;
    let rest = tokens(&app, &format!("?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!(rest, rows[2..]);
    assert!(rows.iter().all(|row| row.get("token_sha256").is_none()));
}

#[tokio::test]
async fn use_of_a_token_is_noted_once_an_hour() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    assert_eq!(tokens(&app, "").await[0]["last_used_at"], Value::Null);
    assert_eq!(status_of(&app, &token).await, StatusCode::OK);
    let first = tokens(&app, "").await[0]["last_used_at"].clone();
    assert!(first.is_string());
    assert_eq!(status_of(&app, &token).await, StatusCode::OK);
    assert_eq!(tokens(&app, "").await[0]["last_used_at"], first);
    app.sql("update tokens set last_used_at = last_used_at - interval '61 minutes'")
        .await;
    assert_eq!(status_of(&app, &token).await, StatusCode::OK);
    assert!(tokens(&app, "").await[0]["last_used_at"].as_str() > first.as_str());
}

#[tokio::test]
async fn revoked_token_opens_nothing_and_the_others_of_its_account_do() {
    let app = TestApp::start();
    let (older, newer) = (app.trusted("ann"), app.trusted("ann"));
    let id = tokens(&app, "").await[0]["id"].as_str().unwrap().to_owned();
    let revoke = format!("/v1/tokens/{id}/revoke");
    let (status, row) = app.act(&revoke, json!({})).await;
    assert_eq!(
        (status, &row["state"], &row["id"]),
        (StatusCode::OK, &json!("revoked"), &json!(id)),
        "{row}"
    );
    assert!(row["revoked_at"].is_string(), "{row}");
    assert_eq!(status_of(&app, &newer).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status_of(&app, &older).await, StatusCode::OK);
    let (status, problem) = app.act(&revoke, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("already-revoked"))
    );
    let audit = app.look("/v1/audit").await;
    let act = &audit["rows"][0];
    assert_eq!(
        (&act["act"], &act["subject"], &act["detail"]["account"]),
        (&json!("token.revoke"), &json!(format!("token:{id}")), &json!("ann"))
    );
    let unknown = format!("/v1/tokens/{}/revoke", uuid::Uuid::now_v7());
    assert_eq!(app.act(&unknown, json!({})).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn all_tokens_of_an_account_are_revoked_at_once() {
    let app = TestApp::start();
    let (anns, bobs) = ([app.trusted("ann"), app.trusted("ann")], app.trusted("bob"));
    let (status, revoked) = app.act("/v1/accounts/ann/revoke-tokens", json!({})).await;
    assert_eq!(
        (status, &revoked),
        (StatusCode::OK, &json!({ "account": "ann", "tokens": 2 }))
    );
    for token in &anns {
        assert_eq!(status_of(&app, token).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status_of(&app, &bobs).await, StatusCode::OK);
    let (_, revoked) = app.act("/v1/accounts/ann/revoke-tokens", json!({})).await;
    assert_eq!(revoked["tokens"], json!(0));
    assert_eq!(
        app.act("/v1/accounts/nobody/revoke-tokens", json!({})).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn viewer_sees_tokens_and_revokes_none() {
    if !may_be_a_stranger() {
        return;
    }
    let app = start(group_as("CONTROL__VIEWER_GROUPS"));
    let token = app.trusted("ann");
    let (status, page) = as_stranger(&app, "GET", "/v1/tokens", None);
    assert_eq!((status, &page["rows"][0]["account"]), (StatusCode::OK, &json!("ann")));
    let id = page["rows"][0]["id"].as_str().unwrap();
    for path in [
        format!("/v1/tokens/{id}/revoke"),
        "/v1/accounts/ann/revoke-tokens".to_owned(),
    ] {
        assert_forbidden(
            as_stranger(&app, "POST", &path, None),
            "User 'nobody' does not have the role operator.",
        );
    }
    assert_eq!(status_of(&app, &token).await, StatusCode::OK);
}
