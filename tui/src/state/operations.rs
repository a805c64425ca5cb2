//! Operations: what runs, what ran, and the messages of one.

use super::screen;
use crate::shell::{Destination, Shell};
use std::time::Instant;

use tradepost_common::Page;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{ItemState, Operation, OperationItem};

use super::Legacy;
use super::screen::Screen;
use crate::client::Reply;
use crate::paged::{First, Paged};
use crate::rows::operation::outcome;
use crate::state::message::{ItemsAsk, Read};
use crate::theme::Tone;

/// Screen 4 and what the events say.
pub struct Operations {
    pub paged: Paged<Operation>,
    /// Those that are not over, newest first.
    pub live: Vec<Operation>,
    pub view: Option<OperationView>,
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            paged: Paged::new(First::Newest),
            live: Vec::new(),
            view: None,
        }
    }
}

/// One operation on the screen.
pub struct OperationView {
    pub id: OperationId,
    pub operation: Option<Operation>,
    pub error: Option<String>,
    loading: bool,
    asked_revision: u64,
    pub read_at: Option<Instant>,
    /// The state of the messages shown; `None`: all.
    pub state: Option<ItemState>,
    pub items: Paged<OperationItem>,
}

impl OperationView {
    fn new(operation: Operation, read_at: Option<Instant>) -> Self {
        Self {
            id: operation.id,
            read_at,
            operation: Some(operation),
            error: None,
            loading: false,
            asked_revision: u64::MAX,
            state: None,
            items: Paged::new(First::Sorted),
        }
    }

    /// Changes whenever a message of the operation changes.
    fn items_revision(&self) -> u64 {
        let count = |o: &Operation| o.acted + o.succeeded + o.refailed + o.selected;
        self.operation.as_ref().map_or(0, |o| count(o).unsigned_abs())
    }

    fn next_state(&mut self) {
        let at = ItemState::ALL.iter().position(|s| Some(*s) == self.state);
        self.state = ItemState::ALL.get(at.map_or(0, |at| at + 1)).copied();
        self.items.restart();
    }
}

impl Legacy {
    pub fn operations_wanted(&mut self, cx: &mut Shell) -> Vec<Read> {
        let revision = cx.live.revisions.operations;
        match screen(cx) {
            Screen::Operations => {
                let wanted = self.operations.paged.wanted(revision);
                wanted.map(Read::Operations).into_iter().collect()
            }
            Screen::Operation => {
                let Some(view) = &mut self.operations.view else {
                    return Vec::new();
                };
                let mut reads = Vec::new();
                if !view.loading && view.asked_revision != revision {
                    view.loading = true;
                    view.asked_revision = revision;
                    reads.push(Read::Operation(view.id));
                }
                let (id, state) = (view.id, view.state);
                let page = view.items.wanted(view.items_revision());
                reads.extend(page.map(|page| Read::Items(ItemsAsk { id, state, page })));
                reads
            }
            _ => Vec::new(),
        }
    }

    pub fn distrust_operations(&mut self) {
        self.operations.paged.distrust();
        if let Some(view) = &mut self.operations.view {
            view.asked_revision = u64::MAX;
            view.items.distrust();
        }
    }

    /// Those that are not over, as an event has them.
    pub fn operations_changed(&mut self, cx: &mut Shell, live: Vec<Operation>) {
        for operation in &live {
            self.refresh_plan(cx, operation);
        }
        let is_over = |id: OperationId| live.iter().all(|o| o.id != id);
        let over: Vec<OperationId> = self
            .operations
            .live
            .iter()
            .map(|o| o.id)
            .filter(|id| is_over(*id))
            .collect();
        for operation in &live {
            self.show_operation(cx, operation);
        }
        self.operations.live = live;
        for id in over {
            cx.read(Read::Operation(id));
        }
    }

    /// The newer word on an operation, wherever it is shown.
    pub fn show_operation(&mut self, cx: &mut Shell, operation: &Operation) {
        self.operations.paged.list.update(operation.clone(), cx.clock.utc);
        if let Some(view) = self.operations.view.as_mut().filter(|v| v.id == operation.id) {
            view.operation = Some(operation.clone());
            view.read_at = Some(cx.clock.instant);
        }
    }

    pub fn operation_arrived(&mut self, cx: &mut Shell, id: OperationId, reply: Reply<Operation>) {
        if let Some(view) = self.operations.view.as_mut().filter(|v| v.id == id) {
            view.loading = false;
            view.error = reply.as_ref().err().map(ToString::to_string);
        }
        let Ok(operation) = reply else {
            return;
        };
        self.refresh_plan(cx, &operation);
        let was_live = self
            .operations
            .live
            .iter()
            .any(|o| o.id == id && o.started_at.is_some());
        if operation.state.is_over() && operation.started_at.is_some() && !was_live && self.is_fresh(cx, &operation) {
            let tone = if operation.refailed > 0 { Tone::Warn } else { Tone::Good };
            cx.say(tone, outcome(&operation));
        }
        self.show_operation(cx, &operation);
    }

    /// Did it end just now, so that its end is news?
    fn is_fresh(&self, cx: &Shell, operation: &Operation) -> bool {
        let ended = operation.finished_at.map(|at| cx.clock.utc - at);
        ended.is_some_and(|ago| ago < time::Duration::seconds(10)) && screen(cx) != Screen::Operation
    }

    pub fn items_arrived(&mut self, cx: &mut Shell, ask: &ItemsAsk, reply: Reply<Page<OperationItem>>) {
        let clock = cx.clock;
        let Some(view) = self.operations.view.as_mut().filter(|v| v.id == ask.id) else {
            return;
        };
        match reply {
            _ if view.state != ask.state => view.items.dropped(),
            Ok(page) => view.items.arrived(&ask.page, page, clock),
            Err(e) => view.items.failed(e.to_string(), clock),
        }
    }

    pub fn open_operation(&mut self, cx: &mut Shell) {
        let Some(operation) = self.operations.paged.list.selected().cloned() else {
            return;
        };
        let (id, read_at) = (operation.id, self.operations.paged.read_at);
        if self.operations.view.as_ref().is_none_or(|v| v.id != id) {
            self.operations.view = Some(OperationView::new(operation, read_at));
        }
        cx.go(Screen::Operation.page());
    }

    /// The message of the operation under the cursor, if it is a dead letter now.
    pub fn open_item(&mut self, cx: &mut Shell) {
        let item = self.operations.view.as_ref().and_then(|v| v.items.list.selected());
        match item.map(|i| (i.message_id, i.state)) {
            Some((id, ItemState::LeftOut | ItemState::Failed)) => cx.open(Destination::DeadLetter(id)),
            Some(_) => cx.say(Tone::Dim, "that message is no dead letter now"),
            None => {}
        }
    }

    pub fn next_items(&mut self) {
        if let Some(view) = &mut self.operations.view {
            view.next_state();
        }
    }
}
