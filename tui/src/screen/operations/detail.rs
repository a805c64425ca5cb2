//! One operation and its messages: state and requests.

use std::time::Instant;

use tradepost_common::Page;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{ItemState, Operation, OperationItem};

use super::Operations;
use crate::client::{Client, Reply};
use crate::export;
use crate::fetched::Fetched;
use crate::paged::{First, PageRequest, Paged};
use crate::shell::{Destination, Request, Shell};
use crate::theme::Tone;

/// One operation on the screen.
pub struct Detail {
    pub id: OperationId,
    pub fetched: Fetched<Operation>,
    /// The state of the messages shown; `None`: all.
    pub state: Option<ItemState>,
    pub items: Paged<OperationItem>,
}

impl Detail {
    pub fn new(operation: Operation, read_at: Option<Instant>) -> Self {
        Self {
            id: operation.id,
            fetched: Fetched::from_list(operation, read_at),
            state: None,
            items: Paged::new(First::Sorted),
        }
    }

    /// Changes whenever a message of the operation changes.
    fn items_revision(&self) -> u64 {
        let count = |o: &Operation| o.acted + o.succeeded + o.refailed + o.selected;
        self.fetched.value.as_ref().map_or(0, count).unsigned_abs()
    }

    pub fn read(&mut self, cx: &mut Shell) {
        if self.fetched.is_wanted(cx.live.revisions.operations) {
            cx.read(ReadOperation(self.id));
        }
        let (id, state) = (self.id, self.state);
        if let Some(page) = self.items.wanted(self.items_revision()) {
            cx.read(ReadItems { id, state, page });
        }
    }

    /// Shows the messages of the next state; all again after the last one.
    pub fn next_state(&mut self) {
        let at = ItemState::ALL.iter().position(|state| Some(*state) == self.state);
        self.state = ItemState::ALL.get(at.map_or(0, |at| at + 1)).copied();
        self.items.restart();
    }

    /// Opens the message under the cursor, if it is a dead letter now.
    pub fn open_item(&self, cx: &mut Shell) {
        match self.items.list.selected().map(|item| (item.message_id, item.state)) {
            Some((id, ItemState::LeftOut | ItemState::Failed)) => cx.open(Destination::DeadLetter(id)),
            Some(_) => cx.say(Tone::Dim, "That message is no longer a dead letter"),
            None => {}
        }
    }

    pub fn export(&self) -> Option<String> {
        let items: Vec<_> = self.items.list.shown().collect();
        export::pretty(&serde_json::json!({ "operation": self.fetched.value, "items": items }))
    }
}

/// Reads one operation, for its page or because it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOperation(pub OperationId);

impl Request for ReadOperation {
    type Owner = Operations;
    type Output = Operation;

    async fn send(&self, client: &Client) -> Reply<Operation> {
        client.operation(self.0).await
    }

    fn answered(self, operations: &mut Operations, reply: Reply<Operation>, cx: &mut Shell) {
        if let Ok(operation) = &reply {
            operations.tell_end(operation, cx);
            operations.show(operation, cx);
        }
        if let Some(detail) = operations.detail_of(self.0) {
            detail.fetched.answered(reply, cx.clock);
        }
    }
}

/// A page of the messages of one state, or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadItems {
    pub id: OperationId,
    pub state: Option<ItemState>,
    pub page: PageRequest,
}

impl Request for ReadItems {
    type Owner = Operations;
    type Output = Page<OperationItem>;

    async fn send(&self, client: &Client) -> Reply<Page<OperationItem>> {
        let query = self.page.query().with("state", self.state.map(ItemState::as_str));
        client.operation_items(self.id, &query).await
    }

    fn answered(self, operations: &mut Operations, reply: Reply<Page<OperationItem>>, cx: &mut Shell) {
        match operations.detail_of(self.id) {
            Some(detail) if detail.state == self.state => detail.items.answered(&self.page, reply, cx.clock),
            Some(detail) => detail.items.dropped(),
            None => {}
        }
    }
}
