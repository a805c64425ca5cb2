//! A pack from the start of its upload to the acknowledged completion.

use serde_json::{Value, json};

use super::{Clients, Target};
use crate::PackBuilder;
use crate::packs::square;

impl Clients {
    /// Uploads a pack of one file that no other upload has.
    pub(super) async fn upload(&self, target: &Target, number: u64) {
        let colour = format!("#{:06x}", 0x10_0000 + number * 40_503 % 0xe0_0000);
        let pack = PackBuilder::new(&format!("Load {number}"))
            .file("icons/square.svg", square(&colour))
            .build();
        let announced = json!({
            "file_name": "pack.zip", "size_bytes": pack.len(), "sha256": hex::encode(tradepost_store::sha256(&pack)),
        });
        let start = target.client.post(format!("{}/v1/uploads", target.url));
        let start = start.bearer_auth(&self.shop.contributor).json(&announced);
        let Some(started) = self.send(start).await else { return };
        if !self.put(target, &started, pack).await {
            return;
        }
        let id = started["id"].as_str().unwrap_or_default();
        let complete = target.client.post(format!("{}/v1/uploads/{id}/complete", target.url));
        let done = self.send(complete.bearer_auth(&self.shop.contributor)).await;
        if let (Some(_), Ok(id)) = (done, id.parse()) {
            self.tally().uploads.push(id);
        }
    }

    /// Sends the bytes to the presigned URL. True when they were taken.
    async fn put(&self, target: &Target, started: &Value, pack: Vec<u8>) -> bool {
        let put = &started["put"];
        let mut request = target.client.put(put["url"].as_str().unwrap_or_default());
        for (name, value) in put["headers"].as_object().into_iter().flatten() {
            // The client counts by itself.
            if name != "content-length" {
                request = request.header(name, value.as_str().unwrap_or_default());
            }
        }
        self.send(request.body(pack)).await.is_some()
    }
}
