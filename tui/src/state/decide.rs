//! Deciding a case: one key, and the next case is there.

use std::time::Duration;

use tradepost_common::ids::CaseId;
use tradepost_common::overview::Role;
use tradepost_common::review::{Approve, REASONS, Reject};

use super::App;
use super::case::{Claim, Split};
use super::prompt::{Line, Prompt};
use super::screen::Screen;
use super::typing::edit;
use crate::input::Typed;
use crate::message::{Effect, Write};
use crate::theme::Tone;

/// A case that just came up takes no decision: the key was meant for the one before.
const REST: Duration = Duration::from_millis(700);
/// The same key again within this time is a key that is held down.
const HELD_DOWN: Duration = Duration::from_millis(150);

impl App {
    /// Whether the key that was just pressed may decide the case on the screen.
    fn may_decide(&mut self) -> bool {
        if !self.may_write(Role::Moderator) {
            return false;
        }
        let Some(case) = &self.case else {
            return false;
        };
        let refusal = match (&case.detail, &case.claim) {
            (None, _) => Some("wait until the case is here".to_owned()),
            (Some(detail), _) if detail.decision.is_some() => Some("this case is decided already".to_owned()),
            (_, Claim::Refused(why)) => Some(format!("{why}; n goes to the next case")),
            _ if self.clock.instant.saturating_duration_since(case.opened_at) < REST => {
                Some("a new case came up; look at it first".to_owned())
            }
            _ => None,
        };
        match refusal {
            Some(why) => {
                self.say(Tone::Warn, why);
                false
            }
            None => true,
        }
    }

    /// Remembers the key; a decision is not taken from one that is held down.
    pub fn is_held_down(&mut self, key: char) -> bool {
        let now = self.clock.instant;
        let before = self.last_press.replace((key, now));
        before.is_some_and(|(last, at)| last == key && now.saturating_duration_since(at) < HELD_DOWN)
    }

    pub fn approve(&mut self) {
        if !self.may_decide() {
            return;
        }
        let Some(case) = &self.case else {
            return;
        };
        let split = case.split();
        if split.publish == 0 {
            self.say(Tone::Warn, "no file is left to approve; x rejects the pack");
            return;
        }
        let note = case.note.trim();
        let body = Approve {
            template: None,
            except: case.exceptions(),
            reason: (!note.is_empty()).then(|| note.to_owned()),
        };
        let (id, title) = (case.id, case.title.clone());
        self.decided(id, Write::Approve { case: id, title, body }, &approving(split));
    }

    pub fn ask_reason(&mut self) {
        if self.may_decide() {
            self.prompt = Some(Prompt::Reasons);
        }
    }

    pub fn pick_reason(&mut self, typed: Typed) {
        let Some(note) = self.case.as_ref().map(|c| c.note.trim().to_owned()) else {
            return;
        };
        let reason = match typed {
            Typed::Cancel => return self.say(Tone::Plain, "not rejected"),
            Typed::EditNote => return self.ask_note(),
            Typed::Reason(n) => REASONS.get(n - 1).map(|reason| with_note(reason.title, &note)),
            Typed::NoteAlone if note.is_empty() => {
                self.say(Tone::Warn, "there is no note yet: m writes one");
                None
            }
            Typed::NoteAlone => Some(note),
            _ => None,
        };
        match reason {
            Some(reason) => self.reject(reason),
            None => self.prompt = Some(Prompt::Reasons),
        }
    }

    fn reject(&mut self, reason: String) {
        let Some((id, title)) = self.case.as_ref().map(|c| (c.id, c.title.clone())) else {
            return;
        };
        let doing = format!("rejecting {title} …");
        self.decided(
            id,
            Write::Reject {
                case: id,
                title,
                body: Reject {
                    template: None,
                    reason: Some(reason),
                },
            },
            &doing,
        );
    }

    /// Sends the decision and brings up the next case without waiting for the answer.
    fn decided(&mut self, id: CaseId, write: Write, doing: &str) {
        let next = self.next_case();
        self.effects.push(Effect::Write(write));
        self.cases.list.remove(&id, self.clock.utc);
        self.deciding.push(id);
        // The decision ends the claim; there is nothing to give back.
        self.case = None;
        self.say(Tone::Dim, doing);
        match next {
            Some((id, title)) => self.open_case(id, title),
            None => self.go(Screen::Review),
        }
    }

    pub fn ask_note(&mut self) {
        if let Some(case) = &self.case {
            self.prompt = Some(Prompt::Note(Line::new(&case.note)));
        }
    }

    pub fn type_note(&mut self, mut line: Line, typed: Typed) {
        match typed {
            Typed::Cancel => {}
            Typed::Done => {
                if let Some(case) = &mut self.case {
                    case.note = line.text.trim().to_owned();
                }
                self.say(Tone::Plain, "the note goes with the decision: a approves, x rejects");
            }
            other => {
                edit(&mut line, &other);
                self.prompt = Some(Prompt::Note(line));
            }
        }
    }
}

fn approving(split: Split) -> String {
    format!("approving {} …", split.in_words())
}

fn with_note(reason: &str, note: &str) -> String {
    if note.is_empty() {
        reason.to_owned()
    } else {
        format!("{reason}: {note}")
    }
}
