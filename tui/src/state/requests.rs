//! Questions and acts, and the requests they are.

use crate::client::{Client, Failure};
use crate::paged::PAGE;
use crate::query::Query;
use crate::state::message::{Read, Update, Write};

pub async fn answer(client: &Client, read: Read) -> Update {
    match read {
        Read::Groups(of) => {
            let reply = client.dead_groups(&Query::selecting(&of)).await;
            Update::Groups(of, reply)
        }
        Read::Letters(of, ask) => {
            let query = Query::selecting(&of)
                .with("cursor", ask.cursor.clone())
                .with("limit", Some(PAGE));
            let reply = client.dead_letters(&query).await;
            Update::Letters(of, ask, reply)
        }
        Read::Letter(id) => Update::Letter(id, client.dead_letter(id).await.map(Box::new)),
        Read::Check(id, edit) => Update::Checked(id, client.check_edit(id, &edit).await),
        Read::Operation(id) => Update::Operation(client.operation(id).await),
    }
}

pub async fn perform(client: &Client, write: Write) -> Update {
    match write {
        Write::Plan { ticket, new } => Update::Planned(ticket, client.plan(&new).await),
        Write::Turn(id, turn) => Update::Turned(id, turn, client.turn_operation(id, turn).await),
        Write::Rate(id, rate) => Update::Rated(client.set_rate(id, rate).await),
        Write::Edit(id, edit) => Update::EditSent(id, client.send_edit(id, &edit).await),
    }
}

/// The update after an act, with a view that waits for it, could not be sent.
pub fn busy_write(write: Write) -> Option<Update> {
    let busy = || Failure::Unreachable("too much is waiting; try again".to_owned());
    match write {
        Write::Plan { ticket, .. } => Some(Update::Planned(ticket, Err(busy()))),
        Write::Turn(id, turn) => Some(Update::Turned(id, turn, Err(busy()))),
        Write::Edit(id, _) => Some(Update::EditSent(id, Err(busy()))),
        _ => None,
    }
}

/// The update after a request could not be sent.
pub fn busy_reply(read: Read) -> Update {
    let busy = || Failure::Unreachable("too much is waiting; try again".to_owned());
    match read {
        Read::Groups(of) => Update::Groups(of, Err(busy())),
        Read::Letters(of, ask) => Update::Letters(of, ask, Err(busy())),
        Read::Letter(id) => Update::Letter(id, Err(busy())),
        Read::Check(id, _) => Update::Checked(id, Err(busy())),
        Read::Operation(_) => Update::Operation(Err(busy())),
    }
}
