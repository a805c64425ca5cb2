//! A private clamd, which lives and dies with the daemon.

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
use super::{Scanner, ScannerKind, ScannerSpec, Signatures, signatures};
use crate::embedded::account::Account;
use crate::embedded::child::{Child, Ladder, Launch};
use crate::embedded::place::{Place, remove_if_there};
use crate::embedded::{leftovers, programs};
use crate::scan::clamd::{ScanLimits, Version, ping, probe, version};

/// All signatures take up to a minute to load on a small box, several when it swaps.
const READY_WITHIN: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(50);
const SOCKET_FILE: &str = "clamd.sock";
/// The name of the program, as a process, and as a copy.
const PROGRAM: &str = "clamd";
/// What Debian and Ubuntu confine `/usr/sbin/clamd` with: it may not read a configuration of ours.
const PROFILE: &str = "/etc/apparmor.d/usr.sbin.clamd";
const STOP: Ladder = &[
    (Signal::SIGTERM, Duration::from_secs(2)),
    (Signal::SIGKILL, Duration::from_secs(2)),
];

/// The folder of the private clamd, which one daemon owns.
#[derive(Debug)]
pub struct Home(Arc<Place>);

impl Home {
    /// Makes the folder where it is missing and takes it.
    pub async fn take(dir: &Path) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Place::take(dir).await?)))
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
    pub async fn start(spec: &ScannerSpec, home: &Home) -> anyhow::Result<Self> {
        let place = &home.0;
        let program = spec
            .program
            .clone()
            .or_else(|| programs::find(PROGRAM))
            .filter(|program| programs::is_executable(program));
        let program = program.context("no clamd is installed: run `apt-get install clamav-daemon`")?;
        let account = Account::choose(spec.user.as_deref(), &place.inside("run"), &["clamav", "nobody"])?;
        clear(place).await?;
        place.folder("run", &account)?;
        place.folder("tmp", &account)?;
        let (database, signatures) = signatures::choose(place, &account, &spec.machine_signatures)?;
        place.write("clamd.conf", &configuration(spec, place, &database))?;
        let program = unconfined(place, program)?;
        let child = Child::start(launch(place, program, account)).await?;
        let socket = place.for_socket("run", SOCKET_FILE).join(SOCKET_FILE);
        match become_ready(&child, &socket).await {
            Ok(found) => {
                let scanner = describe(spec, socket, signatures, found, child.pid().as_raw());
                Ok(Self { child, scanner })
            }
            Err(fault) => {
                child.stop().await;
                Err(fault)
            }
        }
    }

    /// What it is, as it was when it started.
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

async fn become_ready(child: &Child, socket: &Path) -> anyhow::Result<Version> {
    let answers = async {
        while ping(socket).await.is_err() {
            sleep(POLL).await;
        }
    };
    let fault = tokio::select! {
        () = answers => {
            probe::sees(socket).await.context("trying the private clamd")?;
            return version(socket).await.context("asking the private clamd for its version");
        }
        status = child.wait() => format!("the private clamd ended at its start ({status})"),
        () = sleep_until(Instant::now() + READY_WITHIN) => {
            format!("the private clamd is not ready after {} s", READY_WITHIN.as_secs())
        }
    };
    bail!("{fault}: {}", last_fault(&child.tail().text().await))
}

/// The line of clamd's log that says what is wrong, else its last.
fn last_fault(log: &str) -> String {
    let fault = log
        .lines()
        .rfind(|line| line.contains("ERROR") || line.contains("denied"));
    fault
        .or_else(|| log.lines().last())
        .unwrap_or("it said nothing")
        .to_owned()
}

fn describe(spec: &ScannerSpec, socket: PathBuf, signatures: Signatures, version: Version, process: i32) -> Scanner {
    Scanner {
        socket,
        kind: ScannerKind::Private,
        engine: version.engine,
        signatures: version.signatures.map_or(signatures, Signatures::Daily),
        signatures_at: version.signatures_at,
        stale: is_stale(spec, version.signatures_at),
        limits: ScanLimits {
            max_bytes: spec.max_file_bytes,
            timeout: spec.scan_timeout,
            // It tells when it gives up.
            silent_after: None,
        },
        process: Some(process),
        found_at: OffsetDateTime::now_utc(),
    }
}

/// Ends what a killed daemon left, and removes its socket and half-scanned files.
async fn clear(place: &Place) -> anyhow::Result<()> {
    let run = place.inside("run");
    let left = leftovers::processes_in(&run, PROGRAM);
    if !left.is_empty() {
        tracing::warn!(processes = left.len(), "stopping the clamd a former daemon left behind");
        leftovers::send(Signal::SIGKILL, &left)?;
        leftovers::wait_until_gone(&run, PROGRAM, Duration::from_secs(5)).await;
    }
    remove_if_there(&run.join(SOCKET_FILE)).context("removing the socket of a former clamd")?;
    match fs::remove_dir_all(place.inside("tmp")) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
            Err(fault).context("removing the files of a former clamd")
        }
        _ => Ok(()),
    }
}

/// AppArmor confines clamd by the path it is started from. Where it does, a copy of the program is started: the daemon's own
/// confinement (its unit) holds for its children, too.
fn unconfined(place: &Place, program: PathBuf) -> anyhow::Result<PathBuf> {
    let enabled = fs::read_to_string("/sys/module/apparmor/parameters/enabled").is_ok_and(|text| text.starts_with('Y'));
    if !enabled || !Path::new(PROFILE).exists() {
        return Ok(program);
    }
    let copy = place.inside(PROGRAM);
    remove_if_there(&copy).with_context(|| format!("removing {}", copy.display()))?;
    fs::copy(&program, &copy).with_context(|| format!("copying {} to {}", program.display(), copy.display()))?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
    Ok(place.by_descriptor(PROGRAM))
}

fn launch(place: &Arc<Place>, program: PathBuf, account: Account) -> Launch {
    Launch {
        name: PROGRAM,
        program,
        arguments: vec!["--config-file".into(), place.by_descriptor("clamd.conf").into()],
        account,
        place: Arc::clone(place),
        folder: Some("run"),
        log: "clamd.log",
        // It has nothing to finish: what was being scanned is scanned again.
        when_orphaned: Signal::SIGKILL,
        ladder: STOP,
    }
}

/// Sizes grow from stream over file to scan, and whatever exceeds them is told: clamd would call it OK otherwise.
fn configuration(spec: &ScannerSpec, place: &Place, database: &Path) -> String {
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
        run = place.by_descriptor("run").display(),
        tmp = place.by_descriptor("tmp").display(),
        database = database.display(),
        stream_bytes = spec.max_file_bytes,
        threads = spec.max_threads,
    )
}
