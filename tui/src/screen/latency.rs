//! Latencies of routes, stages, queues, the database pool and the control API.

mod cli;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;

use ratatui::layout::Rect;
use tradepost_common::events::Event;
use tradepost_common::latency::LatencyRow;

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::export;
use crate::list::{AnyList, List};
use crate::shell::{Action, Entry, Handled, Hint, Page, Screen, Shell};
use crate::table::Row;
use crate::theme::Tone;

static PAGES: [Page; 1] = [Page::tab("latency", '5', "Latency", "Lat")];

/// Updates that a row's curve shows.
const REMEMBERED: usize = 100;

#[derive(Default)]
pub struct Latency {
    list: List<LatencyRow>,
    columns: Span,
    /// The p95 of each row in ms since the terminal opened, the latest last.
    history: BTreeMap<String, Vec<u32>>,
}

/// The time that the columns are about, where there is no room for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Span {
    #[default]
    LastMinute,
    SinceStart,
}

impl Latency {
    fn remember(&mut self, latency: &[LatencyRow]) {
        for row in latency {
            let history = self.history.entry(row.id()).or_default();
            if history.len() == REMEMBERED {
                history.remove(0);
            }
            history.push(row.recent.p95_ms.round() as u32);
        }
    }

    fn turn_columns(&mut self, cx: &mut Shell) {
        let words;
        (self.columns, words) = match self.columns {
            Span::LastMinute => (Span::SinceStart, "since the daemon started"),
            Span::SinceStart => (Span::LastMinute, "the last 60 s"),
        };
        cx.say(Tone::Plain, format!("Columns: {words}"));
    }
}

impl Screen for Latency {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        self.draw_list(canvas, area, cx);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        if *action != Action::Columns {
            return Handled::No;
        }
        self.turn_columns(cx);
        Handled::Yes
    }

    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        Some(&mut self.list)
    }

    fn detail(&self, _cx: &Shell) -> Option<Document> {
        self.document()
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        vec![
            ("Enter", "detail"),
            ("s S", "sort"),
            ("c", "columns"),
            ("/", "filter"),
            ("p", "freeze"),
            ("e", "export"),
            ("?", "help"),
            ("q", "quit"),
        ]
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[("c", "columns: the last 60 s, or since the daemon started")]
    }

    fn export(&self, _cx: &Shell) -> Option<String> {
        export::rows(&self.list)
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        vec![Entry::new("columns of latency", "c", Self::turn_columns)]
    }

    fn event(&mut self, event: &Event, cx: &mut Shell) {
        if let Event::Latency { latency } = event {
            self.remember(latency);
            self.list.replace(latency.clone(), cx.clock.utc);
        }
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::LatencyArgs>()]
    }
}
