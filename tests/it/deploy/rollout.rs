//! `deploy/deploy` on two machines behind nginx: no request is lost, and a bad version is taken back by itself.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tradepost_tests::nginx::{Nginx, free_port};
use tradepost_tests::rollout::{Machine, for_load, scripted_programs};
use tradepost_tests::server::Server;
use tradepost_tests::{Options, program};

const ROUNDS: u32 = 3;

fn machine(folder: &Path, name: &str, server: &Server) -> Machine {
    let options = Options::default()
        .set("DATABASE__URL", server.url())
        .set("DATABASE__MAX_CONNECTIONS", 4)
        .set("SCANNER__SOCKET", "/nonexistent");
    Machine::new(folder, name, &options)
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_roll_under_load_and_a_bad_one_is_taken_back() {
    let server = Server::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let good = program("tradepostd").parent().unwrap().to_str().unwrap().to_owned();
    let machines = [1, 2].map(|number| machine(folder.path(), &format!("m{number}"), &server));
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
    let bad = scripted_programs(folder.path(), "bad", "exit 1");
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
