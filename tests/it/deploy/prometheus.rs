//! The metrics, the rules about them and the dashboard, judged by promtool.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tradepost_tests::tools::tool;
use tradepost_tests::{PackBuilder, TestApp};

fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

/// The metrics of a daemon that has worked, one file failed included.
async fn metrics() -> String {
    let app = TestApp::start();
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Ticks", 2).build())
        .await;
    app.get("/v1/items", None).await;
    let answer = app
        .control_request(reqwest::Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    answer.text().await.unwrap()
}

#[tokio::test]
async fn metrics_pass_promtool_and_have_every_name_that_is_asked_for() {
    let text = metrics().await;
    let names: BTreeSet<_> = names_in(&text).collect();
    // No file failed and nobody rescanned here; their counters are documented, and written by the tests of the scanner.
    // There is no replica either.
    let without_series = ["tradepost_scan_failures_total", "tradepost_replica_usable"];
    for file in ["prometheus/tradepost.rules.yml", "grafana/tradepost.json"] {
        let asked = std::fs::read_to_string(deployed(file)).unwrap();
        for name in names_in(&asked).filter(|name| !without_series.contains(&name.as_str())) {
            assert!(
                names.contains(&name),
                "{file} asks for {name}, and there is no such metric in\n{text}"
            );
        }
    }
    let Some(mut promtool) = tool("promtool", "prometheus") else {
        return;
    };
    let mut child = promtool
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn rules_raise_what_they_should_and_nothing_else() {
    let Some(mut promtool) = tool("promtool", "prometheus") else {
        return;
    };
    let output = promtool
        .args(["test", "rules"])
        .arg(deployed("prometheus/tradepost.test.yml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let rules = std::fs::read_to_string(deployed("prometheus/tradepost.rules.yml")).unwrap();
    let tests = std::fs::read_to_string(deployed("prometheus/tradepost.test.yml")).unwrap();
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    for alert in alerts {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "no test of {alert}");
    }
    let Some(mut promtool) = tool("promtool", "prometheus") else {
        return;
    };
    let output = promtool
        .args(["check", "config"])
        .arg(deployed("prometheus/prometheus.yml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn dashboard_has_a_title_and_a_query_for_every_panel() {
    let text = std::fs::read_to_string(deployed("grafana/tradepost.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 10);
    for panel in panels {
        let queries = panel["targets"].as_array().unwrap();
        let all = queries
            .iter()
            .all(|query| query["expr"].as_str().is_some_and(|expr| !expr.is_empty()));
        assert!(all && panel["title"].is_string(), "{panel}");
    }
}

/// The names of metrics in a text. Recorded ones have a colon.
fn names_in(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
        .filter(|word| word.starts_with("tradepost_"))
        .map(str::to_owned)
}
