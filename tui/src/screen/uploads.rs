//! Uploads, newest first, and the trace of one across every stage.

mod attempts;
mod cli;
mod detail;
mod list;
#[cfg(test)]
mod tests;
mod trace;
mod trace_view;

use std::time::Instant;

use ratatui::layout::Rect;
use tradepost_common::Page as Rows;
use tradepost_common::uploads::UploadRow;

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::client::{Client, Reply};
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, PageRequest, Paged};
use crate::shell::{Action, Destination, Handled, Hint, Page, Request, Screen, Shell};
use trace::Trace;

static PAGES: [Page; 2] = [
    Page::tab("uploads", '0', "Uploads", "Upl"),
    Page::below("upload", "uploads"),
];

/// The list.
fn list_page() -> &'static Page {
    &PAGES[0]
}

/// The trace of one upload.
fn trace_page() -> &'static Page {
    &PAGES[1]
}

pub struct Uploads {
    paged: Paged<UploadRow>,
    trace: Option<Trace>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            paged: Paged::searched(First::Newest),
            trace: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ReadUploads(PageRequest);

impl Request for ReadUploads {
    type Owner = Uploads;
    type Output = Rows<UploadRow>;

    async fn send(&self, client: &Client) -> Reply<Rows<UploadRow>> {
        client.uploads(&self.0.query()).await
    }

    fn answered(self, uploads: &mut Uploads, reply: Reply<Rows<UploadRow>>, cx: &mut Shell) {
        uploads.paged.answered(&self.0, reply, cx.clock);
    }
}

impl Uploads {
    /// The trace, while it is the page that is shown.
    fn shown_trace(&self, page: &Page) -> Option<&Trace> {
        self.trace.as_ref().filter(|_| page == trace_page())
    }

    fn shown_trace_mut(&mut self, page: &Page) -> Option<&mut Trace> {
        self.trace.as_mut().filter(|_| page == trace_page())
    }

    /// Reads the trace of the upload under the cursor, one after the other while the cursor moves.
    fn follow(&mut self, cx: &mut Shell) {
        let Some(id) = self.paged.list.selected().map(|upload| upload.id) else {
            return;
        };
        if self
            .trace
            .as_ref()
            .is_none_or(|trace| trace.id != id && !trace.fetched.is_loading())
        {
            self.trace = Some(Trace::new(id));
        }
        if let Some(trace) = self.trace.as_mut().filter(|trace| trace.id == id) {
            trace.read(cx);
        }
    }

    fn show_trace(&mut self, id: tradepost_common::ids::UploadId, cx: &mut Shell) {
        if self.trace.as_ref().is_none_or(|trace| trace.id != id) {
            self.trace = Some(Trace::new(id));
        }
        cx.go(trace_page());
    }
}

impl Screen for Uploads {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        match self.shown_trace_mut(cx.page) {
            Some(trace) => trace.draw(canvas, area, cx),
            None => self.draw_list(canvas, area, cx),
        }
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match (action, self.shown_trace_mut(cx.page)) {
            (Action::OtherPane, Some(trace)) => trace.turn_pane(),
            (Action::Open, None) => {
                if let Some(id) = self.paged.list.selected().map(|upload| upload.id) {
                    self.show_trace(id, cx);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list(&mut self, page: &Page) -> Option<&mut dyn AnyList> {
        match page == trace_page() {
            true => self.trace.as_mut().map(Trace::list),
            false => Some(&mut self.paged.list),
        }
    }

    fn read(&mut self, cx: &mut Shell) {
        if let Some(trace) = self.shown_trace_mut(cx.page) {
            trace.read(cx);
            return;
        }
        if let Some(page) = self.paged.wanted(cx.live.revisions.uploads) {
            cx.read(ReadUploads(page));
        }
        if cx.has_side_pane {
            self.follow(cx);
        }
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        let (revision, heard_at) = (cx.live.revisions.uploads, cx.link.heard_at);
        match self.shown_trace(cx.page) {
            Some(trace) => trace.fetched.data_from(revision, heard_at),
            None => self.paged.data_from(revision, heard_at),
        }
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        match self.shown_trace(cx.page) {
            Some(trace) if cx.has_side_pane => trace.row_document(),
            Some(_) => None,
            None => self.document(cx),
        }
    }

    fn hints(&self, cx: &Shell) -> Vec<Hint> {
        let mut hints = match self.shown_trace(cx.page) {
            Some(_) => vec![("Esc", "back"), ("Tab", "pane"), ("/", "filter"), ("y", "copy")],
            None => vec![("Enter", "trace"), ("/", "filter"), ("s", "sort"), ("p", "freeze")],
        };
        hints.extend([("e", "export"), ("?", "help"), ("q", "quit")]);
        hints
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        match self.shown_trace(cx.page) {
            Some(trace) => trace.fetched.value.as_ref().and_then(export::pretty),
            None => export::rows(&self.paged.list),
        }
    }

    fn enter(&mut self, cx: &mut Shell) {
        if cx.page == trace_page() && self.trace.is_none() {
            cx.go(list_page());
        }
    }

    fn help(&self, page: &Page) -> &'static [Hint] {
        match page == trace_page() {
            true => &[("Tab", "findings or failed attempts")],
            false => &[("Enter", "trace of the upload: stages, findings, attempts")],
        }
    }

    fn open(&mut self, destination: &Destination, cx: &mut Shell) -> Handled {
        let Destination::Upload(id) = destination else {
            return Handled::No;
        };
        self.show_trace(*id, cx);
        Handled::Yes
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.paged.invalidate();
        if let Some(trace) = &mut self.trace {
            trace.fetched.invalidate();
        }
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::UploadsArgs>()]
    }
}
