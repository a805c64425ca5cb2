//! The fifteen invariants of the public ledger-conformance-kit.

use futures_util::future::join_all;
use tradepost_ledger::{Ending, Entry, Hold, LedgerError, Posted, end_hold, hold, reverse};

use super::ledger::Books;

fn applied(answers: &[Result<Posted, LedgerError>]) -> usize {
    answers
        .iter()
        .filter(|answer| matches!(answer, Ok(Posted::Applied(_))))
        .count()
}

#[tokio::test]
async fn every_transaction_nets_zero_in_each_currency() {
    let books = Books::open().await;
    let [euros, bank] = books.funded("ann", 100).await;
    let dollars = books.account("ann", "USD", None).await;
    let before = books.number("select count(*) from ledger_entries").await;
    let unbalanced = [
        Entry {
            account: euros,
            amount: -10,
        },
        Entry {
            account: bank,
            amount: 9,
        },
    ];
    assert!(matches!(
        books.post("short", &unbalanced).await,
        Err(LedgerError::Unbalanced { .. })
    ));
    // A debit of dollars does not close a credit of euros.
    let crossed = [
        Entry {
            account: euros,
            amount: -10,
        },
        Entry {
            account: dollars,
            amount: 10,
        },
    ];
    assert!(matches!(
        books.post("crossed", &crossed).await,
        Err(LedgerError::Unbalanced { .. })
    ));
    for malformed in [
        vec![],
        vec![Entry {
            account: euros,
            amount: 0,
        }],
        vec![
            Entry {
                account: euros,
                amount: 5,
            },
            Entry {
                account: euros,
                amount: -5,
            },
        ],
    ] {
        let refused = books.post("malformed", &malformed).await;
        assert!(
            matches!(refused, Err(LedgerError::Malformed { .. })),
            "{malformed:?}: {refused:?}"
        );
    }
    assert_eq!(books.number("select count(*) from ledger_entries").await, before);
    assert_eq!(books.balance(euros).await, 100);
    assert_eq!(books.broken().await, [""; 0]);
}

#[tokio::test]
async fn journal_is_append_only_and_its_chain_verifies() {
    let books = Books::open().await;
    books.funded("ann", 100).await;
    for change in [
        "update ledger_entries set amount = amount + 1",
        "delete from ledger_entries",
        "truncate ledger_entries",
        "update ledger_transactions set kind = 'other'",
        "delete from ledger_transactions",
        "truncate ledger_transactions cascade",
    ] {
        let refused = books.sql(change).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{change}: {refused}");
    }
    assert_eq!(books.broken().await, [""; 0]);
}

#[tokio::test]
async fn replay_writes_nothing_and_says_so() {
    let books = Books::open().await;
    let [wallet, bank] = books.funded("ann", 100).await;
    let first = books.transfer("move", [wallet, bank], 40).await.unwrap();
    let again = books.transfer("move", [wallet, bank], 40).await.unwrap();
    assert_eq!((again, books.balance(wallet).await), (Posted::Replayed(first.id()), 60));
    let other = books.transfer("move", [wallet, bank], 41).await;
    assert!(matches!(other, Err(LedgerError::KeyReused { .. })), "{other:?}");
    assert_eq!(books.balance(wallet).await, 60);
}

#[tokio::test]
async fn sixty_four_posts_of_one_key_apply_once() {
    let books = Books::open().await;
    let accounts = books.funded("ann", 100).await;
    let answers = join_all((0..64).map(|_| books.transfer("same", accounts, 40))).await;
    assert_eq!(applied(&answers), 1);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(books.balance(accounts[0]).await, 60);
}

#[tokio::test]
async fn simultaneous_credits_are_exact() {
    let books = Books::open().await;
    let [wallet, bank] = books.funded("ann", 0).await;
    let keys: Vec<_> = (0..500).map(|n| format!("credit:{n}")).collect();
    let answers = join_all(keys.iter().map(|key| books.transfer(key, [bank, wallet], 3))).await;
    assert_eq!(applied(&answers), 500);
    assert_eq!(books.balance(wallet).await, 1_500);
    assert_eq!(books.broken().await, [""; 0]);
}

#[tokio::test]
async fn concurrent_transfers_conserve_the_total() {
    let books = Books::open().await;
    let names = ["ann", "bob", "cyd", "dan"];
    let mut wallets = Vec::new();
    for name in names {
        wallets.push(books.funded(name, 1_000).await[0]);
    }
    let moves: Vec<_> = (0..400)
        .map(|n| {
            (
                format!("move:{n}"),
                [wallets[n % 4], wallets[(n * 7 + 1) % 4]],
                n as i64 % 9 + 1,
            )
        })
        .collect();
    let moves = moves.iter().filter(|(_, [from, to], _)| from != to);
    let answers = join_all(moves.map(|(key, accounts, amount)| books.transfer(key, *accounts, *amount))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let total = books
        .number("select sum(balance)::bigint from ledger_accounts where name <> 'bank'")
        .await;
    assert_eq!(total, 4_000);
    assert_eq!(
        books.number("select sum(balance)::bigint from ledger_accounts").await,
        0
    );
    assert_eq!(books.broken().await, [""; 0]);
}

#[tokio::test]
async fn balance_is_never_drained_below_zero() {
    let books = Books::open().await;
    let accounts = books.funded("ann", 10).await;
    let keys: Vec<_> = (0..20).map(|n| format!("drain:{n}")).collect();
    let answers = join_all(keys.iter().map(|key| books.transfer(key, accounts, 1))).await;
    assert_eq!(applied(&answers), 10);
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Err(LedgerError::InsufficientFunds)))
        .count();
    assert_eq!((refused, books.balance(accounts[0]).await), (10, 0));
    assert_eq!(books.broken().await, [""; 0]);
}

#[tokio::test]
async fn thousand_moves_of_one_unit_are_exact_and_numbered() {
    let books = Books::open().await;
    let accounts = books.funded("ann", 1_000).await;
    let keys: Vec<_> = (0..1_000).map(|n| format!("unit:{n}")).collect();
    let answers = join_all(keys.iter().map(|key| books.transfer(key, accounts, 1))).await;
    assert_eq!((applied(&answers), books.balance(accounts[0]).await), (1_000, 0));
    // The sequence of each account has every number once; balances are what the journal adds up to.
    let gaps = "select count(*) from (select seq - row_number() over (partition by account_id order by seq) as gap from ledger_entries) numbered where gap <> 0";
    assert_eq!(books.number(gaps).await, 0);
    let drift = "select count(*) from ledger_accounts account where balance <> (select coalesce(sum(amount), 0) from ledger_entries where account_id = account.id)";
    assert_eq!(books.number(drift).await, 0);
    assert_eq!(books.number("select max(seq) from ledger_accounts").await, 1_001);
}

#[tokio::test]
async fn reversal_appends_and_happens_once() {
    let books = Books::open().await;
    let accounts = books.funded("ann", 100).await;
    let posted = books.transfer("buy", accounts, 30).await.unwrap();
    let before = books.number("select count(*) from ledger_entries").await;
    let mut tx = books.db.begin().await.unwrap();
    let reversed = reverse(&mut tx, "undo", "refund", posted.id()).await.unwrap();
    assert!(matches!(reversed, Posted::Applied(_)));
    assert!(
        matches!(reverse(&mut tx, "undo", "refund", posted.id()).await, Ok(Posted::Replayed(id)) if id == reversed.id())
    );
    let twice = reverse(&mut tx, "undo-again", "refund", posted.id()).await;
    assert!(matches!(twice, Err(LedgerError::NotReversible)), "{twice:?}");
    tx.commit().await.unwrap();
    assert_eq!(books.number("select count(*) from ledger_entries").await, before + 2);
    assert_eq!(books.balance(accounts[0]).await, 100);
    assert_eq!(books.broken().await, [""; 0]);
}

#[tokio::test]
async fn refused_post_is_never_told_applied() {
    let books = Books::open().await;
    let [wallet, bank] = books.funded("ann", 5).await;
    for _ in 0..3 {
        let refused = books.transfer("dear", [wallet, bank], 6).await;
        assert!(matches!(refused, Err(LedgerError::InsufficientFunds)), "{refused:?}");
    }
    books.transfer("more", [bank, wallet], 1).await.unwrap();
    assert!(matches!(
        books.transfer("dear", [wallet, bank], 6).await,
        Ok(Posted::Applied(_))
    ));
    assert_eq!(books.balance(wallet).await, 0);
}

#[tokio::test]
async fn holds_reserve_and_end_once() {
    let books = Books::open().await;
    let [wallet, bank] = books.funded("ann", 10).await;
    let mut tx = books.db.begin().await.unwrap();
    let first = hold(
        &mut tx,
        Hold {
            key: "one",
            account: wallet,
            amount: 6,
        },
    )
    .await
    .unwrap();
    assert_eq!(
        hold(
            &mut tx,
            Hold {
                key: "one",
                account: wallet,
                amount: 6
            }
        )
        .await
        .unwrap(),
        first
    );
    let reused = hold(
        &mut tx,
        Hold {
            key: "one",
            account: wallet,
            amount: 5,
        },
    )
    .await;
    assert!(matches!(reused, Err(LedgerError::KeyReused { .. })), "{reused:?}");
    let second = hold(
        &mut tx,
        Hold {
            key: "two",
            account: wallet,
            amount: 5,
        },
    )
    .await;
    assert!(matches!(second, Err(LedgerError::InsufficientFunds)), "{second:?}");
    tx.commit().await.unwrap();
    let refused = books.transfer("spend", [wallet, bank], 5).await;
    assert!(matches!(refused, Err(LedgerError::InsufficientFunds)), "{refused:?}");
    let mut tx = books.db.begin().await.unwrap();
    end_hold(&mut tx, first, Ending::Released).await.unwrap();
    end_hold(&mut tx, first, Ending::Released).await.unwrap();
    assert!(matches!(
        end_hold(&mut tx, first, Ending::Captured).await,
        Err(LedgerError::NotHeld)
    ));
    tx.commit().await.unwrap();
    books.transfer("spend", [wallet, bank], 5).await.unwrap();
    assert_eq!(books.broken().await, [""; 0]);
}
