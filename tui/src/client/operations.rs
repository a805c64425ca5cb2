//! Operations: planned, started, turned, looked at.

use reqwest::Method;
use tradepost_common::Page;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{NewOperation, Operation, OperationItem, SetRate};

use super::{Client, NOTHING, Reply};
use crate::query::Query;

/// Messages a second of an operation, and items a second of a campaign, at most.
pub const MAX_RATE: u32 = 100_000;

/// An act on an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Start,
    Pause,
    Resume,
    Cancel,
}

impl Turn {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    /// `resumed`.
    pub fn done(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Cancel => "cancelled",
        }
    }
}

impl Client {
    /// Plans an operation; nothing is touched.
    pub async fn plan(&self, new: &NewOperation) -> Reply<Operation> {
        self.act(Method::POST, "/v1/operations", Some(new)).await
    }

    pub async fn operations(&self, query: &Query) -> Reply<Page<Operation>> {
        self.get(&query.append_to("/v1/operations")).await
    }

    pub async fn operation(&self, id: OperationId) -> Reply<Operation> {
        self.get(&format!("/v1/operations/{id}")).await
    }

    pub async fn operation_items(&self, id: OperationId, query: &Query) -> Reply<Page<OperationItem>> {
        self.get(&query.append_to(&format!("/v1/operations/{id}/items"))).await
    }

    pub async fn turn_operation(&self, id: OperationId, turn: Turn) -> Reply<Operation> {
        let path = format!("/v1/operations/{id}/{}", turn.as_str());
        self.act(Method::POST, &path, NOTHING).await
    }

    pub async fn set_rate(&self, id: OperationId, rate_per_second: u32) -> Reply<Operation> {
        let path = format!("/v1/operations/{id}/rate");
        self.act(
            Method::POST,
            &path,
            Some(&SetRate {
                rate_per_second: Some(rate_per_second),
            }),
        )
        .await
    }
}
