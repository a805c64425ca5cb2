//! The proof, the panes, and accounts as rows.

use ratatui::layout::Rect;
use time::OffsetDateTime;
use tradepost_common::ledger::{AccountColumn, AccountRow, LedgerView, Proof, ProofScope};
use tradepost_common::money::{amount, money};
use tradepost_common::payments::ProviderBalance;

use super::{Ledger, Pane};
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::shell::Shell;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for AccountRow {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<AccountRow>;

static COLUMNS: [Col; 5] = [
    Col::left(
        "ACCOUNT",
        Width::Grow(20),
        |a, _| Cell::plain(&a.name),
        |a| Key::text(&a.name),
    )
    .sorted_as(AccountColumn::Name.as_str()),
    Col::left(
        "CUR",
        Width::Fixed(3),
        |a, _| Cell::dim(&a.currency),
        |a| Key::text(&a.currency),
    )
    .sorted_as(AccountColumn::Currency.as_str()),
    Col::right(
        "BALANCE",
        Width::Fixed(10),
        |a, _| Cell::plain(amount(a.balance_minor, &a.currency)),
        |a| Key::count(a.balance_minor),
    )
    .sorted_as(AccountColumn::Balance.as_str()),
    Col::right("HELD", Width::Fixed(8), |a, _| held(a), |a| Key::count(a.held_minor))
        .sorted_as(AccountColumn::Held.as_str()),
    Col::right(
        "ENTRIES",
        Width::Fixed(8),
        |a, _| Cell::number(a.entries, Tone::Plain),
        |a| Key::count(a.entries),
    )
    .sorted_as(AccountColumn::Entries.as_str())
    .rank(1),
];

fn held(account: &AccountRow) -> Cell {
    match account.held_minor {
        0 => Cell::dim("-"),
        held => Cell::new(amount(held, &account.currency), Tone::Accent),
    }
}

pub fn account_document(account: &AccountRow) -> Document {
    let mut document = Document::new(&account.name);
    document.fact("balance", money(account.balance_minor, &account.currency));
    document.fact("held", money(account.held_minor, &account.currency));
    document.fact("entries", format::count(account.entries));
    document.words(
        "Credit is positive: what the marketplace owes, or has earned.",
        Tone::Dim,
    );
    document
}

/// `The books are right: 1,234 entries read in 0.05s`.
pub fn outcome(proof: &Proof) -> String {
    let entries = format::plural(proof.entries, "entry", "entries");
    let took = format::took(proof.took_ms as f64 / 1000.0);
    match proof.differences.len() as i64 {
        0 => format!("The books are right: {entries} read in {took}"),
        n => format!(
            "The books are WRONG: {}, {entries} read in {took}",
            format::plural(n, "difference", "differences")
        ),
    }
}

/// Lines of the verdict, the rules, the last whole proof, and the panes.
pub const LINES_ABOVE: usize = 4;

/// The state of the books in lines: the verdict, the rules, the last whole proof, the provider's balances.
pub fn lines(view: &LedgerView, balances: &[ProviderBalance], now: OffsetDateTime) -> Vec<Spans> {
    let differences = view.differences();
    let (verdict, tone) = match differences.len() as i64 {
        0 => ("BOOKS ARE RIGHT".to_owned(), Tone::Good),
        n => (
            format!("BOOKS ARE WRONG: {}", format::plural(n, "difference", "differences")),
            Tone::Bad,
        ),
    };
    let proven = format!(
        "  {} in all, {} new ones proven {} ago",
        format::plural(view.entries, "entry", "entries"),
        format::count(if view.proof.scope == ProofScope::Recent {
            view.proof.entries
        } else {
            0
        }),
        format::ago(view.proof.at, now)
    );
    let whole = match &view.whole {
        Some(whole) => {
            let entries = format::plural(whole.entries, "entry", "entries");
            let took = format::took(whole.took_ms as f64 / 1000.0);
            format!(
                "whole journal proven {} ago: {entries} in {took}",
                format::ago(whole.at, now)
            )
        }
        None => "the whole journal was not proven yet: P".to_owned(),
    };
    let (broken, kept): (Vec<_>, Vec<_>) = view
        .rules
        .iter()
        .map(|rule| {
            (
                rule.as_str(),
                differences.iter().filter(|difference| difference.rule == *rule).count(),
            )
        })
        .partition(|(_, count)| *count > 0);
    let broken: String = broken
        .iter()
        .map(|(rule, count)| format!("{rule} {count} WRONG  "))
        .collect();
    let kept: Vec<_> = kept.into_iter().map(|(rule, _)| rule).collect();
    let rules: Spans = vec![(broken, Tone::Bad), (format!("ok: {}", kept.join(" ")), Tone::Dim)];
    let mut lines = vec![
        vec![(verdict, tone), (proven, Tone::Plain)],
        rules,
        vec![(whole, Tone::Dim)],
    ];
    lines.extend(balances.iter().map(|balance| provider(balance, now)));
    lines
}

/// The two differ while money is on its way.
fn provider(balance: &ProviderBalance, now: OffsetDateTime) -> Spans {
    let [statement, books] =
        [balance.statement_minor, balance.books_minor].map(|minor| money(minor, &balance.currency));
    let tone = if statement == books { Tone::Dim } else { Tone::Warn };
    let read = format::ago(balance.read_at, now);
    let words = format!("provider: {statement} by its statement of {read} ago, {books} by the books");
    vec![(words, tone)]
}

impl Ledger {
    pub fn draw_page(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, mut rest) = split_top(area, 1);
        canvas.heading(head, "Ledger");
        match &self.view.value {
            Some(view) => {
                for spans in lines(view, &self.balances, cx.clock.utc) {
                    let (line, below) = split_top(rest, 1);
                    canvas.put_spans(line, &spans);
                    rest = below;
                }
            }
            None => {
                let words = self.view.error.clone().unwrap_or_else(|| "Proving …".to_owned());
                let used = canvas.paragraph(rest, &words, Tone::Dim);
                rest = split_top(rest, used).1;
            }
        }
        let (head, table) = split_top(rest, 1);
        canvas.heading(head, &self.pane_title());
        let now = cx.clock.utc;
        cx.rows_area = match self.pane {
            Pane::Accounts => {
                let empty = self.accounts.when_empty("No accounts: nothing was ever posted");
                listing::draw(canvas, table, &mut self.accounts.list, &Look::new(now, &empty))
            }
            Pane::Journal => {
                let empty = self.journal.when_empty("No transactions");
                listing::draw(canvas, table, &mut self.journal.list, &Look::new(now, &empty))
            }
            Pane::Trouble => {
                let empty = "Nothing is wrong or stuck";
                listing::draw(canvas, table, &mut self.trouble, &Look::new(now, empty))
            }
        };
    }

    fn pane_title(&self) -> String {
        let trouble = self.trouble.rows().len();
        match self.pane {
            Pane::Accounts => format!(
                "[Accounts] Journal  Trouble {trouble}  {}",
                listing::paged_position(&self.accounts)
            ),
            Pane::Journal => format!(
                "Accounts [Journal] Trouble {trouble}  {}",
                listing::paged_position(&self.journal)
            ),
            Pane::Trouble => format!(
                "Accounts  Journal [Trouble] {trouble}  {}",
                listing::position(&self.trouble)
            ),
        }
    }
}
