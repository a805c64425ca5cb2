//! Edit and retry: the payload goes through an editor, is checked by the daemon, and is sent when somebody says yes.

use tradepost_common::dead::{Edit, EditCheck};
use tradepost_common::ids::MessageId;
use tradepost_common::operations::Operation;
use tradepost_common::overview::Role;

use super::edit_prompt::EditPrompt;
use super::{DeadLetters, Level};
use crate::client::{Client, Reply};
use crate::export;
use crate::shell::{Request, Shell};
use crate::theme::Tone;

/// A dead letter whose payload is being changed.
#[derive(Debug)]
pub struct Edited {
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

/// Asks for the effect that an edit would have.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckEdit(pub MessageId, pub Edit);

impl Request for CheckEdit {
    type Owner = DeadLetters;
    type Output = EditCheck;

    async fn send(&self, client: &Client) -> Reply<EditCheck> {
        client.check_edit(self.0, &self.1).await
    }

    fn answered(self, screen: &mut DeadLetters, reply: Reply<EditCheck>, _cx: &mut Shell) {
        let edited = screen.edited.as_mut().filter(|edited| edited.id == self.0);
        let Some((stage, edit)) = edited.and_then(|edited| match edited.stage.clone() {
            Stage::Checking(edit) => Some((&mut edited.stage, edit)),
            _ => None,
        }) else {
            return;
        };
        *stage = match reply {
            Ok(check) => Stage::Checked(edit, check),
            Err(e) => Stage::Failed(e.to_string()),
        };
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct SendEdit(pub MessageId, pub Edit);

impl Request for SendEdit {
    type Owner = DeadLetters;
    type Output = Operation;

    async fn send(&self, client: &Client) -> Reply<Operation> {
        client.send_edit(self.0, &self.1).await
    }

    fn answered(self, screen: &mut DeadLetters, reply: Reply<Operation>, cx: &mut Shell) {
        let edited = screen.edited.as_mut().filter(|edited| edited.id == self.0);
        match (reply, edited) {
            (Ok(operation), edited) => {
                if edited.is_some() {
                    screen.edited = None;
                    if cx.prompt_is::<EditPrompt>() {
                        cx.prompt = None;
                    }
                }
                cx.say(
                    Tone::Good,
                    format!("{} with the new payload started; 4 shows it", operation.kind),
                );
            }
            (Err(e), Some(edited)) => edited.stage = Stage::Failed(format!("NOT sent: {e}")),
            (Err(e), None) => cx.say(Tone::Bad, format!("NOT sent: {e}")),
        }
    }
}

impl DeadLetters {
    /// `E`, on a message or on the row of one.
    pub fn edit_selected(&mut self, cx: &mut Shell) {
        if !cx.may_write(Role::Operator) {
            return;
        }
        match Level::on(cx.page) {
            Some(Level::Letters) => {
                self.open_selected_letter(cx);
                if let Some(letter) = &mut self.letter {
                    letter.edit_wanted = letter.fetched.value.is_none();
                }
                self.edit_letter(cx);
            }
            Some(Level::Letter) => self.edit_letter(cx),
            _ => cx.say(Tone::Warn, "Open the message to edit it"),
        }
    }

    pub fn edit_letter(&mut self, cx: &mut Shell) {
        let Some(letter) = &self.letter else {
            return;
        };
        let Some(detail) = &letter.fetched.value else {
            return cx.say(Tone::Dim, "Reading the message …");
        };
        if self
            .edited
            .as_ref()
            .is_some_and(|edited| edited.stage == Stage::Sending)
        {
            return cx.say(Tone::Warn, "An edit is being sent");
        }
        self.edited = Some(Edited {
            id: letter.id,
            seq: detail.row.seq,
            text: export::pretty(&detail.payload).unwrap_or_default(),
            original: detail.payload.clone(),
            stage: Stage::Open,
        });
        self.open_editor(cx);
    }

    pub fn open_editor(&mut self, cx: &mut Shell) {
        if let Some(edited) = &mut self.edited {
            edited.stage = Stage::Open;
            let id = edited.id;
            cx.edit(edited.text.clone(), move |screen: &mut Self, text, cx| {
                screen.editor_ended(id, text, cx);
            });
        }
    }

    fn editor_ended(&mut self, id: MessageId, text: Result<String, String>, cx: &mut Shell) {
        let Some(edited) = self.edited.as_mut().filter(|edited| edited.id == id) else {
            return;
        };
        match text {
            Ok(text) => edited.text = text,
            Err(why) => {
                self.edited = None;
                return cx.say(Tone::Bad, format!("Not edited: {why}"));
            }
        }
        edited.stage = match serde_json::from_str::<serde_json::Value>(&edited.text) {
            Err(e) => broken(&edited.text, &e),
            Ok(payload) if payload == edited.original => {
                self.edited = None;
                return cx.say(Tone::Plain, "The payload is unchanged; R redrives it");
            }
            Ok(payload) => {
                let seq = edited.seq;
                let edit = Edit { payload, seq };
                cx.read(CheckEdit(id, edit.clone()));
                Stage::Checking(edit)
            }
        };
        cx.ask(EditPrompt::default());
    }
}

fn broken(text: &str, error: &serde_json::Error) -> Stage {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or("");
    Stage::Broken {
        why: format!("Not valid JSON: {error}"),
        line: format!("{:>4} │ {line}", error.line()),
    }
}
