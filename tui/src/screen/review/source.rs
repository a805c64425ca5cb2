//! The text of a file, around the line of a finding.

use crate::shell::Shell;
use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::review::{Source, SourceLine};
use tradepost_common::uploads::Finding;

use super::Review;
use super::case::{CaseView, Mode};
use super::requests::Read;
use crate::client::Reply;
use crate::list::{Order, Step};
use crate::query::Query;
use crate::text;
use crate::theme::Tone;

/// Lines asked for at once.
const WINDOW: i32 = 400;
/// Lines asked for above the first one that is wanted.
const ABOVE: i32 = 100;
/// Lines of context above the line of a finding.
const CONTEXT: i32 = 6;
/// Characters by which a key moves the text sideways.
const SIDEWAYS: usize = 16;
/// No line is longer than that.
const WIDEST: usize = 2_000;

/// Asks for lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceAsk {
    pub case: CaseId,
    pub item: ItemId,
    pub line: i32,
    pub column: Option<i32>,
}

impl SourceAsk {
    pub fn query(&self) -> Query {
        Query::default()
            .with("line", Some(self.line))
            .with("column", self.column)
            .with("lines", Some(WINDOW))
    }
}

/// The text of one file on the screen.
#[derive(Debug)]
pub struct SourceView {
    pub item: ItemId,
    pub path: String,
    /// The line and column of the finding, and what it says.
    pub mark: Option<(i32, Option<i32>)>,
    pub message: Option<String>,
    pub source: Option<Source>,
    pub error: Option<String>,
    /// The first line that is seen.
    pub top: i32,
    /// Characters that are left of the screen.
    pub left: usize,
    /// Lines on the screen when it was last drawn.
    pub height: i32,
    /// The column of the finding was brought into sight.
    placed: bool,
    /// The question that is under way, or was answered last.
    asked: Option<i32>,
}

impl SourceView {
    fn new(item: ItemId, path: String, finding: Option<&Finding>) -> Self {
        let mark = finding.and_then(|f| f.line.map(|line| (line.max(1), f.column)));
        let line = mark.map_or(1, |(line, _)| line);
        Self {
            item,
            path,
            mark,
            message: finding.map(|f| f.message.clone()),
            source: None,
            error: None,
            top: line.saturating_sub(CONTEXT).max(1),
            left: 0,
            height: 12,
            placed: false,
            asked: None,
        }
    }

    /// The line with that number, when it is here.
    pub fn line(&self, number: i32) -> Option<&SourceLine> {
        let source = self.source.as_ref()?;
        let at = usize::try_from(number.checked_sub(source.first_line)?).ok()?;
        source.lines.get(at)
    }

    /// Brings the place of the finding into sight, once, when it is known how many lines and characters there is room for.
    pub fn place(&mut self, room: usize) {
        let Some((line, column)) = self.mark.filter(|_| !self.placed) else {
            return;
        };
        let Some(text) = self.line(line) else {
            return;
        };
        let at = usize::try_from(column.unwrap_or(1).saturating_sub(text.first_column)).unwrap_or(0);
        self.left = shift(&text.text, at, room);
        self.placed = true;
        if !(self.top..self.top.saturating_add(self.height)).contains(&line) {
            self.top = line
                .saturating_sub(CONTEXT.min(self.height - 1))
                .clamp(1, self.last_top());
        }
    }

    /// The line was down: what was asked for may never come.
    pub fn ask_again(&mut self) {
        self.error = None;
        self.asked = None;
    }

    /// The last line that may be on top.
    fn last_top(&self) -> i32 {
        let total = self.source.as_ref().map_or(i32::MAX, |s| s.total_lines);
        total.saturating_sub(self.height - 1).max(1)
    }

    fn scroll(&mut self, step: Step) {
        let half = (self.height / 2).max(1);
        let top = match step {
            Step::Up => self.top.saturating_sub(1),
            Step::Down => self.top.saturating_add(1),
            Step::HalfUp => self.top.saturating_sub(half),
            Step::HalfDown => self.top.saturating_add(half),
            Step::First => 1,
            Step::Last if self.source.is_some() => i32::MAX,
            Step::Last | Step::Left | Step::Right => self.top,
        };
        self.top = top.clamp(1, self.last_top());
    }

    fn has_lines(&self, first: i32, last: i32) -> bool {
        self.source.as_ref().is_some_and(|source| {
            let end = source.first_line.saturating_add(source.lines.len() as i32);
            let last = last.min(source.total_lines);
            first >= source.first_line && last < end
        })
    }

    /// The line to ask for when one that is seen is not here. The same question is not asked twice.
    fn wanted(&mut self) -> Option<i32> {
        let last = self.top.saturating_add(self.height - 1);
        if self.error.is_some() || self.has_lines(self.top, last) {
            return None;
        }
        let line = match (&self.source, self.mark) {
            (None, Some((line, _))) => line,
            _ => self.top.saturating_sub(ABOVE).max(1),
        };
        if self.asked == Some(line) {
            return None;
        }
        self.asked = Some(line);
        Some(line)
    }
}

impl Review {
    /// `v`: the text of the file under the cursor, at the line of its finding; again: back.
    pub fn turn_source(&mut self, cx: &mut Shell) {
        let Some(case) = &mut self.case else {
            return;
        };
        if case.mode == Mode::Source {
            case.mode = Mode::Lists;
            return;
        }
        match place(case) {
            Ok(view) => {
                case.source = Some(view);
                case.mode = Mode::Source;
                self.read_source(cx);
            }
            Err(why) => cx.say(Tone::Warn, why),
        }
    }

    /// The next or previous finding that has a file, with its text.
    pub fn cycle_source(&mut self, cx: &mut Shell, order: Order) {
        let Some(case) = &mut self.case else {
            return;
        };
        for _ in 0..case.findings.shown_len() {
            case.findings.cycle(order);
            if case.finding().is_some_and(|f| f.file.is_some()) {
                break;
            }
        }
        case.follow_finding();
        case.pane = super::case::Pane::Findings;
        case.mode = Mode::Lists;
        self.turn_source(cx);
    }

    pub fn scroll_source(&mut self, cx: &mut Shell, step: Step) {
        if let Some(view) = self.case.as_mut().and_then(|case| case.source.as_mut()) {
            view.scroll(step);
        }
        self.read_source(cx);
    }

    pub fn shift_source(&mut self, order: Order) {
        if let Some(view) = self.case.as_mut().and_then(|case| case.source.as_mut()) {
            view.left = match order {
                Order::Rising => (view.left + SIDEWAYS).min(WIDEST),
                Order::Falling => view.left.saturating_sub(SIDEWAYS),
            };
        }
    }

    /// Asks for the lines that are seen and not here.
    pub fn read_source(&mut self, cx: &mut Shell) {
        if !cx.is_live() {
            return;
        }
        let Some(case) = self.case.as_mut().filter(|case| case.mode == Mode::Source) else {
            return;
        };
        let id = case.id;
        if let Some(view) = &mut case.source
            && let Some(line) = view.wanted()
        {
            let ask = SourceAsk {
                case: id,
                item: view.item,
                line,
                column: view.mark.and_then(|(_, column)| column),
            };
            cx.read(Read::Source(ask));
        }
    }

    pub fn source_arrived(&mut self, cx: &mut Shell, ask: &SourceAsk, reply: Reply<Source>) {
        let is_it = |case: &&mut CaseView| case.id == ask.case;
        let Some(view) = self.case.as_mut().filter(is_it).and_then(|case| case.source.as_mut()) else {
            return;
        };
        if view.item != ask.item || view.asked != Some(ask.line) {
            return;
        }
        match reply {
            Ok(source) => {
                view.source = Some(source);
                view.top = view.top.clamp(1, view.last_top());
            }
            Err(e) => view.error = Some(e.to_string()),
        }
        self.read_source(cx);
    }
}

/// The characters to hide on the left so that the one at `at` is well inside `room` cells.
fn shift(line: &str, at: usize, room: usize) -> usize {
    let before: Vec<usize> = line
        .chars()
        .take(at)
        .map(|c| text::width(c.encode_utf8(&mut [0; 4])))
        .collect();
    if before.iter().sum::<usize>() + SIDEWAYS <= room {
        return 0;
    }
    let mut kept = 0;
    let stays = |cells: &&usize| {
        kept += **cells;
        kept <= room / 2
    };
    before.len() - before.iter().rev().take_while(stays).count()
}

/// The file and the finding that the cursor is on.
fn place(case: &CaseView) -> Result<SourceView, &'static str> {
    let file = case.file();
    let finding = case.finding();
    if case.pane == super::case::Pane::Findings
        && let Some(finding) = finding
    {
        let path = finding
            .file
            .as_ref()
            .ok_or("This finding is about the pack; it has no line")?;
        let item = case.files.rows().iter().find(|item| item.path == *path);
        let item = item.ok_or("The file of this finding is not in the list")?;
        return Ok(SourceView::new(item.id, path.clone(), Some(finding)));
    }
    let item = file.ok_or("Select a file first")?;
    let finding = finding.filter(|f| f.file.as_deref() == Some(&item.path));
    Ok(SourceView::new(item.id, item.path.clone(), finding))
}
