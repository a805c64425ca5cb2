//! The supervisor of the scanner: it finds, watches, and finds again.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tradepostd::clamd::{Scanner, ScannerKind, ScannerState, ScannerStatus, Signatures, Verdict};
use tradepostd::embedded::clamd::{ScannerSpec, run};

use crate::clamd::{eicar, spec, verdict};
use crate::support::{nothing_left, processes_below};

pub struct Supervised {
    status: watch::Receiver<ScannerStatus>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Supervised {
    pub fn start(spec: ScannerSpec) -> Self {
        let (sender, status) = watch::channel(ScannerStatus::starting());
        let cancel = CancellationToken::new();
        let task = tokio::spawn(run(spec, sender, cancel.clone()));
        Self { status, cancel, task }
    }

    pub async fn until(
        &mut self,
        what: &str,
        condition: impl Fn(&ScannerStatus) -> bool,
    ) -> anyhow::Result<ScannerStatus> {
        let reached = timeout(Duration::from_secs(20), self.status.wait_for(condition)).await;
        Ok(reached.with_context(|| format!("still waiting until {what}"))??.clone())
    }

    pub async fn until_up(&mut self, kind: ScannerKind) -> anyhow::Result<Scanner> {
        let is_up = |status: &ScannerStatus| status.scanner().is_some_and(|scanner| scanner.kind == kind);
        self.until(&format!("{kind:?} is up"), is_up)
            .await?
            .scanner()
            .cloned()
            .context("a scanner")
    }

    async fn until_down(&mut self) -> anyhow::Result<String> {
        match self
            .until("it is down", |status| status.scanner().is_none())
            .await?
            .state
        {
            ScannerState::Down { reason } => Ok(reason),
            other => anyhow::bail!("{other:?}"),
        }
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.cancel.cancel();
        Ok(timeout(Duration::from_secs(10), self.task)
            .await
            .context("the end of the supervisor")??)
    }
}

/// A spec that notices quickly.
pub fn quick(folder: &Path) -> ScannerSpec {
    ScannerSpec {
        ping_interval: Duration::from_millis(100),
        review_interval: Duration::from_millis(200),
        restart_grace: Duration::from_secs(2),
        ..spec(folder)
    }
}

/// A clamd of the machine that finds the test file and nothing else; its signatures are of this time.
pub fn fake_machine(socket: &Path, made: OffsetDateTime) -> io::Result<JoinHandle<()>> {
    let version = format!("ClamAV 1.4.6/27800/{}\0", as_clamd_writes(made));
    changing_machine(socket, watch::channel((version, eicar())).1)
}

/// The same with a version and malware that may change.
fn changing_machine(socket: &Path, knows: watch::Receiver<(String, Vec<u8>)>) -> io::Result<JoinHandle<()>> {
    let listener = UnixListener::bind(socket)?;
    Ok(tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let (version, malware) = knows.borrow().clone();
            answer(connection, &version, &malware).await.ok();
        }
    }))
}

fn as_clamd_writes(made: OffsetDateTime) -> String {
    let format = time::macros::format_description!(
        "[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]"
    );
    made.format(format).unwrap_or_default()
}

async fn answer(mut connection: UnixStream, version: &str, malware: &[u8]) -> io::Result<()> {
    let mut command = Vec::new();
    while !command.ends_with(b"\0") {
        command.push(connection.read_u8().await?);
    }
    match command.as_slice() {
        b"zPING\0" => connection.write_all(b"PONG\0").await,
        b"zVERSION\0" => connection.write_all(version.as_bytes()).await,
        b"zINSTREAM\0" => {
            let mut bytes = Vec::new();
            loop {
                let length = connection.read_u32().await? as usize;
                if length == 0 {
                    break;
                }
                let start = bytes.len();
                bytes.resize(start + length, 0);
                connection.read_exact(&mut bytes[start..]).await?;
            }
            let is_known = bytes.windows(malware.len()).any(|window| window == malware);
            let reply: &[u8] = if is_known {
                b"stream: Eicar FOUND\0"
            } else {
                b"stream: OK\0"
            };
            connection.write_all(reply).await
        }
        _ => connection.write_all(b"UNKNOWN COMMAND\0").await,
    }
}

#[tokio::test]
async fn a_killed_private_clamd_is_down_and_comes_back() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let mut supervised = Supervised::start(quick(folder.path()));
    let scanner = supervised.until_up(ScannerKind::Private).await?;
    assert_eq!(scanner.signatures, Signatures::EicarOnly);
    assert!(supervised.status.borrow().state.to_string().contains("NO SIGNATURES"));
    for pid in processes_below(folder.path()) {
        kill(Pid::from_raw(pid), Signal::SIGKILL)?;
    }
    let reason = supervised.until_down().await?;
    assert!(reason.contains("ended"), "{reason}");
    let scanner = supervised.until_up(ScannerKind::Private).await?;
    assert!(matches!(verdict(&scanner, &eicar()).await?, Verdict::Infected { .. }));
    supervised.stop().await?;
    assert!(
        processes_below(folder.path()).is_empty(),
        "the supervisor waits for the end of its clamd"
    );
    Ok(())
}

#[tokio::test]
async fn without_any_clamd_the_status_says_what_to_install() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let none = ScannerSpec {
        program: Some("/nowhere/clamd".into()),
        ..quick(folder.path())
    };
    let mut supervised = Supervised::start(none);
    let told = |status: &ScannerStatus| status.state.to_string().contains("apt-get install clamav-daemon");
    supervised.until("it says what to install", told).await?;
    supervised.stop().await
}

#[tokio::test]
async fn the_machines_clamd_is_used_left_and_found_again() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let socket = folder.path().join("machine.ctl");
    let machine = fake_machine(&socket, OffsetDateTime::now_utc())?;
    let mut supervised = Supervised::start(ScannerSpec {
        machine_sockets: vec![socket.clone()],
        ..quick(folder.path())
    });
    let scanner = supervised.until_up(ScannerKind::Running).await?;
    assert_eq!(
        (scanner.signatures, scanner.limits.max_bytes),
        (Signatures::Daily(27_800), 2 << 20),
        "what it is proven to scan, up to the largest pack"
    );
    let line = supervised.status.borrow().state.to_string();
    let today = OffsetDateTime::now_utc().date();
    assert_eq!(
        line,
        format!("ClamAV 1.4.6, clamd of the machine, signatures 27800 of {today}")
    );

    machine.abort();
    supervised.until_down().await?;
    assert!(
        processes_below(folder.path()).is_empty(),
        "it may come back: no private clamd yet"
    );
    supervised.until_up(ScannerKind::Private).await?;

    fs::remove_file(&socket)?;
    let machine = fake_machine(&socket, OffsetDateTime::now_utc())?;
    supervised.until_up(ScannerKind::Running).await?;
    nothing_left(folder.path()).await?;
    supervised.stop().await?;
    machine.abort();
    Ok(())
}

#[tokio::test]
async fn a_scanner_that_forgets_its_signatures_in_the_same_process_is_left() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let socket = folder.path().join("machine.ctl");
    let dated = format!("ClamAV 1.4.6/27800/{}\0", as_clamd_writes(OffsetDateTime::now_utc()));
    let undated = "ClamAV 1.4.6\0".to_owned();
    let (knows, seen) = watch::channel((dated.clone(), eicar()));
    let machine = changing_machine(&socket, seen)?;
    let mut supervised = Supervised::start(ScannerSpec {
        address: Some(socket.clone().into()),
        proof_interval: Duration::from_millis(100),
        ..quick(folder.path())
    });
    supervised.until_up(ScannerKind::Running).await?;

    knows.send_replace((dated.clone(), b"something else".to_vec()));
    let reason = supervised.until_down().await?;
    assert!(reason.contains("EICAR"), "{reason}");
    knows.send_replace((dated.clone(), eicar()));
    supervised.until_up(ScannerKind::Running).await?;

    knows.send_replace((undated, eicar()));
    let is_held = |status: &ScannerStatus| {
        let line = status.state.to_string();
        status.scanner().is_none() && line.contains("uploads wait: it reports no signatures any more (they were 27800)")
    };
    supervised.until("no number is a wait", is_held).await?;
    knows.send_replace((dated, eicar()));
    supervised.until_up(ScannerKind::Running).await?;
    supervised.stop().await?;
    machine.abort();
    Ok(())
}

#[tokio::test]
async fn a_configured_socket_is_the_only_one_used() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let socket = folder.path().join("configured.ctl");
    let mut supervised = Supervised::start(ScannerSpec {
        address: Some(socket.clone().into()),
        ..quick(folder.path())
    });
    let told = |status: &ScannerStatus| status.state.to_string().contains("configured.ctl");
    supervised.until("it names the socket", told).await?;
    let machine = fake_machine(&socket, OffsetDateTime::now_utc())?;
    supervised.until_up(ScannerKind::Running).await?;
    machine.abort();
    supervised.until_down().await?;
    assert!(processes_below(folder.path()).is_empty());
    supervised.stop().await
}

#[tokio::test]
async fn a_silent_clamd_is_down_until_it_answers() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let mut supervised = Supervised::start(quick(folder.path()));
    supervised.until_up(ScannerKind::Private).await?;
    let pids = processes_below(folder.path());
    for pid in &pids {
        kill(Pid::from_raw(*pid), Signal::SIGSTOP)?;
    }
    let reason = supervised.until_down().await?;
    assert!(reason.contains("gave no answer"), "{reason}");
    for pid in &pids {
        kill(Pid::from_raw(*pid), Signal::SIGCONT)?;
    }
    supervised.until_up(ScannerKind::Private).await?;
    assert_eq!(processes_below(folder.path()), pids, "it was given time");
    supervised.stop().await
}
