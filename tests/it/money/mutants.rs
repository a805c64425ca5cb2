//! Each rule is broken on purpose, and the proof finds it.

use super::Shop;
use super::ledger::Books;

/// A change that no code makes, and the rules that it breaks.
pub const MUTANTS: [(&str, &[&str]); 10] = [
    (
        "update ledger_accounts set balance = balance + 1 where name = 'ann'",
        &["balance"],
    ),
    (
        "update ledger_accounts set held = held + 1 where name = 'ann'",
        &["held"],
    ),
    (
        "update ledger_accounts set seq = seq + 1 where name = 'ann'",
        &["sequence"],
    ),
    (
        "update ledger_accounts set head = sha256('') where name = 'ann'",
        &["chain"],
    ),
    (
        "update ledger_transactions set kind = 'other' where key = 'move'",
        &["fingerprint"],
    ),
    (
        "update ledger_transactions set key = 'moved' where key = 'move'",
        &["fingerprint"],
    ),
    (
        "update ledger_transactions set fingerprint = sha256('') where key = 'move'",
        &["chain", "fingerprint"],
    ),
    ("update ledger_entries set hash = sha256('') where seq = 2", &["chain"]),
    (
        "update ledger_entries set amount = amount - 1 where amount = 40",
        &["balance", "chain", "fingerprint", "zero-sum"],
    ),
    (
        "delete from ledger_entries where amount = 40",
        &["balance", "chain", "fingerprint", "sequence", "zero-sum"],
    ),
];

#[tokio::test]
async fn proof_names_the_rule_that_is_broken() {
    let books = Books::open().await;
    let [ann, bank] = books.funded("ann", 100).await;
    books.transfer("move", [ann, bank], 40).await.unwrap();
    assert_eq!(books.broken().await, [""; 0]);
    books
        .sql("alter table ledger_entries disable trigger user; alter table ledger_transactions disable trigger user")
        .await
        .unwrap();
    for (mutant, rules) in MUTANTS {
        let mut tx = books.db.begin().await.unwrap();
        let changed = sqlx::raw_sql(mutant).execute(&mut *tx).await.unwrap();
        assert!(changed.rows_affected() > 0, "{mutant}");
        let found = tradepost_ledger::proof::differences(&mut *tx).await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|difference| difference.rule).collect();
        found.sort();
        found.dedup();
        assert_eq!(found, rules, "{mutant}");
        tx.rollback().await.unwrap();
    }
    assert_eq!(books.broken().await, [""; 0]);
}

#[tokio::test]
async fn without_their_guards_the_rules_are_broken() {
    let books = Books::open().await;
    let accounts = books.funded("ann", 1).await;
    books
        .sql("alter table ledger_accounts drop constraint ledger_accounts_above_floor")
        .await
        .unwrap();
    books.transfer("below", accounts, 2).await.unwrap();
    assert_eq!(books.balance(accounts[0]).await, -1);
    books
        .sql("drop trigger ledger_entries_balanced on ledger_entries")
        .await
        .unwrap();
    let entry = tradepost_ledger::Entry {
        account: accounts[0],
        amount: 5,
    };
    books.post("from nothing", &[entry]).await.unwrap();
    assert_eq!(books.broken().await, ["zero-sum"]);
}

#[tokio::test]
async fn drift_raises_an_alert_until_it_is_mended() {
    let shop = Shop::open(500).await;
    let alerts = async || shop.app.look("/v1/alerts").await.to_string();
    shop.app
        .sql("update ledger_accounts set balance = balance + 1 where name = 'liabilities:wallet:bob'")
        .await;
    let view = shop.app.look("/v1/ledger").await;
    assert_eq!(view["proof"]["differences"][0]["rule"], "balance", "{view}");
    assert!(alerts().await.contains("ledger-drift"));
    shop.app
        .sql("update ledger_accounts set balance = balance - 1 where name = 'liabilities:wallet:bob'")
        .await;
    shop.assert_books_are_right().await;
    assert!(!alerts().await.contains("ledger-drift"));
}
