//! Everything the screens show. Keys and news change it; it never waits for anything.

pub mod act;
mod age;
pub mod ahead;
pub mod answers;
mod asking;
pub mod bulk;
pub mod campaigns;
pub mod case;
pub mod clock;
pub mod dead;
pub mod decide;
pub mod desk;
pub mod edit;
pub mod export;
pub mod letter;
pub mod list;
pub mod lists;
pub mod looks;
pub mod news;
pub mod operations;
pub mod pacing;
pub mod paged;
pub mod palette;
pub mod pictures;
pub mod plan;
pub mod presence;
pub mod prompt;
pub mod reasons;
pub mod redrive;
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
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tradepost_common::audit::AuditRow;
use tradepost_common::events::Revisions;
use tradepost_common::ids::{CaseId, UploadId};
use tradepost_common::latency::LatencyRow;
use tradepost_common::operations::{Operation, OperationKind};
use tradepost_common::overview::{Alert, Overview, Role, WhoAmI};
use tradepost_common::queues::QueueRow;
use tradepost_common::review::{CaseDetail, CaseRow};
use tradepost_common::uploads::{UploadRow, UploadTrace};

use crate::graphics::Graphics;
use crate::message::{Effect, Link, Mouse};
use crate::picture::{Background, PictureKey, Shown};
use crate::theme::{Theme, Tone};
use crate::view::attempts::AttemptRow;
use crate::view::findings::FindingRow;
use bulk::BulkView;
use campaigns::Campaigns;
use case::{CaseView, Pane};
use clock::Clock;
use dead::Dead;
use decide::Kept;
use desk::CaseQuery;
use edit::EditView;
use list::List;
use operations::Operations;
use paged::{First, Paged};
use plan::PlanView;
use prompt::Prompt;
use redrive::Target;
use screen::Screen;
use settle::Settling;
use undo::Made;

/// How long `W` lets keys change something.
pub const ARMED_FOR: Duration = Duration::from_secs(600);

/// The whole state of the terminal.
pub struct App {
    pub clock: Clock,
    pub link: Link,
    /// When the link came to be what it is.
    pub link_since: Instant,
    pub you: Option<WhoAmI>,
    pub overview: Option<Overview>,
    /// The last word of the daemon, whatever it was.
    pub heard_at: Option<Instant>,
    pub revisions: Revisions,
    pub queues: List<QueueRow>,
    pub latency: List<LatencyRow>,
    pub alerts: List<Alert>,
    pub cases: Paged<CaseRow>,
    pub case_query: CaseQuery,
    pub audit: Paged<AuditRow>,
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
    pub screen: Screen,
    pub before: Screen,
    pub prompt: Option<Prompt>,
    pub status: Option<Status>,
    pub armed_until: Option<Instant>,
    pub frozen: Option<Frozen>,
    pub theme: Theme,
    pub mouse: Mouse,
    pub graphics: Graphics,
    pub background: Background,
    pub latency_columns: crate::view::latency::Span,
    pub pictures: VecDeque<(PictureKey, Shown)>,
    /// The picture that the last frame had room for.
    pub picture_wish: Option<PictureKey>,
    /// The others beside it, and those that come next.
    pub beside_wishes: Vec<PictureKey>,
    /// Columns and rows that a picture has beside the lists.
    pub picture_room: Option<(u16, u16)>,
    pub picture_asked: Option<PictureKey>,
    /// Where the rows of the list are on the screen, for the mouse.
    pub rows_area: ratatui::layout::Rect,
    pub last_press: Option<(char, Instant)>,
    pub effects: Vec<Effect>,
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

/// What happened last, at the bottom of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub text: String,
    pub tone: Tone,
    pub at: Instant,
}

/// News that came while the screen was frozen.
#[derive(Debug)]
pub struct Frozen {
    pub since: OffsetDateTime,
    pub overview: Option<Overview>,
    pub queues: Option<Vec<QueueRow>>,
    pub latency: Option<Vec<LatencyRow>>,
    pub operations: Option<Vec<Operation>>,
    pub revisions: Option<Revisions>,
}

impl App {
    pub fn new(theme: Theme, graphics: Graphics, clock: Clock) -> Self {
        Self {
            clock,
            link: Link::Connecting,
            link_since: clock.instant,
            you: None,
            overview: None,
            heard_at: None,
            revisions: Revisions::default(),
            queues: List::default(),
            latency: List::default(),
            alerts: List::default(),
            cases: Paged::new(First::Sorted),
            case_query: CaseQuery::default(),
            audit: Paged::new(First::Newest),
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
            screen: Screen::Overview,
            before: Screen::Overview,
            prompt: None,
            status: None,
            armed_until: None,
            frozen: None,
            theme,
            mouse: Mouse::Free,
            graphics,
            background: Background::Checker,
            latency_columns: crate::view::latency::Span::Recent,
            pictures: VecDeque::new(),
            picture_wish: None,
            beside_wishes: Vec::new(),
            picture_room: None,
            picture_asked: None,
            rows_area: ratatui::layout::Rect::default(),
            last_press: None,
            effects: Vec::new(),
        }
    }

    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.status = Some(Status {
            text: text.into(),
            tone,
            at: self.clock.instant,
        });
    }

    pub fn is_live(&self) -> bool {
        self.link == Link::Live
    }

    /// What is left of the time in which keys may change something.
    pub fn armed_for(&self) -> Option<Duration> {
        let left = self.armed_until?.checked_duration_since(self.clock.instant)?;
        (!left.is_zero()).then_some(left)
    }

    pub fn has_role(&self, role: Role) -> bool {
        self.you.as_ref().is_some_and(|you| you.roles.contains(&role))
    }

    /// The moment, once a second, for what grows older by itself.
    pub fn tick(&mut self) {
        let patience = |tone| match tone {
            Tone::Bad | Tone::Loud => Duration::from_secs(30),
            _ => Duration::from_secs(8),
        };
        let now = self.clock.instant;
        if self.status.as_ref().is_some_and(|s| now - s.at > patience(s.tone)) {
            self.status = None;
        }
        self.renew_claim();
        self.say_viewing();
        self.ask_after_plan();
        self.look_at_campaigns();
        self.read_what_is_shown();
        if self.armed_until.is_some() && self.armed_for().is_none() {
            self.armed_until = None;
            self.say(Tone::Warn, "writing is no longer armed");
        }
    }
}
