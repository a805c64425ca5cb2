//! `make bench-region`: each route of a region that is far from the primary, with and without a replica beside it.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tradepost_tests::distance::far_from;
use tradepost_tests::replica::Replica;
use tradepost_tests::server::Server;
use tradepost_tests::shop::{Shop, furnish, token};
use tradepost_tests::{Options as Settings, TestApp};

#[derive(clap::Args)]
pub struct Options {
    /// Milliseconds to the primary and back: Frankfurt to Virginia has about 90.
    #[arg(long, default_value_t = 90)]
    round_trip: u64,
    /// Requests of each route.
    #[arg(long, default_value_t = 15)]
    requests: usize,
}

/// The routes, by method and path. Pictures come from the bucket.
const ROUTES: [&str; 13] = [
    "GET /v1/items",
    "GET /v1/items/{id}",
    "GET /v1/sets",
    "GET /v1/sets/{id}",
    "GET /v1/families",
    "GET /v1/search",
    "GET /v1/suggest",
    "GET /v1/items as a buyer",
    "GET /v1/account",
    "GET /v1/library",
    "POST /v1/carts",
    "POST /v1/orders",
    "POST /v1/uploads",
];

pub async fn run(options: &Options) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let settings = Settings::default().set("DATABASE__MAX_CONNECTIONS", 12);
    let here = settings.clone().set("DATABASE__URL", server.url());
    let buyers = 3 * (options.requests as u64 + 2);
    let shop = furnish(here.clone(), &server.pool, buyers).await?;
    let replica = Replica::start(&server, "0").await?;
    let round_trip = Duration::from_millis(options.round_trip);
    let socket = server.place.socket_folder().join(".s.PGSQL.5432");
    let port = far_from(socket, round_trip).await?;
    let far = settings.set(
        "DATABASE__URL",
        format!("postgres://tradepost@127.0.0.1:{port}/tradepost"),
    );
    let beside = far.clone().set("DATABASE__REPLICA_URL", replica.url());

    let mut columns = Vec::new();
    for (number, settings) in [here, far, beside].into_iter().enumerate() {
        let app = TestApp::start_with(settings);
        replica.until_caught_up(&server).await?;
        columns.push(measure(&app, &shop, options.requests, number).await?);
    }
    println!(
        "median of {} requests, ms; {} ms to the primary and back:\n",
        options.requests, options.round_trip
    );
    println!("| route | at home | far | round trips | far, with a replica | round trips |\n|---|---|---|---|---|---|");
    for (at, route) in ROUTES.iter().enumerate() {
        let [home, far, beside] = [0, 1, 2].map(|column: usize| columns[column][at]);
        let trips = |took: Duration| took.saturating_sub(home).as_secs_f64() / round_trip.as_secs_f64();
        let ms = |took: Duration| took.as_secs_f64() * 1e3;
        println!(
            "| `{route}` | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            ms(home),
            ms(far),
            trips(far),
            ms(beside),
            trips(beside)
        );
    }
    Ok(())
}

/// The median of each route.
async fn measure(app: &TestApp, shop: &Shop, requests: usize, place: usize) -> anyhow::Result<Vec<Duration>> {
    let mut medians = Vec::new();
    for route in ROUTES {
        let mut times = Vec::new();
        // The first two fill caches and connections.
        for number in 0..requests + 2 {
            let buyer = (place * (requests + 2) + number) as u64;
            let request = request(app, shop, route, buyer)?;
            let begun = Instant::now();
            let answer = request.send().await?;
            let status = answer.status();
            let body = answer.bytes().await?;
            times.push(begun.elapsed());
            anyhow::ensure!(
                status.is_success(),
                "{route}: {status} {}",
                String::from_utf8_lossy(&body)
            );
        }
        let mut times = times.split_off(2);
        times.sort_unstable();
        medians.push(times[times.len() / 2]);
    }
    Ok(medians)
}

fn request(app: &TestApp, shop: &Shop, route: &str, buyer: u64) -> anyhow::Result<RequestBuilder> {
    let (method, path) = route.split_once(' ').unwrap_or(("GET", route));
    let (path, is_buyer) = match path.strip_suffix(" as a buyer") {
        Some(path) => (path, true),
        None => (path, method == "POST" || ["/v1/account", "/v1/library"].contains(&path)),
    };
    let path = match path {
        // Another one each time: no answer that was kept.
        "/v1/items/{id}" => format!("/v1/items/{}", shop.items[buyer as usize % shop.items.len()]),
        "/v1/sets/{id}" => format!("/v1/sets/{}", shop.set),
        "/v1/items" if !is_buyer => format!("/v1/items?limit={}", 10 + buyer),
        "/v1/sets" => format!("/v1/sets?limit={}", 10 + buyer),
        "/v1/families" => format!("/v1/families?limit={}", 10 + buyer),
        "/v1/search" => format!("/v1/search?q=tick&limit={}", 10 + buyer),
        "/v1/suggest" => "/v1/suggest?q=ti".to_owned(),
        path => path.to_owned(),
    };
    let lines = json!({ "lines": [{ "set": shop.set }] });
    let body: Option<Value> = match (method, path.as_str()) {
        (_, "/v1/uploads") => Some(json!({ "file_name": "pack.zip", "size_bytes": 1_000, "sha256": "0".repeat(64) })),
        ("POST", _) => Some(lines),
        _ => None,
    };
    let mut request = app.request(Method::from_bytes(method.as_bytes())?, &path);
    if path == "/v1/uploads" {
        request = request.bearer_auth(&shop.contributor);
    } else if is_buyer {
        request = request.bearer_auth(token(buyer));
    }
    if path == "/v1/orders" {
        request = request.header("idempotency-key", "only");
    }
    Ok(match body {
        Some(body) => request.json(&body),
        None => request,
    })
}
