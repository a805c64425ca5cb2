//! Three daemons on one database: when the one with the leases is killed or frozen, another one has them within ten seconds.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tradepost_tests::Options;
use tradepost_tests::daemon::Daemon;
use tradepost_tests::server::Server;
use tradepost_tests::wait::PATIENCE;

const TAKEOVER: Duration = Duration::from_secs(10);
const LEASES: [&str; 2] = ["operations", "scheduler"];

/// The process that holds a lease, and the epoch. `None`: nobody does.
async fn holder(server: &Server, lease: &str) -> Option<(i32, i64)> {
    let row: Option<(String, i64)> =
        sqlx::query_as("select holder, epoch from leases where name = $1 and expires_at > now()")
            .bind(lease)
            .fetch_optional(&server.pool)
            .await
            .unwrap();
    let (holder, epoch) = row?;
    let pid = holder.rsplit(':').next().unwrap().parse().unwrap();
    Some((pid, epoch))
}

/// Waits until somebody else than `former` holds a lease. Answers with the process and the time.
async fn successor(server: &Server, lease: &str, former: Option<i32>) -> (i32, i64, Duration) {
    let started = Instant::now();
    loop {
        match holder(server, lease).await {
            Some((pid, epoch)) if Some(pid) != former => return (pid, epoch, started.elapsed()),
            _ => assert!(started.elapsed() < PATIENCE, "nobody takes over {lease}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_of_a_frozen_and_of_a_killed_machine_are_taken_over() {
    let server = Server::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = Options::default()
        .set("DATABASE__URL", server.url())
        .set("DATABASE__MAX_CONNECTIONS", 2)
        .set("SCANNER__SOCKET", "/nonexistent");
    let machines = [1, 2, 3].map(|number| Daemon::start(&folder.path().join(number.to_string()), &options));
    let by_pid = |pid: i32| machines.iter().find(|machine| machine.pid().as_raw() == pid).unwrap();

    let (frozen, epoch, _) = successor(&server, "scheduler", None).await;
    by_pid(frozen).signal(Signal::SIGSTOP);
    let (second, second_epoch, took) = successor(&server, "scheduler", Some(frozen)).await;
    println!("frozen: taken over after {took:?}");
    assert!(took <= TAKEOVER, "{took:?}");
    assert!(second_epoch > epoch);
    // It wakes up as a stale holder: the lease is another's and stays so for as long as it looks.
    by_pid(frozen).signal(Signal::SIGCONT);
    let awake = Instant::now();
    while awake.elapsed() < Duration::from_secs(6) {
        assert_eq!(holder(&server, "scheduler").await, Some((second, second_epoch)));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let mut killed = Vec::new();
    for lease in LEASES {
        let (pid, _, _) = successor(&server, lease, None).await;
        if !killed.contains(&pid) {
            by_pid(pid).signal(Signal::SIGKILL);
            killed.push(pid);
        }
        let (_, _, took) = successor(&server, lease, Some(pid)).await;
        println!("killed: {lease} taken over after {took:?}");
        assert!(took <= TAKEOVER, "{lease}: {took:?}");
    }
}
