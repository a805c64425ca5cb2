//! People outside are told about alerts: by SNS on a server that speaks its protocol, by mail and by webhook.

use serde_json::{Value, json};
use tradepost_tests::receivers::{Receivers, header};
use tradepost_tests::sqs::{Sqs, credentials};
use tradepost_tests::topic::Topic;
use tradepost_tests::{Options, TestApp};

/// An alert that stays for a second is told. A paused queue is one that a test can raise and clear.
fn options(options: Options) -> Options {
    options
        .set("ALERTS__LEAST", "info")
        .set("ALERTS__GROUP_SECONDS", 1)
        .set("QUEUES__ATTEMPTS", 2)
        .set("QUEUES__BACKOFF_SECONDS", 0)
}

/// Waits until the alert is raised, or is not.
async fn is_raised(app: &TestApp, code: &str, is: bool) {
    app.until("/v1/overview", |overview| {
        let mut alerts = overview["alerts"].as_array().unwrap().iter();
        alerts.any(|alert| alert["code"] == code) == is
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sns_gets_an_alert_once_and_its_end_once() {
    let Some(server) = Sqs::start() else { return };
    let mut topic = Topic::create(&server, "alerts").await;
    let mut set = options(Options::default())
        .set("ALERTS__SNS_TOPIC", &topic.arn)
        .set("AWS__REGION", "eu-central-1")
        .set("AWS__ENDPOINT", &server.endpoint);
    set.variables
        .extend(credentials().map(|(name, value)| (name.to_owned(), value.to_owned())));
    let app = TestApp::start_with(set);
    app.act("/v1/queues/preview/pause", json!({})).await;
    is_raised(&app, "queue-paused", true).await;
    topic
        .until("SNS is told", |heard| !about(heard, "queue-paused").is_empty())
        .await;
    app.act("/v1/queues/preview/resume", json!({})).await;
    is_raised(&app, "queue-paused", false).await;
    topic
        .until("SNS is told that it is over", |heard| {
            about(heard, "queue-paused").len() > 1
        })
        .await;
    let heard = topic.finish().await;
    let about = about(heard, "queue-paused");
    assert_eq!(about.len(), 2, "{heard:?}");
    assert!(about[0]["Subject"].as_str().unwrap().starts_with('['), "{}", about[0]);
    assert!(
        about[1]["Subject"]
            .as_str()
            .unwrap()
            .starts_with("[resolved] Tradepost: "),
        "{}",
        about[1]
    );
}

/// The notifications that name an alert.
fn about<'a>(heard: &'a [Value], code: &str) -> Vec<&'a Value> {
    let is_about = |notice: &&Value| notice["Message"].as_str().is_some_and(|text| text.contains(code));
    heard.iter().filter(is_about).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_and_webhook_get_alerts_and_the_second_channel_what_nobody_acknowledges() {
    let Some(mut receivers) = Receivers::start() else {
        return;
    };
    // The receiver knows the same bytes in its own form.
    receivers.knows("/alerts", &json!("whsec_cGxhbnRlZA==")).await;
    let app = TestApp::start_with(
        options(receivers.options())
            .set("ALERTS__MAIL", r#"["ops@example.org"]"#)
            .set("ALERTS__ESCALATE_MAIL", r#"["boss@example.org"]"#)
            .set("ALERTS__ESCALATE_SECONDS", 2)
            .set("ALERTS__WEBHOOK_URL", format!("{}/alerts", receivers.http))
            .set("ALERTS__WEBHOOK_SECRET", "planted"),
    );
    app.act("/v1/queues/preview/pause", json!({})).await;
    let (mut mail, mut webhook, mut boss) = (None, None, None);
    while mail.is_none() || webhook.is_none() || boss.is_none() {
        let next = receivers.next().await;
        let text = next.to_string();
        if !text.contains("queue-paused") {
            continue;
        }
        match next["to"][0].as_str() {
            Some("ops@example.org") => mail = mail.or(Some(next)),
            Some("boss@example.org") => boss = Some(next),
            _ => webhook = webhook.or(Some(next)),
        }
    }
    let mail = mail.unwrap();
    assert!(header(&mail, "subject").contains("queue-paused"), "{mail}");
    assert!(header(&boss.unwrap(), "subject").starts_with("[nobody acknowledged]"));
    let webhook = webhook.unwrap();
    assert_eq!(webhook["verified"], true, "{webhook}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_fails_leaves_a_dead_letter() {
    // Nothing listens on this port.
    let app = TestApp::start_with(
        options(Options::default())
            .set("ALERTS__WEBHOOK_URL", "http://127.0.0.1:9/alerts")
            .set("ALERTS__WEBHOOK_SECRET", "secret"),
    );
    app.act("/v1/queues/preview/pause", json!({})).await;
    let dead = app
        .until("/v1/dead", |page| {
            page["rows"].as_array().is_some_and(|rows| !rows.is_empty())
        })
        .await;
    let row = &dead["rows"][0];
    assert_eq!(row["queue"], "notify", "{row}");
    assert!(row.to_string().contains("posting to alerts.webhook_url"), "{row}");
}
