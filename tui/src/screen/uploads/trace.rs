//! The trace of one upload: state and request.

use tradepost_common::ids::UploadId;
use tradepost_common::uploads::UploadTrace;

use super::Uploads;
use super::attempts::AttemptRow;
use crate::client::{Client, Reply};
use crate::fetched::Fetched;
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
    pub fetched: Fetched<UploadTrace>,
    pub pane: Pane,
    pub findings: List<FindingRow>,
    pub attempts: List<AttemptRow>,
}

impl Trace {
    pub fn new(id: UploadId) -> Self {
        Self {
            id,
            fetched: Fetched::default(),
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
        if self.fetched.is_wanted(cx.live.revisions.uploads) {
            cx.read(ReadTrace(self.id));
        }
    }

    fn answered(&mut self, reply: Reply<UploadTrace>, cx: &Shell) {
        if let Ok(trace) = &reply {
            self.findings.replace(FindingRow::all(&trace.findings), cx.clock.utc);
            self.attempts.replace(AttemptRow::all(&trace.attempts), cx.clock.utc);
        }
        self.fetched.answered(reply, cx.clock);
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
