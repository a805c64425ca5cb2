//! PostgreSQL dies: the daemon brings the private one back, and uses another one again once it is back.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Method, StatusCode};
use tradepost_tests::server::Server;
use tradepost_tests::wait::eventually;
use tradepost_tests::{Options, PackBuilder, TestApp};

/// More than there are connections for requests.
const READERS: usize = 16;
const NOTICED_WITHIN: Duration = Duration::from_secs(2);
const BACK_WITHIN: Duration = Duration::from_secs(10);

fn postmaster(app: &TestApp) -> Pid {
    let text = std::fs::read_to_string(app.state.join("postgres/data/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().trim().parse().unwrap())
}

/// One request at most meets each dead connection of a pool.
async fn until_connections_are_new(app: &TestApp) {
    eventually("every connection is a new one", async || {
        let public = join_all((0..READERS).map(|_| app.get("/v1/items", None))).await;
        let control = join_all((0..READERS).map(|_| app.control(Method::GET, "/v1/overview", None))).await;
        let mut answers = public.into_iter().chain(control);
        let refused = answers.find(|(status, _)| *status != StatusCode::OK);
        refused.map_or(Ok(()), |(_, body)| Err(body.to_string()))
    })
    .await;
}

#[tokio::test]
async fn killed_cluster_is_started_again() {
    let mut app = TestApp::start();
    let token = app.trusted("carl");
    app.upload_and_settle(&token, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    for (round, signal) in [Signal::SIGKILL, Signal::SIGQUIT].into_iter().enumerate() {
        let dead = postmaster(&app);
        let (killed, pid) = (Instant::now(), app.pid());
        kill(dead, signal).unwrap();
        eventually("the alert is raised", async || {
            let (_, alerts) = app.control(Method::GET, "/v1/alerts", None).await;
            let log = app.log();
            if alerts.to_string().contains("database-down") || log.matches("alert raised: the database").count() > round
            {
                Ok(())
            } else {
                Err(alerts.to_string())
            }
        })
        .await;
        let noticed = killed.elapsed();
        eventually("the catalogue is back", async || {
            match app.get("/v1/items", None).await {
                (StatusCode::OK, _) => Ok(()),
                (StatusCode::SERVICE_UNAVAILABLE, body) => Err(body.to_string()),
                (status, body) => panic!("{status}: {body}"),
            }
        })
        .await;
        let back = killed.elapsed();
        println!("{signal}: noticed after {noticed:?}, back after {back:?}");
        assert!(
            noticed < NOTICED_WITHIN && back < BACK_WITHIN,
            "noticed {noticed:?}, back {back:?}"
        );
        assert_ne!(postmaster(&app), dead);
        until_connections_are_new(&app).await;
        let family = format!("After {signal}");
        let trace = app
            .upload_and_settle(&token, &PackBuilder::ticks(&family, 1).build())
            .await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
        assert_eq!(app.pid(), pid, "the daemon lives on");
    }
    app.until("/v1/alerts", |alerts| !alerts.to_string().contains("database-down"))
        .await;
    let stopping = Instant::now();
    assert_eq!(app.stop(), Some(0));
    println!("stopped after {:?}", stopping.elapsed());
}

#[tokio::test]
async fn server_that_dies_and_comes_back_is_used_again() {
    let mut server = Server::start().await.unwrap();
    let mut app = TestApp::start_with(Options::default().set("DATABASE__URL", server.url()));
    let token = app.trusted("carl");
    let before = PackBuilder::ticks("Before", 1).build();
    app.upload_and_settle(&token, &before).await;
    let pid = app.pid();
    for round in 1..=2 {
        server.crash().await.unwrap();
        eventually("the alert is raised", async || {
            match app.log().matches("alert raised: the database").count() {
                raised if raised < round => Err(app.log()),
                _ => Ok(()),
            }
        })
        .await;
        let (status, problem) = app.get("/v1/items", None).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
        assert_eq!(app.get("/livez", None).await.0, StatusCode::OK);
        server.restart().await.unwrap();
        let restarted = Instant::now();
        eventually("the catalogue is back", async || {
            match app.get("/v1/items", None).await {
                (StatusCode::OK, _) => Ok(()),
                (StatusCode::SERVICE_UNAVAILABLE, body) => Err(body.to_string()),
                (status, body) => panic!("{status}: {body}"),
            }
        })
        .await;
        println!("back after {:?}", restarted.elapsed());
        until_connections_are_new(&app).await;
        let pack = PackBuilder::ticks(&format!("After {round}"), 1).build();
        let trace = app.upload_and_settle(&token, &pack).await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
        println!("published after {:?}", restarted.elapsed());
    }
    assert_eq!(app.pid(), pid, "the daemon lives on");
    server.crash().await.unwrap();
    let stopping = Instant::now();
    assert_eq!(app.stop(), Some(0), "it stops without its database, too");
    println!("stopped after {:?}", stopping.elapsed());
}
