//! Any request to the control socket of a daemon in this very process: it answers, never with an internal error, and every refusal is a problem document.
//!
//! The first byte picks the method, the second a route, the rest is split at line ends into what fills the route, the query and the body.
#![no_main]

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];
const ROUTES: [&str; 46] = [
    "/v1/overview", "/v1/queues", "/v1/queues/{}/pause", "/v1/queues/{}/resume", "/v1/queues/{}/concurrency",
    "/v1/dead/groups", "/v1/dead", "/v1/dead/{}", "/v1/dead/{}/edit", "/v1/dead/{}/check", "/v1/operations",
    "/v1/operations/{}", "/v1/operations/{}/start", "/v1/operations/{}/cancel", "/v1/operations/{}/items",
    "/v1/operations/{}/rate", "/v1/latency", "/v1/alerts", "/v1/alerts/{}/acknowledge", "/v1/cases", "/v1/cases/next",
    "/v1/cases/{}", "/v1/cases/{}/claim", "/v1/cases/{}/release", "/v1/cases/{}/view", "/v1/cases/{}/approve",
    "/v1/cases/{}/reject", "/v1/cases/{}/skip", "/v1/cases/{}/ask", "/v1/cases/{}/ban", "/v1/cases/{}/undo",
    "/v1/cases/bulk/plan", "/v1/cases/bulk", "/v1/audit", "/v1/uploads", "/v1/uploads/{}", "/v1/accounts/{}",
    "/v1/accounts/{}/unban", "/v1/accounts/{}/revoke-tokens", "/v1/tokens", "/v1/tokens/{}/revoke", "/v1/campaigns",
    "/v1/campaigns/{}", "/v1/campaigns/{}/rate", "/v1/campaigns/{}/samples", "/v1/campaigns/{}/failures",
];

static SOCKET: LazyLock<PathBuf> = LazyLock::new(|| {
    let state = std::env::temp_dir().join(format!("tradepost-fuzz-{}", std::process::id()));
    let socket = state.join("control.sock");
    std::thread::spawn(move || {
        let mut config = tradepostd::config::Config::default();
        config.http.listen = "127.0.0.1:0".parse().expect("an address");
        config.scanner.socket = Some(state.join("nowhere").into());
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        panic!("the daemon ended: {:?}", runtime.block_on(tradepostd::run(config, state)));
    });
    let patience = Instant::now() + Duration::from_secs(60);
    while UnixStream::connect(&socket).is_err() {
        assert!(Instant::now() < patience, "the daemon does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    socket
});

fuzz_target!(|bytes: &[u8]| {
    let [method, route, rest @ ..] = bytes else { return };
    let mut parts = rest.splitn(3, |&byte| byte == b'\n');
    let encoded = |part: Option<&[u8]>| part.unwrap_or_default().iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let path = ROUTES[usize::from(*route) % ROUTES.len()].replace("{}", &encoded(parts.next()));
    // Names and values as they are where a query allows it, so that the fuzzer can find words.
    let query: String = parts.next().unwrap_or_default().iter().map(|&byte| {
        if byte.is_ascii_alphanumeric() || b"=&-_.".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }
    }).collect();
    let body = parts.next().unwrap_or_default();
    let mut socket = UnixStream::connect(&*SOCKET).expect("the daemon listens");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let head = format!(
        "{} {path}?{query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        METHODS[usize::from(*method) % METHODS.len()],
        body.len()
    );
    if socket.write_all(head.as_bytes()).and_then(|()| socket.write_all(body)).is_err() {
        return;
    }
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("an answer within its time");
    let answer = String::from_utf8_lossy(&answer);
    let status: u16 = answer.get(9..12).and_then(|code| code.parse().ok()).expect("a status");
    assert_ne!(status, 500, "{head}\n{answer}");
    if status >= 400 {
        assert!(answer.contains("application/problem+json"), "{head}\n{answer}");
    }
});
