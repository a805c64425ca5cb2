//! A state directory that was open to other users.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::StatusCode;
use tradepost_tests::peer::{STRANGER, may_be_a_stranger};
use tradepost_tests::wait::eventually;
use tradepost_tests::{Answer, PackBuilder, TestApp};

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

/// A file that the stranger has locked until this is dropped.
struct Held(Child);

impl Held {
    async fn by_stranger(path: &Path) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", STRANGER, "--clear-groups", "--", "flock", "--no-fork"]);
        let child = command
            .arg(path)
            .args(["sleep", "300"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let file = std::fs::File::open(path).unwrap();
        eventually("the stranger holds the lock", async || match file.try_lock_shared() {
            Ok(()) => {
                file.unlock().unwrap();
                Err("nobody does".to_owned())
            }
            Err(_) => Ok(()),
        })
        .await;
        Self(child)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn older_state_directory_is_closed_and_nobody_else_can_hold_its_lock() {
    if !may_be_a_stranger() {
        return;
    }
    let mut app = TestApp::start();
    app.kill();
    let lock = app.state.join("lock");
    for (path, mode) in [
        (app.state.parent().unwrap(), 0o755),
        (app.state.as_path(), 0o755),
        (&lock, 0o644),
    ] {
        chmod(path, mode);
    }
    let held = Held::by_stranger(&lock).await;
    app.restart();
    assert_eq!((mode(&app.state), mode(&lock)), (0o711, 0o600));
    let log = app.log();
    assert!(
        log.contains("a process of another user held the lock") && log.contains(STRANGER),
        "{log}"
    );
    assert!(log.contains("other users had permissions on it"), "{log}");
    let second = app.tradepostd(&["serve"]);
    assert!(!second.status.success());
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        told.contains("another tradepostd runs on the state directory"),
        "{told}"
    );
    drop(held);
}

#[tokio::test]
async fn signing_key_that_others_could_read_is_replaced() {
    let mut app = TestApp::start();
    let (token, pack) = (app.trusted("ann"), PackBuilder::ticks("Ticks", 1).build());
    let started = app.announce(&token, pack.len(), &"ab".repeat(32)).await;
    let key = app.state.join("signing.key");
    assert_eq!(mode(&key), 0o600);
    let before = std::fs::read(&key).unwrap();
    app.kill();
    app.restart();
    assert_eq!(std::fs::read(&key).unwrap(), before, "a private one stays");
    app.kill();
    chmod(&key, 0o644);
    app.restart();
    assert_eq!(mode(&key), 0o600);
    assert_ne!(std::fs::read(&key).unwrap(), before);
    assert!(app.log().contains("others could read the signing key"), "{}", app.log());
    let path = started["put"]["url"].as_str().unwrap().splitn(4, '/').nth(3).unwrap();
    let put = app.request(reqwest::Method::PUT, &format!("/{path}")).body(pack);
    assert_eq!(
        Answer::to(put).await.problem(StatusCode::FORBIDDEN)["code"],
        "forbidden"
    );
}
