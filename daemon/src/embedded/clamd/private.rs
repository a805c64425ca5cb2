//! A private clamd: a child process that ends when the daemon ends.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::Signal;
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, sleep_until};

use super::supervise::is_stale;
use super::{ScannerSpec, signatures};
use crate::clamd::{ScanLimits, Scanner, ScannerAddress, ScannerKind, Signatures, Version, ping, probe, version};
use crate::embedded::account::Account;
use crate::embedded::child::{Child, Launch, StopSteps};
use crate::embedded::server_dir::{ServerDir, remove_if_there};
use crate::embedded::{leftovers, programs};

/// All signatures take up to a minute to load on a small machine, several when it swaps.
const READY_WITHIN: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(50);
const SOCKET_FILE: &str = "clamd.sock";
/// The name of the program, as a process, and as a copy.
const PROGRAM: &str = "clamd";
/// The AppArmor profile of Debian and Ubuntu: a confined clamd cannot read the daemon's configuration.
const PROFILE: &str = "/etc/apparmor.d/usr.sbin.clamd";
const STOP: StopSteps = &[
    (Signal::SIGTERM, Duration::from_secs(2)),
    (Signal::SIGKILL, Duration::from_secs(2)),
];

/// The folder of the private clamd, locked by one daemon.
#[derive(Debug)]
pub struct ClamdDir(Arc<ServerDir>);

impl ClamdDir {
    /// Creates and locks the folder.
    pub async fn take(dir: &Path) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(ServerDir::take(dir).await?)))
    }
}

/// A running private clamd. Dropping it stops the process in the background; [`Clamd::stop`] waits for the end.
#[derive(Debug)]
pub struct Clamd {
    child: Child,
    scanner: Scanner,
}

impl Clamd {
    /// Starts clamd and returns once it answers. A start that fails or is cancelled leaves no process behind.
    pub async fn start(spec: &ScannerSpec, dir: &ClamdDir) -> anyhow::Result<Self> {
        let dir = &dir.0;
        let program = spec
            .program
            .clone()
            .or_else(|| programs::find(PROGRAM))
            .filter(|program| programs::is_executable(program));
        let program = program.context("no clamd is installed: run `apt-get install clamav-daemon`")?;
        let account = Account::choose(spec.user.as_deref(), &dir.inside("run"), &["clamav", "nobody"])?;
        clear(dir).await?;
        dir.folder("run", &account)?;
        dir.folder("tmp", &account)?;
        let (database, signatures) = signatures::choose(dir, &account, &spec.machine_signatures)?;
        dir.write("clamd.conf", &configuration(spec, dir, &database))?;
        let program = unconfined(dir, program)?;
        let child = Child::start(launch(dir, program, account)).await?;
        let address = ScannerAddress::Unix(dir.for_socket("run", SOCKET_FILE).join(SOCKET_FILE));
        match become_ready(&child, &address).await {
            Ok(found) => {
                let scanner = describe(spec, address, signatures, found, child.pid().as_raw());
                Ok(Self { child, scanner })
            }
            Err(fault) => {
                child.stop().await;
                Err(fault)
            }
        }
    }

    /// The scanner as it was when it started.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.pid().as_raw().cast_unsigned()
    }

    /// Waits for the end of the process.
    pub async fn wait(&self) -> ExitStatus {
        self.child.wait().await
    }

    /// Stops the process, within 4 seconds.
    pub async fn stop(self) -> ExitStatus {
        self.child.stop().await
    }
}

async fn become_ready(child: &Child, address: &ScannerAddress) -> anyhow::Result<Version> {
    let answers = async {
        while ping(address).await.is_err() {
            sleep(POLL).await;
        }
    };
    let fault = tokio::select! {
        () = answers => {
            probe::finds_test_file(address).await.context("testing the private clamd")?;
            return version(address).await.context("asking the private clamd for its version");
        }
        status = child.wait() => format!("the private clamd ended at its start ({status})"),
        () = sleep_until(Instant::now() + READY_WITHIN) => {
            format!("the private clamd is not ready after {} s", READY_WITHIN.as_secs())
        }
    };
    bail!("{fault}: {}", last_fault(&child.tail().text().await))
}

/// The last error in clamd's log, else its last line.
fn last_fault(log: &str) -> String {
    let fault = log
        .lines()
        .rfind(|line| line.contains("ERROR") || line.contains("denied"));
    fault
        .or_else(|| log.lines().last())
        .unwrap_or("its log is empty")
        .to_owned()
}

fn describe(
    spec: &ScannerSpec,
    address: ScannerAddress,
    signatures: Signatures,
    version: Version,
    process_id: i32,
) -> Scanner {
    Scanner {
        address,
        kind: ScannerKind::Private,
        engine: version.engine,
        signatures: version.signatures.map_or(signatures, Signatures::Daily),
        signatures_at: version.signatures_at,
        stale: is_stale(spec, version.signatures_at),
        limits: ScanLimits {
            max_bytes: spec.max_file_bytes,
            timeout: spec.scan_timeout,
            // AlertExceedsMax is on: it reports when it gives up.
            silent_after: None,
        },
        process_id: Some(process_id),
        found_at: OffsetDateTime::now_utc(),
    }
}

/// Ends the clamd of a killed daemon and removes its socket and temporary files.
async fn clear(dir: &ServerDir) -> anyhow::Result<()> {
    let run = dir.inside("run");
    let left = leftovers::processes_in(&run, PROGRAM);
    if !left.is_empty() {
        tracing::warn!(processes = left.len(), "stopping the clamd of a former daemon");
        leftovers::send(Signal::SIGKILL, &left)?;
        leftovers::wait_until_gone(&run, PROGRAM, Duration::from_secs(5)).await;
    }
    remove_if_there(&run.join(SOCKET_FILE)).context("removing the socket of a former clamd")?;
    match fs::remove_dir_all(dir.inside("tmp")) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
            Err(fault).context("removing the files of a former clamd")
        }
        _ => Ok(()),
    }
}

/// AppArmor confines clamd by the path it is started from. Where it does, a copy of the program is started: the
/// confinement of the daemon's unit holds for its children, too.
fn unconfined(dir: &ServerDir, program: PathBuf) -> anyhow::Result<PathBuf> {
    let enabled = fs::read_to_string("/sys/module/apparmor/parameters/enabled").is_ok_and(|text| text.starts_with('Y'));
    if !enabled || !Path::new(PROFILE).exists() {
        return Ok(program);
    }
    let copy = dir.inside(PROGRAM);
    remove_if_there(&copy).with_context(|| format!("removing {}", copy.display()))?;
    fs::copy(&program, &copy).with_context(|| format!("copying {} to {}", program.display(), copy.display()))?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
    Ok(dir.by_descriptor(PROGRAM))
}

fn launch(dir: &Arc<ServerDir>, program: PathBuf, account: Account) -> Launch {
    Launch {
        name: PROGRAM,
        program,
        arguments: vec!["--config-file".into(), dir.by_descriptor("clamd.conf").into()],
        account,
        dir: Arc::clone(dir),
        folder: Some("run"),
        log: "clamd.log",
        // An interrupted scan is repeated.
        when_orphaned: Signal::SIGKILL,
        stop_steps: STOP,
    }
}

/// Sizes grow from stream over file to scan, and AlertExceedsMax reports what exceeds them: clamd would reply OK otherwise.
fn configuration(spec: &ScannerSpec, dir: &ServerDir, database: &Path) -> String {
    let file_bytes = spec.max_file_bytes + (1 << 20);
    let scan_bytes = spec
        .max_file_bytes
        .saturating_mul(4)
        .clamp(file_bytes, u64::from(u32::MAX));
    let scan_ms = spec.scan_timeout.as_millis() * 9 / 10;
    format!(
        "\
# Written by tradepostd at every start. Paths start at a descriptor that clamd inherits.
Foreground yes
LogTime yes
LocalSocket {run}/{SOCKET_FILE}
LocalSocketMode 600
FixStaleSocket yes
TemporaryDirectory {tmp}
DatabaseDirectory {database}
StreamMaxLength {stream_bytes}
MaxFileSize {file_bytes}
MaxScanSize {scan_bytes}
MaxScanTime {scan_ms}
AlertExceedsMax yes
AlertEncrypted yes
MaxThreads {threads}
MaxQueue 64
# On a small box there is no memory for the old and the new signatures at once.
ConcurrentDatabaseReload no
ExitOnOOM yes
",
        run = dir.by_descriptor("run").display(),
        tmp = dir.by_descriptor("tmp").display(),
        database = database.display(),
        stream_bytes = spec.max_file_bytes,
        threads = spec.max_threads,
    )
}
