//! Reviewing: opening cases, going on to the next, leaving them.

use crate::shell::Shell;
use tradepost_common::ids::CaseId;
use tradepost_common::overview::Role;
use tradepost_common::review::CaseRow;

use super::case::{Arrival, CaseView, Claim};
use super::desk::CaseState;
use super::keys::ReviewKey;
use super::requests::{Read, Write};
use super::{Review, case_page, queue_page};
use crate::client::Reply;
use crate::theme::Tone;

impl Review {
    pub fn press(&mut self, cx: &mut Shell, key: ReviewKey) {
        match (key, cx.page == queue_page()) {
            (ReviewKey::Approve, true) => self.approve_marked(cx),
            (ReviewKey::AskReason, true) => self.reject_marked(cx),
            (ReviewKey::Approve, _) => self.approve(cx),
            (ReviewKey::AskReason, _) => self.ask_reason(cx),
            (ReviewKey::Skip, _) => self.skip(cx),
            (ReviewKey::AskNote, _) => self.ask_note(cx, None),
            (ReviewKey::Release, _) => {
                self.release_case(cx);
                cx.go(queue_page());
            }
            (ReviewKey::Question, _) => self.ask_contributor(cx),
            (ReviewKey::Ban, _) => self.ask_ban(cx),
            (ReviewKey::Undo, _) => self.undo(cx),
            (ReviewKey::Record, _) => self.show_record(cx),
            (ReviewKey::Next, _) => self.ask_for_next(cx),
            (ReviewKey::TurnWhich, _) => self.turn_which(cx),
            (ReviewKey::DecideCluster, _) => self.decide_cluster(cx),
            (ReviewKey::DecideContributor, _) => self.decide_contributor(cx),
            (ReviewKey::OnlyCluster, _) => self.only_this_cluster(cx),
            (ReviewKey::OnlyContributor, _) => self.only_this_contributor(cx),
            (looking, _) => self.look(cx, looking),
        }
    }

    pub fn open_selected_case(&mut self, cx: &mut Shell) {
        let Some((id, title)) = self.cases.list.selected().map(|c| (c.id, c.title.clone())) else {
            cx.say(Tone::Dim, "No open cases");
            return cx.go(queue_page());
        };
        self.open_case(cx, id, title);
    }

    pub fn open_case(&mut self, cx: &mut Shell, id: CaseId, title: String) {
        self.present_case(cx, id, title, Arrival::Opened);
        self.claim_case(cx);
        self.say_viewing(cx);
    }

    /// The next case comes up by itself: if somebody else has it, it makes way for another.
    pub fn follow_case(&mut self, cx: &mut Shell, id: CaseId, title: String) {
        self.present_case(cx, id, title, Arrival::Followed);
        self.claim_case(cx);
        self.say_viewing(cx);
    }

    fn present_case(&mut self, cx: &mut Shell, id: CaseId, title: String, arrival: Arrival) {
        cx.go(case_page());
        if self.case.as_ref().is_some_and(|c| c.id == id && c.error.is_none()) {
            return;
        }
        self.release_case(cx);
        let mut case = CaseView::new(id, title, cx.pictures.background, cx.clock);
        case.arrival = arrival;
        if let Some(at) = self.ahead.iter().position(|(have, _)| *have == id)
            && let Some((_, detail)) = self.ahead.remove(at)
        {
            case.fill(detail, cx.clock);
        }
        self.restore(cx, &mut case);
        // Read even when it was read ahead: it may have changed since.
        case.asked_revision = cx.live.revisions.cases;
        case.loading = true;
        cx.read(Read::Case(id));
        self.case = Some(case);
        self.cases.list.select(&id);
    }

    /// A case whose decision was not taken comes back with what was said about it.
    fn restore(&mut self, cx: &mut Shell, case: &mut CaseView) {
        let Some(at) = self.returned.iter().position(|kept| kept.id == case.id) else {
            return;
        };
        let kept = self.returned.remove(at);
        if let (None, Some(detail)) = (&case.detail, kept.detail) {
            case.fill(*detail, cx.clock);
        }
        case.note = kept.note;
        case.files.mark_these(kept.marks);
        case.trouble = Some(kept.why);
    }

    /// Gives the case back, if it is held.
    pub fn release_case(&mut self, cx: &mut Shell) {
        if let Some(case) = &mut self.case
            && matches!(case.claim, Claim::Held | Claim::Asked)
        {
            case.claim = Claim::None;
            cx.write(Write::Release(case.id));
        }
    }

    fn skip(&mut self, cx: &mut Shell) {
        let held = self.case.as_ref().filter(|case| {
            let decided = case.detail.as_ref().is_some_and(|d| d.decision.is_some());
            matches!(case.claim, Claim::Held | Claim::Asked) && !decided
        });
        if let Some(id) = held.map(|case| case.id) {
            self.skipped.insert(id);
            cx.write(Write::Skip(id));
        }
        match self.next_case(cx) {
            Some((id, title)) => {
                // The last answer is about the case that is left.
                cx.status = None;
                self.release_case(cx);
                self.follow_case(cx, id, title);
            }
            None => cx.say(Tone::Plain, "No other open case"),
        }
    }

    /// The next case: one whose decision was not taken, then the one after the case on the screen that nobody else
    /// holds, round and round; those that were skipped only when there is no other.
    pub fn next_case(&self, cx: &Shell) -> Option<(CaseId, String)> {
        let current = self.case.as_ref()?.id;
        if let Some(kept) = self.returned.iter().find(|kept| kept.id != current) {
            return Some((kept.id, kept.title.clone()));
        }
        let list = &self.cases.list;
        let start = list.position(&current).map_or(0, |at| at + 1);
        let lines = (start..list.shown_len()).chain(0..start.min(list.shown_len()));
        let fits =
            |row: &&CaseRow| row.id != current && !self.taken.contains(&row.id) && !self.is_held_by_others(cx, row);
        let mut skipped = None;
        for row in lines.filter_map(|line| list.at(line)).filter(fits) {
            if !self.skipped.contains(&row.id) {
                return Some((row.id, row.title.clone()));
            }
            skipped.get_or_insert((row.id, row.title.clone()));
        }
        skipped
    }

    fn is_held_by_others(&self, cx: &Shell, case: &CaseRow) -> bool {
        case.claimed_by.as_ref().is_some_and(|holder| !cx.is_me(holder))
    }

    /// `w` in the queue: whichever case the daemon says is next for this moderator.
    pub fn ask_for_next(&mut self, cx: &mut Shell) {
        if cx.may_write(Role::Moderator) && !self.next_wanted {
            // The palette asks from any screen; the answer opens only where it is waited for.
            cx.go(queue_page());
            self.next_wanted = true;
            cx.write(Write::Next);
            cx.say(Tone::Dim, "Reading the next case …");
        }
    }

    pub fn next_arrived(&mut self, cx: &mut Shell, reply: Reply<Option<CaseRow>>) {
        let is_wanted = std::mem::take(&mut self.next_wanted) && cx.page == queue_page() && cx.prompt.is_none();
        match reply {
            // The moderator has gone elsewhere; nobody is to hold it meanwhile.
            Ok(Some(row)) if !is_wanted => cx.write(Write::Release(row.id)),
            Ok(Some(row)) => {
                cx.status = None;
                self.present_case(cx, row.id, row.title.clone(), Arrival::Opened);
                if let Some(case) = &mut self.case {
                    case.claim = Claim::Held;
                    case.claimed_at = cx.clock.instant;
                }
                self.say_viewing(cx);
            }
            Ok(None) => cx.say(Tone::Plain, "No case waits for you"),
            Err(e) => cx.say(Tone::Bad, format!("No next case: {e}")),
        }
    }

    /// After the last case that is known here: there may be more that were not read yet.
    pub fn after_the_last(&mut self, cx: &mut Shell) {
        let may_be_more = self.cases.has_more() || !self.case_query.in_words().is_empty();
        cx.go(queue_page());
        if self.case_query.which == CaseState::Open && may_be_more {
            self.next_wanted = true;
            cx.write(Write::Next);
        }
    }
}
