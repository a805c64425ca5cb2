//! Helpers for the tests of all screens.

use std::any::Any;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Style};
use tradepost_common::problem::{Fault, Problem};

use crate::client::{Failure, Reply};
use crate::shell::{Action, AnyRequest, App, Effect, Refused, Request, Update, answer};

pub fn lines(app: &mut App, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| line(y).trim_end().to_owned()).collect()
}

/// The frame at 80 x 24, with data that is not a second old.
pub fn screen(app: &mut App) -> String {
    sized(app, (80, 24))
}

/// The terminals that people have, from a small window to a wall.
pub const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (300, 90)];

/// A snapshot of the frame at each of the sizes: `queues_80x24`.
macro_rules! assert_sizes {
    ($name:literal, $app:expr) => {{
        let app = &mut $app;
        for (width, height) in $crate::screen::testing::SIZES {
            let shown = $crate::screen::testing::sized(app, (width, height));
            insta::assert_snapshot!(format!("{}_{width}x{height}", $name), shown);
        }
    }};
}
pub(crate) use assert_sizes;

/// The frame at that size, with data that is not a second old.
pub fn sized(app: &mut App, (width, height): (u16, u16)) -> String {
    app.shell.clock.instant = app.shell.link.heard_at.unwrap_or(app.shell.clock.instant);
    lines(app, width, height).join("\n")
}

/// The frame at 80 x 24 with its colours: below each line the cells that are not plain.
pub fn styled(app: &mut App) -> String {
    app.shell.clock.instant = app.shell.link.heard_at.unwrap_or(app.shell.clock.instant);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut out = String::new();
    for y in 0..24 {
        let line: String = (0..80).map(|x| buffer[(x, y)].symbol()).collect();
        out.push_str(&format!("{}\n", line.trim_end()));
        let mut start = 0;
        while start < 80 {
            let style = buffer[(start, y)].style();
            let end = (start..80).find(|&x| buffer[(x, y)].style() != style).unwrap_or(80);
            let words = style_in_words(style);
            if !words.is_empty() {
                out.push_str(&format!("    {start}-{}:{words}\n", end - 1));
            }
            start = end;
        }
    }
    out
}

/// ` on 24 in 255 BOLD`; nothing for plain text.
fn style_in_words(style: Style) -> String {
    let colour = |name: &str, colour: Option<Color>| match colour {
        Some(Color::Indexed(index)) => format!(" {name} {index}"),
        None | Some(Color::Reset) => String::new(),
        Some(other) => format!(" {name} {other}"),
    };
    let mut words = colour("on", style.bg) + &colour("in", style.fg);
    for (name, _) in style.add_modifier.iter_names() {
        words.push_str(&format!(" {name}"));
    }
    words
}

/// The screen in a large terminal.
pub fn large_screen(app: &mut App) -> String {
    sized(app, (120, 40))
}

/// A refusal of the daemon; faults are pairs of a field and a message.
pub fn refusal(status: u16, code: &str, title: &str, faults: &[(&str, &str)]) -> Failure {
    let fault = |(at, message): &(&str, &str)| Fault {
        at: (*at).to_owned(),
        message: (*message).to_owned(),
    };
    Failure::Problem(Box::new(Problem {
        kind: format!("/docs/problems#{code}"),
        status,
        code: code.to_owned(),
        title: title.to_owned(),
        detail: None,
        faults: faults.iter().map(fault).collect(),
    }))
}

fn as_request<R: Clone + 'static>(effect: &Effect) -> Option<R> {
    let request: &dyn AnyRequest = match effect {
        Effect::Read(request) | Effect::Write(request) => request.as_ref(),
        _ => return None,
    };
    (request as &dyn Any).downcast_ref::<R>().cloned()
}

impl App {
    /// Opens the page of that name.
    pub fn go(&mut self, name: &str) {
        let page = self.screens.page(name).expect("there is such a page");
        self.act(Action::Go(page));
    }

    /// A key, long after the one before.
    pub fn code(&mut self, code: KeyCode) {
        self.screens.forget_last_press();
        self.key(KeyEvent::new(code, KeyModifiers::NONE));
    }

    pub fn press(&mut self, c: char) {
        self.code(KeyCode::Char(c));
    }

    pub fn control(&mut self, c: char) {
        self.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
    }

    /// The requests of that type that wait to be sent.
    pub fn sent<R: Clone + 'static>(&self) -> Vec<R> {
        self.shell.effects.iter().filter_map(as_request).collect()
    }

    /// As [`Self::sent`], and empties the queue of requests.
    pub fn drain_sent<R: Clone + 'static>(&mut self) -> Vec<R> {
        let sent = self.sent();
        self.shell.effects.clear();
        sent
    }

    /// A reply comes.
    pub fn answer<R: Request>(&mut self, request: R, reply: Reply<R::Output>) {
        self.update(Update::Call(answer(request, reply)));
    }

    pub fn status(&self) -> &str {
        self.shell.status.as_ref().map_or("", |status| &status.text)
    }

    /// A prompt is open that takes an answer.
    pub fn is_asking(&self) -> bool {
        self.shell.prompt.is_some() && !self.shell.prompt_is::<Refused>()
    }

    /// The text that waits for an editor.
    pub fn in_editor(&self) -> Option<&str> {
        self.shell.effects.iter().find_map(|effect| match effect {
            Effect::Editor { text, .. } => Some(text.as_str()),
            _ => None,
        })
    }

    /// The editor ends.
    pub fn edit_ends(&mut self, text: &str) {
        let effects = std::mem::take(&mut self.shell.effects);
        for effect in effects {
            match effect {
                Effect::Editor { then, .. } => self.update(Update::Call(then.with(Ok(text.to_owned())))),
                other => self.shell.effects.push(other),
            }
        }
    }

    pub fn data_age(&self) -> Option<Duration> {
        let at = self.screens.shown_screen().read_at(&self.shell)?;
        Some(self.shell.clock.instant.saturating_duration_since(at))
    }
}

/// A generator of the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

const NAMED: [KeyCode; 14] = [
    KeyCode::Enter,
    KeyCode::Esc,
    KeyCode::Tab,
    KeyCode::Backspace,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::PageUp,
    KeyCode::PageDown,
    KeyCode::Delete,
    KeyCode::F(5),
];

/// Presses 5,000 keys, draws now and then, and refuses whatever is asked of the daemon.
///
/// Nothing is written while writing is not armed, and with an even seed it never is. Nothing but `q` and Ctrl-C ends it.
pub fn random_keys(app: &mut App, seed: u64) {
    let mut random = Random(seed + 1);
    for number in 0..5000 {
        let code = match random.below(4) {
            0 => NAMED[random.below(NAMED.len())],
            _ => KeyCode::Char(char::from(b' ' + random.below(95) as u8)),
        };
        if code == KeyCode::Char('W') && seed.is_multiple_of(2) {
            continue;
        }
        let modifiers = match random.below(16) {
            0 => KeyModifiers::CONTROL,
            1 => KeyModifiers::ALT,
            _ => KeyModifiers::NONE,
        };
        let may_end = code == KeyCode::Char('q') || code == KeyCode::Char('c');
        app.shell.clock.instant += Duration::from_millis(200 + random.below(3000) as u64);
        app.key(KeyEvent::new(code, modifiers));
        if number % 7 == 0 {
            app.tick();
        }
        for effect in std::mem::take(&mut app.shell.effects) {
            match effect {
                Effect::Quit => assert!(may_end, "seed {seed}, key {number}: {code:?} ends it"),
                Effect::Write(_) => {
                    assert!(
                        app.shell.armed_for().is_some(),
                        "seed {seed}, key {number}: {code:?} writes {effect:?}"
                    );
                    app.refuse(effect);
                }
                Effect::Read(_) if random.below(2) == 0 => app.refuse(effect),
                Effect::Editor { then, .. } => app.update(Update::Call(then.with(Err("no editor".to_owned())))),
                _ => {}
            }
        }
        if number % 50 == 0 {
            let (width, height) = [(80, 24), (120, 40), (60, 16), (20, 5)][random.below(4)];
            lines(app, width, height);
        }
    }
}
