//! Replies of the daemon, and the next reads.

use std::time::Instant;

use tradepost_common::ids::CaseId;
use tradepost_common::review::CaseDetail;

use super::case::Claim;
use super::requests::{Read, Update};
use super::{Review, case_page};
use crate::client::Reply;
use crate::shell::Shell;
use crate::theme::Tone;

impl Review {
    pub fn update(&mut self, update: Update, cx: &mut Shell) {
        match update {
            Update::Cases(of, page, reply) => self.cases_arrived(cx, &of, &page, reply),
            Update::Case(id, reply) => self.case_arrived(cx, id, reply),
            Update::Viewed(id, reply) => self.viewed(cx, id, reply),
            Update::Source(ask, reply) => self.source_arrived(cx, &ask, reply),
            Update::BulkPlanned(ticket, reply) => self.bulk_planned(cx, ticket, reply),
            Update::Claimed(id, reply) => self.claimed(cx, id, reply),
            Update::Left(id, Ok(())) => self.left(cx, id),
            // A claim that could not be released runs out by itself; the moderator has gone on.
            Update::Left(_, Err(_)) => {}
            Update::Next(reply) => self.next_arrived(cx, reply),
            Update::Decided { case, title, reply } => self.decision_arrived(cx, case, &title, reply),
            Update::Asked { case, title, reply } => self.asked(cx, case, &title, reply),
            Update::Undone(made, results) => self.undone(cx, made, results),
            Update::BulkDone { ticket, act, reply } => self.bulk_done(cx, ticket, &act, reply),
            Update::Unbanned(account, reply) => self.unbanned(cx, &account, reply),
        }
    }

    /// The daemon may have forgotten the claim; it is asked for again.
    pub fn invalidate(&mut self, cx: &mut Shell) {
        self.cases.invalidate();
        if let Some(case) = &mut self.case {
            case.claim = Claim::None;
            case.asked_revision = u64::MAX;
            case.viewed_at = None;
            if let Some(source) = &mut case.source {
                source.ask_again();
            }
        }
        if cx.page == case_page() {
            self.claim_case(cx);
        }
    }

    pub fn read_what_is_shown(&mut self, cx: &mut Shell) {
        if let Some(page) = self.cases_wanted(cx.live.revisions.cases) {
            cx.read(Read::Cases(self.case_query.clone(), page));
        }
        self.peek(cx);
        if cx.page == case_page() {
            if let Some(read) = self.case_wanted(cx) {
                cx.read(read);
            }
            self.read_source(cx);
        }
    }

    /// The time that the queue, or the case on the screen, is of.
    pub fn data_from(&self, cx: &Shell) -> Option<Instant> {
        let revision = cx.live.revisions.cases;
        if cx.page != case_page() {
            return self.cases.data_from(revision, cx.link.heard_at);
        }
        let case = self.case.as_ref()?;
        match case.error.is_some() || case.asked_revision != revision {
            true => case.read_at,
            false => cx.link.confirmed(case.read_at),
        }
    }

    /// The case on the screen, when something changed in any case.
    fn case_wanted(&mut self, cx: &mut Shell) -> Option<Read> {
        let revision = cx.live.revisions.cases;
        let case = self
            .case
            .as_mut()
            .filter(|c| !c.loading && c.asked_revision != revision)?;
        case.loading = true;
        case.asked_revision = revision;
        Some(Read::Case(case.id))
    }

    fn case_arrived(&mut self, cx: &mut Shell, id: CaseId, reply: Reply<Box<CaseDetail>>) {
        let clock = cx.clock;
        self.peeked(id);
        let Some(case) = self.case.as_mut().filter(|c| c.id == id) else {
            if let Ok(detail) = reply {
                self.keep_ahead(id, *detail);
            }
            return;
        };
        case.loading = false;
        match reply {
            Ok(detail) => case.fill(*detail, clock),
            Err(e) => {
                let is_shown = case.detail.is_none();
                case.error = Some(e.to_string());
                if !is_shown {
                    cx.say(Tone::Bad, format!("Case not refreshed: {e}"));
                }
            }
        }
        self.read_next_case(cx);
    }

    fn unbanned(&mut self, cx: &mut Shell, account: &str, reply: Reply<()>) {
        match reply {
            Ok(()) => {
                cx.say(Tone::Good, format!("{account} may upload again"));
                if let Some(case) = &mut self.case {
                    case.asked_revision = u64::MAX;
                }
            }
            Err(e) => cx.say(Tone::Bad, format!("{account}: {e}")),
        }
    }
}
