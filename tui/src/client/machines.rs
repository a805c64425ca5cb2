//! Machines.

use reqwest::Method;
use tradepost_common::machines::{Machine, TurnMachine};

use super::{Client, Reply};
use crate::query::segment;

impl Client {
    pub async fn machines(&self) -> Reply<Vec<Machine>> {
        self.get("/v1/machines").await
    }

    pub async fn drain_machine(&self, name: &str, body: &TurnMachine) -> Reply<Machine> {
        let path = format!("/v1/machines/{}/drain", segment(name));
        self.act(Method::POST, &path, Some(body)).await
    }

    pub async fn resume_machine(&self, name: &str, body: &TurnMachine) -> Reply<Machine> {
        let path = format!("/v1/machines/{}/resume", segment(name));
        self.act(Method::POST, &path, Some(body)).await
    }
}
