//! Operations: what operators started, newest first, and one of them with its messages.

mod act;
mod cli;
mod detail;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use tradepost_common::Page as Rows;
use tradepost_common::events::Event;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationState};

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::client::{Client, Reply};
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, PageRequest, Paged};
use crate::rows::operation::{in_short, outcome};
use crate::shell::{Action, Badge, Entry, Handled, Hint, Page, Request, Screen, Shell};
use crate::theme::Tone;
use detail::{Detail, ReadOperation};

static PAGES: [Page; 2] = [
    Page::tab("operations", '4', "Ops", "Ops"),
    Page::below("operation", "operations"),
];

fn list_page() -> &'static Page {
    &PAGES[0]
}

/// One operation.
fn detail_page() -> &'static Page {
    &PAGES[1]
}

/// The end of an operation is news for so long.
const FRESH_FOR: Duration = Duration::from_secs(10);

pub struct Operations {
    paged: Paged<Operation>,
    /// Those of the last event, which has all that are not over.
    live: BTreeMap<OperationId, OperationState>,
    detail: Option<Detail>,
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            paged: Paged::searched(First::Newest),
            live: BTreeMap::new(),
            detail: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ReadOperations(PageRequest);

impl Request for ReadOperations {
    type Owner = Operations;
    type Output = Rows<Operation>;

    async fn send(&self, client: &Client) -> Reply<Rows<Operation>> {
        client.operations(&self.0.query()).await
    }

    fn answered(self, operations: &mut Operations, reply: Reply<Rows<Operation>>, cx: &mut Shell) {
        operations.paged.answered(&self.0, reply, cx.clock);
    }
}

impl Operations {
    /// The operation of that id, if it is the one with a page.
    fn detail_of(&mut self, id: OperationId) -> Option<&mut Detail> {
        self.detail.as_mut().filter(|detail| detail.id == id)
    }

    fn shown_detail(&self, page: &Page) -> Option<&Detail> {
        self.detail.as_ref().filter(|_| page == detail_page())
    }

    fn shown_detail_mut(&mut self, page: &Page) -> Option<&mut Detail> {
        self.detail.as_mut().filter(|_| page == detail_page())
    }

    fn open_selected(&mut self, cx: &mut Shell) {
        let Some(operation) = self.paged.list.selected() else {
            return;
        };
        if self.detail.as_ref().is_none_or(|detail| detail.id != operation.id) {
            self.detail = Some(Detail::new(operation.clone(), self.paged.read_at));
        }
        cx.go(detail_page());
    }

    /// Takes newer values, wherever they are shown.
    fn show(&mut self, operation: &Operation, cx: &Shell) {
        self.paged.list.update(operation.clone(), cx.clock.utc);
        if let Some(detail) = self.detail_of(operation.id) {
            detail.fetched.set(operation.clone(), cx.clock);
        }
    }

    /// Asks for the last word on those that are not among the live ones any more.
    fn live_changed(&mut self, live: &[Operation], cx: &mut Shell) {
        for operation in live {
            self.show(operation, cx);
            self.tell_stop(operation, cx);
        }
        let states = live.iter().map(|operation| (operation.id, operation.state)).collect();
        for id in std::mem::replace(&mut self.live, states).into_keys() {
            if !self.live.contains_key(&id) {
                cx.read(ReadOperation(id));
            }
        }
    }

    /// Tells of an operation that was running and has stopped by itself.
    fn tell_stop(&self, operation: &Operation, cx: &mut Shell) {
        let before = self.live.get(&operation.id);
        if before.is_some_and(|state| state.is_moving()) && operation.state == OperationState::Stopped {
            let why = operation.note.as_deref().unwrap_or("too many failures");
            cx.say(Tone::Bad, format!("{} stopped: {why}", operation.kind));
        }
    }

    /// Tells of an operation that ended just now, except on its page.
    fn tell_end(&self, operation: &Operation, cx: &mut Shell) {
        let has_run = operation.state.is_over() && operation.started_at.is_some();
        let ended = operation.finished_at.map(|at| cx.clock.utc - at);
        let is_fresh = ended.is_some_and(|ago| ago < FRESH_FOR) && cx.page != detail_page();
        if has_run && is_fresh && !self.live.contains_key(&operation.id) {
            let tone = if operation.refailed > 0 { Tone::Warn } else { Tone::Good };
            cx.say(tone, outcome(operation));
        }
    }
}

/// Operations that were started and are not over.
fn started(cx: &Shell) -> impl Iterator<Item = &Operation> {
    let live = cx.live.operations.iter();
    live.filter(|operation| operation.started_at.is_some())
}

impl Screen for Operations {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        match self.shown_detail_mut(cx.page) {
            Some(detail) => detail.draw(canvas, area, cx),
            None => self.draw_list(canvas, area, cx),
        }
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match (action, self.shown_detail_mut(cx.page)) {
            (Action::Letter('P'), _) => self.pause_or_resume(cx),
            (Action::Letter('X'), _) => self.ask_cancel(cx),
            (Action::Letter('C'), _) => self.ask_rate(cx),
            (Action::OtherPane, Some(detail)) => detail.next_state(),
            (Action::Open, Some(detail)) => detail.open_item(cx),
            (Action::Open, None) => self.open_selected(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list(&mut self, page: &Page) -> Option<&mut dyn AnyList> {
        match page == detail_page() {
            true => self.detail.as_mut().map(|detail| &mut detail.items.list as _),
            false => Some(&mut self.paged.list),
        }
    }

    fn read(&mut self, cx: &mut Shell) {
        if let Some(detail) = self.shown_detail_mut(cx.page) {
            detail.read(cx);
        } else if let Some(page) = self.paged.wanted(cx.live.revisions.operations) {
            cx.read(ReadOperations(page));
        }
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        let (revision, heard_at) = (cx.live.revisions.operations, cx.link.heard_at);
        match self.shown_detail(cx.page) {
            Some(detail) => detail.fetched.data_from(revision, heard_at),
            None => self.paged.data_from(revision, heard_at),
        }
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        match self.shown_detail(cx.page) {
            Some(detail) if cx.has_side_pane => detail.item_document(),
            Some(_) => None,
            None => self.document(),
        }
    }

    fn hints(&self, cx: &Shell) -> Vec<Hint> {
        let act = [("P", "pause/resume"), ("X", "cancel"), ("C", "rate")];
        match self.shown_detail(cx.page) {
            Some(_) => [
                &[("Tab", "other messages"), ("Enter", "message")],
                &act[..],
                &[("W", "arm"), ("?", "help")],
            ]
            .concat(),
            None => [
                &[("Enter", "open")],
                &act[..],
                &[("Tab", "campaigns"), ("?", "help"), ("W", "arm writing")],
                &[("/", "filter"), ("q", "quit")],
            ]
            .concat(),
        }
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[
            ("P", "pause or resume"),
            ("X", "cancel; finished messages stay"),
            ("C", "change the rate"),
            ("Enter", "its messages; there: the dead letter"),
            ("Tab", "campaigns; in an operation: filter by state"),
        ]
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        vec![
            Entry::new("pause or resume the operation", "P", Self::pause_or_resume),
            Entry::new("cancel the operation", "X", Self::ask_cancel),
            Entry::new("change the rate of the operation", "C", Self::ask_rate),
        ]
    }

    fn badge(&self, page: &Page, cx: &Shell) -> Badge {
        let count = match page == list_page() {
            true => started(cx).count() as i64,
            false => 0,
        };
        Badge { count, is_loud: false }
    }

    fn progress(&self, cx: &Shell) -> Vec<String> {
        match cx.page.root() == list_page().name {
            true => Vec::new(),
            false => started(cx).map(in_short).collect(),
        }
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        match self.shown_detail(cx.page) {
            Some(detail) => detail.export(),
            None => export::rows(&self.paged.list),
        }
    }

    fn enter(&mut self, cx: &mut Shell) {
        if cx.page == detail_page() && self.detail.is_none() {
            cx.go(list_page());
        }
    }

    fn event(&mut self, event: &Event, cx: &mut Shell) {
        if let Event::Operations { operations } = event {
            self.live_changed(operations, cx);
        }
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.paged.invalidate();
        if let Some(detail) = &mut self.detail {
            detail.fetched.invalidate();
            detail.items.invalidate();
        }
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::OpsArgs>()]
    }
}
