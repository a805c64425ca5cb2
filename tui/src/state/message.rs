//! Effects, which the state asks of the outside, and updates, which the outside sends to the state.

use tradepost_common::dead::{DeadDetail, DeadGroups, DeadPage, Edit, EditCheck};
use tradepost_common::ids::{MessageId, OperationId};
use tradepost_common::operations::{NewOperation, Operation, Selection};

use super::{Legacy, requests};
use crate::client::{Client, Reply, Turn};
use crate::paged::PageRequest;
use crate::shell::{Request, Shell};

/// Questions; several are under way at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    Groups(Selection),
    Letters(Selection, PageRequest),
    Letter(MessageId),
    /// The effect an edit would have.
    Check(MessageId, Edit),
    Operation(OperationId),
}

/// Acts; one after the other, in the order of the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
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
    Groups(Selection, Reply<DeadGroups>),
    Letters(Selection, PageRequest, Reply<DeadPage>),
    Letter(MessageId, Reply<Box<DeadDetail>>),
    Checked(MessageId, Reply<EditCheck>),
    Operation(Reply<Operation>),
    Planned(u64, Reply<Operation>),
    Turned(OperationId, Turn, Reply<Operation>),
    Rated(Reply<Operation>),
    EditSent(MessageId, Reply<Operation>),
}

impl Request for Read {
    type Owner = Legacy;
    type Output = Update;

    async fn send(&self, client: &Client) -> Reply<Update> {
        Ok(requests::answer(client, self.clone()).await)
    }

    fn answered(self, owner: &mut Legacy, reply: Reply<Update>, cx: &mut Shell) {
        owner.hear(cx, reply.unwrap_or_else(|_| requests::busy_reply(self)));
    }
}

impl Request for Write {
    type Owner = Legacy;
    type Output = Update;

    async fn send(&self, client: &Client) -> Reply<Update> {
        Ok(requests::perform(client, self.clone()).await)
    }

    fn answered(self, owner: &mut Legacy, reply: Reply<Update>, cx: &mut Shell) {
        if let Some(update) = reply.ok().or_else(|| requests::busy_write(self)) {
            owner.hear(cx, update);
        }
    }
}
