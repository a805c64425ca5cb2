//! The event stream of the control socket.

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _};
use reqwest::Client;
use serde_json::Value;

type Chunks = Pin<Box<dyn Stream<Item = reqwest::Result<Vec<u8>>>>>;

/// One reader of `GET /v1/events`.
pub struct Events {
    chunks: Chunks,
    rest: Vec<u8>,
}

impl Events {
    /// Starts to read.
    pub async fn open(control: &Client) -> Self {
        let response = control
            .get("http://localhost/v1/events")
            .send()
            .await
            .expect("the control socket answers");
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        let chunks = response.bytes_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec()));
        Self {
            chunks: Box::pin(chunks),
            rest: Vec::new(),
        }
    }

    /// Waits for any event.
    pub async fn wait(&mut self) {
        self.chunks
            .next()
            .await
            .expect("the stream goes on")
            .expect("the stream goes on");
    }

    /// The next event. Not to be mixed with `wait`.
    pub async fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return serde_json::from_slice(&line).expect("every line is JSON");
            }
            let chunk = self
                .chunks
                .next()
                .await
                .expect("the stream goes on")
                .expect("the stream goes on");
            self.rest.extend(chunk);
        }
    }
}
