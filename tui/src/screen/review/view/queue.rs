//! Screen 7: open cases, the most severe and then the oldest first.

use ratatui::layout::Rect;
use time::OffsetDateTime;
use tradepost_common::ids::CaseId;
use tradepost_common::review::{CaseColumn, CaseRow, QuestionState, Trust};

use super::case_head;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::rows::finding;
use crate::screen::review::Review;
use crate::screen::review::desk::{CaseQuery, CaseState};
use crate::shell::Shell;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for CaseRow {
    type Id = CaseId;

    fn id(&self) -> CaseId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<CaseRow>;

static COLUMNS: [Col; 14] = [
    Col::left(
        "CASE",
        Width::Fixed(36),
        |c, _| Cell::plain(c.id.to_string()),
        |c| Key::text(c.id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "SEVERITY",
        Width::Fixed(8),
        |c, _| finding::severity(c.severity),
        |c| Key::count(c.severity as i64),
    )
    .sorted_as(CaseColumn::Severity.as_str()),
    Col::right("DUE", Width::Fixed(7), due, |c| Key::time(c.due_at)).sorted_as(CaseColumn::Due.as_str()),
    Col::left(
        "TITLE",
        Width::Grow(14),
        |c, _| Cell::plain(&c.title),
        |c| Key::text(&c.title),
    )
    .sorted_as(CaseColumn::Title.as_str()),
    Col::left(
        "FROM",
        Width::Grow(8),
        |c, _| Cell::plain(&c.contributor),
        |c| Key::text(&c.contributor),
    )
    .sorted_as(CaseColumn::Contributor.as_str()),
    Col::left(
        "TRUST",
        Width::Fixed(7),
        |c, _| trust(c.trust),
        |c| Key::text(c.trust.as_str()),
    )
    .sorted_as(CaseColumn::Trust.as_str()),
    Col::left(
        "REASON",
        Width::Grow(12),
        |c, _| Cell::plain(&c.reason),
        |c| Key::text(&c.reason),
    )
    .sorted_as(CaseColumn::Reason.as_str()),
    Col::left("REPLY", Width::Fixed(8), |c, _| reply(c), |c| Key::text(reply(c).text)),
    Col::left(
        "HELD BY",
        Width::Grow(7),
        |c, _| Cell::new(c.claimed_by.as_deref().unwrap_or(""), Tone::Warn),
        |c| Key::text(c.claimed_by.clone().unwrap_or_default()),
    )
    .sorted_as(CaseColumn::Holder.as_str()),
    Col::right(
        "SIMILAR",
        Width::Fixed(7),
        |c, _| Cell::number(c.cluster_size - 1, Tone::Accent),
        |c| Key::count(c.cluster_size),
    )
    .rank(1),
    Col::right(
        "FILES",
        Width::Fixed(5),
        |c, _| Cell::number(c.items, Tone::Plain),
        |c| Key::count(c.items),
    )
    .sorted_as(CaseColumn::Files.as_str())
    .rank(2),
    Col::right(
        "BLOCKED",
        Width::Fixed(7),
        |c, _| Cell::number(c.items_blocked, Tone::Bad),
        |c| Key::count(c.items_blocked),
    )
    .rank(3),
    Col::right(
        "FINDINGS",
        Width::Fixed(8),
        |c, _| Cell::number(c.findings, Tone::Plain),
        |c| Key::count(c.findings),
    )
    .sorted_as(CaseColumn::Findings.as_str())
    .rank(4),
    Col::right(
        "AGE",
        Width::Fixed(6),
        |c, now| Cell::dim(format::ago(c.opened_at, now)),
        |c| Key::time(c.opened_at),
    )
    .sorted_as(CaseColumn::Opened.as_str())
    .rank(5),
];

/// `!5m` when the target is missed by that, `3h05m` when there is still that long.
fn due(case: &CaseRow, now: OffsetDateTime) -> Cell {
    let left = (case.due_at - now).as_seconds_f64();
    if left < 0.0 {
        Cell::new(format!("!{}", format::span(-left)), Tone::Bad)
    } else {
        Cell::dim(format::span(left))
    }
}

fn trust(level: Trust) -> Cell {
    match level {
        Trust::New => Cell::new(level.as_str(), Tone::Warn),
        Trust::Trusted => Cell::plain(level.as_str()),
        Trust::Elite => Cell::new(level.as_str(), Tone::Good),
    }
}

/// The last exchange between moderators and the contributor, in a word.
fn reply(case: &CaseRow) -> Cell {
    match (case.appeal, case.question) {
        (true, _) => Cell::new("APPEAL", Tone::Warn),
        (_, Some(QuestionState::Answered)) => Cell::new("answered", Tone::Good),
        (_, Some(QuestionState::Asked)) => Cell::dim("asked"),
        _ => Cell::dim(""),
    }
}

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Review, cx: &mut Shell) {
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, &title(app));
    let empty = app.cases.when_empty(&nothing(&app.case_query));
    let look = Look {
        now: cx.clock.utc,
        focus: Focus::Here,
        empty: &empty,
        wanted: match app.case_query.which {
            // A decided case is no longer late.
            CaseState::Decided => |i| COLUMNS[i].title != "DUE",
            _ => |_| true,
        },
    };
    cx.rows_area = listing::draw(canvas, rest, &mut app.cases.list, &look);
}

fn title(app: &Review) -> String {
    let which = match app.case_query.which {
        CaseState::Open => "Open",
        CaseState::Waiting => "Waiting",
        CaseState::Decided => "Decided",
    };
    let position = listing::paged_position(&app.cases);
    format!("{which} cases {position}{}", app.case_query.in_words())
}

fn nothing(query: &CaseQuery) -> String {
    let is_narrow = !query.in_words().is_empty();
    match query.which {
        _ if is_narrow => "No such case; Esc shows all".to_owned(),
        CaseState::Open => "No open cases".to_owned(),
        CaseState::Waiting => "No cases wait for an answer; f shows decided ones".to_owned(),
        CaseState::Decided => "No decided cases; Esc shows open ones".to_owned(),
    }
}

/// The case under the cursor, in words and in full.
pub fn document(app: &Review, cx: &Shell) -> Option<Document> {
    let case = app.cases.list.selected()?;
    let hint = case_head::undo_hint(app, cx).map_or(String::new(), |hint| format!(" · {hint}"));
    let mut document = Document::new(format!("{}{hint}", case.title));
    let blocked = format::count(case.items_blocked);
    let mut facts: Spans = vec![
        (format!("{} ({})", case.contributor, case.trust), Tone::Plain),
        (format::plural(case.findings, "finding", "findings"), Tone::Plain),
        (
            format!("{} ({blocked} blocked)", format::plural(case.items, "file", "files")),
            Tone::Plain,
        ),
    ];
    facts.extend(case_head::row_signs(case));
    document.spans(case_head::joined(facts));
    let age = format::ago(case.opened_at, cx.clock.utc);
    let mut times: Spans = vec![(format!("waits {age}"), Tone::Dim)];
    if app.case_query.which != CaseState::Decided {
        times.push(case_head::due(case, cx.clock.utc));
    }
    if let Some(holder) = &case.claimed_by {
        times.push((format!("held by {holder}"), Tone::Warn));
    }
    document.spans(case_head::joined(times));
    document.words(&case.reason, Tone::Plain);
    Some(document)
}
