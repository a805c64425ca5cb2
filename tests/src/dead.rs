//! Dead letters as they come about: the files of a pack can not be read for a while.

use std::path::PathBuf;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{Options, PackBuilder, TestApp};

/// A daemon whose messages die at their first failure.
pub fn impatient() -> Options {
    Options::default()
        .set("QUEUES__ATTEMPTS", 1)
        .set("QUEUES__BACKOFF_SECONDS", 1)
}

impl TestApp {
    /// Uploads a pack of `files` files and takes them away before they are rendered: each becomes a dead letter of `render`.
    /// Answers with the upload's id.
    pub async fn pack_of_dead_letters(&self, token: &str, set: &str, files: usize) -> String {
        let (status, row) = self.act("/v1/queues/render/pause", json!({})).await;
        assert_eq!(status, StatusCode::OK, "{row}");
        let id = self.upload(token, &PackBuilder::ticks(set, files).build()).await;
        self.until(&format!("/v1/uploads/{id}"), |trace| {
            trace["upload"]["state"] == "rendering"
        })
        .await;
        self.take_away_members();
        let dead = queue(&self.look("/v1/queues").await, "render")["dead"]
            .as_i64()
            .unwrap_or(0);
        self.act("/v1/queues/render/resume", json!({})).await;
        self.until("/v1/queues", |page| {
            queue(page, "render")["dead"] == json!(dead + files as i64)
        })
        .await;
        id
    }

    /// The files taken out of packs can not be read any more.
    pub fn take_away_members(&self) {
        std::fs::rename(self.members(), self.members().with_extension("away")).expect("there are members");
    }

    /// Makes the members readable again.
    pub fn bring_members_back(&self) {
        std::fs::rename(self.members().with_extension("away"), self.members()).expect("they were taken away");
    }

    fn members(&self) -> PathBuf {
        self.state.join("objects").join("m")
    }

    /// Plans an operation. Answers with the plan.
    pub async fn plan(&self, body: Value) -> Value {
        let (status, plan) = self.act("/v1/operations", body).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{plan}");
        let path = format!("/v1/operations/{}", id(&plan));
        self.until(&path, |plan| plan["state"] != "planning").await
    }

    /// Starts, pauses, resumes or cancels an operation.
    pub async fn tell(&self, operation: &Value, verb: &str) -> (StatusCode, Value) {
        self.act(&format!("/v1/operations/{}/{verb}", id(operation)), json!({}))
            .await
    }

    /// Plans an operation and starts it. Answers with it.
    pub async fn start_operation(&self, body: Value) -> Value {
        let plan = self.plan(body).await;
        let (status, running) = self.tell(&plan, "start").await;
        assert_eq!(status, StatusCode::OK, "{running}");
        running
    }

    /// Waits until an operation is in that state. Answers with it.
    pub async fn operation_in(&self, operation: &Value, state: &str) -> Value {
        self.until(&format!("/v1/operations/{}", id(operation)), |now| {
            now["state"] == state
        })
        .await
    }

    /// The messages of an operation that are in that state.
    pub async fn operation_items(&self, operation: &Value, state: &str) -> Vec<Value> {
        let page = self
            .look(&format!(
                "/v1/operations/{}/items?state={state}&limit=200",
                id(operation)
            ))
            .await;
        page["rows"].as_array().expect("a page has rows").clone()
    }
}

/// One queue of the page of queues.
pub fn queue<'a>(page: &'a Value, name: &str) -> &'a Value {
    let queues = page["queues"].as_array().expect("a list of queues");
    queues.iter().find(|queue| queue["name"] == name).expect("the queue")
}

/// The id of whatever has one.
pub fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}
