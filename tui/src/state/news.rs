//! What news from outside do.

use tradepost_common::events::Event;
use tradepost_common::ids::{CaseId, UploadId};
use tradepost_common::review::CaseDetail;
use tradepost_common::uploads::UploadTrace;

use super::case::Claim;
use super::message::{Read, Update};
use super::screen::Screen;
use super::{Legacy, screen};
use crate::client::Reply;
use crate::shell::Shell;
use crate::theme::Tone;
use crate::view::attempts::AttemptRow;
use crate::view::findings::FindingRow;

impl Legacy {
    pub fn hear(&mut self, cx: &mut Shell, update: Update) {
        match update {
            Update::Uploads(ask, Ok(page)) => self.uploads.arrived(&ask, page, cx.clock),
            Update::Uploads(_, Err(e)) => self.uploads.failed(e.to_string(), cx.clock),
            Update::Cases(of, ask, reply) => self.cases_arrived(cx, &of, &ask, reply),
            Update::Trace(id, reply) => self.trace_arrived(cx, id, reply),
            Update::Case(id, reply) => self.case_arrived(cx, id, reply),
            Update::Queue(name, reply) => self.queue_turned(cx, &name, reply),
            Update::Concurrency(name, reply) => self.concurrency_set(cx, &name, reply),
            Update::Groups(of, reply) => self.groups_arrived(cx, of, reply),
            Update::Letters(of, ask, reply) => self.letters_arrived(cx, of, &ask, reply),
            Update::Letter(id, reply) => self.letter_arrived(cx, id, reply),
            Update::Checked(id, reply) => self.checked(id, reply),
            Update::Edited(id, text) => self.edited(cx, id, text),
            Update::EditSent(id, reply) => self.edit_sent(cx, id, reply),
            Update::Operations(ask, Ok(page)) => self.operations.paged.arrived(&ask, page, cx.clock),
            Update::Operations(_, Err(e)) => self.operations.paged.failed(e.to_string(), cx.clock),
            Update::Operation(id, reply) => self.operation_arrived(cx, id, reply),
            Update::Items(ask, reply) => self.items_arrived(cx, &ask, reply),
            Update::Campaigns(ask, reply) => self.campaigns_arrived(cx, &ask, reply),
            Update::Campaign(id, reply) => self.campaign_arrived(cx, id, reply.map(|c| *c)),
            Update::Samples(id, ask, reply) => self.samples_arrived(cx, id, &ask, reply),
            Update::SetAside(id, ask, reply) => self.set_aside_arrived(cx, id, &ask, reply),
            Update::CampaignStepped(step, reply) => self.campaign_stepped(cx, step, reply.map(|c| *c)),
            Update::CampaignRated(reply) => self.campaign_rated(cx, reply.map(|c| *c)),
            Update::CampaignPlanned(reply) => self.campaign_planned(cx, reply.map(|c| *c)),
            Update::Planned(ticket, reply) => self.planned(cx, ticket, reply),
            Update::Turned(id, turn, reply) => self.turned(cx, id, turn, reply),
            Update::Rated(reply) => self.rated(cx, reply),
            Update::Claimed(id, reply) => self.claimed(cx, id, reply),
            Update::Viewed(id, reply) => self.viewed(cx, id, reply),
            Update::Source(ask, reply) => self.source_arrived(cx, &ask, reply),
            // A claim that could not be given back runs out by itself; the moderator has gone on.
            Update::Left(id, reply) => self.left(cx, id, reply.is_ok()),
            Update::Decided { case, title, reply } => self.decision_arrived(cx, case, &title, reply),
            Update::Asked { case, title, reply } => self.asked(cx, case, &title, reply),
            Update::Next(reply) => self.next_arrived(cx, reply),
            Update::Undone(made, results) => self.undone(cx, made, results),
            Update::BulkPlanned(ticket, reply) => self.bulk_planned(cx, ticket, reply),
            Update::BulkDone { ticket, act, reply } => self.bulk_done(cx, ticket, &act, reply),
            Update::Unbanned(account, reply) => self.unbanned(cx, &account, reply),
        }
    }

    pub fn distrust(&mut self, cx: &mut Shell) {
        self.cases.distrust();
        self.uploads.distrust();
        self.distrust_dead();
        self.distrust_operations();
        self.distrust_campaigns();
        if let Some(trace) = &mut self.trace {
            trace.asked_revision = u64::MAX;
        }
        // The daemon may have forgotten the claim; ask for it again.
        if let Some(case) = &mut self.case {
            case.claim = Claim::None;
            case.asked_revision = u64::MAX;
            case.viewed_at = None;
            if let Some(source) = &mut case.source {
                source.ask_again();
            }
        }
        if screen(cx) == Screen::Item {
            self.claim_case(cx);
        }
    }

    pub fn changed(&mut self, cx: &mut Shell, event: &Event) {
        match event {
            Event::Queues { queues } => self.queues.replace(queues.clone(), cx.clock.utc),
            Event::Latency { latency } => self.latency.replace(latency.clone(), cx.clock.utc),
            Event::Operations { operations } => self.operations_changed(cx, operations.clone()),
            Event::Changed(revisions) => {
                // Campaigns are long work, too: one counter tells of both.
                if revisions.operations != self.operations_revision {
                    self.operations_revision = revisions.operations;
                    self.campaigns_changed(cx);
                }
            }
            _ => {}
        }
    }

    /// Asks for whatever the screen shows and does not have, or has in an old version.
    pub fn read_what_is_shown(&mut self, cx: &mut Shell) {
        let revisions = cx.live.revisions;
        let read = match screen(cx) {
            Screen::Uploads => self.uploads.wanted(revisions.uploads).map(Read::Uploads),
            Screen::Review | Screen::Item => {
                let ask = self.cases_wanted(revisions.cases);
                ask.map(|ask| Read::Cases(self.case_query.clone(), ask))
            }
            Screen::Trace => self.trace_wanted(cx),
            _ => self.dead_wanted(cx),
        };
        if let Some(read) = read {
            cx.read(read);
        }
        let mut more = self.operations_wanted(cx);
        more.extend(self.campaigns_wanted(cx));
        for read in more {
            cx.read(read);
        }
        if screen(cx) == Screen::Item {
            let case = self.case_wanted(cx);
            if let Some(case) = case {
                cx.read(case);
            }
            self.read_source(cx);
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

    fn trace_wanted(&mut self, cx: &mut Shell) -> Option<Read> {
        let revision = cx.live.revisions.uploads;
        let trace = self
            .trace
            .as_mut()
            .filter(|t| !t.loading && t.asked_revision != revision)?;
        trace.loading = true;
        trace.asked_revision = revision;
        Some(Read::Trace(trace.id))
    }

    fn trace_arrived(&mut self, cx: &mut Shell, id: UploadId, reply: Reply<UploadTrace>) {
        let clock = cx.clock;
        let Some(view) = self.trace.as_mut().filter(|t| t.id == id) else {
            return;
        };
        view.loading = false;
        match reply {
            Ok(trace) => {
                view.findings.replace(FindingRow::all(&trace.findings), clock.utc);
                view.attempts.replace(AttemptRow::all(&trace.attempts), clock.utc);
                view.trace = Some(trace);
                view.read_at = Some(clock.instant);
                view.error = None;
            }
            Err(e) => view.error = Some(e.to_string()),
        }
    }

    fn case_arrived(&mut self, cx: &mut Shell, id: CaseId, reply: Reply<Box<CaseDetail>>) {
        let clock = cx.clock;
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
                    cx.say(Tone::Bad, format!("the case was not read again: {e}"));
                }
            }
        }
        self.read_next_case(cx);
    }
}
