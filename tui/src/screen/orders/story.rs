//! The story of one order: state, request and drawing.

use ratatui::layout::Rect;
use tradepost_common::ids::OrderId;
use tradepost_common::money::money;
use tradepost_common::orders::OrderStory;

use super::Orders;
use super::event::EventRow;
use super::view;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::client::{Client, Reply};
use crate::fetched::Fetched;
use crate::format;
use crate::list::List;
use crate::shell::{Request, Shell};
use crate::theme::Tone;

/// Sets that are listed above the events.
const LINES: usize = 4;

/// One order on the screen.
pub struct Story {
    pub id: OrderId,
    pub fetched: Fetched<OrderStory>,
    pub events: List<EventRow>,
}

impl Story {
    pub fn new(id: OrderId) -> Self {
        Self {
            id,
            fetched: Fetched::default(),
            events: List::default(),
        }
    }

    pub fn read(&mut self, cx: &mut Shell) {
        if self.fetched.is_wanted(0) {
            cx.read(ReadStory(self.id));
        }
    }

    /// Two of facts, the lines, the heading of the events.
    pub fn lines_above(&self) -> usize {
        let lines = self.fetched.value.as_ref().map_or(0, |story| story.view.lines.len());
        3 + lines.min(LINES)
    }

    pub fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, rest) = split_top(area, 1);
        let Some(story) = &self.fetched.value else {
            canvas.heading(head, &format!("Order {}", self.id));
            let words = self.fetched.error.clone().unwrap_or_else(|| "Reading …".to_owned());
            canvas.paragraph(rest, &words, Tone::Dim);
            return;
        };
        let order = &story.view.order;
        canvas.heading(head, &format!("Order of {}", order.account));
        let state = view::state(order.state);
        let facts = format!(
            "  {}  {}  placed {} UTC",
            money(order.total_minor, &order.currency),
            format::plural(order.products, "product", "products"),
            format::stamp(order.placed_at)
        );
        let (line, rest) = split_top(rest, 1);
        canvas.put_spans(line, &[(state.text, state.tone), (facts, Tone::Plain)]);
        let (line, mut rest) = split_top(rest, 1);
        canvas.line(line, &format!("id {}", order.id), Tone::Dim);
        let lines = &story.view.lines;
        for (at, sold) in lines.iter().take(LINES).enumerate() {
            let (line, below) = split_top(rest, 1);
            rest = below;
            let price = money(sold.price_minor, &order.currency);
            let more = match at + 1 == LINES && lines.len() > LINES {
                true => format!("  and {} more", lines.len() - LINES),
                false => String::new(),
            };
            let words = format!(
                "  {price:>12}  {} by {}, {}{more}",
                sold.name, sold.contributor, sold.licence
            );
            canvas.line(line, &words, Tone::Plain);
        }
        let (line, table) = split_top(rest, 1);
        canvas.heading(line, &format!("Events {}", listing::position(&self.events)));
        cx.rows_area = listing::draw(canvas, table, &mut self.events, &Look::new(cx.clock.utc, "No events"));
    }

    /// The event under the cursor.
    pub fn document(&self) -> Option<Document> {
        let row = self.events.selected()?;
        let event = &row.event;
        let mut document = Document::new(format!("{}: {}", event.source, event.what));
        document.fact("at", format!("{} UTC", format::stamp(event.at)));
        for detail in &event.details {
            document.words(detail, if event.is_fault { Tone::Bad } else { Tone::Plain });
        }
        Some(document)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadStory(pub OrderId);

impl Request for ReadStory {
    type Owner = Orders;
    type Output = OrderStory;

    async fn send(&self, client: &Client) -> Reply<OrderStory> {
        client.order_story(self.0).await
    }

    fn answered(self, orders: &mut Orders, reply: Reply<OrderStory>, cx: &mut Shell) {
        let Some(story) = orders.story.as_mut().filter(|story| story.id == self.0) else {
            return;
        };
        if let Ok(answer) = &reply {
            story.events.replace(EventRow::all(&answer.events), cx.clock.utc);
        }
        story.fetched.answered(reply, cx.clock);
    }
}
