//! What news from outside do.

use tradepost_common::events::{Event, Revisions, Snapshot};
use tradepost_common::ids::{CaseId, UploadId};
use tradepost_common::latency::LatencyRow;
use tradepost_common::overview::Overview;
use tradepost_common::queues::QueueRow;
use tradepost_common::review::CaseDetail;
use tradepost_common::uploads::UploadTrace;

use super::case::Claim;
use super::screen::Screen;
use super::{App, Frozen};
use crate::client::Reply;
use crate::message::{Effect, Link, Read, Update};
use crate::picture::Shown;
use crate::theme::Tone;
use crate::view::attempts::AttemptRow;
use crate::view::findings::FindingRow;

impl App {
    pub fn hear(&mut self, update: Update) {
        match update {
            Update::Link(link) => self.link_changed(link),
            Update::Event(event) => self.event(event),
            Update::Uploads(ask, Ok(page)) => self.uploads.arrived(&ask, page, self.clock),
            Update::Uploads(_, Err(e)) => self.uploads.failed(e.to_string(), self.clock),
            Update::Audit(ask, Ok(page)) => self.audit.arrived(&ask, page, self.clock),
            Update::Audit(_, Err(e)) => self.audit.failed(e.to_string(), self.clock),
            Update::Cases(of, ask, reply) => self.cases_arrived(&of, &ask, reply),
            Update::Trace(id, reply) => self.trace_arrived(id, reply),
            Update::Case(id, reply) => self.case_arrived(id, reply),
            Update::Queue(name, reply) => self.queue_turned(&name, reply),
            Update::Concurrency(name, reply) => self.concurrency_set(&name, reply),
            Update::Acknowledged(code, reply) => self.acknowledged(&code, reply),
            Update::Groups(of, reply) => self.groups_arrived(of, reply),
            Update::Letters(of, ask, reply) => self.letters_arrived(of, &ask, reply),
            Update::Letter(id, reply) => self.letter_arrived(id, reply),
            Update::Checked(id, reply) => self.checked(id, reply),
            Update::Edited(id, text) => self.edited(id, text),
            Update::EditSent(id, reply) => self.edit_sent(id, reply),
            Update::Operations(ask, Ok(page)) => self.operations.paged.arrived(&ask, page, self.clock),
            Update::Operations(_, Err(e)) => self.operations.paged.failed(e.to_string(), self.clock),
            Update::Operation(id, reply) => self.operation_arrived(id, reply),
            Update::Items(ask, reply) => self.items_arrived(&ask, reply),
            Update::Campaigns(ask, reply) => self.campaigns_arrived(&ask, reply),
            Update::Campaign(id, reply) => self.campaign_arrived(id, reply.map(|c| *c)),
            Update::Samples(id, ask, reply) => self.samples_arrived(id, &ask, reply),
            Update::SetAside(id, ask, reply) => self.set_aside_arrived(id, &ask, reply),
            Update::CampaignStepped(step, reply) => self.campaign_stepped(step, reply.map(|c| *c)),
            Update::CampaignRated(reply) => self.campaign_rated(reply.map(|c| *c)),
            Update::CampaignPlanned(reply) => self.campaign_planned(reply.map(|c| *c)),
            Update::Planned(ticket, reply) => self.planned(ticket, reply),
            Update::Turned(id, turn, reply) => self.turned(id, turn, reply),
            Update::Rated(reply) => self.rated(reply),
            Update::Claimed(id, reply) => self.claimed(id, reply),
            Update::Viewed(id, reply) => self.viewed(id, reply),
            Update::Source(ask, reply) => self.source_arrived(&ask, reply),
            // A claim that could not be given back runs out by itself; the moderator has gone on.
            Update::Left(id, reply) => self.left(id, reply.is_ok()),
            Update::Decided { case, title, reply } => self.decision_arrived(case, &title, reply),
            Update::Asked { case, title, reply } => self.asked(case, &title, reply),
            Update::Next(reply) => self.next_arrived(reply),
            Update::Undone(made, results) => self.undone(made, results),
            Update::BulkPlanned(ticket, reply) => self.bulk_planned(ticket, reply),
            Update::BulkDone { ticket, act, reply } => self.bulk_done(ticket, &act, reply),
            Update::Unbanned(account, reply) => self.unbanned(&account, reply),
            Update::Picture(key, shown) => self.keep_picture(key, shown),
            Update::Exported(Ok(path)) => self.say(Tone::Good, format!("written to {}", path.display())),
            Update::Exported(Err(why)) => self.say(Tone::Bad, format!("not exported: {why}")),
        }
        self.read_what_is_shown();
    }

    fn link_changed(&mut self, link: Link) {
        if link == Link::Live {
            self.pictures.retain(|(_, shown)| !matches!(shown, Shown::Failed(_)));
            if matches!(self.link, Link::Lost { .. }) {
                self.say(Tone::Good, "connected again");
            }
        }
        // The time of the first loss counts, not that of the last try.
        let still_lost = matches!((&self.link, &link), (Link::Lost { .. }, Link::Lost { .. }));
        if !still_lost {
            self.link_since = self.clock.instant;
        }
        self.link = link;
    }

    fn event(&mut self, event: Event) {
        self.heard_at = Some(self.clock.instant);
        match event {
            Event::Snapshot(snapshot) => self.snapshot(*snapshot),
            Event::Overview(overview) => self.overview_changed(*overview),
            Event::Queues { queues } => self.queues_changed(queues),
            Event::Latency { latency } => self.latency_changed(latency),
            Event::Changed(revisions) => self.revisions_changed(revisions),
            Event::Operations { operations } => self.operations_changed(operations),
            Event::Tick { .. } => {}
        }
    }

    fn snapshot(&mut self, snapshot: Snapshot) {
        self.you = Some(snapshot.you);
        self.cases.distrust();
        self.audit.distrust();
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
        self.overview_changed(snapshot.overview);
        self.queues_changed(snapshot.queues);
        self.latency_changed(snapshot.latency);
        self.operations_changed(snapshot.operations);
        self.revisions_changed(snapshot.revisions);
        if self.screen == Screen::Item {
            self.claim_case();
        }
    }

    fn overview_changed(&mut self, overview: Overview) {
        match &mut self.frozen {
            Some(frozen) => frozen.overview = Some(overview),
            None => {
                let mut alerts = overview.alerts.clone();
                alerts.sort_by_key(|a| (std::cmp::Reverse(a.severity), a.since));
                self.alerts.replace(alerts, self.clock.utc);
                self.overview = Some(overview);
            }
        }
    }

    fn queues_changed(&mut self, queues: Vec<QueueRow>) {
        match &mut self.frozen {
            Some(frozen) => frozen.queues = Some(queues),
            None => self.queues.replace(queues, self.clock.utc),
        }
    }

    fn latency_changed(&mut self, latency: Vec<LatencyRow>) {
        match &mut self.frozen {
            Some(frozen) => frozen.latency = Some(latency),
            None => self.latency.replace(latency, self.clock.utc),
        }
    }

    fn revisions_changed(&mut self, revisions: Revisions) {
        match &mut self.frozen {
            Some(frozen) => frozen.revisions = Some(revisions),
            None => {
                // Campaigns are long work, too: one counter tells of both.
                if revisions.operations != self.revisions.operations {
                    self.campaigns_changed();
                }
                self.revisions = revisions;
            }
        }
    }

    /// The news that came meanwhile, all at once.
    pub fn thaw(&mut self, frozen: Frozen) {
        if let Some(overview) = frozen.overview {
            self.overview_changed(overview);
        }
        if let Some(queues) = frozen.queues {
            self.queues_changed(queues);
        }
        if let Some(latency) = frozen.latency {
            self.latency_changed(latency);
        }
        if let Some(operations) = frozen.operations {
            self.operations_changed(operations);
        }
        if let Some(revisions) = frozen.revisions {
            self.revisions_changed(revisions);
        }
        self.read_what_is_shown();
    }

    /// Asks for whatever the screen shows and does not have, or has in an old version.
    pub fn read_what_is_shown(&mut self) {
        if !self.is_live() || (self.frozen.is_some() && self.heard_at.is_none()) {
            return;
        }
        let revisions = self.revisions;
        let read = match self.screen {
            Screen::Uploads => self.uploads.wanted(revisions.uploads).map(Read::Uploads),
            Screen::Audit => self.audit.wanted(revisions.audit).map(Read::Audit),
            Screen::Review | Screen::Item => {
                let ask = self.cases_wanted(revisions.cases);
                ask.map(|ask| Read::Cases(self.case_query.clone(), ask))
            }
            Screen::Trace => self.trace_wanted(),
            _ => self.dead_wanted(),
        };
        self.effects.extend(read.map(Effect::Read));
        let mut more = self.operations_wanted();
        more.extend(self.campaigns_wanted());
        self.effects.extend(more.into_iter().map(Effect::Read));
        if self.screen == Screen::Item {
            let case = self.case_wanted();
            self.effects.extend(case.map(Effect::Read));
            self.read_source();
        }
    }

    /// The case on the screen, when something changed in any case.
    fn case_wanted(&mut self) -> Option<Read> {
        let revision = self.revisions.cases;
        let case = self
            .case
            .as_mut()
            .filter(|c| !c.loading && c.asked_revision != revision)?;
        case.loading = true;
        case.asked_revision = revision;
        Some(Read::Case(case.id))
    }

    fn trace_wanted(&mut self) -> Option<Read> {
        let revision = self.revisions.uploads;
        let trace = self
            .trace
            .as_mut()
            .filter(|t| !t.loading && t.asked_revision != revision)?;
        trace.loading = true;
        trace.asked_revision = revision;
        Some(Read::Trace(trace.id))
    }

    fn trace_arrived(&mut self, id: UploadId, reply: Reply<UploadTrace>) {
        let clock = self.clock;
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

    fn case_arrived(&mut self, id: CaseId, reply: Reply<Box<CaseDetail>>) {
        let clock = self.clock;
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
                    self.say(Tone::Bad, format!("the case was not read again: {e}"));
                }
            }
        }
        self.read_next_case();
    }
}
