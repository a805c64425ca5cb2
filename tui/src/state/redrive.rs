//! Keys that act on dead letters: which ones are meant, and the plan that is asked for.

use super::{screen, set_prompt};
use crate::shell::Shell;
use time::OffsetDateTime;
use tradepost_common::dead::{DeadRow, Snapshot};
use tradepost_common::operations::{MAX_IDS, NewOperation, OperationKind, Pace, Selection};
use tradepost_common::overview::Role;

use super::Legacy;
use super::plan::PlanView;
use super::prompt::{Line, Prompt};
use super::screen::Screen;
use super::selected::{Meant, Selected};
use super::typing::edit;
use crate::format;
use crate::state::input::Typed;
use crate::state::message::Write;
use crate::theme::Tone;

/// Reasons to give dead letters up; contributors are told.
pub const DISCARD_REASONS: [&str; 5] = [
    "The file cannot be processed",
    "A newer upload replaces it",
    "The upload was withdrawn",
    "A fault on our side: please upload it again",
    "It was a test",
];

/// The dead letters that an act means, as the operator saw them.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub selection: Selection,
    pub upper: i64,
    pub seen_at: OffsetDateTime,
    /// `3 marked dead letters`, `all that match /jail`.
    pub words: String,
    /// The queue they are in, when it is one.
    pub queue: Option<String>,
}

impl Legacy {
    /// `R`, `D`, `X`: nothing is touched yet.
    pub fn plan_for_dead(&mut self, cx: &mut Shell, kind: OperationKind) {
        if !cx.may_write(Role::Operator) {
            return;
        }
        match self.target(cx) {
            Ok(target) if kind == OperationKind::Redrive => self.ask_for_plan(cx, kind, target, None, Pace::default()),
            Ok(target) => {
                self.giving_up = Some((kind, target));
                set_prompt(cx, Some(Prompt::Why(None)));
            }
            Err(why) => cx.say(Tone::Warn, why),
        }
    }

    pub fn ask_for_plan(
        &mut self,
        cx: &mut Shell,
        kind: OperationKind,
        target: Target,
        reason: Option<String>,
        pace: Pace,
    ) {
        self.tickets += 1;
        let new = NewOperation {
            kind,
            selection: target.selection.clone(),
            upper: Some(target.upper),
            reason,
            pace,
        };
        let write = Write::Plan {
            ticket: self.tickets,
            new: new.clone(),
        };
        cx.write(write);
        self.plan = Some(PlanView::new(self.tickets, new, target, cx.clock));
        set_prompt(cx, Some(Prompt::Plan(super::prompt::PlanStep::Look)));
    }

    fn target(&mut self, cx: &mut Shell) -> Result<Target, String> {
        match screen(cx) {
            Screen::Groups => self.group_target(),
            Screen::Letters => self.letters_target(),
            Screen::Letter => self.letter_target(cx),
            _ => Err("this works on dead letters: 3".to_owned()),
        }
    }

    fn group_target(&self) -> Result<Target, String> {
        let groups = &self.dead.groups;
        let snapshot = groups.snapshot().ok_or(NOT_HERE)?;
        if groups.meant == Meant::All {
            let words = format!("all {} shown", messages(self.dead.messages));
            return Ok(of_query(groups, snapshot, words));
        }
        let group = groups.paged.list.selected().ok_or(NOTHING)?;
        let selection = Selection {
            queue: Some(group.queue.clone()),
            fingerprint: Some(group.fingerprint.clone()),
            ..groups.query.clone()
        };
        Ok(Target {
            selection,
            upper: snapshot.upper,
            seen_at: snapshot.at,
            words: format!("the group: {}", messages(group.messages)),
            queue: Some(group.queue.clone()),
        })
    }

    fn letters_target(&self) -> Result<Target, String> {
        let letters = &self.dead.letters;
        let snapshot = letters.snapshot().ok_or(NOT_HERE)?;
        if letters.meant == Meant::All {
            return Ok(of_query(letters, snapshot, "all that match".to_owned()));
        }
        let list = &letters.paged.list;
        let marks = list.marks();
        if marks.len() > MAX_IDS {
            let most = format::count(MAX_IDS as i64);
            return Err(format!(
                "at most {most} can be marked; filter with / and take all with *"
            ));
        }
        let rows: Vec<&DeadRow> = if marks.is_empty() {
            list.selected().into_iter().collect()
        } else {
            list.rows().iter().filter(|row| marks.contains(&row.id)).collect()
        };
        if rows.is_empty() {
            return Err(NOTHING.to_owned());
        }
        let words = if marks.is_empty() {
            "one dead letter".to_owned()
        } else {
            format!("{} marked", messages(rows.len() as i64))
        };
        Ok(of_rows(&rows, snapshot.upper, snapshot.at, words))
    }

    fn letter_target(&self, cx: &Shell) -> Result<Target, String> {
        let letter = self.dead.letter.as_ref().ok_or(NOTHING)?;
        let row = letter.detail.as_ref().map(|d| &d.row).ok_or(NOT_HERE)?;
        let age = letter.read_at.map(|at| cx.clock.instant.saturating_duration_since(at));
        let seen_at = cx.clock.utc - age.unwrap_or_default();
        // If it dies once more, it has a higher number and is not meant.
        Ok(of_rows(&[row], row.seq, seen_at, "this dead letter".to_owned()))
    }

    /// A reason is picked or typed; it makes the plan and does nothing yet.
    pub fn answer_why(&mut self, cx: &mut Shell, line: Option<Line>, typed: Typed) {
        let reason = match (line, typed) {
            (_, Typed::Cancel) => {
                self.giving_up = None;
                return cx.say(Tone::Plain, "nothing was planned");
            }
            (None, Typed::Reason(n)) => DISCARD_REASONS.get(n - 1).map(|reason| (*reason).to_owned()),
            (None, Typed::EditNote) => {
                set_prompt(cx, Some(Prompt::Why(Some(Line::default()))));
                return;
            }
            (Some(line), Typed::Done) if !line.text().trim().is_empty() => Some(line.text().trim().to_owned()),
            (Some(mut line), other) => {
                edit(&mut line, &other);
                set_prompt(cx, Some(Prompt::Why(Some(line))));
                return;
            }
            (None, _) => None,
        };
        match (reason, self.giving_up.take()) {
            (Some(reason), Some((kind, target))) => self.ask_for_plan(cx, kind, target, Some(reason), Pace::default()),
            (_, waiting) => {
                self.giving_up = waiting;
                set_prompt(cx, Some(Prompt::Why(None)));
            }
        }
    }
}

const NOT_HERE: &str = "wait until the list is here";
const NOTHING: &str = "there is no dead letter to act on";

fn messages(n: i64) -> String {
    format::plural(n, "dead letter", "dead letters")
}

fn of_query<R: crate::table::Row>(list: &Selected<R>, snapshot: Snapshot, words: String) -> Target {
    Target {
        selection: list.query.clone(),
        upper: snapshot.upper,
        seen_at: snapshot.at,
        words,
        queue: list.query.queue.clone(),
    }
}

fn of_rows(rows: &[&DeadRow], upper: i64, seen_at: OffsetDateTime, words: String) -> Target {
    let first = rows.first().map(|row| row.queue.clone());
    Target {
        selection: Selection {
            ids: Some(rows.iter().map(|row| row.id).collect()),
            ..Selection::default()
        },
        upper,
        seen_at,
        words,
        queue: first.filter(|queue| rows.iter().all(|row| row.queue == *queue)),
    }
}
