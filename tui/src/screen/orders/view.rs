//! The list, and the order under the cursor in full.

use ratatui::layout::Rect;
use time::OffsetDateTime;
use tradepost_common::ids::OrderId;
use tradepost_common::money::{amount, money};
use tradepost_common::orders::{OrderColumn, OrderRow, OrderState};

use super::Orders;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for OrderRow {
    type Id = OrderId;

    fn id(&self) -> OrderId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<OrderRow>;

static COLUMNS: [Col; 9] = [
    Col::left(
        "STATE",
        Width::Fixed(8),
        |o, _| state(o.state),
        |o| Key::text(o.state.as_str()),
    )
    .sorted_as(OrderColumn::State.as_str()),
    Col::left(
        "ACCOUNT",
        Width::Grow(10),
        |o, _| Cell::plain(&o.account),
        |o| Key::text(&o.account),
    )
    .sorted_as(OrderColumn::Account.as_str()),
    Col::right(
        "TOTAL",
        Width::Fixed(8),
        |o, _| Cell::plain(amount(o.total_minor, &o.currency)),
        |o| Key::count(o.total_minor),
    )
    .sorted_as(OrderColumn::Total.as_str()),
    Col::left(
        "CUR",
        Width::Fixed(3),
        |o, _| Cell::dim(&o.currency),
        |o| Key::text(&o.currency),
    ),
    Col::right(
        "PRODUCTS",
        Width::Fixed(8),
        |o, _| Cell::number(o.products, Tone::Plain),
        |o| Key::count(o.products),
    )
    .sorted_as(OrderColumn::Products.as_str())
    .rank(2),
    Col::left(
        "PLACED (UTC)",
        Width::Fixed(14),
        |o, _| Cell::dim(format::stamp(o.placed_at)),
        |o| Key::time(o.placed_at),
    )
    .sorted_as(OrderColumn::Placed.as_str()),
    Col::right("TOOK", Width::Fixed(6), took, |o| Key::time(o.placed_at)).sorted_as(OrderColumn::Took.as_str()),
    Col::left(
        "NOTE",
        Width::Grow(10),
        |o, _| Cell::dim(o.note.as_deref().unwrap_or("-")),
        |o| Key::text(o.note.as_deref().unwrap_or_default()),
    )
    .rank(1),
    Col::left(
        "ID",
        Width::Fixed(36),
        |o, _| Cell::dim(o.id.to_string()),
        |o| Key::text(o.id.to_string()),
    )
    .rank(3),
];

/// The word and tone of a state.
pub fn state(state: OrderState) -> Cell {
    let tone = match state {
        OrderState::Paid => Tone::Good,
        OrderState::Refunded | OrderState::Disputed => Tone::Warn,
        OrderState::Failed | OrderState::ChargedBack => Tone::Bad,
        _ => Tone::Accent,
    };
    Cell::new(state.as_str(), tone)
}

/// The time from the order to its settlement, which goes on while there is none.
fn took(order: &OrderRow, now: OffsetDateTime) -> Cell {
    let until = order.settled_at.unwrap_or(now);
    let words = format::took((until - order.placed_at).as_seconds_f64());
    match order.settled_at {
        Some(_) => Cell::dim(words),
        None => Cell::new(words, Tone::Warn),
    }
}

impl Orders {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, table) = split_top(area, 1);
        canvas.heading(head, &format!("Orders {}", listing::paged_position(&self.paged)));
        let empty = self.paged.when_empty("No orders");
        cx.rows_area = listing::draw(canvas, table, &mut self.paged.list, &Look::new(cx.clock.utc, &empty));
    }

    /// The order under the cursor.
    pub fn document(&self, cx: &Shell) -> Option<Document> {
        let order = self.paged.list.selected()?;
        let mut document = Document::new(format!("Order of {}", order.account));
        for (name, value) in facts(order) {
            document.fact(name, value);
        }
        if order.state == OrderState::Placed {
            let waits = format::ago(order.placed_at, cx.clock.utc);
            document.words(format!("waits for {waits} to be settled"), Tone::Warn);
        }
        Some(document)
    }
}

/// An order as names and values, for the screen and the command line.
pub fn facts(order: &OrderRow) -> Vec<(&'static str, String)> {
    let moment = |at: OffsetDateTime| format!("{} UTC", format::stamp(at));
    let mut facts = vec![
        ("state", order.state.to_string()),
        ("buyer", order.account.clone()),
        ("total", money(order.total_minor, &order.currency)),
        ("placed", moment(order.placed_at)),
    ];
    facts.extend(order.settled_at.map(|at| ("settled", moment(at))));
    facts.extend(order.refunded_at.map(|at| ("refunded", moment(at))));
    facts.extend(order.note.clone().map(|note| ("note", note)));
    facts.push(("id", order.id.to_string()));
    facts
}
