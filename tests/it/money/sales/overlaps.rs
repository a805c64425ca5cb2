//! Orders of one buyer for things that contain each other.

use futures_util::future::join;
use sqlx::{Connection as _, PgConnection};
use tradepost_tests::packs::PackBuilder;
use tradepost_tests::wait::until_waiting;

use super::*;

/// A shop with a second set, and a price on an item of each.
async fn two_sets() -> (Shop, [String; 2], [String; 2]) {
    let shop = Shop::open(100_000).await;
    let ann = shop.app.trusted("ann");
    let pack = PackBuilder::ticks("Tocks", 1).build();
    shop.app.upload_and_settle(&ann, &pack).await;
    let rows = shop.app.rows("/v1/sets").await;
    let other = rows.iter().find(|row| row["id"] != json!(shop.set)).unwrap();
    let sets = [shop.set.clone(), other["id"].as_str().unwrap().to_owned()];
    let rows = shop.app.rows("/v1/items").await;
    let item_of = |set: &String| rows.iter().find(|row| row["set_id"] == json!(set)).unwrap()["id"].clone();
    let items = [&sets[0], &sets[1]].map(|set| item_of(set).as_str().unwrap().to_owned());
    for item in &items {
        let (status, put) = shop
            .price(&format!("/v1/prices/item/{item}"), json!([price("personal", 100)]))
            .await;
        assert_eq!(status, StatusCode::OK, "{put}");
    }
    (shop, sets, items)
}

#[tokio::test]
async fn orders_placed_at_once_that_contain_each_others_goods_are_not_both_taken() {
    let (shop, sets, items) = two_sets().await;
    let db = shop.app.database().await;
    // The wallet is locked, so that both requests are in the middle of placing their order.
    let mut wallet: PgConnection = db.acquire().await.unwrap().detach();
    let mut locked = wallet.begin().await.unwrap();
    sqlx::query("select from ledger_accounts where name = 'liabilities:wallet:bob' for update")
        .execute(&mut *locked)
        .await
        .unwrap();
    let order = |set: &str, item: &str| json!({ "lines": [{ "set": set }, { "item": item }] });
    let (one, other) = (order(&sets[0], &items[1]), order(&sets[1], &items[0]));
    let racing = join(shop.buy("one", one), shop.buy("other", other));
    let release = async {
        until_waiting(&db, 2).await;
        locked.commit().await.unwrap();
    };
    let ((one, other), ()) = join(racing, release).await;
    let answers = [one, other];
    let taken = answers.iter().filter(|(status, _)| *status == StatusCode::ACCEPTED);
    let taken: Vec<_> = taken.collect();
    assert_eq!(taken.len(), 1, "{answers:?}");
    let refused = answers.iter().find(|(status, _)| *status == StatusCode::CONFLICT);
    assert_eq!(refused.unwrap().1["code"], "already-ordered");
    assert_eq!(shop.settled(&taken[0].1).await["state"], "paid");
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 100_000 - 1_000);
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn order_for_what_was_bought_meanwhile_is_released_when_it_is_settled() {
    let (shop, sets, items) = two_sets().await;
    let (status, paused) = shop.app.act("/v1/queues/settle/pause", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{paused}");
    let (_, item) = shop.buy("item", json!({ "lines": [{ "item": items[0] }] })).await;
    // Another account of the buyer buys the whole set; it becomes this one before either is settled.
    let eve = shop.app.token(&["--account", "eve", "--role", "buyer"]);
    super::super::credit(&shop.app, "eve", 900, "first").await;
    let (status, whole) = place(&shop.app, &eve, "set", json!({ "lines": [{ "set": sets[0] }] })).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{whole}");
    shop.app
        .sql(
            "update orders set account_id = (select id from accounts where name = 'bob'), placed_at = placed_at - interval '1 hour';
            update queue_messages set visible_at = now() + interval '1 hour' where payload::text like '%' || (
                select id from orders where idempotency_key = 'item') || '%'",
        )
        .await;
    shop.app.act("/v1/queues/settle/resume", json!({})).await;
    assert_eq!(shop.settled(&whole).await["state"], "paid");
    shop.app.sql("update queue_messages set visible_at = now()").await;
    let failed = shop.settled(&item).await;
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(
        failed["note"].as_str().unwrap().contains("with another one"),
        "{failed}"
    );
    // The money of each order is that of the account that paid.
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 100_000);
    assert_eq!(shop.balance("liabilities:wallet:eve").await, 0);
    shop.assert_books_are_right().await;
}
