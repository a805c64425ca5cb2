//! Proofs from the last checkpoint on, and proofs of the whole journal.

use reqwest::StatusCode;
use serde_json::json;
use tradepost_ledger::proof;

use super::ledger::Books;
use super::{Shop, credit};

/// The rules that a proof of what is new finds broken.
async fn recent(books: &Books) -> (i64, Vec<String>) {
    let mut connection = books.db.acquire().await.unwrap();
    let proven = proof::recent(&mut connection).await.unwrap();
    let mut rules: Vec<_> = proven.differences.into_iter().map(|found| found.rule).collect();
    rules.sort();
    rules.dedup();
    (proven.entries, rules)
}

#[tokio::test]
async fn proof_reads_only_what_came_after_the_last_one() {
    let books = Books::open().await;
    let accounts = books.funded("ann", 100).await;
    assert_eq!(recent(&books).await, (2, vec![]));
    assert_eq!(recent(&books).await, (0, vec![]));
    books.transfer("move", accounts, 40).await.unwrap();
    assert_eq!(recent(&books).await, (2, vec![]));
    let points =
        "select count(*) from ledger_checkpoints point join ledger_accounts account on account.id = point.account_id
        where (account.seq, account.balance, account.head) = (point.seq, point.balance, point.head)";
    assert_eq!(books.number(points).await, 2);
}

#[tokio::test]
async fn new_entries_and_balances_are_proven_as_the_whole_journal_is() {
    let books = Books::open().await;
    let accounts = books.funded("ann", 100).await;
    assert_eq!(recent(&books).await.1, [""; 0]);
    books.transfer("move", accounts, 40).await.unwrap();
    books
        .sql("alter table ledger_entries disable trigger user; alter table ledger_transactions disable trigger user")
        .await
        .unwrap();
    for (mutant, rules) in super::mutants::MUTANTS {
        let mut tx = books.db.begin().await.unwrap();
        sqlx::raw_sql(mutant).execute(&mut *tx).await.unwrap();
        let proven = proof::recent(&mut tx).await.unwrap();
        let mut found: Vec<_> = proven.differences.into_iter().map(|found| found.rule).collect();
        found.sort();
        found.dedup();
        assert_eq!(found, *rules, "{mutant}");
        let points: i64 = sqlx::query_scalar("select max(seq) from ledger_checkpoints")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(points, 1, "the checkpoints stay where the books were right: {mutant}");
        tx.rollback().await.unwrap();
    }
    assert_eq!(recent(&books).await, (2, vec![]));
}

#[tokio::test]
async fn proven_history_that_was_changed_is_found_by_the_whole_proof() {
    let books = Books::open().await;
    let accounts = books.funded("ann", 100).await;
    books.transfer("move", accounts, 40).await.unwrap();
    assert_eq!(recent(&books).await.1, [""; 0]);
    books
        .sql("alter table ledger_entries disable trigger user; alter table ledger_transactions disable trigger user")
        .await
        .unwrap();
    // The chain is made anew up to the last entry, as somebody would who knows how it is made.
    let forged = "
        update ledger_transactions set kind = 'forged', fingerprint = (select ledger_fingerprint('move', 'forged', array_agg(account_id),
            array_agg(amount)) from ledger_entries where transaction_id = id) where key = 'move';
        update ledger_entries entry set hash = ledger_hash(
            coalesce((select hash from ledger_entries before where before.account_id = entry.account_id and before.seq = entry.seq - 1), ''),
            transaction.fingerprint, entry.seq, entry.amount)
        from ledger_transactions transaction where transaction.id = entry.transaction_id and transaction.key = 'move';
        update ledger_accounts account set head = hash from ledger_entries entry
        where entry.account_id = account.id and entry.seq = account.seq";
    books.sql(forged).await.unwrap();
    assert_eq!(books.broken().await, ["checkpoint"]);
}

#[tokio::test]
async fn alert_stays_until_a_whole_proof_finds_nothing() {
    let shop = Shop::open(500).await;
    let prove = async || shop.app.act("/v1/ledger/prove", json!({})).await;
    let alerts = async || shop.app.look("/v1/alerts").await.to_string();
    assert_eq!(prove().await.1["differences"], json!([]));
    shop.app.look("/v1/ledger").await;
    shop.app
        .sql("alter table ledger_transactions disable trigger user; update ledger_transactions set kind = 'gift'")
        .await;
    let (status, proof) = prove().await;
    assert_eq!(
        (status, &proof["differences"][0]["rule"]),
        (StatusCode::OK, &json!("fingerprint")),
        "{proof}"
    );
    let view = shop.app.look("/v1/ledger").await;
    assert_eq!(view["proof"]["differences"], json!([]), "what is new is right");
    assert_eq!(view["whole"]["differences"], proof["differences"]);
    assert!(alerts().await.contains("ledger-drift"));
    shop.app.sql("update ledger_transactions set kind = 'credit'").await;
    assert_eq!(prove().await.1["differences"], json!([]));
    assert!(!alerts().await.contains("ledger-drift"));
}

#[tokio::test]
async fn accounts_and_journal_are_searched_sorted_and_counted() {
    let shop = Shop::open(2_000).await;
    credit(&shop.app, "ann", 100, "second").await;
    let (_, placed) = shop.order("one").await;
    shop.settled(&placed).await;
    let names = async |query: &str| {
        let page = shop.app.look(&format!("/v1/ledger/accounts?{query}")).await;
        let rows = page["rows"].as_array().unwrap().iter();
        let names: Vec<_> = rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        (names, page["total"].clone(), page["next"].clone())
    };
    let wallets = ["liabilities:wallet:bob", "liabilities:wallet:ann"].map(str::to_owned);
    assert_eq!(names("text=wallet&sort=-balance").await.0, wallets);
    assert_eq!(names("without=wallet&sort=balance").await.0[0], "expenses:credit");
    let mut query = "sort=name&limit=2".to_owned();
    let mut all = Vec::new();
    loop {
        let (some, total, next) = names(&query).await;
        assert!(all.len() > 1 || total == json!(5), "{total}");
        all.extend(some);
        match next.as_str() {
            Some(next) => query = format!("sort=name&limit=2&cursor={next}"),
            None => break,
        }
    }
    assert!(all.len() == 5 && all.is_sorted(), "{all:?}");
    let journal = shop.app.look("/v1/ledger/journal?text=wallet:bob").await;
    assert_eq!(
        (&journal["rows"][0]["kind"], &journal["total"]),
        (&json!("order"), &json!(2)),
        "{journal}"
    );
    let oldest = shop
        .app
        .look("/v1/ledger/journal?order=oldest&without=order&limit=1")
        .await;
    assert_eq!(oldest["rows"][0]["key"], "credit:bob:first", "{oldest}");
    for wrong in [
        "accounts?sort=colour",
        "accounts?cursor=x",
        "journal?order=sideways",
        "journal?cursor=1",
        "journal?sort=key",
    ] {
        let (status, _) = shop
            .app
            .control(reqwest::Method::GET, &format!("/v1/ledger/{wrong}"), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn story_of_an_order_has_states_postings_failures_and_acts() {
    let shop = Shop::open(2_000).await;
    shop.app
        .sql("alter table ledger_transactions add constraint broken check (kind <> 'order') not valid")
        .await;
    let (_, placed) = shop.order("one").await;
    let story = format!("/v1/orders/{}/story", placed["id"].as_str().unwrap());
    shop.app
        .until(&story, |story| story.to_string().contains("attempt 1 failed"))
        .await;
    shop.app
        .sql("alter table ledger_transactions drop constraint broken")
        .await;
    shop.settled(&placed).await;
    let refund = format!("/v1/orders/{}/refund", placed["id"].as_str().unwrap());
    shop.app.act(&refund, json!({ "reason": "bought by mistake" })).await;
    let story = shop.app.look(&story).await;
    let events = story["events"].as_array().unwrap().iter();
    let told: Vec<_> = events
        .map(|event| format!("{}: {}", event["source"], event["what"]).replace('"', ""))
        .collect();
    for expected in [
        "order: placed",
        "queue: settle: attempt 1 failed",
        "order: paid",
        "ledger: order posted",
        "order: refunded",
        "ledger: refund posted",
    ] {
        assert!(
            told.iter().any(|event| event == expected),
            "{expected} is not in {told:?}"
        );
    }
    assert!(
        told.iter().any(|event| event.starts_with("operator: order.refund by ")),
        "{told:?}"
    );
    assert!(story.to_string().contains("liabilities:earnings:ann"), "{story}");
    let unknown = format!("/v1/orders/{}/story", uuid::Uuid::now_v7());
    assert_eq!(
        shop.app.control(reqwest::Method::GET, &unknown, None).await.0,
        StatusCode::NOT_FOUND
    );
}
