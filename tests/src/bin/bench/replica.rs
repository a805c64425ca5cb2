//! Pairs of a write and the read after it while a replica is five seconds behind.

use std::time::Instant;

use tradepost_tests::replica::{Client, Replica, Writer};
use tradepost_tests::server::Server;
use tradepost_tests::{Options as Daemon, TestApp};

#[derive(clap::Args)]
pub struct Options {
    /// Pairs for each kind of client.
    #[arg(long, default_value_t = 10_000)]
    pairs: usize,
    /// The kinds of clients.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Client::Token, Client::Header, Client::Cookie])]
    clients: Vec<Client>,
}

pub async fn run(options: &Options) -> anyhow::Result<bool> {
    let server = Server::start().await?;
    let replica = Replica::start(&server, "5s").await?;
    let app = TestApp::start_with(
        Daemon::default()
            .set("DATABASE__URL", server.url())
            .set("DATABASE__REPLICA_URL", replica.url())
            .set("DATABASE__MAX_CONNECTIONS", 8),
    );
    let writer = Writer::publish(&app).await;
    let mut missed = 0;
    for client in options.clients.iter().copied() {
        let started = Instant::now();
        let misses = writer.misses(options.pairs, client).await;
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{client:?}: {misses} of {} own writes missed, {seconds:.1} s",
            options.pairs
        );
        missed += misses;
    }
    Ok(missed == 0)
}
