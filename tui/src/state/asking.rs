//! What a moderator writes: a question to the contributor, and the note that goes with a decision.

use super::Legacy;
use super::prompt::{Line, Prompt, Sure};
use super::reasons::{Refusal, Refusing};
use super::set_prompt;
use super::typing::edit;
use crate::shell::Shell;
use crate::state::input::Typed;
use crate::state::message::Write;
use crate::theme::Tone;

impl Legacy {
    pub fn ask_contributor(&mut self, cx: &mut Shell) {
        if self.may_decide(cx) {
            set_prompt(cx, Some(Prompt::Question(Line::default())));
        }
    }

    pub fn type_question(&mut self, cx: &mut Shell, mut line: Line, typed: Typed) {
        match typed {
            Typed::Cancel => return cx.say(Tone::Plain, "nothing was asked"),
            Typed::Done if !line.text().trim().is_empty() => {
                set_prompt(cx, Some(Prompt::Sure(Sure::Ask(line.text().trim().to_owned()))));
                return;
            }
            other => edit(&mut line, &other),
        }
        set_prompt(cx, Some(Prompt::Question(line)));
    }

    pub fn send_question(&mut self, cx: &mut Shell, question: String) {
        if !self.may_decide(cx) {
            return;
        }
        let Some((case, title)) = self.case.as_ref().map(|c| (c.id, c.title.clone())) else {
            return;
        };
        let doing = format!("asking about {title} …");
        self.decided(cx, "", Write::Ask { case, title, question }, &doing);
    }

    pub fn ask_note(&mut self, cx: &mut Shell, then: Option<Refusing>) {
        let note = self.note_for(then.map_or(Refusal::Pack, |asked| asked.what)).to_owned();
        if self.case.is_some() || then.is_some() {
            let line = Line::new(&note);
            set_prompt(cx, Some(Prompt::Note { line, then }));
        }
    }

    pub fn type_note(&mut self, cx: &mut Shell, mut line: Line, then: Option<Refusing>, typed: Typed) {
        match typed {
            Typed::Cancel => {}
            Typed::Done => {
                let text = line.text().trim().to_owned();
                match (then.map(|asked| asked.what), &mut self.case) {
                    (Some(Refusal::Bulk), _) => self.bulk_note = text,
                    (_, Some(case)) => case.note = text,
                    (_, None) => {}
                }
                if then.is_none() {
                    cx.say(Tone::Plain, "the note goes with the decision: a approves, x rejects");
                }
            }
            other => {
                edit(&mut line, &other);
                set_prompt(cx, Some(Prompt::Note { line, then }));
                return;
            }
        }
        set_prompt(cx, then.map(Prompt::Reasons));
    }
}
