//! Chaos with money: buyers pay, are refunded and dispute through a provider that misbehaves, while the daemon and PostgreSQL are
//! killed; then our books are compared with the provider's, line by line.

mod buyer;
mod scene;
pub mod verdict;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use tokio::task::JoinSet;

use crate::stripe::{Faults, Stripe};
use buyer::Buyer;
use scene::Scene;
use verdict::Verdict;

const TICK: Duration = Duration::from_millis(50);
/// A daemon that was started later than this ago may not have done anything.
const GROWN_UP: Duration = Duration::from_millis(1_500);
/// A private cluster that ends five times a minute is given up by its daemon.
const BETWEEN_CRASHES: Duration = Duration::from_secs(13);

/// The amount of chaos.
#[derive(Debug, Clone, Args)]
pub struct Options {
    #[arg(long, default_value_t = 10_000)]
    pub purchases: u32,
    /// Buyers at once.
    #[arg(long, default_value_t = 64)]
    pub clients: u32,
    /// Daemons killed with SIGKILL.
    #[arg(long, default_value_t = 200)]
    pub kills: u32,
    /// Crashes of PostgreSQL under a running daemon.
    #[arg(long, default_value_t = 50)]
    pub crashes: u32,
    /// Probability of each fault of the provider, and of messages that are doubled, delayed or dropped.
    #[arg(long, default_value_t = 0.1)]
    pub faults: f64,
    /// Given up after this time.
    #[arg(long, default_value_t = 3_600)]
    pub limit_seconds: u64,
}

/// Runs the whole story and prints what came of it. `false`: something was lost, doubled or not as it should be.
pub async fn run(options: &Options) -> anyhow::Result<bool> {
    anyhow::ensure!(
        options.purchases > 0 && options.clients > 0,
        "no purchases or no clients"
    );
    let stripe = Stripe::start()
        .await
        .context("there is no payment server: run make/stripe")?;
    let mut scene = Scene::open(&stripe, options).await?;
    let started = Instant::now();
    stripe.misbehave(Faults::all(options.faults));
    let limit = Duration::from_secs(options.limit_seconds);
    let stripe = Arc::new(stripe);
    let told = tokio::time::timeout(limit, tell(options, &mut scene, &stripe)).await;
    if told.is_err() {
        eprintln!("chaos: not done after {} s", limit.as_secs());
    }
    stripe.misbehave(Faults::default());
    let story = told.unwrap_or(Ok(Vec::new())).inspect_err(|_| scene.print_log())?;
    scene.until_quiet(Duration::from_secs(120)).await?;
    let verdict = Verdict::count(&scene, &stripe, &story).await?;
    verdict.print(options, &scene, started.elapsed());
    Ok(verdict.is_good(options))
}

/// Buys, kills and crashes until every buyer is done. Answers with what the buyers saw.
async fn tell(options: &Options, scene: &mut Scene, stripe: &Arc<Stripe>) -> anyhow::Result<Vec<buyer::Seen>> {
    let (mut buying, mut seen, mut next) = (JoinSet::new(), Vec::new(), 0);
    while seen.len() < options.purchases as usize {
        while next < options.purchases && buying.len() < options.clients as usize {
            let buyer = Buyer::new(next, scene.surroundings(), stripe.clone());
            buying.spawn(buyer.live());
            next += 1;
        }
        tokio::select! {
            done = buying.join_next() => seen.push(done.context("a buyer is there")?.context("a buyer panicked")??),
            () = tokio::time::sleep(TICK) => {}
        }
        let done = seen.len() as f64 / f64::from(options.purchases);
        scene.disturb(options, stripe, done).await?;
    }
    Ok(seen)
}

/// The events are spread evenly over the work.
fn is_due(done: f64, happened: u32, events: u32) -> bool {
    happened < events && done >= f64::from(happened + 1) / f64::from(events + 1)
}
