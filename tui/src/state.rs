//! Everything the screens show. Keys and news change it; it never waits for anything.

mod age;
pub mod ahead;
pub mod answers;
mod asking;
pub mod bulk;
pub mod campaigns;
pub mod case;
pub mod dead;
pub mod decide;
pub mod desk;
pub mod edit;
pub mod export;
#[cfg(test)]
mod harness;
pub mod input;
mod legacy;
pub mod letter;
pub mod lists;
pub mod looks;
pub mod message;
pub mod news;
pub mod operations;
pub mod pacing;
pub mod plan;
pub mod presence;
pub mod prompt;
pub mod reasons;
pub mod redrive;
mod requests;
pub mod review;
pub mod screen;
pub mod selected;
pub mod settle;
pub mod source;
#[cfg(test)]
mod tests;
pub mod turning;
pub mod typing;
pub mod undo;
pub mod writing;

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use tradepost_common::ids::{CaseId, UploadId};
use tradepost_common::latency::LatencyRow;
use tradepost_common::operations::OperationKind;
use tradepost_common::queues::QueueRow;
use tradepost_common::review::{CaseDetail, CaseRow};
use tradepost_common::uploads::{UploadRow, UploadTrace};

use crate::list::List;
use crate::paged::{First, Paged};
use crate::shell::Shell;
use crate::view::attempts::AttemptRow;
use crate::view::findings::FindingRow;
use bulk::BulkView;
use campaigns::Campaigns;
use case::{CaseView, Pane};
use dead::Dead;
use decide::Kept;
use desk::CaseQuery;
use edit::EditView;
use legacy::OldPrompt;
use operations::Operations;
use plan::PlanView;
use prompt::Prompt;
use redrive::Target;
use screen::Screen;
use settle::Settling;
use undo::Made;

/// The screens that have no folder of their own yet.
pub struct Legacy {
    pub queues: List<QueueRow>,
    pub latency: List<LatencyRow>,
    pub cases: Paged<CaseRow>,
    pub case_query: CaseQuery,
    pub uploads: Paged<UploadRow>,
    pub trace: Option<TraceView>,
    pub dead: Dead,
    pub operations: Operations,
    pub campaigns: Campaigns,
    /// A plan that is asked about.
    pub plan: Option<PlanView>,
    /// Plans asked for so far.
    pub tickets: u64,
    /// What is to be given up, once there is a reason.
    pub giving_up: Option<(OperationKind, Target)>,
    pub edit: Option<EditView>,
    pub case: Option<CaseView>,
    /// Cases read ahead.
    pub ahead: VecDeque<(CaseId, CaseDetail)>,
    /// Cases whose decision is on its way.
    pub deciding: Vec<Kept>,
    /// Cases whose decision was not taken; they come next.
    pub returned: Vec<Kept>,
    /// Cases that somebody else claimed first, until the next page says who.
    pub taken: BTreeSet<CaseId>,
    /// Cases skipped at this terminal; they come last.
    pub skipped: BTreeSet<CaseId>,
    /// The daemon was asked for the next case.
    pub next_wanted: bool,
    /// Decisions made at this terminal, oldest first.
    pub made: Vec<Made>,
    /// The case that was on the screen when a decision was taken back.
    pub undone_from: Option<CaseId>,
    /// Which cases are meant, while it is asked what is done with them.
    pub settling: Option<Settling>,
    pub bulk: Option<BulkView>,
    /// What contributors are told with a bulk rejection.
    pub bulk_note: String,
    /// Columns and rows that a picture has beside the lists.
    pub picture_room: Option<(u16, u16)>,
    pub latency_columns: crate::view::latency::Span,
    operations_revision: u64,
}

/// One upload across every stage.
#[derive(Debug)]
pub struct TraceView {
    pub id: UploadId,
    pub trace: Option<UploadTrace>,
    pub error: Option<String>,
    pub asked_revision: u64,
    pub loading: bool,
    pub read_at: Option<Instant>,
    pub pane: Pane,
    pub findings: List<FindingRow>,
    pub attempts: List<AttemptRow>,
}

impl Default for Legacy {
    fn default() -> Self {
        Self {
            queues: List::default(),
            latency: List::default(),
            cases: Paged::new(First::Sorted),
            case_query: CaseQuery::default(),
            uploads: Paged::new(First::Newest),
            trace: None,
            dead: Dead::default(),
            operations: Operations::default(),
            campaigns: Campaigns::default(),
            plan: None,
            tickets: 0,
            giving_up: None,
            edit: None,
            case: None,
            ahead: VecDeque::new(),
            deciding: Vec::new(),
            returned: Vec::new(),
            taken: BTreeSet::new(),
            skipped: BTreeSet::new(),
            next_wanted: false,
            made: Vec::new(),
            undone_from: None,
            settling: None,
            bulk: None,
            bulk_note: String::new(),
            picture_room: None,
            latency_columns: crate::view::latency::Span::Recent,
            operations_revision: 0,
        }
    }
}

/// The screen of the page that is shown.
pub fn screen(cx: &Shell) -> Screen {
    Screen::with_name(cx.page.name).unwrap_or(Screen::Other)
}

pub fn set_prompt(cx: &mut Shell, prompt: Option<Prompt>) {
    cx.prompt = prompt.map(|prompt| Box::new(OldPrompt(prompt)) as Box<dyn crate::shell::AnyPrompt>);
}

pub fn old_prompt(cx: &Shell) -> Option<&Prompt> {
    let prompt = cx.prompt.as_deref()? as &dyn std::any::Any;
    prompt.downcast_ref::<OldPrompt>().map(|prompt| &prompt.0)
}
