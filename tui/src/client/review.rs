//! Cases: listed, claimed, looked at, decided, taken back.

use std::time::Duration;

use reqwest::Method;
use tradepost_common::Page;
use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::review::{
    Approve, Ask, Ban, Bulk, BulkDone, BulkPlan, BulkPreview, CaseDetail, CaseRow, Decision, Reject, Source, Viewers,
};

use super::{Client, NOTHING, Reply};
use crate::query::{Query, segment};

/// A thousand cases, each in its own transaction.
const BULK_TIMEOUT: Duration = Duration::from_secs(180);

impl Client {
    pub async fn cases(&self, query: &Query) -> Reply<Page<CaseRow>> {
        self.get(&query.append_to("/v1/cases")).await
    }

    pub async fn case(&self, id: CaseId) -> Reply<CaseDetail> {
        self.get(&format!("/v1/cases/{id}")).await
    }

    pub async fn claim(&self, id: CaseId) -> Reply<CaseRow> {
        self.act(Method::POST, &format!("/v1/cases/{id}/claim"), NOTHING).await
    }

    pub async fn release(&self, id: CaseId) -> Reply<()> {
        self.done(&format!("/v1/cases/{id}/release"), NOTHING).await
    }

    /// Claims the first case that nobody holds; `None` when there is none.
    pub async fn next_case(&self) -> Reply<Option<CaseRow>> {
        match self.act(Method::POST, "/v1/cases/next", NOTHING).await {
            Err(e) if e.code() == Some("no-case") => Ok(None),
            other => other.map(Some),
        }
    }

    /// Says that the case is on a screen, and hears who else looks at it.
    pub async fn view_case(&self, id: CaseId) -> Reply<Viewers> {
        self.act(Method::POST, &format!("/v1/cases/{id}/view"), NOTHING).await
    }

    pub async fn approve(&self, id: CaseId, body: &Approve) -> Reply<Decision> {
        self.act(Method::POST, &format!("/v1/cases/{id}/approve"), Some(body))
            .await
    }

    pub async fn reject(&self, id: CaseId, body: &Reject) -> Reply<Decision> {
        self.act(Method::POST, &format!("/v1/cases/{id}/reject"), Some(body))
            .await
    }

    pub async fn ban(&self, id: CaseId, body: &Ban) -> Reply<Decision> {
        self.act(Method::POST, &format!("/v1/cases/{id}/ban"), Some(body)).await
    }

    pub async fn skip(&self, id: CaseId) -> Reply<()> {
        self.done(&format!("/v1/cases/{id}/skip"), NOTHING).await
    }

    pub async fn ask(&self, id: CaseId, body: &Ask) -> Reply<()> {
        self.done(&format!("/v1/cases/{id}/ask"), Some(body)).await
    }

    pub async fn undo(&self, id: CaseId) -> Reply<()> {
        self.done(&format!("/v1/cases/{id}/undo"), NOTHING).await
    }

    pub async fn unban(&self, account: &str) -> Reply<()> {
        self.done(&format!("/v1/accounts/{}/unban", segment(account)), NOTHING)
            .await
    }

    /// Plans a bulk decision; changes nothing.
    pub async fn plan_bulk(&self, plan: &BulkPlan) -> Reply<BulkPreview> {
        self.act(Method::POST, "/v1/cases/bulk/plan", Some(plan)).await
    }

    pub async fn bulk(&self, bulk: &Bulk) -> Reply<BulkDone> {
        let path = "/v1/cases/bulk";
        let request = self.request(Method::POST, path).timeout(BULK_TIMEOUT).json(bulk);
        self.read(path, request).await
    }

    /// Lines of a file's own text; `query` says which.
    pub async fn source(&self, case: CaseId, item: ItemId, query: &Query) -> Reply<Source> {
        self.get(&query.append_to(&format!("/v1/cases/{case}/items/{item}/source")))
            .await
    }
}
