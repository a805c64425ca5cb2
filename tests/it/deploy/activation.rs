//! Sockets from the service manager, and the drain before a stop.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tradepost_tests::tools::tool;
use tradepost_tests::wait::PATIENCE;
use tradepost_tests::{Options, TestApp, program, template};

#[tokio::test(flavor = "multi_thread")]
async fn daemon_serves_on_the_socket_that_systemd_hands_over() {
    let Some(mut activate) = tool("systemd-socket-activate", "systemd") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    template::copy_cluster(&state);
    // The port of a listener that is closed again: the service manager takes it.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut child = activate
        .arg("--listen")
        .arg(address.to_string())
        .args([
            "--setenv=TRADEPOST_SCANNER__PRIVATE=true",
            "--setenv=TRADEPOST_HTTP__LISTEN=127.0.0.1:1",
        ])
        .arg(program("tradepostd"))
        .args(["serve", "--state"])
        .arg(&state)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The first connection starts the daemon and waits for it: a request is answered however early it comes.
    let started = Instant::now();
    let status = loop {
        match reqwest_get(&format!("http://{address}/readyz")).await {
            Ok(status) => break status,
            // Before the service manager listens.
            Err(error) => assert!(started.elapsed() < PATIENCE, "{error}"),
        }
        tokio::task::yield_now().await;
    };
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(status, 200);
}

async fn reqwest_get(url: &str) -> reqwest::Result<u16> {
    let answer = tradepost_tests::app::client_builder().build()?.get(url).send().await?;
    Ok(answer.status().as_u16())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_served_while_a_load_balancer_learns_of_the_stop() {
    let mut app = TestApp::start_with(Options::default().set("DAEMON__DRAIN_SECONDS", 600));
    assert_eq!(app.get("/readyz", None).await.0, 200);
    kill(Pid::from_raw(app.pid()), Signal::SIGTERM).unwrap();
    let started = Instant::now();
    while app.get("/readyz", None).await.0 != 503 {
        assert!(started.elapsed() < PATIENCE);
    }
    assert_eq!(app.get("/v1/items", None).await.0, 200);
    assert_eq!(app.get("/livez", None).await.0, 200);
    // Nobody waits ten minutes.
    app.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_daemon_ends_after_the_drain() {
    let mut app = TestApp::start_with(Options::default().set("DAEMON__DRAIN_SECONDS", 1));
    let started = Instant::now();
    assert_eq!(app.stop(), Some(0));
    assert!(started.elapsed() >= Duration::from_secs(1));
}
