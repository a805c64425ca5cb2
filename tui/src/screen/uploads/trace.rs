//! The trace of one upload: state and request.

use std::time::Instant;

use tradepost_common::ids::UploadId;
use tradepost_common::uploads::UploadTrace;

use super::Uploads;
use super::attempts::AttemptRow;
use crate::client::{Client, Reply};
use crate::list::{AnyList, List};
use crate::rows::finding::FindingRow;
use crate::shell::{Request, Shell};

/// The list that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Findings,
    Attempts,
}

/// One upload on the screen.
#[derive(Debug)]
pub struct Trace {
    pub id: UploadId,
    pub trace: Option<UploadTrace>,
    pub error: Option<String>,
    /// The revision of the uploads when it was asked for; `None`: it has to be read.
    asked_revision: Option<u64>,
    is_loading: bool,
    read_at: Option<Instant>,
    pub pane: Pane,
    pub findings: List<FindingRow>,
    pub attempts: List<AttemptRow>,
}

impl Trace {
    pub fn new(id: UploadId) -> Self {
        Self {
            id,
            trace: None,
            error: None,
            asked_revision: None,
            is_loading: false,
            read_at: None,
            pane: Pane::Findings,
            findings: List::default(),
            attempts: List::default(),
        }
    }

    pub fn list(&mut self) -> &mut dyn AnyList {
        match self.pane {
            Pane::Findings => &mut self.findings,
            Pane::Attempts => &mut self.attempts,
        }
    }

    pub fn turn_pane(&mut self) {
        self.pane = match self.pane {
            Pane::Findings => Pane::Attempts,
            Pane::Attempts => Pane::Findings,
        };
    }

    pub fn read(&mut self, cx: &mut Shell) {
        let revision = Some(cx.live.revisions.uploads);
        if !self.is_loading && self.asked_revision != revision {
            self.is_loading = true;
            self.asked_revision = revision;
            cx.read(ReadTrace(self.id));
        }
    }

    pub fn read_at(&self, cx: &Shell) -> Option<Instant> {
        match self.asked_revision == Some(cx.live.revisions.uploads) {
            true => cx.link.confirmed(self.read_at),
            false => self.read_at,
        }
    }

    /// It may be out of date.
    pub fn distrust(&mut self) {
        self.asked_revision = None;
    }

    fn answered(&mut self, reply: Reply<UploadTrace>, cx: &Shell) {
        self.is_loading = false;
        match reply {
            Ok(trace) => {
                self.findings.replace(FindingRow::all(&trace.findings), cx.clock.utc);
                self.attempts.replace(AttemptRow::all(&trace.attempts), cx.clock.utc);
                self.trace = Some(trace);
                self.read_at = Some(cx.clock.instant);
                self.error = None;
            }
            Err(e) => self.error = Some(e.to_string()),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadTrace(pub UploadId);

impl Request for ReadTrace {
    type Owner = Uploads;
    type Output = UploadTrace;

    async fn send(&self, client: &Client) -> Reply<UploadTrace> {
        client.upload(self.0).await
    }

    fn answered(self, uploads: &mut Uploads, reply: Reply<UploadTrace>, cx: &mut Shell) {
        if let Some(trace) = uploads.trace.as_mut().filter(|trace| trace.id == self.0) {
            trace.answered(reply, cx);
        }
    }
}
