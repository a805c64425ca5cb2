//! Mails through a mail server, and webhooks to a receiver, as the public libraries read them.

use tradepost_tests::Receivers;
use tradepost_tests::receivers::{header, token_in};

use super::*;

#[tokio::test]
async fn mails_reach_the_mail_server_once_and_leave_no_secret_behind() {
    let Some(mut receivers) = Receivers::start() else {
        return;
    };
    let app = TestApp::start_with(receivers.options());
    let set = free_set(&app, "Ticks & <b>Tocks</b>").await;
    guest_order(&app, "gus@example.org", "one", &set).await;
    let mail = receivers.mail_to("gus@example.org").await;
    assert_eq!(mail["to"], json!(["gus@example.org"]));
    assert_eq!(header(&mail, "from"), "Shop <shop@example.org>");
    assert!(header(&mail, "subject").starts_with("Your receipt ("), "{mail}");
    let row = app.until("/v1/mails", |page| page["rows"][0]["state"] == "sent").await["rows"][0].clone();
    assert_eq!(
        header(&mail, "message-id"),
        format!("<{}@example.org>", row["id"].as_str().unwrap())
    );
    assert!(
        mail["html"].as_str().unwrap().contains(&token_in(&mail["text"])),
        "{mail}"
    );
    assert!(mail["text"].as_str().unwrap().contains("Total: 0.00 EUR"), "{mail}");
    assert!(!mail["html"].as_str().unwrap().contains("<b>"), "{mail}");
    let kept = app.look(&format!("/v1/mails/{}", row["id"].as_str().unwrap())).await;
    assert_eq!((&kept["text"], &kept["html"]), (&Value::Null, &Value::Null));
    let opened = app
        .get(&format!("/v1/library?token={}", token_in(&mail["text"])), None)
        .await;
    assert_eq!(opened.0, StatusCode::OK);
    assert_eq!(receivers.so_far(), Vec::<Value>::new());
}

#[tokio::test]
async fn mailbox_that_does_not_exist_is_not_tried_again() {
    let Some(receivers) = Receivers::start() else { return };
    let app = TestApp::start_with(receivers.options());
    let body = json!({ "email": "nobody@example.org", "password": PASSWORD });
    app.call(Method::POST, "/v1/accounts", None, Some(body)).await;
    app.until("/v1/mails", |page| page["rows"][0]["state"] == "discarded")
        .await;
    assert_eq!(app.look("/v1/dead").await["rows"], json!([]));
}

#[tokio::test]
async fn mail_waits_as_a_dead_letter_while_the_server_is_away_and_is_redriven() {
    let Some(receivers) = Receivers::start() else { return };
    // Nobody listens on this port.
    let app = TestApp::start_with(receivers.options().set("MAIL__PORT", 9).set("QUEUES__ATTEMPTS", 2));
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    app.call(Method::POST, "/v1/accounts", None, Some(body)).await;
    let dead = app
        .until("/v1/dead", |page| {
            page["rows"].as_array().is_some_and(|rows| !rows.is_empty())
        })
        .await;
    assert_eq!(dead["rows"][0]["queue"], "mail", "{dead}");
    assert!(!dead.to_string().contains("ann@example.org"), "{dead}");
    assert_eq!(app.look("/v1/mails").await["rows"][0]["state"], "queued");
}

/// A webhook of a contributor. Answers with it.
async fn webhook(app: &TestApp, token: &str, url: &str, events: &[&str]) -> Value {
    let body = json!({ "url": url, "events": events });
    let (status, webhook) = app.call(Method::POST, "/v1/webhooks", Some(token), Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{webhook}");
    webhook
}

#[tokio::test]
async fn webhook_is_signed_as_the_public_library_verifies_and_can_be_replayed() {
    let Some(mut receivers) = Receivers::start() else {
        return;
    };
    let app = TestApp::start_with(receivers.options());
    let set = free_set(&app, "Ticks").await;
    let seller = app.trusted("ann");
    let url = format!("{}/hook", receivers.http);
    let made = webhook(&app, &seller, &url, &["sale.created"]).await;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    receivers.knows("/hook", &made["secret"]).await;
    guest_order(&app, "gus@example.org", "one", &set).await;
    let came = receivers.next_where(|value| value["kind"] == "webhook").await;
    assert_eq!(came["verified"], json!(true), "{came}");
    let body: Value = serde_json::from_str(came["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&body["type"], &body["data"]["lines"][0]["product"]["id"]),
        (&json!("sale.created"), &json!(set)),
        "{body}"
    );

    let path = format!("/v1/webhooks/{}/deliveries", made["id"].as_str().unwrap());
    let delivered = async || loop {
        let (_, page) = app.get(&path, Some(&seller)).await;
        if page["rows"][0]["state"] == "delivered" {
            return page["rows"][0].clone();
        }
        tokio::task::yield_now().await;
    };
    let delivery = delivered().await;
    assert_eq!(
        (&delivery["last_status"], &delivery["attempts"]),
        (&json!(204), &json!(1)),
        "{delivery}"
    );
    let replay = format!("/v1/webhooks/deliveries/{}/replay", delivery["id"].as_str().unwrap());
    let other = app.trusted("bob");
    assert_eq!(
        app.call(Method::POST, &replay, Some(&other), None).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(app.get(&path, Some(&other)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        app.call(Method::POST, &replay, Some(&seller), None).await.0,
        StatusCode::ACCEPTED
    );
    let again = receivers.next_where(|value| value["kind"] == "webhook").await;
    assert_eq!((&again["verified"], &again["body"]), (&json!(true), &came["body"]));
    assert_eq!(again["headers"]["webhook-id"], came["headers"]["webhook-id"]);
    let gone = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    assert_eq!(
        app.call(Method::DELETE, &gone, Some(&seller), None).await.0,
        StatusCode::NO_CONTENT
    );
    guest_order(&app, "gus@example.org", "two", &set).await;
    receivers.mail_to("gus@example.org").await;
    assert!(receivers.so_far().iter().all(|value| value["kind"] != "webhook"));
}

#[tokio::test]
async fn failing_webhook_is_retried_then_disabled_and_redirects_are_not_followed() {
    let Some(mut receivers) = Receivers::start() else {
        return;
    };
    let app = TestApp::start_with(receivers.options().set("QUEUES__ATTEMPTS", 3));
    let seller = sign_up_through(&app, &mut receivers, "ann@example.org").await;
    let url = format!("{}/elsewhere", receivers.http);
    let made = app
        .request(Method::POST, "/v1/webhooks")
        .header("cookie", &seller)
        .header("x-requested-with", "test")
        .json(&json!({ "url": url, "events": ["upload.rejected"] }));
    assert_eq!(made.send().await.unwrap().status(), StatusCode::CREATED);
    reject_a_pack(&app, &seller).await;
    for _ in 0..3 {
        let came = receivers.next_where(|value| value["kind"] == "webhook").await;
        assert_eq!(came["path"], "/elsewhere");
    }
    let dead = app
        .until("/v1/dead", |page| {
            page["rows"].as_array().is_some_and(|rows| !rows.is_empty())
        })
        .await;
    assert_eq!(dead["rows"][0]["queue"], "webhook", "{dead}");
    app.sql("update webhooks set failing_since = now() - interval '73 hours'")
        .await;
    reject_a_pack(&app, &seller).await;
    let told = receivers
        .next_where(|value| header_is(value, "A webhook of yours was disabled"))
        .await;
    assert_eq!(told["to"], json!(["ann@example.org"]));
    reject_a_pack(&app, &seller).await;
    receivers
        .next_where(|value| header_is(value, "pack.zip was rejected"))
        .await;
    assert!(receivers.so_far().iter().all(|value| value["kind"] != "webhook"));
}

fn header_is(value: &Value, subject: &str) -> bool {
    value["kind"] == "mail" && header(value, "subject") == subject
}

async fn sign_up_through(app: &TestApp, receivers: &mut Receivers, email: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD, "role": "contributor" });
    app.call(Method::POST, "/v1/accounts", None, Some(body)).await;
    let mail = receivers.mail_to(email).await;
    let confirm = json!({ "token": token_in(&mail["text"]), "password": PASSWORD });
    let answer = app
        .request(Method::POST, "/v1/accounts/confirm")
        .json(&confirm)
        .send()
        .await
        .unwrap();
    cookie_of(&answer)
}

/// Uploads what is no ZIP.
async fn reject_a_pack(app: &TestApp, cookie: &str) {
    use sha2::Digest as _;
    let bytes = uuid::Uuid::now_v7().to_string().into_bytes();
    let sha256 = hex::encode(sha2::Sha256::digest(&bytes));
    let body = json!({ "file_name": "pack.zip", "size_bytes": bytes.len(), "sha256": sha256 });
    let started = with_session(app, Method::POST, "/v1/uploads", cookie, Some(body)).await;
    let started: Value = started.json().await.unwrap();
    app.put(&started, bytes).await;
    let id = started["id"].as_str().unwrap();
    with_session(app, Method::POST, &format!("/v1/uploads/{id}/complete"), cookie, None).await;
    app.settled(id).await;
}

#[tokio::test]
async fn webhooks_to_this_machine_and_its_networks_are_refused() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    for url in [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:192.168.0.1]/",
        "https://2130706433/",
        "https://user:secret@example.org/",
        "gopher://example.org/",
        "not a url",
    ] {
        let body = json!({ "url": url, "events": ["order.paid"] });
        let (status, problem) = app.call(Method::POST, "/v1/webhooks", Some(&token), Some(body)).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("unusable-url")),
            "{url}"
        );
    }
}
