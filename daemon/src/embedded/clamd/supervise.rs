//! Keeps a scanner: finds one, watches it, finds another when it goes.

use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::private::Home;
use super::{
    Clamd, Scanner, ScannerKind, ScannerSpec, ScannerState, ScannerStatus, Signatures, WhenStale, machine, signatures,
};
use crate::scan::clamd::{Culprit, ScanError, ScanLimits, Version, probe, process, version};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A scanner that comes back is found within this time: everything moves again soon after.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The largest pack goes through the slowest scanner in this time; one that hangs is not waited for any longer.
const LONGEST_PROBE: Duration = Duration::from_secs(45);
/// One that is there and fails is looked at this often.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// A scanner that was there for this long starts with a short pause again.
const STEADY: Duration = Duration::from_secs(60);
/// A clamd that reads new signatures is silent meanwhile; one that is silent for longer hangs.
const SILENCE: Duration = Duration::from_secs(180);

/// Finds or starts a scanner and watches it until it is cancelled, then stops the private clamd.
pub async fn run(spec: ScannerSpec, status: watch::Sender<ScannerStatus>, cancel: CancellationToken) {
    let mut keeper = Keeper {
        spec,
        status,
        home: None,
        lost_at: None,
    };
    let mut pause = FIRST_PAUSE;
    while !cancel.is_cancelled() {
        let began = Instant::now();
        let reason = keeper.keep_one(&cancel).await;
        keeper.publish(ScannerState::Down { reason });
        if began.elapsed() > STEADY {
            pause = FIRST_PAUSE;
        }
        cancel.run_until_cancelled(sleep(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

struct Keeper {
    spec: ScannerSpec,
    status: watch::Sender<ScannerStatus>,
    home: Option<Home>,
    /// When the machine's clamd was there last.
    lost_at: Option<Instant>,
}

impl Keeper {
    /// Uses one scanner as long as it lasts, and says why it does no more.
    async fn keep_one(&mut self, cancel: &CancellationToken) -> String {
        let found = match &self.spec.socket {
            Some(socket) => Some(socket.clone()),
            None => machine::find(&self.spec.machine_sockets).await,
        };
        match found {
            Some(socket) => cancel
                .run_until_cancelled(self.keep_running(&socket))
                .await
                .unwrap_or_else(stopped),
            None if self.may_come_back() => "the machine's clamd went away".to_owned(),
            None => self.keep_private(cancel).await,
        }
    }

    fn may_come_back(&self) -> bool {
        self.lost_at
            .is_some_and(|lost_at| lost_at.elapsed() < self.spec.restart_grace)
    }

    async fn keep_running(&mut self, socket: &Path) -> String {
        let scanner = match describe(&self.spec, socket).await {
            Ok(scanner) => scanner,
            Err(fault) => return format!("{}: {fault}", socket.display()),
        };
        let reason = self.watch(scanner).await;
        self.lost_at = Some(Instant::now());
        reason
    }

    async fn keep_private(&mut self, cancel: &CancellationToken) -> String {
        let home = match self.home.take() {
            Some(home) => Ok(home),
            None => Home::take(&self.spec.dir).await,
        };
        let home = match home {
            Ok(home) => home,
            Err(fault) => return format!("{fault:#}"),
        };
        let started = cancel.run_until_cancelled(Clamd::start(&self.spec, &home)).await;
        self.home = Some(home);
        let clamd = match started {
            Some(Ok(clamd)) => clamd,
            Some(Err(fault)) => return format!("{fault:#}"),
            None => return stopped(),
        };
        let reason = tokio::select! {
            () = cancel.cancelled() => stopped(),
            status = clamd.wait() => format!("the private clamd ended ({status})"),
            reason = self.watch(clamd.scanner().clone()) => reason,
        };
        clamd.stop().await;
        reason
    }

    /// Tries the scanner regularly, and whenever somebody doubts it; returns when it is gone, hangs, or there is a better one.
    async fn watch(&self, mut scanner: Scanner) -> String {
        self.publish(self.judged(scanner.clone()));
        let mut heard = Instant::now();
        let mut reviewed = Instant::now();
        let mut pause = self.spec.ping_interval;
        loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = self.spec.doubts.notified() => {}
            }
            match try_twice(&scanner).await {
                Ok(found) => {
                    (heard, pause) = (Instant::now(), self.spec.ping_interval);
                    scanner = refreshed(&self.spec, scanner, found);
                }
                Err(fault) if is_gone(&fault) || heard.elapsed() >= SILENCE => return fault.to_string(),
                Err(fault) => {
                    pause = BETWEEN_TRIES.min(self.spec.ping_interval);
                    let reason = format!("{}: {fault}", scanner.engine);
                    self.publish(ScannerState::Down { reason });
                    continue;
                }
            }
            if reviewed.elapsed() >= self.spec.review_interval {
                reviewed = Instant::now();
                if let Some(better) = self.better_than(&scanner).await {
                    return better;
                }
            }
            self.publish(self.judged(scanner.clone()));
        }
    }

    /// Whether the scanner may be relied on, as far as its signatures go.
    fn judged(&self, scanner: Scanner) -> ScannerState {
        match scanner.signatures_at {
            Some(made) if scanner.stale && self.spec.when_stale == WhenStale::Wait => {
                let hours = self.spec.stale_after.as_secs() / 3_600;
                let reason = format!("its signatures are of {}, older than {hours} hours", made.date());
                ScannerState::Held { scanner, reason }
            }
            _ => ScannerState::Up(scanner),
        }
    }

    /// A private clamd gives way to the machine's, and starts again when the machine got signatures.
    async fn better_than(&self, scanner: &Scanner) -> Option<String> {
        if scanner.kind == ScannerKind::Running {
            return None;
        }
        if machine::find(&self.spec.machine_sockets).await.is_some() {
            return Some("the machine's clamd is there now".to_owned());
        }
        let has_signatures = signatures::machine_has_any(&self.spec.machine_signatures);
        (has_signatures && scanner.signatures == Signatures::EicarOnly)
            .then(|| "the machine has signatures now".to_owned())
    }

    /// Tells who listens, and the log, when something changed.
    fn publish(&self, state: ScannerState) {
        let changed = self.status.send_if_modified(|status| {
            let changed = status.state != state;
            if changed {
                *status = ScannerStatus {
                    state: state.clone(),
                    since: OffsetDateTime::now_utc(),
                };
            }
            changed
        });
        if !changed {
            return;
        }
        match &state {
            ScannerState::Up(scanner) if scanner.signatures != Signatures::EicarOnly && !scanner.stale => {
                tracing::info!("scanner: {state}")
            }
            _ => tracing::warn!("scanner: {state}"),
        }
    }
}

fn stopped() -> String {
    "the daemon stops".to_owned()
}

/// What a clamd that runs already is, and what it is proven to do.
async fn describe(spec: &ScannerSpec, socket: &Path) -> Result<Scanner, ScanError> {
    let found = version(socket).await?;
    probe::sees(socket).await?;
    let told = machine::told(socket);
    let wanted = told.map_or(spec.max_file_bytes, |told| told.max_bytes.min(spec.max_file_bytes));
    let max_bytes = probe::largest_scanned(socket, wanted, spec.scan_timeout.min(LONGEST_PROBE)).await?;
    tracing::info!(
        max_bytes,
        told = told.map(|told| told.max_bytes),
        "proved what the scanner looks at"
    );
    Ok(Scanner {
        socket: socket.to_owned(),
        kind: ScannerKind::Running,
        engine: found.engine,
        signatures: found.signatures.map_or(Signatures::Unversioned, Signatures::Daily),
        stale: is_stale(spec, found.signatures_at),
        signatures_at: found.signatures_at,
        limits: ScanLimits {
            max_bytes,
            timeout: spec.scan_timeout,
            silent_after: told.map_or(Some(machine::DEFAULT_SCAN_TIME), |told| told.silent_after),
        },
        process: process(socket).await,
        found_at: OffsetDateTime::now_utc(),
    })
}

/// Signatures whose age is not known are not known to be old.
pub(super) fn is_stale(spec: &ScannerSpec, signatures_at: Option<OffsetDateTime>) -> bool {
    signatures_at.is_some_and(|made| OffsetDateTime::now_utc() - made > spec.stale_after)
}

/// New signatures show in the version.
fn refreshed(spec: &ScannerSpec, scanner: Scanner, found: Version) -> Scanner {
    let signatures = found.signatures.map_or(scanner.signatures, Signatures::Daily);
    Scanner {
        engine: found.engine,
        signatures,
        stale: is_stale(spec, found.signatures_at),
        signatures_at: found.signatures_at,
        ..scanner
    }
}

/// A full queue of connections refuses one; a scanner that is gone refuses two.
async fn try_twice(scanner: &Scanner) -> Result<Version, ScanError> {
    match try_once(scanner).await {
        Err(fault) if is_gone(&fault) && !matches!(fault, ScanError::Lost) => {
            sleep(Duration::from_millis(200)).await;
            try_once(scanner).await
        }
        other => other,
    }
}

/// It answers, it scans, it is the one it was, and after an update it still finds something.
async fn try_once(scanner: &Scanner) -> Result<Version, ScanError> {
    let found = version(&scanner.socket).await?;
    if scanner.kind == ScannerKind::Running && process(&scanner.socket).await != scanner.process {
        // Started anew, perhaps with another configuration: what was proven of it is not any more.
        return Err(ScanError::Lost);
    }
    probe::works(&scanner.socket).await?;
    let signatures = found.signatures.map_or(scanner.signatures, Signatures::Daily);
    if signatures != scanner.signatures {
        probe::sees(&scanner.socket).await?;
    }
    Ok(found)
}

/// Nobody is behind the socket any more, or somebody else.
fn is_gone(fault: &ScanError) -> bool {
    let unconnected =
        fault.culprit() == Culprit::Scanner && !matches!(fault, ScanError::DiskFull(_) | ScanError::Blind);
    unconnected || matches!(fault, ScanError::Lost)
}
