//! The dead letters that an act is about.

use time::OffsetDateTime;
use tradepost_common::dead::{DeadRow, Snapshot};
use tradepost_common::operations::{MAX_IDS, OperationKind, Pace, Selection};
use tradepost_common::overview::Role;

use super::reason::ReasonPrompt;
use super::selected::{ActsOn, Selected};
use super::{DeadLetters, Level};
use crate::format;
use crate::shell::Shell;
use crate::table::Row;
use crate::theme::Tone;

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

impl DeadLetters {
    /// `R`, `D`, `X`: nothing is touched yet.
    pub fn plan_act(&mut self, cx: &mut Shell, kind: OperationKind) {
        if !cx.may_write(Role::Operator) {
            // Redriving asks for no reason.
            if kind != OperationKind::Redrive {
                cx.refuse_typing();
            }
            return;
        }
        match self.target(cx) {
            Ok(target) if kind == OperationKind::Redrive => self.ask_for_plan(kind, target, None, Pace::default(), cx),
            Ok(target) => cx.ask(ReasonPrompt {
                kind,
                target,
                input: None,
            }),
            Err(why) => cx.say(Tone::Warn, why),
        }
    }

    fn target(&self, cx: &Shell) -> Result<Target, String> {
        match Level::on(cx.page) {
            Some(Level::Groups) => self.group_target(),
            Some(Level::Letters) => self.letters_target(),
            Some(Level::Letter) => self.letter_target(cx),
            None => Err("Select a dead letter first: 3".to_owned()),
        }
    }

    fn group_target(&self) -> Result<Target, String> {
        let groups = &self.groups;
        let snapshot = groups.snapshot().ok_or(NOT_HERE)?;
        if groups.acts_on == ActsOn::AllMatching {
            let words = format!("all {} shown", messages(self.messages));
            return Ok(target_of_all(groups, snapshot, words));
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
        let letters = &self.letters;
        let snapshot = letters.snapshot().ok_or(NOT_HERE)?;
        if letters.acts_on == ActsOn::AllMatching {
            return Ok(target_of_all(letters, snapshot, "all that match".to_owned()));
        }
        let list = &letters.paged.list;
        let marks = list.marks();
        if marks.len() > MAX_IDS {
            let most = format::count(MAX_IDS as i64);
            return Err(format!(
                "At most {most} can be marked; filter with / and select all with *"
            ));
        }
        let (rows, words): (Vec<&DeadRow>, String) = if marks.is_empty() {
            let row = list.selected().ok_or(NOTHING)?;
            (vec![row], "one dead letter".to_owned())
        } else {
            let rows = list.rows().iter().filter(|row| marks.contains(&row.id));
            (rows.collect(), format!("{} marked", messages(marks.len() as i64)))
        };
        Ok(target_of_rows(&rows, snapshot.upper, snapshot.at, words))
    }

    fn letter_target(&self, cx: &Shell) -> Result<Target, String> {
        let letter = self.letter.as_ref().ok_or(NOTHING)?;
        let row = letter.fetched.value.as_ref().map(|d| &d.row).ok_or(NOT_HERE)?;
        let age = letter
            .fetched
            .read_at
            .map(|at| cx.clock.instant.saturating_duration_since(at));
        let seen_at = cx.clock.utc - age.unwrap_or_default();
        // If it dies once more, it has a higher number and is left out.
        Ok(target_of_rows(&[row], row.seq, seen_at, "this dead letter".to_owned()))
    }
}

const NOT_HERE: &str = "Wait for the list";
const NOTHING: &str = "No dead letter is selected";

fn messages(n: i64) -> String {
    format::plural(n, "dead letter", "dead letters")
}

fn target_of_all<R: Row>(list: &Selected<R>, snapshot: Snapshot, words: String) -> Target {
    Target {
        selection: list.query.clone(),
        upper: snapshot.upper,
        seen_at: snapshot.at,
        words,
        queue: list.query.queue.clone(),
    }
}

fn target_of_rows(rows: &[&DeadRow], upper: i64, seen_at: OffsetDateTime, words: String) -> Target {
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
