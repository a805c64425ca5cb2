//! Tables for the command line: aligned, stable, nothing cut.

use time::OffsetDateTime;

use crate::table::{Align, Cell, Column, Place, Row};
use crate::text;
use crate::theme::Tone;

/// The style of printed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Styling {
    Plain,
    Ansi,
}

/// The rows as an aligned table, with or without colour, every column and nothing cut.
pub fn print<R: Row>(rows: &[R], now: OffsetDateTime, styling: Styling) -> String {
    let columns: Vec<&Column<R>> = R::columns().iter().filter(|c| c.place != Place::Screen).collect();
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| columns.iter().map(|c| (c.cell)(row, now)).collect())
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, c)| {
            let widest = cells.iter().map(|row| text::width(&row[i].text)).max();
            widest.unwrap_or(0).max(text::width(c.title))
        })
        .collect();
    let mut out = String::new();
    let titles: Vec<Cell> = columns.iter().map(|c| Cell::new(c.title, Tone::Accent)).collect();
    for row in std::iter::once(&titles).chain(&cells) {
        print_line(&mut out, row, &columns, &widths, styling);
    }
    out
}

fn print_line<R>(out: &mut String, row: &[Cell], columns: &[&Column<R>], widths: &[usize], styling: Styling) {
    for (i, cell) in row.iter().enumerate() {
        let pad = " ".repeat(widths[i].saturating_sub(text::width(&cell.text)));
        let shown = paint(&cell.text, cell.tone, styling);
        let is_last = i + 1 == row.len();
        match columns[i].align {
            Align::Right => out.push_str(&format!("{pad}{shown}")),
            Align::Left if is_last => out.push_str(&shown),
            Align::Left => out.push_str(&format!("{shown}{pad}")),
        }
        if !is_last {
            out.push_str("  ");
        }
    }
    // A stable table has no spaces at the end of its lines.
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// The text with the colour of its meaning.
pub fn paint(text: &str, tone: Tone, styling: Styling) -> String {
    let code = match (styling, tone) {
        (Styling::Plain, _) | (_, Tone::Plain) => return text.to_owned(),
        (Styling::Ansi, Tone::Dim) => "2",
        (Styling::Ansi, Tone::Accent) => "1",
        (Styling::Ansi, Tone::Good) => "32",
        (Styling::Ansi, Tone::Warn | Tone::Banner) => "33",
        (Styling::Ansi, Tone::Bad | Tone::Loud) => "1;31",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}
