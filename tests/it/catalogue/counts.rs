//! Views, downloads, favourites and sales are counted, and make things popular.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::{Answer, PackBuilder, TestApp};

async fn shop(files: usize) -> (TestApp, Vec<String>) {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let trace = app
        .upload_and_settle(&ann, &PackBuilder::ticks("Ticks", files).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let items = app.rows("/v1/items").await;
    let ids = items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    (app, ids)
}

async fn view(app: &TestApp, item: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(app.get(&format!("/v1/items/{item}"), None).await.0, StatusCode::OK);
    }
}

async fn counted(app: &TestApp, item: &str, good: impl Fn(&Value) -> bool) -> Value {
    app.until(&format!("/v1/catalogue/item/{item}"), |entry| good(&entry["counts"]))
        .await
}

#[tokio::test]
async fn popular_things_come_first_in_lists_and_among_equals_in_the_search() {
    let (app, items) = shop(5).await;
    app.sql("update sets set price_minor = 0").await;
    let (viewed, liked, sold) = (&items[3], &items[2], &items[1]);
    let before = counted(&app, viewed, |_| true).await["popularity"].as_f64().unwrap();
    view(&app, viewed, 2).await;
    let file = Answer::to(app.request(Method::GET, &format!("/v1/items/{viewed}/file"))).await;
    assert_eq!(file.status, StatusCode::OK);
    let bob = app.token(&["--account", "bob", "--role", "buyer"]);
    let path = format!("/v1/favourites/{liked}");
    for _ in 0..2 {
        assert_eq!(
            app.call(Method::PUT, &path, Some(&bob), None).await.0,
            StatusCode::NO_CONTENT,
            "once is enough"
        );
    }
    let prices = json!({ "prices": [{ "licence": "personal", "currency": "EUR", "amount_minor": 0 }] });
    let ann = app.trusted("ann");
    let put = app
        .call(
            Method::PUT,
            &format!("/v1/prices/item/{sold}"),
            Some(&ann),
            Some(prices),
        )
        .await;
    assert_eq!(put.0, StatusCode::OK);
    let order = app
        .request(Method::POST, "/v1/orders")
        .bearer_auth(&bob)
        .header("idempotency-key", "one");
    let placed = Answer::to(order.json(&json!({ "lines": [{ "item": sold }] }))).await;
    assert_eq!(placed.status, StatusCode::ACCEPTED, "{placed:?}");

    let entry = counted(&app, viewed, |counts| counts["views"] == 2 && counts["downloads"] == 1).await;
    let gained = entry["popularity"].as_f64().unwrap() - before;
    assert!(
        (6.9..7.1).contains(&gained),
        "two views and a download of weight 5: {gained}"
    );
    counted(&app, liked, |counts| counts["favourites"] == 1).await;
    counted(&app, sold, |counts| counts["sales"] == 1).await;
    let ids = async |path: &str| {
        let (_, page) = app.get(path, None).await;
        let rows = page["rows"].as_array().unwrap().iter().take(3);
        rows.map(|row| row["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let expected = [sold.clone(), liked.clone(), viewed.clone()];
    assert_eq!(ids("/v1/items?order=popular").await, expected);
    assert_eq!(ids("/v1/items?order=best-selling").await[0], *sold);
    app.until("/v1/search", |status| {
        status["waiting"] == 0 && status["documents"] == 5
    })
    .await;
    assert_eq!(ids("/v1/search?q=tick").await, expected);

    assert_eq!(
        app.call(Method::DELETE, &path, Some(&bob), None).await.0,
        StatusCode::NO_CONTENT
    );
    counted(&app, liked, |counts| counts["favourites"] == 0).await;
}

#[tokio::test]
async fn counts_that_were_flushed_survive_a_kill_and_a_withdrawal() {
    let (mut app, items) = shop(1).await;
    view(&app, &items[0], 5).await;
    counted(&app, &items[0], |counts| counts["views"] == 5).await;
    view(&app, &items[0], 3).await;
    app.kill();
    app.restart();
    let entry = app.look(&format!("/v1/catalogue/item/{}", items[0])).await;
    let views = entry["counts"]["views"].as_i64().unwrap();
    assert!((5..=8).contains(&views), "at most the last seconds are lost: {views}");
    view(&app, &items[0], 2).await;
    assert_eq!(app.stop(), Some(0));
    app.restart();
    counted(&app, &items[0], |counts| counts["views"].as_i64() == Some(views + 2)).await;
    let ready = "update items set state = 'ready'; update items set state = 'published'";
    app.sql(ready).await;
    let again = app.look(&format!("/v1/catalogue/item/{}", items[0])).await;
    assert_eq!(
        again["counts"],
        json!({ "views": views + 2, "downloads": 0, "favourites": 0, "sales": 0 })
    );
    assert!(again["popularity"].as_f64().unwrap() > 5.0, "{again}");
}

#[tokio::test]
async fn popularity_halves_in_30_days_and_its_order_stays() {
    let app = TestApp::start();
    for (query, expected) in [
        (
            "select round(1000 * power(2, popularity_with(half_lives(now()), 7, now()) - half_lives(now())))::int8",
            8_000,
        ),
        (
            "select round(1000 * power(2, half_lives(now()) - half_lives(now() + interval '30 days')))::int8",
            500,
        ),
        // Something that was popular years ago weighs nothing beside an event of today, and overflows nothing.
        (
            "select round(1000 * (popularity_with(half_lives(now()) - 100, 1, now()) - half_lives(now())))::int8",
            0,
        ),
        ("select bucket_of(half_lives(now()) + 3.5)::int8", 4),
        ("select bucket_of(half_lives(now()) - 3.5)::int8", 0),
    ] {
        assert_eq!(app.number(query).await, expected, "{query}");
    }
}
