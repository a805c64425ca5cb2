//! Orders, newest first, and the whole story of one.

mod acts;
mod cli;
mod event;
mod story;
#[cfg(test)]
mod tests;
mod view;

use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use tradepost_common::Page as Rows;
use tradepost_common::ids::OrderId;
use tradepost_common::orders::OrderRow;

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::client::{Client, Reply};
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, PageRequest, Paged};
use crate::shell::{Action, Destination, Entry, Handled, Hint, Page, Request, Screen, Shell};
pub use acts::parse_amount;
use story::Story;

/// Orders are in no event: what is shown is read again after this.
const REFRESH: Duration = Duration::from_secs(5);

static PAGES: [Page; 2] = [Page::letter("orders", 'o', "Orders"), Page::below("order", "orders")];

/// The story of one order.
fn story_page() -> &'static Page {
    &PAGES[1]
}

pub struct Orders {
    paged: Paged<OrderRow>,
    asked_at: Option<Instant>,
    story: Option<Story>,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            paged: Paged::searched(First::Newest),
            asked_at: None,
            story: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ReadOrders(PageRequest);

impl Request for ReadOrders {
    type Owner = Orders;
    type Output = Rows<OrderRow>;

    async fn send(&self, client: &Client) -> Reply<Rows<OrderRow>> {
        client.orders(&self.0.query()).await
    }

    fn answered(self, orders: &mut Orders, reply: Reply<Rows<OrderRow>>, cx: &mut Shell) {
        orders.paged.answered(&self.0, reply, cx.clock);
    }
}

impl Orders {
    fn shown_story(&self, page: &Page) -> Option<&Story> {
        self.story.as_ref().filter(|_| page == story_page())
    }

    fn shown_story_mut(&mut self, page: &Page) -> Option<&mut Story> {
        self.story.as_mut().filter(|_| page == story_page())
    }

    fn show(&mut self, id: OrderId, cx: &mut Shell) {
        if self.story.as_ref().is_none_or(|story| story.id != id) {
            self.story = Some(Story::new(id));
        }
        cx.go(story_page());
    }

    /// The order that keys are for: of the page that is shown, or under the cursor.
    fn target(&self, cx: &Shell) -> Option<&OrderRow> {
        match self.shown_story(cx.page) {
            Some(story) => story.fetched.value.as_ref().map(|story| &story.view.order),
            None => self.paged.list.selected(),
        }
    }

    /// An order changed: everything is read again.
    fn changed(&mut self) {
        self.paged.invalidate();
        if let Some(story) = &mut self.story {
            story.fetched.invalidate();
        }
    }
}

impl Screen for Orders {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        match self.shown_story_mut(cx.page) {
            Some(story) => story.draw(canvas, area, cx),
            None => self.draw_list(canvas, area, cx),
        }
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match action {
            Action::Open if self.shown_story(cx.page).is_none() => {
                if let Some(id) = self.paged.list.selected().map(|order| order.id) {
                    self.show(id, cx);
                }
            }
            Action::Letter('R') => self.ask_refund(cx),
            Action::Letter('C') => self.ask_credit(cx),
            Action::Letter('M') => self.mail_receipt(cx),
            Action::Letter('D') => self.reset_downloads(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list(&mut self, page: &Page) -> Option<&mut dyn AnyList> {
        match page == story_page() {
            true => self.story.as_mut().map(|story| &mut story.events as &mut dyn AnyList),
            false => Some(&mut self.paged.list),
        }
    }

    fn read(&mut self, cx: &mut Shell) {
        let now = cx.clock.instant;
        let is_due = self.asked_at.is_none_or(|at| now.duration_since(at) >= REFRESH);
        if is_due {
            self.asked_at = Some(now);
            self.changed();
        }
        if let Some(story) = self.shown_story_mut(cx.page) {
            story.read(cx);
        } else if let Some(page) = self.paged.wanted(0) {
            cx.read(ReadOrders(page));
        }
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        match self.shown_story(cx.page) {
            Some(story) => story.fetched.read_at,
            None => self.paged.read_at,
        }
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        match self.shown_story(cx.page) {
            Some(story) => story.document(),
            None => self.document(cx),
        }
    }

    fn lines_above(&self, cx: &Shell) -> usize {
        self.shown_story(cx.page).map_or(0, Story::lines_above)
    }

    fn hints(&self, cx: &Shell) -> Vec<Hint> {
        let mut hints = match self.shown_story(cx.page) {
            Some(_) => vec![("Esc", "back"), ("R", "refund"), ("C", "credit"), ("M", "receipt")],
            None => vec![("Enter", "story"), ("R", "refund"), ("C", "credit"), ("s", "sort")],
        };
        hints.extend([
            ("W", "arm writing"),
            ("/", "filter"),
            ("y", "copy id"),
            ("e", "export"),
            ("?", "help"),
            ("q", "quit"),
        ]);
        hints
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        match self.shown_story(cx.page) {
            Some(story) => story.fetched.value.as_ref().and_then(export::pretty),
            None => export::rows(&self.paged.list),
        }
    }

    fn enter(&mut self, cx: &mut Shell) {
        if cx.page == story_page() && self.story.is_none() {
            cx.go(&PAGES[0]);
        }
    }

    fn help(&self, page: &Page) -> &'static [Hint] {
        match page == story_page() {
            true => &[
                ("R", "refund the order, with a reason (operators, after W)"),
                ("C", "give the buyer store credit (operators, after W)"),
                ("M", "mail the receipt again (operators, after W)"),
                (
                    "D",
                    "let it be downloaded anew, whatever its limit (operators, after W)",
                ),
            ],
            false => &[
                ("Enter", "story of the order: states, postings, failed messages, acts"),
                ("R", "refund the order, with a reason (operators, after W)"),
                ("C", "give the buyer store credit (operators, after W)"),
                ("M", "mail the receipt again (operators, after W)"),
                (
                    "D",
                    "let it be downloaded anew, whatever its limit (operators, after W)",
                ),
            ],
        }
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        vec![
            Entry::new("refund the order", "R", Self::ask_refund),
            Entry::new("give the buyer store credit", "C", Self::ask_credit),
            Entry::new("mail the receipt again", "M", Self::mail_receipt),
            Entry::new("let it be downloaded anew", "D", Self::reset_downloads),
        ]
    }

    fn open(&mut self, destination: &Destination, cx: &mut Shell) -> Handled {
        let Destination::Order(id) = destination else {
            return Handled::No;
        };
        self.show(*id, cx);
        Handled::Yes
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.changed();
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::OrdersArgs>()]
    }
}
