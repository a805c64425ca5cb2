//! Reviewing: opening, claiming, deciding and leaving cases.

use std::time::Duration;

use tradepost_common::ids::CaseId;
use tradepost_common::overview::Role;
use tradepost_common::review::CaseRow;

use super::App;
use super::case::{CaseView, Claim};
use super::screen::Screen;
use crate::input::Review;
use crate::message::{Effect, Read, Write};
use crate::picture::PictureKey;
use crate::theme::Tone;

/// Well before a claim runs out.
const RENEW: Duration = Duration::from_secs(120);
/// Cases read ahead at most.
const KEPT_AHEAD: usize = 3;

impl App {
    pub fn review(&mut self, key: Review) {
        match key {
            Review::Approve => self.approve(),
            Review::AskReason => self.ask_reason(),
            Review::Skip => self.skip(),
            Review::AskNote => self.ask_note(),
            Review::Blur => {
                if let Some(case) = &mut self.case {
                    case.turn_blur();
                }
            }
            Review::Background => {
                self.background = self.background.next();
                self.say(Tone::Plain, format!("background: {}", self.background.as_str()));
                if let Some(case) = &mut self.case {
                    case.background = self.background;
                }
            }
            Review::Release => {
                self.release_case();
                self.go(Screen::Review);
            }
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
        if self.screen != Screen::Item {
            self.before = self.screen;
            self.screen = Screen::Item;
        }
        if self.case.as_ref().is_some_and(|c| c.id == id && c.error.is_none()) {
            return self.claim_case();
        }
        self.release_case();
        let mut case = CaseView::new(id, title, self.background, self.clock);
        if let Some(at) = self.ahead.iter().position(|(have, _)| *have == id)
            && let Some((_, detail)) = self.ahead.remove(at)
        {
            case.fill(detail, self.clock);
        }
        // Read even when it was read ahead: it may have changed since.
        case.asked_revision = self.revisions.cases;
        case.loading = true;
        self.effects.push(Effect::Read(Read::Case(id)));
        self.case = Some(case);
        self.cases.list.select(&id);
        self.claim_case();
    }

    /// Claims the case on the screen, if writing is armed and nobody else has it.
    pub fn claim_case(&mut self) {
        let may = self.armed_for().is_some() && self.has_role(Role::Moderator) && self.is_live();
        let Some(case) = self.case.as_mut().filter(|_| may) else {
            return;
        };
        let decided = case.detail.as_ref().is_some_and(|d| d.decision.is_some());
        if case.claim == Claim::None && !decided {
            case.claim = Claim::Asked;
            case.claimed_at = self.clock.instant;
            self.effects.push(Effect::Write(Write::Claim(case.id)));
        }
    }

    /// A claim runs out by itself; whoever still looks, armed, keeps it.
    pub fn renew_claim(&mut self) {
        let now = self.clock.instant;
        let may = self.armed_for().is_some() && self.is_live() && self.screen == Screen::Item;
        if let Some(case) = self.case.as_mut().filter(|case| may && case.claim == Claim::Held)
            && now.saturating_duration_since(case.claimed_at) >= RENEW
        {
            case.claimed_at = now;
            self.effects.push(Effect::Write(Write::Claim(case.id)));
        }
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
        match self.next_case() {
            Some((id, title)) => {
                // What was said is about the case that is left.
                self.status = None;
                self.release_case();
                self.open_case(id, title);
            }
            None => self.say(Tone::Plain, "there is no other open case"),
        }
    }

    /// The open case after the one on the screen, round and round, that nobody else holds.
    pub fn next_case(&self) -> Option<(CaseId, String)> {
        let current = self.case.as_ref()?.id;
        let rows: Vec<&CaseRow> = self.cases.list.shown().collect();
        let at = rows.iter().position(|c| c.id == current).map_or(0, |at| at + 1);
        let (before, after) = rows.split_at(at.min(rows.len()));
        after
            .iter()
            .chain(before)
            .find(|c| c.id != current && !self.is_held_by_others(c))
            .map(|c| (c.id, c.title.clone()))
    }

    fn is_held_by_others(&self, case: &CaseRow) -> bool {
        let me = self.you.as_ref().map(|you| &you.user);
        case.claimed_by.is_some() && case.claimed_by.as_ref() != me
    }

    /// Reads the next case while the moderator looks at this one.
    pub fn read_next_case(&mut self) {
        if self.screen != Screen::Item {
            return;
        }
        if let Some((id, _)) = self.next_case()
            && !self.ahead.iter().any(|(have, _)| *have == id)
        {
            self.effects.push(Effect::Read(Read::Case(id)));
        }
    }

    pub fn keep_ahead(&mut self, id: CaseId, detail: tradepost_common::review::CaseDetail) {
        self.ahead.retain(|(have, _)| *have != id);
        if self.ahead.len() == KEPT_AHEAD {
            self.ahead.pop_front();
        }
        self.ahead.push_back((id, detail));
    }

    /// Pictures worth having before they are asked for: the next file, the next case's first.
    pub fn pictures_ahead(&self) -> Vec<PictureKey> {
        let (Some(wish), Some(case)) = (&self.picture_wish, &self.case) else {
            return Vec::new();
        };
        let next_file = case.files.at(case.files.cursor() + 1).filter(|item| item.has_picture);
        let mut keys: Vec<PictureKey> = next_file
            .map(|item| PictureKey {
                item: item.id,
                focus: case.focus(item),
                ..wish.clone()
            })
            .into_iter()
            .collect();
        let next = self
            .next_case()
            .and_then(|(id, _)| self.ahead.iter().find(|(have, _)| *have == id));
        if let Some((id, detail)) = next {
            let mut view = CaseView::new(*id, String::new(), self.background, self.clock);
            view.fill(detail.clone(), self.clock);
            if let Some(item) = view.file().filter(|item| item.has_picture) {
                let focus = view.focus(item);
                keys.push(PictureKey {
                    case: *id,
                    item: item.id,
                    focus,
                    ..wish.clone()
                });
            }
        }
        keys
    }
}
