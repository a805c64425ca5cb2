//! `deploy/deploy` on two machines behind nginx: no request is lost, and a bad version is taken back by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tradepost_tests::nginx::{Nginx, free_port};
use tradepost_tests::program;
use tradepost_tests::server::Server;

const ROUNDS: u32 = 3;

/// A machine: versions, and a service manager that is a script.
struct Machine {
    root: PathBuf,
    address: String,
}

impl Machine {
    fn new(folder: &Path, name: &str, database: &str) -> Self {
        let root = folder.join(name);
        let address = format!("127.0.0.1:{}", free_port());
        std::fs::create_dir(&root).unwrap();
        let restart = format!(
            r#"#!/bin/sh
cd {root}
pid=$(cat pid 2>/dev/null || echo none)
[ "$pid" = none ] || kill -TERM "$pid" 2>/dev/null
while readlink "/proc/$pid/exe" >/dev/null 2>&1; do sleep 0.05; done
export TRADEPOST_DATABASE__URL='{database}' TRADEPOST_DATABASE__MAX_CONNECTIONS=4 TRADEPOST_HTTP__LISTEN={address}
export TRADEPOST_SCANNER__SOCKET=/nonexistent TRADEPOST_DAEMON__DRAIN_SECONDS=1 TRADEPOST_HTTP__TRUSTED_PROXIES=1
export TRADEPOST_LIMITS__UPLOAD_STARTS_PER_MINUTE=100000 TRADEPOST_LIMITS__CHANGES_PER_MINUTE=1000000
export TRADEPOST_LIMITS__PAGES_PER_MINUTE=1000000 TRADEPOST_LIMITS__FILES_PER_MINUTE=1000000
setsid current/tradepostd serve --state {root}/state >>log 2>&1 </dev/null 9>&- &
echo $! >pid
"#,
            root = root.display()
        );
        std::fs::write(root.join("restart"), restart).unwrap();
        Self { root, address }
    }

    /// Runs `deploy/deploy` with these arguments.
    fn deploy(&self, arguments: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/deploy");
        let mut command = Command::new(script);
        command
            .args(arguments)
            .env("ROOT", &self.root)
            .env("RESTART", format!("sh {}/restart", self.root.display()))
            .env("HEALTH_URL", format!("http://{}/readyz", self.address));
        command.output().unwrap()
    }

    fn versions(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.join("versions")).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn current(&self) -> String {
        let link = std::fs::read_link(self.root.join("current")).unwrap();
        link.file_name().unwrap().to_str().unwrap().to_owned()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.root.join("log")).unwrap_or_default()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(self.root.join("pid")).unwrap_or_default();
        if let Ok(pid) = pid.trim().parse() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// Programs that do not run.
fn bad_programs(folder: &Path) -> PathBuf {
    let bad = folder.join("bad");
    std::fs::create_dir(&bad).unwrap();
    for name in ["tradepostd", "tradepost"] {
        std::fs::write(bad.join(name), "#!/bin/sh\nexit 1\n").unwrap();
    }
    bad
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_roll_under_load_and_a_bad_one_is_taken_back() {
    let server = Server::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let good = program("tradepostd").parent().unwrap().to_str().unwrap().to_owned();
    let machines = [1, 2].map(|number| Machine::new(folder.path(), &format!("m{number}"), &server.url()));
    for machine in &machines {
        let output = machine.deploy(&["folder", "1", &good]);
        assert!(output.status.success(), "{output:?}\n{}", machine.log());
    }
    let addresses = [machines[0].address.as_str(), machines[1].address.as_str()];
    let Some(nginx) = Nginx::start(free_port(), &addresses, for_load) else {
        return;
    };
    let load = Load::start(&nginx);
    for round in 2..2 + ROUNDS {
        for machine in &machines {
            let output = machine.deploy(&["folder", &round.to_string(), &good]);
            assert!(output.status.success(), "{output:?}\n{}", machine.log());
        }
    }
    let bad = bad_programs(folder.path());
    let started = Instant::now();
    let output = machines[0].deploy(&["folder", "bad", bad.to_str().unwrap()]);
    let took = started.elapsed();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("rolled back to"),
        "{output:?}"
    );
    assert!(took < Duration::from_secs(30), "{took:?}");
    let (answers, failures) = load.stop().await;
    println!("{answers} requests, bad version taken back after {took:?}");
    assert!(answers > 100 && failures.is_empty(), "{answers}: {failures:?}");

    let last = (1 + ROUNDS).to_string();
    assert_eq!(machines[0].current(), last);
    assert_eq!(
        machines[1].versions(),
        [(ROUNDS - 1).to_string(), ROUNDS.to_string(), last]
    );
    let output = machines[1].deploy(&["back"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(machines[1].current(), ROUNDS.to_string());
}

/// Without the limit of requests. Idle connections end sooner, and so does each stop of the daemon.
fn for_load(_: &str, text: String) -> String {
    let lines = text.lines().filter(|line| !line.contains("limit_req "));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    text.replace("keepalive_timeout 4s;", "keepalive_timeout 1s;")
}

/// Clients that read and write without a pause.
struct Load {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicU32>,
    clients: tokio::task::JoinSet<Vec<String>>,
}

impl Load {
    fn start(nginx: &Nginx) -> Self {
        let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let mut clients = tokio::task::JoinSet::new();
        for number in 0..4 {
            let (client, url) = (nginx.client("127.0.0.1"), nginx.url.clone());
            let (stop, answers) = (stop.clone(), answers.clone());
            clients.spawn(async move {
                let mut failures = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    // Half of them change something.
                    let request = match number % 2 {
                        0 => client.get(format!("{url}/v1/items")),
                        _ => client.post(format!("{url}/v1/carts")).json(&json!({ "lines": [] })),
                    };
                    match request.send().await {
                        Ok(answer) if !answer.status().is_server_error() => {}
                        Ok(answer) => failures.push(format!(
                            "{} {}",
                            answer.status(),
                            answer.text().await.unwrap_or_default()
                        )),
                        Err(error) => failures.push(format!("{error:?}")),
                    }
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                failures
            });
        }
        Self { stop, answers, clients }
    }

    async fn stop(self) -> (u32, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let failures = self.clients.join_all().await.concat();
        (self.answers.load(Ordering::Relaxed), failures)
    }
}
