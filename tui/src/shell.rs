//! The shell: everything around the screens. It knows them as [`Screen`]s in a list and nothing else about them.

mod app;
mod callback;
mod destination;
mod detail;
mod draw;
mod effect;
mod entry;
mod filter;
mod footer;
mod help;
mod keys;
mod live;
mod page;
mod palette;
pub mod picture;
mod prompt;
mod request;
mod screen;
mod screens;
mod shortcut;
mod tabs;
#[cfg(test)]
mod tests;

pub use app::App;
pub use callback::Callback;
pub use destination::Destination;
pub use effect::{Effect, Link, Mouse, Update};
pub use entry::Entry;
pub use keys::{Action, Marking, plain};
pub use live::{LinkState, Live};
pub use page::Page;
#[cfg(test)]
pub use palette::words as palette_words;
#[cfg(test)]
pub use prompt::Refused;
pub use prompt::{AnyPrompt, Confirm, Field, Fields, FormPrompt, Label, LinePrompt, Placement, Prompt, scrolled};
#[cfg(test)]
pub use request::answer;
pub use request::{AnyRequest, Request};
pub use screen::{Badge, Handled, Hint, Screen};

use std::time::{Duration, Instant};

use crossterm::event::KeyCode;
use ratatui::layout::Rect;
use time::OffsetDateTime;
use tradepost_common::overview::{Role, WhoAmI};

use crate::clock::Clock;
use crate::format;
use crate::pictures::Pictures;
use crate::theme::{Theme, Tone};

/// The time after `W` in which keys may change something.
pub const ARMED_FOR: Duration = Duration::from_secs(600);

/// A case or plan that appeared less than this ago takes no key that decides: the key was meant for something else.
const NEW_FOR: Duration = Duration::from_millis(700);

/// The state that all screens share. Every handler of a screen gets it beside its own state.
pub struct Shell {
    /// Set once for every round of the loop.
    pub clock: Clock,
    pub link: LinkState,
    pub you: Option<WhoAmI>,
    /// The latest values of the event stream.
    pub live: Live,
    /// The page that is shown, or is about to be.
    pub page: &'static Page,
    /// Takes the keys before the screen does.
    pub prompt: Option<Box<dyn AnyPrompt>>,
    pub status: Option<Status>,
    pub armed_until: Option<Instant>,
    pub frozen_since: Option<OffsetDateTime>,
    pub theme: Theme,
    pub mouse: Mouse,
    pub pictures: Pictures,
    /// The rows of the list on the terminal, for the mouse.
    pub rows_area: Rect,
    /// Areas that take a click, with their key.
    clicks: Vec<(Rect, Click)>,
    /// The detail of the row under the cursor is beside the list.
    pub has_side_pane: bool,
    /// Done by the loop after the present round.
    pub effects: Vec<Effect>,
}

/// A click on a tab or on a key of the last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Click {
    Go(&'static Page),
    Key(KeyCode),
}

/// The last message, at the bottom of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub text: String,
    pub tone: Tone,
    pub at: Instant,
}

impl Shell {
    pub fn new(theme: Theme, pictures: Pictures, clock: Clock, page: &'static Page) -> Self {
        Self {
            clock,
            link: LinkState::new(clock.instant),
            you: None,
            live: Live::default(),
            page,
            prompt: None,
            status: None,
            armed_until: None,
            frozen_since: None,
            theme,
            mouse: Mouse::Free,
            pictures,
            rows_area: Rect::default(),
            clicks: Vec::new(),
            has_side_pane: false,
            effects: Vec::new(),
        }
    }

    /// Shows a message in the status line.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.status = Some(Status {
            text: text.into(),
            tone,
            at: self.clock.instant,
        });
    }

    /// Opens a page. The screens involved are told once the present handler has returned.
    pub fn go(&mut self, page: &'static Page) {
        self.page = page;
    }

    /// Asks another screen to show something.
    pub fn open(&mut self, destination: Destination) {
        self.effects.push(Effect::Open(destination));
    }

    /// Reads from the daemon; several reads are under way at once.
    pub fn read(&mut self, request: impl Request) {
        self.effects.push(Effect::Read(Box::new(request)));
    }

    /// Changes something at the daemon; one write after the other, in the order of the keys.
    pub fn write(&mut self, request: impl Request) {
        self.effects.push(Effect::Write(Box::new(request)));
    }

    /// Puts a text into the clipboard.
    pub fn copy(&mut self, text: String) {
        self.say(Tone::Plain, format!("Copied {text}"));
        self.effects.push(Effect::Copy(text));
    }

    /// Gives a text to an editor; the screen of type `S` gets it back.
    pub fn edit<S: Screen>(
        &mut self,
        text: String,
        then: impl FnOnce(&mut S, Result<String, String>, &mut Self) + Send + 'static,
    ) {
        let then = Callback::new(then);
        self.effects.push(Effect::Editor { text, then });
    }

    /// Gives the keys to a prompt.
    pub fn ask(&mut self, prompt: impl Prompt) {
        self.prompt = Some(Box::new(prompt));
    }

    /// The prompt of that type, if it is open.
    pub fn prompt_is<P: Prompt>(&self) -> bool {
        let prompt = self.prompt.as_deref();
        prompt.is_some_and(|prompt| (prompt as &dyn std::any::Any).is::<P>())
    }

    /// A box over the screen takes the keys.
    pub fn has_overlay(&self) -> bool {
        self.prompt
            .as_ref()
            .is_some_and(|prompt| prompt.placement() == Placement::Overlay)
    }

    pub fn is_live(&self) -> bool {
        self.link.link == Link::Live
    }

    /// The time left in which keys may change something.
    pub fn armed_for(&self) -> Option<Duration> {
        let left = self.armed_until?.checked_duration_since(self.clock.instant)?;
        (!left.is_zero()).then_some(left)
    }

    pub fn has_role(&self, role: Role) -> bool {
        self.you.as_ref().is_some_and(|you| you.roles.contains(&role))
    }

    pub fn is_me(&self, user: &str) -> bool {
        self.you.as_ref().is_some_and(|you| you.user == user)
    }

    /// Refuses with a message unless the role is there, writing is armed and the link is up.
    pub fn may_write(&mut self, role: Role) -> bool {
        if !self.has_role(role) {
            self.say(
                Tone::Warn,
                format!("Not allowed: this needs the role {}", role.as_str()),
            );
        } else if self.armed_for().is_none() {
            self.say(Tone::Warn, "Read-only: press W to arm writing");
        } else if !self.is_live() {
            self.say(Tone::Warn, "The link to the daemon is down. Nothing was done");
        } else {
            return true;
        }
        false
    }

    /// Ignores text that is typed after a prompt was refused: it must not act as keys.
    pub fn refuse_typing(&mut self) {
        let why = self.status.as_ref().map_or(String::new(), |status| status.text.clone());
        self.ask(prompt::Refused { why });
    }

    /// It came up so recently that the key was hardly meant for it.
    pub fn is_new(&self, came_at: Option<Instant>) -> bool {
        came_at.is_none_or(|at| self.clock.instant.saturating_duration_since(at) < NEW_FOR)
    }

    fn arm(&mut self) {
        if self.has_role(Role::Moderator) || self.has_role(Role::Operator) {
            self.armed_until = Some(self.clock.instant + ARMED_FOR);
            let time = format::countdown(ARMED_FOR);
            self.say(Tone::Plain, format!("Writing is armed for {time}"));
        } else {
            self.say(
                Tone::Warn,
                "Your user is a viewer: writing needs the role moderator or operator",
            );
        }
    }

    fn disarm(&mut self) {
        self.armed_until = None;
        self.say(Tone::Plain, "Read-only again");
    }

    /// Drops what is out of date: the message, the permission to write.
    fn tick(&mut self) {
        let lifetime = |tone| match tone {
            Tone::Bad | Tone::Loud => Duration::from_secs(30),
            _ => Duration::from_secs(8),
        };
        let now = self.clock.instant;
        if self.status.as_ref().is_some_and(|s| now - s.at > lifetime(s.tone)) {
            self.status = None;
        }
        if self.armed_until.is_some() && self.armed_for().is_none() {
            self.armed_until = None;
            self.say(Tone::Warn, "Writing is no longer armed");
        }
    }

    fn turn_mouse(&mut self) {
        let (mouse, words) = match self.mouse {
            Mouse::Free => (Mouse::Captured, "Mouse on: click and wheel. % turns it off"),
            Mouse::Captured => (Mouse::Free, "Mouse off: the terminal selects text"),
        };
        self.mouse = mouse;
        self.effects.push(Effect::Mouse(mouse));
        self.say(Tone::Plain, words);
    }

    fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
        self.say(Tone::Plain, format!("Theme: {}", theme.as_str()));
    }
}
