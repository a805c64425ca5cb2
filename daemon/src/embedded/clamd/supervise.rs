//! Keeps a scanner: finds one, watches it, finds another when it goes.

use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, sleep};
use tokio_util::sync::CancellationToken;

use super::private::Home;
use super::{Clamd, Scanner, ScannerKind, ScannerSpec, ScannerState, ScannerStatus, Signatures, machine, signatures};
use crate::scanning::clamd::{ScanError, ping, version};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
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

    /// Asks the scanner regularly whether it is there; returns when it is not, hangs, or when there is a better one.
    async fn watch(&self, mut scanner: Scanner) -> String {
        self.publish(ScannerState::Up(scanner.clone()));
        let mut pings = interval_at(Instant::now() + self.spec.ping_interval, self.spec.ping_interval);
        let mut heard = Instant::now();
        let mut reviewed = Instant::now();
        loop {
            pings.tick().await;
            match ping_twice(&scanner.socket).await {
                Ok(()) => heard = Instant::now(),
                Err(ScanError::Timeout(_)) if heard.elapsed() < SILENCE => {
                    let reason = format!("{} does not answer", scanner.engine);
                    self.publish(ScannerState::Down { reason });
                    continue;
                }
                Err(fault) => return fault.to_string(),
            }
            if reviewed.elapsed() >= self.spec.review_interval {
                reviewed = Instant::now();
                if let Some(better) = self.better_than(&scanner).await {
                    return better;
                }
                scanner = refresh(scanner).await;
            }
            self.publish(ScannerState::Up(scanner.clone()));
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
            ScannerState::Up(scanner) if scanner.signatures != Signatures::EicarOnly => {
                tracing::info!("scanner: {state}")
            }
            _ => tracing::warn!("scanner: {state}"),
        }
    }
}

fn stopped() -> String {
    "the daemon stops".to_owned()
}

async fn describe(spec: &ScannerSpec, socket: &Path) -> Result<Scanner, ScanError> {
    let found = version(socket).await?;
    Ok(Scanner {
        socket: socket.to_owned(),
        kind: ScannerKind::Running,
        engine: found.engine,
        signatures: found.signatures.map_or(Signatures::Unversioned, Signatures::Daily),
        signatures_at: found.signatures_at,
        limits: machine::limits(socket, spec.scan_timeout),
    })
}

/// New signatures show in the version.
async fn refresh(scanner: Scanner) -> Scanner {
    let Ok(found) = version(&scanner.socket).await else {
        return scanner;
    };
    let signatures = found.signatures.map_or(scanner.signatures, Signatures::Daily);
    Scanner {
        engine: found.engine,
        signatures,
        signatures_at: found.signatures_at,
        ..scanner
    }
}

/// A full queue of connections refuses one ping; a scanner that is gone refuses two.
async fn ping_twice(socket: &Path) -> Result<(), ScanError> {
    if ping(socket).await.is_ok() {
        return Ok(());
    }
    sleep(Duration::from_millis(200)).await;
    ping(socket).await
}
