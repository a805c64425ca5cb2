//! The terminal while another program has it: an editor, or the shell after Ctrl-Z.

use std::time::Duration;

use tokio::time::interval;

use super::{Dirty, Flow, Session, Sources};
use crate::clock::Clock;
use crate::editor;
use crate::keyboard::Keyboard;
use crate::shell::{App, Callback, Update};
use crate::signals::{Asked, Signals};
use crate::term;

/// The interval of looking for the terminal, which the editor reads meanwhile.
const LOOKS_EVERY: Duration = Duration::from_millis(250);

type EditorCallback = Callback<Result<String, String>>;

/// The program that gets the terminal for a while.
pub enum Borrower {
    Editor {
        text: String,
        then: EditorCallback,
    },
    /// The shell that started this one, until it goes on with it.
    Shell,
}

impl Session {
    pub async fn lend(&mut self, borrower: Borrower, sources: &mut Sources) -> anyhow::Result<Flow> {
        self.screen.lend();
        match borrower {
            Borrower::Editor { text, then } => self.edit(text, then, sources).await,
            Borrower::Shell => {
                sources.signals.suspend().await?;
                self.take_back(&mut sources.signals).await
            }
        }
    }

    /// The editor has the terminal until it ends; what the daemon says meanwhile is heard and not drawn.
    async fn edit(&mut self, text: String, then: EditorCallback, sources: &mut Sources) -> anyhow::Result<Flow> {
        sources.keys = Keyboard::none();
        let edited = editor_result(&mut self.app, text, sources).await;
        let Some(edited) = edited else {
            self.screen.reclaim();
            return Ok(Flow::Stop);
        };
        let flow = self.take_back(&mut sources.signals).await?;
        sources.keys = Keyboard::attached()?;
        self.update(Update::Call(then.with(edited)));
        Ok(flow)
    }

    /// Takes the terminal again, as soon as it belongs to this process group.
    pub async fn take_back(&mut self, signals: &mut Signals) -> anyhow::Result<Flow> {
        if signals.foreground().await.is_err() {
            return Ok(Flow::Stop);
        }
        self.screen.take_back(self.app.shell.mouse)?;
        // The terminal may have dropped the pictures that it was sent.
        self.app.shell.pictures.forget_all();
        self.app.shell.clock = Clock::now();
        self.dirty = Dirty::Yes;
        Ok(Flow::On)
    }
}

/// `None` when the terminal is to close.
async fn editor_result(app: &mut App, text: String, sources: &mut Sources) -> Option<Result<String, String>> {
    let edit = editor::edit("payload", &text);
    tokio::pin!(edit);
    let mut look = interval(LOOKS_EVERY);
    loop {
        tokio::select! {
            edited = &mut edit => return Some(edited),
            asked = sources.signals.next() => {
                if asked == Asked::Stop {
                    return None;
                }
            }
            _ = look.tick() => {
                if term::is_gone() {
                    return None;
                }
            }
            update = sources.inbox.recv() => {
                app.shell.clock = Clock::now();
                app.update(update?);
            }
        }
    }
}
