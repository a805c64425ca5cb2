//! `GET /v1/overview`, `GET /v1/whoami`, `GET /v1/alerts`: screen 1.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The state of the whole marketplace on one screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub version: String,
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    pub mode: DaemonMode,
    /// Address of the public API: `http://127.0.0.1:8780`; empty when this process does not serve it.
    pub api_url: String,
    pub parts: Vec<Part>,
    pub alerts: Vec<Alert>,
    pub counts: Counts,
    pub process: Process,
}

crate::text_enum! {
    pub enum DaemonMode {
        /// The private PostgreSQL and files in the state directory.
        Embedded = "embedded",
        /// A PostgreSQL server that the configuration names.
        Cloud = "cloud",
    }
}

/// A part the daemon depends on: `database`, `objects`, `scanner`, `jail`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub health: Health,
    /// One line: which engine, which signatures, how many children.
    pub detail: String,
}

crate::text_enum! {
    pub enum Health {
        Ok = "ok",
        Degraded = "degraded",
        Down = "down",
    }
}

/// Something an operator should know or act on. An alert is raised once and clears by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Stable: `scanner-down`, `scanner-test-signatures`, `queue-stuck`, `dead-letters`.
    pub code: String,
    pub severity: Severity,
    pub message: String,
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Operator who acknowledged it (`POST /v1/alerts/{code}/acknowledge`); cleared with the alert.
    #[serde(default)]
    pub acknowledged_by: Option<String>,
}

crate::text_enum! {
    pub enum Severity {
        Info = "info",
        Warning = "warning",
        Critical = "critical",
    }
}

/// Totals of what the marketplace holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Uploads on their way: scanned, opened, rendered or previewed.
    pub uploads_working: i64,
    pub uploads_in_review: i64,
    pub uploads_published: i64,
    pub uploads_rejected: i64,
    pub items_published: i64,
    pub renditions: i64,
    pub cases_open: i64,
    pub dead_letters: i64,
}

/// The daemon itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    pub resident_bytes: u64,
    /// Share of one core over the last sample, 0.0 and up.
    pub cpu_cores: f64,
    pub database_connections: u32,
    pub jail_children: u32,
}

/// The peer as the daemon sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoAmI {
    pub user: String,
    pub uid: u32,
    pub roles: Vec<Role>,
}

crate::text_enum! {
    /// Role of a peer of the control socket.
    pub enum Role {
        /// May look at everything.
        Viewer = "viewer",
        /// May also decide cases.
        Moderator = "moderator",
        /// May also act on queues.
        Operator = "operator",
    }
}
