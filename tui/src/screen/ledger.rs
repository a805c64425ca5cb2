//! The ledger: whether the books are right, its accounts, its journal, and whatever is wrong or stuck.

mod cli;
mod export;
mod journal;
mod payouts;
#[cfg(test)]
mod tests;
mod trouble;
mod view;

use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use tradepost_common::Page as Rows;
use tradepost_common::ledger::{AccountRow, JournalRow, LedgerView, Proof};
use tradepost_common::overview::Role;
use tradepost_common::payments::{PaymentsView, ProviderBalance};

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::client::{Client, Reply};
use crate::export as json;
use crate::fetched::Fetched;
use crate::list::{AnyList, List};
use crate::paged::{First, PageRequest, Paged};
use crate::shell::{Action, Destination, Entry, Handled, Hint, Page, Request, Screen, Shell};
use crate::theme::Tone;
use trouble::TroubleRow;

/// The ledger is in no event: what is shown is read again after this.
const REFRESH: Duration = Duration::from_secs(10);

static PAGES: [Page; 1] = [Page::letter("ledger", 'l', "Ledger")];

/// The list that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pane {
    Accounts,
    Journal,
    Trouble,
}

pub struct Ledger {
    view: Fetched<LedgerView>,
    accounts: Paged<AccountRow>,
    journal: Paged<JournalRow>,
    trouble: List<TroubleRow>,
    balances: Vec<ProviderBalance>,
    pane: Pane,
    asked_at: Option<Instant>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            view: Fetched::default(),
            accounts: Paged::searched(First::Sorted),
            journal: Paged::searched(First::Newest),
            trouble: List::default(),
            balances: Vec::new(),
            pane: Pane::Accounts,
            asked_at: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ReadLedger;

impl Request for ReadLedger {
    type Owner = Ledger;
    type Output = (LedgerView, PaymentsView);

    async fn send(&self, client: &Client) -> Reply<Self::Output> {
        Ok((client.ledger().await?, client.payments().await?))
    }

    fn answered(self, ledger: &mut Ledger, reply: Reply<Self::Output>, cx: &mut Shell) {
        if let Ok((view, payments)) = &reply {
            ledger.balances.clone_from(&payments.balances);
            ledger.trouble.replace(TroubleRow::all(view, payments), cx.clock.utc);
        }
        ledger.view.answered(reply.map(|(view, _)| view), cx.clock);
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ReadAccounts(PageRequest);

impl Request for ReadAccounts {
    type Owner = Ledger;
    type Output = Rows<AccountRow>;

    async fn send(&self, client: &Client) -> Reply<Rows<AccountRow>> {
        client.ledger_accounts(&self.0.query()).await
    }

    fn answered(self, ledger: &mut Ledger, reply: Reply<Rows<AccountRow>>, cx: &mut Shell) {
        ledger.accounts.answered(&self.0, reply, cx.clock);
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ReadJournal(PageRequest);

impl Request for ReadJournal {
    type Owner = Ledger;
    type Output = Rows<JournalRow>;

    async fn send(&self, client: &Client) -> Reply<Rows<JournalRow>> {
        client.journal(&self.0.query()).await
    }

    fn answered(self, ledger: &mut Ledger, reply: Reply<Rows<JournalRow>>, cx: &mut Shell) {
        ledger.journal.answered(&self.0, reply, cx.clock);
    }
}

#[derive(Debug, Clone, PartialEq)]
struct ProveWhole;

impl Request for ProveWhole {
    type Owner = Ledger;
    type Output = Proof;

    async fn send(&self, client: &Client) -> Reply<Proof> {
        client.prove_ledger().await
    }

    fn answered(self, ledger: &mut Ledger, reply: Reply<Proof>, cx: &mut Shell) {
        match reply {
            Ok(proof) => {
                let tone = if proof.differences.is_empty() {
                    Tone::Good
                } else {
                    Tone::Bad
                };
                cx.say(tone, view::outcome(&proof));
                ledger.invalidate();
            }
            Err(e) => cx.say(Tone::Bad, format!("Not proven: {e}")),
        }
    }
}

impl Ledger {
    fn invalidate(&mut self) {
        self.view.invalidate();
        self.accounts.invalidate();
        self.journal.invalidate();
    }

    fn turn_pane(&mut self) {
        self.pane = match self.pane {
            Pane::Accounts => Pane::Journal,
            Pane::Journal => Pane::Trouble,
            Pane::Trouble => Pane::Accounts,
        };
    }

    /// Beside other requests: it may take minutes, and changes no money.
    fn prove(&mut self, cx: &mut Shell) {
        if cx.may_write(Role::Operator) {
            cx.read(ProveWhole);
            cx.say(Tone::Dim, "Proving the whole journal …");
        }
    }
}

impl Screen for Ledger {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        self.draw_page(canvas, area, cx);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        match action {
            Action::OtherPane => self.turn_pane(),
            Action::Letter('P') => self.prove(cx),
            Action::Open if self.pane == Pane::Trouble => {
                let Some(id) = self.trouble.selected().and_then(|row| row.order) else {
                    return Handled::No;
                };
                cx.open(Destination::Order(id));
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list(&mut self, _page: &Page) -> Option<&mut dyn AnyList> {
        Some(match self.pane {
            Pane::Accounts => &mut self.accounts.list,
            Pane::Journal => &mut self.journal.list,
            Pane::Trouble => &mut self.trouble,
        })
    }

    fn read(&mut self, cx: &mut Shell) {
        let now = cx.clock.instant;
        if self.asked_at.is_none_or(|at| now.duration_since(at) >= REFRESH) {
            self.asked_at = Some(now);
            self.invalidate();
        }
        if self.view.is_wanted(0) {
            cx.read(ReadLedger);
        }
        match self.pane {
            Pane::Accounts => {
                if let Some(page) = self.accounts.wanted(0) {
                    cx.read(ReadAccounts(page));
                }
            }
            Pane::Journal => {
                if let Some(page) = self.journal.wanted(0) {
                    cx.read(ReadJournal(page));
                }
            }
            Pane::Trouble => {}
        }
    }

    fn read_at(&self, _cx: &Shell) -> Option<Instant> {
        match self.pane {
            Pane::Accounts => self.accounts.read_at,
            Pane::Journal => self.journal.read_at,
            Pane::Trouble => self.view.read_at,
        }
    }

    fn detail(&self, _cx: &Shell) -> Option<Document> {
        match self.pane {
            Pane::Accounts => self.accounts.list.selected().map(view::account_document),
            Pane::Journal => self.journal.list.selected().map(journal::document),
            Pane::Trouble => self.trouble.selected().map(trouble::document),
        }
    }

    fn lines_above(&self, _cx: &Shell) -> usize {
        view::LINES_ABOVE + self.balances.len()
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        let mut hints = vec![("Tab", "accounts, journal, trouble")];
        hints.extend((self.pane == Pane::Trouble).then_some(("Enter", "the order")));
        hints.extend([
            ("P", "prove all"),
            ("/", "filter"),
            ("s", "sort"),
            ("y", "copy"),
            ("e", "export"),
            ("?", "help"),
            ("q", "quit"),
        ]);
        hints
    }

    fn help(&self, _page: &Page) -> &'static [Hint] {
        &[
            ("Tab", "accounts, journal, what is wrong or stuck"),
            ("Enter", "on a stuck order: its story"),
            ("P", "prove the whole journal (operators, after W)"),
        ]
    }

    fn export(&self, _cx: &Shell) -> Option<String> {
        match self.pane {
            Pane::Accounts => json::rows(&self.accounts.list),
            Pane::Journal => json::rows(&self.journal.list),
            Pane::Trouble => self.view.value.as_ref().and_then(json::pretty),
        }
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        vec![Entry::new("prove the whole ledger", "P", Self::prove)]
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.invalidate();
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![
            Subcommand::new::<cli::LedgerArgs>(),
            Subcommand::new::<payouts::PayoutsArgs>(),
        ]
    }
}
