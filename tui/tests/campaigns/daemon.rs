//! A daemon with one campaign, as far as the command line can tell.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::fake::{self, Answer, Request, Seen, problem};
use crate::{AT, UPLOAD};

pub const CAMPAIGN: &str = "01990000-0000-7000-8000-000000000301";
pub const ITEM: &str = "01990000-0000-7000-8000-000000000302";

pub fn campaign(state: &str) -> Value {
    let is_started = !matches!(state, "planning" | "planned");
    let done = if is_started { 8_400 } else { 0 };
    json!({
        "id": CAMPAIGN, "state": state, "actor": "anna", "reason": "sharper strokes",
        "scope": { "kinds": ["icon"], "only_stale": true, "presets": [] }, "what": "stale icons\u{1b}[2J",
        "presets": ["png-64", "webp-512"], "canary": 20, "auto": null, "rate_per_second": 500, "stop_at_percent": 20,
        "items": 20_000, "done": done, "failed": 8, "skipped": 2, "outputs": done * 2, "bytes_before": done * 6_000,
        "bytes_after": done * 4_800, "cpu_seconds": 7.4,
        "estimate": {
            "outputs": 40_000, "cpu_hours": 0.5, "bytes": 96_000_000, "cost_micros": 21_500, "currency": "EUR",
            "basis": "history"
        },
        "disk_free_bytes": 40_000_000_000_u64, "rate": 120.0, "eta_seconds": 97.0, "yielding": false,
        "note": if state == "stopped" { Some("12 of 30 items failed") } else { None }, "freed_bytes": null,
        "created_at": AT, "started_at": if is_started { Some(AT) } else { None }, "finished_at": null,
        "swapped_at": null, "collect_at": if state == "swapped" { Some(AT) } else { None }, "collecting": false
    })
}

fn sample(preset: &str, psnr_db: Option<f64>) -> Value {
    json!({
        "item": ITEM, "title": "arrow", "path": "icons/arrow.svg", "kind": "icon", "preset": preset, "format": "png",
        "width": 64, "height": 64, "psnr_db": psnr_db, "max_difference": psnr_db.map(|_| 12),
        "differing": psnr_db.map(|_| 0.031), "old_bytes": 1000, "new_bytes": 880
    })
}

fn failure() -> Value {
    json!({
        "item": ITEM, "path": "icons/bomb.svg", "title": "bomb", "kind": "icon", "upload_id": UPLOAD,
        "failure": "timeout", "reason": "it took more than 5 s\u{1b}[31m", "at": AT
    })
}

/// The states that the campaign is seen in, one after the other; the last one stays.
struct Life {
    states: &'static [&'static str],
    looked: AtomicUsize,
}

impl Life {
    fn now(&self) -> &'static str {
        let at = self.looked.fetch_add(1, Ordering::SeqCst).min(self.states.len() - 1);
        self.states[at]
    }

    fn answer(&self, request: &Request) -> Answer {
        let path = request.path.split('?').next().unwrap_or_default();
        let one = format!("/v1/campaigns/{CAMPAIGN}");
        let page = |rows: Value, next: Option<&str>| (200, json!({ "rows": rows, "next": next }));
        match (request.method.as_str(), path.strip_prefix(&one)) {
            ("POST", None) if path == "/v1/campaigns" => (202, campaign("planning")),
            ("GET", None) if path == "/v1/campaigns" => page(json!([campaign("running")]), None),
            ("GET", Some("")) => (200, campaign(self.now())),
            ("GET", Some("/samples")) if request.path.contains("cursor") => {
                page(json!([sample("webp-512", Some(100.0))]), None)
            }
            ("GET", Some("/samples")) => page(json!([sample("png-64", Some(31.26))]), Some("c1")),
            ("GET", Some("/failures")) => page(json!([failure()]), None),
            ("POST", Some("/start")) => (200, campaign("canary")),
            ("POST", Some("/pause")) => problem(409, "campaign-state", "The campaign is swapped: it cannot be paused"),
            ("POST", Some("/resume" | "/rate")) => (200, campaign("running")),
            ("POST", Some("/abort")) => (200, campaign("aborted")),
            ("POST", Some("/swap")) => (200, campaign("swapped")),
            ("POST", Some("/rollback")) => (200, campaign("rolled_back")),
            ("POST", Some("/collect")) => (200, campaign("aborted")),
            _ => problem(404, "not-found", "No such campaign"),
        }
    }
}

pub fn with_daemon<T>(states: &'static [&'static str], test: impl FnOnce(&Path, &Seen) -> T) -> T {
    let dir = tempfile::tempdir().expect("a folder");
    let socket = dir.path().join("control.sock");
    let life = Life {
        states,
        looked: AtomicUsize::new(0),
    };
    let seen = fake::on_socket(&socket, move |request| life.answer(request));
    test(&socket, &seen)
}
