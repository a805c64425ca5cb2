//! How far a scanner that somebody else runs is relied on.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;
use time::OffsetDateTime;
use tradepostd::embedded::clamd::{ScannerKind, ScannerSpec, ScannerState, ScannerStatus, WhenStale};

use crate::clamd::eicar;
use crate::supervisor::{Supervised, fake_machine, quick};

#[tokio::test]
async fn old_signatures_hold_the_uploads_unless_told_otherwise() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let socket = folder.path().join("old.ctl");
    let machine = fake_machine(&socket, OffsetDateTime::now_utc() - time::Duration::hours(49))?;
    let spec = ScannerSpec {
        socket: Some(socket),
        ..quick(folder.path())
    };
    let mut supervised = Supervised::start(spec.clone());
    let is_held = |status: &ScannerStatus| matches!(status.state, ScannerState::Held { .. });
    let status = supervised.until("it is held", is_held).await?;
    assert!(status.scanner().is_none());
    let line = status.state.to_string();
    assert!(line.contains("uploads wait") && line.contains("48 hours"), "{line}");
    supervised.stop().await?;
    let mut supervised = Supervised::start(ScannerSpec {
        when_stale: WhenStale::Scan,
        ..spec
    });
    assert!(supervised.until_up(ScannerKind::Running).await?.stale);
    machine.abort();
    supervised.stop().await
}

#[tokio::test]
async fn a_running_clamd_is_relied_on_only_up_to_the_size_it_is_proven_to_scan() -> anyhow::Result<()> {
    // Over its MaxFileSize it says OK to anything; nobody can read its configuration.
    for (configuration, proven) in [
        ("StreamMaxLength 8M\nMaxFileSize 2M\nMaxScanSize 8M", 2 << 20),
        ("StreamMaxLength 2M\nMaxFileSize 8M\nMaxScanSize 16M", 2 << 20),
        ("StreamMaxLength 8M\nMaxFileSize 8M\nMaxScanSize 3M", 2 << 20),
        ("StreamMaxLength 8M\nMaxFileSize 8M\nMaxScanSize 32M", 4 << 20),
    ] {
        let folder = TempDir::new()?;
        let spec = ScannerSpec {
            max_file_bytes: 4 << 20,
            ..quick(folder.path())
        };
        let mut theirs = TheirClamd::start(folder.path(), configuration)?;
        let mut supervised = Supervised::start(ScannerSpec {
            socket: Some(theirs.socket.clone()),
            ..spec
        });
        let scanner = supervised.until_up(ScannerKind::Running).await?;
        assert_eq!(scanner.limits.max_bytes, proven, "{configuration}");
        supervised.stop().await?;
        theirs.process.kill()?;
        theirs.process.wait()?;
    }
    Ok(())
}

/// The real clamd, run by somebody else.
struct TheirClamd {
    socket: std::path::PathBuf,
    process: std::process::Child,
}

impl TheirClamd {
    fn start(folder: &Path, configuration: &str) -> anyhow::Result<Self> {
        let (socket, signatures) = (folder.join("their.sock"), folder.join("their-signatures"));
        fs::create_dir_all(&signatures)?;
        let signature = format!("Eicar-Test-Signature:0:*:{}\n", hex::encode(eicar()));
        fs::write(signatures.join("eicar.ndb"), signature)?;
        let text = format!(
            "Foreground yes\nLocalSocket {}\nDatabaseDirectory {}\nTemporaryDirectory {}\n{configuration}\n",
            socket.display(),
            signatures.display(),
            folder.display()
        );
        fs::write(folder.join("their.conf"), text)?;
        let program = tradepostd::embedded::clamd::installed().context("no clamd is installed")?;
        let process = std::process::Command::new(program)
            .arg("--config-file")
            .arg(folder.join("their.conf"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        Ok(Self { socket, process })
    }
}
