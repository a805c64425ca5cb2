//! What the state asks of the outside (effects) and what the outside tells the state (updates).

use std::path::PathBuf;
use std::time::Duration;

use tradepost_common::Page;
use tradepost_common::audit::AuditRow;
use tradepost_common::events::Event;
use tradepost_common::ids::{CaseId, UploadId};
use tradepost_common::queues::QueueRow;
use tradepost_common::review::{Approve, CaseDetail, CaseRow, Decision, Reject};
use tradepost_common::uploads::{UploadRow, UploadTrace};

use crate::client::Reply;
use crate::picture::{PictureKey, Shown};
use crate::state::paged::Ask;

/// Something the loop does for the state, without waiting for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Read(Read),
    Write(Write),
    Picture(PictureKey),
    /// To the clipboard of whoever sits at the terminal.
    Copy(String),
    Export {
        screen: &'static str,
        json: String,
    },
    Mouse(Mouse),
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    Captured,
    /// The terminal's own selection works.
    Free,
}

/// Questions; several are under way at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    Uploads(Ask),
    Cases(Ask),
    Audit(Ask),
    Trace(UploadId),
    Case(CaseId),
}

/// Acts; one after the other, in the order of the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    Pause(String),
    Resume(String),
    Claim(CaseId),
    Release(CaseId),
    Approve { case: CaseId, title: String, body: Approve },
    Reject { case: CaseId, title: String, body: Reject },
}

/// Something happened outside.
#[derive(Debug)]
pub enum Update {
    Link(Link),
    Event(Event),
    Uploads(Ask, Reply<Page<UploadRow>>),
    Cases(Ask, Reply<Page<CaseRow>>),
    Audit(Ask, Reply<Page<AuditRow>>),
    Trace(UploadId, Reply<UploadTrace>),
    Case(CaseId, Reply<CaseDetail>),
    Queue(String, Reply<QueueRow>),
    Claimed(CaseId, Reply<CaseRow>),
    Released(Reply<CaseRow>),
    Decided {
        case: CaseId,
        title: String,
        reply: Reply<Decision>,
    },
    Picture(PictureKey, Shown),
    Exported(Result<PathBuf, String>),
}

/// The state of the line to the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    Connecting,
    Live,
    /// Gone; the next try is that far away from the moment it was lost.
    Lost {
        why: String,
        retry: Duration,
    },
}
