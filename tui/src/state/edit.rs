//! Edit and retry: the payload goes through an editor, is checked by the daemon, and is sent when somebody says yes.

use super::{old_prompt, screen, set_prompt};
use crate::shell::Shell;
use tradepost_common::dead::{Edit, EditCheck};
use tradepost_common::ids::MessageId;
use tradepost_common::operations::Operation;
use tradepost_common::overview::Role;

use super::Legacy;
use super::prompt::Prompt;
use super::screen::Screen;
use crate::client::Reply;
use crate::state::input::Typed;
use crate::state::message::{Read, Write};
use crate::theme::Tone;

/// A dead letter whose payload is being changed.
#[derive(Debug)]
pub struct EditView {
    pub id: MessageId,
    seq: i64,
    /// The editor's last text, with its faults.
    text: String,
    original: serde_json::Value,
    pub stage: Stage,
}

/// The progress of an edit.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// The editor has it.
    Open,
    /// It is no JSON: why, and the line that shows it.
    Broken {
        why: String,
        line: String,
    },
    /// The daemon looks at it.
    Checking(Edit),
    Checked(Edit, EditCheck),
    /// The daemon could not look at it, or would not send it.
    Failed(String),
    Sending,
}

impl Legacy {
    /// `E`, on a message or on the row of one.
    pub fn edit_dead(&mut self, cx: &mut Shell) {
        if !cx.may_write(Role::Operator) {
            return;
        }
        match screen(cx) {
            Screen::Letters => {
                self.open_selected_letter(cx);
                if let Some(letter) = &mut self.dead.letter {
                    letter.edit_wanted = letter.detail.is_none();
                }
                self.edit_letter(cx);
            }
            Screen::Letter => self.edit_letter(cx),
            _ => cx.say(Tone::Warn, "one message is edited at a time: open it first"),
        }
    }

    pub fn edit_letter(&mut self, cx: &mut Shell) {
        let Some(letter) = &self.dead.letter else {
            return;
        };
        let Some(detail) = &letter.detail else {
            return cx.say(Tone::Dim, "reading the message …");
        };
        if self.edit.as_ref().is_some_and(|e| e.stage == Stage::Sending) {
            return cx.say(Tone::Warn, "an edit is being sent");
        }
        let text = pretty(&detail.payload);
        self.edit = Some(EditView {
            id: letter.id,
            seq: detail.row.seq,
            text,
            original: detail.payload.clone(),
            stage: Stage::Open,
        });
        self.open_editor(cx);
    }

    fn open_editor(&mut self, cx: &mut Shell) {
        if let Some(edit) = &mut self.edit {
            edit.stage = Stage::Open;
            let (id, text) = (edit.id, edit.text.clone());
            cx.edit(text, move |legacy: &mut Legacy, text, cx| legacy.edited(cx, id, text));
        }
    }

    pub fn edited(&mut self, cx: &mut Shell, id: MessageId, text: Result<String, String>) {
        let Some(edit) = self.edit.as_mut().filter(|e| e.id == id) else {
            return;
        };
        let text = match text {
            Ok(text) => text,
            Err(why) => {
                self.edit = None;
                return cx.say(Tone::Bad, format!("not edited: {why}"));
            }
        };
        edit.text = text;
        edit.stage = match serde_json::from_str::<serde_json::Value>(&edit.text) {
            Err(e) => broken(&edit.text, &e),
            Ok(payload) if payload == edit.original => {
                self.edit = None;
                return cx.say(Tone::Plain, "the payload is as it was; R sends it again unchanged");
            }
            Ok(payload) => {
                let body = Edit { payload, seq: edit.seq };
                cx.read(Read::Check(id, body.clone()));
                Stage::Checking(body)
            }
        };
        set_prompt(cx, Some(Prompt::Edit { top: 0 }));
    }

    pub fn checked(&mut self, id: MessageId, reply: Reply<EditCheck>) {
        let Some(edit) = self.edit.as_mut().filter(|e| e.id == id) else {
            return;
        };
        if let Stage::Checking(body) = &edit.stage {
            edit.stage = match reply {
                Ok(check) => Stage::Checked(body.clone(), check),
                Err(e) => Stage::Failed(e.to_string()),
            };
        }
    }

    pub fn answer_edit(&mut self, cx: &mut Shell, top: usize, typed: &Typed) {
        let top = match typed {
            Typed::Down => top + 1,
            Typed::Up => top.saturating_sub(1),
            _ => top,
        };
        match (typed, self.edit.as_ref().map(|e| e.stage.clone())) {
            (_, None) => {}
            (Typed::Cancel, Some(Stage::Sending)) => cx.say(Tone::Warn, "it is on its way already"),
            (Typed::Cancel, _) => {
                self.edit = None;
                cx.say(Tone::Plain, "nothing was sent");
            }
            (Typed::EditNote, Some(stage)) if stage != Stage::Sending => self.open_editor(cx),
            (Typed::Yes, Some(Stage::Checked(body, check))) if check.faults.is_empty() => self.send_edit(cx, body),
            _ => set_prompt(cx, Some(Prompt::Edit { top })),
        }
    }

    fn send_edit(&mut self, cx: &mut Shell, body: Edit) {
        set_prompt(cx, Some(Prompt::Edit { top: 0 }));
        if !cx.may_write(Role::Operator) {
            return;
        }
        if let Some(edit) = &mut self.edit {
            edit.stage = Stage::Sending;
            cx.write(Write::Edit(edit.id, body));
        }
    }

    pub fn edit_sent(&mut self, cx: &mut Shell, id: MessageId, reply: Reply<Operation>) {
        let is_it = self.edit.as_ref().is_some_and(|e| e.id == id);
        match reply {
            Ok(operation) => {
                if is_it {
                    self.edit = None;
                    if matches!(old_prompt(cx), Some(Prompt::Edit { .. })) {
                        set_prompt(cx, None);
                    }
                }
                let state = operation.state.as_str();
                cx.say(Tone::Good, format!("sent with the new payload: {state}; 4 shows it"));
            }
            Err(e) => match self.edit.as_mut().filter(|e| e.id == id) {
                Some(edit) => edit.stage = Stage::Failed(format!("NOT sent: {e}")),
                None => cx.say(Tone::Bad, format!("NOT sent: {e}")),
            },
        }
    }
}

/// JSON as it is shown and edited.
pub fn pretty(value: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    text.push('\n');
    text
}

fn broken(text: &str, error: &serde_json::Error) -> Stage {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or("");
    Stage::Broken {
        why: format!("this is no JSON: {error}"),
        line: format!("{:>4} │ {line}", error.line()),
    }
}
