//! Machines: the daemons on the database, with what they do; drain and resume.

mod act;
mod cli;
#[cfg(test)]
mod tests;
mod view;

use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use tradepost_common::machines::Machine;
use tradepost_common::overview::Role;
use tradepost_common::text::Text;

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::client::{Client, Reply};
use crate::export;
use crate::fetched::Fetched;
use crate::list::{AnyList, List};
use crate::shell::{Action, Entry, Handled, Hint, LinePrompt, Page, Request, Screen, Shell};
use crate::theme::Tone;
use act::{Duty, TurnOne};

/// Heartbeats are in no event: the list is read again after this.
const REFRESH: Duration = Duration::from_secs(3);

static PAGES: [Page; 1] = [Page::letter("machines", 'm', "Machines")];

#[derive(Default)]
pub struct Machines {
    list: List<Machine>,
    read: Fetched<()>,
    asked_at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq)]
struct ReadMachines;

impl Request for ReadMachines {
    type Owner = Machines;
    type Output = Vec<Machine>;

    async fn send(&self, client: &Client) -> Reply<Vec<Machine>> {
        client.machines().await
    }

    fn answered(self, machines: &mut Machines, reply: Reply<Vec<Machine>>, cx: &mut Shell) {
        let read = reply.map(|rows| machines.list.replace(rows, cx.clock.utc));
        machines.read.answered(read, cx.clock);
    }
}

impl Machines {
    /// Drains the machine under the cursor, or lets it work again. Both ask for a reason.
    fn ask_turn(&mut self, cx: &mut Shell) {
        let Some(machine) = self.list.selected() else {
            return cx.say(Tone::Dim, "No machines");
        };
        if !cx.may_write(Role::Operator) {
            return cx.refuse_typing();
        }
        let (name, duty) = (machine.name.clone(), Duty::next(machine));
        let label = format!("{} {name}, reason", duty.verb());
        cx.ask(LinePrompt::new(label, move |_: &mut Self, text, cx| {
            let reason = Text::parse(text)?;
            if cx.may_write(Role::Operator) {
                cx.write(TurnOne::new(&name, duty, reason));
                cx.say(Tone::Dim, format!("{name} …"));
            }
            Ok(())
        }));
    }
}

impl Screen for Machines {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        self.draw_list(canvas, area, cx);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        if *action != Action::Letter('D') {
            return Handled::No;
        }
        self.ask_turn(cx);
        Handled::Yes
    }

    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        Some(&mut self.list)
    }

    fn read(&mut self, cx: &mut Shell) {
        let now = cx.clock.instant;
        if self.asked_at.is_some_and(|at| now.duration_since(at) >= REFRESH) {
            self.read.invalidate();
        }
        // Each decision about a machine is in the audit log.
        if self.read.is_wanted(cx.live.revisions.audit) {
            self.asked_at = Some(now);
            cx.read(ReadMachines);
        }
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        self.read.data_from(cx.live.revisions.audit, cx.link.heard_at)
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        self.document(cx)
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        vec![
            ("D", "drain/resume"),
            ("W", "arm writing"),
            ("Enter", "detail"),
            ("/", "filter"),
            ("s", "sort"),
            ("?", "help"),
            ("q", "quit"),
        ]
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[(
            "D",
            "drain the machine, or let it work again; with a reason (operators, after W)",
        )]
    }

    fn export(&self, _cx: &Shell) -> Option<String> {
        export::rows(&self.list)
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        vec![Entry::new("drain or resume the machine", "D", Self::ask_turn)]
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.read.invalidate();
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::MachinesArgs>()]
    }
}
