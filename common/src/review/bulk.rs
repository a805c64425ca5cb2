//! Bulk decisions about cases.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::CaseId;

/// A decision about many cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkAct {
    Approve,
    Reject {
        #[serde(default)]
        template: Option<String>,
        #[serde(default)]
        reason: Option<String>,
    },
}

/// Selection of cases: by id, or those of a cluster or of a contributor that are open now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkWhich {
    Cases(Vec<CaseId>),
    Cluster(Uuid),
    Contributor(String),
}

/// `POST /v1/cases/bulk/plan`: what would happen; changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkPlan {
    pub act: BulkAct,
    pub which: BulkWhich,
}

/// Plan of a bulk decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkPreview {
    /// The cases that would be decided, at most 1,000.
    pub cases: Vec<CaseId>,
    pub items: i64,
    pub contributors: i64,
    /// The cases that are left out, with the reason: claimed by somebody else, blocking findings, nothing to publish.
    pub left_out: Vec<LeftOut>,
    /// Value that `confirm` must have when it is run: the number of cases, when there are more than 20.
    pub confirm: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub case: CaseId,
    pub title: String,
    pub why: String,
}

/// `POST /v1/cases/bulk`: decides exactly these cases; each is its own transaction and its own undo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    pub act: BulkAct,
    /// As the plan listed them.
    pub cases: Vec<CaseId>,
    #[serde(default)]
    pub confirm: Option<String>,
}

/// Outcome of a bulk decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BulkDone {
    pub decided: Vec<CaseId>,
    pub left_out: Vec<LeftOut>,
}
