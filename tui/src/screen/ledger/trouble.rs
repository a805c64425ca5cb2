//! Differences and stuck orders, as rows.

use tradepost_common::ids::OrderId;
use tradepost_common::ledger::LedgerView;
use tradepost_common::money::money;
use tradepost_common::payments::PaymentsView;

use crate::canvas::document::Document;
use crate::format;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

/// A difference that a proof found, or an order that is stuck.
#[derive(Debug, Clone, PartialEq)]
pub struct TroubleRow {
    pub index: usize,
    /// The rule that is broken, or `stuck`.
    pub what: String,
    pub subject: String,
    pub expected: String,
    pub found: String,
    pub order: Option<OrderId>,
}

impl TroubleRow {
    pub fn all(view: &LedgerView, payments: &PaymentsView) -> Vec<Self> {
        let differences = view.differences().into_iter().map(|difference| Self {
            index: 0,
            what: difference.rule,
            subject: difference.subject,
            expected: difference.expected,
            found: difference.found,
            order: None,
        });
        let stuck = view.stuck.iter().map(|order| Self {
            index: 0,
            what: "stuck".to_owned(),
            subject: format!("order {} of {}", order.id, order.account),
            expected: "settled within minutes".to_owned(),
            found: format!(
                "{} placed at {} UTC",
                money(order.total_minor, &order.currency),
                format::stamp(order.placed_at)
            ),
            order: Some(order.id),
        });
        let all = differences.chain(stuck).chain(of_payments(payments)).enumerate();
        all.map(|(index, row)| Self { index, ..row }).collect()
    }
}

/// Payments and refunds that are stuck, open disputes, differences from the provider.
fn of_payments(view: &PaymentsView) -> impl Iterator<Item = TroubleRow> {
    let row = |what: &str, subject: String, expected: &str, found: String, order| TroubleRow {
        index: 0,
        what: what.to_owned(),
        subject,
        expected: expected.to_owned(),
        found,
        order,
    };
    let since = |at| format!("since {} UTC", format::stamp(at));
    let stuck = view.stuck.iter().map(move |payment| {
        let found = format!(
            "{} {} {}",
            payment.state,
            money(payment.amount_minor, &payment.currency),
            since(payment.created_at)
        );
        let subject = format!("payment {} of {}", payment.id, payment.account);
        row("stuck", subject, "paid or canceled", found, payment.order_id)
    });
    let refunds = view.refunds.iter().map(move |pending| {
        let subject = format!("refund {}", pending.refund.id);
        let found = format!("{} {}", pending.refund.state, since(pending.refund.created_at));
        row("stuck", subject, "paid by the provider", found, Some(pending.order_id))
    });
    let disputes = view.disputes.iter().map(move |dispute| {
        let found = format!(
            "{} {}",
            money(dispute.amount_minor, &dispute.currency),
            since(dispute.opened_at)
        );
        let subject = format!("dispute {} of {}", dispute.id, dispute.account);
        row("dispute", subject, "evidence sent", found, dispute.order_id)
    });
    let differences = view.differences.iter().map(move |difference| {
        let (subject, found) = (difference.subject.clone(), difference.found.clone());
        row(&difference.rule, subject, &difference.expected, found, None)
    });
    stuck.chain(refunds).chain(disputes).chain(differences)
}

impl Row for TroubleRow {
    type Id = usize;

    fn id(&self) -> usize {
        self.index
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<TroubleRow>;

static COLUMNS: [Col; 4] = [
    Col::left(
        "WHAT",
        Width::Fixed(8),
        |t, _| Cell::new(&t.what, tone(t)),
        |t| Key::text(&t.what),
    ),
    Col::left(
        "SUBJECT",
        Width::Grow(20),
        |t, _| Cell::plain(&t.subject),
        |t| Key::text(&t.subject),
    ),
    Col::left(
        "EXPECTED",
        Width::Grow(10),
        |t, _| Cell::dim(&t.expected),
        |t| Key::text(&t.expected),
    )
    .rank(1),
    Col::left(
        "FOUND",
        Width::Grow(10),
        |t, _| Cell::plain(&t.found),
        |t| Key::text(&t.found),
    ),
];

fn tone(row: &TroubleRow) -> Tone {
    match row.order {
        Some(_) => Tone::Warn,
        None => Tone::Bad,
    }
}

pub fn document(row: &TroubleRow) -> Document {
    let mut document = Document::new(format!("{}: {}", row.what, row.subject));
    document.fact("expected", &row.expected);
    document.fact_in("found", &row.found, tone(row));
    let advice = match row.order {
        Some(_) => "Enter shows its story; a dead letter of its queue can be redriven on screen 3.",
        None => "Give no credit and refund nothing until this is explained; compare with a backup.",
    };
    document.words(advice, Tone::Dim);
    document
}
