//! The loop of the terminal: wait for anything, take everything, draw once.

mod lending;

use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, KeyCode, KeyModifiers};
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use crate::client::Client;
use crate::clock::Clock;
use crate::graphics::{Choice, Graphics, Protocol, Wrapping};
use crate::keyboard::Keyboard;
use crate::picture::{self, Studio};
use crate::pictures::Pictures;
use crate::screen;
use crate::shell::{App, Effect, Update};
use crate::signals::{Asked, Signals};
use crate::tasks::Tasks;
use crate::term::{self, Screen};
use crate::theme::{Ground, Theme};
use lending::Borrower;

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

/// Runs the terminal until somebody leaves it, a signal ends it or the terminal is gone.
pub async fn run(client: Client, options: Options) -> anyhow::Result<()> {
    let read = |name: &str| std::env::var(name).ok();
    let interactive = term::is_interactive();
    let (keys, cell) = match interactive {
        true => (Keyboard::attached()?, term::cell_pixels()),
        false => (Keyboard::none(), None),
    };
    let mut graphics = Graphics::new(options.graphics, cell, read);
    if options.theme == Some(Theme::Light) {
        graphics.ground = Ground::Light;
    }
    let theme = options.theme.unwrap_or_else(|| Theme::from_environment(read));
    // The line is opened while the terminal is being taken over.
    let (tasks, inbox) = Tasks::start(&client, Studio { graphics }, Signals::new()?);
    let screen = match (&options.until, interactive) {
        (Until::FirstData(_), false) => Screen::nowhere()?,
        _ => Screen::take()?,
    };
    let mut session = Session {
        app: App::new(screen::all(), theme, Pictures::new(graphics), Clock::now()),
        screen,
        tasks,
        drawn_at: None,
        dirty: Dirty::Yes,
        pixels: None,
        lending: None,
    };
    let signals = Signals::new()?;
    let mut sources = Sources { inbox, keys, signals };
    let mut served = session.serve(&mut sources, &options.until).await;
    session.app.close();
    served = served.and(session.perform_effects().map(|_| ()));
    if graphics.protocol == Protocol::Kitty && graphics.wrapping == Wrapping::None {
        served = served.and(session.screen.send(&picture::forget_kitty_pictures()));
    }
    drop(session.screen);
    session.tasks.finish(sources.inbox).await;
    // A terminal that closes is a way to leave.
    if !(interactive && term::is_gone()) {
        served?;
    }
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
    /// The terminal is about to be lent.
    lending: Option<Borrower>,
}

/// The sources that the loop waits for.
struct Sources {
    inbox: Inbox,
    keys: Keyboard,
    signals: Signals,
}

type Inbox = tokio::sync::mpsc::Receiver<Update>;

impl Session {
    async fn serve(&mut self, sources: &mut Sources, until: &Until) -> anyhow::Result<()> {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.drawn_at.map_or_else(Instant::now, |at| at + FRAME);
            let mut flow = Flow::On;
            tokio::select! {
                update = sources.inbox.recv() => match update {
                    Some(update) => self.update(update),
                    None => flow = Flow::Stop,
                },
                key = sources.keys.next() => flow = self.input(key),
                () = sleep_until(due.into()), if self.dirty == Dirty::Yes => {}
                _ = second.tick() => self.tick(),
                asked = sources.signals.next() => match asked {
                    Asked::Stop | Asked::Interrupt => flow = Flow::Stop,
                    Asked::Resume => flow = self.take_back(&mut sources.signals).await?,
                    Asked::Resize => self.dirty = Dirty::Yes,
                },
                why = self.tasks.ended() => anyhow::bail!("{why}"),
            }
            while let Ok(update) = sources.inbox.try_recv() {
                self.update(update);
            }
            while let (Flow::On, Some(key)) = (flow, sources.keys.pop()) {
                flow = self.input(Some(key));
            }
            if self.perform_effects()? == Flow::Stop || flow == Flow::Stop {
                return Ok(());
            }
            if let Some(borrower) = self.lending.take()
                && self.lend(borrower, sources).await? == Flow::Stop
            {
                return Ok(());
            }
            self.draw_if_due()?;
            let has_data = self.app.shell.live.overview.is_some() && self.dirty == Dirty::No;
            if matches!(until, Until::FirstData(_)) && has_data {
                return Ok(());
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

    fn input(&mut self, input: Option<Input>) -> Flow {
        self.app.shell.clock = Clock::now();
        match input {
            Some(Input::Key(key)) if key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('z') => {
                self.lending = Some(Borrower::Shell);
            }
            Some(Input::Key(key)) => self.app.key(key),
            Some(Input::Paste(text)) => self.app.paste(&text),
            Some(Input::Mouse(mouse)) => self.app.click(mouse.kind, mouse.column, mouse.row),
            Some(_) => {}
            // The terminal is gone: there is nobody to go on for.
            None => return Flow::Stop,
        }
        self.dirty = Dirty::Yes;
        Flow::On
    }

    fn perform_effects(&mut self) -> anyhow::Result<Flow> {
        for effect in std::mem::take(&mut self.app.shell.effects) {
            match effect {
                Effect::Quit => return Ok(Flow::Stop),
                Effect::Copy(text) => self.screen.copy(&text)?,
                Effect::Mouse(mouse) => self.screen.set_mouse(mouse)?,
                Effect::Editor { text, then } => self.lending = Some(Borrower::Editor { text, then }),
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
