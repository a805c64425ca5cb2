//! Reviewing: opening cases, going on to the next, leaving them.

use tradepost_common::ids::CaseId;
use tradepost_common::overview::Role;
use tradepost_common::review::CaseRow;

use super::App;
use super::case::{Arrival, CaseView, Claim};
use super::desk::Which;
use super::screen::Screen;
use crate::client::Reply;
use crate::input::Review;
use crate::message::{Effect, Read, Write};
use crate::theme::Tone;

impl App {
    pub fn review(&mut self, key: Review) {
        match (key, self.screen) {
            (Review::Approve, Screen::Review) => self.approve_marked(),
            (Review::AskReason, Screen::Review) => self.reject_marked(),
            (Review::Approve, _) => self.approve(),
            (Review::AskReason, _) => self.ask_reason(),
            (Review::Skip, _) => self.skip(),
            (Review::AskNote, _) => self.ask_note(None),
            (Review::Release, _) => {
                self.release_case();
                self.go(Screen::Review);
            }
            (Review::Question, _) => self.ask_contributor(),
            (Review::Ban, _) => self.ask_ban(),
            (Review::Undo, _) => self.undo(),
            (Review::Record, _) => self.show_record(),
            (Review::Next, _) => self.ask_for_next(),
            (Review::TurnWhich, _) => self.turn_which(),
            (Review::SettleCluster, _) => self.settle_cluster(),
            (Review::SettleContributor, _) => self.settle_contributor(),
            (Review::OnlyCluster, _) => self.only_this_cluster(),
            (Review::OnlyContributor, _) => self.only_this_contributor(),
            (looking, _) => self.look(looking),
        }
    }

    pub fn open_selected_case(&mut self) {
        let Some((id, title)) = self.cases.list.selected().map(|c| (c.id, c.title.clone())) else {
            self.say(Tone::Dim, "no open case to look at");
            return self.go(Screen::Review);
        };
        self.open_case(id, title);
    }

    pub fn open_case(&mut self, id: CaseId, title: String) {
        self.bring_up(id, title, Arrival::Opened);
        self.claim_case();
        self.say_viewing();
    }

    /// The next case comes up by itself: if somebody else has it, it makes way for another.
    pub fn follow_case(&mut self, id: CaseId, title: String) {
        self.bring_up(id, title, Arrival::Followed);
        self.claim_case();
        self.say_viewing();
    }

    fn bring_up(&mut self, id: CaseId, title: String, arrival: Arrival) {
        if self.screen != Screen::Item {
            self.before = self.screen;
            self.screen = Screen::Item;
        }
        if self.case.as_ref().is_some_and(|c| c.id == id && c.error.is_none()) {
            return;
        }
        self.release_case();
        let mut case = CaseView::new(id, title, self.background, self.clock);
        case.arrival = arrival;
        if let Some(at) = self.ahead.iter().position(|(have, _)| *have == id)
            && let Some((_, detail)) = self.ahead.remove(at)
        {
            case.fill(detail, self.clock);
        }
        self.restore(&mut case);
        // Read even when it was read ahead: it may have changed since.
        case.asked_revision = self.revisions.cases;
        case.loading = true;
        self.effects.push(Effect::Read(Read::Case(id)));
        self.case = Some(case);
        self.cases.list.select(&id);
    }

    /// A case whose decision was not taken comes back with what was said about it.
    fn restore(&mut self, case: &mut CaseView) {
        let Some(at) = self.returned.iter().position(|kept| kept.id == case.id) else {
            return;
        };
        let kept = self.returned.remove(at);
        if let (None, Some(detail)) = (&case.detail, kept.detail) {
            case.fill(*detail, self.clock);
        }
        case.note = kept.note;
        case.files.mark_these(kept.marks);
        case.trouble = Some(kept.why);
    }

    /// Gives the case back, if it is held.
    pub fn release_case(&mut self) {
        if let Some(case) = &mut self.case
            && matches!(case.claim, Claim::Held | Claim::Asked)
        {
            case.claim = Claim::None;
            self.effects.push(Effect::Write(Write::Release(case.id)));
        }
    }

    fn skip(&mut self) {
        let held = self.case.as_ref().filter(|case| {
            let decided = case.detail.as_ref().is_some_and(|d| d.decision.is_some());
            matches!(case.claim, Claim::Held | Claim::Asked) && !decided
        });
        if let Some(id) = held.map(|case| case.id) {
            self.skipped.insert(id);
            self.effects.push(Effect::Write(Write::Skip(id)));
        }
        match self.next_case() {
            Some((id, title)) => {
                // What was said is about the case that is left.
                self.status = None;
                self.release_case();
                self.follow_case(id, title);
            }
            None => self.say(Tone::Plain, "there is no other open case"),
        }
    }

    /// What comes next: a case whose decision was not taken, then the one after the case on the screen that nobody else
    /// holds, round and round; those that were skipped only when there is no other.
    pub fn next_case(&self) -> Option<(CaseId, String)> {
        let current = self.case.as_ref()?.id;
        if let Some(kept) = self.returned.iter().find(|kept| kept.id != current) {
            return Some((kept.id, kept.title.clone()));
        }
        let list = &self.cases.list;
        let start = list.position(&current).map_or(0, |at| at + 1);
        let lines = (start..list.shown_len()).chain(0..start.min(list.shown_len()));
        let fits = |row: &&CaseRow| row.id != current && !self.taken.contains(&row.id) && !self.is_held_by_others(row);
        let mut skipped = None;
        for row in lines.filter_map(|line| list.at(line)).filter(fits) {
            if !self.skipped.contains(&row.id) {
                return Some((row.id, row.title.clone()));
            }
            skipped.get_or_insert((row.id, row.title.clone()));
        }
        skipped
    }

    fn is_held_by_others(&self, case: &CaseRow) -> bool {
        case.claimed_by.as_ref().is_some_and(|holder| !self.is_me(holder))
    }

    /// `w` in the queue: whichever case the daemon says is next for this moderator.
    pub fn ask_for_next(&mut self) {
        if self.may_write(Role::Moderator) && !self.next_wanted {
            // The palette asks from any screen; the answer opens only where it is waited for.
            self.go(Screen::Review);
            self.next_wanted = true;
            self.effects.push(Effect::Write(Write::Next));
            self.say(Tone::Dim, "asking for the next case …");
        }
    }

    pub fn next_arrived(&mut self, reply: Reply<Option<CaseRow>>) {
        let is_wanted = std::mem::take(&mut self.next_wanted) && self.screen == Screen::Review && self.prompt.is_none();
        match reply {
            // The moderator has gone elsewhere; nobody is to hold it meanwhile.
            Ok(Some(row)) if !is_wanted => self.effects.push(Effect::Write(Write::Release(row.id))),
            Ok(Some(row)) => {
                self.status = None;
                self.bring_up(row.id, row.title.clone(), Arrival::Opened);
                if let Some(case) = &mut self.case {
                    case.claim = Claim::Held;
                    case.claimed_at = self.clock.instant;
                }
                self.say_viewing();
            }
            Ok(None) => self.say(Tone::Plain, "no case waits for you"),
            Err(e) => self.say(Tone::Bad, format!("no next case: {e}")),
        }
    }

    /// After the last case that is known here: there may be more that were not read yet.
    pub fn after_the_last(&mut self) {
        let may_be_more = self.cases.has_more() || !self.case_query.in_words().is_empty();
        self.go(Screen::Review);
        if self.case_query.which == Which::Open && may_be_more {
            self.next_wanted = true;
            self.effects.push(Effect::Write(Write::Next));
        }
    }
}
