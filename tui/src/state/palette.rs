//! The command palette: everything that can be asked for by name.

use tradepost_common::operations::OperationKind;

use super::App;
use super::campaigns::CampaignKey;
use super::prompt::{Line, Prompt};
use super::screen::{Screen, TABS};
use super::typing::edit;
use super::writing::QueueAct;
use crate::input::{Action, DeadKey, OperationKey, Review, Typed};
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

/// What a line of the palette does. Nothing here is done without a question that needs one: decisions on cases are not
/// in the palette, because Enter runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Act(Action),
    Queue(String, QueueAct),
    Concurrency(String),
    /// The dead letters of that queue.
    DeadOf(String),
    Theme(Theme),
    /// The account is let in again, after a question.
    Unban(String),
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
        let queues = self.queues.rows().iter().flat_map(|q| {
            let (word, turn) = if q.paused {
                ("resume", QueueAct::Resume)
            } else {
                ("pause", QueueAct::Pause)
            };
            let name = text::clean(&q.name);
            let entry = |words: String, command| Entry {
                words,
                key: String::new(),
                command,
            };
            [
                entry(format!("{word} queue {name}"), Command::Queue(q.name.clone(), turn)),
                entry(format!("concurrency of {name}"), Command::Concurrency(q.name.clone())),
                entry(format!("dead letters of {name}"), Command::DeadOf(q.name.clone())),
            ]
        });
        let themes = [Theme::Dark, Theme::Light, Theme::Mono].into_iter().map(|theme| Entry {
            words: format!("theme {}", theme.as_str()),
            key: "T".to_owned(),
            command: Command::Theme(theme),
        });
        let contributor = self.row_in_hand().map(|row| row.contributor.clone());
        let unban = contributor.map(|name| Entry {
            words: format!("let {} in again", text::clean(&name)),
            key: String::new(),
            command: Command::Unban(name),
        });
        screens
            .chain(campaign_acts())
            .chain(acts())
            .chain(review_acts())
            .chain(queues)
            .chain(themes)
            .chain(unban)
            .collect()
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
            Command::Concurrency(name) => self.ask_concurrency_of(name),
            Command::DeadOf(name) => self.open_dead_of(name),
            Command::Theme(theme) => self.set_theme(theme),
            Command::Unban(account) => self.ask_unban(account),
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

fn acts() -> [Entry; 19] {
    [
        act("arm writing", 'W', Action::Arm),
        act("freeze", 'p', Action::Freeze),
        act("filter", '/', Action::AskFilter),
        act("sort by next column", 's', Action::Sort),
        act("sort the other way", 'S', Action::SortReverse),
        act("export as JSON", 'e', Action::Export),
        act("copy", 'y', Action::Copy),
        act("mouse on or off", '%', Action::Mouse),
        act("columns of latency", 'c', Action::Columns),
        act(
            "redrive dead letters",
            'R',
            Action::Dead(DeadKey::Plan(OperationKind::Redrive)),
        ),
        act("edit and retry a dead letter", 'E', Action::Dead(DeadKey::Edit)),
        act(
            "discard dead letters",
            'D',
            Action::Dead(DeadKey::Plan(OperationKind::Discard)),
        ),
        act(
            "purge dead letters",
            'X',
            Action::Dead(DeadKey::Plan(OperationKind::Purge)),
        ),
        act(
            "pause or resume the operation",
            'P',
            Action::Operation(OperationKey::Turn),
        ),
        act("cancel the operation", 'X', Action::Operation(OperationKey::Cancel)),
        act("rate of the operation", 'C', Action::Operation(OperationKey::Rate)),
        act("acknowledge the alert", 'A', Action::Acknowledge),
        act("help", '?', Action::Help),
        act("quit", 'q', Action::Quit),
    ]
}

/// What the keys of the campaigns do; what others would see is asked about first.
fn campaign_acts() -> [Entry; 9] {
    let key = |words, key, act_of| act(words, key, Action::Campaign(act_of));
    [
        act("campaigns", '4', Action::Go(Screen::Campaigns)),
        key("plan a campaign", '+', CampaignKey::Plan),
        key("start the campaign, or go on with it", 'R', CampaignKey::Go),
        key("pause or resume the campaign", 'P', CampaignKey::Turn),
        key("swap the campaign in", 'E', CampaignKey::Swap),
        key("roll the campaign back", 'U', CampaignKey::RollBack),
        key("abort the campaign", 'X', CampaignKey::Abort),
        key("free what the campaign left", 'D', CampaignKey::Collect),
        key("rate of the campaign", 'C', CampaignKey::Rate),
    ]
}

/// What the keys of the review desk do, but for decisions.
fn review_acts() -> [Entry; 7] {
    [
        act("next case nobody holds", 'w', Action::Review(Review::Next)),
        act("open, waiting or decided cases", 'f', Action::Review(Review::TurnWhich)),
        act("settle this cluster", 'C', Action::Review(Review::SettleCluster)),
        act(
            "settle all cases of this contributor",
            'O',
            Action::Review(Review::SettleContributor),
        ),
        act("only cases of this cluster", 'l', Action::Review(Review::OnlyCluster)),
        act(
            "only cases of this contributor",
            'o',
            Action::Review(Review::OnlyContributor),
        ),
        act("undo the last decision", 'u', Action::Review(Review::Undo)),
    ]
}
