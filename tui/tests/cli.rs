//! The program against a daemon that answers by hand: the twins on the command line, and the screens in a terminal.

mod campaigns;
mod cases;
mod dead;
mod fake;
mod terminal;
mod upload;

use std::path::Path;
use std::process::{Command, Output};

use fake::{Answer, Request, problem};
use serde_json::{Value, json};

const CASE: &str = "01990000-0000-7000-8000-000000000001";
const UPLOAD: &str = "01990000-0000-7000-8000-000000000002";
const ARROW: &str = "01990000-0000-7000-8000-000000000003";
const AT: &str = "2026-11-22T12:00:00Z";

/// The real program, without anything of this machine's environment.
fn tradepost(socket: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tradepost"))
        .env_clear()
        .env("TRADEPOST_SOCKET", socket)
        .env("TRADEPOST_TOKEN", "secret-token")
        .args(args)
        .output()
        .expect("the program runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn queue() -> Value {
    json!({
        "name": "render", "depth": 1812, "in_flight": 4, "delayed": 0, "dead": 2, "oldest_age_seconds": 77.0,
        "sent_per_second": 90.0, "done_per_second": 85.0, "failed_per_second": 0.0, "working": 4, "workers": 2,
        "concurrency": 4, "concurrency_by": null, "paused": false, "paused_by": null, "done_history": [1, 2, 3],
        "sent_history": [3, 2, 1], "running": [], "backend": "postgres"
    })
}

fn overview() -> Value {
    json!({
        "version": "0.1.0", "started_at": AT, "mode": "embedded", "api_url": "http://127.0.0.1:8780",
        "parts": [{ "name": "scanner", "health": "down", "detail": "clamd does not\u{1b}[2J answer" }],
        "alerts": [{ "code": "scanner-down", "severity": "critical", "message": "Uploads wait.", "since": AT,
            "acknowledged_by": null }],
        "counts": {
            "uploads_working": 2, "uploads_in_review": 3, "uploads_published": 41, "uploads_rejected": 1,
            "items_published": 14012, "renditions": 126108, "cases_open": 3, "dead_letters": 2
        },
        "process": {
            "pid": 1, "resident_bytes": 1000, "cpu_cores": 0.5, "database_connections": 9, "jail_children": 4
        }
    })
}

fn snapshot() -> Value {
    json!({
        "type": "snapshot", "at": AT, "you": { "user": "root", "uid": 0, "roles": ["viewer"] },
        "overview": overview(), "queues": [queue()], "latency": [], "operations": [],
        "revisions": { "uploads": 1, "cases": 1, "audit": 1, "dead": 1, "operations": 1 }
    })
}

fn case_row() -> Value {
    json!({
        "id": CASE, "upload_id": UPLOAD, "title": "birds / line", "contributor": "anna", "severity": "blocking",
        "reason": "malware in icons/eicar.svg", "findings": 1, "items": 2, "items_blocked": 1, "opened_at": AT,
        "due_at": AT, "trust": "new", "appeal": false, "question": null, "cluster": null, "cluster_size": 1,
        "claimed_by": null
    })
}

fn case_detail() -> Value {
    json!({
        "case": case_row(),
        "record": { "account": "anna", "trust": "new", "uploads": 3, "published": 1, "rejected": 1, "since": AT },
        "findings": [finding()],
        "items": [{
            "id": ARROW, "path": "icons/arrow.svg", "title": "arrow", "state": "ready", "size_bytes": 400,
            "has_picture": true, "findings": 0
        }],
        "licence": "CC-BY-4.0",
        "decision": null
    })
}

fn finding() -> Value {
    json!({
        "file": "icons/script.svg", "rule": "active-content", "severity": "blocking",
        "message": "An element <script> is not allowed", "line": 12, "column": 5, "excerpt": "<script>fetch(1)"
    })
}

fn decision(outcome: &str) -> Value {
    json!({
        "outcome": outcome, "by": "root", "reason": null, "at": AT, "items_published": 1, "items_rejected": 1
    })
}

fn upload(state: &str) -> Value {
    json!({
        "id": UPLOAD, "account": "anna", "file_name": "birds.zip", "size_bytes": 9, "state": state,
        "created_at": AT, "settled_at": AT, "title": null, "files": 2, "files_done": 2, "findings": 1,
        "dead_letters": 0
    })
}

fn token(state: &str) -> Value {
    json!({
        "id": UPLOAD, "account": "anna", "role": "buyer", "banned": false, "state": state, "created_at": AT,
        "expires_at": null, "last_used_at": AT, "revoked_at": null
    })
}

fn daemon(request: &Request) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    let case = format!("/v1/cases/{CASE}");
    let revoke = format!("/v1/tokens/{UPLOAD}/revoke");
    match (request.method.as_str(), path) {
        ("GET", "/v1/whoami") => (
            200,
            json!({ "user": "root", "uid": 0, "roles": ["viewer", "operator"] }),
        ),
        ("GET", "/v1/overview") => (200, overview()),
        ("GET", "/v1/queues") => (200, json!({ "queues": [queue()] })),
        ("POST", "/v1/queues/render/pause") => (200, queue()),
        ("GET", "/v1/uploads") if !request.path.contains("cursor") => {
            (200, json!({ "rows": [upload("published")], "next": "c1" }))
        }
        ("GET", "/v1/uploads") => (200, json!({ "rows": [upload("rejected")], "next": null })),
        ("GET", "/v1/tokens") => (200, json!({ "rows": [token("active")], "next": null })),
        ("POST", path) if path == revoke => (200, token("revoked")),
        ("GET", "/v1/events") => (299, json!([snapshot(), { "type": "tick", "at": AT }])),
        ("GET", path) if path == case => (200, case_detail()),
        ("POST", path) if path == format!("{case}/approve") => (200, decision("approved")),
        ("POST", path) if path == format!("{case}/reject") => problem(409, "case-decided", "Already decided."),
        _ => problem(404, "not-found", "No such thing"),
    }
}

fn with_daemon<T>(test: impl FnOnce(&Path, &fake::Seen) -> T) -> T {
    let dir = tempfile::tempdir().expect("a folder");
    let socket = dir.path().join("control.sock");
    let seen = fake::on_socket(&socket, daemon);
    test(&socket, &seen)
}

#[test]
fn no_command_and_no_terminal_prints_the_overview_without_escapes() {
    with_daemon(|socket, _| {
        let output = tradepost(socket, &[]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        for words in [
            "CRITICAL",
            "scanner-down",
            "DOWN",
            "14012",
            "1,812",
            "you are root (viewer, operator)",
        ] {
            assert!(text.contains(words), "{words} is missing:\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "what the daemon says cannot clear the screen");
    });
}

#[test]
fn json_is_what_the_api_sends() {
    with_daemon(|socket, _| {
        let output = tradepost(socket, &["queues", "--json"]);
        let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(value, json!({ "queues": [queue()] }));
    });
}

#[test]
fn lists_are_read_page_by_page_up_to_the_limit() {
    with_daemon(|socket, seen| {
        let output = tradepost(socket, &["uploads", "--limit", "300"]);
        let text = stdout(&output);
        assert!(text.contains("published") && text.contains("REJECTED"), "{text}");
        let paths: Vec<String> = seen.lock().expect("seen").iter().map(|r| r.path.clone()).collect();
        assert_eq!(paths, ["/v1/uploads?limit=200", "/v1/uploads?cursor=c1&limit=200"]);
    });
}

#[test]
fn tokens_are_listed_by_account_and_revoked_by_id() {
    with_daemon(|socket, seen| {
        let text = stdout(&tradepost(socket, &["tokens", "--account", "anna"]));
        assert!(text.contains("buyer") && text.contains("2026-11-22 12:00"), "{text}");
        let text = stdout(&tradepost(socket, &["tokens", "revoke", UPLOAD]));
        assert_eq!(text, format!("the token {UPLOAD} of anna is revoked\n"));
        let paths: Vec<String> = seen.lock().expect("seen").iter().map(|r| r.path.clone()).collect();
        assert_eq!(
            paths,
            [
                "/v1/tokens?account=anna&limit=100".to_owned(),
                format!("/v1/tokens/{UPLOAD}/revoke")
            ]
        );
        for wrong in [&["tokens", "revoke"][..], &["tokens", "revoke", "no-id"]] {
            assert_eq!(tradepost(socket, wrong).status.code(), Some(2));
        }
    });
}

#[test]
fn missing_socket_is_named_with_what_to_do() {
    let output = tradepost(Path::new("/nowhere/control.sock"), &["status"]);
    assert_eq!(output.status.code(), Some(2));
    let text = stderr(&output);
    assert!(
        text.contains("/nowhere/control.sock") && text.contains("Is the daemon running"),
        "{text}"
    );
}

#[test]
fn approve_leaves_out_files_named_by_path() {
    with_daemon(|socket, seen| {
        let output = tradepost(
            socket,
            &["approve", CASE, "--except", "icons/arrow.svg", "--reason", "copied"],
        );
        assert_eq!(stdout(&output), "birds / line approved: 1 published, 1 left out\n");
        let seen = seen.lock().expect("seen");
        let approve = seen.last().expect("a request");
        assert_eq!(
            approve.json(),
            json!({ "except": [ARROW], "template": null, "reason": "copied" })
        );
    });
    with_daemon(|socket, seen| {
        let output = tradepost(socket, &["approve", CASE, "--except", "icons/none.svg"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("icons/none.svg"));
        assert_eq!(seen.lock().expect("seen").len(), 1, "nothing was approved");
    });
}

#[test]
fn refusal_of_the_daemon_is_printed_and_ends_with_1() {
    with_daemon(|socket, _| {
        let output = tradepost(socket, &["reject", CASE, "--reason", "no"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr(&output), "tradepost: Already decided.\n");
    });
}

#[test]
fn case_shows_the_offending_text_with_its_place() {
    with_daemon(|socket, _| {
        let text = stdout(&tradepost(socket, &["cases", CASE]));
        assert!(text.contains("icons/script.svg:12:5\n    <script>fetch(1)"), "{text}");
    });
}

#[test]
fn events_stop_after_the_count() {
    with_daemon(|socket, _| {
        let text = stdout(&tradepost(socket, &["events", "--count", "1"]));
        assert_eq!(text.lines().count(), 1);
    });
}

#[test]
fn first_frame_with_data_is_timed_even_without_a_terminal() {
    with_daemon(|socket, _| {
        let output = tradepost(socket, &["--time-attach"]);
        let ms: f64 = stdout(&output).trim().parse().expect("milliseconds");
        assert!(ms > 0.0);
    });
}
