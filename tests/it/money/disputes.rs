//! Disputes: the money is frozen, the evidence is kept, and the bank decides.

use serde_json::{Value, json};
use tradepost_tests::stripe::{Faults, Outcome};

use super::cards::{CardShop, GOOD};
use tradepost_tests::wait::until_waiting;

const DISPUTED: &str = "liabilities:earnings:ann";

impl CardShop {
    async fn dispute(&self, order: &Value) -> String {
        self.stripe
            .dispute(order["payment"]["provider_id"].as_str().unwrap())
            .await
    }

    async fn until_state(&self, order: &Value, state: &str) {
        let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
        self.until(&path, |order| order["state"] == state).await;
    }

    async fn held(&self, account: &str) -> i64 {
        self.shop.account(account).await["held_minor"].as_i64().unwrap_or(0)
    }
}

#[tokio::test]
async fn dispute_freezes_and_revokes_and_winning_it_restores_everything() {
    let Some(shop) = CardShop::open().await else { return };
    let paid = shop.bought("one").await;
    let item = shop.shop.app.rows("/v1/items").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = shop
        .shop
        .app
        .request(reqwest::Method::GET, &format!("/v1/items/{item}/file"));
    let downloaded = file.bearer_auth(&shop.shop.buyer).send().await.unwrap();
    assert_eq!(downloaded.status(), reqwest::StatusCode::OK);
    let dispute = shop.dispute(&paid).await;
    shop.until_state(&paid, "disputed").await;
    assert_eq!(
        (shop.held(DISPUTED).await, shop.shop.balance("assets:disputed").await),
        (630, -900)
    );
    assert_eq!(shop.shop.balance("assets:provider").await, 0);
    shop.assert_books_are_right().await;
    let (_, problem) = shop.refund(&paid, json!({ "reason": "too late" })).await;
    assert_eq!(problem["code"], "not-paid", "{problem}");
    let disputes = shop.shop.app.look("/v1/disputes").await;
    let row = &disputes["rows"][0];
    assert_eq!(
        (&row["state"], &row["provider_id"]),
        (&json!("open"), &json!(dispute)),
        "{disputes}"
    );
    let evidence = format!("/v1/disputes/{}/evidence", row["id"].as_str().unwrap());
    let evidence = shop.shop.app.look(&evidence).await;
    assert_eq!(
        evidence["purchase"]["order"]["lines"][0]["licence"], "personal",
        "{evidence}"
    );
    assert_eq!(
        (&evidence["account"], &evidence["client_network"]),
        (&json!("bob"), &json!("127.0.0.1")),
        "{evidence}"
    );
    assert!(!evidence.to_string().contains("_secret_"), "{evidence}");
    let downloads = evidence["downloads"].as_array().unwrap();
    assert_eq!(
        (
            downloads.len(),
            &downloads[0]["file_id"],
            &downloads[0]["client_address"]
        ),
        (1, &json!(item), &json!("127.0.0.1")),
        "{evidence}"
    );
    assert!(downloads[0]["at"].is_string() && downloads[0]["file"].as_str().unwrap().ends_with(".svg"));
    let certificate = evidence["certificate"]["text"].as_str().unwrap();
    let named = [paid["id"].as_str().unwrap(), "Licensee: bob", "(personal), version 1"];
    assert!(named.iter().all(|words| certificate.contains(words)), "{certificate}");
    let story = format!("/v1/orders/{}/story", paid["id"].as_str().unwrap());
    let told = shop.shop.app.look(&story).await;
    let events = told["events"].as_array().unwrap().iter();
    let told: Vec<_> = events.map(|event| event["what"].as_str().unwrap()).collect();
    let last: Vec<_> = told
        .iter()
        .filter(|what| what.contains("downloaded") || what.contains("dispute"))
        .collect();
    assert!(
        last[0].ends_with(".svg downloaded") && last.contains(&&"dispute opened"),
        "{told:?}"
    );
    assert!(last.contains(&&"dispute posted"), "{told:?}");

    shop.stripe.decide(&dispute, Outcome::Won);
    shop.until_state(&paid, "paid").await;
    assert_eq!(
        (shop.held(DISPUTED).await, shop.shop.balance("assets:disputed").await),
        (0, 0)
    );
    assert_eq!(shop.shop.balance(DISPUTED).await, 630);
    let (_, owned) = shop.order("two", Some(GOOD)).await;
    assert_eq!(owned["code"], "already-owned", "{owned}");
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn lost_dispute_is_paid_by_those_who_were_paid() {
    let Some(shop) = CardShop::open().await else { return };
    let paid = shop.bought("one").await;
    shop.refund(&paid, json!({ "reason": "a part", "amount_minor": 300 }))
        .await;
    shop.refunded(&paid).await;
    let dispute = shop.dispute(&paid).await;
    shop.until_state(&paid, "disputed").await;
    assert_eq!(
        (shop.held(DISPUTED).await, shop.shop.balance("assets:disputed").await),
        (420, -600)
    );
    shop.stripe.decide(&dispute, Outcome::Lost);
    shop.until_state(&paid, "charged_back").await;
    for account in [
        DISPUTED,
        "income:fees",
        "assets:provider",
        "assets:disputed",
        "expenses:disputes",
    ] {
        assert_eq!(shop.shop.balance(account).await, 0, "{account}");
    }
    assert_eq!(shop.held(DISPUTED).await, 0);
    shop.assert_books_are_right().await;
    shop.bought("two").await;
}

#[tokio::test]
async fn dispute_that_no_webhook_told_is_found_and_a_loss_nobody_can_pay_is_the_marketplaces() {
    let limit = |options: tradepost_tests::Options| options.set("MONEY__CLAWBACK_LIMIT_MINOR", 0);
    let Some(shop) = CardShop::open_with(limit).await else {
        return;
    };
    let paid = shop.bought("one").await;
    // The contributor was paid out.
    shop.shop
        .app
        .sql(
            "insert into ledger_holds (id, key, account_id, amount)
             select gen_random_uuid(), 'payout', id, 600 from ledger_accounts where name = 'liabilities:earnings:ann';
             update ledger_accounts set held = held + 600 where name = 'liabilities:earnings:ann'",
        )
        .await;
    shop.stripe.misbehave(Faults::without_webhooks());
    let dispute = shop.dispute(&paid).await;
    shop.until_state(&paid, "disputed").await;
    assert_eq!(shop.held(DISPUTED).await, 630);
    shop.stripe.decide(&dispute, Outcome::Lost);
    shop.until_state(&paid, "charged_back").await;
    assert_eq!(shop.shop.balance("expenses:disputes").await, -900);
    assert_eq!(
        (shop.held(DISPUTED).await, shop.shop.balance(DISPUTED).await),
        (600, 630)
    );
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn disputed_top_up_is_taken_from_what_is_left_of_it() {
    let Some(shop) = CardShop::open().await else { return };
    let body = json!({ "amount_minor": 1_000, "currency": "EUR", "payment_method": GOOD });
    let request = shop.shop.app.request(reqwest::Method::POST, "/v1/wallet/top-ups");
    let request = request.bearer_auth(&shop.shop.buyer).header("idempotency-key", "top");
    let top_up: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    let (_, placed) = shop.shop.order("one").await;
    shop.settled(&placed).await;
    let dispute = shop.stripe.dispute(top_up["provider_id"].as_str().unwrap()).await;
    shop.until("/v1/disputes", |disputes| disputes["rows"][0]["state"] == "open")
        .await;
    assert_eq!(shop.held("liabilities:wallet:bob").await, 100);
    shop.stripe.decide(&dispute, Outcome::Lost);
    shop.until("/v1/disputes", |disputes| disputes["rows"][0]["state"] == "lost")
        .await;
    assert_eq!(shop.shop.balance("liabilities:wallet:bob").await, 0);
    assert_eq!(shop.shop.balance("expenses:disputes").await, -900);
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn dispute_that_closes_and_refund_of_the_same_accounts_do_not_wait_for_each_other() {
    let Some(shop) = CardShop::open().await else { return };
    let db = shop.shop.app.database().await;
    // Opened first, the accounts of fees come before those of sellers in the order of locks.
    sqlx::query(
        "insert into ledger_accounts (name, currency, shard) select 'income:fees', 'EUR', generate_series(0, 15)",
    )
    .execute(&db)
    .await
    .unwrap();
    let mut orders = Vec::new();
    let (shared, pair) = loop {
        let buyer = format!("buyer-{}", orders.len());
        let token = shop.shop.app.token(&["--account", &buyer, "--role", "buyer"]);
        let (_, placed) = shop.order_as(&token, "one", Some(GOOD)).await;
        orders.push(shop.settled(&placed).await);
        let found: Option<(i64, Vec<uuid::Uuid>)> = sqlx::query_as(
            "select account.id, array_agg(orders.id) from orders
            join ledger_entries entry on entry.transaction_id = orders.payment_id
            join ledger_accounts account on account.id = entry.account_id and account.name = 'income:fees'
            group by account.id having count(*) > 1",
        )
        .fetch_optional(&db)
        .await
        .unwrap();
        match found {
            Some(found) => break found,
            None => assert!(orders.len() < 17, "16 accounts, and each of 17 orders has its own"),
        }
    };
    let order = |id: uuid::Uuid| orders.iter().find(|order| order["id"] == json!(id)).unwrap();
    let (disputed, refunded) = (order(pair[0]), order(pair[1]));
    let dispute = shop.dispute(disputed).await;
    shop.until_state(disputed, "disputed").await;
    let mut locked = db.begin().await.unwrap();
    sqlx::query("select from ledger_accounts where id = $1 for update")
        .bind(shared)
        .execute(&mut *locked)
        .await
        .unwrap();
    let refund = shop.refund(refunded, json!({ "reason": "meanwhile" }));
    let closing = async {
        until_waiting(&db, 1).await;
        shop.stripe.decide(&dispute, Outcome::Lost);
        until_waiting(&db, 2).await;
        locked.commit().await.unwrap();
    };
    let ((status, refund), ()) = futures_util::future::join(refund, closing).await;
    assert_eq!(status, reqwest::StatusCode::OK, "{refund}");
    shop.until_state(disputed, "charged_back").await;
    shop.refunded(refunded).await;
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(shop.shop.app.number(deadlocks).await, 0);
    shop.assert_books_are_right().await;
}
