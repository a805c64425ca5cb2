//! Tax by the country of the buyer.

use tradepost_tests::{Options, TestApp};

use super::*;

async fn shop() -> Shop {
    let options = Options::default()
        .set("MONEY__TAX_BASIS_POINTS", 700)
        .set("MONEY__COUNTRY", "DE");
    Shop::open_with(options, 0).await
}

/// A purchase by a new buyer.
async fn bought(shop: &Shop, buyer: &str, extra: Value) -> Value {
    let token = shop.app.token(&["--account", buyer, "--role", "buyer"]);
    super::super::credit(&shop.app, buyer, 900, "first").await;
    let mut body = json!({ "lines": [{ "set": shop.set }] });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let (status, placed) = place(&shop.app, &token, "one", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{placed}");
    shop.settled(&placed).await
}

async fn set_rate(app: &TestApp, country: &str, from: Option<&str>, basis_points: i32) -> (StatusCode, Value) {
    let body = json!({ "country": country, "valid_from": from, "basis_points": basis_points });
    app.act("/v1/tax-rates", body).await
}

#[tokio::test]
async fn rates_are_those_of_the_country_and_the_day_and_orders_keep_them() {
    let shop = shop().await;
    for (country, from, rate) in [
        ("FR", Some("2020-01-01"), 1_500),
        ("FR", Some("2024-01-01"), 2_000),
        ("FR", Some("2999-01-01"), 9_000),
        ("DE", None, 1_900),
    ] {
        let (status, set) = set_rate(&shop.app, country, from, rate).await;
        assert_eq!((status, &set["basis_points"]), (StatusCode::OK, &json!(rate)), "{set}");
    }
    for (at, (extra, country, rate, tax)) in [
        (json!({}), Value::Null, 700, 59),
        (json!({ "country": "US" }), json!("US"), 700, 59),
        (json!({ "country": "FR" }), json!("FR"), 2_000, 150),
        (
            json!({ "country": "DE", "tax_number": "DE123456789" }),
            json!("DE"),
            1_900,
            144,
        ),
        (
            json!({ "country": "FR", "tax_number": "FR12345678901" }),
            json!("FR"),
            0,
            0,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let order = bought(&shop, &format!("buyer-{at}"), extra).await;
        assert_eq!(
            (
                &order["total_minor"],
                &order["tax_minor"],
                &order["tax_country"],
                &order["tax_basis_points"]
            ),
            (&json!(900), &json!(tax), &country, &json!(rate)),
            "{order}"
        );
        assert_eq!(order["is_reverse_charge"], json!(rate == 0), "{order}");
    }
    assert_eq!(shop.balance("liabilities:tax").await, 59 + 59 + 150 + 144);
    shop.assert_books_are_right().await;
    let told = shop
        .app
        .tradepost(&["ledger", "tax", "FR", "21.5", "--from", "2998-12-31"]);
    assert!(told.status.success(), "{told:?}");
    let listed = shop.app.tradepost(&["ledger", "tax", "--plain"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("FR   21.50 %  from 2998-12-31"), "{listed}");
    assert!(listed.contains("DE   19.00 %"), "{listed}");
    let audit = shop.app.look("/v1/audit").await;
    assert_eq!(
        (&audit["rows"][0]["act"], &audit["rows"][0]["subject"]),
        (&json!("tax.rate"), &json!("tax:FR")),
        "{audit}"
    );
}

#[tokio::test]
async fn bad_rates_and_places_are_refused() {
    let shop = shop().await;
    for (country, from, rate) in [
        ("fr", None, 100),
        ("FRA", None, 100),
        ("FR", None, -1),
        ("FR", None, 10_001),
        ("FR", Some("2027-02-30"), 100),
        ("FR", Some("soon"), 100),
    ] {
        let (status, problem) = set_rate(&shop.app, country, from, rate).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{country} {from:?} {rate}: {problem}");
    }
    for (extra, code) in [
        (json!({ "country": "fr" }), "invalid-request"),
        (json!({ "country": "FR", "tax_number": "1" }), "invalid-request"),
        (json!({ "tax_number": "FR12345678901" }), "no-tax-country"),
    ] {
        let mut body = json!({ "lines": [{ "set": shop.set }] });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(shop.refused(body).await, code, "{extra}");
    }
}
