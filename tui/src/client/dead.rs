//! Dead letters: looked at, and sent again with another payload.

use reqwest::Method;
use tradepost_common::dead::{DeadDetail, DeadGroups, DeadPage, Edit, EditCheck};
use tradepost_common::ids::MessageId;
use tradepost_common::operations::Operation;

use super::{Client, Reply};
use crate::query::Query;

impl Client {
    pub async fn dead_groups(&self, query: &Query) -> Reply<DeadGroups> {
        self.get(&query.append_to("/v1/dead/groups")).await
    }

    pub async fn dead_letters(&self, query: &Query) -> Reply<DeadPage> {
        self.get(&query.append_to("/v1/dead")).await
    }

    pub async fn dead_letter(&self, id: MessageId) -> Reply<DeadDetail> {
        self.get(&format!("/v1/dead/{id}")).await
    }

    /// Checks another payload; sends nothing.
    pub async fn check_edit(&self, id: MessageId, edit: &Edit) -> Reply<EditCheck> {
        self.act(Method::POST, &format!("/v1/dead/{id}/check"), Some(edit))
            .await
    }

    pub async fn send_edit(&self, id: MessageId, edit: &Edit) -> Reply<Operation> {
        self.act(Method::POST, &format!("/v1/dead/{id}/edit"), Some(edit)).await
    }
}
