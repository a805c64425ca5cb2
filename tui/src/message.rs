//! What the state asks of the outside (effects) and what the outside tells the state (updates).

use std::path::PathBuf;
use std::time::Duration;

use tradepost_common::Page;
use tradepost_common::audit::AuditRow;
use tradepost_common::campaigns::{Campaign, Failure as SetAside, NewCampaign, Sample};
use tradepost_common::dead::{DeadDetail, DeadGroups, DeadPage, Edit, EditCheck};
use tradepost_common::events::Event;
use tradepost_common::ids::{CampaignId, CaseId, MessageId, OperationId, UploadId};
use tradepost_common::operations::{ItemState, NewOperation, Operation, OperationItem, Selection};
use tradepost_common::overview::Alert;
use tradepost_common::queues::QueueRow;
use tradepost_common::review::{
    Approve, Ban, Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview, CaseDetail, CaseRow, Decision, Reject, Source,
    Viewers,
};
use tradepost_common::uploads::{UploadRow, UploadTrace};

use crate::client::{CampaignStep, Reply, Turn};
use crate::picture::{PictureKey, Shown};
use crate::state::desk::CaseQuery;
use crate::state::paged::Ask;
use crate::state::source::SourceAsk;
use crate::state::undo::Made;

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
    Cases(CaseQuery, Ask),
    Audit(Ask),
    Trace(UploadId),
    Case(CaseId),
    /// That the case is on the screen, and who else looks at it.
    View(CaseId),
    Source(SourceAsk),
    /// What a bulk decision would do. The ticket tells the answer from those to plans that were given up.
    BulkPlan {
        ticket: u64,
        plan: BulkPlan,
    },
    Groups(Selection),
    Letters(Selection, Ask),
    Letter(MessageId),
    /// What an edit would do.
    Check(MessageId, Edit),
    Operations(Ask),
    Operation(OperationId),
    Items(ItemsAsk),
    Campaigns(Ask),
    Campaign(CampaignId),
    /// What the canary of a campaign drew.
    Samples(CampaignId, Ask),
    /// What a campaign could not draw.
    SetAside(CampaignId, Ask),
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
    Ban {
        case: CaseId,
        title: String,
        body: Ban,
    },
    Ask {
        case: CaseId,
        title: String,
        question: String,
    },
    Skip(CaseId),
    /// Whichever case the daemon says is next.
    Next,
    /// Takes decisions back, one after the other, the last one first.
    Undo(Made),
    Bulk {
        ticket: u64,
        bulk: Bulk,
    },
    Unban(String),
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
    PlanCampaign(Box<NewCampaign>),
    Campaign(CampaignId, CampaignStep),
    CampaignRate(CampaignId, Option<u32>),
}

/// Something happened outside.
#[derive(Debug)]
pub enum Update {
    Link(Link),
    Event(Event),
    Uploads(Ask, Reply<Page<UploadRow>>),
    Cases(CaseQuery, Ask, Reply<Page<CaseRow>>),
    Audit(Ask, Reply<Page<AuditRow>>),
    Trace(UploadId, Reply<UploadTrace>),
    Case(CaseId, Reply<Box<CaseDetail>>),
    Viewed(CaseId, Reply<Viewers>),
    Source(SourceAsk, Reply<Source>),
    Queue(String, Reply<QueueRow>),
    Claimed(CaseId, Reply<CaseRow>),
    /// A case was given back, or skipped: the moderator has gone on, whatever came of it.
    Left(CaseId, Reply<()>),
    Decided {
        case: CaseId,
        title: String,
        reply: Reply<Decision>,
    },
    Asked {
        case: CaseId,
        title: String,
        reply: Reply<()>,
    },
    Next(Reply<Option<CaseRow>>),
    /// What was to be taken back, each case with what came of it.
    Undone(Made, Vec<(CaseId, Reply<()>)>),
    BulkPlanned(u64, Reply<BulkPreview>),
    BulkDone {
        ticket: u64,
        act: BulkAct,
        reply: Reply<BulkDone>,
    },
    Unbanned(String, Reply<()>),
    Groups(Selection, Reply<DeadGroups>),
    Letters(Selection, Ask, Reply<DeadPage>),
    Letter(MessageId, Reply<Box<DeadDetail>>),
    Checked(MessageId, Reply<EditCheck>),
    Operations(Ask, Reply<Page<Operation>>),
    Operation(OperationId, Reply<Operation>),
    Items(ItemsAsk, Reply<Page<OperationItem>>),
    Campaigns(Ask, Reply<Page<Campaign>>),
    Campaign(CampaignId, Reply<Box<Campaign>>),
    Samples(CampaignId, Ask, Reply<Page<Sample>>),
    SetAside(CampaignId, Ask, Reply<Page<SetAside>>),
    CampaignPlanned(Reply<Box<Campaign>>),
    CampaignStepped(CampaignStep, Reply<Box<Campaign>>),
    CampaignRated(Reply<Box<Campaign>>),
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
