//! An open loop: requests leave at a fixed rate, whether or not those before them are answered. Everything that was acknowledged is noted.

mod lost;
mod upload;

pub use lost::Lost;

use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::shop::{Shop, token};

/// Requests and uploads in flight; more are not sent, and counted.
const MAX_IN_FLIGHT: usize = 400;
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Failures whose text is kept.
const KEPT_FAILURES: usize = 20;
/// A step through the kinds of requests that mixes them: a prime, larger than any rate.
const STRIDE: u64 = 1_000_003;

/// Requests a second of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    pub reads: u32,
    pub carts: u32,
    /// Each by a buyer who has ordered nothing yet.
    pub orders: u32,
    /// Whole packs of one file each.
    pub uploads: u32,
}

impl Rates {
    fn total(self) -> u32 {
        self.reads + self.carts + self.orders + self.uploads
    }

    fn kind(self, tick: u64) -> Kind {
        let at = u32::try_from(tick * STRIDE % u64::from(self.total())).expect("the total is a u32");
        match at {
            at if at < self.uploads => Kind::Upload,
            at if at < self.uploads + self.orders => Kind::Order,
            at if at < self.uploads + self.orders + self.carts => Kind::Cart,
            _ => Kind::Read,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Read,
    Cart,
    Order,
    Upload,
}

/// A place that requests are sent to.
#[derive(Debug, Clone)]
pub struct Target {
    pub client: Client,
    /// The start of every URL, without a / at the end.
    pub url: String,
}

/// An order or a cart that was acknowledged.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub id: Uuid,
    pub buyer: u64,
}

/// All that came back so far.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub requests: u64,
    /// Answers of 5xx, and connections that broke or were silent for too long.
    pub failed: u64,
    /// Answers of 4xx.
    pub refused: u64,
    /// Requests that did not leave: too many were in flight.
    pub held_back: u64,
    /// The first failures and refusals.
    pub failures: Vec<String>,
    pub latencies: Vec<Duration>,
    pub orders: Vec<Taken>,
    pub carts: Vec<Taken>,
    /// Uploads whose completion was acknowledged.
    pub uploads: Vec<Uuid>,
}

impl Tally {
    /// The longest time that a share of the requests took at most.
    pub fn latency(&self, share: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let at = (sorted.len() as f64 * share) as usize;
        sorted.get(at).or(sorted.last()).copied().unwrap_or_default()
    }
}

/// Requests at a fixed rate, until they are stopped.
pub struct Load {
    stop: CancellationToken,
    clients: Arc<Clients>,
    task: JoinHandle<()>,
}

impl Load {
    /// Sends requests to each target in turn.
    pub fn start(targets: Vec<Target>, shop: Shop, rates: Rates) -> Self {
        let stop = CancellationToken::new();
        let clients = Arc::new(Clients {
            targets: RwLock::new(targets),
            shop,
            tally: Mutex::default(),
        });
        let task = tokio::spawn(clients.clone().run(rates, stop.clone()));
        Self { stop, clients, task }
    }

    /// Sends to one more target from now on.
    pub fn add(&self, target: Target) {
        let mut targets = self.clients.targets.write().expect("nobody panics with it");
        targets.push(target);
    }

    /// All that came back so far.
    pub fn tally(&self) -> Tally {
        self.clients.tally().clone()
    }

    /// Requests that failed so far.
    pub fn failed(&self) -> u64 {
        self.clients.tally().failed
    }

    /// Sends nothing more, and waits for what is in flight.
    pub async fn stop(self) -> anyhow::Result<Tally> {
        self.stop.cancel();
        self.task.await?;
        let tally = self.clients.tally().clone();
        Ok(tally)
    }
}

struct Clients {
    targets: RwLock<Vec<Target>>,
    shop: Shop,
    tally: Mutex<Tally>,
}

impl Clients {
    async fn run(self: Arc<Self>, rates: Rates, stop: CancellationToken) {
        let mut ticks = interval(Duration::from_secs(1) / rates.total());
        // Late ones are sent at once: the rate stays.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut flights = JoinSet::new();
        // The number of the next request of each kind.
        let mut next = [0_u64; 4];
        for tick in 0.. {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
            }
            while flights.try_join_next().is_some() {}
            if flights.len() >= MAX_IN_FLIGHT {
                self.tally().held_back += 1;
                continue;
            }
            let kind = rates.kind(tick);
            let number = next[kind as usize];
            next[kind as usize] += 1;
            let clients = self.clone();
            flights.spawn(async move { clients.act(kind, number).await });
        }
        while flights.join_next().await.is_some() {}
    }

    async fn act(&self, kind: Kind, number: u64) {
        let target = self.target(number);
        match kind {
            Kind::Read => self.read(&target, number).await,
            Kind::Cart => self.put_in_cart(&target, number).await,
            Kind::Order => self.order(&target, number).await,
            Kind::Upload => self.upload(&target, number).await,
        }
    }

    /// Requests of a kind go to the targets in turn.
    fn target(&self, number: u64) -> Target {
        let targets = self.targets.read().expect("nobody panics with it");
        targets[number as usize % targets.len()].clone()
    }

    async fn read(&self, target: &Target, number: u64) {
        let Shop {
            items, set, picture, ..
        } = &self.shop;
        let item = &items[number as usize % items.len()];
        let path = match number % 6 {
            0 => "/v1/items?limit=24".to_owned(),
            1 | 2 => format!("/v1/items/{item}"),
            3 => format!("/v1/sets/{set}"),
            4 => format!("/v1/search?q=tick&limit={}", 10 + number % 40),
            _ => picture.clone(),
        };
        self.send(target.client.get(format!("{}{path}", target.url))).await;
    }

    async fn put_in_cart(&self, target: &Target, number: u64) {
        // An account has few carts.
        let buyer = number % self.shop.buyers;
        let body = json!({ "lines": [{ "set": self.shop.set }] });
        let request = target.client.post(format!("{}/v1/carts", target.url));
        let request = request.bearer_auth(token(buyer)).json(&body);
        if let Some(id) = self.send_for_id(request).await {
            self.tally().carts.push(Taken { id, buyer });
        }
    }

    async fn order(&self, target: &Target, buyer: u64) {
        if buyer >= self.shop.buyers {
            return;
        }
        let request = target.client.post(format!("{}/v1/orders", target.url));
        let request = request.bearer_auth(token(buyer)).header("idempotency-key", "only");
        let body = json!({ "lines": [{ "set": self.shop.set }] });
        if let Some(id) = self.send_for_id(request.json(&body)).await {
            self.tally().orders.push(Taken { id, buyer });
        }
    }

    /// The id in an answer of 2xx.
    async fn send_for_id(&self, request: RequestBuilder) -> Option<Uuid> {
        let answer = self.send(request).await?;
        answer["id"].as_str()?.parse().ok()
    }

    /// Sends a request and counts it. Answers with the body of an answer of 2xx; null when that is not JSON.
    async fn send(&self, request: RequestBuilder) -> Option<Value> {
        let (client, request) = request.build_split();
        let request = request.expect("it is a request");
        let about = format!("{} {}", request.method(), request.url().path());
        let started = Instant::now();
        let answer = tokio::time::timeout(ANSWER_WITHIN, async {
            let answer = client.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let answer = answer.await;
        let mut tally = self.tally();
        tally.requests += 1;
        tally.latencies.push(started.elapsed());
        let failure = match answer {
            Ok(Ok((status, body))) if status.is_success() => {
                return Some(serde_json::from_slice(&body).unwrap_or_default());
            }
            Ok(Ok((status, body))) => {
                let is_refusal = status.is_client_error() || status == StatusCode::NOT_MODIFIED;
                tally.refused += u64::from(is_refusal);
                tally.failed += u64::from(!is_refusal);
                format!("{about}: {status} {}", String::from_utf8_lossy(&body))
            }
            Ok(Err(error)) => {
                tally.failed += 1;
                format!("{about}: {error:?}")
            }
            Err(_) => {
                tally.failed += 1;
                format!("{about}: no answer within {} s", ANSWER_WITHIN.as_secs())
            }
        };
        if tally.failures.len() < KEPT_FAILURES {
            tally.failures.push(failure);
        }
        None
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().expect("nobody panics with it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_at_their_rates() {
        let rates = Rates {
            reads: 80,
            carts: 14,
            orders: 5,
            uploads: 1,
        };
        let mut counts = [0; 4];
        (0..1_000).for_each(|tick| counts[rates.kind(tick) as usize] += 1);
        assert_eq!(counts, [800, 140, 50, 10]);
    }

    #[test]
    fn latency_of_a_share_is_the_longest_of_it() {
        let tally = Tally {
            latencies: (1..=100).rev().map(Duration::from_millis).collect(),
            ..Tally::default()
        };
        assert_eq!(tally.latency(0.5), Duration::from_millis(51));
        assert_eq!(tally.latency(1.0), Duration::from_millis(100));
        assert_eq!(Tally::default().latency(0.5), Duration::ZERO);
    }
}
