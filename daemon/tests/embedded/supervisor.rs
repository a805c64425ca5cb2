//! The supervisor of the scanner: it finds, watches, and finds again.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tradepostd::embedded::clamd::{Scanner, ScannerKind, ScannerSpec, ScannerState, ScannerStatus, Signatures, run};
use tradepostd::scanning::clamd::Verdict;

use crate::clamd::{eicar, spec, verdict};
use crate::support::{nothing_left, processes_below};

struct Supervised {
    status: watch::Receiver<ScannerStatus>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Supervised {
    fn start(spec: ScannerSpec) -> Self {
        let (sender, status) = watch::channel(ScannerStatus::starting());
        let cancel = CancellationToken::new();
        let task = tokio::spawn(run(spec, sender, cancel.clone()));
        Self { status, cancel, task }
    }

    async fn until(&mut self, what: &str, condition: impl Fn(&ScannerStatus) -> bool) -> anyhow::Result<ScannerStatus> {
        let reached = timeout(Duration::from_secs(20), self.status.wait_for(condition)).await;
        Ok(reached.with_context(|| format!("still waiting until {what}"))??.clone())
    }

    async fn until_up(&mut self, kind: ScannerKind) -> anyhow::Result<Scanner> {
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
            ScannerState::Up(scanner) => anyhow::bail!("{scanner:?} is up"),
        }
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.cancel.cancel();
        Ok(timeout(Duration::from_secs(10), self.task)
            .await
            .context("the end of the supervisor")??)
    }
}

/// A spec that notices quickly.
fn quick(folder: &Path) -> ScannerSpec {
    ScannerSpec {
        ping_interval: Duration::from_millis(100),
        review_interval: Duration::from_millis(200),
        restart_grace: Duration::from_secs(2),
        ..spec(folder)
    }
}

/// A clamd of the machine that knows two commands.
fn fake_machine(socket: &Path) -> io::Result<JoinHandle<()>> {
    let listener = UnixListener::bind(socket)?;
    Ok(tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            answer(connection).await.ok();
        }
    }))
}

async fn answer(mut connection: UnixStream) -> io::Result<()> {
    let mut command = [0; 16];
    let count = connection.read(&mut command).await?;
    match &command[..count] {
        b"zPING\0" => connection.write_all(b"PONG\0").await,
        b"zVERSION\0" => {
            connection
                .write_all(b"ClamAV 1.4.6/27800/Mon Nov  3 08:38:16 2025\0")
                .await
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
    let machine = fake_machine(&socket)?;
    let mut supervised = Supervised::start(ScannerSpec {
        machine_sockets: vec![socket.clone()],
        ..quick(folder.path())
    });
    let scanner = supervised.until_up(ScannerKind::Running).await?;
    assert_eq!(
        (scanner.signatures, scanner.limits.max_bytes),
        (Signatures::Daily(27_800), 25 << 20)
    );
    let line = supervised.status.borrow().state.to_string();
    assert_eq!(
        line,
        "ClamAV 1.4.6, clamd of the machine, signatures 27800 of 2025-11-03"
    );

    machine.abort();
    supervised.until_down().await?;
    assert!(
        processes_below(folder.path()).is_empty(),
        "it may come back: no private clamd yet"
    );
    supervised.until_up(ScannerKind::Private).await?;

    fs::remove_file(&socket)?;
    let machine = fake_machine(&socket)?;
    supervised.until_up(ScannerKind::Running).await?;
    nothing_left(folder.path()).await?;
    supervised.stop().await?;
    machine.abort();
    Ok(())
}

#[tokio::test]
async fn a_configured_socket_is_the_only_one_used() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let socket = folder.path().join("configured.ctl");
    let mut supervised = Supervised::start(ScannerSpec {
        socket: Some(socket.clone()),
        ..quick(folder.path())
    });
    let told = |status: &ScannerStatus| status.state.to_string().contains("configured.ctl");
    supervised.until("it names the socket", told).await?;
    let machine = fake_machine(&socket)?;
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
    assert!(reason.contains("does not answer"), "{reason}");
    for pid in &pids {
        kill(Pid::from_raw(*pid), Signal::SIGCONT)?;
    }
    supervised.until_up(ScannerKind::Private).await?;
    assert_eq!(processes_below(folder.path()), pids, "it was given time");
    supervised.stop().await
}
