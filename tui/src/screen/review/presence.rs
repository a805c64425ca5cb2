//! The presence of moderators at a case: claims that are renewed and lost, heartbeats.

use std::time::Duration;

use tradepost_common::ids::CaseId;
use tradepost_common::overview::Role;
use tradepost_common::review::{CaseRow, Viewers};

use super::case::{Arrival, CaseView, Claim};
use super::requests::{Read, Write};
use super::{Review, case_page};
use crate::client::{Failure, Reply};
use crate::shell::Shell;
use crate::theme::Tone;

/// Well before a claim runs out.
const RENEW: Duration = Duration::from_secs(120);
/// The time between two heartbeats of a case on the screen.
const VIEW: Duration = Duration::from_secs(10);

impl Review {
    /// Claims the case on the screen, if writing is armed and nobody else has it.
    pub fn claim_case(&mut self, cx: &mut Shell) {
        let may = cx.armed_for().is_some() && cx.has_role(Role::Moderator) && cx.is_live();
        let holder = self.holder_of_case(cx);
        let Some(case) = self.case.as_mut().filter(|_| may) else {
            return;
        };
        let decided = case.detail.as_ref().is_some_and(|d| d.decision.is_some());
        if case.claim != Claim::None || decided {
            return;
        }
        if let Some(holder) = holder {
            case.claim = Claim::Refused(format!("{holder} holds this case"));
            return;
        }
        case.claim = Claim::Asked;
        case.claimed_at = cx.clock.instant;
        cx.write(Write::Claim(case.id));
    }

    /// Somebody else who holds the case, as far as is known here.
    fn holder_of_case(&self, cx: &Shell) -> Option<String> {
        let case = self.case.as_ref()?;
        let row = match &case.detail {
            Some(detail) => &detail.case,
            None => self.cases.list.rows().iter().find(|row| row.id == case.id)?,
        };
        row.claimed_by.clone().filter(|holder| !cx.is_me(holder))
    }

    /// A claim runs out by itself; whoever still looks, armed, keeps it.
    pub fn renew_claim(&mut self, cx: &mut Shell) {
        let now = cx.clock.instant;
        let may = cx.armed_for().is_some() && cx.is_live() && cx.page == case_page();
        if let Some(case) = self.case.as_mut().filter(|case| may && case.claim == Claim::Held)
            && now.saturating_duration_since(case.claimed_at) >= RENEW
        {
            case.claimed_at = now;
            cx.write(Write::Claim(case.id));
        }
    }

    /// Tells the daemon, every ten seconds, that the case is on the screen.
    pub fn say_viewing(&mut self, cx: &mut Shell) {
        let now = cx.clock.instant;
        let may = cx.is_live() && cx.page == case_page() && cx.has_role(Role::Moderator);
        let is_due = |at: Option<std::time::Instant>| at.is_none_or(|at| now.saturating_duration_since(at) >= VIEW);
        if let Some(case) = self.case.as_mut().filter(|case| may && is_due(case.viewed_at)) {
            case.viewed_at = Some(now);
            cx.read(Read::View(case.id));
        }
    }

    pub fn viewed(&mut self, cx: &mut Shell, id: CaseId, reply: Reply<Viewers>) {
        let Ok(viewers) = reply else {
            // The next heartbeat tries again; the line has its own words for being down.
            return;
        };
        let mine = viewers.claimed_by.as_ref().is_some_and(|holder| cx.is_me(holder));
        let Some(case) = self.case.as_mut().filter(|case| case.id == id) else {
            return;
        };
        case.others = viewers.others;
        if let Some(row) = self.cases.list.rows().iter().find(|row| row.id == id).cloned()
            && row.claimed_by != viewers.claimed_by
        {
            let claimed_by = viewers.claimed_by.clone();
            self.cases.list.update(CaseRow { claimed_by, ..row }, cx.clock.utc);
        }
        if let Some(detail) = &mut case.detail {
            detail.case.claimed_by.clone_from(&viewers.claimed_by);
        }
        match (&case.claim, viewers.claimed_by) {
            (Claim::Held, Some(holder)) if !mine => {
                case.claim = Claim::Refused(format!("{holder} holds this case now"));
                cx.say(Tone::Bad, format!("CLAIM LOST: {holder} holds this case now"));
            }
            // It ran out, or whoever had it gave it back.
            (Claim::Held | Claim::Refused(_), None) => {
                case.claim = Claim::None;
                self.claim_case(cx);
            }
            _ => {}
        }
    }

    pub fn claimed(&mut self, cx: &mut Shell, id: CaseId, reply: Reply<CaseRow>) {
        let claim = match reply {
            Ok(row) => {
                self.cases.list.update(row, cx.clock.utc);
                Claim::Held
            }
            Err(e) if e.status() == Some(409) => return self.claim_refused(cx, id, &e),
            Err(e) => {
                cx.say(Tone::Bad, format!("Not claimed: {e}"));
                Claim::None
            }
        };
        if let Some(case) = self.claiming(id) {
            case.claim = claim;
        }
    }

    /// The case on the screen, if it waits for that claim or has it.
    fn claiming(&mut self, id: CaseId) -> Option<&mut CaseView> {
        let case = self.case.as_mut().filter(|case| case.id == id);
        case.filter(|case| matches!(case.claim, Claim::Asked | Claim::Held))
    }

    /// A case that came up by itself makes way for the next; one that was opened stays, to be looked at.
    fn claim_refused(&mut self, cx: &mut Shell, id: CaseId, why: &Failure) {
        // Whose it is comes with the next page; until then it is not offered again.
        self.taken.insert(id);
        self.cases.invalidate();
        let Some(case) = self.claiming(id) else {
            return;
        };
        let was_held = case.claim == Claim::Held;
        let (title, arrival) = (case.title.clone(), case.arrival);
        case.claim = Claim::Refused(why.to_string());
        case.asked_revision = u64::MAX;
        if was_held {
            return cx.say(Tone::Bad, format!("CLAIM LOST: {why}"));
        }
        if arrival == Arrival::Followed
            && cx.page == case_page()
            && cx.prompt.is_none()
            && let Some((next, next_title)) = self.next_case(cx)
        {
            self.follow_case(cx, next, next_title);
            cx.say(Tone::Warn, format!("{title}: {why}; this is the next case"));
        }
    }
}
