//! The panes, and found items as rows.

use ratatui::layout::Rect;
use tradepost_common::catalog::{Entry, Standing};
use tradepost_common::search::{FoundItem, SearchDifferences, SearchStatus};
use uuid::Uuid;

use super::{Catalogue, Pane};
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::shell::Shell;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for FoundItem {
    type Id = Uuid;

    fn id(&self) -> Uuid {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<FoundItem>;

static COLUMNS: [Col; 6] = [
    Col::left(
        "TITLE",
        Width::Grow(18),
        |item, _| Cell::plain(&item.title),
        |item| Key::text(&item.title),
    ),
    Col::right(
        "SCORE",
        Width::Fixed(8),
        |item, _| Cell::plain(format!("{:.2}", item.score)),
        |item| Key::Number(item.score.into()),
    ),
    Col::left(
        "CONTRIBUTOR",
        Width::Grow(10),
        |item, _| Cell::plain(&item.contributor),
        |item| Key::text(&item.contributor),
    )
    .rank(1),
    Col::left(
        "CATEGORY",
        Width::Grow(8),
        |item, _| Cell::dim(item.category.as_deref().unwrap_or("-")),
        |item| Key::text(item.category.as_deref().unwrap_or_default()),
    )
    .rank(2),
    Col::left(
        "SET",
        Width::Grow(10),
        |item, _| Cell::dim(set(item)),
        |item| Key::text(set(item)),
    )
    .rank(3),
    Col::left(
        "TAGS",
        Width::Grow(10),
        |item, _| Cell::dim(item.tags.join(" ")),
        |item| Key::text(item.tags.join(" ")),
    )
    .rank(4),
];

fn set(item: &FoundItem) -> String {
    format!("{} / {}", item.family, item.set)
}

/// An item in full: what it is found by, its counts, its place, and the arithmetic of its rank.
pub fn document(item: &FoundItem, entry: Option<&Entry>, why: Option<&[String]>) -> Document {
    let mut document = Document::new(&item.title);
    document.fact("set", set(item));
    document.fact("contributor", &item.contributor);
    if let Some(entry) = entry {
        standing(&mut document, entry);
        let counts = entry.counts;
        let plural = format::plural;
        document.fact(
            "counts",
            format!(
                "{}, {}, {}, {}",
                plural(counts.views, "view", "views"),
                plural(counts.downloads, "download", "downloads"),
                plural(counts.favourites, "favourite", "favourites"),
                plural(counts.sales, "sale", "sales")
            ),
        );
        document.fact("popularity", format!("worth {:.1} views of today", entry.popularity));
        document.fact("found by", entry.facets.join(" "));
    }
    if let Some(lines) = why {
        document.heading("Rank");
        for line in lines {
            document.spans(vec![(line.clone(), Tone::Plain)]);
        }
    }
    document
}

fn standing(document: &mut Document, entry: &Entry) {
    let reason = entry.reason.as_deref().unwrap_or_default();
    match entry.standing {
        Standing::Normal => {}
        Standing::Pinned => document.fact_in("place", format!("PINNED before all others: {reason}"), Tone::Accent),
        Standing::Buried => document.fact_in("place", format!("BURIED behind all others: {reason}"), Tone::Warn),
    }
}

/// The outcome of a comparison of index and catalogue.
pub fn outcome(differences: &SearchDifferences) -> (String, Tone) {
    let indexed = format::count(differences.indexed.cast_signed());
    match (differences.missing, differences.withdrawn) {
        (0, 0) => (format!("The index is right: {indexed} items"), Tone::Good),
        (missing, withdrawn) => {
            let words = format!("The index is WRONG: {missing} missing, {withdrawn} withdrawn, of {indexed}");
            (words, Tone::Bad)
        }
    }
}

/// Lines of the state of the index, and the panes.
pub const LINES_ABOVE: usize = 3;

/// The state of the index in lines: freshness and size; the rebuild that runs, or the machines.
pub fn lines(status: &SearchStatus) -> Vec<Spans> {
    let (fresh, tone) = match status.waiting {
        0 => ("INDEX IS FRESH".to_owned(), Tone::Good),
        n => {
            let changes = format::plural(n.cast_signed(), "change waits", "changes wait");
            let late = format::took(status.lag_seconds);
            let tone = if status.lag_seconds > 10.0 {
                Tone::Bad
            } else {
                Tone::Warn
            };
            (format!("INDEX IS {late} BEHIND: {changes}"), tone)
        }
    };
    let size = format!(
        "  {} in {}, {}, {}",
        format::plural(status.documents.cast_signed(), "item", "items"),
        format::plural(status.segments.cast_signed(), "segment", "segments"),
        format::bytes(status.size_bytes.cast_signed()),
        format::plural(
            status.synonyms.cast_signed(),
            "word with synonyms",
            "words with synonyms"
        )
    );
    let second = match (&status.rebuild, status.machines.len() as i64) {
        (Some(rebuild), _) => {
            let percent = rebuild.done * 100 / rebuild.of.max(1);
            let words = format!("rebuilding: {} of {} items ({percent} %)", rebuild.done, rebuild.of);
            vec![(words, Tone::Accent)]
        }
        (None, 0 | 1) => vec![("this machine serves the search alone".to_owned(), Tone::Dim)],
        (None, n) => {
            let behind = status.machines.iter().filter(|machine| machine.waiting > 0).count();
            let words = format!("{n} machines serve the search, {behind} of them behind");
            vec![(words, Tone::Plain)]
        }
    };
    vec![vec![(fresh, tone), (size, Tone::Plain)], second]
}

impl Catalogue {
    pub fn draw_page(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, mut rest) = split_top(area, 1);
        canvas.heading(head, "Catalogue");
        match &self.status.value {
            Some(status) => {
                for spans in lines(status) {
                    let (line, below) = split_top(rest, 1);
                    canvas.put_spans(line, &spans);
                    rest = below;
                }
            }
            None => {
                let words = self.status.error.clone().unwrap_or_else(|| "Reading …".to_owned());
                let used = canvas.paragraph(rest, &words, Tone::Dim);
                rest = split_top(rest, used).1;
            }
        }
        let (head, table) = split_top(rest, 1);
        canvas.heading(head, &self.pane_title());
        let now = cx.clock.utc;
        cx.rows_area = match self.pane {
            Pane::Found => {
                let empty = match (&self.answer.error, self.answer.is_loading()) {
                    (Some(error), _) => error.clone(),
                    (None, true) => "Searching …".to_owned(),
                    (None, false) => "Nothing was found: / searches for something else".to_owned(),
                };
                listing::draw(canvas, table, &mut self.found, &Look::new(now, &empty))
            }
            Pane::Search => {
                let empty = "Everything that was searched for in the last day was found, and quickly";
                listing::draw(canvas, table, &mut self.texts, &Look::new(now, empty))
            }
        };
    }

    fn pane_title(&self) -> String {
        let searched = match self.typed.as_str() {
            "" => "the most popular".to_owned(),
            typed => format!("\"{typed}\""),
        };
        match self.pane {
            Pane::Found => format!("[Items] Search  {searched}  {}", listing::position(&self.found)),
            Pane::Search => {
                let verified = self.differences.as_ref().map(|found| outcome(found).0);
                let verified = verified.unwrap_or_else(|| "not verified: P".to_owned());
                format!("Items  [Search] {verified}  {}", listing::position(&self.texts))
            }
        }
    }
}
