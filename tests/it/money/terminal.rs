//! Orders and the ledger in the terminal: the screens, their twins on the command line, the export.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tradepost_tests::tmux::Screen;

use super::{Shop, credit};

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

impl Shop {
    fn plain(&self, arguments: &[&str]) -> String {
        text(&self.app.tradepost(&[arguments, &["--plain"]].concat()))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&text(&self.app.tradepost(&[arguments, &["--json"]].concat()))).unwrap()
    }

    async fn paid(&self) -> String {
        let (_, placed) = self.order("one").await;
        self.settled(&placed).await;
        placed["id"].as_str().unwrap().to_owned()
    }
}

fn assert_shows(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
}

#[tokio::test]
async fn order_is_told_and_refunded_on_the_command_line() {
    let shop = Shop::open(2_000).await;
    let id = shop.paid().await;
    let list = shop.json(&["orders", "--text", "bob", "--sort", "-total"]);
    assert_eq!(
        (&list["rows"][0]["id"], &list["total"]),
        (&json!(id), &json!(1)),
        "{list}"
    );
    assert_eq!(shop.json(&["orders", "--only", "failed"])["rows"], json!([]));
    assert_shows(&shop.plain(&["orders"]), &["STATE", "paid", "bob", "9.00", "EUR", &id]);
    let story = [
        "buyer",
        "PRODUCTS",
        "Ticks by ann, personal",
        "EVENTS",
        "order posted",
        "630",
    ];
    assert_shows(&shop.plain(&["orders", &id[..13]]).replace("6.30", "630"), &story);
    assert_eq!(shop.json(&["orders", &id])["events"][0]["what"], "placed");

    let reset = shop.plain(&["orders", "reset-downloads", &id]);
    assert_shows(&reset, &["1 product can be downloaded anew"]);
    let asked = shop.app.tradepost(&["orders", "refund", &id, "--reason", "twice"]);
    assert_eq!(asked.status.code(), Some(3), "nobody was asked: {asked:?}");
    let refunded = shop.plain(&["orders", "refund", &id, "--reason", "twice", "--yes"]);
    assert_shows(&refunded, &["the order of bob is refunded"]);
    let again = shop
        .app
        .tradepost(&["orders", "refund", &id, "--reason", "twice", "--yes"]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    let given = shop.plain(&["orders", "credit", "bob", "5.50", "EUR", "--reason", "sorry", "--yes"]);
    assert_shows(&given, &["bob has 25.50 EUR"]);
    let audit = shop.plain(&["audit"]);
    assert_shows(&audit, &["order.refund", "account.credit", "reason=sorry"]);
}

#[tokio::test]
async fn ledger_is_told_and_proven_on_the_command_line() {
    let shop = Shop::open(2_000).await;
    shop.paid().await;
    assert_shows(
        &shop.plain(&["ledger"]),
        &["BOOKS ARE RIGHT", "ok: balance chain", "zero-sum"],
    );
    let accounts = shop.plain(&["ledger", "accounts", "--sort", "name"]);
    assert_shows(&accounts, &["income:fees", "2.70", "liabilities:earnings:ann", "6.30"]);
    let journal = shop.plain(&["ledger", "journal", "--text", "earnings:ann"]);
    assert_shows(&journal, &["order", "9.00 EUR", "liabilities:wallet:bob >"]);
    assert_shows(&shop.plain(&["ledger", "prove"]), &["The books are right: 5 entries"]);
    shop.app
        .sql("update ledger_accounts set balance = balance + 1 where name = 'income:fees'")
        .await;
    let wrong = shop.app.tradepost(&["ledger", "--plain"]);
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert_shows(
        &String::from_utf8(wrong.stdout).unwrap(),
        &[
            "BOOKS ARE WRONG: 1 difference",
            "balance 1 WRONG",
            "TROUBLE",
            "income:fees EUR/",
        ],
    );
}

#[tokio::test]
async fn export_is_what_hledger_and_beancount_accept() {
    let shop = Shop::open(2_000).await;
    let id = shop.paid().await;
    for n in 0..250 {
        credit(&shop.app, "ann", 1 + n, &n.to_string()).await;
    }
    let yen = json!({ "amount_minor": 500, "currency": "JPY", "reason": "a gift", "key": "yen" });
    shop.app.act("/v1/accounts/bob/credit", yen).await;
    shop.app
        .act(&format!("/v1/orders/{id}/refund"), json!({ "reason": "twice" }))
        .await;
    let folder = tempfile::tempdir().unwrap();
    let checks: [(&str, &[&str]); 2] = [
        ("hledger", &["check", "--strict", "ordereddates", "-f"]),
        ("beancount", &[]),
    ];
    for (format, check) in checks {
        let exported = text(&shop.app.tradepost(&["ledger", "export", "--format", format]));
        assert_eq!(
            exported.matches("JPY").count(),
            3,
            "declared once, and two entries: {exported}"
        );
        let file = folder.path().join(format!("books.{format}"));
        std::fs::write(&file, &exported).unwrap();
        let program = match format {
            "hledger" => "hledger".into(),
            _ => concat!(env!("CARGO_MANIFEST_DIR"), "/../.cache/beancount/bin/bean-check").to_owned(),
        };
        let run = |file: &std::path::Path| Command::new(&program).args(check).arg(file).output();
        match run(&file) {
            Ok(checked) => assert!(checked.status.success(), "{checked:?}\n{exported}"),
            Err(error) if std::env::var_os("CI").is_none() => {
                println!("skipped: no {program} here: {error}");
                continue;
            }
            Err(error) => panic!("{program}: {error}"),
        }
        // The checkers do check.
        std::fs::write(&file, exported.replacen("2.70", "2.71", 1)).unwrap();
        assert!(!run(&file).unwrap().status.success(), "{format} takes anything");
    }
}

#[tokio::test]
async fn order_is_refunded_at_the_keyboard_with_a_reason_and_y() {
    let shop = Shop::open(2_000).await;
    let id = shop.paid().await;
    let Some(screen) = Screen::open(&shop.app) else { return };
    screen.shows(&["published"]).await;
    screen.press("'");
    screen.shows(&["o Orders", "l Ledger"]).await;
    screen.press("o");
    screen.shows(&["paid", "bob", "9.00"]).await;
    screen.press("Enter");
    screen.shows(&["Order of bob", "Ticks by ann", "order posted"]).await;
    screen.press("W");
    screen.shows(&["WRITING IS ARMED"]).await;
    screen.press_until("R", "Refund the order").await;
    screen.press("twice");
    screen.press("Enter");
    screen.shows(&["Refund 9.00 EUR to bob?"]).await;
    screen.press("Enter");
    screen.shows(&["Refund 9.00 EUR to bob?"]).await;
    assert_eq!(shop.app.look(&format!("/v1/orders/{id}")).await["state"], "paid");
    screen.press_until("y", "is refunded").await;
    let order = shop.app.look(&format!("/v1/orders/{id}")).await;
    assert_eq!((&order["state"], &order["note"]), (&json!("refunded"), &json!("twice")));
    screen.press("'");
    screen.press("l");
    screen
        .shows(&["BOOKS ARE RIGHT", "liabilities:wallet:bob", "20.00"])
        .await;
    screen.press("Tab");
    screen.shows(&["[Journal]", "refund", "order"]).await;
}
