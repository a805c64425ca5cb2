//! Checks of a scanner that the daemon does not run itself.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::io::AsyncReadExt as _;
use tradepostd::clamd::{
    ScanLimits, ScannerAddress, ScannerKind, ScannerState, ScannerStatus, Signatures, Verdict, WhenStale, scan,
};
use tradepostd::embedded::clamd::ScannerSpec;

use crate::clamd::{eicar, verdict};
use crate::supervisor::{Supervised, fake_machine, quick};

#[tokio::test]
async fn old_signatures_hold_the_uploads_unless_told_otherwise() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let socket = folder.path().join("old.ctl");
    let machine = fake_machine(&socket, OffsetDateTime::now_utc() - time::Duration::hours(49))?;
    let spec = ScannerSpec {
        address: Some(socket.into()),
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
        let socket = folder.path().join("their.sock");
        let listen = format!("LocalSocket {}", socket.display());
        let _theirs = TheirClamd::start(folder.path(), &format!("{listen}\n{configuration}"))?;
        let mut supervised = Supervised::start(ScannerSpec {
            address: Some(socket.into()),
            ..spec
        });
        let scanner = supervised.until_up(ScannerKind::Running).await?;
        assert_eq!(scanner.limits.max_bytes, proven, "{configuration}");
        supervised.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_clamd_on_tcp_gives_verdicts_and_replies_early() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let configuration =
        format!("TCPSocket {port}\nTCPAddr 127.0.0.1\nStreamMaxLength 2M\nMaxFileSize 8M\nMaxScanSize 8M");
    let _theirs = TheirClamd::start(folder.path(), &configuration)?;
    let address: ScannerAddress = format!("tcp://127.0.0.1:{port}").parse()?;
    let mut supervised = Supervised::start(ScannerSpec {
        address: Some(address.clone()),
        max_file_bytes: 4 << 20,
        ..quick(folder.path())
    });
    let scanner = supervised.until_up(ScannerKind::Running).await?;
    assert_eq!((&scanner.address, scanner.process_id), (&address, None));
    assert_eq!(
        (scanner.signatures, scanner.limits.max_bytes),
        (Signatures::Unversioned, 2 << 20)
    );
    assert_eq!(verdict(&scanner, b"harmless").await?, Verdict::Clean);
    assert!(matches!(verdict(&scanner, &eicar()).await?, Verdict::Infected { .. }));
    let limits = ScanLimits {
        max_bytes: u64::MAX,
        ..scanner.limits
    };
    let too_long = scan(&address, tokio::io::repeat(0).take(8 << 20), 8 << 20, limits).await?;
    assert!(matches!(too_long, Verdict::Unscannable { .. }), "{too_long:?}");
    supervised.stop().await
}

/// The real clamd, run by somebody else.
struct TheirClamd(std::process::Child);

impl Drop for TheirClamd {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl TheirClamd {
    fn start(folder: &Path, configuration: &str) -> anyhow::Result<Self> {
        let signatures = folder.join("their-signatures");
        fs::create_dir_all(&signatures)?;
        let signature = format!("Eicar-Test-Signature:0:*:{}\n", hex::encode(eicar()));
        fs::write(signatures.join("eicar.ndb"), signature)?;
        let text = format!(
            "Foreground yes\nDatabaseDirectory {}\nTemporaryDirectory {}\n{configuration}\n",
            signatures.display(),
            folder.display()
        );
        fs::write(folder.join("their.conf"), text)?;
        let program = tradepostd::embedded::clamd::find_program().context("no clamd is installed")?;
        let process = std::process::Command::new(program)
            .arg("--config-file")
            .arg(folder.join("their.conf"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        Ok(Self(process))
    }
}
