//! The private clamd: what it finds, what it refuses, what it leaves behind.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::time::{Instant, timeout};
use tradepostd::clamd::{Scanner, ScannerKind, Signatures, Verdict, scan, version};
use tradepostd::embedded::clamd::{Clamd, ClamdDir, ScannerSpec};

use crate::support::{Victim, await_death, nothing_left, processes_below, victim_folder};

const MAX_BYTES: u64 = 2 << 20;

/// In halves, so that no scanner takes this file for the test file.
const EICAR: (&str, &str) = (
    r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR",
    "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
);

pub fn eicar() -> Vec<u8> {
    format!("{}{}", EICAR.0, EICAR.1).into_bytes()
}

/// A private clamd that knows nothing of the machine.
pub fn spec(folder: &Path) -> ScannerSpec {
    ScannerSpec {
        machine_sockets: Vec::new(),
        machine_signatures: folder.join("no-signatures"),
        max_file_bytes: MAX_BYTES,
        ..ScannerSpec::new(folder.join("clamd"))
    }
}

async fn start(folder: &Path) -> anyhow::Result<(Clamd, ClamdDir)> {
    let spec = spec(folder);
    let dir = ClamdDir::take(&spec.dir).await?;
    let began = Instant::now();
    let clamd = Clamd::start(&spec, &dir).await?;
    println!("ready after {} ms", began.elapsed().as_millis());
    Ok((clamd, dir))
}

pub async fn verdict(scanner: &Scanner, bytes: &[u8]) -> anyhow::Result<Verdict> {
    Ok(scan(&scanner.address, bytes, bytes.len() as u64, scanner.limits).await?)
}

fn zip_of(members: &[(&str, &[u8])]) -> anyhow::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default())?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Bytes that do not compress to nothing.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let step = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(step).take(length).collect()
}

#[tokio::test]
async fn a_private_clamd_without_signatures_finds_the_test_file() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let (clamd, _dir) = start(folder.path()).await?;
    let scanner = clamd.scanner();
    assert_eq!(
        (scanner.kind, scanner.signatures),
        (ScannerKind::Private, Signatures::EicarOnly)
    );
    assert!(scanner.engine.starts_with("ClamAV "), "{}", scanner.engine);
    assert!(version(&scanner.address).await?.signatures.is_none());
    let infected = |verdict| matches!(verdict, Verdict::Infected { signature } if signature.starts_with("Eicar"));
    assert!(infected(verdict(scanner, &eicar()).await?));
    assert!(infected(
        verdict(scanner, &zip_of(&[("icons/a.svg", &eicar())])?).await?
    ));
    assert_eq!(
        verdict(scanner, b"<svg xmlns='http://www.w3.org/2000/svg'/>").await?,
        Verdict::Clean
    );
    assert_eq!(verdict(scanner, b"").await?, Verdict::Clean);
    clamd.stop().await;
    nothing_left(folder.path()).await
}

#[tokio::test]
async fn files_are_scanned_whole_up_to_the_limit_and_not_at_all_above() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let (clamd, _dir) = start(folder.path()).await?;
    let mut largest = noise(usize::try_from(MAX_BYTES)? - eicar().len());
    largest.extend(eicar());
    let found = verdict(clamd.scanner(), &largest).await?;
    assert!(matches!(found, Verdict::Infected { .. }), "{found:?}");
    largest.push(0);
    let found = verdict(clamd.scanner(), &largest).await?;
    assert!(matches!(found, Verdict::Unscannable { .. }), "{found:?}");
    clamd.stop().await;
    nothing_left(folder.path()).await
}

#[tokio::test]
async fn the_engine_tells_what_it_did_not_look_at() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let (clamd, _dir) = start(folder.path()).await?;
    // More inside than MaxScanSize, four times the largest file.
    let part = noise(1000).repeat(2000);
    let names: Vec<String> = (0..8).map(|number| format!("{number}.bin")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), part.as_slice())).collect();
    let found = verdict(clamd.scanner(), &zip_of(&members)?).await?;
    assert!(
        matches!(&found, Verdict::Unscannable { reason } if reason.contains("Limits.Exceeded")),
        "{found:?}"
    );
    let found = verdict(clamd.scanner(), &encrypted(zip_of(&[("a.txt", b"secret")])?)).await?;
    assert!(
        matches!(&found, Verdict::Unscannable { reason } if reason.contains("Encrypted")),
        "{found:?}"
    );
    clamd.stop().await;
    nothing_left(folder.path()).await
}

/// Sets the flag that says so in the local and in the central header.
fn encrypted(mut archive: Vec<u8>) -> Vec<u8> {
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        if let Some(at) = archive.windows(4).position(|window| window == signature) {
            archive[at + flags] |= 1;
        }
    }
    archive
}

#[tokio::test]
async fn a_private_clamd_runs_unprivileged_and_is_reached_in_a_deep_folder() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let deep = folder.path().join("a-rather-long-name-of-a-folder-".repeat(4));
    fs::create_dir(&deep)?;
    let (clamd, _dir) = start(&deep).await?;
    assert_ne!(fs::metadata(format!("/proc/{}", clamd.pid()))?.uid(), 0);
    assert_eq!(verdict(clamd.scanner(), b"harmless").await?, Verdict::Clean);
    clamd.stop().await;
    nothing_left(folder.path()).await
}

#[tokio::test]
async fn signatures_that_can_not_be_read_are_told() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let spec = spec(folder.path());
    fs::create_dir(&spec.machine_signatures)?;
    fs::write(spec.machine_signatures.join("daily.cvd"), "half a download")?;
    let dir = ClamdDir::take(&spec.dir).await?;
    let fault = Clamd::start(&spec, &dir).await.err().context("the clamd started")?;
    assert!(format!("{fault:#}").contains("ended at its start"), "{fault:#}");
    println!("{fault:#}");
    nothing_left(folder.path()).await
}

#[tokio::test]
async fn a_machine_without_clamd_names_the_package() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let spec = ScannerSpec {
        program: Some("/nowhere/clamd".into()),
        ..spec(folder.path())
    };
    let dir = ClamdDir::take(&spec.dir).await?;
    let fault = Clamd::start(&spec, &dir).await.err().context("the clamd started")?;
    assert!(
        format!("{fault:#}").contains("apt-get install clamav-daemon"),
        "{fault:#}"
    );
    Ok(())
}

#[tokio::test]
async fn a_cancelled_start_leaves_nothing() -> anyhow::Result<()> {
    for cancel_after_ms in [1, 50, 200, 400] {
        let folder = TempDir::new()?;
        drop(timeout(Duration::from_millis(cancel_after_ms), start(folder.path())).await);
        nothing_left(folder.path()).await?;
        start(folder.path()).await?.0.stop().await;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "the daemon that another test kills"]
async fn a_daemon_with_a_clamd() -> anyhow::Result<()> {
    let Some(folder) = victim_folder() else { return Ok(()) };
    let _running = start(&folder).await?;
    await_death().await;
    Ok(())
}

#[tokio::test]
async fn a_killed_daemon_takes_its_clamd_with_it() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let victim = Victim::start("clamd::a_daemon_with_a_clamd", folder.path())?;
    assert!(!processes_below(folder.path()).is_empty());
    victim.kill()?;
    // At once, over its socket and its half-scanned files.
    let (clamd, _dir) = start(folder.path()).await?;
    assert_eq!(verdict(clamd.scanner(), b"harmless").await?, Verdict::Clean);
    clamd.stop().await;
    nothing_left(folder.path()).await
}
