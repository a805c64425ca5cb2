//! Alerts: what is wrong now, the worst first.

mod cli;
#[cfg(test)]
mod tests;
mod view;

use ratatui::layout::Rect;
use tradepost_common::events::Event;
use tradepost_common::overview::{Alert, Role, Severity};

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::client::{Client, Reply};
use crate::export;
use crate::list::{AnyList, List};
use crate::rows::alert;
use crate::shell::{Action, Badge, Entry, Handled, Hint, Page, Request, Screen, Shell};
use crate::theme::Tone;

static PAGES: [Page; 1] = [Page::tab("alerts", '6', "Alerts", "Alert")];

#[derive(Default)]
pub struct Alerts {
    list: List<Alert>,
}

/// Acknowledges the alert with that code.
#[derive(Debug, Clone, PartialEq)]
struct Acknowledge(String);

impl Request for Acknowledge {
    type Owner = Alerts;
    type Output = Alert;

    async fn send(&self, client: &Client) -> Reply<Alert> {
        client.acknowledge(&self.0).await
    }

    fn answered(self, alerts: &mut Alerts, reply: Reply<Alert>, cx: &mut Shell) {
        let code = self.0;
        match reply {
            Ok(alert) => {
                cx.say(
                    Tone::Good,
                    format!("{code} is acknowledged; it stays until its condition clears"),
                );
                let overview = cx.live.overview.iter_mut();
                if let Some(place) = overview.flat_map(|o| &mut o.alerts).find(|a| a.code == code) {
                    *place = alert.clone();
                }
                alerts.list.update(alert, cx.clock.utc);
            }
            Err(e) => cx.say(Tone::Bad, format!("{code}: {e}")),
        }
    }
}

impl Alerts {
    /// Tells that somebody has taken note; the alert stays until its cause is gone.
    fn acknowledge(&mut self, cx: &mut Shell) {
        let Some(alert) = self.list.selected() else {
            return cx.say(Tone::Dim, "No alerts");
        };
        if let Some(by) = &alert.acknowledged_by {
            return cx.say(Tone::Plain, format!("Already acknowledged by {by}"));
        }
        if cx.may_write(Role::Operator) {
            cx.write(Acknowledge(alert.code.clone()));
            cx.say(Tone::Dim, "Acknowledging …");
        }
    }
}

impl Screen for Alerts {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        self.draw_list(canvas, area, cx);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        if *action != Action::Letter('A') {
            return Handled::No;
        }
        self.acknowledge(cx);
        Handled::Yes
    }

    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        Some(&mut self.list)
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        self.document(cx)
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        vec![
            ("A", "acknowledge"),
            ("W", "arm writing"),
            ("Enter", "detail"),
            ("/", "filter"),
            ("s", "sort"),
            ("y", "copy"),
            ("?", "help"),
            ("q", "quit"),
        ]
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[("A", "acknowledge; it stays until its condition clears")]
    }

    fn export(&self, _cx: &Shell) -> Option<String> {
        export::rows(&self.list)
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        vec![Entry::new("acknowledge the alert", "A", Self::acknowledge)]
    }

    fn badge(&self, _page: &Page, _cx: &Shell) -> Badge {
        let is_loud = |a: &Alert| a.severity == Severity::Critical && a.acknowledged_by.is_none();
        Badge {
            count: self.list.rows().len() as i64,
            is_loud: self.list.rows().iter().any(is_loud),
        }
    }

    fn event(&mut self, event: &Event, cx: &mut Shell) {
        if let Event::Overview(overview) = event {
            self.list.replace(alert::sorted(&overview.alerts), cx.clock.utc);
        }
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::AlertsArgs>()]
    }
}
