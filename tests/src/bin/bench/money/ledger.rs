//! Transfers of the ledger, each in a transaction of its own.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tradepost_ledger::{AccountSpec, Entry, Posting, Shards, open, post};
use tradepost_tests::TestApp;
use uuid::Uuid;

const WALLETS: usize = 100;

/// The account that is paid.
#[derive(Debug, Clone, Copy)]
pub enum To {
    /// The same for all, with one row.
    OneRow,
    /// The same for all, with the rows of the marketplace's accounts.
    Rows,
    /// Another wallet.
    Wallets,
}

/// Transfers a second of so many clients.
pub async fn transfers(app: &TestApp, clients: usize, time: Duration, to: To) -> anyhow::Result<f64> {
    let db = app.database_with(clients as u32).await;
    // Accounts that are opened in another order at once would wait for each other.
    for n in 0..WALLETS {
        open(&mut *db.acquire().await?, &spec(&wallet(n), Shards::One)).await?;
    }
    let started = Instant::now();
    let working = (0..clients).map(async |client| {
        let mut made = 0;
        while started.elapsed() < time {
            let key = Uuid::now_v7().to_string();
            // Wallets in no order, as buyers come.
            let from = made * 37 + client * 13;
            let mut tx = db.begin().await?;
            let from_name = wallet(from);
            let to_name = wallet(from + 1 + made % 50);
            let (name, shards) = match to {
                To::OneRow => ("bench:one-row", Shards::One),
                To::Rows => ("bench:rows", Shards::ByKey { count: 16, key: &key }),
                To::Wallets => (to_name.as_str(), Shards::One),
            };
            let mut accounts = Vec::with_capacity(2);
            for (name, shards) in [(from_name.as_str(), Shards::One), (name, shards)] {
                accounts.push(open(&mut tx, &spec(name, shards)).await?);
            }
            let entries = [(accounts[0], -1), (accounts[1], 1)].map(|(account, amount)| Entry { account, amount });
            let posting = Posting {
                key: &key,
                kind: "bench",
                entries: &entries,
            };
            post(&mut tx, &posting).await?;
            tx.commit().await?;
            made += 1;
        }
        anyhow::Ok(made)
    });
    let made: usize = try_join_all(working).await?.into_iter().sum();
    let rate = made as f64 / started.elapsed().as_secs_f64();
    db.close().await;
    Ok(rate)
}

fn wallet(n: usize) -> String {
    format!("bench:wallet:{}", n % WALLETS)
}

fn spec<'a>(name: &'a str, shards: Shards<'a>) -> AccountSpec<'a> {
    AccountSpec {
        name,
        currency: "EUR",
        floor: None,
        shards,
    }
}
