//! The command palette: everything that can be asked for by name.

use super::App;
use super::prompt::{Line, Prompt};
use super::screen::{Screen, TABS};
use super::typing::edit;
use super::writing::QueueAct;
use crate::input::{Action, Typed};
use crate::text;
use crate::theme::{Theme, Tone};

/// One line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub words: String,
    /// The key that does the same, where there is one.
    pub key: String,
    pub command: Command,
}

/// What a line of the palette does. Nothing here needs a question: decisions on cases are not
/// in the palette, because Enter runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Act(Action),
    Queue(String, QueueAct),
    Theme(Theme),
}

impl App {
    /// The commands that fit what was typed, the best first.
    pub fn entries(&self, typed: &str) -> Vec<Entry> {
        let mut found: Vec<(usize, Entry)> = self
            .all_entries()
            .into_iter()
            .filter_map(|entry| text::fuzzy(typed, &entry.words).map(|cost| (cost, entry)))
            .collect();
        if !typed.trim().is_empty() {
            found.sort_by_key(|(cost, _)| *cost);
        }
        found.into_iter().map(|(_, entry)| entry).collect()
    }

    fn all_entries(&self) -> Vec<Entry> {
        let screens = TABS.into_iter().map(|s| act(s.word(), s.key(), Action::Go(s)));
        let acts = [
            act("arm writing", 'W', Action::Arm),
            act("freeze", 'p', Action::Freeze),
            act("filter", '/', Action::AskFilter),
            act("sort by next column", 's', Action::Sort),
            act("sort the other way", 'S', Action::SortReverse),
            act("export as JSON", 'e', Action::Export),
            act("copy", 'y', Action::Copy),
            act("mouse on or off", '%', Action::Mouse),
            act("columns of latency", 'c', Action::Columns),
            act("help", '?', Action::Help),
            act("quit", 'q', Action::Quit),
        ];
        let queues = self.queues.rows().iter().map(|q| {
            let (word, turn) = if q.paused {
                ("resume", QueueAct::Resume)
            } else {
                ("pause", QueueAct::Pause)
            };
            Entry {
                words: format!("{word} queue {}", text::clean(&q.name)),
                key: String::new(),
                command: Command::Queue(q.name.clone(), turn),
            }
        });
        let themes = [Theme::Dark, Theme::Light, Theme::Mono].into_iter().map(|theme| Entry {
            words: format!("theme {}", theme.as_str()),
            key: "T".to_owned(),
            command: Command::Theme(theme),
        });
        screens.chain(acts).chain(queues).chain(themes).collect()
    }

    pub fn type_command(&mut self, mut line: Line, mut cursor: usize, typed: Typed) {
        match typed {
            Typed::Cancel => return,
            Typed::Done => return self.run_entry(&line.text, cursor),
            Typed::Up => cursor = cursor.saturating_sub(1),
            Typed::Down => {
                cursor = (cursor + 1).min(self.entries(&line.text).len().saturating_sub(1));
            }
            other => {
                edit(&mut line, &other);
                cursor = 0;
            }
        }
        self.prompt = Some(Prompt::Palette { line, cursor });
    }

    fn run_entry(&mut self, typed: &str, cursor: usize) {
        let Some(entry) = self.entries(typed).into_iter().nth(cursor) else {
            return self.say(Tone::Warn, format!("no command is called {typed:?}"));
        };
        match entry.command {
            Command::Act(Action::Go(Screen::Item)) => self.go(Screen::Item),
            Command::Act(action) => self.act(action),
            Command::Queue(name, turn) => self.set_queue(&name, turn),
            Command::Theme(theme) => self.set_theme(theme),
        }
    }
}

fn act(words: &str, key: char, action: Action) -> Entry {
    Entry {
        words: words.to_owned(),
        key: key.to_string(),
        command: Command::Act(action),
    }
}
