//! `make bench-money`: orders at a fixed rate, orders and transfers a second beside @vendure/core and django-hordak.
//!
//! All on the PostgreSQL of one daemon, turn by turn, each in a database of its own. Nothing is asserted: a figure is a figure.

mod ledger;
mod peers;
mod shop;

use std::time::Duration;

use clap::Args;
use tradepost_tests::TestApp;

use shop::Shop;

/// Size of the benchmark.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Orders a second in the open loop.
    #[arg(long, default_value_t = 50)]
    pub rate: u32,
    /// Seconds of the open loop.
    #[arg(long, default_value_t = 60)]
    pub seconds: u32,
    /// Seconds of every other measurement.
    #[arg(long, default_value_t = 10)]
    pub turn: u32,
    /// Clients at once in every other measurement.
    #[arg(long, default_value_t = 8)]
    pub clients: usize,
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
}

pub async fn run(options: &Options) -> anyhow::Result<()> {
    let app = TestApp::start_with(shop::options());
    let needed = options.rate * options.seconds;
    let mut shop = Shop::open(&app, needed as usize).await?;
    let open = shop.open_loop(options.rate, options.seconds).await?;
    println!(
        "\n{} orders a second for {} s, each measured from the time at which it was due; {} refused:\n",
        options.rate, options.seconds, open.refused
    );
    println!("| what | median ms | p95 ms | max ms | goal |\n|---|---|---|---|---|");
    println!(
        "| checkout: the answer to `POST /v1/orders` | {} | p95 under 50 ms |",
        spread(open.checkout)
    );
    println!(
        "| settlement: paid, from the placing on | {} | p95 under 1 s |",
        spread(open.settlement)
    );
    compare(&app, &mut shop, options).await
}

async fn compare(app: &TestApp, shop: &mut Shop<'_>, options: &Options) -> anyhow::Result<()> {
    let turn = Duration::from_secs(options.turn.into());
    let (mut ours, mut vendure) = (Vec::new(), Vec::new());
    let (mut one_row, mut rows, mut wallets, mut hordak) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..options.rounds {
        ours.push(shop.closed_loop(options.clients, turn).await?);
        vendure.extend(peers::vendure(app, options, round).await?);
        one_row.push(ledger::transfers(app, options.clients, turn, ledger::To::OneRow).await?);
        rows.push(ledger::transfers(app, options.clients, turn, ledger::To::Rows).await?);
        wallets.push(ledger::transfers(app, options.clients, turn, ledger::To::Wallets).await?);
        hordak.extend(peers::hordak(app, options, round).await?);
    }
    println!(
        "\n{} clients, {} s a measurement, medians of {} rounds; a second:\n",
        options.clients, options.turn, options.rounds
    );
    println!("| what | ours | other | ratio |\n|---|---|---|---|");
    line(
        "orders, paid; other: @vendure/core, two requests an order",
        ours,
        vendure,
    );
    line(
        "transfers to one account of 16 rows; other: django-hordak",
        rows,
        hordak.clone(),
    );
    line(
        "transfers to one account of one row; other: django-hordak",
        one_row,
        hordak.clone(),
    );
    line("transfers between accounts; other: django-hordak", wallets, hordak);
    Ok(())
}

fn line(what: &str, ours: Vec<f64>, other: Vec<f64>) {
    let ours = middle(ours);
    match other.is_empty() {
        true => println!("| {what} | {ours:.0} | not installed | |"),
        false => {
            let other = middle(other);
            println!("| {what} | {ours:.0} | {other:.1} | {:.1} |", ours / other);
        }
    }
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Median, p95 and maximum as cells.
fn spread(mut seconds: Vec<f64>) -> String {
    seconds.sort_by(f64::total_cmp);
    let at = |part: f64| seconds[((seconds.len() - 1) as f64 * part) as usize] * 1000.0;
    format!("{:.1} | {:.1} | {:.1}", at(0.5), at(0.95), at(1.0))
}
