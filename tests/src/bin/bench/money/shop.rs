//! Orders through the public API: at a fixed rate, or as many as some clients can place.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};
use tradepost_tests::{Options, PackBuilder, TestApp};

const SETS: usize = 40;
const SETTLED_WITHIN: Duration = Duration::from_secs(300);

/// A buyer's token and a set that the buyer does not have.
type Purchase = (Arc<str>, Arc<str>);

pub fn options() -> Options {
    Options::default().set("LIMITS__UPLOAD_STARTS_PER_MINUTE", 1000)
}

/// A marketplace with sets to sell and buyers with store credit.
pub struct Shop<'a> {
    app: &'a TestApp,
    sets: Vec<Arc<str>>,
    /// Purchases that were not made yet.
    left: VecDeque<Purchase>,
    buyers: usize,
}

/// Seconds that orders took.
pub struct OpenLoop {
    pub checkout: Vec<f64>,
    pub settlement: Vec<f64>,
    pub refused: usize,
}

impl<'a> Shop<'a> {
    pub async fn open(app: &'a TestApp, purchases: usize) -> anyhow::Result<Self> {
        let seller = app.trusted("seller");
        for n in 0..SETS {
            let pack = PackBuilder::ticks(&format!("Set {n}"), 1).build();
            app.upload_and_settle(&seller, &pack).await;
        }
        let rows = app.rows("/v1/sets").await;
        let sets = rows.iter().filter_map(|row| Some(row["id"].as_str()?.into())).collect();
        let mut shop = Self {
            app,
            sets,
            left: VecDeque::new(),
            buyers: 0,
        };
        shop.need(purchases).await?;
        Ok(shop)
    }

    /// Makes buyers until there are so many purchases left.
    async fn need(&mut self, purchases: usize) -> anyhow::Result<()> {
        let missing = purchases.saturating_sub(self.left.len()).div_ceil(self.sets.len());
        let names = (self.buyers..self.buyers + missing).map(|n| format!("buyer-{n}"));
        let app = self.app;
        let tokens: Vec<Arc<str>> = futures_util::stream::iter(names)
            .map(async |name| {
                let token = app.token(&["--account", &name, "--role", "buyer"]);
                let credit =
                    json!({ "amount_minor": 50_000_000, "currency": "EUR", "reason": "bench", "key": "bench" });
                app.act(&format!("/v1/accounts/{name}/credit"), credit).await;
                token.into()
            })
            .buffered(4)
            .collect()
            .await;
        self.buyers += missing;
        // Buyers take turns: two orders of one are seldom placed at once.
        for set in &self.sets {
            self.left
                .extend(tokens.iter().map(|token| (token.clone(), set.clone())));
        }
        anyhow::ensure!(self.left.len() >= purchases, "no sets to sell");
        Ok(())
    }

    /// Orders at a fixed rate, whatever the answers take.
    pub async fn open_loop(&mut self, rate: u32, seconds: u32) -> anyhow::Result<OpenLoop> {
        let count = (rate * seconds) as usize;
        let started = tokio::time::Instant::now() + Duration::from_millis(100);
        let mut asking = JoinSet::new();
        for (n, purchase) in self.left.drain(..count).enumerate() {
            let due = started + Duration::from_secs_f64(n as f64 / f64::from(rate));
            let request = request(self.app, &purchase, n);
            asking.spawn(async move {
                sleep_until(due).await;
                let status = request.send().await.map(|answer| answer.status());
                (due.elapsed().as_secs_f64(), status.ok())
            });
        }
        let answers = asking.join_all().await;
        let is_placed = |status: &Option<StatusCode>| *status == Some(StatusCode::ACCEPTED);
        let refused = answers.iter().filter(|(_, status)| !is_placed(status)).count();
        self.until_settled().await?;
        Ok(OpenLoop {
            checkout: answers.into_iter().map(|(took, _)| took).collect(),
            settlement: self.settlements().await?,
            refused,
        })
    }

    /// Orders a second, paid, of clients that wait for their answer.
    pub async fn closed_loop(&mut self, clients: usize, time: Duration) -> anyhow::Result<f64> {
        self.need(2_000 * time.as_secs() as usize / 4).await?;
        let left = Arc::new(Mutex::new(std::mem::take(&mut self.left)));
        let started = Instant::now();
        let placing = (0..clients).map(async |_| {
            let mut placed = 0;
            while started.elapsed() < time {
                let Some(purchase) = left.lock().await.pop_front() else {
                    break;
                };
                let answer = request(self.app, &purchase, placed).send().await;
                placed += usize::from(answer.is_ok_and(|answer| answer.status() == StatusCode::ACCEPTED));
            }
            placed
        });
        let placed: usize = futures_util::future::join_all(placing).await.into_iter().sum();
        self.until_settled().await?;
        let took = started.elapsed().as_secs_f64();
        self.left = Arc::try_unwrap(left).map(Mutex::into_inner).unwrap_or_default();
        Ok(placed as f64 / took)
    }

    async fn until_settled(&self) -> anyhow::Result<()> {
        let waiting = async {
            while !self.app.look("/v1/orders?state=placed&limit=1").await["rows"]
                .as_array()
                .is_none_or(Vec::is_empty)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(SETTLED_WITHIN, waiting).await.context("orders are not settled")
    }

    async fn settlements(&self) -> anyhow::Result<Vec<f64>> {
        let db = self.app.database().await;
        let query = "select extract(epoch from settled_at - placed_at)::float8 from orders where state = 'paid'";
        Ok(sqlx::query_scalar(query).fetch_all(&db).await?)
    }
}

fn request(app: &TestApp, (token, set): &Purchase, n: usize) -> reqwest::RequestBuilder {
    app.request(Method::POST, "/v1/orders")
        .bearer_auth(token)
        .header("idempotency-key", format!("{n}-{set}"))
        .json(&json!({ "lines": [{ "set": set }] }))
}
