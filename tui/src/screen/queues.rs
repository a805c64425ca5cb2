//! Queues: how much waits, how fast it goes, how many handlers run; pause, resume, concurrency.

mod change;
mod cli;
mod detail;
#[cfg(test)]
mod tests;

use ratatui::layout::Rect;
use tradepost_common::events::Event;
use tradepost_common::overview::Role;
use tradepost_common::queues::QueueRow;

use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::cli::Subcommand;
use crate::export;
use crate::format;
use crate::input::{parse_number, parse_optional};
use crate::list::{AnyList, List};
use crate::shell::{Action, Destination, Entry, Handled, Hint, LinePrompt, Page, Screen, Shell};
use crate::theme::Tone;
use change::{Change, Setting};

/// Handlers of one queue at most.
const MAX_CONCURRENCY: u32 = 1_000;

static PAGES: [Page; 1] = [Page::tab("queues", '2', "Queues", "Queue")];

#[derive(Default)]
pub struct Queues {
    list: List<QueueRow>,
}

impl Queues {
    fn change(change: Change, doing: String, cx: &mut Shell) {
        if cx.may_write(Role::Operator) {
            cx.write(change);
            cx.say(Tone::Dim, format!("{doing} …"));
        }
    }

    /// Pauses the queue if it runs, resumes it if it is paused.
    fn turn(queue: &QueueRow, cx: &mut Shell) {
        let (to, doing) = match queue.paused {
            true => (Setting::Running, "resuming"),
            false => (Setting::Paused, "pausing"),
        };
        Self::change(Change::new(&queue.name, to), format!("{doing} {}", queue.name), cx);
    }

    fn ask_concurrency(queue: &QueueRow, cx: &mut Shell) {
        if !cx.may_write(Role::Operator) {
            return cx.refuse_typing();
        }
        let name = queue.name.clone();
        let most = format::count(MAX_CONCURRENCY.into());
        let label = format!(
            "Concurrency of {name} (1 to {most}, empty: as configured; {} now)",
            queue.concurrency
        );
        cx.ask(LinePrompt::new(label, move |_: &mut Self, text, cx| {
            let handlers = parse_optional(text, |text| parse_number(text, 1..=MAX_CONCURRENCY))?;
            let change = Change::new(&name, Setting::Concurrency(handlers));
            Self::change(change, "changing".to_owned(), cx);
            Ok(())
        }));
    }
}

impl Screen for Queues {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, table) = split_top(area, 1);
        canvas.heading(head, "Queues");
        let look = Look::new(cx.clock.utc, "No queues");
        cx.rows_area = listing::draw(canvas, table, &mut self.list, &look);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        let act: fn(&QueueRow, &mut Shell) = match action {
            Action::Letter('P') => Self::turn,
            Action::Letter('C') => Self::ask_concurrency,
            Action::Open => |queue, cx| cx.open(Destination::DeadLettersOf(queue.name.clone())),
            _ => return Handled::No,
        };
        if let Some(queue) = self.list.selected() {
            act(queue, cx);
        }
        Handled::Yes
    }

    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        Some(&mut self.list)
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        let queue = self.list.selected()?;
        Some(detail::document(queue, cx.clock.utc))
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        vec![
            ("P", "pause/resume"),
            ("C", "concurrency"),
            ("Enter", "dead letters"),
            ("W", "arm writing"),
            ("/", "filter"),
            ("?", "help"),
            ("q", "quit"),
        ]
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[
            ("P", "pause or resume the queue (operators, after W)"),
            ("C", "concurrency (handlers at once); empty: as configured"),
            ("Enter", "dead letters of the queue"),
        ]
    }

    fn export(&self, _cx: &Shell) -> Option<String> {
        export::rows(&self.list)
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        let of = |queue: &QueueRow, words: String, run: fn(&QueueRow, &mut Shell)| {
            let queue = queue.clone();
            Entry::new(words, "", move |_: &mut Self, cx| run(&queue, cx))
        };
        let entries = self.list.rows().iter().map(|queue| {
            let name = &queue.name;
            let turn = if queue.paused { "resume" } else { "pause" };
            [
                of(queue, format!("{turn} queue {name}"), Self::turn),
                of(queue, format!("concurrency of {name}"), Self::ask_concurrency),
                of(queue, format!("dead letters of {name}"), |queue, cx| {
                    cx.open(Destination::DeadLettersOf(queue.name.clone()));
                }),
            ]
        });
        entries.flatten().collect()
    }

    fn event(&mut self, event: &Event, cx: &mut Shell) {
        if let Event::Queues { queues } = event {
            self.list.replace(queues.clone(), cx.clock.utc);
        }
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::QueuesArgs>()]
    }
}
