//! The audit log: who did what, newest first.

mod cli;
#[cfg(test)]
mod tests;
mod view;

use std::time::Instant;

use ratatui::layout::Rect;
use tradepost_common::Page as Rows;
use tradepost_common::audit::AuditRow;

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::client::{Client, Reply};
use crate::export;
use crate::list::AnyList;
use crate::paged::{First, PageRequest, Paged};
use crate::shell::{Hint, Page, Request, Screen, Shell};

static PAGES: [Page; 1] = [Page::tab("audit", '9', "Audit", "Aud")];

pub struct Audit {
    paged: Paged<AuditRow>,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            paged: Paged::searched(First::Newest),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ReadAudit(PageRequest);

impl Request for ReadAudit {
    type Owner = Audit;
    type Output = Rows<AuditRow>;

    async fn send(&self, client: &Client) -> Reply<Rows<AuditRow>> {
        client.audit(&self.0.query()).await
    }

    fn answered(self, audit: &mut Audit, reply: Reply<Rows<AuditRow>>, cx: &mut Shell) {
        audit.paged.answered(&self.0, reply, cx.clock);
    }
}

impl Screen for Audit {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        self.draw_list(canvas, area, cx);
    }

    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        Some(&mut self.paged.list)
    }

    fn read(&mut self, cx: &mut Shell) {
        if let Some(page) = self.paged.wanted(cx.live.revisions.audit) {
            cx.read(ReadAudit(page));
        }
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        self.paged.data_from(cx.live.revisions.audit, cx.link.heard_at)
    }

    fn detail(&self, _cx: &Shell) -> Option<Document> {
        self.document()
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        vec![
            ("Enter", "detail"),
            ("/", "filter"),
            ("s", "sort"),
            ("y", "copy"),
            ("e", "export"),
            ("p", "freeze"),
            ("?", "help"),
            ("q", "quit"),
        ]
    }

    fn export(&self, _cx: &Shell) -> Option<String> {
        export::rows(&self.paged.list)
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.paged.invalidate();
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::AuditArgs>()]
    }
}
