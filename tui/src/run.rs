//! The loop of the terminal: wait for anything, take everything, draw once.

use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, KeyCode, KeyEventKind, KeyModifiers};
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use crate::client::Client;
use crate::clock::Clock;
use crate::editor;
use crate::graphics::{Choice, Graphics, Protocol, Wrapping};
use crate::picture::{self, Studio};
use crate::pictures::Pictures;
use crate::screen;
use crate::shell::{App, Callback, Effect, Update};
use crate::signals::Signals;
use crate::tasks::{Keyboard, Tasks};
use crate::term::{self, Screen};
use crate::theme::Theme;

/// At most one frame in this time: 60 a second.
const FRAME: Duration = Duration::from_millis(16);

/// Options of the terminal.
pub struct Options {
    pub graphics: Choice,
    pub theme: Option<Theme>,
    pub until: Until,
}

/// The time at which the terminal closes.
pub enum Until {
    Quit,
    /// As soon as a frame with data is drawn; started then.
    FirstData(Instant),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Stop,
}

/// Runs the terminal until somebody leaves it.
pub async fn run(client: Client, options: Options) -> anyhow::Result<()> {
    let read = |name: &str| std::env::var(name).ok();
    let (keyboard, cell) = match term::is_interactive() {
        true => (Keyboard::Attached, term::cell_pixels()),
        false => (Keyboard::None, None),
    };
    let graphics = Graphics::new(options.graphics, cell, read);
    let theme = options.theme.unwrap_or_else(|| Theme::from_environment(read));
    // The line is opened while the terminal is being taken over.
    let (tasks, inbox) = Tasks::start(&client, Studio { graphics });
    let screen = match (&options.until, keyboard) {
        (Until::FirstData(_), Keyboard::None) => Screen::nowhere()?,
        _ => Screen::take()?,
    };
    let mut session = Session {
        app: App::new(screen::all(), theme, Pictures::new(graphics), Clock::now()),
        screen,
        tasks,
        drawn_at: None,
        dirty: Dirty::Yes,
        pixels: None,
        pending: None,
    };
    let inbox = session.serve(inbox, keyboard, &options.until).await?;
    session.app.close();
    session.perform_effects()?;
    if graphics.protocol == Protocol::Kitty && graphics.wrapping == Wrapping::None {
        session.screen.send(&picture::forget_kitty_pictures())?;
    }
    drop(session.screen);
    session.tasks.finish(inbox).await;
    if let Until::FirstData(start) = options.until {
        println!("{:.1}", start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Dirty {
    Yes,
    No,
}

struct Session {
    app: App,
    screen: Screen,
    tasks: Tasks,
    drawn_at: Option<Instant>,
    dirty: Dirty,
    /// Cells of the last frame with pixels that text does not cover.
    pixels: Option<(&'static str, u32)>,
    /// The text that the editor is to be opened with.
    pending: Option<Pending>,
}

struct Pending {
    text: String,
    then: Callback<Result<String, String>>,
}

/// The sources that the loop waits for.
struct Ends {
    inbox: Inbox,
    keys: tokio::sync::mpsc::Receiver<Input>,
    signals: Signals,
}

/// `None` when the terminal is to close.
async fn editor_result(app: &mut App, text: String, ends: &mut Ends) -> Option<Result<String, String>> {
    let edit = editor::edit("payload", &text);
    tokio::pin!(edit);
    loop {
        tokio::select! {
            edited = &mut edit => return Some(edited),
            () = ends.signals.stop_but_interrupt() => return None,
            update = ends.inbox.recv() => {
                app.shell.clock = Clock::now();
                app.update(update?);
            }
        }
    }
}

type Inbox = tokio::sync::mpsc::Receiver<Update>;

impl Session {
    /// The editor has the terminal until it ends; what the daemon says meanwhile is heard and not drawn.
    async fn edit(&mut self, pending: Pending, ends: &mut Ends) -> anyhow::Result<Flow> {
        self.tasks.stop_listening().await;
        self.screen.lend();
        let edited = editor_result(&mut self.app, pending.text, ends).await;
        self.screen.take_back(self.app.shell.mouse)?;
        ends.keys = self.tasks.listen(Keyboard::Attached);
        self.dirty = Dirty::Yes;
        self.app.shell.clock = Clock::now();
        let Some(edited) = edited else {
            return Ok(Flow::Stop);
        };
        self.app.update(Update::Call(pending.then.with(edited)));
        Ok(Flow::On)
    }

    async fn serve(&mut self, inbox: Inbox, keyboard: Keyboard, until: &Until) -> anyhow::Result<Inbox> {
        let mut ends = Ends {
            inbox,
            keys: self.tasks.listen(keyboard),
            signals: Signals::new()?,
        };
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.drawn_at.map_or_else(Instant::now, |at| at + FRAME);
            let mut flow = Flow::On;
            tokio::select! {
                update = ends.inbox.recv() => match update {
                    Some(update) => self.update(update),
                    None => flow = Flow::Stop,
                },
                key = ends.keys.recv() => flow = self.input(key)?,
                () = sleep_until(due.into()), if self.dirty == Dirty::Yes => {}
                _ = second.tick() => self.tick(),
                () = ends.signals.stop() => flow = Flow::Stop,
                why = self.tasks.ended() => anyhow::bail!("{why}"),
            }
            while let Ok(update) = ends.inbox.try_recv() {
                self.update(update);
            }
            while let (Flow::On, Ok(key)) = (flow, ends.keys.try_recv()) {
                flow = self.input(Some(key))?;
            }
            if self.perform_effects()? == Flow::Stop || flow == Flow::Stop {
                return Ok(ends.inbox);
            }
            if let Some(pending) = self.pending.take()
                && self.edit(pending, &mut ends).await? == Flow::Stop
            {
                return Ok(ends.inbox);
            }
            self.draw_if_due()?;
            let has_data = self.app.shell.live.overview.is_some() && self.dirty == Dirty::No;
            if matches!(until, Until::FirstData(_)) && has_data {
                return Ok(ends.inbox);
            }
        }
    }

    fn update(&mut self, update: Update) {
        self.app.shell.clock = Clock::now();
        self.app.update(update);
        self.dirty = Dirty::Yes;
    }

    fn tick(&mut self) {
        self.app.shell.clock = Clock::now();
        self.app.tick();
        self.dirty = Dirty::Yes;
    }

    fn input(&mut self, input: Option<Input>) -> anyhow::Result<Flow> {
        self.app.shell.clock = Clock::now();
        match input {
            Some(Input::Key(key)) if key.kind != KeyEventKind::Release => {
                if key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('z') {
                    self.screen.suspend()?;
                } else {
                    self.app.key(key);
                }
            }
            Some(Input::Paste(text)) => self.app.paste(&text),
            Some(Input::Mouse(mouse)) => self.app.click(mouse.kind, mouse.column, mouse.row),
            Some(_) => {}
            // The terminal is gone: there is nobody to go on for.
            None => return Ok(Flow::Stop),
        }
        self.dirty = Dirty::Yes;
        Ok(Flow::On)
    }

    fn perform_effects(&mut self) -> anyhow::Result<Flow> {
        for effect in std::mem::take(&mut self.app.shell.effects) {
            match effect {
                Effect::Quit => return Ok(Flow::Stop),
                Effect::Copy(text) => self.screen.copy(&text)?,
                Effect::Mouse(mouse) => self.screen.set_mouse(mouse)?,
                Effect::Editor { text, then } => self.pending = Some(Pending { text, then }),
                _ => self.hand_over(effect),
            }
        }
        Ok(Flow::On)
    }

    fn hand_over(&mut self, effect: Effect) {
        let Err(refused) = self.tasks.send(effect) else {
            return;
        };
        self.dirty = Dirty::Yes;
        self.app.refuse(*refused.0);
    }

    fn draw_if_due(&mut self) -> anyhow::Result<()> {
        let is_due = self.drawn_at.is_none_or(|at| at.elapsed() >= FRAME);
        if self.dirty == Dirty::No || !is_due {
            return Ok(());
        }
        if self.app.shell.pictures.graphics.leaves_pixels() {
            self.wipe_old_pixels()?;
        }
        self.app.shell.clock = Clock::now();
        self.screen.draw(|frame| self.app.draw(frame))?;
        self.drawn_at = Some(Instant::now());
        self.dirty = Dirty::No;
        self.app.ask_for_pictures();
        self.perform_effects()?;
        Ok(())
    }

    /// Sixel and iTerm2 pictures stay when text is drawn; they go with the whole screen.
    fn wipe_old_pixels(&mut self) -> anyhow::Result<()> {
        let pixels = self.app.picture_layout();
        if self.pixels.is_some() && self.pixels != pixels {
            self.screen.wipe()?;
        }
        self.pixels = pixels;
        Ok(())
    }
}
