//! Dead letters by their error.

use ratatui::layout::Rect;
use tradepost_common::Page;
use tradepost_common::dead::{DeadGroup, DeadGroups};
use tradepost_common::operations::Selection;

use super::selected::{ActsOn, AnySelected};
use super::{DeadLetters, Level};
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::client::{Client, Reply};
use crate::format;
use crate::paged::PageRequest;
use crate::query::Query;
use crate::shell::{Request, Shell};
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

#[derive(Debug, Clone, PartialEq)]
pub struct ReadGroups(pub Selection);

impl Request for ReadGroups {
    type Owner = DeadLetters;
    type Output = DeadGroups;

    async fn send(&self, client: &Client) -> Reply<DeadGroups> {
        client.dead_groups(&Query::selecting(&self.0)).await
    }

    fn answered(self, screen: &mut DeadLetters, reply: Reply<DeadGroups>, cx: &mut Shell) {
        if let Ok(found) = &reply
            && self.0 == screen.groups.query
        {
            screen.messages = found.messages;
        }
        let reply = reply.map(|found| {
            let rows = found.groups;
            (Page::new(rows, None), found.snapshot)
        });
        screen.groups.answered(self.0, &PageRequest::default(), reply, cx);
    }
}

impl DeadLetters {
    pub fn read_groups(&mut self, cx: &mut Shell) {
        if let Some((query, _)) = self.groups.wanted(cx) {
            cx.read(ReadGroups(query));
        }
    }

    pub fn open_groups_of(&mut self, queue: &str, cx: &mut Shell) {
        self.groups.ask_for(Selection {
            queue: Some(queue.to_owned()),
            ..Selection::default()
        });
        cx.go(Level::Groups.page());
    }

    /// The messages of the group under the cursor; of all groups when all that match are selected.
    pub fn open_group(&mut self, cx: &mut Shell) {
        if self.groups.snapshot().is_none() {
            return;
        }
        let mut query = self.groups.query.clone();
        if self.groups.acts_on == ActsOn::Rows {
            let Some(group) = self.groups.paged.list.selected() else {
                return;
            };
            query.queue = Some(group.queue.clone());
            query.fingerprint = Some(group.fingerprint.clone());
        }
        self.letters.ask_for(query);
        cx.go(Level::Letters.page());
    }

    pub fn draw_groups(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let groups = &mut self.groups;
        let (head, table) = split_top(area, 1);
        let count = format::count(self.messages);
        let position = listing::paged_position(&groups.paged);
        let title = format!("Dead letters: {count} in groups {position}{}", groups.in_words());
        canvas.heading(head, &title);
        let empty = groups.paged.when_empty(match groups.query == Selection::default() {
            true => "No dead letters",
            false => "No dead letter matches; Esc shows all",
        });
        cx.rows_area = listing::draw(canvas, table, &mut groups.paged.list, &Look::new(cx.clock.utc, &empty));
    }

    /// The group under the cursor.
    pub fn group_document(&self) -> Option<Document> {
        let group = self.groups.paged.list.selected()?;
        let mut document = Document::new(format!("{} {}", group.queue, group.fingerprint));
        document.words(&group.error, Tone::Bad);
        document.fact("messages", format::count(group.messages));
        if group.refailed > 0 {
            document.fact_in("failed again", format::count(group.refailed), Tone::Warn);
        }
        document.fact("first", format!("{} UTC", format::stamp(group.first_died_at)));
        document.fact("last", format!("{} UTC", format::stamp(group.last_died_at)));
        Some(document)
    }
}

impl Row for DeadGroup {
    type Id = String;

    fn id(&self) -> String {
        format!("{}/{}", self.queue, self.fingerprint)
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<DeadGroup>;

static COLUMNS: [Col; 7] = [
    Col::left(
        "QUEUE",
        Width::Fixed(8),
        |g, _| Cell::plain(&g.queue),
        |g| Key::text(&g.queue),
    ),
    Col::right(
        "MESSAGES",
        Width::Fixed(9),
        |g, _| Cell::number(g.messages, Tone::Bad),
        |g| Key::count(g.messages),
    ),
    Col::right(
        "REFAILED",
        Width::Fixed(8),
        |g, _| Cell::number(g.refailed, Tone::Warn),
        |g| Key::count(g.refailed),
    ),
    Col::right(
        "FIRST",
        Width::Fixed(6),
        |g, now| Cell::dim(format::ago(g.first_died_at, now)),
        |g| Key::time(g.first_died_at),
    )
    .rank(1),
    Col::right(
        "LAST",
        Width::Fixed(6),
        |g, now| Cell::dim(format::ago(g.last_died_at, now)),
        |g| Key::time(g.last_died_at),
    ),
    Col::left(
        "FINGERPRINT",
        Width::Fixed(16),
        |g, _| Cell::dim(&g.fingerprint),
        |g| Key::text(&g.fingerprint),
    )
    .only(Place::Print),
    Col::left(
        "ERROR",
        Width::Grow(24),
        |g, _| Cell::plain(&g.error),
        |g| Key::text(&g.error),
    ),
];
