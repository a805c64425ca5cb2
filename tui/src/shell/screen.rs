//! The trait that every screen implements.

use std::any::Any;
use std::time::Instant;

use ratatui::layout::Rect;
use tradepost_common::events::Event;

use super::Shell;
use super::destination::Destination;
use super::entry::Entry;
use super::keys::Action;
use super::page::Page;
use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::list::AnyList;
use crate::picture::PictureKey;

/// A key and what it does; a line without a meaning is a heading.
pub type Hint = (&'static str, &'static str);

/// The answer of a screen that was offered a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    Yes,
    /// The shell does what it does on every screen.
    No,
}

/// The number in a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Badge {
    pub count: i64,
    /// One of them cannot wait.
    pub is_loud: bool,
}

/// One screen: its state, its keys, its drawing, its help and its subcommands, all in one folder of `screen/`.
///
/// A screen has one [`Page`] or several; `cx.page` is the one that is shown. A handler gets the state of its own screen
/// and the [`Shell`], never another screen: it sends requests ([`Shell::read`], [`Shell::write`]), opens prompts
/// ([`Shell::ask`]) and pages ([`Shell::go`]), and asks whichever screen knows it to show something ([`Shell::open`]).
/// Nothing here waits: replies come back through [`super::Request::answered`].
///
/// Only `pages` and `draw` are required. A method that is about the page on the terminal is called while one of the
/// pages of the screen is shown; the others are marked.
pub trait Screen: Any {
    /// All pages; the first one is the main page. They never change.
    fn pages(&self) -> &'static [Page];

    /// Draws the page. The last lines of the terminal are the shell's.
    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell);

    /// Takes a key before the shell does. Letters come as [`Action::Letter`]; if they are not taken, the common meaning
    /// of the letter is offered as an action of its own. Esc that is not taken leads to the page that this one belongs
    /// to, Tab to the next screen whose main page is of the same tab.
    fn act(&mut self, _action: &Action, _cx: &mut Shell) -> Handled {
        Handled::No
    }

    /// The list that moving, filtering, sorting, marking and copying work on.
    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        None
    }

    /// The row under the cursor in full: shown below the list, beside it in a wide terminal, and alone after Enter
    /// unless the screen takes that key.
    fn detail(&self, _cx: &Shell) -> Option<Document> {
        None
    }

    /// Lines between the heading of the page and its list.
    fn lines_above(&self, _cx: &Shell) -> usize {
        0
    }

    /// The picture of the row under the cursor, for the room that the detail leaves beside the list.
    fn preview(&self, _room: Rect, _cx: &Shell) -> Option<PictureKey> {
        None
    }

    /// The cursor of the list moved, or other rows are shown.
    fn moved(&mut self, _cx: &mut Shell) {}

    /// The text that the daemon searches for on this page, where `/` is a search and not a filter.
    fn search(&self, _cx: &Shell) -> Option<String> {
        None
    }

    fn set_search(&mut self, _text: &str, _cx: &mut Shell) {}

    /// Reads whatever the page shows and is not here, or is out of date. Called after every change while the link is up.
    fn read(&mut self, _cx: &mut Shell) {}

    /// The time the page's data is of; `None` while there is none. What the event stream carries is always fresh.
    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        cx.link.heard_at
    }

    /// The keys of the last line, the most needed first: what does not fit is left out.
    fn hints(&self, cx: &Shell) -> Vec<Hint>;

    /// The page as JSON: what passes the filter, in the order shown.
    fn export(&self, _cx: &Shell) -> Option<String> {
        None
    }

    /// A key that decides something: it is not taken from a key that is held down.
    fn is_decision(&self, _key: char, _cx: &Shell) -> bool {
        false
    }

    /// Pictures worth having before they are asked for.
    fn pictures_ahead(&self, _cx: &Shell) -> Vec<PictureKey> {
        Vec::new()
    }

    /// Identifies the images on the page: when the value changes, old pixels are wiped. `None`: there is no image.
    fn picture_layout(&self, _cx: &Shell) -> Option<u32> {
        None
    }

    /// A page of this screen comes up, `cx.page`. It may go on to another one.
    fn enter(&mut self, _cx: &mut Shell) {}

    /// That page of this screen is left.
    fn leave(&mut self, _page: &'static Page, _cx: &mut Shell) {}

    /// Writing was just armed.
    fn armed(&mut self, _cx: &mut Shell) {}

    /// The help lines of one of its pages. At any time.
    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[]
    }

    /// Its lines of the palette. At any time.
    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        Vec::new()
    }

    /// The number in the tab that the page belongs to. At any time.
    fn badge(&self, _page: &Page, _cx: &Shell) -> Badge {
        Badge::default()
    }

    /// Long work that goes on, a line each, for the foot of pages that do not show it. At any time.
    fn progress(&self, _cx: &Shell) -> Vec<String> {
        Vec::new()
    }

    /// Shows something on behalf of another screen; `No` if it knows nothing of it. At any time.
    fn open(&mut self, _destination: &Destination, _cx: &mut Shell) -> Handled {
        Handled::No
    }

    /// A change that the daemon tells of; [`Shell::live`] has it already. At any time but while frozen.
    fn event(&mut self, _event: &Event, _cx: &mut Shell) {}

    /// The link was down: whatever was read may be out of date. At any time.
    fn reconnected(&mut self, _cx: &mut Shell) {}

    /// Once a second. At any time.
    fn tick(&mut self, _cx: &mut Shell) {}

    /// The terminal closes: what is held is given back. At any time.
    fn close(&mut self, _cx: &mut Shell) {}

    /// Its twins on the command line.
    fn subcommands() -> Vec<Subcommand>
    where
        Self: Sized,
    {
        Vec::new()
    }
}
