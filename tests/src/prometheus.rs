//! The real Prometheus with the configuration and the rules of `deploy/prometheus/`, in a folder of its own.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::nginx::free_port;
use crate::tools::tool;
use crate::wait::PATIENCE;

/// A running Prometheus; killed when dropped.
pub struct Prometheus {
    url: String,
    http: reqwest::Client,
    child: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts Prometheus beside a daemon, whose `metrics.listen` is `target`. `None`, with a word about it, where it is not installed.
    pub fn start(target: &str) -> Option<Self> {
        let program = tool("prometheus", "prometheus")?;
        let folder = tempfile::Builder::new()
            .prefix("tradepost-prometheus-")
            .tempdir()
            .expect("a temporary folder");
        write_configuration(folder.path(), target);
        let port = free_port();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(program.get_program())
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus starts");
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "prometheus does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self {
            url: format!("http://127.0.0.1:{port}"),
            http: crate::app::http_client(),
            child,
            _folder: folder,
        })
    }

    /// The alerts that fire, each with the value of a label: `TradepostPartDown scanner`.
    pub async fn firing(&self) -> BTreeSet<String> {
        let answer = self.get("/api/v1/alerts", &[]).await;
        let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        let text = |alert: &Value| {
            let name = alert["labels"]["alertname"].as_str().unwrap_or_default();
            format!("{name} {}", told_apart(&alert["labels"]))
        };
        firing.map(text).collect()
    }

    /// The series that an expression answers with, each as the value of a label and its own: `scanner 0`. None while Prometheus has not begun.
    pub async fn series(&self, expression: &str) -> Vec<String> {
        let answer = self.get("/api/v1/query", &[("query", expression)]).await;
        let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let text = |series: &Value| {
            let value = series["value"][1].as_str().unwrap_or_default();
            format!("{} {value}", told_apart(&series["metric"]))
        };
        series.iter().map(text).collect()
    }

    async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let url = reqwest::Url::parse_with_params(&format!("{}{path}", self.url), parameters).expect("a URL");
        let answer = self.http.get(url).send().await.expect("prometheus answers");
        answer.json().await.unwrap_or_default()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The label that tells series of a name apart.
fn told_apart(labels: &Value) -> &str {
    let names = ["part", "queue", "name", "code", "pool"];
    names.iter().find_map(|name| labels[name].as_str()).unwrap_or_default()
}

/// Scrapes and judges every second. Rules that wait for up to 5 minutes wait for a second; nothing else is changed.
fn write_configuration(folder: &Path, target: &str) {
    let deployed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus");
    let read = |name: &str| std::fs::read_to_string(deployed.join(name)).expect("the configuration is there");
    let text = read("prometheus.yml")
        .replace("interval: 15s", "interval: 1s")
        .replace("127.0.0.1:9780", target);
    std::fs::write(folder.join("prometheus.yml"), text).expect("the folder takes it");
    let rules = ["for: 1m", "for: 2m", "for: 5m"]
        .iter()
        .fold(read("tradepost.rules.yml"), |rules, wait| {
            rules.replace(&format!("{wait}\n"), "for: 1s\n")
        });
    std::fs::write(folder.join("tradepost.rules.yml"), rules).expect("the folder takes it");
}
