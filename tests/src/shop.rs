//! A shop for load: sets for sale, and buyers with store credit whose tokens are `tp_buyer-<n>`.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::time::sleep;

use crate::app::client_builder;
use crate::{Options, PackBuilder, TestApp};

const CREDITS_AT_ONCE: usize = 8;
const SETTLED_WITHIN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The products and the people of the shop.
#[derive(Debug, Clone)]
pub struct Shop {
    /// A set for sale.
    pub set: String,
    /// Items of the set.
    pub items: Vec<String>,
    /// A picture of an item: `/r/...`.
    pub picture: String,
    /// The token of a trusted contributor.
    pub contributor: String,
    /// The number of buyers.
    pub buyers: u64,
}

/// The token of a buyer.
pub fn token(buyer: u64) -> String {
    format!("tp_buyer-{buyer}")
}

/// Furnishes a database with a daemon of its own, which has ended when this returns.
pub async fn furnish(options: Options, db: &PgPool, buyers: u64) -> anyhow::Result<Shop> {
    let app = TestApp::start_with(options.set("DATABASE__MAX_CONNECTIONS", 8));
    let contributor = app.trusted("ann");
    app.upload_and_settle(&contributor, &PackBuilder::ticks("Ticks", 4).build())
        .await;
    let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let sets = app.rows("/v1/sets").await;
    anyhow::ensure!(!sets.is_empty(), "the first set is not published: {}", app.log());
    let items: Vec<_> = app
        .rows("/v1/items")
        .await
        .iter()
        .map(|item| text(&item["id"]))
        .collect();
    let (_, item) = app.get(&format!("/v1/items/{}", items[0]), None).await;
    let make = "
        with made as (
            insert into accounts (id, name, role) select gen_random_uuid(), 'buyer-' || n, 'buyer' from generate_series(0, $1) n
            returning id, name)
        insert into tokens (id, account_id, token_sha256) select gen_random_uuid(), id, sha256(convert_to('tp_' || name, 'UTF8')) from made";
    sqlx::query(make).bind(i32::try_from(buyers)?).execute(db).await?;
    let credits = stream::iter(0..buyers).map(|buyer| {
        let app = &app;
        async move {
            let credit = json!({ "amount_minor": 1_000_000, "currency": "EUR", "reason": "load", "key": "load" });
            let (status, answer) = app.act(&format!("/v1/accounts/buyer-{buyer}/credit"), credit).await;
            anyhow::ensure!(status.is_success(), "{answer}");
            Ok(())
        }
    });
    credits.buffer_unordered(CREDITS_AT_ONCE).try_collect::<()>().await?;
    Ok(Shop {
        set: text(&sets[0]["id"]),
        items,
        picture: text(&item["renditions"][0]["url"]),
        contributor,
        buyers,
    })
}

/// The state of the books and of the orders, when nothing is open any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    pub paid: i64,
    /// Orders beyond the first one of an account.
    pub doubled: i64,
    /// Rights that buyers have for what they bought.
    pub rights: i64,
    pub dead_letters: i64,
    /// Differences that the proof of the whole journal found.
    pub differences: usize,
}

impl Books {
    /// Waits until all orders are settled, and reads.
    pub async fn read(db: &PgPool, socket: &Path) -> anyhow::Result<Self> {
        let number = async |query: &'static str| sqlx::query_scalar::<_, i64>(query).fetch_one(db).await;
        let started = Instant::now();
        while number("select count(*) from orders where state = 'placed'").await? > 0 {
            anyhow::ensure!(started.elapsed() < SETTLED_WITHIN, "orders are not settled");
            sleep(LOOK_EVERY).await;
        }
        let client = client_builder().unix_socket(socket).build()?;
        let proof = client.post("http://localhost/v1/ledger/prove").json(&json!({}));
        let proof: Value = proof.send().await?.json().await?;
        let differences = proof["differences"].as_array().map(Vec::len);
        Ok(Self {
            paid: number("select count(*) from orders where state = 'paid'").await?,
            doubled: number("select count(*) - count(distinct account_id) from orders").await?,
            rights: number("select count(*) from entitlements").await?,
            dead_letters: number("select count(*) from dead_letters").await?,
            differences: differences.unwrap_or(usize::MAX),
        })
    }

    /// True when nothing is doubled, missing or wrong.
    pub fn are_right(self) -> bool {
        self.doubled == 0 && self.rights == self.paid && self.dead_letters == 0 && self.differences == 0
    }
}
