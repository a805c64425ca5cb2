//! Connections that are half open, stall or send on although they were refused.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tradepost_tests::{Answer, Options, TestApp};

const PATIENCE: Duration = Duration::from_secs(60);

fn connect(app: &TestApp) -> TcpStream {
    let stream = TcpStream::connect(app.api.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn send(app: &TestApp, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(app);
    stream.write_all(bytes).unwrap();
    stream
}

/// Everything that comes until the daemon closes.
fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset && bytes.is_empty() => {}
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&bytes)),
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn half_open_connections_are_closed_and_keep_nobody_out() {
    let app = TestApp::start_with(Options::default().set("HTTP__MAX_CONNECTIONS", 16));
    let started = Instant::now();
    let mut half_open: Vec<_> = (0..40)
        .map(|_| send(&app, b"GET /livez HTTP/1.1\r\nhost: x\r\n"))
        .collect();
    half_open.extend((0..40).map(|_| connect(&app)));
    let (status, _) = app.get("/livez", None).await;
    assert_eq!(status, StatusCode::OK);
    println!("answered after {:?}", started.elapsed());
    app.look("/v1/overview").await;
    for stream in half_open {
        assert_eq!(rest(stream), "", "a half-sent head has no answer");
    }
}

#[tokio::test]
async fn http_1_1_needs_the_name_of_the_host_and_http_1_0_does_not() {
    let app = TestApp::start();
    let answers = ["GET /livez HTTP/1.1", "GET /livez HTTP/1.0"].map(|line| {
        let stream = send(&app, format!("{line}\r\nconnection: close\r\n\r\n").as_bytes());
        rest(stream)
    });
    assert!(
        answers[0].starts_with("HTTP/1.1 400 ") && answers[0].contains("Host"),
        "{}",
        answers[0]
    );
    assert!(answers[1].starts_with("HTTP/1.0 200 "), "{}", answers[1]);
}

#[tokio::test]
async fn control_socket_works_when_the_descriptors_are_short() {
    let app = TestApp::start_with(Options {
        descriptors: Some(400),
        ..Options::default()
    });
    let half_open: Vec<_> = (0..600).map(|_| connect(&app)).collect();
    for _ in 0..5 {
        let overview = app.look("/v1/overview").await;
        assert!(!overview["alerts"].to_string().contains("database-down"), "{overview}");
    }
    let token = app.trusted("carl");
    drop(half_open);
    let (status, _) = app.get("/v1/uploads", Some(&token)).await;
    assert_eq!(status, StatusCode::OK);
}

/// The client writes all of its body before it looks for an answer, as many do.
#[tokio::test]
async fn refusal_arrives_although_the_client_still_sends() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    let started = app.announce(&token, 16 << 20, &"ab".repeat(32)).await;
    let url = started["put"]["url"]
        .as_str()
        .unwrap()
        .strip_prefix(&app.api)
        .unwrap()
        .to_owned();
    let forged = url.replace("signature=", "signature=00");
    let cases = [
        (format!("PUT {forged} HTTP/1.1"), 403, 16 << 20),
        (format!("PUT {url} HTTP/1.1"), 413, 600 << 20),
        ("POST /v1/uploads HTTP/1.1".to_owned(), 401, 16 << 20),
        ("POST /v1/nothing HTTP/1.1".to_owned(), 404, 16 << 20),
    ];
    for (request, status, length) in cases {
        let stream = send(
            &app,
            format!("{request}\r\nhost: x\r\ncontent-length: {length}\r\n\r\n").as_bytes(),
        );
        let chunk = vec![0; 1 << 20];
        for _ in 0..16 {
            (&stream)
                .write_all(&chunk)
                .unwrap_or_else(|error| panic!("{request}: {error}"));
        }
        stream.shutdown(Shutdown::Write).unwrap();
        let answer = rest(stream);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {answer:?}"
        );
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
}

#[tokio::test]
async fn bodies_that_stall_break_or_are_no_json_are_told_so() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    let head =
        |more: &str| format!("POST /v1/uploads HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{more}\r\n");
    let json = "content-type: application/json\r\n";
    let stalled = send(&app, head(&format!("{json}content-length: 100\r\n")).as_bytes());
    let broken = send(
        &app,
        format!(
            "{}9\r\n{{\"file_na",
            head(&format!("{json}transfer-encoding: chunked\r\n"))
        )
        .as_bytes(),
    );
    broken.shutdown(Shutdown::Write).unwrap();
    let broken = rest(broken);
    assert!(broken.starts_with("HTTP/1.1 400 ") || broken.is_empty(), "{broken}");
    let malformed = send(
        &app,
        format!("{}zz\r\n", head(&format!("{json}transfer-encoding: chunked\r\n"))).as_bytes(),
    );
    assert!(rest(malformed).starts_with("HTTP/1.1 400 "));
    let answer = rest(stalled);
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("connection: close"),
        "{answer}"
    );

    let start = app.request(Method::POST, "/v1/uploads").bearer_auth(&token);
    let text = Answer::to(start.header("content-type", "text/plain").body("{}")).await;
    let problem = text.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(
        problem["detail"].as_str().unwrap().contains("application/json"),
        "{problem}"
    );
    let control = app
        .control_request(Method::POST, "/v1/queues/scan/concurrency")
        .body(json!({}).to_string());
    assert_eq!(Answer::to(control).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn half_sent_heads_do_not_stretch_a_stop() {
    let mut app = TestApp::start();
    let half_open: Vec<_> = (0..5)
        .map(|_| send(&app, b"GET /livez HTTP/1.1\r\nhost: x\r\n"))
        .collect();
    app.get("/livez", None).await;
    let started = Instant::now();
    assert_eq!(app.stop(), Some(0));
    let took = started.elapsed();
    assert!(took < Duration::from_secs(8), "the stop took {took:?}");
    println!("stopped after {took:?}");
    drop(half_open);
}
