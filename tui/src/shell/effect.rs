//! Effects, which the shell asks of the loop, and updates, which the loop brings back.

use std::path::PathBuf;
use std::time::Duration;

use tradepost_common::events::Event;

use super::callback::Callback;
use super::destination::Destination;
use super::request::AnyRequest;
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
        then: Callback<Result<String, String>>,
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
    /// A reply of the daemon or a text from the editor, for the screen that asked.
    Call(Callback),
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
