//! `tradepost cases`: the review desk on the command line.

use std::path::Path;

use serde_json::{Value, json};

use crate::fake::{self, Answer, Request, Seen, problem};
use crate::{ARROW, CASE, case_detail, case_row, decision, stderr, stdout, tradepost};

fn preview(request: &Request) -> Answer {
    let which = &request.json()["which"];
    let cases = match which["contributor"].as_str() {
        Some("many") => vec![CASE; 34],
        Some("nobody") => vec![],
        _ => vec![CASE],
    };
    let confirm = (cases.len() > 20).then(|| cases.len().to_string());
    let left_out = match which["contributor"].as_str() {
        Some("nobody") => json!([]),
        _ => json!([{ "case": ARROW, "title": "fish\u{1b}[2J", "why": "ben holds it" }]),
    };
    let answer = json!({
        "cases": cases, "items": 40, "contributors": 1, "left_out": left_out, "confirm": confirm
    });
    (200, answer)
}

fn source() -> Value {
    json!({
        "first_line": 11, "total_lines": 40,
        "lines": [
            { "first_column": 1, "text": "<g>", "hidden": 0 },
            { "first_column": 1, "text": "<script>\u{1b}[2J", "hidden": 7 }
        ]
    })
}

fn daemon(request: &Request) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    let verb = path.strip_prefix(&format!("/v1/cases/{CASE}")).unwrap_or(path);
    let mut banned = decision("rejected");
    banned["banned"] = json!(true);
    match (request.method.as_str(), verb) {
        ("GET", "/v1/cases") => (200, json!({ "rows": [case_row()], "next": null })),
        ("POST", "/v1/cases/next") => (200, case_row()),
        ("POST", "/v1/cases/bulk/plan") => preview(request),
        ("POST", "/v1/cases/bulk") => (200, json!({ "decided": [CASE], "left_out": [] })),
        ("GET", "") => (200, case_detail()),
        ("POST", "/approve") => (200, decision("approved")),
        ("POST", "/reject") => (200, decision("rejected")),
        ("POST", "/ban") => (200, banned),
        ("POST", "/skip" | "/ask") => (200, case_row()),
        ("POST", "/undo") => problem(409, "undo-too-late", "The ten minutes are over"),
        ("GET", verb) if verb == format!("/items/{ARROW}/source") => (200, source()),
        ("POST", "/v1/accounts/anna%20b/unban") => (200, json!({})),
        _ => problem(404, "not-found", "No such thing"),
    }
}

fn with_desk<T>(test: impl FnOnce(&Path, &Seen) -> T) -> T {
    with(daemon, test)
}

fn with<T>(daemon: impl Fn(&Request) -> Answer + Send + Sync + 'static, test: impl FnOnce(&Path, &Seen) -> T) -> T {
    let dir = tempfile::tempdir().expect("a folder");
    let socket = dir.path().join("control.sock");
    let seen = fake::on_socket(&socket, daemon);
    test(&socket, &seen)
}

/// The last request: its method and path, and its body.
fn last(seen: &Seen) -> (String, Value) {
    let seen = seen.lock().expect("no test panicked while it held this");
    let request = seen.last().expect("a request");
    let body = match request.body.is_empty() {
        true => Value::Null,
        false => request.json(),
    };
    (format!("{} {}", request.method, request.path), body)
}

fn count(seen: &Seen) -> usize {
    seen.lock().expect("no test panicked while it held this").len()
}

#[test]
fn cases_are_listed_by_state_cluster_and_contributor() {
    with_desk(|socket, seen| {
        let plain = stdout(&tradepost(socket, &["cases"]));
        assert!(
            plain.contains("birds / line") && plain.contains("BLOCKING") && plain.contains("DUE"),
            "{plain}"
        );
        let asked = ["cases", "ls", "--only", "waiting", "--contributor", "anna b", "--json"];
        let json: Value = serde_json::from_str(&stdout(&tradepost(socket, &asked))).expect("JSON");
        assert_eq!(json["rows"][0]["title"], "birds / line");
        assert_eq!(
            last(seen).0,
            "GET /v1/cases?which=waiting&contributor=anna%20b&limit=100"
        );
    });
}

#[test]
fn case_is_shown_with_or_without_the_word() {
    with_desk(|socket, _| {
        let shown = stdout(&tradepost(socket, &["cases", "show", CASE]));
        assert_eq!(shown, stdout(&tradepost(socket, &["cases", CASE])));
        for word in ["overdue", "Letters", "Decisions", "FILES"] {
            assert!(shown.contains(word), "{word}: {shown}");
        }
    });
}

#[test]
fn next_case_is_claimed_or_there_is_none() {
    with_desk(|socket, _| {
        let text = stdout(&tradepost(socket, &["cases", "next"]));
        assert_eq!(text, format!("{CASE} birds / line: malware in icons/eicar.svg\n"));
    });
    let none = |_: &Request| problem(404, "no-case", "No case waits");
    with(none, |socket, _| {
        let output = tradepost(socket, &["cases", "next", "--json"]);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "null\n"));
        assert_eq!(stderr(&output), "tradepost: no case waits for you\n");
    });
}

#[test]
fn rejection_takes_a_template_words_or_both_and_nothing_else() {
    with_desk(|socket, seen| {
        tradepost(
            socket,
            &["cases", "reject", CASE, "--template", "copy", "--reason", "lucide"],
        );
        let body = json!({ "template": "copy", "reason": "lucide" });
        assert_eq!(last(seen), (format!("POST /v1/cases/{CASE}/reject"), body));
        let asked = count(seen);
        let neither = tradepost(socket, &["cases", "reject", CASE]);
        assert!(neither.status.code() == Some(2) && stderr(&neither).contains("--template"));
        let unknown = tradepost(socket, &["cases", "reject", CASE, "--template", "ugly"]);
        assert!(unknown.status.code() == Some(2) && stderr(&unknown).contains("malware, active-content"));
        assert_eq!(count(seen), asked, "nothing was asked of the daemon");
    });
}

#[test]
fn ban_asks_and_without_anybody_to_ask_does_nothing() {
    with_desk(|socket, seen| {
        let ban = ["cases", "ban", CASE, "--template", "malware", "--reject-open"];
        let output = tradepost(socket, &ban);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert_eq!(last(seen).0, format!("GET /v1/cases/{CASE}"));
        let output = tradepost(socket, &[&ban[..], &["--yes"]].concat());
        assert_eq!(stdout(&output), "birds / line rejected and the contributor banned\n");
        let body = json!({ "template": "malware", "reason": null, "reject_open": true });
        assert_eq!(last(seen).1, body);
        let output = tradepost(socket, &["cases", "unban", "anna b"]);
        assert_eq!(stdout(&output), "anna b may upload again\n");
    });
}

#[test]
fn question_and_skip_say_what_became_of_the_case() {
    with_desk(|socket, seen| {
        let output = tradepost(socket, &["cases", "ask", CASE, "Did you draw these?"]);
        assert_eq!(stdout(&output), "birds / line: waits for the contributor's answer\n");
        let asked = seen.lock().expect("seen")[0].json();
        assert_eq!(asked, json!({ "question": "Did you draw these?" }));
        let output = tradepost(socket, &["cases", "skip", CASE, "--json"]);
        let row: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        assert_eq!(row["id"], CASE);
    });
}

#[test]
fn undo_that_is_too_late_ends_with_1() {
    with_desk(|socket, _| {
        let output = tradepost(socket, &["cases", "undo", CASE]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr(&output), "tradepost: The ten minutes are over\n");
    });
}

#[test]
fn bulk_shows_its_plan_and_decides_only_after_a_yes() {
    with_desk(|socket, seen| {
        let many = ["cases", "bulk", "approve", "--contributor", "many"];
        let output = tradepost(socket, &[&many[..], &["--dry-run"]].concat());
        assert_eq!(output.status.code(), Some(0));
        let text = stdout(&output);
        assert!(
            text.starts_with("approve 34 cases (40 files of 1 contributor) · 1 skipped\n"),
            "{text}"
        );
        assert!(text.contains("fish\u{fffd}[2J: ben holds it"), "{text}");
        let output = tradepost(socket, &many);
        assert_eq!(output.status.code(), Some(3), "nobody is here to ask");
        assert_eq!(last(seen).0, "POST /v1/cases/bulk/plan");
        let output = tradepost(socket, &[&many[..], &["--yes"]].concat());
        assert_eq!(stdout(&output), "1 case approved, 0 skipped\n");
        let (path, body) = last(seen);
        assert_eq!((path.as_str(), &body["confirm"]), ("POST /v1/cases/bulk", &json!("34")));
        assert_eq!(body["cases"].as_array().map(Vec::len), Some(34));
    });
}

#[test]
fn bulk_rejection_sends_the_template_and_nothing_to_do_is_well() {
    with_desk(|socket, seen| {
        let output = tradepost(
            socket,
            &["cases", "bulk", "reject", CASE, "--template", "broken", "--yes"],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let act = json!({ "reject": { "template": "broken", "reason": null } });
        assert_eq!(last(seen).1["act"], act);
        let output = tradepost(socket, &["cases", "bulk", "approve", "--contributor", "nobody"]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stderr(&output).contains("nothing to decide"));
        let nothing_named = tradepost(socket, &["cases", "bulk", "approve"]);
        assert_eq!(nothing_named.status.code(), Some(2));
    });
}

#[test]
fn source_is_printed_with_numbers_and_without_escape_sequences() {
    with_desk(|socket, seen| {
        let asked = [
            "cases",
            "source",
            CASE,
            "icons/arrow.svg",
            "--line",
            "12",
            "--column",
            "5",
        ];
        let text = stdout(&tradepost(socket, &asked));
        assert_eq!(text, "  11 | <g>\n> 12 | <script>\u{fffd}[2J ... 7 not shown\n");
        let path = format!("GET /v1/cases/{CASE}/items/{ARROW}/source?line=12&column=5&lines=20");
        assert_eq!(last(seen).0, path);
        let wrong = tradepost(socket, &["cases", "source", CASE, "icons/none.svg"]);
        assert_eq!(wrong.status.code(), Some(2));
    });
}
