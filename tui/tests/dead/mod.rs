//! `tradepost queues`, `dead` and `ops`.

pub mod daemon;

use serde_json::{Value, json};

use crate::fake::Seen;
use crate::{UPLOAD, stderr, stdout, tradepost};
use daemon::{LETTER, OPERATION, OTHER, PLANNED, PRINT, snapshot, with_daemon};

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
        let set = |handlers| tradepost(socket, &["queues", "concurrency", "render", handlers]);
        assert_eq!(stdout(&set("4")), "render runs 4 handlers at once, as configured\n");
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
            &["dead", "groups", "--queue", "render", "--text", "jail child"],
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
            letters.contains(LETTER) && letters.contains(" 2x ") && letters.contains(OTHER),
            "{letters}"
        );
        let json: Value = serde_json::from_str(&stdout(&tradepost(socket, &["dead", "ls", "--json"]))).expect("JSON");
        assert_eq!(
            (&json["snapshot"], json["rows"].as_array().map(Vec::len)),
            (&snapshot(), Some(2))
        );
        let paths: Vec<String> = seen.lock().expect("seen").iter().map(|r| r.path.clone()).collect();
        assert_eq!(paths[0], "/v1/dead/groups?queue=render&text=jail%20child");
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
        let output = tradepost(socket, &["dead", "redrive", "--queue", "render"]);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        let text = stdout(&output);
        assert!(
            text.contains("the upload is settled") && text.contains("to act on    10"),
            "{text}"
        );
        assert!(stderr(&output).contains("--yes"));
        assert_eq!(acts(seen), ["operations", "cancel"]);
        assert_eq!(first_body(seen)["selection"], json!({ "queue": "render" }));
    });
}

#[test]
fn dry_run_names_each_message_that_is_left_out() {
    with_daemon(PLANNED, |socket, seen| {
        let output = tradepost(socket, &["dead", "redrive", LETTER, OTHER, "--dry-run"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let text = stdout(&output);
        assert!(text.contains(LETTER) && text.contains("skipped"), "{text}");
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
        let args = ["dead", "redrive", "--group", PRINT, "--queue", "render", "--yes"];
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
            &["dead", "redrive", "--all", "--queue", "render"],
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
            shown.contains("SKIPPED") && shown.contains("stops above 20 %"),
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
        assert_eq!(cancelled, "redrive of queue render is cancelled\n");
        for wrong in [
            &["ops", "rate", OPERATION, "0"][..],
            &["ops", "items", OPERATION, "--only", "gone"],
        ] {
            assert_eq!(tradepost(socket, wrong).status.code(), Some(2), "{wrong:?}");
        }
    });
}
