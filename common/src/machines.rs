//! Screen Machines: the daemons on this database.
//!
//! - `GET /v1/machines`: by name (`[Machine]`)
//! - `POST /v1/machines/{name}/drain`, `.../resume`: take a [`TurnMachine`] and answer with the [`Machine`]

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::text::Text;

crate::text_enum! {
    /// A drained machine answers load balancers with 503, receives no messages and leads nothing.
    pub enum MachineState {
        Serving = "serving",
        Drained = "drained",
        /// It was told to stop and is not gone for long.
        Stopping = "stopping",
        Stopped = "stopped",
        /// It says nothing: it is dead, frozen or cut off from the database.
        Silent = "silent",
    }
}

/// A daemon and what it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub name: String,
    pub state: MachineState,
    pub version: String,
    /// `api`, `workers`, `scheduler`.
    pub roles: Vec<String>,
    pub region: Option<String>,
    /// Address of the public API; empty without the role `api`.
    pub address: String,
    /// `host:pid`, as in attempts.
    pub worker: String,
    /// Leases that it holds, by name.
    pub leases: Vec<HeldLease>,
    /// Cores of the machine, its load average over a minute, and the cores that the daemon itself uses.
    pub cores: u32,
    pub load_average: f64,
    pub cpu_cores: f64,
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub seen_at: OffsetDateTime,
    /// Set while an operator drains it, whether it lives or not.
    #[serde(with = "time::serde::rfc3339::option")]
    pub drained_at: Option<OffsetDateTime>,
    pub drained_by: Option<String>,
    pub drain_reason: Option<String>,
}

/// A lease and the epoch of its holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLease {
    pub name: String,
    pub epoch: i64,
}

/// Body of a drain and of a resumption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TurnMachine {
    pub reason: Text<200>,
}
