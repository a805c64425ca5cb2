//! Effects, which the shell asks of the loop, and updates, which the loop brings back.

use std::any::{Any, TypeId};
use std::fmt::{self, Debug};
use std::path::PathBuf;
use std::time::Duration;

use tradepost_common::events::Event;

use super::Shell;
use super::destination::Destination;
use super::request::{Answer, AnyRequest};
use crate::picture::{PictureKey, Shown};

/// Something that is done without anybody waiting for it.
#[derive(Debug)]
pub enum Effect {
    Read(Box<dyn AnyRequest>),
    Write(Box<dyn AnyRequest>),
    Picture(PictureKey),
    /// Another screen shows something.
    Open(Destination),
    /// To the clipboard of whoever sits at the terminal.
    Copy(String),
    Export {
        page: &'static str,
        json: String,
    },
    Mouse(Mouse),
    /// The text goes to an editor, which has the terminal until it ends.
    Editor {
        text: String,
        then: Edited,
    },
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    Captured,
    /// The terminal's own selection works.
    Free,
}

/// Something that happened outside.
#[derive(Debug)]
pub enum Update {
    Link(Link),
    Event(Event),
    Answer(Answer),
    /// The text that came back from the editor.
    Edited(Edited, Result<String, String>),
    Picture(PictureKey, Shown),
    Exported(Result<PathBuf, String>),
}

/// The state of the link to the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    Connecting,
    Live,
    /// The next retry follows `retry` after the loss.
    Lost {
        why: String,
        retry: Duration,
    },
}

type Then = Box<dyn FnOnce(&mut dyn Any, Result<String, String>, &mut Shell) + Send>;

/// The screen that waits for an edited text, and what it does with it.
pub struct Edited {
    pub(super) owner: TypeId,
    then: Then,
}

impl Edited {
    pub fn new<S: 'static>(then: impl FnOnce(&mut S, Result<String, String>, &mut Shell) + Send + 'static) -> Self {
        Self {
            owner: TypeId::of::<S>(),
            then: Box::new(|owner, text, cx| {
                if let Some(screen) = owner.downcast_mut::<S>() {
                    then(screen, text, cx);
                }
            }),
        }
    }

    pub(super) fn deliver(self, owner: &mut dyn Any, text: Result<String, String>, cx: &mut Shell) {
        (self.then)(owner, text, cx);
    }
}

impl Debug for Edited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edited")
    }
}
