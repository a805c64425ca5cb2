//! Screen 8: one case. The picture on the left; what was found and in which file on the right.

use ratatui::layout::Rect;
use tradepost_common::ids::ItemId;
use tradepost_common::review::{CaseDetail, CaseItem};

use super::listing::{self, Focus, Look};
use super::paper::{Paper, Spans, split_left, split_top};
use super::trace::{draw_finding, finding_height};
use super::{findings, picture};
use crate::format;
use crate::state::App;
use crate::state::case::{CaseView, Claim, Pane};
use crate::table::{Cell, Column, Key, Row, Width};
use crate::text;
use crate::theme::Tone;

impl Row for CaseItem {
    type Id = ItemId;

    fn id(&self) -> ItemId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<CaseItem>;

static COLUMNS: [Col; 5] = [
    Col::left(
        "FILE",
        Width::GrowPath(24),
        |i, _| Cell::plain(&i.path),
        |i| Key::text(&i.path),
    ),
    Col::left(
        "TITLE",
        Width::Grow(14),
        |i, _| Cell::dim(&i.title),
        |i| Key::text(&i.title),
    )
    .rank(3),
    Col::left(
        "STATE",
        Width::Fixed(9),
        |i, _| state(&i.state),
        |i| Key::text(&i.state),
    ),
    Col::right(
        "FIND",
        Width::Fixed(4),
        |i, _| Cell::number(i.findings, Tone::Warn),
        |i| Key::count(i.findings),
    ),
    Col::right(
        "SIZE",
        Width::Fixed(9),
        |i, _| Cell::dim(format::bytes(i.size_bytes)),
        |i| Key::count(i.size_bytes),
    )
    .rank(2),
];

fn state(state: &str) -> Cell {
    match state {
        "blocked" => Cell::new("BLOCKED", Tone::Bad),
        "rejected" => Cell::new("REJECTED", Tone::Bad),
        "ready" | "published" => Cell::new(state, Tone::Good),
        other => Cell::dim(other),
    }
}

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &mut App) {
    app.picture_wish = None;
    let Some(mut case) = app.case.take() else {
        paper.paragraph(area, "no case is open: 7 shows those that wait", Tone::Dim);
        return;
    };
    let Some(detail) = case.detail.take() else {
        paper.heading(area, &case.title);
        let words = case.error.clone().unwrap_or_else(|| "reading the case …".to_owned());
        paper.paragraph(split_top(area, 1).1, &words, Tone::Dim);
        app.case = Some(case);
        return;
    };
    let (head, rest) = split_top(area, 3);
    draw_head(paper, head, &case, &detail, app);
    let (left, right) = split_left(rest, picture_width(rest));
    picture::draw(paper, left, &case, app);
    let (_, right) = split_left(right, 1);
    app.rows_area = draw_lists(paper, right, &mut case, app);
    case.detail = Some(detail);
    app.case = Some(case);
}

/// Nearly half, but not wider than a square picture needs.
fn picture_width(area: Rect) -> u16 {
    let square = area.height.saturating_sub(1) * 2;
    (area.width * 9 / 20).min(square)
}

fn draw_head(paper: &mut Paper<'_>, area: Rect, case: &CaseView, detail: &CaseDetail, app: &App) {
    let severity = findings::severity(detail.case.severity);
    let (held, tone) = held_in_words(case, detail, app);
    let room = usize::from(area.width).saturating_sub(text::width(&held) + text::width(&severity.text) + 4);
    let title = text::cut(&case.title, room).into_owned();
    let first: Spans = vec![
        (severity.text, severity.tone),
        (" ".to_owned(), Tone::Plain),
        (title, Tone::Accent),
    ];
    paper.put_spans(area, &first);
    paper.put_right(area, &held, tone);
    let (_, second) = split_top(area, 1);
    paper.put(second.x, second.y, second.width, &record_in_words(detail), Tone::Plain);
    let (_, third) = split_top(area, 2);
    if let Some(decision) = &detail.decision {
        let words = format!("DECIDED: {} by {}", decision.outcome, decision.by);
        paper.put(third.x, third.y, third.width, &words, Tone::Warn);
        return;
    }
    let mut words = format!("a approves {}", case.split().in_words());
    if !case.note.is_empty() {
        words.push_str(&format!(" · note: {}", case.note));
    }
    paper.put(third.x, third.y, third.width, &words, Tone::Plain);
}

fn held_in_words(case: &CaseView, detail: &CaseDetail, app: &App) -> (String, Tone) {
    match &case.claim {
        _ if detail.decision.is_some() => ("decided".to_owned(), Tone::Warn),
        Claim::Held => ("claimed by you".to_owned(), Tone::Good),
        Claim::Asked => ("claiming …".to_owned(), Tone::Dim),
        Claim::Refused(_) => {
            let holder = detail.case.claimed_by.as_deref().unwrap_or("somebody else");
            (format!("HELD by {holder}"), Tone::Warn)
        }
        Claim::None if app.armed_for().is_none() => ("only looking (W claims)".to_owned(), Tone::Dim),
        Claim::None => ("not claimed".to_owned(), Tone::Dim),
    }
}

fn record_in_words(detail: &CaseDetail) -> String {
    let record = &detail.record;
    let uploads = format::plural(record.uploads, "upload", "uploads");
    let licence = detail.licence.as_deref().unwrap_or("no licence");
    format!(
        "{} ({}): {uploads}, {} published, {} rejected, since {} · {licence}",
        record.account,
        record.trust,
        format::count(record.published),
        format::count(record.rejected),
        record.since.date(),
    )
}

fn draw_lists(paper: &mut Paper<'_>, area: Rect, case: &mut CaseView, app: &App) -> Rect {
    let found = case.findings.rows().len() as u16;
    let (rows, files_rows) = if found == 0 {
        let (head, rest) = split_top(area, 1);
        paper.heading(head, "No finding");
        (Rect::default(), rest)
    } else {
        draw_findings(paper, area, found, case, app)
    };
    let (head, rest) = split_top(files_rows, 1);
    paper.heading(head, &format!("Files {}", listing::position(&case.files, "")));
    let focus = Focus::of(Pane::Files, case.pane);
    let look = Look {
        now: app.clock.utc,
        focus,
        empty: "no file could be read from the pack",
        wanted: |_| true,
    };
    let files = listing::draw(paper, rest, &mut case.files, &look);
    if focus == Focus::Here { files } else { rows }
}

/// The findings and the one under the cursor in full; returns its rows and what is left below.
fn draw_findings(paper: &mut Paper<'_>, area: Rect, found: u16, case: &mut CaseView, app: &App) -> (Rect, Rect) {
    let (head, rest) = split_top(area, 1);
    paper.heading(head, &format!("Findings {}", listing::position(&case.findings, "")));
    let lines = (found + 1).min((area.height / 3).max(2));
    let (table, rest) = split_top(rest, lines);
    let focus = Focus::of(Pane::Findings, case.pane);
    let look = Look {
        now: app.clock.utc,
        focus,
        empty: "",
        wanted: |_| true,
    };
    let rows = listing::draw(paper, table, &mut case.findings, &look);
    let Some(finding) = case.finding() else {
        return (rows, rest);
    };
    let height = finding_height(finding, rest.width).min((area.height / 4).clamp(2, 8));
    let (detail, rest) = split_top(rest, height);
    draw_finding(paper, detail, finding);
    (rows, rest)
}
