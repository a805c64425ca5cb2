//! Floods of free checkouts with addresses of other people.

use futures_util::future::join_all;

use super::*;

/// The flood that is replayed had 150,000 checkouts from 16,933 addresses. `TRADEPOST_FLOOD=150000` replays all of it.
const WHOLE: (usize, usize) = (150_000, 16_933);
const SCALED: usize = 3_000;
const AT_ONCE: usize = 24;
/// Caps begin again with each hour.
const HOUR: &str = "select extract(hour from now())::bigint";

#[tokio::test]
async fn flood_of_free_checkouts_sends_few_mails_and_hurts_no_honest_buyer() {
    let checkouts = std::env::var("TRADEPOST_FLOOD").map_or(SCALED, |number| number.parse().unwrap());
    let addresses = checkouts * WHOLE.1 / WHOLE.0;
    let app = TestApp::start_with(tradepost_tests::Options::default().set("HTTP__TRUSTED_PROXIES", 1));
    let set = free_set(&app, "Ticks").await;
    let other = free_set(&app, "Tocks").await;
    let checkout = async |number: usize, email: &str, set: &str| {
        let client = match number % addresses {
            // An honest buyer is at home elsewhere.
            _ if number > checkouts => "203.0.113.7".to_owned(),
            client => format!("198.18.{}.{}", client / 256, client % 256),
        };
        let request = app
            .request(Method::POST, "/v1/orders")
            .header("idempotency-key", format!("key-{number}"))
            .header("x-forwarded-for", client)
            .json(&json!({ "lines": [{ "set": set }], "email": email }));
        request.send().await.unwrap()
    };
    let hour = app.number(HOUR).await;
    for batch in (0..checkouts).collect::<Vec<_>>().chunks(AT_ONCE) {
        join_all(batch.iter().map(async |&number| {
            let answer = checkout(number, &format!("victim-{}@example.org", number % addresses), &set).await;
            let expected = [StatusCode::ACCEPTED, StatusCode::TOO_MANY_REQUESTS];
            assert!(expected.contains(&answer.status()), "{}", answer.status());
        }))
        .await;
    }
    // Somebody honest takes the flooded set: the answer opens it, whether a mail comes or not.
    app.act("/v1/queues/notify/pause", json!({})).await;
    let honest = checkout(checkouts + 1, "honest@example.net", &set).await;
    assert_eq!(honest.status(), StatusCode::ACCEPTED);
    let library = with_session(&app, Method::GET, "/v1/library", &cookie_of(&honest), None).await;
    assert_eq!(
        library.json::<Value>().await.unwrap()["rows"][0]["product"]["id"],
        json!(set)
    );
    let order: Value = honest.json().await.unwrap();
    assert_eq!(order["state"], "paid");
    // Somebody honest takes another set: the mail comes, before those of the flooded one.
    let unhurt: Value = checkout(checkouts + 2, "other@example.net", &other)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(lane_of_notice(&app, &unhurt).await, 0);
    if app.number(HOUR).await == hour {
        let lane = lane_of_notice(&app, &order).await;
        assert_eq!(lane, 1, "mails that are held back keep no other waiting");
    }
    app.act("/v1/queues/notify/resume", json!({})).await;
    outbox(&app, "other@example.net", "receipt").await;
    app.until("/v1/queues", |all| {
        let queues = all["queues"].as_array().unwrap();
        let mut notify = queues.iter().filter(|queue| queue["name"] == "notify");
        notify.all(|queue| queue["depth"] == 0 && queue["in_flight"] == 0)
    })
    .await;
    let mails = few_mails(&app).await;
    let held = app.number("select sum(held_back)::bigint from mail_caps").await;
    println!("{checkouts} checkouts: {mails} mails, {held} held back");
}

/// The lane of the message that tells of an order.
async fn lane_of_notice(app: &TestApp, order: &Value) -> i64 {
    let statement = "select lane::bigint from queue_messages where queue = 'notify' and correlation_id = $1::uuid";
    let lane = sqlx::query_scalar(statement).bind(order["id"].as_str().unwrap());
    lane.fetch_one(&app.database().await).await.unwrap()
}

/// The mails to those who asked for none: few in all, and few to each.
async fn few_mails(app: &TestApp) -> i64 {
    let mails = app
        .number("select count(*) from mails where recipient like 'victim-%'")
        .await;
    assert!(
        (1..=2 * 60).contains(&mails),
        "{mails} mails: a cap of 60 for the set in an hour, and the hour may end meanwhile"
    );
    let most = app
        .number("select max(n)::bigint from (select count(*) n from mails group by recipient) by_recipient")
        .await;
    assert!(most <= 5, "{most} mails to one address");
    mails
}
