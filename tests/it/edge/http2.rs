//! HTTP/2 without TLS, as a proxy speaks it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tradepost_tests::{Options, PackBuilder, TestApp};

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status 200` in the static table.
const STATUS_200: u8 = 0x88;

/// Runs curl; answers with its standard output.
fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--http2-prior-knowledge",
            "--max-time",
            "60",
        ])
        .args(arguments)
        .output()
        .expect("curl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A connection with nothing but the preface and empty settings.
fn open(app: &TestApp) -> TcpStream {
    let mut stream = TcpStream::connect(app.api.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let settings = [0, 0, 0, SETTINGS, 0, 0, 0, 0, 0];
    stream
        .write_all(&[&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings].concat())
        .unwrap();
    stream
}

struct Frame {
    kind: u8,
    flags: u8,
    payload: Vec<u8>,
}

/// The next frame. `None`: the connection was closed.
fn frame(stream: &mut TcpStream) -> Option<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).unwrap();
    Some(Frame {
        kind: head[3],
        flags: head[4],
        payload,
    })
}

/// The kinds of all frames until the connection is closed.
fn kinds(stream: &mut TcpStream) -> Vec<u8> {
    std::iter::from_fn(|| frame(stream)).map(|frame| frame.kind).collect()
}

/// A GET as a frame: its fields by the static table of RFC 7541.
fn get(number: u32, path: &str) -> Vec<u8> {
    let mut fields = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    fields.extend(path.as_bytes());
    fields.extend(b"\x01\x01x");
    let mut bytes = vec![
        0,
        0,
        u8::try_from(fields.len()).unwrap(),
        HEADERS,
        END_STREAM | END_HEADERS,
    ];
    bytes.extend(number.to_be_bytes());
    bytes.extend(fields);
    bytes
}

/// The values of a settings frame by their numbers.
fn settings(payload: &[u8]) -> Vec<(u16, u32)> {
    let value = |entry: &[u8]| {
        let number = u16::from_be_bytes([entry[0], entry[1]]);
        (number, u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]))
    };
    payload.chunks_exact(6).map(value).collect()
}

#[tokio::test]
async fn proxy_reads_uploads_and_is_refused_over_one_connection() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let pack = PackBuilder::ticks("Ticks", 30).build();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pack.zip");
    std::fs::write(&file, &pack).unwrap();
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&pack));
    let started = app.announce(&ann, pack.len(), &digest).await;
    let url = started["put"]["url"].as_str().unwrap();
    let told = curl(&[
        "-T",
        file.to_str().unwrap(),
        url,
        "-w",
        "%{http_version} %{response_code}",
    ]);
    assert_eq!(told, "2 204");
    let id = started["id"].as_str().unwrap();
    app.complete(&ann, id).await;
    assert_eq!(app.settled(id).await["upload"]["state"], "published");

    let page = format!("{}/v1/items?limit=5", app.api);
    let told = curl(&[&page, "-w", "\n%{http_version} %{response_code}"]);
    assert!(told.ends_with("\n2 200") && told.contains("\"rows\""), "{told}");
    let missing = format!("{}/v1/nothing", app.api);
    let told = curl(&[&missing, "-w", "\n%{http_version} %{response_code}"]);
    assert!(told.ends_with("\n2 404") && told.contains("not-found"), "{told}");
    let long = format!("x-long: {}", "a".repeat(100 << 10));
    let refused = Command::new("curl")
        .args([
            "--silent",
            "--http2-prior-knowledge",
            "-o",
            "/dev/null",
            &page,
            "-H",
            &long,
        ])
        .args(["-w", "%{response_code}"])
        .output()
        .unwrap();
    let code = String::from_utf8(refused.stdout).unwrap();
    assert!(code == "431" || !refused.status.success(), "{code}");
    assert_eq!(app.get("/v1/items", None).await.0, StatusCode::OK);
}

#[tokio::test]
async fn idle_connections_keep_nobody_out_and_are_told_to_go() {
    let app = TestApp::start_with(Options::default().set("HTTP__MAX_CONNECTIONS", 16));
    let mut idle: Vec<_> = (0..30).map(|_| open(&app)).collect();
    let first = frame(&mut idle[0]).expect("a settings frame");
    let told = settings(&first.payload);
    assert!(told.contains(&(3, 128)), "streams at once: {told:?}");
    assert!(told.contains(&(6, 64 << 10)), "bytes of a head: {told:?}");
    assert_eq!(app.get("/livez", None).await.0, StatusCode::OK);
    let types = kinds(&mut idle[0]);
    assert!(types.contains(&GOAWAY), "{types:?}");
}

#[tokio::test]
async fn stop_says_goaway_and_does_not_wait_for_idle_connections() {
    let mut app = TestApp::start();
    let mut stream = open(&app);
    assert_eq!(frame(&mut stream).map(|frame| frame.kind), Some(SETTINGS));
    let begun = Instant::now();
    assert_eq!(app.stop(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    let types = kinds(&mut stream);
    assert!(types.contains(&GOAWAY), "{types:?}");
}

#[tokio::test]
async fn requests_of_a_connection_run_at_once() {
    let app = TestApp::start();
    let mut stream = open(&app);
    let requests: Vec<u8> = (0..60)
        .flat_map(|number| get(2 * number + 1, "/v1/items?limit=1"))
        .collect();
    stream.write_all(&requests).unwrap();
    let (mut answered, mut ended) = (0, 0);
    while ended < 60 {
        let frame = frame(&mut stream).expect("the connection stays open");
        answered += u32::from(frame.kind == HEADERS && frame.payload[0] == STATUS_200);
        ended += u32::from(frame.kind <= HEADERS && frame.flags & END_STREAM != 0);
    }
    assert_eq!(answered, 60);
}
