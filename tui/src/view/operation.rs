//! Screen 4, one operation: where it stands, what was left out and why, what became of its messages.

use ratatui::layout::Rect;
use tradepost_common::ids::MessageId;
use tradepost_common::operations::{ItemState, LeftOut, OperationItem};

use super::facts;
use crate::canvas::listing::paged_suffix;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::state::operations::OperationView;
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
        "WHY",
        Width::Grow(24),
        |i, _| Cell::plain(i.reason.as_deref().unwrap_or("")),
        |i| Key::text(i.reason.clone().unwrap_or_default()),
    ),
];

/// The word of a message's state; capitals for what failed.
fn item_state(state: ItemState) -> Cell {
    match state {
        ItemState::Failed => Cell::new("FAILED", Tone::Bad),
        ItemState::LeftOut => Cell::new("left out", Tone::Warn),
        ItemState::Done => Cell::new("done", Tone::Good),
        ItemState::Sent => Cell::new("sent", Tone::Accent),
        ItemState::Discarded => Cell::plain("discarded"),
    }
}

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let now = cx.clock.utc;
    let Some(view) = &mut app.operations.view else {
        return;
    };
    let (head, rest) = split_top(area, 1);
    let Some(operation) = &view.operation else {
        canvas.heading(head, &format!("Operation {}", view.id));
        let words = view.error.as_deref().unwrap_or("reading …");
        canvas.paragraph(rest, words, Tone::Dim);
        return;
    };
    canvas.heading(head, &facts::title(operation));
    let (place, _) = split_top(rest, 6);
    let used = facts::draw(canvas, place, operation);
    let (_, rest) = split_top(rest, used);
    let rest = draw_left_out(canvas, rest, &operation.left_out);
    cx.rows_area = draw_items(canvas, rest, view, now);
}

/// The commonest reasons.
fn draw_left_out(canvas: &mut Canvas<'_>, area: Rect, left_out: &[LeftOut]) -> Rect {
    let room = usize::from(area.height / 4);
    let mut rest = area;
    for left in left_out.iter().take(room) {
        let (line, below) = split_top(rest, 1);
        rest = below;
        let words = format!("{:>9} left out: {}", format::count(left.messages), left.reason);
        canvas.line(line, &words, Tone::Warn);
    }
    rest
}

fn draw_items(canvas: &mut Canvas<'_>, area: Rect, view: &mut OperationView, now: time::OffsetDateTime) -> Rect {
    let (head, rest) = split_top(area, 1);
    let which = view.state.map_or("all", |state| state.as_str()).replace('_', " ");
    let position = listing::position(&view.items.list, &paged_suffix(&view.items));
    canvas.heading(head, &format!("Messages: {which} {position} · Tab shows others"));
    let empty = view.items.error.clone().unwrap_or_else(|| match view.items.read_at {
        None => "reading …".to_owned(),
        Some(_) => "no message to show: Tab shows others".to_owned(),
    });
    let look = Look {
        now,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    listing::draw(canvas, rest, &mut view.items.list, &look)
}
