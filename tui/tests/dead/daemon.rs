//! A daemon with dead letters, as far as the command line can tell.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::fake::{self, Answer, Request, Seen, problem};
use crate::{AT, UPLOAD, queue};

pub const LETTER: &str = "01990000-0000-7000-8000-000000000101";
pub const OTHER: &str = "01990000-0000-7000-8000-000000000102";
pub const OPERATION: &str = "01990000-0000-7000-8000-000000000201";
pub const PRINT: &str = "0123456789abcdef";

pub fn snapshot() -> Value {
    json!({ "upper": 900, "at": AT })
}

fn letter(id: &str) -> Value {
    json!({
        "id": id, "seq": 7, "queue": "render", "fingerprint": PRINT, "error": "jail child ended with signal 9",
        "subject": "icons/broken.svg", "upload_id": UPLOAD, "attempts": 5, "redrives": 2, "enqueued_at": AT,
        "died_at": AT
    })
}

fn detail() -> Value {
    json!({
        "row": letter(LETTER), "payload": { "path": "icons/broken.svg" },
        "attributes": { "lane": "bulk", "backend": "sqs", "receives": 6, "payload_bytes": 40 },
        "links": { "upload_id": UPLOAD, "upload_state": "rendering", "account": "anna", "set_id": null, "item_id": null },
        "history": [{
            "queue": "render", "message_id": LETTER, "attempt": 5, "file": "icons/broken.svg",
            "error": "jail\u{1b}[2J child ended", "outcome": "dead", "at": AT, "duration_ms": 5012,
            "worker": "mill:4711", "redrives": 1, "fingerprint": PRINT
        }],
        "left_out": "the upload is settled", "operations": []
    })
}

fn operation(state: &str, kind: &str, selection: &Value) -> Value {
    json!({
        "id": OPERATION, "kind": kind, "state": state, "phase": null, "actor": "root", "reason": null,
        "selection": selection, "what": "queue render", "upper": 900,
        "pace": { "rate_per_second": 100, "canary": 10, "canary_wait_seconds": 120, "stop_at_percent": 20 },
        "selected": 12, "left_out": [{ "reason": "the upload is settled", "messages": 2 }], "acted": 0,
        "succeeded": 0, "refailed": 0, "rate": 0.0, "eta_seconds": null, "note": null, "created_at": AT,
        "started_at": null, "finished_at": null
    })
}

fn item() -> Value {
    json!({
        "message_id": LETTER, "state": "left_out", "queue": "render", "subject": "icons/broken.svg",
        "reason": "the upload is settled", "at": AT
    })
}

fn page(rows: &Value) -> Value {
    json!({ "rows": rows, "next": null })
}

/// The states of an operation, in the order of the requests.
pub struct Life {
    states: &'static [&'static str],
    looked: AtomicUsize,
}

impl Life {
    pub const fn new(states: &'static [&'static str]) -> Self {
        Self {
            states,
            looked: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> Value {
        let at = self.looked.fetch_add(1, Ordering::SeqCst).min(self.states.len() - 1);
        operation(self.states[at], "redrive", &json!({}))
    }

    pub fn answer(&self, request: &Request) -> Answer {
        let path = request.path.split('?').next().unwrap_or_default();
        let (letter_path, one) = (format!("/v1/dead/{LETTER}"), format!("/v1/operations/{OPERATION}"));
        let verb = path.strip_prefix(&one).unwrap_or("");
        match (request.method.as_str(), path) {
            ("GET", "/v1/queues") => (200, json!({ "queues": [queue()] })),
            ("POST", "/v1/queues/render/concurrency") => (200, queue()),
            ("GET", "/v1/dead/groups") => {
                let group = json!({
                    "queue": "render", "fingerprint": PRINT, "error": "jail child ended", "messages": 12, "refailed": 1,
                    "first_died_at": AT, "last_died_at": AT
                });
                (
                    200,
                    json!({ "groups": [group], "snapshot": snapshot(), "messages": 12 }),
                )
            }
            ("GET", "/v1/dead") if !request.path.contains("cursor") => (
                200,
                json!({ "rows": [letter(LETTER)], "next": "7", "snapshot": snapshot() }),
            ),
            ("GET", "/v1/dead") => (
                200,
                json!({ "rows": [letter(OTHER)], "next": null, "snapshot": snapshot() }),
            ),
            ("GET", path) if path == letter_path => (200, detail()),
            ("POST", path) if path == format!("{letter_path}/check") => (200, check(request)),
            ("POST", path) if path == format!("{letter_path}/edit") => (202, operation("running", "edit", &json!({}))),
            ("POST", "/v1/operations") => {
                let asked = request.json();
                let kind = asked["kind"].as_str().expect("a kind").to_owned();
                (202, operation("planning", &kind, &asked["selection"]))
            }
            ("GET", "/v1/operations") => (200, page(&json!([operation("done", "redrive", &json!({}))]))),
            ("GET", path) if path == one => (200, self.next()),
            ("GET", _) if verb == "/items" => (200, page(&json!([item()]))),
            ("POST", _) if verb == "/start" => (200, operation("running", "redrive", &json!({}))),
            ("POST", _) if verb == "/cancel" => (200, operation("cancelled", "redrive", &json!({}))),
            ("POST", _) if verb == "/pause" => problem(409, "operation-state", "The operation is over"),
            ("POST", _) if verb == "/rate" => (200, operation("running", "redrive", &json!({}))),
            _ => problem(404, "not-found", "No such thing"),
        }
    }
}

fn check(request: &Request) -> Value {
    let faults = match request.json()["payload"]["path"].as_str() {
        Some(_) => json!([]),
        None => json!([{ "at": "/payload/path", "message": "missing field" }]),
    };
    let diff = json!([{ "kind": "removed", "text": "\"a\"" }, { "kind": "added", "text": "\"b\"" }]);
    json!({ "faults": faults, "diff": diff })
}

pub static PLANNED: &[&str] = &["planning", "planned"];

pub fn with_daemon<T>(states: &'static [&'static str], test: impl FnOnce(&Path, &Seen) -> T) -> T {
    let dir = tempfile::tempdir().expect("a folder");
    let socket = dir.path().join("control.sock");
    let life = Life::new(states);
    let seen = fake::on_socket(&socket, move |request| life.answer(request));
    test(&socket, &seen)
}
