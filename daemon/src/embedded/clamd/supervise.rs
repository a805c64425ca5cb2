//! Finds a scanner, checks it, and finds another one when it fails.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{Clamd, ClamdDir, ScannerSpec, signatures};
use crate::clamd::{
    ErrorOrigin, ScanError, ScanLimits, Scanner, ScannerAddress, ScannerKind, ScannerState, ScannerStatus, Signatures,
    Version, WhenStale, machine, probe, process_id, version,
};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause between two searches for a scanner.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The time for the probe of the largest pack.
const LONGEST_PROBE: Duration = Duration::from_secs(45);
/// The pause between two checks of a scanner that fails.
const FAILING_PAUSE: Duration = Duration::from_secs(1);
/// After the loss of a scanner that worked for this long, the search starts with a short pause again.
const STEADY: Duration = Duration::from_secs(60);
/// A clamd that loads new signatures is silent meanwhile; one that is silent for longer hangs.
const SILENCE: Duration = Duration::from_secs(180);

/// Finds or starts a scanner and watches it until it is cancelled, then stops the private clamd.
pub async fn run(spec: ScannerSpec, status: watch::Sender<ScannerStatus>, cancel: CancellationToken) {
    let mut supervisor = Supervisor {
        spec,
        status,
        private_dir: None,
        lost_at: None,
    };
    let mut pause = FIRST_PAUSE;
    while !cancel.is_cancelled() {
        let began = Instant::now();
        let reason = supervisor.use_one(&cancel).await;
        supervisor.publish(ScannerState::Down { reason });
        if began.elapsed() > STEADY {
            pause = FIRST_PAUSE;
        }
        cancel.run_until_cancelled(sleep(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

struct Supervisor {
    spec: ScannerSpec,
    status: watch::Sender<ScannerStatus>,
    private_dir: Option<ClamdDir>,
    /// The time at which the machine's clamd was lost.
    lost_at: Option<Instant>,
}

impl Supervisor {
    /// Uses one scanner as long as it works, and returns why it no longer does.
    async fn use_one(&mut self, cancel: &CancellationToken) -> String {
        let found = match &self.spec.address {
            Some(address) => Some(address.clone()),
            None => machine::find_running(&self.spec.machine_sockets).await,
        };
        match found {
            Some(address) => cancel
                .run_until_cancelled(self.use_running(&address))
                .await
                .unwrap_or_else(stopped),
            None if self.may_come_back() => "the machine's clamd stopped".to_owned(),
            None => self.use_private(cancel).await,
        }
    }

    fn may_come_back(&self) -> bool {
        self.lost_at
            .is_some_and(|lost_at| lost_at.elapsed() < self.spec.restart_grace)
    }

    async fn use_running(&mut self, address: &ScannerAddress) -> String {
        let scanner = match describe(&self.spec, address).await {
            Ok(scanner) => scanner,
            Err(fault) => return format!("{address}: {fault}"),
        };
        let reason = self.watch(scanner).await;
        self.lost_at = Some(Instant::now());
        reason
    }

    async fn use_private(&mut self, cancel: &CancellationToken) -> String {
        let dir = match self.private_dir.take() {
            Some(dir) => Ok(dir),
            None => ClamdDir::take(&self.spec.dir).await,
        };
        let dir = match dir {
            Ok(dir) => dir,
            Err(fault) => return format!("{fault:#}"),
        };
        let started = cancel.run_until_cancelled(Clamd::start(&self.spec, &dir)).await;
        self.private_dir = Some(dir);
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

    /// Checks the scanner regularly and after every scan without a verdict. Returns the reason when it is gone or hangs, or
    /// when there is a better one.
    async fn watch(&self, mut scanner: Scanner) -> String {
        self.publish(self.state_of(scanner.clone()));
        let mut heard = Instant::now();
        // Whoever found the scanner proved it.
        let mut proof = Proof::At(Instant::now());
        let mut reviewed = Instant::now();
        let mut pause = self.spec.ping_interval;
        loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = self.spec.recheck.notified() => {}
            }
            match check_twice(&scanner, proof.is_due(&self.spec)).await {
                Ok((found, proved)) => {
                    proof = proved.unwrap_or(proof);
                    (heard, pause) = (Instant::now(), self.spec.ping_interval);
                    scanner = refreshed(&self.spec, scanner, found);
                }
                Err(fault) if is_gone(&fault) || heard.elapsed() >= SILENCE => return fault.to_string(),
                Err(fault) => {
                    proof = Proof::Missing;
                    pause = FAILING_PAUSE.min(self.spec.ping_interval);
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
            self.publish(self.state_of(scanner.clone()));
        }
    }

    /// Holds the uploads when the signatures are gone, or stale and `when_stale` says so.
    fn state_of(&self, scanner: Scanner) -> ScannerState {
        if matches!(scanner.signatures, Signatures::Lost(_)) {
            let reason = format!("it reports {}", scanner.signatures);
            return ScannerState::Held { scanner, reason };
        }
        match scanner.signatures_at {
            Some(made) if scanner.stale && self.spec.when_stale == WhenStale::Wait => {
                let hours = self.spec.stale_after.as_secs() / 3_600;
                let reason = format!("its signatures are of {}, older than {hours} hours", made.date());
                ScannerState::Held { scanner, reason }
            }
            _ => ScannerState::Up(scanner),
        }
    }

    /// The reason to leave a private clamd: the machine's clamd runs, or the machine has signatures now.
    async fn better_than(&self, scanner: &Scanner) -> Option<String> {
        if scanner.kind == ScannerKind::Running {
            return None;
        }
        if machine::find_running(&self.spec.machine_sockets).await.is_some() {
            return Some("the machine's clamd runs now".to_owned());
        }
        let has_signatures = signatures::has_official(&self.spec.machine_signatures);
        (has_signatures && scanner.signatures == Signatures::EicarOnly)
            .then(|| "the machine has signatures now".to_owned())
    }

    /// Publishes and logs a state that differs from the last one.
    fn publish(&self, state: ScannerState) {
        let changed = self.status.send_if_modified(|status| {
            let changed = status.state != state;
            if changed {
                *status = ScannerStatus::now(state.clone());
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
    "the daemon is stopping".to_owned()
}

/// Proves what a clamd that runs already scans.
async fn describe(spec: &ScannerSpec, address: &ScannerAddress) -> Result<Scanner, ScanError> {
    let found = version(address).await?;
    probe::finds_test_file(address).await?;
    let configured = machine::configured_limits(address);
    let wanted = configured.map_or(spec.max_file_bytes, |limits| limits.max_bytes.min(spec.max_file_bytes));
    let max_bytes = probe::largest_scanned(address, wanted, spec.scan_timeout.min(LONGEST_PROBE)).await?;
    tracing::info!(
        max_bytes,
        configured = configured.map(|limits| limits.max_bytes),
        "proved up to which size the scanner scans files"
    );
    Ok(Scanner {
        address: address.clone(),
        kind: ScannerKind::Running,
        engine: found.engine,
        signatures: found.signatures.map_or(Signatures::Unversioned, Signatures::Daily),
        stale: is_stale(spec, found.signatures_at),
        signatures_at: found.signatures_at,
        limits: ScanLimits {
            max_bytes,
            timeout: spec.scan_timeout,
            silent_after: configured.map_or(Some(machine::DEFAULT_SCAN_TIME), |limits| limits.silent_after),
        },
        process_id: process_id(address).await,
        found_at: OffsetDateTime::now_utc(),
    })
}

/// Signatures of unknown age are not stale.
pub(super) fn is_stale(spec: &ScannerSpec, signatures_at: Option<OffsetDateTime>) -> bool {
    signatures_at.is_some_and(|made| OffsetDateTime::now_utc() - made > spec.stale_after)
}

/// The scanner with the signatures of its newest version.
fn refreshed(spec: &ScannerSpec, scanner: Scanner, found: Version) -> Scanner {
    let signatures = scanner.signatures.then(found.signatures);
    Scanner {
        engine: found.engine,
        signatures,
        stale: is_stale(spec, found.signatures_at),
        signatures_at: found.signatures_at,
        ..scanner
    }
}

/// A full backlog of connections refuses one; a scanner that is gone refuses two.
async fn check_twice(scanner: &Scanner, due: ProofDue) -> Result<(Version, Option<Proof>), ScanError> {
    match check_once(scanner, due).await {
        Err(fault) if is_gone(&fault) && !matches!(fault, ScanError::Lost) => {
            sleep(Duration::from_millis(200)).await;
            check_once(scanner, ProofDue::Now).await
        }
        other => other,
    }
}

/// The last time that the scanner found the test file.
#[derive(Debug, Clone, Copy)]
enum Proof {
    At(Instant),
    /// The scanner was away since.
    Missing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProofDue {
    Now,
    Later,
}

impl Proof {
    fn is_due(self, spec: &ScannerSpec) -> ProofDue {
        match self {
            Self::At(at) if at.elapsed() < spec.proof_interval => ProofDue::Later,
            Self::At(_) | Self::Missing => ProofDue::Now,
        }
    }
}

/// Checks that the scanner answers and is the same process; and that it finds the test file, when that is due or its signatures changed.
async fn check_once(scanner: &Scanner, due: ProofDue) -> Result<(Version, Option<Proof>), ScanError> {
    let found = version(&scanner.address).await?;
    if scanner.kind == ScannerKind::Running && process_id(&scanner.address).await != scanner.process_id {
        // It was restarted, perhaps with another configuration: the proof no longer holds.
        return Err(ScanError::Lost);
    }
    probe::answers(&scanner.address).await?;
    if due == ProofDue::Later && scanner.signatures.then(found.signatures) == scanner.signatures {
        return Ok((found, None));
    }
    probe::finds_test_file(&scanner.address).await?;
    Ok((found, Some(Proof::At(Instant::now()))))
}

/// Nothing listens at the address, or another process does.
fn is_gone(fault: &ScanError) -> bool {
    let unconnected =
        fault.origin() == ErrorOrigin::Scanner && !matches!(fault, ScanError::DiskFull(_) | ScanError::FindsNothing);
    unconnected || matches!(fault, ScanError::Lost)
}
