//! The link to the daemon: follows the event stream, and connects again when it ends.

use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tradepost_common::events::Event;

use crate::client::{Client, Failure};
use crate::shell::{Link, Update};

const FIRST_RETRY: Duration = Duration::from_millis(500);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// The daemon sends a tick every 5 s: after two of them are missing the line is dead.
const SILENCE: Duration = Duration::from_secs(12);
/// A snapshot of a busy marketplace is far smaller.
const MAX_LINE_BYTES: usize = 8 << 20;

/// Follows the stream until nobody listens any more.
pub async fn follow(client: Client, updates: Sender<Update>) {
    let mut retry = FIRST_RETRY;
    loop {
        let mut got_through = Progress::Nothing;
        let why = match read_stream(&client, &updates, &mut got_through).await {
            Ok(End::NobodyListens) => return,
            Ok(End::Closed) => "the daemon closed the connection".to_owned(),
            Err(failure) => failure.to_string(),
        };
        if got_through == Progress::Snapshot {
            retry = FIRST_RETRY;
        }
        if updates.send(Update::Link(Link::Lost { why, retry })).await.is_err() {
            return;
        }
        tokio::time::sleep(retry).await;
        retry = next_retry(retry);
    }
}

fn next_retry(retry: Duration) -> Duration {
    (retry * 2).min(LAST_RETRY)
}

#[derive(PartialEq, Eq)]
enum Progress {
    Nothing,
    Snapshot,
}

enum End {
    Closed,
    NobodyListens,
}

async fn read_stream(client: &Client, updates: &Sender<Update>, progress: &mut Progress) -> Result<End, Failure> {
    let opened = tokio::time::timeout(SILENCE, client.events()).await;
    let mut response = opened.map_err(|_| silence(client))??;
    let mut lines = Lines::default();
    loop {
        let chunk = tokio::time::timeout(SILENCE, response.chunk()).await;
        let chunk = chunk.map_err(|_| silence(client))?.map_err(|e| client.explain(&e))?;
        let Some(chunk) = chunk else {
            return Ok(End::Closed);
        };
        lines.push(&chunk)?;
        while let Some(line) = lines.pop() {
            let event: Event =
                serde_json::from_slice(&line).map_err(|e| Failure::Protocol(format!("invalid event: {e}")))?;
            if matches!(event, Event::Snapshot(_)) {
                *progress = Progress::Snapshot;
                if updates.send(Update::Link(Link::Live)).await.is_err() {
                    return Ok(End::NobodyListens);
                }
            }
            if updates.send(Update::Event(event)).await.is_err() {
                return Ok(End::NobodyListens);
            }
        }
    }
}

fn silence(client: &Client) -> Failure {
    Failure::Unreachable(format!(
        "no event for {} s at {}",
        SILENCE.as_secs(),
        client.socket().display()
    ))
}

/// Cuts a stream of bytes into lines.
#[derive(Debug, Default)]
pub struct Lines {
    buffer: Vec<u8>,
    /// Everything before this is known to have no line end.
    searched: usize,
}

impl Lines {
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        if self.buffer.len() + chunk.len() > MAX_LINE_BYTES {
            return Err(Failure::Protocol("an event is too long".to_owned()));
        }
        self.buffer.extend_from_slice(chunk);
        Ok(())
    }

    /// The next full line without its end; empty ones are left out.
    pub fn pop(&mut self) -> Option<Vec<u8>> {
        loop {
            let Some(at) = self.buffer[self.searched..].iter().position(|&b| b == b'\n') else {
                self.searched = self.buffer.len();
                return None;
            };
            let rest = self.buffer.split_off(self.searched + at + 1);
            let mut line = std::mem::replace(&mut self.buffer, rest);
            self.searched = 0;
            line.pop();
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_from_any_chunks() {
        let mut lines = Lines::default();
        lines.push(b"{\"a\":1}\n\n{\"b\"").unwrap();
        assert_eq!(lines.pop().as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(lines.pop(), None);
        lines.push(b":2}\n").unwrap();
        assert_eq!(lines.pop().as_deref(), Some(&b"{\"b\":2}"[..]));
        assert!(lines.push(&vec![0; MAX_LINE_BYTES + 1]).is_err());
    }

    #[test]
    fn waiting_doubles_up_to_five_seconds() {
        let mut waits = vec![FIRST_RETRY];
        for _ in 0..5 {
            waits.push(next_retry(waits[waits.len() - 1]));
        }
        let ms: Vec<u128> = waits.iter().map(Duration::as_millis).collect();
        assert_eq!(ms, [500, 1000, 2000, 4000, 5000, 5000]);
    }
}
