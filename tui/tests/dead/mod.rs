//! `tradepost queues`, `dead` and `ops`.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::fake::{self, Answer, Request, Seen, problem};
use crate::{AT, UPLOAD, queue, stderr, stdout, tradepost};

const LETTER: &str = "01990000-0000-7000-8000-000000000101";
const OTHER: &str = "01990000-0000-7000-8000-000000000102";
const OPERATION: &str = "01990000-0000-7000-8000-000000000201";
const PRINT: &str = "0123456789abcdef";

fn snapshot() -> Value {
    json!({ "upper": 900, "at": AT })
}

fn letter(id: &str) -> Value {
    json!({
        "id": id, "seq": 7, "queue": "image", "fingerprint": PRINT, "error": "jail child ended with signal 9",
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
            "queue": "image", "message_id": LETTER, "attempt": 5, "file": "icons/broken.svg",
            "error": "jail\u{1b}[2J child ended", "outcome": "dead", "at": AT, "duration_ms": 5012,
            "worker": "mill:4711", "redrives": 1, "fingerprint": PRINT
        }],
        "left_out": "the upload is settled", "operations": []
    })
}

fn operation(state: &str, kind: &str, selection: &Value) -> Value {
    json!({
        "id": OPERATION, "kind": kind, "state": state, "phase": null, "actor": "root", "reason": null,
        "selection": selection, "what": "queue image", "upper": 900,
        "pace": { "rate_per_second": 100, "canary": 10, "canary_wait_seconds": 120, "stop_at_percent": 20 },
        "selected": 12, "left_out": [{ "reason": "the upload is settled", "messages": 2 }], "acted": 0,
        "succeeded": 0, "refailed": 0, "rate": 0.0, "eta_seconds": null, "note": null, "created_at": AT,
        "started_at": null, "finished_at": null
    })
}

fn item() -> Value {
    json!({
        "message_id": LETTER, "state": "left_out", "queue": "image", "subject": "icons/broken.svg",
        "reason": "the upload is settled", "at": AT
    })
}

fn page(rows: &Value) -> Value {
    json!({ "rows": rows, "next": null })
}

/// What the daemon makes of an operation, in the order it is looked at.
struct Life {
    states: &'static [&'static str],
    looked: AtomicUsize,
}

impl Life {
    const fn of(states: &'static [&'static str]) -> Self {
        Self {
            states,
            looked: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> Value {
        let at = self.looked.fetch_add(1, Ordering::SeqCst).min(self.states.len() - 1);
        operation(self.states[at], "redrive", &json!({}))
    }

    fn answer(&self, request: &Request) -> Answer {
        let path = request.path.split('?').next().unwrap_or_default();
        let (letter_path, one) = (format!("/v1/dead/{LETTER}"), format!("/v1/operations/{OPERATION}"));
        let verb = path.strip_prefix(&one).unwrap_or("");
        match (request.method.as_str(), path) {
            ("GET", "/v1/queues") => (200, json!({ "queues": [queue()] })),
            ("POST", "/v1/queues/image/concurrency") => (200, queue()),
            ("GET", "/v1/dead/groups") => {
                let group = json!({
                    "queue": "image", "fingerprint": PRINT, "error": "jail child ended", "messages": 12, "refailed": 1,
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

static PLANNED: &[&str] = &["planning", "planned"];

fn with_daemon<T>(states: &'static [&'static str], test: impl FnOnce(&Path, &Seen) -> T) -> T {
    let dir = tempfile::tempdir().expect("a folder");
    let socket = dir.path().join("control.sock");
    let life = Life::of(states);
    let seen = fake::on_socket(&socket, move |request| life.answer(request));
    test(&socket, &seen)
}

fn acts(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().expect("seen");
    let acts = seen.iter().filter(|r| r.method == "POST");
    acts.map(|r| r.path.rsplit('/').next().unwrap_or("").to_owned())
        .collect()
}

fn first_body(seen: &Seen) -> Value {
    let seen = seen.lock().expect("seen");
    seen.iter().find(|r| r.method == "POST").expect("an act").json()
}

#[test]
fn queues_say_what_goes_in_and_out_and_take_a_concurrency() {
    with_daemon(PLANNED, |socket, seen| {
        let text = stdout(&tradepost(socket, &["queues"]));
        for words in ["IN/s", "OUT/s", "90.0", "85.0", "4/4", "postgres"] {
            assert!(text.contains(words), "{words} is missing:\n{text}");
        }
        let set = |handlers| tradepost(socket, &["queues", "concurrency", "image", handlers]);
        assert_eq!(stdout(&set("4")), "image runs 4 handlers at once, as configured\n");
        assert_eq!(first_body(seen), json!({ "concurrency": 4 }));
        assert_eq!(set("default").status.code(), Some(0));
        assert_eq!(
            seen.lock().expect("seen").last().expect("one").json(),
            json!({ "concurrency": null })
        );
        let before = seen.lock().expect("seen").len();
        for wrong in ["0", "1001", "-3", "many", "4.5", ""] {
            let output = set(wrong);
            assert_eq!(output.status.code(), Some(2), "{wrong:?}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty());
        }
        assert_eq!(seen.lock().expect("seen").len(), before, "nothing wrong was asked");
    });
}

#[test]
fn groups_and_letters_are_listed_with_what_was_asked_for() {
    with_daemon(PLANNED, |socket, seen| {
        let groups = stdout(&tradepost(
            socket,
            &["dead", "groups", "--queue", "image", "--text", "jail child"],
        ));
        assert!(groups.contains(PRINT) && groups.contains("12"), "{groups}");
        let args = [
            "dead",
            "ls",
            "--group",
            PRINT,
            "--upload",
            UPLOAD,
            "--redriven",
            "--limit",
            "300",
        ];
        let letters = stdout(&tradepost(socket, &args));
        assert!(
            letters.contains(LETTER) && letters.contains("again 2x") && letters.contains(OTHER),
            "{letters}"
        );
        let json: Value = serde_json::from_str(&stdout(&tradepost(socket, &["dead", "ls", "--json"]))).expect("JSON");
        assert_eq!(
            (&json["snapshot"], json["rows"].as_array().map(Vec::len)),
            (&snapshot(), Some(2))
        );
        let paths: Vec<String> = seen.lock().expect("seen").iter().map(|r| r.path.clone()).collect();
        assert_eq!(paths[0], "/v1/dead/groups?queue=image&text=jail%20child");
        let query = format!("fingerprint={PRINT}&upload={UPLOAD}&redriven=true");
        assert_eq!(paths[1], format!("/v1/dead?{query}&limit=200"));
        assert_eq!(paths[2], format!("/v1/dead?{query}&cursor=7&limit=200"));
    });
}

#[test]
fn letter_is_shown_in_full_and_without_escapes() {
    with_daemon(PLANNED, |socket, _| {
        let text = stdout(&tradepost(socket, &["dead", "show", LETTER]));
        for words in [
            "\"path\": \"icons/broken.svg\"",
            "mill:4711",
            "the upload is settled",
            UPLOAD,
            "5.01s",
        ] {
            assert!(text.contains(words), "{words} is missing:\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
        let unknown = tradepost(socket, &["dead", "show", OTHER]);
        assert_eq!(unknown.status.code(), Some(1), "the daemon said no");
    });
}

#[test]
fn without_a_terminal_and_without_yes_the_plan_is_printed_and_cancelled() {
    with_daemon(PLANNED, |socket, seen| {
        let output = tradepost(socket, &["dead", "redrive", "--queue", "image"]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        let text = stdout(&output);
        assert!(
            text.contains("the upload is settled") && text.contains("to act on    10"),
            "{text}"
        );
        assert!(stderr(&output).contains("--yes"));
        assert_eq!(acts(seen), ["operations", "cancel"]);
        assert_eq!(first_body(seen)["selection"], json!({ "queue": "image" }));
    });
}

#[test]
fn dry_run_names_each_message_that_is_left_out() {
    with_daemon(PLANNED, |socket, seen| {
        let output = tradepost(socket, &["dead", "redrive", LETTER, OTHER, "--dry-run"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let text = stdout(&output);
        assert!(text.contains(LETTER) && text.contains("left out"), "{text}");
        assert_eq!(acts(seen), ["operations", "cancel"]);
        assert_eq!(first_body(seen)["selection"], json!({ "ids": [LETTER, OTHER] }));
        let items = "items?state=left_out&limit=2";
        assert!(seen.lock().expect("seen").iter().any(|r| r.path.ends_with(items)));
    });
}

#[test]
fn yes_starts_it_at_the_pace_that_was_asked_for() {
    with_daemon(PLANNED, |socket, seen| {
        let pace = ["--rate", "2000", "--canary", "0", "--stop-at", "50"];
        let args = ["dead", "redrive", "--group", PRINT, "--queue", "image", "--yes"];
        let output = tradepost(socket, &[&args[..], &pace].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains(OPERATION));
        assert_eq!(acts(seen), ["operations", "start"]);
        let body = first_body(seen);
        assert_eq!(
            (&body["pace"]["rate_per_second"], &body["pace"]["canary"]),
            (&json!(2000), &json!(0))
        );
        assert_eq!(body["pace"]["stop_at_percent"], json!(50));
    });
}

#[test]
fn wait_ends_with_how_it_went() {
    with_daemon(&["planned", "running", "done"], |socket, _| {
        let output = tradepost(socket, &["dead", "redrive", "--all", "--yes", "--wait"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains("redrive 0 %"), "{}", stderr(&output));
        assert!(stdout(&output).contains("is done: 0 succeeded"), "{}", stdout(&output));
    });
    for bad in [&["planned", "running", "stopped"], &["planned", "running", "failed"]] {
        with_daemon(bad, |socket, _| {
            let output = tradepost(socket, &["dead", "redrive", "--all", "--yes", "--wait"]);
            assert_eq!(output.status.code(), Some(1), "{bad:?}");
        });
    }
}

#[test]
fn giving_up_needs_a_reason_and_a_selection() {
    with_daemon(PLANNED, |socket, seen| {
        let wrong: [&[&str]; 8] = [
            &["dead", "discard", "--all"],
            &["dead", "purge", LETTER],
            &["dead", "discard", "--reason", "x"],
            &["dead", "redrive"],
            &["dead", "redrive", "--all", "--queue", "image"],
            &["dead", "redrive", LETTER, "--text", "x"],
            &["dead", "redrive", "not-an-id"],
            &["dead", "redrive", "--all", "--dry-run", "--yes"],
        ];
        for args in wrong {
            let output = tradepost(socket, args);
            assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        }
        assert!(seen.lock().expect("seen").is_empty(), "nothing was asked");
        let output = tradepost(
            socket,
            &["dead", "purge", "--text", "jail", "--reason", "a test", "--yes"],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let body = first_body(seen);
        assert_eq!((&body["kind"], &body["reason"]), (&json!("purge"), &json!("a test")));
    });
}

#[test]
fn edit_is_checked_before_it_is_sent() {
    with_daemon(PLANNED, |socket, seen| {
        let edit = |more: &[&str]| tradepost(socket, &[&["dead", "edit", LETTER], more].concat());
        let unasked = edit(&["--set", "path=\"icons/mended.svg\""]);
        assert_eq!(unasked.status.code(), Some(3), "{}", stderr(&unasked));
        assert!(
            stderr(&unasked).contains("+ \"b\""),
            "the diff is shown: {}",
            stderr(&unasked)
        );
        let refused = edit(&["--set", "path=null", "--yes"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains("/payload/path: missing field"));
        for wrong in [
            &["--yes"][..],
            &["--set", "path=text"],
            &["--set", "path"],
            &["--file", "/none"],
        ] {
            assert_eq!(edit(wrong).status.code(), Some(2), "{wrong:?}");
        }
        let same = edit(&["--set", "path=\"icons/broken.svg\"", "--yes"]);
        assert_eq!(same.status.code(), Some(2));
        assert!(acts(seen).iter().all(|act| act == "check"), "nothing was sent yet");

        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("payload.json");
        std::fs::write(&file, "{\"path\": \"icons/mended.svg\"}").expect("written");
        let sent = edit(&["--file", &file.to_string_lossy(), "--yes"]);
        assert_eq!(sent.status.code(), Some(0), "{}", stderr(&sent));
        let seen = seen.lock().expect("seen");
        let body = seen.last().expect("a request").json();
        assert_eq!(body, json!({ "payload": { "path": "icons/mended.svg" }, "seq": 7 }));
    });
}

#[test]
fn operations_are_listed_shown_and_turned() {
    with_daemon(&["done"], |socket, seen| {
        let list = stdout(&tradepost(socket, &["ops", "ls"]));
        assert!(list.contains(OPERATION) && list.contains("done"), "{list}");
        assert_eq!(stdout(&tradepost(socket, &["ops"])), list);
        let shown = stdout(&tradepost(socket, &["ops", "show", OPERATION]));
        assert!(
            shown.contains("LEFT OUT") && shown.contains("stops above 20 %"),
            "{shown}"
        );
        let output = tradepost(socket, &["ops", "items", OPERATION, "--only", "left_out"]);
        let items = stdout(&output) + &stderr(&output);
        assert!(
            items.contains(LETTER) && items.contains("the upload is settled"),
            "{items}"
        );
        assert_eq!(
            tradepost(socket, &["ops", "rate", OPERATION, "2000"]).status.code(),
            Some(0)
        );
        assert_eq!(
            seen.lock().expect("seen").last().expect("one").json(),
            json!({ "rate_per_second": 2000 })
        );
        let refused = tradepost(socket, &["ops", "pause", OPERATION]);
        assert_eq!(
            (refused.status.code(), stderr(&refused)),
            (Some(1), "tradepost: The operation is over\n".into())
        );
        let cancelled = stdout(&tradepost(socket, &["ops", "cancel", OPERATION]));
        assert_eq!(cancelled, "redrive of queue image is cancelled\n");
        for wrong in [
            &["ops", "rate", OPERATION, "0"][..],
            &["ops", "items", OPERATION, "--only", "gone"],
        ] {
            assert_eq!(tradepost(socket, wrong).status.code(), Some(2), "{wrong:?}");
        }
    });
}
