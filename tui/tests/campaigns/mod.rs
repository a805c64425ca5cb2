//! `tradepost campaign`.

mod daemon;

use serde_json::{Value, json};

use crate::fake::Seen;
use crate::{stderr, stdout, tradepost};
use daemon::{CAMPAIGN, ITEM, campaign, with_daemon};

fn acts(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().expect("seen");
    let acts = seen.iter().filter(|r| r.method == "POST");
    acts.map(|r| r.path.rsplit('/').next().unwrap_or("").to_owned())
        .collect()
}

fn last_body(seen: &Seen) -> Value {
    let seen = seen.lock().expect("seen");
    seen.iter().rfind(|r| r.method == "POST").expect("an act").json()
}

#[test]
fn plan_says_what_it_costs_and_how_to_go_on() {
    with_daemon(&["planning", "planned"], |socket, seen| {
        let output = tradepost(socket, &["campaign", "plan", "--reason", "sharper strokes"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let text = stdout(&output);
        for words in [
            "items      20,000",
            "renditions 40,000",
            "takes      30.0 CPU min",
            "bytes      91.6 MiB",
            "cost       EUR 0.0215",
            "from former renderings",
            "91.6 MiB needed, 37.3 GiB free",
            "at most 500/s, 20 first, then a review, stops above 20 % failures",
        ] {
            assert!(text.contains(words), "{words} is missing:\n{text}");
        }
        assert!(text.contains(&format!(
            "`tradepost campaign start {CAMPAIGN}` renders 20 of them first"
        )));
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert_eq!(acts(seen), ["campaigns"], "nothing is started");
        assert_eq!(
            last_body(seen),
            json!({
                "scope": { "kinds": [], "only_stale": true, "presets": [] }, "canary": 20, "stop_at_percent": 20,
                "reason": "sharper strokes"
            })
        );
    });
}

#[test]
fn plan_takes_a_scope_and_a_pace() {
    with_daemon(&["planned"], |socket, seen| {
        let scope = [
            "--kind",
            "icon",
            "--kind",
            "model",
            "--family",
            "acme/arrows",
            "--account",
            "acme",
        ];
        let more = [
            "--preset", "png-64", "--all", "--limit", "500", "--canary", "0", "--auto", "38.5",
        ];
        let pace = ["--rate", "50", "--stop-at", "100", "--reason", " engine 2 ", "--json"];
        let output = tradepost(socket, &[&["campaign", "plan"][..], &scope, &more, &pace].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let shown: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        assert_eq!(shown, campaign("planned"));
        assert_eq!(
            last_body(seen),
            json!({
                "scope": {
                    "kinds": ["icon", "model"], "family": "acme/arrows", "account": "acme", "only_stale": false,
                    "presets": ["png-64"], "limit": 500
                },
                "canary": 0, "auto": { "min_psnr_db": 38.5 }, "rate_per_second": 50, "stop_at_percent": 100,
                "reason": "engine 2"
            })
        );
    });
}

#[test]
fn nonsense_is_refused_before_anything_is_asked() {
    with_daemon(&["planned"], |socket, seen| {
        let wrong: [&[&str]; 12] = [
            &["plan"],
            &["plan", "--reason", "  "],
            &["plan", "--reason", "x", "--kind", "font"],
            &["plan", "--reason", "x", "--rate", "0"],
            &["plan", "--reason", "x", "--canary", "1001"],
            &["plan", "--reason", "x", "--auto", "101"],
            &["plan", "--reason", "x", "--stop-at", "-1"],
            &["plan", "--reason", "x", "--limit", "0"],
            &["start"],
            &["start", "not-an-id"],
            &["rate", CAMPAIGN, "0"],
            &["rate", CAMPAIGN, "fast"],
        ];
        for args in wrong {
            let output = tradepost(socket, &[&["campaign"], args].concat());
            assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
        }
        assert!(seen.lock().expect("seen").is_empty(), "nothing was asked");
    });
}

#[test]
fn what_others_see_is_not_done_unasked() {
    with_daemon(
        &["rendered", "swapped", "stopped", "aborted", "running"],
        |socket, seen| {
            for verb in ["swap", "rollback", "abort", "collect"] {
                let unasked = tradepost(socket, &["campaign", verb, CAMPAIGN]);
                assert_eq!(unasked.status.code(), Some(3), "{verb}: {}", stderr(&unasked));
                assert!(
                    stderr(&unasked).contains("nothing was done: pass --yes"),
                    "{}",
                    stderr(&unasked)
                );
            }
            let senseless = tradepost(socket, &["campaign", "swap", CAMPAIGN]);
            assert_eq!(
                (senseless.status.code(), stderr(&senseless)),
                (Some(1), "tradepost: cannot swap it: the campaign is running\n".into())
            );
            assert_eq!(acts(seen), Vec::<String>::new());
            let swapped = tradepost(socket, &["campaign", "swap", CAMPAIGN, "--yes"]);
            assert_eq!(swapped.status.code(), Some(0), "{}", stderr(&swapped));
            let text = stdout(&swapped);
            assert!(text.contains("stale icons\u{fffd}[2J is swapped"), "{text}");
            assert!(
                text.contains(&format!("`tradepost campaign rollback {CAMPAIGN}`")),
                "{text}"
            );
            for verb in ["rollback", "abort", "collect"] {
                let done = tradepost(socket, &["campaign", verb, CAMPAIGN, "--yes", "--json"]);
                assert_eq!(done.status.code(), Some(0), "{verb}: {}", stderr(&done));
                serde_json::from_str::<Value>(&stdout(&done)).expect("JSON");
            }
            assert_eq!(acts(seen), ["swap", "rollback", "abort", "collect"]);
        },
    );
}

#[test]
fn follow_shows_progress_and_ends_when_somebody_is_wanted() {
    with_daemon(&["canary", "canary", "waiting"], |socket, _| {
        let output = tradepost(socket, &["campaign", "start", CAMPAIGN, "--follow"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let progress = stderr(&output);
        assert!(
            progress.contains("campaign 42 %, canary, 8,410 of 20,000 items · 120/s · 1m left"),
            "{progress}"
        );
        assert!(!progress.contains('\u{1b}'));
        let text = stdout(&output);
        assert!(
            text.contains(&format!("`tradepost campaign samples {CAMPAIGN}`")),
            "{text}"
        );
    });
    with_daemon(&["running", "rendered"], |socket, seen| {
        let output = tradepost(socket, &["campaign", "resume", CAMPAIGN, "--wait"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains(&format!("`tradepost campaign swap {CAMPAIGN}`")));
        assert_eq!(acts(seen), ["resume"]);
    });
    for bad in [
        &["running", "stopped"],
        &["running", "paused"],
        &["running", "failed"],
        &["running", "aborted"],
    ] {
        with_daemon(bad, |socket, _| {
            let output = tradepost(socket, &["campaign", "show", CAMPAIGN, "--follow"]);
            assert_eq!(output.status.code(), Some(1), "{bad:?}");
        });
    }
}

#[test]
fn campaigns_samples_and_failures_are_listed() {
    with_daemon(&["running"], |socket, seen| {
        let list = stdout(&tradepost(socket, &["campaign", "list"]));
        for words in [CAMPAIGN, "running", "8,400/20,000", "120", "1m", "EUR 0.0215"] {
            assert!(list.contains(words), "{words} is missing:\n{list}");
        }
        assert_eq!(stdout(&tradepost(socket, &["campaign"])), list);
        assert_eq!(stdout(&tradepost(socket, &["campaign", "ls"])), list);
        let samples = stdout(&tradepost(socket, &["campaign", "samples", CAMPAIGN]));
        for words in [
            ITEM,
            "31.3 dB",
            "same",
            "3.1 %",
            "-12 %",
            "png-64",
            "webp-512",
            "icons/arrow.svg",
        ] {
            assert!(samples.contains(words), "{words} is missing:\n{samples}");
        }
        let json = stdout(&tradepost(socket, &["campaign", "samples", CAMPAIGN, "--json"]));
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["rows"].as_array().map(Vec::len), Some(2));
        let failures = stdout(&tradepost(socket, &["campaign", "failures", CAMPAIGN, "--limit", "7"]));
        assert!(
            failures.contains("timeout") && failures.contains("it took more than 5 s"),
            "{failures}"
        );
        assert!(!failures.contains('\u{1b}'), "{failures:?}");
        let seen = seen.lock().expect("seen");
        assert!(seen.iter().any(|r| r.path.ends_with("/failures?limit=7")));
        assert!(seen.iter().any(|r| r.path.ends_with("/samples?cursor=c1&limit=99")));
    });
}

#[test]
fn campaign_is_shown_in_full_and_takes_a_rate() {
    with_daemon(&["stopped"], |socket, seen| {
        let shown = stdout(&tradepost(socket, &["campaign", "show", CAMPAIGN]));
        for words in [
            "state      stopped",
            "progress   42 %, 8,410 of 20,000 items",
            "8,400 rendered · 8 failed · 2 skipped · 7.4 CPU s · 48.1 -> 38.5 MiB (-20 %)",
            "note       12 of 30 items failed",
            "lists the failures",
        ] {
            assert!(shown.contains(words), "{words} is missing:\n{shown}");
        }
        for (rate, body) in [("250", json!(250)), ("none", Value::Null)] {
            let output = tradepost(socket, &["campaign", "rate", CAMPAIGN, rate]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            assert_eq!(last_body(seen), json!({ "rate_per_second": body }));
        }
        let refused = tradepost(socket, &["campaign", "pause", CAMPAIGN]);
        assert_eq!(
            (refused.status.code(), stderr(&refused)),
            (
                Some(1),
                "tradepost: The campaign is swapped: it cannot be paused\n".into()
            )
        );
        let unknown = tradepost(socket, &["campaign", "show", ITEM]);
        assert_eq!(
            (unknown.status.code(), stderr(&unknown)),
            (Some(1), "tradepost: No such campaign\n".into())
        );
    });
}
