//! Metrics in CloudWatch, on a server that speaks its protocol.

mod faults;
mod watched;

use tradepost_tests::TestApp;
use tradepost_tests::cloudwatch::{Metrics, options};
use tradepost_tests::sqs::Sqs;

#[tokio::test]
async fn every_request_is_counted_once_in_cloudwatch() {
    let Some(server) = Sqs::start() else { return };
    let metrics = Metrics::new(&server);
    let mut app = TestApp::start_with(options(&server.endpoint, &metrics.namespace));
    for _ in 0..20 {
        app.get("/v1/items", None).await;
    }
    // The last period ends with the daemon.
    assert_eq!(app.stop(), Some(0));
    let (requests, slowest) = metrics.values("Latency", &[("Scope", "route")]).await;
    assert_eq!(requests, 20.0);
    assert!(slowest > 0.0);
    assert_eq!(metrics.values("Errors", &[("Scope", "route")]).await.1, 0.0);
    let (periods, _) = metrics.values("QueueDepth", &[("Queue", "scan")]).await;
    assert!(periods >= 1.0, "{periods}");
    assert!(metrics.values("ResidentMemory", &[]).await.1 > 1e6);
}

#[tokio::test]
async fn a_cloudwatch_that_does_not_answer_slows_nobody_and_raises_an_alert() {
    // Nothing listens on this port.
    let app = TestApp::start_with(options("http://127.0.0.1:9", "Tradepost"));
    let alert = app
        .until("/v1/overview", |overview| {
            overview["alerts"]
                .as_array()
                .unwrap()
                .iter()
                .any(|alert| alert["code"] == "cloudwatch-down")
        })
        .await;
    assert!(
        alert["alerts"].to_string().contains("CloudWatch takes no metrics"),
        "{alert}"
    );
    assert_eq!(app.get("/v1/items", None).await.0, 200);
}

#[tokio::test]
async fn metrics_that_waited_arrive_when_cloudwatch_answers_again() {
    let Some(server) = Sqs::start() else { return };
    let metrics = Metrics::new(&server);
    let gate = Gate::open_to(&server.endpoint).await;
    let mut app = TestApp::start_with(options(&gate.endpoint, &metrics.namespace));
    gate.close();
    app.get("/v1/items", None).await;
    app.until("/v1/overview", |overview| {
        overview["alerts"].to_string().contains("cloudwatch-down")
    })
    .await;
    gate.open();
    app.until("/v1/overview", |overview| {
        !overview["alerts"].to_string().contains("cloudwatch-down")
    })
    .await;
    assert_eq!(app.stop(), Some(0));
    assert_eq!(metrics.values("Latency", &[("Scope", "route")]).await.0, 1.0);
}

/// A proxy that refuses connections while it is closed.
struct Gate {
    endpoint: String,
    is_open: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Gate {
    async fn open_to(endpoint: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gate = Self {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            is_open: std::sync::Arc::new(true.into()),
        };
        let (server, is_open) = (endpoint.trim_start_matches("http://").to_owned(), gate.is_open.clone());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                if is_open.load(std::sync::atomic::Ordering::Relaxed) {
                    let mut server = tokio::net::TcpStream::connect(&server).await.unwrap();
                    tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
                }
            }
        });
        gate
    }

    fn open(&self) {
        self.is_open.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    fn close(&self) {
        self.is_open.store(false, std::sync::atomic::Ordering::Relaxed);
    }
}
