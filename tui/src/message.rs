//! What the state asks of the outside (effects) and what the outside tells the state (updates).

use std::path::PathBuf;
use std::time::Duration;

use tradepost_common::Page;
use tradepost_common::audit::AuditRow;
use tradepost_common::dead::{DeadDetail, DeadGroups, DeadPage, Edit, EditCheck};
use tradepost_common::events::Event;
use tradepost_common::ids::{CaseId, MessageId, OperationId, UploadId};
use tradepost_common::operations::{ItemState, NewOperation, Operation, OperationItem, Selection};
use tradepost_common::overview::Alert;
use tradepost_common::queues::QueueRow;
use tradepost_common::review::{Approve, CaseDetail, CaseRow, Decision, Reject};
use tradepost_common::uploads::{UploadRow, UploadTrace};

use crate::client::{Reply, Turn};
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
    /// The payload of a dead letter goes to an editor, which takes the terminal meanwhile.
    Editor {
        id: MessageId,
        text: String,
    },
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
    Groups(Selection),
    Letters(Selection, Ask),
    Letter(MessageId),
    /// What an edit would do.
    Check(MessageId, Edit),
    Operations(Ask),
    Operation(OperationId),
    Items(ItemsAsk),
}

/// Which messages of an operation, and which page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemsAsk {
    pub id: OperationId,
    pub state: Option<ItemState>,
    pub page: Ask,
}

/// Acts; one after the other, in the order of the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    Pause(String),
    Resume(String),
    Claim(CaseId),
    Release(CaseId),
    Approve {
        case: CaseId,
        title: String,
        body: Approve,
    },
    Reject {
        case: CaseId,
        title: String,
        body: Reject,
    },
    Concurrency(String, Option<u32>),
    Acknowledge(String),
    /// The ticket tells the answer from those to plans that were given up.
    Plan {
        ticket: u64,
        new: NewOperation,
    },
    Turn(OperationId, Turn),
    Rate(OperationId, u32),
    Edit(MessageId, Edit),
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
    Groups(Selection, Reply<DeadGroups>),
    Letters(Selection, Ask, Reply<DeadPage>),
    Letter(MessageId, Reply<Box<DeadDetail>>),
    Checked(MessageId, Reply<EditCheck>),
    Operations(Ask, Reply<Page<Operation>>),
    Operation(OperationId, Reply<Operation>),
    Items(ItemsAsk, Reply<Page<OperationItem>>),
    Concurrency(String, Reply<QueueRow>),
    Acknowledged(String, Reply<Alert>),
    Planned(u64, Reply<Operation>),
    Turned(OperationId, Turn, Reply<Operation>),
    Rated(Reply<Operation>),
    EditSent(MessageId, Reply<Operation>),
    /// What came back from the editor.
    Edited(MessageId, Result<String, String>),
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
