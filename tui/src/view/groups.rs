//! Screen 3: dead letters by what they died of.

use ratatui::layout::Rect;
use tradepost_common::dead::DeadGroup;

use crate::canvas::listing::paged_suffix;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::state::selected::{Meant, Selected};
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

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
        "AGAIN",
        Width::Fixed(7),
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

/// ` · render · /jail · ALL that match are meant`: what the rows are of.
pub fn selection_in_words<R: Row>(list: &Selected<R>) -> String {
    let mut words = String::new();
    let query = &list.query;
    for part in [&query.queue, &query.fingerprint].into_iter().flatten() {
        words.push_str(&format!(" · {part}"));
    }
    if let Some(text) = &query.text {
        words.push_str(&format!(" · /{text}"));
    }
    if list.meant == Meant::All {
        words.push_str(" · ALL that match are meant");
    }
    if list.paged.is_restarted() {
        words.push_str(" · searching …");
    }
    words
}

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let groups = &mut app.dead.groups;
    let (head, rest) = split_top(area, 1);
    let count = format::count(app.dead.messages);
    let position = listing::position(&groups.paged.list, &paged_suffix(&groups.paged));
    let title = format!(
        "Dead letters: {count} in groups {position}{}",
        selection_in_words(groups)
    );
    canvas.heading(head, &title);
    let (table, detail) = split_top(rest, rest.height.saturating_sub(5));
    let empty = groups
        .paged
        .error
        .clone()
        .unwrap_or_else(|| match groups.paged.read_at {
            None => "reading …".to_owned(),
            Some(_) if groups.query == Default::default() => "no dead letter: everything was done".to_owned(),
            Some(_) => "no dead letter matches; Esc shows all".to_owned(),
        });
    let look = Look {
        now: cx.clock.utc,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    cx.rows_area = listing::draw(canvas, table, &mut groups.paged.list, &look);
    if let Some(group) = groups.paged.list.selected() {
        draw_group(canvas, detail, group);
    }
}

fn draw_group(canvas: &mut Canvas<'_>, area: Rect, group: &DeadGroup) {
    let (head, words) = split_top(area, 1);
    let mut title = format!(
        "{} {}: first {}, last {} UTC",
        group.queue,
        group.fingerprint,
        format::stamp(group.first_died_at),
        format::stamp(group.last_died_at)
    );
    if group.refailed > 0 {
        title.push_str(&format!(", {} failed again", format::count(group.refailed)));
    }
    canvas.heading(head, &title);
    canvas.paragraph(words, &group.error, Tone::Plain);
}
