//! Payouts to contributors: held, sent to the bank, paid or not.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::Options;
use tradepost_tests::receivers::schema_errors;

use super::Shop;

const EARNINGS: &str = "liabilities:earnings:ann";
const IBAN: &str = "GB29NWBK60161331926819";

/// A shop in which ann has earned 6.30 EUR.
async fn shop() -> Shop {
    let options = Options::default()
        .set("PAYOUTS__HOLDER", "\"Tradepost & Co\"")
        .set("PAYOUTS__IBAN", "DE89370400440532013000");
    let shop = Shop::open_with(options, 2_000).await;
    let (_, placed) = shop.order("one").await;
    assert_eq!(shop.settled(&placed).await["state"], "paid");
    shop
}

impl Shop {
    async fn bank_account(&self, holder: &str, iban: &str) -> StatusCode {
        let ann = self.app.trusted("ann");
        let body = json!({ "holder": holder, "iban": iban });
        let request = self.app.request(Method::PUT, "/v1/bank-account").bearer_auth(ann);
        request.json(&body).send().await.unwrap().status()
    }

    async fn request_payouts(&self, key: &str, minimum_minor: i64) -> (StatusCode, Value) {
        let body = json!({ "currency": "EUR", "minimum_minor": minimum_minor, "key": key });
        self.app.act("/v1/payouts", body).await
    }

    async fn held(&self) -> i64 {
        self.account(EARNINGS).await["held_minor"].as_i64().unwrap()
    }
}

#[tokio::test]
async fn what_was_earned_is_held_sent_and_paid_once() {
    let shop = shop().await;
    assert_eq!(shop.request_payouts("early", 1).await.1["code"], "nothing-due");
    assert_eq!(shop.bank_account("Ann <Artist>", IBAN).await, StatusCode::NO_CONTENT);
    assert_eq!(shop.request_payouts("much", 631).await.1["code"], "nothing-due");
    let racing = ["first", "first", "second", "first"].map(|key| shop.request_payouts(key, 630));
    let answers = futures_util::future::join_all(racing).await;
    let ids: std::collections::BTreeSet<_> = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::OK)
        .map(|(_, batch)| batch["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "the same money is paid once: {answers:?}");
    assert_eq!((shop.balance(EARNINGS).await, shop.held().await), (630, 630));
    let batch = answers.iter().find(|(status, _)| *status == StatusCode::OK).unwrap();
    let path = format!("/v1/payouts/{}", batch.1["id"].as_str().unwrap());

    let file = shop.app.look(&format!("{path}/file")).await;
    let text = file["text"].as_str().unwrap();
    for part in [
        "<NbOfTxs>1</NbOfTxs><CtrlSum>6.30</CtrlSum>",
        "<Dbtr><Nm>Tradepost &amp; Co</Nm></Dbtr>",
        "<InstdAmt Ccy=\"EUR\">6.30</InstdAmt>",
        "<Nm>Ann &lt;Artist&gt;</Nm>",
        IBAN,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(schema_errors(text).unwrap_or_default(), "", "{text}");
    let (_, problem) = shop
        .app
        .act(&format!("{path}/settle"), json!({ "payout": batch.1["rows"][0]["id"] }))
        .await;
    assert_eq!(problem["code"], "payout-settled", "it is not sent: {problem}");
    for _ in 0..2 {
        let (status, sent) = shop.app.act(&format!("{path}/sent"), json!({})).await;
        assert_eq!(
            (status, &sent["rows"][0]["state"]),
            (StatusCode::OK, &json!("sent")),
            "{sent}"
        );
    }
    for _ in 0..2 {
        let (status, paid) = shop.app.act(&format!("{path}/settle"), json!({})).await;
        assert_eq!(
            (status, &paid["rows"][0]["state"]),
            (StatusCode::OK, &json!("paid")),
            "{paid}"
        );
    }
    assert_eq!((shop.balance(EARNINGS).await, shop.held().await), (0, 0));
    assert_eq!(shop.balance("assets:bank").await, 630);
    let (_, own) = shop.app.get("/v1/payouts", Some(&shop.app.trusted("ann"))).await;
    assert_eq!(
        (&own["rows"][0]["amount_minor"], &own["rows"][0]["state"]),
        (&json!(630), &json!("paid")),
        "{own}"
    );
    // The bank sends it back.
    let returned = json!({ "payout": batch.1["rows"][0]["id"], "failed": "account closed" });
    for _ in 0..2 {
        let (status, view) = shop.app.act(&format!("{path}/settle"), returned.clone()).await;
        assert_eq!(
            (status, &view["rows"][0]["state"]),
            (StatusCode::OK, &json!("failed")),
            "{view}"
        );
    }
    assert_eq!((shop.balance(EARNINGS).await, shop.held().await), (630, 0));
    assert_eq!(shop.balance("assets:bank").await, 0);
    let paid_again = json!({ "payout": batch.1["rows"][0]["id"] });
    assert_eq!(
        shop.app.act(&format!("{path}/settle"), paid_again).await.1["code"],
        "payout-settled"
    );
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn payout_that_the_bank_does_not_pay_is_the_contributors_again() {
    let shop = shop().await;
    shop.bank_account("Ann", IBAN).await;
    shop.app
        .sql("update accounts set email = 'ann@example.org' where name = 'ann'")
        .await;
    let told = shop.app.tradepost(&["payouts", "request", "EUR", "5", "--key", "one"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("requested") && told.contains("6.30 EUR"), "{told}");
    let batch = &shop.app.look("/v1/payouts").await[0];
    let id = batch["id"].as_str().unwrap();
    let csv = shop.app.tradepost(&["payouts", "file", id, "--format", "csv"]);
    let csv = String::from_utf8(csv.stdout).unwrap();
    assert!(csv.ends_with(&format!(",ann,\"Ann\",{IBAN},6.30,EUR\n")), "{csv}");
    let payout = shop.app.look(&format!("/v1/payouts/{id}")).await["rows"][0]["id"].clone();
    let failed = [
        "payouts",
        "failed",
        id,
        payout.as_str().unwrap(),
        "--reason",
        "closed account",
    ];
    for _ in 0..2 {
        let told = shop.app.tradepost(&failed);
        let told = String::from_utf8(told.stdout).unwrap();
        assert!(told.contains("settled") && told.contains(": closed account"), "{told}");
    }
    assert_eq!((shop.balance(EARNINGS).await, shop.held().await), (630, 0));
    let mails = shop
        .app
        .until("/v1/mails", |mails| mails["rows"][0]["kind"] == "payout_failed")
        .await;
    assert_eq!(mails["rows"][0]["recipient"], "ann@example.org", "{mails}");
    let (status, again) = shop.request_payouts("two", 630).await;
    assert_eq!(
        (status, &again["total_minor"]),
        (StatusCode::OK, &json!(630)),
        "{again}"
    );
    assert_eq!(shop.request_payouts("two", 1).await.1["code"], "key-reused");
    let audit = shop.app.look("/v1/audit").await;
    let acts: Vec<_> = (0..3).map(|at| audit["rows"][at]["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["payout.request", "payout.settle", "payout.request"], "{audit}");
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn payouts_of_a_day_are_requested_once_and_bad_accounts_are_refused() {
    let options = Options::default().set("PAYOUTS__DAILY_MINIMUM_MINOR", 100);
    let shop = Shop::open_with(options, 2_000).await;
    for (holder, iban, expected) in [
        ("Ann", "GB29NWBK60161331926818", 422),
        ("Ann", "GB29 NWBK 6016 1331 9268 19", 422),
        ("", IBAN, 400),
        ("A\nB", IBAN, 400),
    ] {
        assert_eq!(shop.bank_account(holder, iban).await, expected, "{holder:?} {iban}");
    }
    shop.bank_account("Ann", IBAN).await;
    let (_, placed) = shop.order("one").await;
    shop.settled(&placed).await;
    let requested = async || match shop.app.look("/v1/payouts").await[0]["requested_by"].as_str() {
        Some(user) => Ok(user.to_owned()),
        None => Err("no batch".to_owned()),
    };
    assert_eq!(
        tradepost_tests::wait::eventually("a batch of the day", requested).await,
        "daemon"
    );
    assert_eq!(shop.held().await, 630);
    let (_, problem) = shop.request_payouts("mine", 1).await;
    assert_eq!(problem["code"], "nothing-due", "{problem}");
    let id = shop.app.look("/v1/payouts").await[0]["id"].as_str().unwrap().to_owned();
    let (status, problem) = shop
        .app
        .control(Method::GET, &format!("/v1/payouts/{id}/file"), None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("no-bank-account")),
        "{problem}"
    );
}
