//! Orders of lists: by keyset, with totals.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::{PackBuilder, TestApp};

async fn publish(app: &TestApp, token: &str, set: &str, files: usize) {
    let trace = app
        .upload_and_settle(token, &PackBuilder::ticks(set, files).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
}

async fn page(app: &TestApp, path: &str) -> Value {
    let (status, page) = app.get(path, None).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page
}

#[tokio::test]
async fn pages_in_every_order_hold_each_row_once_although_more_is_published_meanwhile() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    publish(&app, &ann, "One", 7).await;
    app.sql("update catalogue set sales = 5 where product = 'item' and id in (select id from catalogue where product = 'item' limit 3)")
        .await;
    let first: Vec<_> = app
        .rows("/v1/items")
        .await
        .iter()
        .map(|row| row["id"].to_string())
        .collect();
    for (number, order) in ["newest", "best-selling", "popular"].into_iter().enumerate() {
        let path = format!("/v1/items?limit=2&order={order}");
        let (mut walked, mut next) = (Vec::new(), String::new());
        loop {
            let page = page(&app, &format!("{path}{next}")).await;
            let total = next.is_empty().then_some(7 + 2 * number);
            assert_eq!(page["total"], json!(total), "{order}: {page}");
            walked.extend(page["rows"].as_array().unwrap().iter().map(|row| row["id"].to_string()));
            let Some(cursor) = page["next"].as_str() else { break };
            if next.is_empty() {
                publish(&app, &ann, &format!("More {number}"), 2).await;
            }
            next = format!("&cursor={cursor}");
        }
        for id in &first {
            let times = walked.iter().filter(|walked| *walked == id).count();
            assert_eq!(times, 1, "{order}: {id} in {walked:?}");
        }
    }
    let best = page(&app, "/v1/items?order=best-selling&limit=3").await;
    let cursor = best["next"].as_str().unwrap();
    assert!(cursor.ends_with(".5"), "{cursor}");
    for (order, cursor) in [("newest", cursor), ("popular", cursor.split('.').next().unwrap())] {
        let (status, problem) = app.get(&format!("/v1/items?order={order}&cursor={cursor}"), None).await;
        let code = &problem["code"];
        assert_eq!(
            (status, code),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("cursor-of-another-order")),
            "{order}"
        );
    }
}

#[tokio::test]
async fn total_of_much_is_an_estimate_that_is_close() {
    let app = TestApp::start();
    app.sql(
        "insert into catalogue (product, id, family_id, facets, popularity)
        select 'item', gen_random_uuid(), gen_random_uuid(), array['kind:' || case when n % 10 = 0 then 'model' else 'icon' end, 'tag:t' || n % 7], 0
        from generate_series(1, 30000) n",
    )
    .await;
    app.sql("analyze catalogue").await;
    let total = async |query: &str| {
        page(&app, &format!("/v1/items?limit=1{query}")).await["total"]
            .as_f64()
            .unwrap()
    };
    for (query, exact) in [("", 30_000.0), ("&kind=model", 3_000.0), ("&tag=t3", 4_286.0)] {
        let estimate = total(query).await;
        assert!((estimate / exact - 1.0).abs() < 0.1, "{query}: {estimate} of {exact}");
    }
    assert_eq!(total("&tag=nothing").await, 0.0);
}
