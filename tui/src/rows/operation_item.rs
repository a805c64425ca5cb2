//! Messages of an operation as rows.

use tradepost_common::ids::MessageId;
use tradepost_common::operations::{ItemState, OperationItem};

use crate::format;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for OperationItem {
    type Id = MessageId;

    fn id(&self) -> MessageId {
        self.message_id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<OperationItem>;

static COLUMNS: [Col; 6] = [
    Col::left(
        "MESSAGE",
        Width::Fixed(36),
        |i, _| Cell::plain(i.message_id.to_string()),
        |i| Key::text(i.message_id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "STATE",
        Width::Fixed(9),
        |i, _| item_state(i.state),
        |i| Key::count(i.state as i64),
    ),
    Col::left(
        "QUEUE",
        Width::Fixed(7),
        |i, _| Cell::plain(&i.queue),
        |i| Key::text(&i.queue),
    )
    .rank(2),
    Col::left(
        "FILE",
        Width::GrowPath(16),
        |i, _| Cell::plain(i.subject.as_deref().unwrap_or("-")),
        |i| Key::text(i.subject.clone().unwrap_or_default()),
    ),
    Col::right(
        "AGE",
        Width::Fixed(6),
        |i, now| Cell::dim(format::ago(i.at, now)),
        |i| Key::time(i.at),
    )
    .rank(1),
    Col::left(
        "REASON",
        Width::Grow(24),
        |i, _| Cell::plain(i.reason.as_deref().unwrap_or("")),
        |i| Key::text(i.reason.clone().unwrap_or_default()),
    ),
];

/// The word of a message's state; capitals for what failed.
pub fn item_state(state: ItemState) -> Cell {
    match state {
        ItemState::Failed => Cell::new("FAILED", Tone::Bad),
        ItemState::LeftOut => Cell::new("skipped", Tone::Warn),
        ItemState::Done => Cell::new("done", Tone::Good),
        ItemState::Sent => Cell::new("sent", Tone::Accent),
        ItemState::Discarded => Cell::plain("discarded"),
    }
}
