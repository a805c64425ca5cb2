//! Readers at a fixed rate, and buyers who try again until their order is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

const READERS: u32 = 6;
const BUYERS: usize = 8;
const BETWEEN_TRIES: Duration = Duration::from_millis(300);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub struct Counts {
    pub reads: AtomicU64,
    pub failed_reads: AtomicU64,
    pub orders: AtomicU64,
    pub tries: AtomicU64,
    bought: AtomicU64,
    stop: AtomicBool,
}

/// Clients that run until they are stopped.
pub struct Load {
    pub counts: Arc<Counts>,
    clients: JoinSet<()>,
}

impl Load {
    /// Reads and orders of one set each second, by that many buyers at most.
    pub fn start(client: &Client, url: &str, set: &str, (reads, orders): (u32, u32), buyers: u64) -> Self {
        let counts = Arc::<Counts>::default();
        let mut clients = JoinSet::new();
        for _ in 0..READERS {
            clients.spawn(read(
                client.clone(),
                format!("{url}/v1/items"),
                counts.clone(),
                reads / READERS,
            ));
        }
        for _ in 0..BUYERS {
            let buyer = Buyers {
                client: client.clone(),
                url: format!("{url}/v1/orders"),
                set: set.to_owned(),
                counts: counts.clone(),
                last: buyers,
                pause: Duration::from_secs_f64(BUYERS as f64 / f64::from(orders)),
            };
            clients.spawn(buyer.run());
        }
        Self { counts, clients }
    }

    /// Lets everybody finish. Answers with the number of orders that were taken.
    pub async fn stop(mut self) -> u64 {
        self.counts.stop.store(true, Ordering::Relaxed);
        while self.clients.join_next().await.is_some() {}
        self.counts.orders.load(Ordering::Relaxed)
    }
}

async fn read(client: Client, url: String, counts: Arc<Counts>, rate: u32) {
    let mut ticks = interval(Duration::from_secs(1) / rate.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while !counts.stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let answer = timeout(ANSWER_WITHIN, client.get(&url).send()).await;
        let is_good = matches!(answer, Ok(Ok(answer)) if answer.status() == StatusCode::OK);
        counts.reads.fetch_add(1, Ordering::Relaxed);
        counts.failed_reads.fetch_add(u64::from(!is_good), Ordering::Relaxed);
    }
}

/// Buyers one after the other, each with one order.
struct Buyers {
    client: Client,
    url: String,
    set: String,
    counts: Arc<Counts>,
    last: u64,
    pause: Duration,
}

impl Buyers {
    async fn run(self) {
        while !self.counts.stop.load(Ordering::Relaxed) {
            let buyer = self.counts.bought.fetch_add(1, Ordering::Relaxed);
            if buyer >= self.last {
                return;
            }
            let started = Instant::now();
            while !self.order(buyer).await {
                sleep(BETWEEN_TRIES).await;
            }
            self.counts.orders.fetch_add(1, Ordering::Relaxed);
            sleep(self.pause.saturating_sub(started.elapsed())).await;
        }
    }

    /// True when the order was taken, now or by a try before.
    async fn order(&self, buyer: u64) -> bool {
        self.counts.tries.fetch_add(1, Ordering::Relaxed);
        let request = self.client.post(&self.url).bearer_auth(crate::shop::token(buyer));
        let request = request
            .header("idempotency-key", "only")
            .json(&json!({ "lines": [{ "set": self.set }] }));
        let answer = timeout(ANSWER_WITHIN, request.send()).await;
        matches!(answer, Ok(Ok(answer)) if answer.status().is_success())
    }
}
