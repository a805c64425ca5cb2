//! The catalogue as buyers find it: search, why an item ranks, labels, places, withdrawals; the state of the search index.

mod acts;
mod cli;
mod export_cli;
mod requests;
mod search_cli;
#[cfg(test)]
mod tests;
mod texts;
mod view;

use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use tradepost_common::catalog::Entry as CatalogueEntry;
use tradepost_common::overview::Role;
use tradepost_common::sales::{Product, ProductKind};
use tradepost_common::search::{FoundItem, SearchDifferences, SearchStatus};
use uuid::Uuid;

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::export;
use crate::fetched::Fetched;
use crate::list::{AnyList, List};
use crate::shell::{Action, Entry, Handled, Hint, Page, Screen, Shell};
use crate::theme::Tone;
use requests::{Explain, Find, ReadEntry, ReadSearch, Rebuild, Verify};
use texts::TextRow;

/// The search is in no event: its state is read again after this.
const REFRESH: Duration = Duration::from_secs(5);
/// Items that are shown of what was found.
const FOUND: usize = 100;

static PAGES: [Page; 1] = [Page::letter("catalogue", 'c', "Catalogue")];

/// The list that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pane {
    Found,
    Search,
}

pub struct Catalogue {
    /// The text that is searched for.
    typed: String,
    found: List<FoundItem>,
    /// The text that `found` is for.
    answer: Fetched<String>,
    entry: Fetched<CatalogueEntry>,
    /// The item that `entry` was asked for.
    entry_of: Option<Uuid>,
    /// The arithmetic of the rank of an item.
    why: Option<(Uuid, Vec<String>)>,
    status: Fetched<SearchStatus>,
    differences: Option<SearchDifferences>,
    texts: List<TextRow>,
    pane: Pane,
    asked_at: Option<Instant>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self {
            typed: String::new(),
            found: List::default(),
            answer: Fetched::default(),
            entry: Fetched::default(),
            entry_of: None,
            why: None,
            status: Fetched::default(),
            differences: None,
            texts: List::default(),
            pane: Pane::Found,
            asked_at: None,
        }
    }
}

impl Catalogue {
    /// The item under the cursor.
    fn target(&self) -> Option<Product> {
        let item = self.found.selected().filter(|_| self.pane == Pane::Found)?;
        Some(ProductKind::Item.with(item.id))
    }

    /// The entry of the item under the cursor, once it is here.
    fn entry(&self) -> Option<&CatalogueEntry> {
        let product = self.target()?;
        self.entry.value.as_ref().filter(|entry| entry.id == product.id)
    }

    /// Something about an item changed.
    fn changed(&mut self) {
        self.answer.invalidate();
        self.entry_of = None;
    }

    fn explain(&mut self, cx: &mut Shell) {
        match self.target() {
            Some(product) => cx.read(Explain(product.id, self.typed.clone())),
            None => cx.say(Tone::Dim, "No item"),
        }
    }

    fn rebuild(&mut self, cx: &mut Shell) {
        if cx.may_write(Role::Operator) {
            cx.write(Rebuild);
            cx.say(Tone::Dim, "Asking for a rebuild …");
        }
    }

    fn verify(&mut self, cx: &mut Shell) {
        cx.read(Verify);
        cx.say(Tone::Dim, "Comparing the index with the catalogue …");
    }
}

impl Screen for Catalogue {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        self.draw_page(canvas, area, cx);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match (action, self.pane) {
            (Action::OtherPane, Pane::Found) => self.pane = Pane::Search,
            (Action::OtherPane, Pane::Search) => self.pane = Pane::Found,
            (Action::Letter('E'), Pane::Found) => self.explain(cx),
            (Action::Letter('L'), Pane::Found) => self.ask_labels(cx),
            (Action::Letter('B'), Pane::Found) => self.ask_standing(cx),
            (Action::Letter('X'), Pane::Found) => self.ask_withdrawal(cx),
            (Action::Letter('R'), Pane::Search) => self.rebuild(cx),
            (Action::Letter('P'), Pane::Search) => self.verify(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        Some(match self.pane {
            Pane::Found => &mut self.found,
            Pane::Search => &mut self.texts,
        })
    }

    fn search(&self, _cx: &Shell) -> Option<String> {
        (self.pane == Pane::Found).then(|| self.typed.clone())
    }

    fn set_search(&mut self, text: &str, _cx: &mut Shell) {
        text.clone_into(&mut self.typed);
        self.why = None;
        self.answer.invalidate();
    }

    fn read(&mut self, cx: &mut Shell) {
        let now = cx.clock.instant;
        if self.asked_at.is_none_or(|at| now.duration_since(at) >= REFRESH) {
            self.asked_at = Some(now);
            self.status.invalidate();
        }
        if self.status.is_wanted(0) {
            cx.read(ReadSearch);
        }
        if self.answer.is_wanted(0) {
            cx.read(Find(self.typed.clone()));
        }
        if let Some(product) = self.target()
            && self.entry_of != Some(product.id)
        {
            self.entry_of = Some(product.id);
            cx.read(ReadEntry(product));
        }
    }

    fn read_at(&self, _cx: &Shell) -> Option<Instant> {
        match self.pane {
            Pane::Found => self.answer.read_at,
            Pane::Search => self.status.read_at,
        }
    }

    fn detail(&self, _cx: &Shell) -> Option<Document> {
        match self.pane {
            Pane::Found => {
                let item = self.found.selected()?;
                let why = self.why.as_ref().filter(|(id, _)| *id == item.id);
                Some(view::document(
                    item,
                    self.entry(),
                    why.map(|(_, lines)| lines.as_slice()),
                ))
            }
            Pane::Search => self.texts.selected().map(texts::document),
        }
    }

    fn lines_above(&self, _cx: &Shell) -> usize {
        view::LINES_ABOVE
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        let own: &[Hint] = match self.pane {
            Pane::Found => &[
                ("/", "search"),
                ("E", "why here"),
                ("L", "labels"),
                ("B", "pin, bury"),
                ("X", "withdraw"),
                ("Tab", "index"),
            ],
            Pane::Search => &[("P", "verify"), ("R", "rebuild"), ("Tab", "items")],
        };
        let common = [
            ("W", "arm writing"),
            ("y", "copy"),
            ("e", "export"),
            ("?", "help"),
            ("q", "quit"),
        ];
        own.iter().copied().chain(common).collect()
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[
            ("/", "search as the public does; an empty text shows the most popular"),
            ("E", "the arithmetic of the rank"),
            ("L", "category, tags and styles (operators, after W)"),
            (
                "B",
                "pin before all others or bury behind them, with a reason (operators, after W)",
            ),
            ("X", "withdraw the item, with a reason (operators, after W)"),
            ("Tab", "the search index, and texts that found nothing or slowly"),
            ("P", "on the index: compare it with the catalogue"),
            ("R", "on the index: build it again (operators, after W)"),
        ]
    }

    fn export(&self, _cx: &Shell) -> Option<String> {
        match self.pane {
            Pane::Found => export::rows(&self.found),
            Pane::Search => export::rows(&self.texts),
        }
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        vec![
            Entry::new("verify the search index", "P", Self::verify),
            Entry::new("rebuild the search index", "R", Self::rebuild),
        ]
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.status.invalidate();
        self.answer.invalidate();
        self.entry_of = None;
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![
            Subcommand::new::<cli::CatalogueArgs>(),
            Subcommand::new::<search_cli::SearchArgs>(),
        ]
    }
}
